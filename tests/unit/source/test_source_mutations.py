"""Damaged JSON files: their image may be left out, nothing else changes, nothing else is raised."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import zoo
from hypothesis import given, settings
from hypothesis import strategies as st

from labelmill.convert.report import Report
from labelmill.formats import FORMAT_IDS

FULL = {
    "truncated": True, "obstruction": 0.5, "centroid": [2, 2], "distance": 5.0, "size": [1.0, 2.0, 3.0],
    "rotation": [0.0, 0.1, 0.2], "keypoints": [1, 2, 3, 4], "classification": "SECRET", "bbox3d": [1.0] * 24,
}  # fmt: skip
SENSOR = {
    "resolution": [8, 6], "lens_type": "perspective", "focal_length": 50.0, "camera_size": 36.0, "azimuth": 10.0,
    "meters_per_pixel": 0.5, "gsd_at_nadir": 0.5, "look_angle": 1.0,
}  # fmt: skip
MAP = zoo.MAP_TEXT + "  len(str(metadata.get('sensor', ''))) + len(str(obj)) < 3: 0\n"
DAMAGED = "damaged-image"
FILES = (f"annotations/{DAMAGED}-ana.json", f"metadata/{DAMAGED}-metadata.json")


def build(root: Path, *, mask: bool = True) -> zoo.Dataset:
    """Three images that have everything; the one in the middle is the one to be damaged."""
    dataset = zoo.Dataset(root)
    for stem in ("a", DAMAGED, "z"):
        entries = [{**zoo.entry(zoo.HOLES, i), **FULL} for i in (1, 2)]
        sensor = SENSOR | {"resolution": [10, 6]}
        has_mask = mask or stem != DAMAGED
        dataset.scene(stem, zoo.HOLES, mask=has_mask, entries=entries, sensor=sensor, environment=zoo.ENVIRONMENT)
    return dataset


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> dict[bool, zoo.Dataset]:
    """The dataset with and without a mask of the image to be damaged."""
    return {mask: build(tmp_path_factory.mktemp("sound") / "d", mask=mask) for mask in (True, False)}


@contextmanager
def damaged(dataset: zoo.Dataset, file: str, data: bytes) -> Iterator[tuple[zoo.Dataset, Path]]:
    """The dataset with other bytes in one file, and a folder for outputs."""
    before = (dataset.root / file).read_bytes()
    dataset.file(file, data)
    try:
        with TemporaryDirectory() as out:
            yield dataset, Path(out)
    finally:
        dataset.file(file, before)


def others(out: Path) -> dict[str, Any]:
    """All that an output says of the images that are not damaged."""
    shown: dict[str, Any] = {}
    for path, data in zoo.tree_of(out).items():
        if path.startswith(("coco/", "geococo/")):
            tree = json.loads(data)
            ids = {image["id"]: image["file_name"] for image in tree["images"]}
            for image in tree["images"]:
                if DAMAGED not in image["file_name"]:
                    objects = [a for a in tree["annotations"] if ids[a["image_id"]] == image["file_name"]]
                    shown[f"{path}:{image['file_name']}"] = [
                        {k: v for k, v in item.items() if k not in ("id", "image_id")} for item in [image, *objects]
                    ]
            shown[f"{path}:categories"] = tree["categories"]
        elif path.startswith("classification/"):
            shown[path] = {k: [n for n in names if DAMAGED not in n] for k, names in json.loads(data).items()}
        elif DAMAGED not in path:
            shown[path] = [line for line in data.splitlines() if DAMAGED.encode() not in line]
    return shown


def convert_alone_and_together(
    dataset: zoo.Dataset, out: Path, map_text: str = zoo.MAP_TEXT, alone: Iterable[str] = FORMAT_IDS
) -> Report:
    """All formats at once; each one alone has to give the same bytes."""
    report = zoo.convert_dataset(dataset.root, out / "all", map_text=map_text)
    for format_id in alone:
        zoo.convert_dataset(dataset.root, out / "one", [format_id], map_text)
        folder = format_id.lower()
        assert zoo.tree_of(out / "one" / folder) == zoo.tree_of(out / "all" / folder), format_id
    return report


@pytest.fixture(scope="module")
def expected(sound: dict[bool, zoo.Dataset], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    root = tmp_path_factory.mktemp("expected")
    report = zoo.convert_dataset(sound[True].root, root / "out")
    assert (report.images, report.objects, zoo.source_warnings(report), report.errors) == (3, 6, {}, [])
    shown = others(root / "out")
    assert len(shown) > 20
    return shown


NUMBERS = st.one_of(
    st.integers(-5, 20),
    st.integers(),
    st.floats(width=64),
    st.sampled_from([1e308, -1e308, 5e-324, 10**30, 2**31, 2**63, 2**64, -(2**63) - 1, 0.1, 1e16, -0.0]),
)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | NUMBERS
    | st.text(max_size=5)
    | st.sampled_from(["Cube", "\ud800", "\0", "1", "NaN", "é"]),
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.dictionaries(st.sampled_from(["id", "type", "bbox", "x", "resolution"]), inner, max_size=3)
    ),
    max_leaves=8,
)


def places(tree: Any, here: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Paths of all nodes of a JSON tree below the root."""
    found = []
    items = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for key, value in items:
        found.append((*here, key))
        found += places(value, (*here, key))
    return found


