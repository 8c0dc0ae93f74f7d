from __future__ import annotations

from typing import Any

import pytest
from api_tools import ApiCaller
from cloud_tools import Cloud
from job_steps import finish, keys, make_dataset, make_workspace, request, row_of
from purge_tools import Invoked, stand_in

from labelmill_aws.messages import Answer
from labelmill_aws.names import dataset_id
from labelmill_aws.steps.purge import Purged

DATASETS = "/v1/workspaces/ws/datasets"
KEY = "datasets/ws/toys.zip"
LOOSE = "datasets/ws/cars/"


@pytest.fixture
def invoked(cloud: Cloud, api: ApiCaller, monkeypatch: pytest.MonkeyPatch) -> Invoked:
    return stand_in(cloud, monkeypatch)


def put_loose(cloud: Cloud, *names: str) -> str:
    for name in names:
        cloud.put(f"{LOOSE}images/{name}", b"x")
    cloud.put(f"{LOOSE}annotations/1-ana.json", b"x")
    cloud.put(f"{LOOSE}_SUCCESS", b"")
    cloud.settle(f"{LOOSE}_SUCCESS")
    return dataset_id("ws", "cars")


def test_list_has_what_arrived_and_what_arrives(api: ApiCaller, cloud: Cloud) -> None:
    make_dataset(cloud, "b")
    put_loose(cloud, "1.png", "2.png")
    for name in ("a", "b", "ü"):
        api.post(DATASETS, json={"name": name, "size_bytes": 7, "suffix": ".zip"})
    items = api.get(DATASETS).json["items"]
    found = [(item["name"], item["status"], item["kind"], item["images"], bool(item["upload"])) for item in items]
    assert found == [
        ("a", "uploading", "", 0, True),
        ("b", "ready", "packed", 0, True),
        ("cars", "ready", "loose", 2, False),
        ("ü", "uploading", "", 0, True),
    ]
    for limit in (1, 2, 3):
        names, query = [], {"limit": limit}
        while True:
            page = api.get(DATASETS, query=query).json
            names += [item["name"] for item in page["items"]]
            if page["next"] is None:
                break
            query["cursor"] = page["next"]
        assert names == ["a", "b", "cars", "ü"]
    for item in items:
        assert api.get(f"/v1/datasets/{item['id']}").json == item
    assert api.as_("admin", "other").get(DATASETS).slug == "not-found"


def test_counts_and_formats(api: ApiCaller, cloud: Cloud) -> None:
    dataset = make_dataset(cloud)
    for name, status in (("COCO", "complete"), ("YOLO", "failed"), ("KITTI", "cancelled")):
        finish(cloud, request(api, dataset, format=name)["id"], status)
    request(api, dataset, format="PASCAL")
    found = api.get(f"/v1/datasets/{dataset}").json
    assert found["formats"] == ["COCO"]
    assert found["annotations"] == {"queued": 1, "running": 0, "complete": 1, "failed": 1, "cancelled": 1}
    make_dataset(cloud, data=b"other bytes")
    assert api.get(f"/v1/datasets/{dataset}").json["formats"] == []  # the new version is in none


def test_images_are_counted_by_the_plan_and_kept(api: ApiCaller, cloud: Cloud) -> None:
    dataset = make_dataset(cloud)
    row = cloud.catalog.dataset("ws", "toys")
    assert row is not None
    cloud.catalog.count_images("ws", "toys", "another version", 7)
    assert api.get(f"/v1/datasets/{dataset}").json["images"] == 0
    cloud.catalog.count_images("ws", "toys", row.version, 42)
    make_dataset(cloud)  # the same bytes again
    assert api.get(f"/v1/datasets/{dataset}").json["images"] == 42
    make_dataset(cloud, data=b"other bytes")
    assert api.get(f"/v1/datasets/{dataset}").json["images"] == 0


