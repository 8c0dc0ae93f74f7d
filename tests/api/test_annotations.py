from __future__ import annotations

import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from api_tools import ApiCaller
from cloud_tools import Cloud
from job_steps import finish, keys, make_dataset, make_map, make_workspace, request, row_of

from labelmill_aws.api.parts import parts
from labelmill_aws.jobs.downloads import TooManyRangesError, content_disposition, ranges
from labelmill_aws.jobs.requests import Request, request_annotation
from labelmill_aws.records.annotation import Annotation
from labelmill_aws.records.catalog import Workspace
from labelmill_aws.uploads.datasets import Datasets


@pytest.fixture
def dataset(cloud: Cloud) -> str:
    return make_dataset(cloud)


def get(api: ApiCaller, annotation: str) -> dict[str, Any]:
    answer = api.get(f"/v1/annotations/{annotation}")
    assert answer.status == 200, answer
    found: dict[str, Any] = answer.json
    return found


def test_request_starts_one_job(api: ApiCaller, cloud: Cloud, dataset: str) -> None:
    answer = api.post(
        f"/v1/datasets/{dataset}/annotations", json={"format": "YOLO", "options": {"images": True}, "tags": {"a": "b"}}
    )
    assert answer.status == 202
    found = answer.json
    assert answer.headers["location"] == f"/v1/annotations/{found['id']}"
    row = row_of(cloud, found["id"])
    job = cloud.store.job(row.execution)
    assert job is not None and [ref.format for ref in job.annotations] == ["YOLO"] and job.options == {"images": True}
    assert list(cloud.executions()) == [row.execution]
    assert found["status"] == "queued" and found["tags"] == {"a": "b"} and found["options"] == {"images": True}
    assert found["asked_by"] == "admin of default"
    assert found["download_name"] == "toys-yolo.zip" and found["dataset_id"] == dataset
    assert found["progress"] == {"images": 0, "of": 0, "errors": 0, "fraction": 0.0}
    assert get(api, found["id"]) == found


def test_same_wish_has_one_identity(api: ApiCaller, cloud: Cloud, dataset: str) -> None:
    first = request(api, dataset)
    assert request(api, dataset, options={"images": False, "split": ""})["id"] == first["id"]
    assert request(api, dataset, options={"images": True})["id"] != first["id"]
    assert len(cloud.executions()) == 2


def test_automatic_and_requested_are_the_same(api: ApiCaller, cloud: Cloud) -> None:
    make_workspace(cloud, formats=("COCO",))
    dataset = make_dataset(cloud)
    (row,) = cloud.rows()
    assert request(api, dataset)["id"] == row.id
    assert len(cloud.executions()) == 1


def test_complete_answers_with_itself_unless_forced(api: ApiCaller, cloud: Cloud, dataset: str) -> None:
    path = f"/v1/datasets/{dataset}/annotations"
    first = request(api, dataset)
    finish(cloud, first["id"])
    again = api.post(path, json={"format": "COCO"})
    assert (again.status, again.json["status"]) == (200, "complete")
    assert len(cloud.executions()) == 1
    forced = api.post(path, json={"format": "COCO", "force": True, "tags": {"late": "1"}})
    assert (forced.status, forced.json["status"], forced.json["id"]) == (202, "queued", first["id"])
    assert forced.json["created"] == first["created"] and forced.json["tags"] == {}
    row = row_of(cloud, first["id"])
    assert (row.attempt, row.epoch) == (1, 1000)
    assert request(api, dataset, force=True)["status"] == "queued"  # it is being redone
    assert len(cloud.executions()) == 2
    assert api.get(f"/v1/annotations/{first['id']}/download").slug == "not-complete"


@pytest.mark.parametrize("end", ["failed", "cancelled"])
def test_what_ended_in_vain_is_tried_again(api: ApiCaller, cloud: Cloud, dataset: str, end: str) -> None:
    first = request(api, dataset)
    finish(cloud, first["id"], end, reason="no")
    assert get(api, first["id"])["reason"] == "no"
    again = request(api, dataset)
    assert (again["id"], again["status"], again["reason"]) == (first["id"], "queued", "")
    assert len(cloud.executions()) == 2
    for _ in range(3):  # the causes of requests don't pile up
        finish(cloud, first["id"], end)
        request(api, dataset)
    assert len(row_of(cloud, first["id"]).causes) == 1


