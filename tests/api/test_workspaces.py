"""Workspaces and their resources by request."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
from api_tools import ApiCaller
from cloud_tools import Cloud
from map_texts import GOOD, MAPS
from test_map_races import between

from labelmill.formats import FORMAT_IDS
from labelmill_aws.records.catalog import CLASSIC_FORMATS, Workspace
from labelmill_aws.records.workspaces import WorkspaceChange, Workspaces

ALL = "/v1/organizations/default/workspaces"
ONE = "/v1/workspaces/ws"


def make(api: ApiCaller, name: str = "ws", **more: Any) -> dict[str, Any]:
    answer = api.post(ALL, json={"name": name, **more})
    assert answer.status == 201, answer
    made: dict[str, Any] = answer.json
    return made


def make_map(api: ApiCaller, name: str) -> None:
    assert api.post(MAPS, json={"name": name, "file": GOOD}).status == 201


def test_defaults(api: ApiCaller) -> None:
    answer = api.as_("editor").post(ALL, json={"name": "ws"})
    assert answer.status == 201
    assert answer.headers["location"] == ONE
    assert answer.etag == '"1"'
    made = answer.json
    assert made.pop("created").endswith("Z")
    assert made == {
        "name": "ws",
        "organization": "default",
        "description": "",
        "tags": {},
        "auto_formats": list(CLASSIC_FORMATS),
        "included_maps": ["*"],
        "revision": 1,
        "status": "ready",
    }
    got = api.as_("reader").get(ONE)
    assert (got.status, got.etag, got.json) == (200, '"1"', answer.json)


def test_all_given(api: ApiCaller, cloud: Cloud) -> None:
    make_map(api, "road")
    wanted = {"description": "größe", "tags": {"a": "b"}, "auto_formats": ["YOLO_SEG"], "included_maps": ["road"]}
    assert make(api, **wanted).items() >= wanted.items()
    assert cloud.catalog.workspace("ws") is not None
    assert api.get(f"{MAPS}/road").json["used_in"] == ["ws"]


@pytest.mark.parametrize("name", ["größe 1", "100%25", "a?b#c", "\U0001f69c", "_SUCCESS", "x" * 200, "<ws>"])
def test_names_as_people_type_them(api: ApiCaller, name: str) -> None:
    answer = api.post(ALL, json={"name": name})
    assert answer.headers["location"] == f"/v1/workspaces/{quote(name, safe='')}"
    assert api.get(answer.headers["location"]).json["name"] == name
    assert api.delete(answer.headers["location"]).status == 204


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "a\x00b", "\u2028", "x" * 201])
def test_names_that_can_not_be(api: ApiCaller, name: str) -> None:
    answer = api.post(ALL, json={"name": name})
    assert answer.slug == "bad-request"
    assert [error["where"] for error in answer.json["errors"]] == ["body.name"]


def test_name_is_taken_by_anyone(api: ApiCaller) -> None:
    make(api)
    assert api.post(ALL, json={"name": "ws"}).slug == "conflict"
    stranger = api.as_("admin", "else")
    assert stranger.post("/v1/organizations/else/workspaces", json={"name": "ws"}).slug == "conflict"
    assert api.get(ONE).json["organization"] == "default"


def test_other_organizations_workspaces_are_not_there(api: ApiCaller) -> None:
    make(api)
    stranger = api.as_("admin", "else")
    calls: list[tuple[str, str, Any]] = [
        ("GET", ONE, None),
        ("PATCH", ONE, {"description": "mine"}),
        ("DELETE", ONE, None),
        ("GET", f"{ONE}/resources", None),
        ("PUT", f"{ONE}/resources", {"included": []}),
        ("GET", ALL, None),
        ("POST", ALL, {"name": "mine"}),
    ]
    absent = api.get("/v1/workspaces/absent").json
    for method, path, body in calls:
        assert stranger(method, path, json=body).json == absent
    assert stranger.get("/v1/organizations/else/workspaces").json == {"items": [], "next": None}
    assert api.get(ONE).json["revision"] == 1


def test_list_in_pages(api: ApiCaller) -> None:
    for number in range(5):
        make(api, f"w{number}")
    seen, cursor = [], None
    for _ in range(3):
        page = api.get(ALL, query={"limit": 2, **({"cursor": cursor} if cursor else {})}).json
        seen += [item["name"] for item in page["items"]]
        cursor = page["next"]
    assert seen == [f"w{number}" for number in range(5)]
    assert cursor is None


def test_edit(api: ApiCaller) -> None:
    made = make(api)
    edited = api.patch(ONE, json={"auto_formats": ["COCO"], "tags": {"a": "b"}})
    assert edited.json == made | {"auto_formats": ["COCO"], "tags": {"a": "b"}, "revision": 2}
    assert edited.etag == '"2"'
    assert api.patch(ONE, json={"auto_formats": []}).json["auto_formats"] == []
    assert api.patch(ONE, json={}).etag == '"3"'
    assert api.patch("/v1/workspaces/absent", json={}).slug == "not-found"


def test_if_match(api: ApiCaller) -> None:
    make(api)
    api.patch(ONE, json={"description": "new"})
    calls: list[tuple[str, str, Any]] = [
        ("PATCH", ONE, {"description": "old"}),
        ("PUT", f"{ONE}/resources", {"included": []}),
        ("DELETE", ONE, None),
    ]
    for method, path, body in calls:
        answer = api(method, path, json=body, headers={"If-Match": '"1"'})
        assert (answer.slug, answer.etag) == ("changed", '"2"')
    etag = api.get(f"{ONE}/resources").etag
    assert etag == '"2"'
    assert api.put(f"{ONE}/resources", json={"included": []}, headers={"If-Match": etag}).status == 200
    assert api.delete(ONE, headers={"If-Match": "*"}).status == 204


def test_edit_between_the_look_and_the_write(api: ApiCaller, cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    made = api.post(ALL, json={"name": "ws"})
    for headers, slug in (({"If-Match": made.etag}, "changed"), ({}, "")):
        other = Workspaces(cloud.table, "default")
        deed = lambda: other.change("ws", WorkspaceChange(tags={"by": "other"}))  # noqa: B023, E731
        with monkeypatch.context() as patch:
            between(patch, cloud.clients.dynamodb, "transact_write_items", deed)
            answer = api.patch(ONE, json={"description": "mine"}, headers=headers)
        assert answer.status == (412 if slug else 200)
        other.change("ws", WorkspaceChange(tags={}))
    assert answer.json["tags"] == {"by": "other"}
    assert answer.json["description"] == "mine"


def test_automatic_formats_with_options(api: ApiCaller, cloud: Cloud) -> None:
    split = {"format": "COCO", "options": {"split": "train=0.5,val=0.5", "simplify": 0.5}}
    said = {"format": "COCO", "options": {"split": "training=.5,val=.5", "split_by": "run", "simplify": 0.5}}
    nothing = {"format": "KITTI", "options": {"images": False}}
    made = make(api, auto_formats=["YOLO", said, nothing, {"format": "PASCAL"}])
    assert made["auto_formats"] == ["YOLO", split, "KITTI", "PASCAL"]
    assert api.get(ONE).json == made
    assert api.get(ALL).json["items"] == [made]
    assert api.patch(ONE, json={"auto_formats": [split]}).json["auto_formats"] == [split]
    assert api.patch(ONE, json={"auto_formats": [said]}).etag == '"2"'  # it is the same
    assert api.patch(ONE, json={"auto_formats": ["COCO"]}).json["auto_formats"] == ["COCO"]
    row = cloud.table.get("WS#ws", "WS")
    assert row is not None and row["auto_formats"] == ["COCO"]


def test_every_bad_option_of_automatic_formats_is_told(api: ApiCaller) -> None:
    bad = ["KITTI", {"format": "YOLO", "options": {"segmentation": "rle", "colour": 1}}]
    more = {"format": "COCO", "options": {"split_by": "image"}}
    answer = api.post(ALL, json={"name": "ws", "auto_formats": [*bad, more]})
    assert (answer.status, answer.slug) == (422, "bad-options")
    assert [error["where"] for error in answer.json["errors"]] == [
        "body.auto_formats.1.options.segmentation",
        "body.auto_formats.1.options.colour",
        "body.auto_formats.2.options.split_by",
    ]
    assert api.get(ONE).slug == "not-found"
    make(api)
    assert api.patch(ONE, json={"auto_formats": bad}).slug == "bad-options"


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({"auto_formats": ["coco"]}, "body.auto_formats.0"),
        ({"auto_formats": ["COCO", "COCO"]}, "body.auto_formats"),
        ({"auto_formats": ["COCO", {"format": "COCO", "options": {"images": True}}]}, "body.auto_formats"),
        ({"auto_formats": [{"format": "coco"}]}, "body.auto_formats.0.format"),
        ({"auto_formats": [{"options": {}}]}, "body.auto_formats.0.format"),
        ({"auto_formats": [{"format": "COCO", "options": []}]}, "body.auto_formats.0.options"),
        ({"auto_formats": [{"format": "COCO", "more": 1}]}, "body.auto_formats.0.more"),
        ({"auto_formats": [1]}, "body.auto_formats.0"),
        ({"auto_formats": [None]}, "body.auto_formats.0"),
        ({"auto_formats": "COCO"}, "body.auto_formats"),
        ({"auto_formats": None}, "body.auto_formats"),
        ({"included_maps": ["*", "a"]}, "body.included_maps"),
        ({"included_maps": [""]}, "body.included_maps.0"),
        ({"included_maps": [str(number) for number in range(91)]}, "body.included_maps"),
        ({"organization": "else"}, "body.organization"),
        ({"created": "now"}, "body.created"),
    ],
)
def test_what_is_wrong_with_a_body_is_named(api: ApiCaller, body: Any, where: str) -> None:
    answer = api.post(ALL, json={"name": "ws", **body})
    assert answer.slug == "bad-request"
    assert [error["where"] for error in answer.json["errors"]] == [where]


def test_unknown_format_is_named_with_all_known(api: ApiCaller) -> None:
    answer = api.post(ALL, json={"name": "ws", "auto_formats": ["COCO", "VOC"]})
    assert answer.json["errors"][0]["message"] == f"expected one of {', '.join(FORMAT_IDS)}"


def test_resources(api: ApiCaller) -> None:
    make_map(api, "road")
    make_map(api, "air")
    make(api, included_maps=[])
    assert api.as_("reader").get(f"{ONE}/resources").json == {"available": ["air", "road"], "included": []}
    assert api.put(f"{ONE}/resources", json={"included": ["road"]}).json["included"] == ["road"]
    assert api.get(ONE).json["included_maps"] == ["road"]
    assert api.put(f"{ONE}/resources", json={"included": ["*"]}).json["included"] == ["*"]
    answer = api.put(f"{ONE}/resources", json={"included": ["no", "road", "nor"]})
    assert answer.slug == "bad-request"
    assert answer.json["errors"] == [
        {"where": "body.included", "message": "there is no map 'no'"},
        {"where": "body.included", "message": "there is no map 'nor'"},
    ]
    assert api.get(ONE).json["included_maps"] == ["*"]
    answer = api.post(ALL, json={"name": "other", "included_maps": ["no"]})
    assert answer.json["errors"] == [{"where": "body.included_maps", "message": "there is no map 'no'"}]
    assert api.get("/v1/workspaces/other").slug == "not-found"


def test_maps_of_others_can_not_be_included(api: ApiCaller) -> None:
    path = "/v1/organizations/else/maps"
    assert api.as_("admin", "else").post(path, json={"name": "theirs", "file": GOOD}).status == 201
    make(api)
    assert api.put(f"{ONE}/resources", json={"included": ["theirs"]}).slug == "bad-request"


def test_delete_only_when_empty(api: ApiCaller, cloud: Cloud) -> None:
    make(api, auto_formats=[])
    version = cloud.put("datasets/ws/toys.zip")
    cloud.receive("datasets/ws/toys.zip")
    answer = api.delete(ONE)
    assert (answer.status, answer.slug) == (409, "workspace-not-empty")
    assert answer.json["errors"] == [{"where": "dataset", "message": "toys"}]
    cloud.table.delete("WS#ws", "DS#toys")
    cloud.clients.s3.delete_object(Bucket=cloud.inbox, Key="datasets/ws/toys.zip", VersionId=version)
    cloud.table.put({"pk": "WS#ws", "sk": "UP#more", "id": "up-1"})
    assert api.delete(ONE).slug == "workspace-not-empty"
    cloud.table.delete("WS#ws", "UP#more")
    assert api.delete(ONE).status == 204
    assert api.get(ONE).slug == "not-found"
    assert api.get(ALL).json["items"] == []
    assert api.delete(ONE).slug == "not-found"
    make(api)


def test_upload_while_its_workspace_is_deleted(api: ApiCaller, cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    make(api, auto_formats=["COCO"])

    def upload() -> None:
        cloud.put("datasets/ws/toys.zip")
        cloud.receive("datasets/ws/toys.zip")

    between(monkeypatch, cloud.clients.dynamodb, "transact_write_items", upload)
    assert api.delete(ONE).slug == "workspace-not-empty"
    found = api.get(ONE).json
    assert found["auto_formats"] == ["COCO"]
    assert [item["name"] for item in api.get(ALL).json["items"]] == ["ws"]


def test_workspace_of_an_upload_is_there(api: ApiCaller, cloud: Cloud) -> None:
    cloud.catalog.create_workspace(Workspace(name="ws"))
    assert api.get(ONE).json["revision"] == 1
    assert api.patch(ONE, json={"description": "x"}).status == 200
