"""Files and fields of another shape: what is said of them, to the letter, and what is converted all the same."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import zoo

from labelmill.convert.report import Report

NAN = float("nan")
SHAPE = "fields of another shape, taken for absent"
ALL_FIELDS = ("COCO", "KITTI", "GEOCOCO")


def convert(dataset: zoo.Dataset, out: Path, *format_ids: str) -> Report:
    return zoo.convert_dataset(dataset.root, out, format_ids or ALL_FIELDS)


@pytest.fixture
def dataset(tmp_path: Path) -> zoo.Dataset:
    found = zoo.Dataset(tmp_path / "d")
    found.scene("a", zoo.BLOCKS)
    found.scene("b", zoo.BLOCKS)
    return found


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("bbox", [1, 2, 3], "expected 4 numbers, found 3 numbers"),
        ("bbox", [1], "expected 4 numbers, found 1 number"),
        ("bbox", [], "expected 4 numbers, found a list of 0"),
        ("bbox", [1, 2, 3, "4"], "expected 4 numbers, found a list of 4"),
        ("bbox", [1, 2, NAN, 4], "expected 4 numbers, found NaN in a list of 4"),
        ("bbox", "1 2 3 4", "expected 4 numbers, found the text '1 2 3 4'"),
        ("bbox", {"x": 1}, "expected 4 numbers, found an object"),
        ("truncated", "yes", "expected true or false, found the text 'yes'"),
        ("obstruction", "0.5", "expected a number, found the text '0.5'"),
        ("obstruction", NAN, "expected a number, found NaN or infinity"),
        ("obstruction", True, "expected a number, found true"),
        ("distance", float("inf"), "expected a number, found NaN or infinity"),
        ("distance", [1], "expected a number, found 1 number"),
        ("centroid", [1], "expected 2 numbers, found 1 number"),
        ("size", [1, 2], "expected 3 numbers, found 2 numbers"),
        ("size", [1, 2, None], "expected 3 numbers, found a list of 3"),
        ("rotation", [1, 2], "expected 3 numbers, found 2 numbers"),
        ("segmentation", "polygon", "expected a list of numbers, found the text 'polygon'"),
        ("segmentation", [[1, 2, None]], "expected a list of numbers, found a list of 1"),
        ("segmentation", {"counts": ""}, "expected a list of numbers, found an object"),
        ("keypoints", "no", "expected a list of numbers, found the text 'no'"),
        ("classification", 7, "expected text, found 7"),
        ("classification", "x" * 9, None),
        ("distance", "y" * 100, f"expected a number, found the text '{'y' * 40}'"),
    ],
)
def test_fields_of_an_entry(field: str, value: Any, said: str | None, dataset: zoo.Dataset, tmp_path: Path) -> None:
    dataset.labels("a", [{**zoo.entry(zoo.BLOCKS, 1), field: value}, zoo.entry(zoo.BLOCKS, 2)])
    report = convert(dataset, tmp_path)
    assert (report.images, report.objects, report.errors) == (2, 4, [])
    told = [f"annotations/a-ana.json: annotations: id 1: {field}: {said}; taken for absent"] if said else []
    assert report.warnings.get(SHAPE) is None if not told else report.warnings[SHAPE].examples == told
    assert len(report.warnings) == len(told)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("1", "found the text '1'"), (1.5, "found 1.5"), (1.0, "found 1.0"), (True, "found true"),
        (None, "found nothing"), (0, "found 0"), (-3, "found -3"), ([1], "found 1 number"),
        (NAN, "found NaN or infinity"),
    ],
)  # fmt: skip
def test_entries_without_an_integer_id(value: Any, said: str, dataset: zoo.Dataset, tmp_path: Path) -> None:
    dataset.labels("a", [{**zoo.entry(zoo.BLOCKS, 1), "id": value}, zoo.entry(zoo.BLOCKS, 2)])
    report = convert(dataset, tmp_path)
    assert (report.images, report.objects, report.errors) == (2, 3, [])
    (finding,) = report.warnings.values()
    assert finding.count == 1
    assert finding.examples == [
        f"annotations/a-ana.json: annotations: entry 1: id: expected an integer from 1, {said}; skipped"
    ]


@pytest.mark.parametrize(
    "map_text", [zoo.MAP_TEXT, zoo.MAP_TEXT.replace("obj['type'] == 'Rare'", "len(metadata['objects']) == 99")]
)
@pytest.mark.parametrize("value", ["1", 1.5, True, None, 0])
def test_objects_without_an_integer_id(value: Any, map_text: str, dataset: zoo.Dataset, tmp_path: Path) -> None:
    """Whether the map reads a field of an object or all of it."""
    dataset.meta("a", [{"id": value, "type": "Ball"}, *zoo.objects("Cube", "Cube"), {"type": "Ball"}])
    report = zoo.convert_dataset(dataset.root, tmp_path, ["COCO"], map_text)
    assert (report.images, report.objects, report.errors) == (2, 4, [])
    assert sum(finding.count for finding in report.warnings.values()) == 2


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("sensor", "none", "sensor: expected an object, found the text 'none'"),
        ("sensor", {"focal_length": "50"}, "sensor: focal_length: expected a number, found the text '50'"),
        ("sensor", {"resolution": [1]}, "sensor: resolution: expected 2 integers from 1 to 1,000,000, found 1 number"),
        ("sensor", {"lens_type": 3}, "sensor: lens_type: expected text, found 3"),
        ("environment", [], "environment: expected an object, found a list of 0"),
        ("environment", {"lat": "48 N"}, "environment: lat: expected a number, found the text '48 N'"),
        ("environment", {"lat": NAN}, "environment: lat: expected a number, found NaN or infinity"),
        ("date", 2024, "date: expected text, found 2024"),
        ("filename", 5, "filename: expected text, found 5"),
        ("filename", ["a.png"], "filename: expected text, found a list of 1"),
    ],
)
def test_fields_of_metadata(path: str, value: Any, said: str, dataset: zoo.Dataset, tmp_path: Path) -> None:
    dataset.meta("a", zoo.objects("Cube", "Ball"), **{path: value})
    report = convert(dataset, tmp_path)
    assert (report.images, report.objects, report.errors) == (2, 4, [])
    assert [(f.count, f.examples) for f in report.warnings.values()] == [
        (1, [f"metadata/a-metadata.json: {said}; taken for absent"])
    ]


@pytest.mark.parametrize(
    "extra", [{"type": NAN}, {"weight": NAN}, {"deep": [{"x": [NAN, 1]}]}, {"type": {"a": 1}}, {"type": None}]
)
def test_not_a_number_in_an_object(extra: dict[str, Any], dataset: zoo.Dataset, tmp_path: Path) -> None:
    """An attribute of NaN is absent; the object stays, and other objects are classified."""
    dataset.meta("a", [{"id": 1, "type": "Cube", **extra}, {"id": 2, "type": "Ball"}])
    report = convert(dataset, tmp_path)
    assert (report.images, report.errors) == (2, [])
    assert report.objects == (3 if "type" in extra else 4)
    assert report.left_out == ({"(no type)": 1} if "type" in extra else {})


@pytest.mark.parametrize("folder", ["annotations", "metadata"])
@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "expected JSON, found an empty file"),
        (b"{", "expected JSON, found: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"),
        (b"[]", "expected a JSON object, found a list of 0"),
        (b"[1, 2]", "expected a JSON object, found 2 numbers"),
        (b"null", "expected a JSON object, found nothing"),
        (b'"text"', "expected a JSON object, found the text 'text'"),
        (b"17", "expected a JSON object, found 17"),
        (b'{"KEY": null}', "KEY: expected a list of objects, found nothing"),
        (b'{"KEY": {}}', "KEY: expected a list of objects, found an object"),
        (b'{"KEY": "x"}', "KEY: expected a list of objects, found the text 'x'"),
        (b'{"KEY": [1]}', "KEY: expected a list of objects, found 1 in it"),
        (b'{"KEY": [{"id": 1}, null]}', "KEY: expected a list of objects, found nothing in it"),
        (b'{"KEY": [[]]}', "KEY: expected a list of objects, found a list of 0 in it"),
        (b'{"KEY": [], "x": "\xe9"}', "expected UTF-8 text, found other bytes (invalid continuation byte)"),
        (b'{"KEY": [], "x": "\xff"}', "expected UTF-8 text, found other bytes (invalid start byte)"),
        (b"\xff\xfe{\0}\0", "expected UTF-8 text, found other bytes (invalid start byte)"),
        (b'{"KEY": [], "x": "\\ud800"}', None),
        (b'{"KEY": []} {}', "expected JSON, found: Extra data: line 1 column 13 (char 12)"),
        (b'{"KEY": [], "x": ' + b"[" * 100_000, "expected JSON of some levels, found it nested too deeply"),
        (b'{"KEY": [], "x": ' + b'{"a":' * 100_000, "expected JSON of some levels, found it nested too deeply"),
        (b'{"KEY": [], "x": ' + b"9" * 5000 + b"}", ""),
    ],
)  # fmt: skip
def test_misshapen_files_are_image_errors(
    folder: str, data: bytes, reason: str | None, dataset: zoo.Dataset, tmp_path: Path
) -> None:
    """The other image is converted; the reason is one line."""
    key, file = ("annotations", "a-ana.json") if folder == "annotations" else ("objects", "a-metadata.json")
    dataset.file(f"{folder}/{file}", data.replace(b"KEY", key.encode()))
    report = convert(dataset, tmp_path)
    if reason == "":  # well-formed: a field of no meaning
        assert (report.images, report.errors) == (2, [])
        return
    assert (report.images, report.failed) == (1, 1)
    (error,) = report.errors
    assert (error.image, error.file, error.formats) == ("a.png", f"{folder}/{file}", ALL_FIELDS)
    assert "\n" not in error.reason
    if reason is not None:  # where in the file is Python's word
        assert error.reason.split(" line ")[0] == reason.replace("KEY", key).split(" line ")[0]


def test_missing_lists(dataset: zoo.Dataset, tmp_path: Path) -> None:
    """``annotations`` is what the file is for; ``objects`` may be absent, as everything not required."""
    dataset.json("annotations/a-ana.json", {"filename": "a.png"})
    dataset.json("metadata/b-metadata.json", {"filename": "b.png"})
    report = convert(dataset, tmp_path)
    assert [(e.file, e.reason) for e in report.errors] == [
        ("annotations/a-ana.json", "annotations: expected a list of objects, found nothing")
    ]
    assert report.images == 1
    assert report.skipped["no object in the metadata"].count == 2


def test_byte_order_mark_is_fine(dataset: zoo.Dataset, tmp_path: Path) -> None:
    for path in ("annotations/a-ana.json", "metadata/a-metadata.json"):
        dataset.file(path, b"\xef\xbb\xbf" + (dataset.root / path).read_bytes())
    report = convert(dataset, tmp_path)
    assert (report.images, report.objects, report.errors, report.warnings) == (2, 4, [], {})


@pytest.mark.parametrize("levels", [20, 200])
def test_some_nesting_is_fine(levels: int, dataset: zoo.Dataset, tmp_path: Path) -> None:
    nested: Any = 1
    for _ in range(levels):
        nested = [nested]
    dataset.json("metadata/a-metadata.json", {"objects": zoo.objects("Cube", "Ball"), "nodes": nested})
    report = convert(dataset, tmp_path)
    assert (report.images, report.errors) == (2, [])


def _deeper(frames: int, call: Any) -> Any:
    return call() if frames == 0 else _deeper(frames - 1, call)


@pytest.mark.parametrize("levels", [500, 700, 900, 950, 990])
def test_nesting_is_judged_the_same_whoever_calls(levels: int, dataset: zoo.Dataset, tmp_path: Path) -> None:
    """The same bytes on every run: not by how deep the caller's own stack is."""
    dataset.file("annotations/a-ana.json", b'{"annotations": [], "x": ' + b"[" * levels + b"]" * levels + b"}")
    results = []
    for number, frames in enumerate((0, 150, 300)):
        report = _deeper(frames, lambda number=number: convert(dataset, tmp_path / str(number)))
        results.append((report.images, report.errors))
    assert results[0] == results[1] == results[2]