def test_every_bad_option_is_told(api: ApiCaller, cloud: Cloud, dataset: str) -> None:
    options = {"images": "yes", "split": "train=2", "colour": 1, "tolerated_errors": -1, "image_base": None}
    answer = api.post(f"/v1/datasets/{dataset}/annotations", json={"format": "COCO", "options": options})
    assert (answer.status, answer.slug) == (422, "bad-options")
    reasons = {error["where"]: error["message"] for error in answer.json["errors"]}
    assert set(reasons) == {f"body.options.{name}" for name in options}
    assert reasons["body.options.colour"].startswith("expected one of images, split, split_by, ")
    assert reasons["body.options.tolerated_errors"] == "expected a whole number from 0, found -1"
    assert cloud.rows() == []


@pytest.mark.parametrize(
    "body",
    [{}, {"format": "coco"}, {"format": None}, {"format": "COCO", "options": []}, {"format": "COCO", "force": "yes"},
     {"format": "COCO", "tags": {"": "x"}}, {"format": "COCO", "tags": {"x": 1}}, {"format": "COCO", "map": "a/b"},
     {"format": "COCO", "tags": {str(n): "" for n in range(51)}}, {"format": "COCO", "more": 1}],
)  # fmt: skip
def test_bad_requests(api: ApiCaller, cloud: Cloud, dataset: str, body: dict[str, Any]) -> None:
    answer = api.post(f"/v1/datasets/{dataset}/annotations", json=body)
    assert answer.slug == "bad-request" and answer.json["errors"]
    assert cloud.rows() == []


def test_only_included_maps(api: ApiCaller, cloud: Cloud) -> None:
    make_workspace(cloud, maps=("toys",))
    dataset = make_dataset(cloud)
    path = f"/v1/datasets/{dataset}/annotations"
    make_map(cloud, "other")
    for name in ("other", "none"):
        answer = api.post(path, json={"format": "COCO", "map": name})
        assert (answer.status, answer.slug) == (422, "map-not-included")
    make_map(cloud, "toys", b"classes: no")
    answer = api.post(path, json={"format": "COCO", "map": "toys"})
    assert answer.slug in {"map-not-included"} and "no version in force" in answer.json["detail"]
    make_map(cloud)
    found = request(api, dataset, map="toys")
    assert (found["map"], found["download_name"]) == ("toys", "toys-coco-toys.zip")
    assert request(api, dataset)["map"] == "" and len(cloud.rows()) == 2


def test_dataset_has_to_be_there(api: ApiCaller, cloud: Cloud) -> None:
    make_workspace(cloud)
    new = {"name": "toys", "size_bytes": 7, "suffix": ".zip"}
    dataset = api.post("/v1/workspaces/ws/datasets", json=new).json["dataset"]["id"]
    answer = api.post(f"/v1/datasets/{dataset}/annotations", json={"format": "COCO"})
    assert (answer.slug, answer.json["detail"]) == (
        "conflict",
        "'toys' is uploading, expected a dataset that is ready.",
    )
    assert api.post("/v1/datasets/ds-none/annotations", json={"format": "COCO"}).slug == "not-found"


def test_progress_is_live(api: ApiCaller, cloud: Cloud, dataset: str) -> None:
    annotation = request(api, dataset)["id"]
    cloud.store.start_running(annotation, 0, 40)
    for shard in (0, 1, 1):
        cloud.store.put_progress(annotation, 1, shard, 9, 1)
    running = get(api, annotation)
    assert running["progress"] == {"images": 18, "of": 40, "errors": 2, "fraction": 0.5}
    listed = api.get("/v1/workspaces/ws/annotations").json["items"]
    assert listed == [running]
    finish(cloud, annotation, warnings=3)
    done = get(api, annotation)
    assert done["progress"] == {"images": 10, "of": 10, "errors": 0, "fraction": 1.0} and done["warnings"] == 3
    assert api.get(f"/v1/datasets/{dataset}").json["formats"] == ["COCO"]


