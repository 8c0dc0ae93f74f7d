"""What a dataset's name owns goes with it, what a twin of its name owns stays, and what came later does."""

from __future__ import annotations

import time
from itertools import islice, repeat
from typing import Any

import pytest
from api_tools import ApiCaller
from cloud_tools import Cloud
from job_steps import finish, keys, make_workspace, request, row_of
from purge_tools import Invoked, stand_in

from labelmill.errors import TransientError
from labelmill_aws.names import dataset_id
from labelmill_aws.objects.deletion import delete_objects
from labelmill_aws.steps.purge import MORE, Purge, Purged, go_on

LOOSE = "datasets/ws/toys/"
TOYS = dataset_id("ws", "toys")
TWINS = (
    "datasets/ws/toys.v2.zip", "datasets/ws/toys.v2/images/1.png", "datasets/ws/toys.zip.zip",
    "datasets/ws/toys.zip/images/1.png", "datasets/ws/toys2.zip", "datasets/ws/toys2/images/1.png",
    "datasets/ws2/toys.zip",
)  # fmt: skip


@pytest.fixture
def invoked(cloud: Cloud, api: ApiCaller, monkeypatch: pytest.MonkeyPatch) -> Invoked:
    make_workspace(cloud)
    return stand_in(cloud, monkeypatch)


def put_loose(cloud: Cloud, count: int = 3) -> None:
    for number in range(count):
        cloud.put(f"{LOOSE}images/{number}.png")
    cloud.put(f"{LOOSE}annotations/0-ana.json")
    cloud.put(f"{LOOSE}_SUCCESS")
    cloud.settle(f"{LOOSE}_SUCCESS")


def put_packed(cloud: Cloud, suffix: str, data: bytes = b"bytes") -> str:
    version = cloud.put(f"datasets/ws/toys{suffix}", data)
    cloud.receive(f"datasets/ws/toys{suffix}")
    return version


def next_second() -> None:
    """S3 tells whole seconds: what is put from now on is newer than what was put before."""
    time.sleep(1.01 - time.time() % 1)


def left(cloud: Cloud, prefix: str = "datasets/ws/toys") -> list[str]:
    """Keys of all versions and marks of deletions, and of unfinished uploads."""
    found = cloud.clients.s3.list_object_versions(Bucket=cloud.inbox, Prefix=prefix)
    uploads = cloud.clients.s3.list_multipart_uploads(Bucket=cloud.inbox, Prefix=prefix)
    every: list[Any] = [*found.get("Versions", ()), *found.get("DeleteMarkers", ()), *uploads.get("Uploads", ())]
    return sorted(one["Key"] for one in every)


def begin_parts(cloud: Cloud, key: str) -> str:
    begun = cloud.clients.s3.create_multipart_upload(Bucket=cloud.inbox, Key=key)
    cloud.clients.s3.upload_part(Bucket=cloud.inbox, Key=key, UploadId=begun["UploadId"], PartNumber=1, Body=b"x")
    return begun["UploadId"]


def test_everything_that_a_name_owns_goes(api: ApiCaller, cloud: Cloud, invoked: Invoked) -> None:
    put_loose(cloud)
    for suffix in (".zip", ".ZIP", ".Tar.GZ", ".tgz", ".tar"):
        cloud.put(f"datasets/ws/toys{suffix}", b"older")
        cloud.put(f"datasets/ws/toys{suffix}", b"newer")
    cloud.clients.s3.delete_object(Bucket=cloud.inbox, Key="datasets/ws/toys.tar")
    put_packed(cloud, ".zip")
    begin_parts(cloud, "datasets/ws/toys.tar")
    begin_parts(cloud, f"{LOOSE}images/9.png")
    cloud.put(f"{LOOSE}deeper/images/1.png")
    for key in TWINS:
        cloud.put(key)
        begin_parts(cloud, key)
    before = {key for key in left(cloud, "") if key in TWINS}
    assert api.delete(f"/v1/datasets/{TOYS}").status == 202
    assert [purged.status for purged in invoked.all()] == [
        "deleted",
        "nothing",
    ]  # that of the replaced files: all is done
    assert before == set(TWINS)
    assert left(cloud, "") == sorted(2 * TWINS)
    assert cloud.catalog.dataset("ws", "toys") is None


