"""Maps that ask what can be seen of objects: ``ann``, ``drop`` and ``ignore``, over the zoo and all formats."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
import zoo
from hypothesis import given, settings
from hypothesis import strategies as st
from zoo import ZOO, Animal, convert_dataset, tree_of

from labelmill.convert import convert as convert_module
from labelmill.convert.map_effect import classify_dataset
from labelmill.convert.report import Report
from labelmill.convert.shard import IGNORED
from labelmill.formats import FORMAT_IDS, formats
from labelmill.maps import parse_map
from labelmill.source.open_source import open_source
from labelmill.split import parse_splits

Folder = Callable[[str], Path]
Output = Callable[[str], tuple[Path, Report]]
every_animal = pytest.mark.parametrize("animal", ZOO.values(), ids=ZOO)
every_format = pytest.mark.parametrize("format_id", FORMAT_IDS)
NEGATIVE = "images that become negatives, as all their objects are ignored"

SCENE = zoo.grid(
    "1111....2",
    "1..1.33..",
    "1111.33..",
    ".....33..",
    "44....555",
    "44....555",
)
EXTRAS: dict[int, dict[str, Any]] = {
    1: {"obstruction": 0.25, "truncated": True, "level": "near"},
    2: {"obstruction": None, "level": 1},
    3: {"obstruction": 1, "level": 1.0, "pixels": 1_000, "width": "wide"},
    4: {"obstruction": "much", "distance": 4},
    5: {"obstruction": 0.75, "distance": float("nan"), "truncated": False},
}
AREAS = {1: 10, 2: 1, 3: 6, 4: 4, 5: 6}


def with_lists(map_text: str, **lists: list[Any]) -> str:
    return map_text + "".join(f"{key}: {json.dumps(entries)}\n" for key, entries in lists.items())


def scene(root: Path, *without: int, images: int = 3) -> Path:
    """Images of five objects, but for the entries of some."""
    dataset = zoo.Dataset(root)
    for number in range(images):
        entries = [{**zoo.entry(SCENE, i), **EXTRAS[i]} for i in range(1, 6) if i not in without]
        dataset.scene(f"{number}", SCENE, entries=entries)
    return root


def taken(report: Report) -> dict[str, int]:
    """Filter to the objects that it took."""
    return {text: finding.count for text, finding in (report.dropped | report.ignored).items()}


@pytest.fixture
def small_shards(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every image may be a shard of its own."""
    monkeypatch.setattr(convert_module, "SMALLEST_SHARD", 1)
    yield


@every_animal
def test_filters_that_take_nothing_change_nothing(
    animal: Animal, zoo_folder: Folder, zoo_output: Output, tmp_path: Path
) -> None:
    out, report = zoo_output(animal.name)
    for number, lists in enumerate(
        (
            {"drop": ["obj['type'] == 'nothing'"], "ignore": []},
            {"ignore": ["ann['width'] < 0 or ann.get('obstruction') == -1"], "stuff": []},
            {"drop": ["ann['pixels'] < 0"], "ignore": ["len(ann) < 6"]},
        )
    ):
        folder = tmp_path / str(number)
        map_text = with_lists(animal.map_text, **lists)
        again = convert_dataset(zoo_folder(animal.name), folder, animal.format_ids, map_text, images=True)
        assert tree_of(folder) == tree_of(out), lists
        assert set(taken(again).values()) <= {0}
        assert not again.map_warnings
        again.formats, again.dropped, again.ignored = report.formats, {}, {}
        assert again == report


@every_animal
def test_rules_that_ask_ann_give_the_same_labels(
    animal: Animal, zoo_folder: Folder, zoo_output: Output, tmp_path: Path
) -> None:
    """Rules are asked behind placing then; what is labelled, and what a report says, stays as it was."""
    out, report = zoo_output(animal.name)
    for number, asks in enumerate(("ann['width'] > 0", "ann['pixels'] >= 0", "len(ann) > 5")):
        rules = animal.map_text.replace("obj['type']", f"{asks} and obj['type']")
        again = convert_dataset(zoo_folder(animal.name), tmp_path / str(number), animal.format_ids, rules, images=True)
        assert tree_of(tmp_path / str(number)) == tree_of(out), asks
        again.formats = report.formats
        assert again == report


DROPPED = ["ann['pixels'] == 1", "ann['obstruction'] == 1", "ann['distance'] == 4"]


