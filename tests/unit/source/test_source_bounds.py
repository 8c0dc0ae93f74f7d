"""What one image may take of the memory: files are refused by size and brackets, before they are decoded."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
import zoo

from labelmill.convert.report import Report
from labelmill.source import dataset, records

RING = "[1,1,4,1,4,4]"


def two_images(folder: Path, annotation: str) -> Path:
    """A dataset of an ordinary image and one with the given annotation file."""
    made = zoo.Dataset(folder / "toys")
    made.scene("a", zoo.BLOCKS, ["Cube", "Ball"])
    made.scene("b", zoo.BLOCKS, ["Cube", "Ball"])
    (made.root / "annotations/b-ana.json").write_text(annotation)
    return made.root


def zipped(root: Path) -> Path:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(root.rglob("*")):
            archive.write(path, path.relative_to(root.parent))
    packed = root.with_suffix(".zip")
    packed.write_bytes(data.getvalue())
    return packed


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize(
    ("annotation", "reason"),
    [
        (f'{{"filename":"b.png","annotations":[]{" " * 300_000}}}', "has 300,0"),
        (
            f'{{"filename":"b.png","annotations":[{{"id":1,"segmentation":[{",".join([RING] * 300)}]}}]}}',
            "has 304 lists and objects, at most 200 are read",
        ),
        (f'{{"filename":"b.png","more":{"[" * 400}{"]" * 400},"annotations":[]}}', "has 402 lists and objects"),
    ],
)
def test_one_image_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, annotation: str, reason: str, packed: bool
) -> None:
    monkeypatch.setattr(dataset, "MAX_JSON_BYTES", 200_000)
    monkeypatch.setattr(records, "MAX_CONTAINERS", 200)
    source = two_images(tmp_path, annotation)
    report: Report = zoo.convert_dataset(zipped(source) if packed else source, tmp_path, ["COCO", "YOLO"])
    assert [failure.file for failure in report.errors] == ["annotations/b-ana.json"]
    assert reason in report.errors[0].reason
    assert report.images == 1