def test_delete_with_everything_made_from_it(api: ApiCaller, cloud: Cloud, invoked: Invoked) -> None:
    dataset, other = make_dataset(cloud), make_dataset(cloud, "toys2")
    cloud.put(KEY + ".bak")
    kept = request(api, other)["id"]
    finish(cloud, kept)
    done, running = request(api, dataset)["id"], request(api, dataset, format="YOLO")["id"]
    finish(cloud, done)
    cloud.store.put_progress(done, 1, 0, 1, 0)
    cloud.log.write(done, [])
    upload = api.post(DATASETS, json={"name": "toys", "size_bytes": 7, "suffix": ".zip"}).json["upload"]
    answer = api.delete(f"/v1/datasets/{dataset}")
    assert (answer.status, answer.json) == (202, {"id": dataset, "status": "deleting"})
    assert row_of(cloud, running).status == "cancelled"
    assert api.get(f"/v1/uploads/{upload['id']}").status == 404
    assert api.get(f"/v1/datasets/{dataset}").json["status"] == "deleting"
    assert api.post(f"/v1/datasets/{dataset}/annotations", json={"format": "COCO"}).slug == "conflict"
    again = api.post(DATASETS, json={"name": "toys", "size_bytes": 7, "suffix": ".zip"})
    assert (again.slug, again.json["detail"]) == ("conflict", "The dataset 'toys' is being deleted.")
    assert invoked.purge(dataset).status == "deleted"
    assert invoked.purge(dataset) == Purged("nothing")
    assert api.get(f"/v1/datasets/{dataset}").slug == "not-found"
    assert [item["name"] for item in api.get(DATASETS).json["items"]] == ["toys2"]
    for annotation in (done, running):
        assert api.get(f"/v1/annotations/{annotation}").slug == "not-found"
        assert cloud.lines(annotation) == [] and list(cloud.table.query(f"AN#{annotation}")) == []
    assert keys(cloud, cloud.inbox) == [f"{KEY}.bak", "datasets/ws/toys2.zip"]
    assert keys(cloud, cloud.outbox, "annotations/") == [f"annotations/ws/toys2/{kept}/archive.zip"]
    assert api.get(f"/v1/annotations/{kept}").status == 200
    assert api.delete(f"/v1/datasets/{dataset}").slug == "not-found"


def versions(cloud: Cloud, prefix: str) -> list[str]:
    found = cloud.clients.s3.list_object_versions(Bucket=cloud.inbox, Prefix=prefix)
    assert not found.get("DeleteMarkers")
    return [version["VersionId"] for version in found.get("Versions", ())]


def test_old_versions_go_and_a_new_upload_stays(api: ApiCaller, cloud: Cloud, invoked: Invoked) -> None:
    cloud.put(KEY, b"older")
    dataset = make_dataset(cloud)
    annotation = request(api, dataset)["id"]
    finish(cloud, annotation)
    api.delete(f"/v1/datasets/{dataset}")
    new = cloud.put(KEY, b"bytes")  # the same bytes: its annotations would be the same, too
    waiting = cloud.receive(KEY)
    assert waiting.settle is not None and waiting.settle.wait_s > 0 and waiting.started is None
    assert cloud.settle(KEY) == waiting
    assert invoked.purge(dataset).status == "deleted"
    assert versions(cloud, KEY) == [new]
    assert cloud.settle(KEY) == Answer("done", started=[])
    found = api.get(f"/v1/datasets/{dataset}").json
    assert (found["status"], found["formats"]) == ("ready", [])
    assert api.get(f"/v1/annotations/{annotation}").slug == "not-found"
    row = cloud.catalog.dataset("ws", "toys")
    assert row is not None and row.version_id == new


def test_only_version_goes_for_good(api: ApiCaller, cloud: Cloud, invoked: Invoked) -> None:
    dataset = make_dataset(cloud)
    api.delete(f"/v1/datasets/{dataset}")
    invoked.purge(dataset)
    assert versions(cloud, KEY) == []


def test_loose_files_that_came_later_stay(api: ApiCaller, cloud: Cloud, invoked: Invoked) -> None:
    make_workspace(cloud)
    dataset = put_loose(cloud, "1.png", "2.png")
    assert keys(cloud, cloud.outbox, "work/listings/")
    stored = cloud.catalog.dataset("ws", "cars")
    assert stored is not None
    api.delete(f"/v1/datasets/{dataset}")
    row = cloud.catalog.dataset("ws", "cars")
    assert row is not None
    # As if it had been deleted a minute ago, before a file that has just come.
    early = {"arrived": "2020-01-01T00:00:00Z", "deleting": "2020-01-01T00:01:00.000Z"}
    item = cloud.table.get("WS#ws", "DS#cars")
    assert item is not None
    cloud.table.put(item | early)
    assert invoked.purge(dataset) == Purged("deleted")
    names = ("_SUCCESS", "annotations/1-ana.json", "images/1.png", "images/2.png")
    assert keys(cloud, cloud.inbox) == [LOOSE + name for name in names]
    cloud.table.put(item)
    cloud.catalog.point_to_dataset("ws", "cars")
    assert invoked.purge(dataset) == Purged("deleted", objects=4)
    assert versions(cloud, LOOSE) == [] and keys(cloud, cloud.outbox, "work/listings/") == []