@every_format
@pytest.mark.parametrize("drop", [DROPPED, ["obj['id'] in [2, 3, 4]"]], ids=["ann", "obj"])
def test_dropped_objects_are_as_if_they_were_not_labelled(format_id: str, drop: list[str], tmp_path: Path) -> None:
    report = convert_dataset(
        scene(tmp_path / "d"), tmp_path / "out", [format_id], with_lists(zoo.MAP_TEXT, drop=drop), images=True
    )
    dataset = zoo.Dataset(tmp_path / "e")
    for number in range(3):
        entries = [{**zoo.entry(SCENE, i), **EXTRAS[i]} for i in (1, 5)]
        dataset.scene(f"{number}", np.where(np.isin(SCENE, (1, 5)), SCENE, 0), entries=entries)
        dataset.meta(f"{number}", zoo.objects("Cube", "Ball", "Rare", "Cube", "Cube"))
    wanted = convert_dataset(dataset.root, tmp_path / "wanted", [format_id], images=True)
    assert tree_of(tmp_path / "out" / format_id.lower()) == tree_of(tmp_path / "wanted" / format_id.lower())
    assert sum(taken(report).values()) == 9
    assert (report.objects, report.lost, report.skipped) == (wanted.objects, wanted.lost, {})


@every_format
def test_ignored_objects_are_marked_or_left_out(format_id: str, tmp_path: Path) -> None:
    ignore = ["ann['pixels'] < 5", "ann.get('level') == 'near'"]
    report = convert_dataset(
        scene(tmp_path / "d"), tmp_path / "out", [format_id], with_lists(zoo.MAP_TEXT, ignore=ignore)
    )
    assert taken(report) == {ignore[0]: 6, ignore[1]: 3}
    assert report.ignored[ignore[1]].examples == [f"annotations/{n}-ana.json: id 1" for n in range(3)]
    assert (report.objects, sum(report.classes.values())) == (6, 6)
    convert_dataset(scene(tmp_path / "e", 1, 2, 4), tmp_path / "less", [format_id])
    found, less = (tree_of(tmp_path / name / format_id.lower()) for name in ("out", "less"))
    assert (found != less) is formats()[format_id].keeps_ignored
    lost = report.lost.get(format_id, {}).get(IGNORED, 0)
    assert lost == (0 if formats()[format_id].keeps_ignored else 9)
    assert not [what for what in report.warnings if NEGATIVE in what]


@every_format
def test_images_of_nothing_but_ignored_objects_are_warned_of(format_id: str, tmp_path: Path) -> None:
    dataset = zoo.Dataset(tmp_path / "d")
    for stem in ("a", "b", "c"):
        dataset.scene(stem, SCENE if stem != "c" else np.zeros_like(SCENE))
    report = convert_dataset(
        dataset.root, tmp_path / "out", [format_id], with_lists(zoo.MAP_TEXT, ignore=["ann['image_width'] == 9"])
    )
    warned = {what: (found.count, found.examples) for what, found in report.warnings.items() if NEGATIVE in what}
    spec = formats()[format_id]
    assert warned == ({} if spec.keeps_ignored else {f"{spec.title}: {NEGATIVE}": (2, ["a.png", "b.png"])})
    assert (report.images, report.objects) == (3, 0)


VISIBLE = with_lists(
    zoo.MAP_TEXT,
    drop=["ann['pixels'] < 2", "obj['type'] == 'Rare' and ann['height'] > 3"],
    ignore=["ann.get('obstruction') == 0.25", "ann['width'] * ann['height'] > ann['pixels']", "ann['nothing']"],
)


@pytest.mark.parametrize("animal", [a for a in ZOO.values() if a.map_text == zoo.MAP_TEXT], ids=lambda a: a.name)
def test_workers_and_other_formats_do_not_matter(
    animal: Animal, zoo_folder: Folder, tmp_path: Path, small_shards: None
) -> None:
    folder, splits = zoo_folder(animal.name), parse_splits("train=0.5,val=0.5")
    report = convert_dataset(folder, tmp_path / "all", animal.format_ids, VISIBLE, splits=splits)
    wanted = tree_of(tmp_path / "all")
    again = convert_dataset(folder, tmp_path / "two", animal.format_ids, VISIBLE, splits=splits, workers=2)
    assert tree_of(tmp_path / "two") == wanted
    again.formats = report.formats
    assert again == report
    for format_id in animal.format_ids:
        alone = convert_dataset(folder, tmp_path / "alone", [format_id], VISIBLE, splits=splits)
        name = format_id.lower()
        assert tree_of(tmp_path / "alone" / name) == tree_of(tmp_path / "all" / name), format_id
        assert (alone.dropped, alone.ignored, alone.classes, alone.map_warnings) == (
            report.dropped, report.ignored, report.classes, report.map_warnings,
        )  # fmt: skip