def test_lists_and_filters(api: ApiCaller, cloud: Cloud, dataset: str) -> None:
    make_map(cloud)
    other = make_dataset(cloud, "other")
    made = [
        request(api, dataset, format="COCO")["id"],
        request(api, dataset, format="YOLO", map="toys")["id"],
        request(api, other, format="YOLO")["id"],
    ]
    finish(cloud, made[0])

    def ids(path: str, **query: Any) -> list[int]:
        answer = api.get(path, query=query)
        assert answer.status == 200, answer
        return [made.index(item["id"]) for item in answer.json["items"]]

    of_dataset, of_workspace = f"/v1/datasets/{dataset}/annotations", "/v1/workspaces/ws/annotations"
    of_organization = "/v1/organizations/default/annotations"
    assert ids(of_dataset) == [1, 0] and ids(of_workspace) == [2, 1, 0]
    assert ids(of_organization) == ids(of_organization, status="open") == [2, 1]
    assert ids(of_workspace, format="YOLO") == [2, 1] and ids(of_workspace, format="YOLO", map="toys") == [1]
    assert ids(of_workspace, map="") == [2, 0] and ids(of_dataset, map="") == [0]
    assert ids(of_workspace, dataset="other") == [2] and ids(of_workspace, dataset="none") == []
    assert ids(of_workspace, status="complete") == ids(of_dataset, status="complete") == [0]
    for path, query in (
        (of_workspace, {"status": "open"}), (of_workspace, {"format": "x"}), (of_organization, {"status": "queued"}),
        (of_workspace, {"limit": 0}), (of_workspace, {"limit": 201}),
    ):  # fmt: skip
        assert api.get(path, query=query).slug == "bad-request", (path, query)
    for cursor in ("", "x", "WyJ4Il0", "WyJhIiwiYiJd"):
        assert api.get(of_workspace, query={"cursor": cursor}).slug == "bad-cursor"


def put_rows(cloud: Cloud, count: int, workspace: str = "ws", first: int = 0) -> list[str]:
    """Rows as jobs leave them, the newest first."""
    rows = [
        Annotation(
            id=f"an-{number:020x}", organization="default", workspace=workspace, dataset="toys", dataset_version="v",
            format="COCO" if number % 10 else "YOLO", status="complete",
            created=f"2026-01-01T00:00:00.{number % 7:03}Z",
        )
        for number in range(first, first + count)
    ]  # fmt: skip
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda row: cloud.table.put(row.item()), rows))
    return [row.id for row in sorted(rows, key=lambda row: (row.created, row.id), reverse=True)]


def walk(api: ApiCaller, path: str, **query: Any) -> tuple[list[str], int]:
    """All ids of a list, and the number of its pages."""
    found: list[str] = []
    for page in range(1, 1000):
        answer = api.get(path, query=query)
        assert answer.status == 200, answer
        found += [item["id"] for item in answer.json["items"]]
        if answer.json["next"] is None:
            return found, page
        query["cursor"] = answer.json["next"]
    raise AssertionError("the list has no end")


def test_pages_are_complete_and_in_order(api: ApiCaller, cloud: Cloud, dataset: str) -> None:
    expected = put_rows(cloud, 450)
    put_rows(cloud, 3, "other", first=1000)
    assert walk(api, "/v1/workspaces/ws/annotations", limit=200) == (expected, 3)
    assert walk(api, f"/v1/datasets/{dataset}/annotations", limit=150) == (expected, 3)
    yolo = [annotation for annotation in expected if int(annotation[3:], 16) % 10 == 0]
    assert walk(api, "/v1/workspaces/ws/annotations", limit=20, format="YOLO")[0] == yolo
    assert walk(api, "/v1/workspaces/ws/annotations", limit=20, format="KITTI")[0] == []
    first = api.get("/v1/workspaces/ws/annotations", query={"limit": 2}).json
    make_workspace(cloud, "other")
    stolen = api.get("/v1/workspaces/other/annotations", query={"cursor": first["next"]})
    assert {item["workspace"] for item in stolen.json["items"]} <= {"other"}  # a cursor opens no other list


def test_tags_and_their_etag(api: ApiCaller, cloud: Cloud, dataset: str) -> None:
    path = f"/v1/annotations/{request(api, dataset)['id']}"
    before = api.get(path)
    changed = api.patch(path, json={"tags": {"büro": "ü"}}, headers={"If-Match": before.etag})
    assert changed.status == 200 and changed.json["tags"] == {"büro": "ü"} and changed.etag != before.etag
    finish(cloud, changed.json["id"])
    assert api.get(path).etag == changed.etag  # progress is no edit
    stale = api.patch(path, json={"tags": {}}, headers={"If-Match": before.etag})
    assert (stale.status, stale.slug, stale.etag) == (412, "changed", changed.etag)
    assert api.delete(path, headers={"If-Match": before.etag}).status == 412
    assert api.patch(path, json={"tags": {}}).json["tags"] == {}
    for body in ({}, {"tags": None}, {"tags": {"x": "y" * 257}}, {"tags": {}, "status": "complete"}):
        assert api.patch(path, json=body).slug == "bad-request"