def test_purge_goes_on_where_it_died(api: ApiCaller, cloud: Cloud, invoked: Invoked) -> None:
    dataset = make_dataset(cloud)
    finish(cloud, request(api, dataset)["id"])
    api.delete(f"/v1/datasets/{dataset}")
    api.delete(f"/v1/datasets/{dataset}")  # asks for it again
    assert invoked.payloads == [f'{{"dataset":"{dataset}"}}'.encode()] * 2
    import labelmill_aws.steps.purge as step

    for name in ("give_up_uploads", "delete_objects", "keys_below"):
        with pytest.MonkeyPatch.context() as patch:

            def die(*_: Any) -> None:
                raise RuntimeError("died")

            patch.setattr(step, name, die)
            with pytest.raises(RuntimeError, match="died"):
                invoked.purge(dataset)
        assert api.get(f"/v1/datasets/{dataset}").json["status"] == "deleting"
    assert invoked.purge(dataset).status == "deleted"
    assert keys(cloud, cloud.outbox, "annotations/") == [] and cloud.rows() == []


def test_what_was_not_asked_for_is_never_purged(api: ApiCaller, cloud: Cloud, invoked: Invoked) -> None:
    dataset = make_dataset(cloud)
    assert invoked.purge(dataset) == invoked.purge("ds-none") == Purged("nothing")
    assert api.get(f"/v1/datasets/{dataset}").json["status"] == "ready"


def test_deletion_that_failed_for_good_gives_way(api: ApiCaller, cloud: Cloud, invoked: Invoked) -> None:
    dataset = make_dataset(cloud)
    api.delete(f"/v1/datasets/{dataset}")
    item = cloud.table.get("WS#ws", "DS#toys")
    assert item is not None
    cloud.table.put(item | {"deleting": "2020-01-01T00:00:00.000Z"})
    cloud.put(KEY, b"new")
    assert cloud.receive(KEY).next == "done"
    assert api.get(f"/v1/datasets/{dataset}").json["status"] == "ready"
    assert invoked.purge(dataset) == Purged("nothing")


def test_claim_beside_a_deletion_is_taken_back(api: ApiCaller, cloud: Cloud, invoked: Invoked) -> None:
    """An upload's jobs were about to start when the deletion looked for annotations."""
    from labelmill_aws.steps.receive import start_dataset

    make_workspace(cloud, formats=("COCO",))
    dataset = make_dataset(cloud)
    row, workspace = cloud.catalog.dataset("ws", "toys"), cloud.catalog.workspace("ws")
    assert row is not None and workspace is not None
    api.delete(f"/v1/datasets/{dataset}")
    invoked.purge(dataset)
    start_dataset(row, workspace, [None], cloud.control, cloud.control.jobs(cloud.state_machine))
    assert cloud.rows() == []


def test_only_an_upload_is_given_up_at_once(api: ApiCaller, cloud: Cloud, invoked: Invoked) -> None:
    make_workspace(cloud)
    dataset = api.post(DATASETS, json={"name": "toys", "size_bytes": 7, "suffix": ".zip"}).json["dataset"]["id"]
    assert api.delete(f"/v1/datasets/{dataset}").status == 202
    assert api.get(f"/v1/datasets/{dataset}").slug == "not-found" and invoked.payloads == []


def test_nothing_of_an_organization_that_is_called_as_the_workspace_goes(
    api: ApiCaller, cloud: Cloud, invoked: Invoked
) -> None:
    """Log streams of refused uploads are named by either."""
    cloud.put("maps/ws/toys.yaml", b"no map")
    cloud.receive("maps/ws/toys.yaml")
    said = cloud.lines("uploads/ws/toys")
    assert said
    dataset = make_dataset(cloud)
    assert api.delete(f"/v1/datasets/{dataset}").status == 202
    assert invoked.purge(dataset).status == "deleted"
    assert cloud.lines("uploads/ws/toys") == said