def test_labels_and_their_parts_go(api: ApiCaller, cloud: Cloud, invoked: Invoked) -> None:
    put_packed(cloud, ".zip")
    first = request(api, TOYS)["id"]
    failed = row_of(cloud, first).execution
    finish(cloud, first, "failed")
    assert request(api, TOYS)["id"] == first  # once more, by another execution
    again = row_of(cloud, first).execution
    work = [f"work/{name}/{kind}" for name in (first, failed, again) for kind in ("000000.part", "job.json")]
    others = ["work/an-other/000000.part", f"work/{first}0/000000.part", f"work/{failed}0/toys.tar"]
    for key in work + others:
        cloud.clients.s3.put_object(Bucket=cloud.outbox, Key=key, Body=b"x")
    assert failed != again
    api.delete(f"/v1/datasets/{TOYS}")
    assert [purged.status for purged in invoked.all()] == ["deleted"]
    assert keys(cloud, cloud.outbox) == sorted(others)
    for execution in (failed, again):
        assert cloud.store.job(execution) is None and cloud.store.is_used(execution)
    put_packed(cloud, ".zip")  # the very same: the names of its executions are used
    finish(cloud, request(api, TOYS)["id"])
    assert row_of(cloud, first).execution not in {failed, again}


def test_what_comes_after_the_answer_stays(api: ApiCaller, cloud: Cloud, invoked: Invoked) -> None:
    put_loose(cloud)
    begun = begin_parts(cloud, "datasets/ws/toys.tar")
    api.delete(f"/v1/datasets/{TOYS}")
    new = [f"{LOOSE}images/0.png", f"{LOOSE}images/new.png", "datasets/ws/toys.ZIP"]
    for key in new:
        cloud.put(key)
    later = begin_parts(cloud, "datasets/ws/toys.tar")
    assert [purged.status for purged in invoked.all()] == ["deleted"]
    assert left(cloud) == sorted([*new, "datasets/ws/toys.tar"])
    (upload,) = cloud.clients.s3.list_multipart_uploads(Bucket=cloud.inbox)["Uploads"]
    assert upload["UploadId"] == later != begun


def test_an_upload_by_the_api_goes_with_its_name(api: ApiCaller, cloud: Cloud, invoked: Invoked) -> None:
    put_packed(cloud, ".zip")
    body = {"name": "toys", "size_bytes": 7, "suffix": ".tar"}
    upload = api.post("/v1/workspaces/ws/datasets", json=body).json["upload"]["id"]
    api.delete(f"/v1/datasets/{TOYS}")
    invoked.all()
    assert left(cloud) == [] and api.get(f"/v1/uploads/{upload}").status == 404
    assert list(cloud.table.query("WS#ws", "UP#")) == []


@pytest.mark.parametrize("suffixes", [(".zip", ".tar.gz"), (".tar.gz", ".zip"), (".zip", ".ZIP")])
def test_one_archive_replaces_another(cloud: Cloud, invoked: Invoked, suffixes: tuple[str, str]) -> None:
    put_packed(cloud, suffixes[0], b"older")
    put_packed(cloud, suffixes[0])
    next_second()
    put_packed(cloud, suffixes[1])
    assert [purged.objects for purged in invoked.all()] == [2]
    assert left(cloud) == [f"datasets/ws/toys{suffixes[1]}"]
    row = cloud.catalog.dataset("ws", "toys")
    assert row is not None and row.replaced == ()
    cloud.receive(f"datasets/ws/toys{suffixes[1]}")
    assert invoked.payloads == []


def test_an_archive_replaces_loose_files_and_the_reverse(cloud: Cloud, invoked: Invoked) -> None:
    put_loose(cloud)
    next_second()
    put_packed(cloud, ".zip")
    newer = f"{LOOSE}images/later.png"
    next_second()
    cloud.put(newer)  # of the next upload, which is not complete yet
    for key in TWINS:
        cloud.put(key)
    assert [purged.objects for purged in invoked.all()] == [5]
    assert left(cloud, "") == sorted([newer, "datasets/ws/toys.zip", *TWINS])
    put_loose(cloud)
    row = cloud.catalog.dataset("ws", "toys")
    assert row is not None and (row.kind, row.images) == ("loose", 4)
    assert [purged.objects for purged in invoked.all()] == [1]
    assert left(cloud, LOOSE) == left(cloud, "datasets/ws/toys/") and len(left(cloud, LOOSE)) == 6
    assert left(cloud, "datasets/ws/toys.zip") == ["datasets/ws/toys.zip.zip", "datasets/ws/toys.zip/images/1.png"]