def test_needed_fields_alone_are_named(dataset: zoo.Dataset, tmp_path: Path) -> None:
    """YOLO reads no distance: nothing is said of it, and nothing changes."""
    dataset.labels("a", [{**zoo.entry(zoo.BLOCKS, 1), "distance": "far"}, zoo.entry(zoo.BLOCKS, 2)])
    report = convert(dataset, tmp_path, "YOLO")
    assert not zoo.source_warnings(report) and report.objects == 4


def test_output_of_a_misshapen_field_is_that_of_an_absent_one(dataset: zoo.Dataset, tmp_path: Path) -> None:
    bad = {
        "truncated": "x",
        "obstruction": [],
        "distance": NAN,
        "centroid": [1, "2"],
        "size": {},
        "rotation": 5,
        "keypoints": 1,
        "classification": [],
    }
    dataset.labels("a", [{**zoo.entry(zoo.BLOCKS, 1), **bad}, zoo.entry(zoo.BLOCKS, 2)])
    report = zoo.convert_dataset(dataset.root, tmp_path / "bad")
    assert report.warnings[SHAPE].count == len(bad)
    dataset.labels("a", [zoo.entry(zoo.BLOCKS, 1), zoo.entry(zoo.BLOCKS, 2)])
    zoo.convert_dataset(dataset.root, tmp_path / "absent")
    assert zoo.tree_of(tmp_path / "bad") == zoo.tree_of(tmp_path / "absent")
    assert json.loads((tmp_path / "bad/coco/coco.json").read_bytes())["annotations"][0]["area"] == 4
