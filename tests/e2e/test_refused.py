"""What can't be used is refused in words: in the status, the log and a message; and it is not tried again."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
from cli_tools import Dataset, archives, zip_of
from e2e_service import MAP_TEXT, Place, Service, assert_made

BOTH = ("COCO", "YOLO")
BAD_MAP = "classes:\n  1: [none, Toys]\nproperties:\n  obj['type'] = 'Toy': 1\n  obj.type: 2\n"


def no_zip(good: Path) -> bytes:
    return b"these are no labels"


def leaves_its_folder(good: Path) -> bytes:
    with zipfile.ZipFile(good, "a") as archive:
        archive.writestr("../annotations/evil.json", b"{}")
    return good.read_bytes()


def encrypted(good: Path) -> bytes:
    """The flag of the first member says so, in its header and in the directory (APPNOTE 4.4.4)."""
    data = bytearray(good.read_bytes())
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


def bomb(good: Path) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("annotations/a-ana.json", bytes(70 << 20))
    return packed.getvalue()


def cut_short(good: Path) -> bytes:
    return good.read_bytes()[:-30]


REFUSED = [
    (no_zip, "expected a .zip, .tar or .tar.gz"),
    (leaves_its_folder, "../annotations/evil.json"),
    (encrypted, "encrypted"),
    (bomb, "refused as a bomb"),
    (cut_short, "toys.zip"),
]


@pytest.mark.parametrize(("spoil", "said"), REFUSED)
def test_a_dataset_that_is_none(place: Place, packed: Path, spoil: Any, said: str) -> None:
    """One look, one refusal: no annotation is tried, and the event's repeat says nothing again."""
    good = packed.read_bytes()
    packed.write_bytes(spoil(packed))
    place.put(packed)
    assert_refused(place, "toys", said)
    place.service.deliver(place.key("toys.zip"))
    assert_refused(place, "toys", said)
    packed.write_bytes(good)
    place.put(packed)
    assert {row.status for row in place.rest(2)} == {"complete"}
    row = place.service.catalog.dataset(place.name, "toys")
    assert row is not None and row.problem == ""


def no_labels(loose: Path) -> None:
    for path in (loose / "annotations").iterdir():
        path.rename(path.with_suffix(".xml"))


def test_a_loose_dataset_that_is_none(place: Place, toys: Dataset) -> None:
    no_labels(toys.path)
    place.put_loose(toys.path, "_SUCCESS")
    assert_refused(place, toys.path.name, "expected annotation files, whose names end in -ana.json or -ann.json")


def assert_refused(place: Place, name: str, said: str) -> None:
    service = place.service
    service.cloud.wait_for(lambda: service.is_idle() and place.messages(), timeout_s=20)
    row = service.catalog.dataset(place.name, name)
    assert row is not None and said in row.problem and "\n" not in row.problem
    assert place.rows() == []
    [message] = place.messages()
    assert (message["attributes"]["status"], message["attributes"]["dataset"]) == ("refused", name)
    assert message["body"]["reason"] == row.problem
    lines = service.stream(message["body"]["log_stream"])
    assert [(line["level"], line["message"]) for line in lines] == [("ERROR", row.problem)]


def test_a_refused_map_and_its_correction(place: Place, packed: Path, map_file: Path, tmp_path: Path) -> None:
    service = place.service
    place.put_map("toys.yaml", BAD_MAP)
    for _ in range(2):
        service.cloud.wait_for(lambda: service.is_idle() and place.messages(), timeout_s=20)
        service.deliver(f"maps/{place.organization}/toys.yaml")
    service.cloud.wait_for(service.is_idle)
    [message] = place.messages()
    assert message["attributes"] == {"organization": place.organization, "status": "refused"}
    [event] = [found for found in service.events() if found["detail"].get("organization") == place.organization]
    assert (event["detail-type"], event["detail"]) == ("Upload Refused", message["body"])
    lines = service.stream(message["body"]["log_stream"])
    assert {(line["level"], line["file"]) for line in lines} == {("ERROR", f"maps/{place.organization}/toys.yaml")}
    assert len(lines) == len({line["message"] for line in lines}) > 1, "every problem, each said once"
    assert message["body"]["reason"].splitlines() == [line["message"] for line in lines]
    row = service.catalog.map(place.organization, "toys")
    assert row is not None and row.problems == tuple(line["message"] for line in lines)
    place.put_map("toys.yaml", MAP_TEXT)
    place.put(packed)
    assert_made(place, place.rest(2), archives(packed, tmp_path / "out", BOTH, map_file), 3)


def test_an_empty_loose_dataset(place: Place) -> None:
    place.service.upload(place.key("toys/_SUCCESS"), b"")
    place.service.cloud.wait_for(lambda: place.service.is_idle() and place.messages(), timeout_s=20)
    [message] = place.messages()
    assert (message["attributes"]["status"], message["attributes"]["dataset"]) == ("refused", "toys")
    assert message["body"]["reason"].endswith(
        "expected files in annotations/, metadata/, images/ and masks/, found none"
    )
    assert [line["message"] for line in place.service.stream(message["body"]["log_stream"])] == [
        message["body"]["reason"]
    ]


def test_a_name_that_cannot_be_used(place: Place) -> None:
    place.service.upload(place.key(f"{'x' * 201}.zip"), b"")
    place.service.cloud.wait_for(lambda: place.service.is_idle() and place.messages(), timeout_s=20)
    [message] = place.messages()
    assert message["body"]["reason"] == "the dataset's name: expected at most 200 characters, found 201"
    assert place.rows() == []


NAMES = ["100% a+b %2F=&?", "Übung 日本 🙂", "..a..b", "x" * 200, "it's \"quoted\" <&>;$(x)`'"]


@pytest.mark.parametrize("name", NAMES)
def test_names_as_people_have_them(service: Service, toys: Dataset, tmp_path: Path, name: str, worker_id: str) -> None:
    place = service.place(name=f"ws {name[:60]}-{worker_id}", organization=f"org {name[:60]}-{worker_id}")
    named = tmp_path / f"{name[:20]}.yaml"
    named.write_text(MAP_TEXT)
    packed = zip_of(toys.path, tmp_path / f"{name}.zip")
    place.put_map(named.name)
    place.put(packed)
    rows = place.rest(2)
    assert {(row.dataset, row.map) for row in rows} == {(name, named.name.removesuffix(".yaml"))}
    assert_made(place, rows, archives(packed, tmp_path / "out", BOTH, named), 3)


def test_a_loose_dataset_of_such_a_name(service: Service, toys: Dataset, tmp_path: Path) -> None:
    name = f"100% a+b %2F=&? Ü日🙂{'x' * 150}"
    place = service.place(name=f"ws {name}", maps=())
    loose = toys.path.rename(tmp_path / name)
    toys.path = loose
    toys.json("annotations/a b+c%41-ana.json", {"filename": "a b+c%41.png", "annotations": []})
    toys.json("metadata/a b+c%41-metadata.json", {"filename": "a b+c%41.png", "objects": []})
    toys.write("images/a b+c%41.png", (loose / "images/a.png").read_bytes())
    place.put_loose(loose, "_SUCCESS")
    assert_made(place, place.rest(2), archives(loose, tmp_path / "out", BOTH), 4)
