"""Several at one map at once: who wins. Another's deed is put between two calls of a request to AWS."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from api_tools import ApiCaller
from cloud_tools import Cloud
from map_texts import GOOD, MAPS, OTHER

from labelmill_aws.names import map_version
from labelmill_aws.records.catalog import Workspace
from labelmill_aws.records.outcomes import ChangedError, InUseError, TakenError
from labelmill_aws.records.workspaces import UnknownMapsError, WorkspaceChange, Workspaces
from labelmill_aws.uploads.map_edits import MapChange, MapEdits

ONE = f"{MAPS}/road"
KEY = "maps/default/road.yaml"


@pytest.fixture
def edits(api: ApiCaller) -> MapEdits:
    from labelmill_aws.api.parts import parts

    return MapEdits(parts(), "default")


def between(
    monkeypatch: pytest.MonkeyPatch, client: Any, operation: str, deed: Callable[[], Any], *, call: int = 1
) -> None:
    """Do something right before the nth call of an operation."""
    original, calls = getattr(client, operation), 0

    def interposed(*args: Any, **kwargs: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == call:
            deed()
        return original(*args, **kwargs)

    monkeypatch.setattr(client, operation, interposed)


def test_two_create_one_name(api: ApiCaller, edits: MapEdits, cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    second: list[BaseException] = []

    def create_too() -> None:
        with pytest.raises(TakenError) as caught:
            edits.create("road", MapChange("second", OTHER.encode(), "second"))
        second.append(caught.value)

    between(monkeypatch, cloud.clients.s3, "put_object", create_too)  # the name is claimed, its file not yet there
    first = api.post(MAPS, json={"name": "road", "file": GOOD, "description": "first"})
    assert first.status == 201
    assert second
    assert first.json["description"] == "first"
    assert api.get(f"{ONE}/file").body == GOOD.encode()


def test_the_first_claim_wins(api: ApiCaller, edits: MapEdits, cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    def create_before() -> None:
        edits.create("road", MapChange("other", OTHER.encode(), "other"))

    between(monkeypatch, cloud.clients.dynamodb, "put_item", create_before)  # both have seen that the name is free
    assert api.post(MAPS, json={"name": "road", "file": GOOD}).slug == "conflict"
    assert api.get(ONE).json["description"] == "other"


def test_upload_before_the_file_of_a_new_map(api: ApiCaller, cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    between(monkeypatch, cloud.clients.s3, "put_object", lambda: cloud.put(KEY, OTHER.encode()))
    assert api.post(MAPS, json={"name": "road", "file": GOOD, "description": "mine"}).slug == "conflict"
    assert api.get(ONE).status == 404  # until its event comes
    cloud.receive(KEY)
    found = api.get(ONE).json
    assert (found["version"], found["updated_by"], found["description"]) == (map_version(OTHER.encode()), "upload", "")


def test_upload_after_the_file_of_a_new_map(api: ApiCaller, cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    def upload() -> None:
        cloud.put(KEY, OTHER.encode())
        cloud.receive(KEY)

    between(monkeypatch, cloud.clients.s3, "get_object", upload)
    made = api.post(MAPS, json={"name": "road", "file": GOOD, "description": "mine"})
    assert made.status == 201
    assert (made.json["version"], made.json["description"]) == (map_version(OTHER.encode()), "mine")
    assert cloud.receive(KEY).started is not None
    assert api.get(ONE).json == made.json


def test_a_claim_of_somebody_who_died_ends(api: ApiCaller, cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    def die() -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        between(patch, cloud.clients.s3, "put_object", die)
        with pytest.raises(KeyboardInterrupt):
            api.post(MAPS, json={"name": "road", "file": GOOD})
    assert api.get(ONE).slug == "not-found"
    assert api.get(MAPS).json["items"] == []
    assert api.post(MAPS, json={"name": "road", "file": GOOD}).slug == "conflict"
    cloud.table.update("ORG#default", "MAP#road", "SET #claimed = :then", values={"then": "2020-01-01T00:00:00.000Z"})
    assert api.post(MAPS, json={"name": "road", "file": GOOD}).status == 201


def test_two_edits_of_one_revision(
    api: ApiCaller, edits: MapEdits, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = api.post(MAPS, json={"name": "road", "file": GOOD})
    revision = made.json["revision"]

    def edit_before() -> None:
        edits.change("road", MapChange("other", OTHER.encode(), expected=revision))

    between(monkeypatch, cloud.clients.dynamodb, "put_item", edit_before)
    answer = api.patch(ONE, json={"file": GOOD + "#\n"}, headers={"If-Match": made.etag})
    assert answer.slug == "changed"
    assert api.get(ONE).json["version"] == map_version(OTHER.encode())
    with pytest.raises(ChangedError):
        edits.change("road", MapChange("other", None, "late", expected=revision))


def test_two_edits_that_name_no_revision_both_count(
    api: ApiCaller, edits: MapEdits, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    api.post(MAPS, json={"name": "road", "file": GOOD})
    deed = lambda: edits.change("road", MapChange("other", None, tags={"a": "b"}))  # noqa: E731
    between(monkeypatch, cloud.clients.dynamodb, "put_item", deed)
    answer = api.patch(ONE, json={"description": "mine"})
    assert (answer.json["description"], answer.json["tags"]) == ("mine", {"a": "b"})


def test_include_before_the_mark(api: ApiCaller, cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    api.post(MAPS, json={"name": "road", "file": GOOD})
    workspaces = Workspaces(cloud.table, "default")
    workspaces.create(Workspace(name="ws", included_maps=()))
    include = lambda: workspaces.change("ws", WorkspaceChange(included_maps=("road",)))  # noqa: E731
    between(monkeypatch, cloud.clients.dynamodb, "put_item", include)  # the mark
    assert api.delete(ONE).slug == "map-in-use"
    found = api.get(ONE).json
    assert (found["status"], found["used_in"]) == ("ready", ["ws"])
    workspaces.create(Workspace(name="more", included_maps=("road",)))  # the mark is gone


def test_include_after_the_mark(api: ApiCaller, cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    api.post(MAPS, json={"name": "road", "file": GOOD})
    workspaces = Workspaces(cloud.table, "default")
    workspaces.create(Workspace(name="ws", included_maps=()))
    refused: list[BaseException] = []

    def include() -> None:
        for deed in (
            lambda: workspaces.change("ws", WorkspaceChange(included_maps=("road",))),
            lambda: workspaces.create(Workspace(name="new", included_maps=("road",))),
        ):
            with pytest.raises(UnknownMapsError) as caught:
                deed()
            refused.append(caught.value)

    between(monkeypatch, cloud.clients.s3, "delete_object", include)
    assert api.delete(ONE).status == 204
    assert len(refused) == 2
    assert workspaces.there("ws").included_maps == ()


def test_mark_between_the_look_and_the_include(
    api: ApiCaller, edits: MapEdits, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    api.post(MAPS, json={"name": "road", "file": GOOD})
    workspaces = Workspaces(cloud.table, "default")
    workspaces.create(Workspace(name="ws", included_maps=()))
    between(monkeypatch, cloud.clients.dynamodb, "transact_write_items", lambda: edits.delete("road", None))
    answer = api.put("/v1/workspaces/ws/resources", json={"included": ["road"]})
    assert answer.slug == "bad-request"
    assert answer.json["errors"] == [{"where": "body.included", "message": "there is no map 'road'"}]
    assert api.get("/v1/workspaces/ws/resources").json == {"available": [], "included": []}


def test_upload_while_it_is_being_deleted(api: ApiCaller, cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    api.post(MAPS, json={"name": "road", "file": GOOD, "description": "old"})

    def upload() -> None:
        cloud.put(KEY, OTHER.encode())
        cloud.receive(KEY)

    between(monkeypatch, cloud.clients.dynamodb, "delete_item", upload)  # the inbox was emptied, the row is left
    assert api.delete(ONE).status == 204
    assert api.get(ONE).json["version"] == map_version(OTHER.encode())
    assert len(api.get(f"{ONE}/versions").json["items"]) == 1
    assert api.get(f"{ONE}/file").body == OTHER.encode()


def test_upload_before_the_inbox_is_emptied_goes_too(
    api: ApiCaller, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    api.post(MAPS, json={"name": "road", "file": GOOD})
    between(monkeypatch, cloud.clients.s3, "delete_object", lambda: cloud.put(KEY, OTHER.encode()))
    assert api.delete(ONE).status == 204
    cloud.receive(KEY)  # its event comes when it is gone
    assert api.get(ONE).status == 404


def test_deletion_that_was_broken_off_goes_on(
    api: ApiCaller, cloud: Cloud, edits: MapEdits, monkeypatch: pytest.MonkeyPatch
) -> None:
    api.post(MAPS, json={"name": "road", "file": GOOD})

    def die() -> None:
        raise KeyboardInterrupt

    for client, operation in ((cloud.clients.s3, "delete_object"), (cloud.clients.dynamodb, "delete_item")):
        with monkeypatch.context() as patch:
            between(patch, client, operation, die)
            with pytest.raises(KeyboardInterrupt):
                edits.delete("road", None)
    assert api.delete(ONE).status == 204
    assert api.get(ONE).status == 404
    items = cloud.clients.dynamodb.scan(TableName=cloud.table.name)["Items"]
    assert not [item for item in items if "road" in item["sk"]["S"]]


def test_workspace_that_includes_while_others_look(api: ApiCaller, edits: MapEdits, cloud: Cloud) -> None:
    api.post(MAPS, json={"name": "road", "file": GOOD})
    cloud.catalog.create_workspace(Workspace(name="ws", included_maps=("road",)))
    with pytest.raises(InUseError, match="ws"):
        edits.delete("road", None)
