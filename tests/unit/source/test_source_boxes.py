"""Where objects are: from the box, the contours or the mask."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import zoo

from labelmill.convert.report import Report
from labelmill.source.boxes import edges, flat_rings, source_box_of_contours

OUTSIDE = "box outside the image"
NOWHERE = "no box, contours or mask pixels"


def boxes(tmp_path: Path, *entries: dict[str, Any], **scene: Any) -> tuple[list[Any], Report]:
    """The true boxes ``[x, y, w, h]`` of entries in an 8 x 6 image, by COCO."""
    dataset = zoo.Dataset(tmp_path / "d")
    count = len(entries)
    dataset.scene("a", zoo.BLOCKS, entries=entries, objects=zoo.objects(*["Cube"] * count), **{"mask": False, **scene})
    report = zoo.convert_dataset(dataset.root, tmp_path / "out", ["COCO"])
    tree = json.loads((tmp_path / "out/coco/coco.json").read_bytes())
    return [a["bbox"] for a in tree["annotations"]], report


@pytest.mark.parametrize(
    ("box", "expected"),
    [
        ([0, 0, 7, 5], [0, 0, 8, 6]),
        ([2, 3, 0, 0], [2, 3, 1, 1]),
        ([7, 5, 0, 0], [7, 5, 1, 1]),
        ([-3, -2, 5, 5], [0, 0, 3, 4]),
        ([6, 4, 100, 100], [6, 4, 2, 2]),
        ([-100, -100, 1000, 1000], [0, 0, 8, 6]),
        ([1.5, 0.25, 2.5, 1], [1.5, 0.25, 3.5, 2]),
        ([-1, 2, 0.5, 1], [0, 2, 0.5, 2]),
    ],
)
def test_extents_and_clipping(box: list[float], expected: list[float], tmp_path: Path) -> None:
    found, report = boxes(tmp_path, {"id": 1, "bbox": box})
    assert found == [expected]
    assert not report.skipped


@pytest.mark.parametrize(
    "box",
    [
        [8, 0, 3, 3],
        [0, 6, 3, 3],
        [-4, 0, 3, 3],
        [0, -4, 3, 3],
        [100, 100, 1, 1],
        [1e300, 0, 1, 1],
        [0, 0, -9, 3],
        [-1e308, 0, 1, 1],
    ],
)
def test_boxes_wholly_outside_are_skipped_and_counted(box: list[float], tmp_path: Path) -> None:
    found, report = boxes(tmp_path, {"id": 1, "bbox": box}, {"id": 2, "bbox": [1, 1, 1, 1]})
    assert found == [[1, 1, 2, 2]]
    assert {reason: (f.count, f.examples) for reason, f in report.skipped.items()} == {
        OUTSIDE: (1, ["annotations/a-ana.json: id 1"])
    }


@pytest.mark.parametrize(
    ("segmentation", "expected"),
    [
        ([[1, 1, 1, 3, 4, 3, 4, 1]], [1, 1, 4, 3]),
        ([1, 1, 1, 3, 4, 3, 4, 1], [1, 1, 4, 3]),
        ([[2, 2]], [2, 2, 1, 1]),
        ([[2, 2, 3, 2], [5, 5, 6, 5]], [2, 2, 5, 4]),
        ([[], [3, 4]], [3, 4, 1, 1]),
        ([[-2, 1, 1, 1, 1, 2]], [0, 1, 2, 2]),
    ],
)
def test_boxes_from_contours(segmentation: Any, expected: list[float], tmp_path: Path) -> None:
    assert boxes(tmp_path, {"id": 1, "segmentation": segmentation})[0] == [expected]


def test_boxes_from_the_mask(tmp_path: Path) -> None:
    found, report = boxes(
        tmp_path, {"id": 1}, {"id": 2, "segmentation": []}, {"id": 3, "bbox": [0, 0, 0, 0]}, mask=True
    )
    assert found == [[1, 1, 2, 2], [5, 2, 2, 3], [0, 0, 1, 1]]
    assert not report.skipped


def test_no_box_from_anywhere(tmp_path: Path) -> None:
    found, report = boxes(tmp_path / "a", {"id": 1}, {"id": 2, "bbox": [1, 1, 1, 1]})
    assert found == [[1, 1, 2, 2]]
    assert report.skipped[NOWHERE].count == 1
    found, report = boxes(tmp_path / "b", {"id": 1}, {"id": 2}, {"id": 3}, {"id": 70_000}, mask=True)
    assert found == [[1, 1, 2, 2], [5, 2, 2, 3]]
    assert (report.skipped[NOWHERE].count, report.skipped[NOWHERE].examples) == (1, ["annotations/a-ana.json: id 3"])


@pytest.mark.parametrize(
    "box", [[1, 1, 1], "1 1 1 1", [1, 1, 1, "1"], [1, 1, 1, None], [1, 1, float("nan"), 1], [True, 1, 1, 1], {}]
)
def test_misshapen_boxes_are_replaced_by_contours(box: Any, tmp_path: Path) -> None:
    found, report = boxes(tmp_path, {"id": 1, "bbox": box, "segmentation": [[1, 1, 1, 3, 4, 3, 4, 1]]})
    assert found == [[1, 1, 4, 3]]
    (finding,) = report.warnings.values()
    assert finding.count == 1
    assert finding.examples[0].startswith("annotations/a-ana.json: annotations: id 1: bbox: expected 4 numbers, found ")


def test_a_bad_mask_fails_images_that_have_nothing_else(zoo_output: Any) -> None:
    _, report = zoo_output("bad_masks_needed")
    assert [(e.image, e.file, e.reason) for e in report.errors] == [
        ("corrupt.png", "masks/corrupt.png", "PNG cut off"),
        ("size.png", "masks/size.png", "expected the image's size 8x6, found 10x6"),
    ]


def test_first_entry_of_an_id_counts_with_its_contours(tmp_path: Path) -> None:
    found, report = boxes(
        tmp_path,
        {"id": 1, "segmentation": [[1, 1]]},
        {"id": 1, "segmentation": [[5, 5]]},
        {"id": 2, "segmentation": [[3, 3]]},
    )
    assert found == [[1, 1, 1, 1], [3, 3, 1, 1]]
    assert report.warnings["entries with the id of an earlier one, skipped"].count == 1


def test_helpers() -> None:
    assert edges((2, 3, 0, 4)) == (2, 3, 3, 8)
    assert edges(None) is None
    assert flat_rings(None) == flat_rings([]) == flat_rings([[]]) == flat_rings([5]) == []
    assert flat_rings([1, 2, 3, 4]) == [[1, 2, 3, 4]]
    assert flat_rings([[1, 2], 7, [3]]) == [[1, 2]]
    assert source_box_of_contours([]) is None
    assert source_box_of_contours([[1, 5, 3, 2], [0, 9]]) == (0, 2, 3, 7)
    assert source_box_of_contours([[1, 2, 3]]) == (1, 2, 0, 0)