def asked(tmp_path: Path, expression: str, format_id: str = "YOLO", images: int = 1) -> set[int]:
    """Ids of the objects of the scene for which an expression is true."""
    found = set()
    folder = tmp_path / "d"
    if not folder.exists():
        scene(folder, images=images)
    read = parse_map(with_lists(zoo.MAP_TEXT, ignore=[expression]).encode(), "m.yml")
    report = classify_dataset(open_source(folder), read)
    for examples in report.examples.values():
        found |= {int(example.rpartition(" ")[2]) for example in examples}
    assert len(found) == sum(counts.total for counts in report.filtered.values())
    return found


@pytest.mark.parametrize(
    ("expression", "ids"),
    [
        *((f"ann['pixels'] == {n}", {i for i, area in AREAS.items() if area == n}) for n in (1, 4, 6, 10)),
        ("ann['width'] == 4 and ann['height'] == 3", {1}),
        ("ann['width'] == 1 and ann['height'] == 1", {2}),
        ("ann['image_width'] == 9 and ann['image_height'] == 6", {1, 2, 3, 4, 5}),
        ("ann['id'] == 4", {4}),
        ("ann['bbox'] == [0, 4, 1, 1]", {4}),
        ("ann['obstruction'] > 0.5", {3, 5}),
        ("ann['obstruction'] is None", {2}),
        ("ann['obstruction'] == 'much'", {4}),
        ("str(ann['obstruction']) == '1'", {3}),
        ("'truncated' in ann", {1, 5}),
        ("ann['truncated'] is True", {1}),
        ("str(ann.get('level')) == '1'", {2}),
        ("str(ann.get('level')) == '1.0'", {3}),
        ("'distance' in ann", {4}),
        ("len(ann['segmentation']) == 2", {1}),
        ("'wide' in ann.values()", set()),
        ("ann[obj.get('key', 'pixels')] == 6", {3, 5}),
        ("sorted(ann)[0] == 'bbox' and len(ann) == 11", {1}),
        ("ann['pixels'] == 1000 or ann['width'] == 'wide'", set()),
        ("ann['pixels'] > 4 and obj['type'] == 'Cube' and metadata['channel'] == 'zoo'", {1, 5}),
        ("metadata['objects'][ann['id'] - 1] == obj", {1, 2, 3, 4, 5}),
    ],
)  # fmt: skip
def test_what_ann_holds(expression: str, ids: set[int], tmp_path: Path) -> None:
    assert asked(tmp_path, expression) == ids


def test_a_filter_that_fails_is_not_true_and_is_warned_of(tmp_path: Path) -> None:
    text = with_lists(zoo.MAP_TEXT, drop=["ann['obstruction'] > 0.5"], ignore=["ann['distance'] > 3"])
    report = convert_dataset(scene(tmp_path / "d"), tmp_path / "out", ["YOLO"], text)
    assert taken(report) == {"ann['obstruction'] > 0.5": 6, "ann['distance'] > 3": 3}
    assert report.map_warnings == [
        "drop \"ann['obstruction'] > 0.5\" (line 9) could not be evaluated for 6 objects: it is not true for them",
        "ignore \"ann['distance'] > 3\" (line 10) could not be evaluated for 6 objects: it is not true for them",
    ]


def test_only_objects_with_a_class_are_asked(tmp_path: Path) -> None:
    text = with_lists(zoo.MAP_TEXT.replace("  obj['type'] == 'Cube': 0\n", ""), drop=["True"])
    report = convert_dataset(scene(tmp_path / "d"), tmp_path / "out", ["YOLO"], text)
    assert taken(report) == {"True": 6}
    assert report.left_out == {"Cube": 9}


def test_what_is_dropped_by_type_is_not_missed(tmp_path: Path) -> None:
    """Filters that don't ask what is seen are asked before objects are placed."""
    dataset = zoo.Dataset(tmp_path / "d")
    dataset.scene("a", zoo.BLOCKS, mask=False, entries=[zoo.entry(zoo.BLOCKS, 1), {"id": 2}])
    for rule, skipped in (("obj['type'] == 'Ball'", 0), ("obj['type'] == 'Ball' or ann['width'] < 0", 1)):
        report = convert_dataset(dataset.root, tmp_path / "out", ["YOLO"], with_lists(zoo.MAP_TEXT, drop=[rule]))
        assert sum(finding.count for finding in report.skipped.values()) == skipped
        assert taken(report) == {rule: 1 - skipped}