def test_an_upload_that_is_seen_too_late_is_replaced(cloud: Cloud, invoked: Invoked) -> None:
    cloud.put("datasets/ws/toys.tar")
    next_second()
    put_packed(cloud, ".zip")
    assert invoked.payloads == []
    cloud.receive("datasets/ws/toys.tar")
    assert [purged.objects for purged in invoked.all()] == [1]
    assert left(cloud) == ["datasets/ws/toys.zip"]


def test_who_replaces_and_dies_is_finished_by_the_repeat(
    cloud: Cloud, invoked: Invoked, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_packed(cloud, ".tar")
    next_second()
    with monkeypatch.context() as patch:

        def die(**_: Any) -> None:
            raise RuntimeError("died")

        patch.setattr(invoked, "invoke", die)
        with pytest.raises(RuntimeError, match="died"):
            put_packed(cloud, ".zip")
    cloud.receive("datasets/ws/toys.zip")
    assert [purged.objects for purged in invoked.all()] == [1]
    assert left(cloud) == ["datasets/ws/toys.zip"]


def test_what_came_back_is_not_purged(cloud: Cloud, invoked: Invoked) -> None:
    put_packed(cloud, ".tar")
    next_second()
    put_packed(cloud, ".zip")
    next_second()
    put_packed(cloud, ".tar")
    assert {purged.status for purged in invoked.all()} == {"deleted", "nothing"}
    assert set(left(cloud)) == {"datasets/ws/toys.tar"}


def test_a_purge_without_time_goes_on(
    api: ApiCaller, cloud: Cloud, invoked: Invoked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("labelmill_aws.objects.deletion.MAX_DELETES", 2)
    put_loose(cloud, 8)
    finish(cloud, request(api, TOYS)["id"])
    api.delete(f"/v1/datasets/{TOYS}")
    counts = [len(left(cloud))]
    for _ in range(20):
        time_left = islice(repeat(True), 5)
        purged = invoked.purge(TOYS, lambda time_left=time_left: next(time_left, False))
        counts.append(len(left(cloud)))
        if purged.status != MORE:
            break
        row = cloud.catalog.dataset("ws", "toys")
        assert row is not None and row.is_going and row.purging > row.deleting
    assert purged.status == "deleted" and counts == [10, 6, 2, 0, 0][: len(counts)]
    assert invoked.purge(TOYS) == Purged("nothing")
    invoked.payloads.clear()
    go_on(Purge(TOYS), "purge", invoked.control)
    assert invoked.all() == [Purged("nothing")]


class Busy:
    """S3 that is too busy for one key of each batch, for a while."""

    def __init__(self, code: str, times: int) -> None:
        self.code, self.times, self.deleted = code, times, set[str]()

    def delete_objects(self, Bucket: str, Delete: dict[str, Any]) -> dict[str, Any]:  # noqa: N803 - S3's names
        asked = [one["Key"] for one in Delete["Objects"]]
        self.times -= 1
        kept = asked[:1] if self.times >= 0 else []
        self.deleted |= set(asked) - set(kept)
        return {"Errors": [{"Key": key, "VersionId": "1", "Code": self.code, "Message": "no"} for key in kept]}


def test_keys_that_s3_was_too_busy_for_are_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("labelmill_aws.objects.deletion.sleep", lambda _: None)
    objects: Any = [{"Key": name, "VersionId": "1"} for name in "abc"]
    busy: Any = Busy("SlowDown", 3)
    assert delete_objects(busy, "inbox", objects) == 3 and busy.deleted == set("abc")
    with pytest.raises(TransientError, match="too busy for 1 keys"):
        delete_objects(Busy("SlowDown", 99), "inbox", objects)  # type: ignore[arg-type]
    with pytest.raises(RuntimeError, match=r"^a: not deleted: AccessDenied: no$"):
        delete_objects(Busy("AccessDenied", 1), "inbox", objects)  # type: ignore[arg-type]


WS = "/v1/workspaces/ws"
OTHERS = "/v1/organizations/else/workspaces"


def test_a_workspaces_name_is_free_when_nothing_of_it_is_left(api: ApiCaller, cloud: Cloud, invoked: Invoked) -> None:
    """Files without a dataset, labels without a row, an upload without an end: the next owner would find them."""
    stranger = api.as_("admin", "else")
    cloud.put(f"{LOOSE}images/1.png")
    cloud.put("datasets/ws/toys.rar")
    begin_parts(cloud, "datasets/ws/toys.tar")
    for key in ("annotations/ws/toys/an-1/toys-coco.zip", "work/listings/ws/toys/1.jsonl"):
        cloud.clients.s3.put_object(Bucket=cloud.outbox, Key=key, Body=b"x")
    for key in ("datasets/ws2/toys.zip", "datasets/w/s/images/1.png"):
        cloud.put(key)
    assert api.delete(WS).status == 202
    assert invoked.payloads == [b'{"workspace":"ws"}']
    assert api.get(WS).json["status"] == "deleting"
    for caller, path in ((stranger, OTHERS), (api, "/v1/organizations/default/workspaces")):
        answer = caller.post(path, json={"name": "ws"})
        assert (answer.status, answer.slug) == (409, "conflict") and "is being deleted" in answer.json["detail"]
    assert api.patch(WS, json={"description": "x"}).slug == "conflict"
    body = {"name": "new", "size_bytes": 7, "suffix": ".zip"}
    assert api.post(f"{WS}/datasets", json=body).json["detail"] == "The workspace 'ws' is being deleted."
    assert api.delete(WS).status == 202  # once more, in case it has failed for good
    assert [purged.status for purged in invoked.all()] == ["deleted", "nothing"]
    assert left(cloud, "") == ["datasets/w/s/images/1.png", "datasets/ws2/toys.zip"]
    assert keys(cloud, cloud.outbox) == []
    assert api.get(WS).slug == "not-found"
    assert stranger.post(OTHERS, json={"name": "ws"}).status == 201
    assert stranger.get(f"{WS}/datasets").json["items"] == []


def test_an_empty_workspace_goes_at_once(api: ApiCaller, cloud: Cloud, invoked: Invoked) -> None:
    put_packed(cloud, ".zip")
    api.delete(f"/v1/datasets/{TOYS}")
    assert api.delete(WS).slug == "workspace-not-empty"  # while its dataset goes
    invoked.all()
    assert api.delete(WS).status == 204 and invoked.payloads == []


def test_uploads_into_a_workspace_that_goes_wait(api: ApiCaller, cloud: Cloud, invoked: Invoked) -> None:
    cloud.put("datasets/ws/old.rar")
    api.delete(WS)
    cloud.put("datasets/ws/toys.zip")
    cloud.put(f"{LOOSE}images/1.png")
    cloud.put(f"{LOOSE}_SUCCESS")
    for answer in (cloud.receive("datasets/ws/toys.zip"), cloud.settle(f"{LOOSE}_SUCCESS")):
        assert answer.settle is not None and answer.settle.wait_s == 5 and answer.started is None
    assert cloud.catalog.dataset("ws", "toys") is None
    assert [purged.objects for purged in invoked.all()] == [1]
    assert api.as_("admin", "else").post(OTHERS, json={"name": "ws"}).slug == "conflict"  # the files came since
    assert cloud.receive("datasets/ws/toys.zip").next == "done"
    assert api.get(f"{WS}/datasets").json["items"][0]["name"] == "toys"


def test_files_that_no_workspace_owns_are_nobodys_find(api: ApiCaller, cloud: Cloud) -> None:
    """What earlier versions have left behind, and what was sent to a workspace that is not there yet."""
    cloud.put("datasets/old/toys/images/1.png")
    answer = api.as_("admin", "else").post(OTHERS, json={"name": "old"})
    assert answer.slug == "conflict" and answer.json["detail"].startswith("datasets/old/toys/images/1.png is there")
    cloud.put("datasets/new/")  # a folder that S3's console makes
    assert api.as_("admin", "else").post(OTHERS, json={"name": "new"}).status == 201


def test_a_workspace_is_marked_only_where_no_upload_is_registered(
    api: ApiCaller, cloud: Cloud, invoked: Invoked, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The upload has looked at the workspace before it was marked, and writes its row afterwards."""
    write, found = cloud.catalog.put_dataset, []

    def marked_before(*args: Any) -> bool:
        if not found:
            found.append(api.delete(WS).status)
        return write(*args)

    monkeypatch.setattr(type(cloud.catalog), "put_dataset", lambda _, *args: marked_before(*args))
    cloud.put("datasets/ws/toys.zip")
    answer = cloud.receive("datasets/ws/toys.zip")
    assert found == [202] and answer.settle is not None and cloud.catalog.dataset("ws", "toys") is None