def mutate(tree: Any, draw: Any) -> None:
    """Replace, delete, double or add somewhere."""
    path = draw(st.sampled_from([p for p in places(tree) if p != ("filename",)] or [("x",)]))
    at = tree
    for key in path[:-1]:
        at = at[key]
    what = draw(st.sampled_from(["replace", "replace", "replace", "delete", "double"]))
    if what == "delete" and path != ("x",):
        del at[path[-1]]
    elif what == "double" and isinstance(at, list):
        at.insert(0, at[path[-1]])
    else:
        at[path[-1]] = draw(VALUES)


ALONE = st.sets(st.sampled_from(FORMAT_IDS), min_size=1, max_size=2)


def check(
    sound: zoo.Dataset,
    file: str,
    data: bytes,
    expected: dict[str, Any],
    alone: Iterable[str],
    map_text: str = zoo.MAP_TEXT,
) -> None:
    """One file's damage stays with its image."""
    with damaged(sound, file, data) as (dataset, out):
        report = convert_alone_and_together(dataset, out, map_text, alone)
        assert {error.image for error in report.errors} <= {f"{DAMAGED}.png"}
        found = others(out / "all")
        assert list(found) == list(expected)
        for what, shown in expected.items():
            assert found[what] == shown


@settings(max_examples=50, deadline=None)
@given(data=st.data(), file=st.sampled_from(FILES), count=st.integers(1, 3), mask=st.booleans(), whole=st.booleans())
def test_changed_trees(
    expected: dict[str, Any],
    sound: dict[bool, zoo.Dataset],
    data: st.DataObject,
    file: str,
    count: int,
    mask: bool,
    whole: bool,
) -> None:
    tree = json.loads((sound[mask].root / file).read_bytes())
    for _ in range(count):
        mutate(tree, data.draw)
    check(sound[mask], file, json.dumps(tree).encode(), expected, data.draw(ALONE), MAP if whole else zoo.MAP_TEXT)


@settings(max_examples=50, deadline=None)
@given(data=st.data(), file=st.sampled_from(FILES))
def test_changed_bytes(
    expected: dict[str, Any], sound: dict[bool, zoo.Dataset], data: st.DataObject, file: str
) -> None:
    content = bytearray((sound[True].root / file).read_bytes())
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, max(0, len(content) - 1)))
        what = data.draw(st.sampled_from(["change", "cut", "insert", "end"]))
        if what == "change":
            content[at : at + 1] = data.draw(
                st.sampled_from([b"%c" % c for c in b'"{}[],:\\\t\0\x7f\xff\xc3-+.eE019N'])
            )
        elif what == "cut":
            del content[at : at + data.draw(st.integers(1, 40))]
        elif what == "insert":
            content[at:at] = data.draw(st.binary(min_size=1, max_size=4))
        else:
            del content[at:]
    check(sound[True], file, bytes(content), expected, data.draw(ALONE))


@settings(max_examples=20, deadline=None)
@given(tree=VALUES, file=st.sampled_from(FILES))
def test_any_json_at_all(expected: dict[str, Any], sound: dict[bool, zoo.Dataset], tree: Any, file: str) -> None:
    check(sound[True], file, json.dumps(tree).encode(), expected, ())


@pytest.mark.parametrize("text", ["\\ud800", "a\\u0000b", "tab\\tescaped"])
@pytest.mark.parametrize("field", ["classification", "unknown"])
def test_texts_are_judged_the_same_whether_read_or_skipped(field: str, text: str, tmp_path: Path) -> None:
    """GeoCOCO reads ``classification``, YOLO does not: both keep or leave out the image."""
    dataset = build(tmp_path / "d")
    path = dataset.root / FILES[0]
    tree = json.loads(path.read_bytes())
    tree["annotations"][0][field] = "PLACE"
    path.write_text(json.dumps(tree).replace("PLACE", text))
    convert_alone_and_together(dataset, tmp_path)


@pytest.mark.parametrize("number", ["1e999", "-1e999", "1" * 500, "1" * 5000, "1e-999", "-0", "1.0e2", "1E+2"])
@pytest.mark.parametrize("field", ["distance", "unknown", "id", "bbox"])
def test_numbers_are_judged_the_same_whether_read_or_skipped(field: str, number: str, tmp_path: Path) -> None:
    dataset = build(tmp_path / "d")
    path = dataset.root / FILES[0]
    tree = json.loads(path.read_bytes())
    tree["annotations"][0][field] = ["PLACE", 1, 1, 1] if field == "bbox" else "PLACE"
    path.write_text(json.dumps(tree).replace('"PLACE"', number))
    report = convert_alone_and_together(dataset, tmp_path)
    assert {error.image for error in report.errors} <= {f"{DAMAGED}.png"}