def test_cancel(api: ApiCaller, cloud: Cloud, dataset: str) -> None:
    annotation = request(api, dataset)["id"]
    path = f"/v1/annotations/{annotation}/cancel"
    first = api.as_("editor").post(path)
    assert (first.status, first.json["status"]) == (200, "cancelled")
    assert first.json["reason"] == "cancelled by editor of default"
    assert api.post(path).json == first.json
    assert [message["body"]["status"] for message in cloud.messages()] == ["cancelled"]
    assert api.get("/v1/organizations/default/annotations").json["items"] == []
    done = request(api, dataset, format="YOLO")["id"]
    finish(cloud, done)
    assert api.post(f"/v1/annotations/{done}/cancel").json["status"] == "complete"


def test_delete(api: ApiCaller, cloud: Cloud, dataset: str) -> None:
    annotation = request(api, dataset)["id"]
    path = f"/v1/annotations/{annotation}"
    assert (api.delete(path).status, api.delete(path).slug) == (409, "annotation-open")
    cloud.store.put_progress(annotation, 1, 0, 1, 0)
    api.post(f"{path}/cancel")
    finish_key = f"annotations/ws/toys/{annotation}/report.json"
    cloud.clients.s3.put_object(Bucket=cloud.outbox, Key=finish_key, Body=b"{}")
    assert cloud.lines(annotation)
    assert api.delete(path).status == 204
    assert api.get(path).slug == "not-found" and api.delete(path).slug == "not-found"
    assert keys(cloud, cloud.outbox, "annotations/") == [] and cloud.lines(annotation) == []
    assert list(cloud.table.query(f"AN#{annotation}")) == []
    again = request(api, dataset)  # the name of its execution is taken, the next one is not
    assert again["id"] == annotation and again["status"] == "queued"
    assert len(cloud.executions()) == 2


def test_request_waits_for_a_deletion_or_takes_over_from_one_that_died(
    api: ApiCaller, cloud: Cloud, dataset: str
) -> None:
    annotation = request(api, dataset)["id"]
    finish(cloud, annotation)
    assert cloud.store.begin_deletion(row_of(cloud, annotation))
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(ask, cloud, dataset, Request("COCO", "", {}, {}, False, "ann"))
        time.sleep(0.2)
        assert not asked.done()
        cloud.store.delete(annotation)
        row, was_complete = asked.result()
    assert (row.id, row.status, was_complete) == (annotation, "queued", False)
    finish(cloud, annotation, "failed")
    item = cloud.table.get(f"AN#{annotation}", "AN")
    assert item is not None
    cloud.table.put(item | {"deleting": "2020-01-01T00:00:00.000Z"})
    assert request(api, dataset)["status"] == "queued"


def test_download(api: ApiCaller, cloud: Cloud) -> None:
    make_map(cloud)
    dataset = make_dataset(cloud, 'wörld "1" %')
    annotation = request(api, dataset, map="toys")["id"]
    path = f"/v1/annotations/{annotation}/download"
    assert (api.get(path).status, api.get(path).slug) == (409, "not-complete")
    data = b"PK" + b"x" * (20 << 20)
    finish(cloud, annotation, data=data)
    found = api.as_("reader").get(path).json
    assert found["name"] == 'wörld "1" %-coco-toys.zip' and found["size_bytes"] == len(data) and found["ranges"] is None
    with urllib.request.urlopen(found["url"]) as answer:
        assert answer.read() == data
        assert answer.headers["Content-Disposition"] == content_disposition(found["name"])
        assert answer.headers["ETag"].strip('"') == found["etag"]
    mib = 1 << 20
    pieces = api.get(path, query={"part_bytes": 8 * mib}).json["ranges"]
    assert pieces == [
        {"offset": 0, "length": 8 * mib},
        {"offset": 8 * mib, "length": 8 * mib},
        {"offset": 16 * mib, "length": 4 * mib + 2},
    ]
    for size in (0, 8 * mib - 1, (5 << 30) + 1, "x"):
        assert api.get(path, query={"part_bytes": size}).slug == "bad-request"
    cloud.clients.s3.delete_object(Bucket=cloud.outbox, Key=row_of(cloud, annotation).download_key)
    assert api.get(path).slug == "not-complete"


