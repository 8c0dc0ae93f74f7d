"""Looking into datasets by request: images, pixels, labels, types and numbers."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any
from urllib.parse import quote

import pytest
from api_tools import ApiCaller
from cloud_tools import Cloud
from map_texts import MAPS
from own_place import IMAGE, one_image
from PIL import Image
from test_map_checks import MAP, know_dataset, upload
from whole_ranges import read_by_ranges

from labelmill.convert.planning import with_plan
from labelmill.look.labels import read_labels
from labelmill.look.pixels import WIDTHS
from labelmill.maps import parse_map
from labelmill.source.open_source import open_source
from labelmill_aws.api.routes.look import get_pixels
from labelmill_aws.looking import directories, look, opened
from labelmill_aws.looking.directories import DIRECTORIES

BASE = "/v1/datasets/ds-1"
PNG = zipfile.ZipFile(io.BytesIO(one_image())).read(f"toys/images/{IMAGE}")
KINDS = ["zip", "tar", "tar.gz", "loose"]
Asked = list[dict[str, Any]]


@pytest.fixture(autouse=True)
def asked(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Asked:
    """What is read of S3, from a process that has looked into nothing yet."""
    DIRECTORIES.clear()
    look.COUNTED.clear()
    return read_by_ranges(cloud, monkeypatch)


def put_one(cloud: Cloud, **files: bytes) -> None:
    """The dataset of one image, with other files in place of its own or beside them."""
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(one_image())) as old, zipfile.ZipFile(packed, "w") as new:
        members = {name: old.read(name) for name in old.namelist()} | {f"toys/{k}": v for k, v in files.items()}
        for name, data in members.items():
            new.writestr(name, data)
    cloud.put("datasets/ws/toys.zip", packed.getvalue())
    cloud.receive("datasets/ws/toys.zip")
    know_dataset(cloud)


def many(count: int) -> dict[str, bytes]:
    """JSON files of so many images more."""
    files = {}
    for number in range(count):
        name = f"{number:03}.png"
        files[f"annotations/{number:03}-ana.json"] = json.dumps({"filename": name, "annotations": []}).encode()
        files[f"metadata/{number:03}-metadata.json"] = json.dumps(
            {"filename": name, "objects": [], "sensor": {"resolution": [8, 6]}}
        ).encode()
    return files


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("animal", ["several_sizes", "odd_names", "swapped_metadata", "only_ids"])
def test_labels_as_the_library_reads_them(
    api: ApiCaller, cloud: Cloud, zoo_folder: Any, kind: str, animal: str
) -> None:
    folder = zoo_folder(animal)
    upload(cloud, folder, kind)
    know_dataset(cloud)
    assert api.post(MAPS, json={"name": "some", "file": MAP}).status == 201
    source, read = open_source(folder), parse_map(MAP.encode(), "map.yaml")
    wanted = with_plan(
        source,
        1,
        lambda plan: {one.name: read_labels(source, one, read, by_filename=plan.by_filename) for one in plan.entries},
    )
    listed = api.as_("reader").get(f"{BASE}/images").json
    assert [one["name"] for one in listed["items"]] == sorted(wanted)
    assert (listed["total"], listed["next"]) == (len(wanted), None)
    for name, labels in wanted.items():
        answer = api.as_("reader").get(f"{BASE}/images/{quote(name, safe='')}/labels", query={"map": "some"})
        assert answer.status == 200, answer
        found = answer.json
        assert (found["width"], found["height"], found["total"]) == (labels.width, labels.height, labels.objects)
        assert found["image"] == name
        assert [
            (one["id"], one["type"], one["class"] and one["class"]["number"], tuple(one["box"]), one["contours"])
            for one in found["objects"]
        ] == [(one.id, one.type, one.category and one.category.number, one.box, one.contours) for one in labels.labels]
        assert [one["left_out"] for one in found["objects"]] == [one.category is None for one in labels.labels]
        assert [one["filter"] for one in found["objects"]] == [one.filter for one in labels.labels]
        pixels = api.get(f"{BASE}/images/{quote(name, safe='')}/pixels", query={"width": "320"})
        if (folder / "images" / name).exists():
            assert Image.open(io.BytesIO(pixels.body)).size == (labels.width, labels.height)


def test_pages_of_images(api: ApiCaller, cloud: Cloud) -> None:
    put_one(cloud, **many(7))
    names: list[str] = []
    cursor = None
    while True:
        page = api.get(f"{BASE}/images", query={"limit": 3} | ({"cursor": cursor} if cursor else {})).json
        names += [one["name"] for one in page["items"]]
        assert page["total"] == 8
        cursor = page["next"]
        if cursor is None:
            break
    assert names == [*(f"{number:03}.png" for number in range(7)), IMAGE]
    page = api.get(f"{BASE}/images", query={"limit": 2, "offset": 6}).json
    assert [(one["name"], one["size_bytes"] is None, one["has_mask"]) for one in page["items"]] == [
        ("006.png", True, False),
        (IMAGE, False, False),
    ]
    assert (page["first"], page["total"]) == (6, 8)
    page = api.get(f"{BASE}/images", query={"at": "003.png", "limit": 1}).json
    assert ([one["name"] for one in page["items"]], page["first"]) == (["003.png"], 3)
    begun = api.get(f"{BASE}/images", query={"name": "on"}).json
    assert ([one["name"] for one in begun["items"]], begun["total"]) == ([IMAGE], 1)
    assert api.get(f"{BASE}/images", query={"name": "x"}).json["items"] == []
    assert api.get(f"{BASE}/images", query={"offset": 99}).json["next"] is None
    assert api.get(f"{BASE}/images", query={"cursor": "x"}).slug == "bad-cursor"


def test_the_widths_are_those_of_the_library() -> None:
    hint = str(get_pixels.__annotations__["width"])
    assert all(f'"{width}"' in hint or f"'{width}'" in hint for width in WIDTHS)
    assert hint.count(", ") >= len(WIDTHS) - 1


def test_pixels_and_caches(api: ApiCaller, cloud: Cloud, asked: Asked) -> None:
    put_one(cloud)
    path = f"{BASE}/images/{IMAGE}/pixels"
    first = api.get(path, query={"width": "160"})
    assert (first.status, first.headers["content-type"]) == (200, "image/webp")
    assert Image.open(io.BytesIO(first.body)).size == (8, 6)
    assert first.headers["cache-control"] == "private, max-age=600"
    assert (first.headers["vary"], first.headers["x-content-type-options"]) == ("Authorization", "nosniff")
    del asked[:]
    same = api.get(path, query={"width": "160"}, headers={"If-None-Match": f'"other", {first.etag}'})
    assert (same.status, same.body, same.etag, asked) == (304, b"", first.etag, [])
    larger = api.get(path)
    assert (larger.status, larger.headers["content-type"]) == (200, "image/jpeg")
    assert larger.etag != first.etag
    version = api.get(f"{BASE}/images").json["version"]
    kept = api.get(path, query={"version": version})
    assert kept.headers["cache-control"] == "private, max-age=31536000, immutable"
    assert api.get(path, query={"version": "another"}).slug == "not-found"
    assert api.get(path, query={"width": "161"}).slug == "bad-request"
    put_one(cloud, **{"images/other.png": b"x"})  # another version
    assert api.get(path, headers={"If-None-Match": larger.etag}).status == 200


def test_an_image_is_read_by_its_range(api: ApiCaller, cloud: Cloud, asked: Asked) -> None:
    """The directory once; then a file by itself, however large the dataset is."""
    put_one(cloud, **{"images/ballast.png": bytes(20 << 20)})
    path = f"{BASE}/images/{IMAGE}"
    assert api.get(f"{path}/pixels").status == 200
    del asked[:]
    assert api.get(f"{path}/pixels", query={"width": "160"}).status == 200
    assert api.get(f"{path}/labels").status == 200
    assert 3 <= len(asked) <= 5
    for one in asked:
        first, last = map(int, one["Range"].removeprefix("bytes=").split("-"))
        assert last - first < 1000


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"no image", f"images/{IMAGE}: can't be shown: expected PNG"),
        (PNG[:45], f"images/{IMAGE}: can't be shown: "),
    ],
    ids=["no image", "cut off"],
)
def test_broken_images_say_why(api: ApiCaller, cloud: Cloud, data: bytes, said: str) -> None:
    put_one(cloud, **{f"images/{IMAGE}": data})
    answer = api.get(f"{BASE}/images/{IMAGE}/pixels")
    assert (answer.status, answer.slug) == (422, "bad-image")
    assert answer.json["detail"].startswith(said)


def test_labels_without_an_image_and_images_without_labels(api: ApiCaller, cloud: Cloud) -> None:
    put_one(cloud, **many(1), **{"annotations/bad-ana.json": b"[", "images/bad.png": b"", "images/lone.png": b""})
    assert api.get(f"{BASE}/images/000.png/labels").json["objects"] == []
    missing = api.get(f"{BASE}/images/000.png/pixels")
    assert (missing.slug, missing.json["detail"]) == ("bad-image", "images/000.png: is missing in the dataset")
    bad = api.get(f"{BASE}/images/bad.png/labels")
    assert (bad.status, bad.slug) == (422, "bad-image")
    assert "annotations/bad-ana.json" in bad.json["detail"]
    for name in ("lone.png", "..", "a" * 300, "%25", "<script>"):
        for what in ("pixels", "labels"):
            assert api.get(f"{BASE}/images/{quote(name, safe='')}/{what}").slug == "not-found"


def test_long_names_are_found(api: ApiCaller, cloud: Cloud) -> None:
    name = "n" * 240
    record = json.dumps({"filename": f"{name}.png", "annotations": []}).encode()
    put_one(cloud, **{f"annotations/{name}-ana.json": record, f"images/{name}.png": PNG})
    assert api.get(f"{BASE}/images/{name}.png/pixels").status == 200
    assert api.get(f"{BASE}/images/{name}.png/labels").status == 200


def test_types_and_statistics(api: ApiCaller, cloud: Cloud, asked: Asked) -> None:
    put_one(cloud, **many(2))
    assert api.get(f"{BASE}/types").json == {
        "images": 3,
        "images_read": 3,
        "types": [{"type": "car", "objects": 1}],
    }
    bare = api.get(f"{BASE}/statistics").json
    assert bare == {
        "map": "",
        "map_version": "",
        "images": 3,
        "images_read": 3,
        "images_empty": 2,
        "images_unreadable": 0,
        "example": "",
        "objects": 1,
        "classes": [
            {"number": None, "name": "car", "supercategory": "none", "objects": 1, "images": 1, "box_sizes": [1]}
        ],
        "more_classes": 0,
        "box_sizes": [{"from_px": 3, "to_px": 4, "objects": 1}],
        "left_out": [],
    }
    file = "classes:\n  1: a\n  2: b\nproperties:\n  obj['type'] == 'bus': 2\n"
    assert api.post(MAPS, json={"name": "buses", "file": file}).status == 201
    counted = api.get(f"{BASE}/statistics", query={"map": "buses"}).json
    assert [(one["number"], one["objects"], one["box_sizes"]) for one in counted["classes"]] == [(1, 0, []), (2, 0, [])]
    assert (counted["objects"], counted["box_sizes"]) == (0, [])
    assert counted["left_out"] == [{"type": "car", "objects": 1}]
    assert counted["map_version"]
    del asked[:]
    assert api.get(f"{BASE}/statistics").json == bare
    assert api.get(f"{BASE}/types").json["images"] == 3
    assert asked == [], "counts are kept"


def test_counts_of_some_images_say_so(api: ApiCaller, cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    from labelmill_aws.looking import sampling

    put_one(cloud, **many(9))
    monkeypatch.setattr(sampling, "IMAGES_A_TIME", 1)
    monkeypatch.setattr(sampling, "READERS", 1)
    row = cloud.catalog.dataset("ws", "toys")
    assert row is not None
    from labelmill_aws.api.parts import parts

    found = look.Look(parts(), row, read_for_s=0).types()
    assert (found.images, found.images_read) == (10, 1)


@pytest.mark.parametrize("what", ["statistics", f"images/{IMAGE}/labels"])
def test_maps_that_are_not_there(api: ApiCaller, cloud: Cloud, what: str) -> None:
    put_one(cloud)
    theirs = api.as_("admin", "else")
    assert theirs.post("/v1/organizations/else/maps", json={"name": "theirs", "file": MAP}).status == 201
    for name in ("none", "theirs"):
        answer = api.get(f"{BASE}/{what}", query={"map": name})
        assert (answer.status, answer.slug) == (400, "bad-request")
        assert answer.json["errors"] == [{"where": "query.map", "message": "there is no such map in force"}]


@pytest.mark.parametrize("what", ["types", "images", "statistics", f"images/{IMAGE}/labels", f"images/{IMAGE}/pixels"])
def test_no_dataset(api: ApiCaller, cloud: Cloud, what: str) -> None:
    cloud.put("datasets/ws/toys.zip", b"no archive")
    cloud.receive("datasets/ws/toys.zip")
    know_dataset(cloud)
    answer = api.get(f"{BASE}/{what}")
    assert (answer.status, answer.slug) == (422, "bad-dataset")
    assert "toys.zip" in answer.json["detail"]
    made = api.post("/v1/workspaces/ws/datasets", json={"name": "new", "size_bytes": 3, "suffix": ".zip"}).json
    answer = api.get(f"/v1/datasets/{made['dataset']['id']}/{what}")
    assert (answer.status, answer.slug) == (409, "conflict")
    assert answer.json["detail"] == "'new' is uploading, expected a dataset that is ready."


def test_a_listing_that_has_expired_is_made_again(api: ApiCaller, cloud: Cloud, zoo_folder: Any) -> None:
    upload(cloud, zoo_folder("several_sizes"), "loose")
    know_dataset(cloud)
    before = api.get(f"{BASE}/images").json
    DIRECTORIES.clear()
    s3 = cloud.clients.s3
    for found in s3.list_objects_v2(Bucket=cloud.outbox, Prefix="work/listings/")["Contents"]:
        s3.delete_object(Bucket=cloud.outbox, Key=found["Key"])
    assert api.get(f"{BASE}/images").json == before
    DIRECTORIES.clear()
    cloud.put("datasets/ws/toys/images/more.png")
    answer = api.get(f"{BASE}/images")
    assert answer.slug == "bad-dataset"
    assert "upload _SUCCESS" in answer.json["detail"]


def test_too_large_for_a_look(api: ApiCaller, cloud: Cloud, zoo_folder: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opened, "MAX_TAR_BYTES", 10)
    upload(cloud, zoo_folder("several_sizes"), "tar")
    know_dataset(cloud)
    answer = api.get(f"{BASE}/images")
    assert (answer.slug, "expected a .zip" in answer.json["detail"]) == ("bad-dataset", True)


def test_only_the_last_datasets_stay_open(monkeypatch: pytest.MonkeyPatch) -> None:
    class Fake:
        def __init__(self, size: int, unpacked: bool = False) -> None:
            self.size, self.unpacked, self.closed = size, unpacked, False

        def close(self) -> None:
            self.closed = True

    monkeypatch.setattr(directories, "MAX_OPEN", 3)
    monkeypatch.setattr(directories, "MAX_FILES", 100)
    kept = directories.Directories()
    made: dict[str, Any] = {}

    def get(name: str, size: int, unpacked: bool = False) -> Any:
        fake: Any = Fake(size, unpacked)
        return made.setdefault(name, kept.get((name,), lambda: fake))

    a, b, c = get("a", 1), get("b", 1), get("c", 1)
    assert kept.get(("a",), lambda: pytest.fail("it is open")) is a
    get("d", 1)
    assert (a.closed, b.closed, c.closed) == (False, True, False), "the one that was used longest ago goes"
    large = get("large", 1000)
    assert a.closed and c.closed and not large.closed
    first, second = get("t1", 1, unpacked=True), get("t2", 1, unpacked=True)
    assert first.closed and not second.closed
    kept.clear()
    assert second.closed