def test_rules_that_ask_ann_are_asked_of_what_is_placed(tmp_path: Path) -> None:
    dataset = zoo.Dataset(tmp_path / "d")
    entries = [zoo.entry(zoo.BLOCKS, 1), {"id": 2}, {**zoo.entry(zoo.BLOCKS, 2), "id": 3}]
    dataset.scene("a", zoo.BLOCKS, mask=False, entries=entries, objects=zoo.objects("Cube", "Ball", "Rare"))
    text = "classes: {1: wide, 2: tall}\nproperties:\n  ann['width'] > 2: 1\n  ann['height'] > 2: 2\n"
    report = convert_dataset(dataset.root, tmp_path / "out", ["YOLO"], text)
    assert report.classes == {"wide": 0, "tall": 1}
    assert report.left_out == {"Cube": 1}
    assert {reason: finding.count for reason, finding in report.skipped.items()} == {
        "no box, contours or mask pixels": 1
    }
    assert (tmp_path / "out/yolo/labels/a.txt").read_text().startswith("1 ")


@st.composite
def scenes(draw: st.DrawFn) -> tuple[Any, list[dict[str, Any]], bool, list[int] | None]:
    """Id grids with entries of all kinds, whether there is a mask, and a stated resolution."""
    width, height = draw(st.integers(3, 12)), draw(st.integers(3, 10))
    cells = draw(st.lists(st.integers(0, 3), min_size=width * height, max_size=width * height))
    ids = np.array(cells, np.uint16).reshape(height, width)
    entries: list[dict[str, Any]] = []
    for i in (1, 2, 3):
        ids[draw(st.integers(0, height - 1)), draw(st.integers(0, width - 1))] = i
    for i in sorted({int(value) for value in ids.flat} - {0}):
        whole = zoo.entry(ids, i)
        kind = draw(st.sampled_from(["whole", "sparse", "shifted", "only id", "only box", "only contours"]))
        if kind == "sparse":
            numbers = st.integers(-2, 14) | st.floats(-2, 14, allow_nan=False).map(lambda value: round(value, 3))
            whole["segmentation"] = [draw(st.lists(numbers, min_size=6, max_size=14).map(lambda n: n[: len(n) & ~1]))]
        elif kind == "shifted":
            whole["segmentation"] = [[n + draw(st.integers(0, 3)) for n in ring] for ring in whole["segmentation"]]
        kept = {"only id": ["id"], "only box": ["id", "bbox"], "only contours": ["id", "segmentation"]}.get(kind, whole)
        entries.append({key: whole[key] for key in kept})
    stated = draw(st.none() | st.tuples(st.integers(2, 14), st.integers(2, 12)).map(list))
    return ids, entries, draw(st.booleans()), stated


@settings(max_examples=120)
@given(scenes())
def test_pixels_are_cocos_area_whatever_formats_are_made(made: tuple[Any, list[dict[str, Any]], bool, Any]) -> None:
    ids, entries, mask, stated = made
    types = [f"T{entry['id']}" for entry in entries]
    text = "classes: {1: a, 2: b, 3: c}\nproperties:\n" + "".join(f"  obj['type'] == 'T{n}': {n}\n" for n in (1, 2, 3))
    with TemporaryDirectory() as folder:
        root = Path(folder)
        dataset = zoo.Dataset(root / "d")
        sensor = {"resolution": stated} if stated else {}
        dataset.scene("a", ids, mask=mask, entries=entries, objects=zoo.objects("T1", "T2", "T3"), sensor=sensor)
        convert_dataset(dataset.root, root / "out", ["COCO"], text)
        tree = json.loads((root / "out/coco/coco.json").read_bytes())
        seen = {a["category_id"]: a for a in tree["annotations"]}
        ignore = [f"obj['type'] == 'T{n}' and ann['pixels'] == {a['area']}" for n, a in seen.items()]
        if not stated:
            ignore = [
                f"{rule} and ann['width'] == {seen[n]['bbox'][2]} and ann['height'] == {seen[n]['bbox'][3]}"
                f" and ann['image_width'] == {ids.shape[1]} and ann['image_height'] == {ids.shape[0]}"
                for n, rule in zip(seen, ignore, strict=True)
            ]
        for format_ids in (["COCO"], ["YOLO"], ["PASCAL", "GEOCOCO"]):
            report = convert_dataset(dataset.root, root / "out", format_ids, with_lists(text, ignore=ignore))
            assert taken(report) == dict.fromkeys(ignore, 1), (types, seen)
