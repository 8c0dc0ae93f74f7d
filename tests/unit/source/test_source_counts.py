"""What the report counts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import zoo

from labelmill.convert import convert as convert_module
from labelmill.convert.report import Report

Output = Callable[[str], tuple[Path, Report]]


def counts(findings: dict[str, Any]) -> dict[str, int]:
    return {what: finding.count for what, finding in findings.items()}


@pytest.mark.parametrize(
    ("animal", "objects", "skipped", "warnings"),
    [
        ("empty", 0, {}, {"there is no annotation file: the dataset is empty": 1}),
        ("nothing_visible", 0, {"no annotation entry": 1}, {}),
        ("object_without_annotation", 2, {"no annotation entry": 1}, {}),
        ("annotation_without_object", 1, {"no object in the metadata": 1}, {}),
        (
            "duplicate_ids",
            2,
            {},
            {
                "metadata objects with the id of an earlier one, skipped": 1,
                "entries with the id of an earlier one, skipped": 1,
            },
        ),
        ("only_ids", 2, {"no box, contours or mask pixels": 1}, {}),
        (
            "only_ids_maskless",
            0,
            {"no box, contours or mask pixels": 2},
            {"of 2 annotation entries are in no output: is this the dataset that was meant?": 2},
        ),
        (
            "filename_outside",
            1,
            {"no annotation entry": 1},
            {"filenames that are no plain file names, taken for absent": 2},
        ),
        ("corrupt_images", 4, {}, {"unreadable image files count as missing": 2}),
    ],
)
def test_counts_of_the_zoo(
    animal: str, objects: int, skipped: dict[str, int], warnings: dict[str, int], zoo_output: Output
) -> None:
    _, report = zoo_output(animal)
    assert report.objects == objects
    assert counts(report.skipped) == skipped
    assert counts(zoo.source_warnings(report)) == warnings
    assert sum(report.classes.values()) == report.objects


def test_classes_and_left_out_types(tmp_path: Path) -> None:
    dataset = zoo.Dataset(tmp_path / "d")
    dataset.scene("a", zoo.BORDERS, ["Cube", "Thing", "Thing", "Other"])
    dataset.scene(
        "b",
        zoo.BORDERS,
        ["Ball", "Thing", "Cube", "Cube"],
        objects=[{"id": 1}, {"id": 2, "type": 5}, *zoo.objects("Cube", "Cube", start=3)],
    )
    report = zoo.convert_dataset(dataset.root, tmp_path)
    assert report.classes == {"Cube": 3, "Big Ball": 0, "R&D <1>": 0}
    assert report.left_out == {"Thing": 2, "Other": 1, "(no type)": 2}
    assert (report.images, report.objects, report.failed) == (2, 3, 0)


def test_first_object_of_an_id_counts(tmp_path: Path) -> None:
    dataset = zoo.Dataset(tmp_path / "d")
    dataset.scene("a", zoo.BLOCKS, objects=[*zoo.objects("Ball", "Ball"), *zoo.objects("Cube", "Rare")])
    report = zoo.convert_dataset(dataset.root, tmp_path)
    assert report.classes == {"Cube": 0, "Big Ball": 2, "R&D <1>": 0}


def test_failing_and_conflicting_rules_are_told_once(tmp_path: Path) -> None:
    dataset = zoo.Dataset(tmp_path / "d")
    for stem in "abc":
        dataset.scene(stem, zoo.BLOCKS, ["Cube", "Ball"])
    rules = ["obj['weight'] > 3: 1", "obj['type'] == 'Cube': 0", "obj['type'] in ['Cube']: 1"]
    text = "\n  ".join(["classes: {0: A, 1: B}\nproperties:", *rules])
    report = zoo.convert_dataset(dataset.root, tmp_path, ["COCO"], text)
    assert report.classes == {"A": 3, "B": 0}
    assert report.left_out == {"Ball": 3}
    assert report.map_warnings == [
        "rule \"obj['weight'] > 3\" (line 3) could not be evaluated for 6 objects: it is not true for them",
        "rule \"obj['type'] == 'Cube'\" (line 4) and rule \"obj['type'] in ['Cube']\" (line 5) are both true for "
        "3 objects: the first one decides, class 0 (A) and not 1 (B)",
    ]


def test_findings_are_bounded_and_in_dataset_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(convert_module, "SMALLEST_SHARD", 2)
    dataset = zoo.Dataset(tmp_path / "d")
    for number in range(12):
        dataset.scene(f"{number:02}", zoo.BLOCKS, entries=[{"id": 1}, {"id": 2}], mask=False)
    reports = [zoo.convert_dataset(dataset.root, tmp_path / str(w), ["YOLO"], workers=w) for w in (1, 2)]
    (finding,) = reports[0].skipped.values()
    assert finding.count == 24
    assert finding.examples == [f"annotations/{n:02}-ana.json: id {i}" for n in range(3) for i in (1, 2)][:5]
    assert reports[0].skipped == reports[1].skipped


def test_errors_are_listed_one_by_one_in_order(tmp_path: Path) -> None:
    dataset = zoo.Dataset(tmp_path / "d")
    for number in range(9):
        dataset.scene(f"{number}", zoo.BLOCKS)
        if number % 2:
            dataset.file(f"metadata/{number}-metadata.json", b"{")
    report = zoo.convert_dataset(dataset.root, tmp_path, ["YOLO", "COCO"])
    assert [e.image for e in report.errors] == ["1.png", "3.png", "5.png", "7.png"]
    assert all(e.formats == ("YOLO", "COCO") for e in report.errors)
    assert (report.images, report.failed) == (5, 4)


def test_missing_images_are_warned_of_when_they_were_asked_for(
    tmp_path: Path, zoo_folder: Callable[[str], Path]
) -> None:
    without = zoo.convert_dataset(zoo_folder("missing_image"), tmp_path / "a", ["YOLO"])
    assert counts(zoo.source_warnings(without)) == {}
    asked = zoo.convert_dataset(zoo_folder("missing_image"), tmp_path / "b", ["YOLO"], images=True)
    assert counts(zoo.source_warnings(asked)) == {
        "image files missing: their labels are written, no image lies beside them": 2
    }