def test_download_of_what_failed_for_some_images(api: ApiCaller, cloud: Cloud) -> None:
    annotation = request(api, make_dataset(cloud))["id"]
    path = f"/v1/annotations/{annotation}/download"
    finish(cloud, annotation, status="failed", data=b"PK the others")
    assert api.get(path).status == 200
    without = request(api, make_dataset(cloud, "none"))["id"]
    finish(cloud, without, status="failed")
    assert api.get(f"/v1/annotations/{without}/download").slug == "not-complete"


def test_ranges_are_bounded() -> None:
    tib, mib = 1 << 40, 1 << 20
    with pytest.raises(TooManyRangesError, match="expected at least 109951163 bytes: there are at most 10,000 ranges"):
        list(ranges(tib, 8 * mib))
    found = list(ranges(tib, 109951163))
    assert len(found) == 10_000 and sum(length for _, length in found) == tib


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("toys-coco.zip", 'attachment; filename="toys-coco.zip"'),
        ('a"b\\c%.zip', "attachment; filename=\"a_b_c_.zip\"; filename*=UTF-8''a%22b%5Cc%25.zip"),
        ("wörld 🚗.zip", "attachment; filename=\"w_rld _.zip\"; filename*=UTF-8''w%C3%B6rld%20%F0%9F%9A%97.zip"),
    ],
)
def test_content_disposition(name: str, header: str) -> None:
    assert content_disposition(name) == header


def ask(cloud: Cloud, dataset: str, asked: Request) -> tuple[Annotation, bool]:
    """What the route does: an environment of Lambda answers one request at a time, so many at once need many."""
    services = parts()
    place, workspace = services.catalog.dataset_place(dataset), services.catalog.workspace("ws")
    found = Datasets(services).at(*place, counted=False) if place else None
    assert found is not None and workspace is not None
    return request_annotation(asked, found, workspace, services)


def test_two_hundred_requests_at_once(api: ApiCaller, cloud: Cloud, dataset: str) -> None:
    """No wish is lost, no job is made twice: 5 wishes, 40 times each."""
    wishes = [Request(name, "", {}, {}, False, "ann") for name in ("COCO", "YOLO", "KITTI", "PASCAL")]
    wishes.append(Request("COCO", "", {"images": True}, {}, False, "ann"))
    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(lambda wish: ask(cloud, dataset, wish), wishes * 40))
    assert len(answers) == 200
    assert len({row.id for row, _ in answers}) == len(cloud.rows()) == len(cloud.executions()) == 5
    assert {row.execution for row in cloud.rows()} == set(cloud.executions())


def test_forced_at_once_is_redone_once(api: ApiCaller, cloud: Cloud, dataset: str) -> None:
    finish(cloud, request(api, dataset)["id"])
    wish = Request("COCO", "", {}, {}, True, "ann")
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: ask(cloud, dataset, wish), range(40)))
    assert {(row.status, was_complete) for row, was_complete in answers} == {("queued", False)}
    assert len(cloud.executions()) == 2


def test_others_see_nothing(api: ApiCaller, cloud: Cloud, dataset: str) -> None:
    annotation = request(api, dataset)["id"]
    cloud.catalog.create_workspace(Workspace(name="theirs", organization="other"))
    stranger = api.as_("admin", "other")
    for method, path, body in (
        ("GET", f"/v1/annotations/{annotation}", None), ("PATCH", f"/v1/annotations/{annotation}", {"tags": {}}),
        ("DELETE", f"/v1/annotations/{annotation}", None), ("POST", f"/v1/annotations/{annotation}/cancel", None),
        ("GET", f"/v1/annotations/{annotation}/log", None), ("GET", f"/v1/annotations/{annotation}/download", None),
        ("GET", f"/v1/datasets/{dataset}/annotations", None), ("GET", "/v1/workspaces/ws/annotations", None),
        ("POST", f"/v1/datasets/{dataset}/annotations", {"format": "COCO"}),
        ("GET", "/v1/organizations/default/annotations", None),
    ):  # fmt: skip
        assert stranger(method, path, json=body).slug == "not-found", (method, path)
    assert row_of(cloud, annotation).status == "queued"
