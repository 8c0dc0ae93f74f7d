"""More than half of the entries in no output: the report begins with a warning."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import zoo

from labelmill.convert.report import Report

FINE: dict[str, Any] = {"bbox": [1, 1, 3, 3], "segmentation": [[1, 1, 4, 1, 4, 4]]}


def report_of(folder: Path, entries: list[dict[str, Any]], known: int) -> Report:
    """What becomes of one image's entries, of which the metadata knows the first few."""
    for name in ("annotations", "metadata"):
        (folder / "toys" / name).mkdir(parents=True)
    objects = [{"id": number, "type": "Ball"} for number in range(1, known + 1)]
    sensor = {"name": "camera", "resolution": [10, 10]}
    (folder / "toys/annotations/a-ana.json").write_text(json.dumps({"filename": "a.png", "annotations": entries}))
    metadata = {"filename": "a.png", "sensor": sensor, "objects": objects}
    (folder / "toys/metadata/a-metadata.json").write_text(json.dumps(metadata))
    return zoo.convert_dataset(folder / "toys", folder, ["COCO"])


@pytest.mark.parametrize(
    ("entries", "known", "lost", "cause"),
    [
        ([{"id": 1, **FINE}, {"id": 2, **FINE}, {"id": 3, **FINE}], 1, 2, "no object in the metadata"),
        ([{"id": 1, **FINE}, {"id": 2}, {"id": 3}], 3, 2, "no box, contours or mask pixels"),
        ([{"id": 1, "bbox": [50, 50, 2, 2]}], 1, 1, "box outside the image"),
        ([{"id": 1, **FINE}, {"id": 1, **FINE}, {"id": 1, **FINE}], 1, 2, "entries with the id of an earlier one"),
        ([{"id": 1, **FINE}, {"id": "2", **FINE}, {**FINE}], 1, 2, "fields of another shape"),
    ],
)
def test_the_warning_leads(tmp_path: Path, entries: list[dict[str, Any]], known: int, lost: int, cause: str) -> None:
    report = report_of(tmp_path, entries, known)
    first, finding = next(iter(report.warnings.items()))
    assert first == f"of {len(entries)} annotation entries are in no output: is this the dataset that was meant?"
    assert (finding.count, finding.code) == (lost, "entries-lost")
    assert cause in finding.examples[0]
    assert report.notices[0].code == "entries-lost"
    assert report.notices[0].file.startswith("annotations/a-ana.json")


def test_half_of_them_is_told_below_as_ever(tmp_path: Path) -> None:
    report = report_of(tmp_path, [{"id": 1, **FINE}, {"id": 2, **FINE}], 1)
    assert "entries-lost" not in {notice.code for notice in report.notices}
    assert {what: finding.count for what, finding in report.skipped.items()} == {"no object in the metadata": 1}
