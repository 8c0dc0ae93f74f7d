"""Maps by request: made, read, changed, deleted."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest
from api_tools import ApiCaller
from cloud_tools import Cloud
from map_texts import BAD, GOOD, MAPS, OTHER

from labelmill.errors import MapError
from labelmill.maps import parse_map
from labelmill_aws.messages import done
from labelmill_aws.names import map_version
from labelmill_aws.records.catalog import Workspace

HOSTILE = [
    "größe 1",
    "a+b%41 %2541",
    "100%",
    "a?b#c&d=e",
    "'\"\\",
    "<script>",
    "..a",
    "a.yaml",
    "a.tar.gz",
    "\U0001f69c",
    "x" * 200,
    "ß" * 115,
    "~",
    "{}",
    "<org>",
]


def make(api: ApiCaller, name: str = "road", **more: Any) -> dict[str, Any]:
    answer = api.post(MAPS, json={"name": name, "file": GOOD, **more})
    assert answer.status == 201, answer
    made: dict[str, Any] = answer.json
    return made


def one(name: str) -> str:
    return f"{MAPS}/{quote(name, safe='')}"


def test_made_map_is_all_there(api: ApiCaller, cloud: Cloud) -> None:
    answer = api.as_("editor").post(
        MAPS, json={"name": "road", "file": GOOD, "description": "What drives", "tags": {"team": "road"}}
    )
    assert answer.status == 201
    assert answer.headers["location"] == f"{MAPS}/road"
    assert answer.etag == f'"{answer.json["revision"]}"'
    made = answer.json
    updated = made.pop("updated")
    assert made == {
        "organization": "default",
        "name": "road",
        "description": "What drives",
        "tags": {"team": "road"},
        "version": map_version(GOOD.encode()),
        "classes": 2,
        "rules": 2,
        "status": "ready",
        "problems": [],
        "updated_by": "editor of default",
        "used_in": [],
        "revision": made["revision"],
        "class_names": [
            {"number": 1, "name": "car", "supercategory": "car"},
            {"number": 2, "name": "tree", "supercategory": "plant"},
        ],
    }
    got = api.as_("reader").get(one("road"))
    assert (got.status, got.etag) == (200, answer.etag)
    assert got.json == made | {"updated": updated}
    assert cloud.clients.s3.get_object(Bucket=cloud.inbox, Key="maps/default/road.yaml")["Body"].read() == GOOD.encode()


def test_event_of_a_made_map_changes_nothing(api: ApiCaller, cloud: Cloud) -> None:
    made = make(api)
    assert cloud.receive("maps/default/road.yaml") == done()
    assert api.get(one("road")).json == made
    versions = api.get(f"{one('road')}/versions").json["items"]
    assert len(versions) == 1


def test_made_map_makes_the_datasets_that_include_it(api: ApiCaller, cloud: Cloud) -> None:
    cloud.catalog.create_workspace(Workspace(name="ws", auto_formats=("COCO",)))
    cloud.put("datasets/ws/toys.zip")
    cloud.receive("datasets/ws/toys.zip")
    make(api)
    assert len(cloud.receive("maps/default/road.yaml").started or []) == 1
    assert {row.map for row in cloud.rows()} == {"", "road"}


@pytest.mark.parametrize("name", HOSTILE)
def test_names_as_people_type_them(api: ApiCaller, cloud: Cloud, name: str) -> None:
    answer = api.post(MAPS, json={"name": name, "file": GOOD})
    assert answer.status == 201
    path = answer.headers["location"]
    assert path == one(name)
    assert api.get(path).json["name"] == name
    assert [item["name"] for item in api.get(MAPS).json["items"]] == [name]
    file = api.get(f"{path}/file")
    assert file.body == GOOD.encode()
    assert file.headers["content-disposition"].endswith(f"filename*=UTF-8''{quote(f'{name}.yaml', safe='')}")
    file.headers["content-disposition"].encode("ascii")
    assert api.patch(path, json={"file": OTHER}).status == 200
    assert cloud.receive(f"maps/default/{name}.yaml") == done()
    assert api.get(path).json["version"] == map_version(OTHER.encode())
    assert api.delete(path).status == 204
    assert api.get(path).status == 404


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("", "expected 1 to 200 characters, found none"),
        (".", "expected a name, found '.', which means a folder"),
        ("..", "expected a name, found '..', which means a folder"),
        ("a/b", "expected no /"),
        ("../../etc", "expected no /"),
        ("a\nb", "expected no control characters or line separators, found U+000A as character 2"),
        ("a\x00", "expected no control characters or line separators, found U+0000 as character 2"),
        (" ", "expected no blanks around it, found a name that begins with U+0020"),
        ("road\u202e", "expected no characters that can't be seen, found U+202E as character 5"),
        ("x" * 201, "expected at most 200 characters, found 201"),
        ("ß" * 116, "expected at most 230 bytes in UTF-8, found 232"),
    ],
)
def test_names_that_can_not_be(api: ApiCaller, cloud: Cloud, name: str, reason: str) -> None:
    answer = api.post(MAPS, json={"name": name, "file": GOOD})
    assert (answer.status, answer.slug) == (400, "bad-request")
    assert answer.json["errors"] == [{"where": "body.name", "message": reason}]
    assert not cloud.clients.s3.list_objects_v2(Bucket=cloud.inbox).get("Contents")


@pytest.mark.parametrize(
    "text", [BAD, "", "\x00", "- 1", "{", "a: &a [*a]", "classes: {1: a}\nproperties: {'1/0': 1, 'x(': 1}"]
)
def test_bad_map_tells_all_and_keeps_nothing(api: ApiCaller, cloud: Cloud, text: str) -> None:
    answer = api.post(MAPS, json={"name": "road", "file": text})
    assert (answer.status, answer.slug) == (422, "bad-map")
    with pytest.raises(MapError) as caught:
        parse_map(text.encode(), "road.yaml")
    wanted = [
        {"where": f"line {problem.line}" if problem.line else "", "message": problem.reason}
        for problem in caught.value.problems
    ]
    assert answer.json["errors"] == wanted
    assert api.get(one("road")).slug == "not-found"
    assert not cloud.clients.s3.list_objects_v2(Bucket=cloud.inbox).get("Contents")
    assert api.get(MAPS).json == {"items": [], "next": None}


def test_every_error_of_a_map_comes_up_to_a_bound(api: ApiCaller) -> None:
    text = "classes: {1: a}\nproperties:\n" + "".join(f"  x{number}(: 1\n" for number in range(1500))
    answer = api.post(MAPS, json={"name": "road", "file": text})
    assert answer.slug == "bad-map"
    assert len(answer.json["errors"]) == 1001
    assert answer.json["errors"][-1] == {"where": "", "message": "and 500 more"}


def test_large_map(api: ApiCaller) -> None:
    fill = "#" * (1 << 20)
    answer = api.post(MAPS, json={"name": "road", "file": GOOD + fill})
    assert answer.slug == "bad-map"
    assert "1,048,576" in answer.json["errors"][0]["message"]
    assert api.post(MAPS, json={"name": "road", "file": GOOD + fill[len(GOOD) :]}).status == 201


def test_name_is_taken(api: ApiCaller, cloud: Cloud) -> None:
    make(api)
    answer = api.post(MAPS, json={"name": "road", "file": OTHER})
    assert (answer.status, answer.slug) == (409, "conflict")
    assert api.get(one("road")).json["version"] == map_version(GOOD.encode())
    cloud.put("maps/default/up.json", json.dumps({"classes": {"1": "a"}, "properties": {"True": 1}}).encode())
    cloud.receive("maps/default/up.json")
    assert api.post(MAPS, json={"name": "up", "file": OTHER}).slug == "conflict"


def test_list_in_pages_by_name(api: ApiCaller) -> None:
    names = [f"a{number}" for number in range(5)] + ["b", "größe"]
    for name in names:
        make(api, name)
    seen: list[str] = []
    cursor = None
    while True:
        query = {"limit": 2, **({"cursor": cursor} if cursor else {})}
        page = api.get(MAPS, query=query).json
        assert len(page["items"]) <= 2
        assert all("class_names" not in item for item in page["items"])
        seen += [item["name"] for item in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == names
    assert [item["name"] for item in api.get(MAPS, query={"name": "a"}).json["items"]] == names[:5]
    assert [item["name"] for item in api.get(MAPS, query={"name": "grö"}).json["items"]] == ["größe"]
    assert api.get(MAPS, query={"name": "nothing"}).json == {"items": [], "next": None}
    first = api.get(MAPS, query={"limit": 1}).json["next"]
    assert api.get(MAPS, query={"name": "b", "cursor": first}).slug == "bad-cursor"


def test_changed_description_keeps_the_file(api: ApiCaller) -> None:
    made = make(api, description="old", tags={"a": "b"})
    edited = api.patch(one("road"), json={"description": "new"})
    assert edited.status == 200
    assert edited.json == made | {"description": "new", "revision": made["revision"] + 1}
    assert edited.etag == f'"{made["revision"] + 1}"'
    assert api.patch(one("road"), json={"tags": {}}).json["tags"] == {}
    same = api.patch(one("road"), json={})
    assert same.json["description"] == "new"
    assert same.etag == api.get(one("road")).etag


def test_versions_are_kept(api: ApiCaller) -> None:
    make(api)
    edited = api.as_("editor").patch(one("road"), json={"file": OTHER})
    assert edited.status == 200
    assert edited.json["version"] == map_version(OTHER.encode())
    assert edited.json["class_names"] == [{"number": 7, "name": "thing", "supercategory": "thing"}]
    assert edited.json["updated_by"] == "editor of default"
    versions = api.get(f"{one('road')}/versions").json
    assert versions["next"] is None
    assert [(item["version"], item["in_force"], item["updated_by"]) for item in versions["items"]] == [
        (map_version(OTHER.encode()), True, "editor of default"),
        (map_version(GOOD.encode()), False, "admin of default"),
    ]
    assert api.get(f"{one('road')}/file").body == OTHER.encode()
    old = api.get(f"{one('road')}/file", query={"version": map_version(GOOD.encode())})
    assert (old.status, old.body) == (200, GOOD.encode())
    assert old.headers["content-type"] == "application/yaml"
    assert api.get(f"{one('road')}/file", query={"version": "no"}).slug == "not-found"
    first = api.get(f"{one('road')}/versions", query={"limit": 1}).json
    second = api.get(f"{one('road')}/versions", query={"limit": 1, "cursor": first["next"]}).json
    assert first["items"] + second["items"] == versions["items"]


def test_download_is_byte_for_byte(api: ApiCaller, cloud: Cloud) -> None:
    data = "\ufeff# größe\r\n".encode() + GOOD.replace("\n", "\r\n").encode()
    cloud.put("maps/default/crlf.yml", data)
    cloud.receive("maps/default/crlf.yml")
    file = api.get(f"{one('crlf')}/file")
    assert file.body == data
    assert file.headers["content-disposition"] == "attachment; filename=\"crlf.yml\"; filename*=UTF-8''crlf.yml"


def test_download_of_what_is_no_text(api: ApiCaller, cloud: Cloud) -> None:
    cloud.put("maps/default/bytes.yaml", b"\xff\x00\xfe")
    cloud.receive("maps/default/bytes.yaml")
    assert api.get(f"{one('bytes')}/file").body == b"\xff\x00\xfe"


def test_refused_upload_shows_its_problems(api: ApiCaller, cloud: Cloud) -> None:
    cloud.put("maps/default/up.yaml", BAD.encode())
    cloud.receive("maps/default/up.yaml")
    found = api.get(one("up")).json
    assert (found["status"], found["version"], found["class_names"], found["updated_by"]) == (
        "refused", "", [], "upload",
    )  # fmt: skip
    assert len(found["problems"]) >= 3
    assert api.get(f"{one('up')}/file").body == BAD.encode()
    assert api.get(f"{one('up')}/versions").json["items"] == []
    mended = api.patch(one("up"), json={"file": GOOD, "description": "mended"})
    assert (mended.json["status"], mended.json["problems"], mended.json["description"]) == ("ready", [], "mended")
    cloud.put("maps/default/up.yaml", BAD.encode())
    cloud.receive("maps/default/up.yaml")
    found = api.get(one("up")).json
    assert (found["status"], found["version"]) == ("ready", map_version(GOOD.encode()))
    assert found["problems"] and found["description"] == "mended"
    assert api.get(f"{one('up')}/file").body == GOOD.encode()


def test_bad_edit_changes_nothing(api: ApiCaller) -> None:
    make(api)
    before = api.get(one("road"))
    answer = api.patch(one("road"), json={"file": BAD, "description": "new"})
    assert (answer.status, answer.slug) == (422, "bad-map")
    assert api.get(one("road")).json == before.json


def test_edit_of_an_uploaded_json_map(api: ApiCaller, cloud: Cloud) -> None:
    cloud.put("maps/default/up.json", json.dumps({"classes": {"1": "a"}, "properties": {"True": 1}}).encode())
    cloud.receive("maps/default/up.json")
    text = json.dumps({"classes": {"2": "b"}, "properties": {"True": 2}})
    assert api.patch(one("up"), json={"file": text}).json["class_names"][0]["name"] == "b"
    assert api.get(f"{one('up')}/file").headers["content-disposition"].startswith('attachment; filename="up.json"')
    assert api.patch(one("up"), json={"file": GOOD}).json["version"] == map_version(GOOD.encode())
    assert api.get(f"{one('up')}/file").headers["content-disposition"].startswith('attachment; filename="up.yaml"')
    assert api.delete(one("up")).status == 204
    assert not cloud.clients.s3.list_objects_v2(Bucket=cloud.inbox).get("Contents")
    for key in ("maps/default/up.json", "maps/default/up.yaml"):  # events that come late
        assert cloud.receive(key) == done()
    assert api.get(one("up")).status == 404


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
def test_if_match(api: ApiCaller, method: str) -> None:
    make(api)
    old = api.get(one("road")).etag
    now = api.patch(one("road"), json={"description": "new"}).etag
    body = {"json": {"tags": {"a": "b"}}} if method == "PATCH" else {}
    for stale in (old, f"W/{now}", '"0"', "nonsense", ""):
        answer = api(method, one("road"), headers={"If-Match": stale}, **body)
        assert (answer.status, answer.slug) == (412, "changed")
        assert answer.etag == now
    assert api.get(one("road")).etag == now
    assert api(method, one("road"), headers={"If-Match": f'"0", {now}'}, **body).status < 300


def test_delete_is_refused_while_included(api: ApiCaller, cloud: Cloud) -> None:
    make(api)
    before = api.get(one("road")).etag
    cloud.catalog.create_workspace(Workspace(name="all"))
    cloud.catalog.create_workspace(Workspace(name="named", included_maps=("road",)))
    cloud.catalog.create_workspace(Workspace(name="other", included_maps=("else",)))
    assert api.get(one("road")).json["used_in"] == ["named"]
    answer = api.delete(one("road"))
    assert (answer.status, answer.slug) == (409, "map-in-use")
    assert [error["message"] for error in answer.json["errors"]] == ["named"]
    assert api.get(one("road")).etag == before
    assert api.get(f"{one('road')}/file").body == GOOD.encode()
    assert api.put("/v1/workspaces/named/resources", json={"included": ["*"]}).status == 200
    assert api.delete(one("road")).status == 204  # though all workspaces include whatever map there is


def test_deleted_map_can_be_made_again(api: ApiCaller) -> None:
    make(api, description="first", tags={"a": "b"})
    api.patch(one("road"), json={"file": OTHER})
    assert api.delete(one("road")).status == 204
    for path in (one("road"), f"{one('road')}/file", f"{one('road')}/versions"):
        assert api.get(path).slug == "not-found"
    assert api.delete(one("road")).slug == "not-found"
    assert api.patch(one("road"), json={}).slug == "not-found"
    again = make(api)
    assert (again["description"], again["tags"]) == ("", {})
    assert len(api.get(f"{one('road')}/versions").json["items"]) == 1


def test_other_organizations_maps_are_not_there(api: ApiCaller) -> None:
    make(api)
    stranger = api.as_("admin", "else")
    for method, path in (("GET", MAPS), ("POST", MAPS), ("GET", one("road")), ("DELETE", one("road"))):
        answer = stranger(method, path, **({"json": {"name": "x", "file": GOOD}} if method == "POST" else {}))
        assert (answer.status, answer.slug) == (404, "not-found")
        assert answer.json["detail"] == api.get("/v1/nowhere").json["detail"]
    assert stranger.get("/v1/organizations/else/maps").json["items"] == []


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({"file": GOOD}, "body.name"),
        ({"name": "a"}, "body.file"),
        ({"name": 1, "file": GOOD}, "body.name"),
        ({"name": "a", "file": ["x"]}, "body.file"),
        ({"name": "a", "file": GOOD, "more": 1}, "body.more"),
        ({"name": "a", "file": GOOD, "description": None}, "body.description"),
        ({"name": "a", "file": GOOD, "description": "x" * 2001}, "body.description"),
        ({"name": "a", "file": GOOD, "tags": {"k": 1}}, "body.tags.k"),
        ({"name": "a", "file": GOOD, "tags": {"": "v"}}, "body.tags..[key]"),
        ({"name": "a", "file": GOOD, "tags": {"k": "v" * 257}}, "body.tags.k"),
        ({"name": "a", "file": GOOD, "tags": {str(number): "" for number in range(51)}}, "body.tags"),
    ],
)
def test_what_is_wrong_with_a_body_is_named(api: ApiCaller, body: Any, where: str) -> None:
    answer = api.post(MAPS, json=body)
    assert (answer.status, answer.slug) == (400, "bad-request")
    assert [error["where"] for error in answer.json["errors"]] == [where]


def test_all_that_is_wrong_is_told_at_once(api: ApiCaller) -> None:
    answer = api.post(MAPS, json={"name": "a/b", "tags": {"k": 1}, "more": 1})
    assert {error["where"] for error in answer.json["errors"]} == {"body.name", "body.file", "body.tags.k", "body.more"}
