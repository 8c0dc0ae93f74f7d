"""Trying maps without keeping them, alone and on datasets."""

from __future__ import annotations

import io
import tarfile
import zipfile
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from api_tools import ApiCaller
from cloud_tools import Cloud
from map_texts import BAD, GOOD, MAPS

from labelmill.convert.map_effect import classify_dataset
from labelmill.errors import MapError
from labelmill.maps import explain, parse_map
from labelmill.source.open_source import open_source

CHECKS = "/v1/organizations/default/map-checks"
MAP = "classes:\n  1: a\nproperties:\n  obj['type'] == 'nothing': 1\n  len(obj['type']) > 3: 1\n"


@pytest.fixture(autouse=True)
def ranges(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """The plain emulator answers a range of a version with the whole object; of the object, with the range."""
    original = cloud.clients.s3.get_object

    def get_object(**asked: Any) -> Any:
        if "Range" in asked:
            asked.pop("VersionId", None)
        return original(**asked)

    monkeypatch.setattr(cloud.clients.s3, "get_object", get_object)


def know_dataset(cloud: Cloud) -> str:
    """Register the dataset ``toys`` as an upload does, and its id."""
    row = cloud.catalog.dataset("ws", "toys")
    assert row is not None
    cloud.table.put({"pk": "DSID#ds-1", "sk": "DS", "workspace": "ws", "name": "toys"})
    return "ds-1"


def upload(cloud: Cloud, folder: Path, kind: str) -> None:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    names = [path.relative_to(folder).as_posix() for path in files]
    data = io.BytesIO()
    if kind == "zip":
        with zipfile.ZipFile(data, "w") as archive:
            for path, name in zip(files, names, strict=True):
                archive.write(path, f"toys/{name}")
    elif kind.startswith("tar"):
        with tarfile.open(fileobj=data, mode="w:gz" if kind == "tar.gz" else "w") as tar:
            for path, name in zip(files, names, strict=True):
                tar.add(path, f"toys/{name}")
    if kind == "loose":
        for path, name in zip(files, names, strict=True):
            cloud.put(f"datasets/ws/toys/{name}", path.read_bytes())
        cloud.put("datasets/ws/toys/_SUCCESS")
        cloud.settle("datasets/ws/toys/_SUCCESS")
    else:
        key = f"datasets/ws/toys.{kind}"
        cloud.put(key, data.getvalue())
        cloud.receive(key)


def wanted(folder: Path, text: str) -> dict[str, Any]:
    """What the library says on this machine."""
    read = parse_map(text.encode(), "map.yaml")
    source = open_source(folder)
    report = classify_dataset(source, read)
    return {
        "rules": [
            {
                "line": row.line,
                "rule": row.rule,
                "class": row.class_number,
                "objects": row.objects,
                "types": [{"type": type_, "objects": count} for type_, count in row.types],
            }
            for row in explain(read, report)
            if row.rule is not None and not row.filter
        ],
        "filters": [
            {
                "line": row.line,
                "filter": row.filter,
                "rule": row.rule,
                "objects": row.objects,
                "types": [{"type": type_, "objects": count} for type_, count in row.types],
                "examples": list(row.examples),
            }
            for row in explain(read, report)
            if row.filter
        ],
        "left_out": [{"type": type_, "objects": count} for type_, count in report.left_out.ranked()],
        "warnings": report.warnings(read),
    }


def test_good_map(api: ApiCaller, cloud: Cloud) -> None:
    answer = api.as_("reader").post(CHECKS, json={"file": GOOD})
    assert answer.status == 200
    assert answer.json == {
        "ok": True,
        "errors": [],
        "classes": [
            {"number": 1, "name": "car", "supercategory": "car"},
            {"number": 2, "name": "tree", "supercategory": "plant"},
        ],
        "rules": [
            {"line": 5, "rule": "obj['type'] == 'car'", "class": 1},
            {"line": 6, "rule": "obj['type'] == 'tree'", "class": 2},
        ],
        "filters": [],
        "stuff": [],
        "warnings": [],
        "explain": None,
    }
    assert api.get(MAPS).json["items"] == []
    assert not cloud.clients.s3.list_objects_v2(Bucket=cloud.inbox).get("Contents")


def test_bad_map_is_an_answer(api: ApiCaller) -> None:
    answer = api.post(CHECKS, json={"file": BAD})
    assert answer.status == 200
    with pytest.raises(MapError) as caught:
        parse_map(BAD.encode(), "map.yaml")
    assert answer.json == {
        "ok": False,
        "errors": [{"line": problem.line, "message": problem.reason} for problem in caught.value.problems],
        "classes": [],
        "rules": [],
        "filters": [],
        "stuff": [],
        "warnings": [],
        "explain": None,
    }


@pytest.mark.parametrize("kind", ["zip", "tar", "tar.gz", "loose"])
@pytest.mark.parametrize("animal", ["several_sizes", "odd_names", "swapped_metadata"])
def test_explained_as_the_library_does(api: ApiCaller, cloud: Cloud, zoo_folder: Any, kind: str, animal: str) -> None:
    folder = zoo_folder(animal)
    upload(cloud, folder, kind)
    answer = api.post(CHECKS, json={"file": MAP, "dataset": know_dataset(cloud)})
    assert answer.status == 200
    found = answer.json["explain"]
    assert found.pop("images") == found.pop("images_read") == len(list((folder / "annotations").iterdir()))
    assert found == wanted(folder, MAP)
    assert sum(rule["objects"] for rule in found["rules"]) + sum(row["objects"] for row in found["left_out"]) > 0


def test_filters_and_doubts_are_told(api: ApiCaller, cloud: Cloud, zoo_folder: Any) -> None:
    folder = zoo_folder("several_sizes")
    upload(cloud, folder, "zip")
    text = MAP + "drop:\n  - ann['width'] < 3 or 'small'\nignore:\n  - ann['id'] > 0\nstuff: [1]\n"
    found = api.post(CHECKS, json={"file": text, "dataset": know_dataset(cloud)}).json
    line = MAP.count("\n") + 2
    assert found["filters"] == [
        {"line": line, "filter": "drop", "rule": "ann['width'] < 3 or 'small'"},
        {"line": line + 2, "filter": "ignore", "rule": "ann['id'] > 0"},
    ]
    assert found["stuff"] == [1]
    [warning] = found["warnings"]
    assert warning["line"] == line and "is always true" in warning["message"]
    effect = found["explain"]
    effect.pop("images"), effect.pop("images_read")
    assert effect == wanted(folder, text)
    drop, ignore = effect["filters"]
    assert drop["objects"] == sum(rule["objects"] for rule in effect["rules"]) > 0
    assert drop["examples"] and ignore["objects"] == 0, "what is dropped is asked no more"
    assert warning["message"] in effect["warnings"]


def test_some_images_evenly_spread() -> None:
    from labelmill_aws.looking import sampling

    entries = [sampling.Entry(str(number), "", "", None, None, None) for number in range(1000)]
    runs = list(sampling.spread(entries))
    assert sorted(int(entry.name) for run in runs for entry in run) == list(range(1000))
    some = sorted(int(entry.name) for run in runs[:10] for entry in run)
    gaps = [after - before for before, after in pairwise(some)]
    assert max(gaps) <= 3 * 1000 / len(some)


def test_stops_when_the_time_is_over(
    api: ApiCaller, cloud: Cloud, zoo_folder: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from labelmill_aws.looking import sampling
    from labelmill_aws.uploads.map_explain import explain_dataset

    folder = zoo_folder("several_sizes")
    upload(cloud, folder, "zip")
    row = cloud.catalog.dataset("ws", "toys")
    assert row is not None
    monkeypatch.setattr(sampling, "IMAGES_A_TIME", 1)
    monkeypatch.setattr(sampling, "READERS", 1)
    read = parse_map(MAP.encode(), "map.yaml")
    found = explain_dataset(cloud.clients.s3, "toys", row.source(cloud.inbox, cloud.outbox), read, read_for_s=0)
    assert (found.images_read, found.images > 1) == (1, True)


@pytest.mark.parametrize("organization", ["else", ""])
def test_dataset_that_is_not_there(api: ApiCaller, cloud: Cloud, organization: str) -> None:
    if organization:
        from labelmill_aws.records.catalog import Workspace

        cloud.catalog.create_workspace(Workspace(name="ws", organization=organization))
        cloud.put("datasets/ws/toys.zip")
        cloud.receive("datasets/ws/toys.zip")
        know_dataset(cloud)
    answer = api.post(CHECKS, json={"file": MAP, "dataset": "ds-1"})
    assert (answer.status, answer.slug) == (400, "bad-request")
    assert answer.json["errors"] == [{"where": "body.dataset", "message": "there is no such dataset"}]


def test_damaged_dataset(api: ApiCaller, cloud: Cloud) -> None:
    cloud.put("datasets/ws/toys.zip", b"no archive")
    cloud.receive("datasets/ws/toys.zip")
    answer = api.post(CHECKS, json={"file": MAP, "dataset": know_dataset(cloud)})
    assert (answer.status, answer.slug) == (400, "bad-request")
    assert "toys.zip" in answer.json["errors"][0]["message"]
