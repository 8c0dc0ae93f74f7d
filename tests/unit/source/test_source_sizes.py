"""How large an image is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zoo
from PIL import Image

from labelmill.convert.report import Report
from labelmill.source.folder import FolderSource

BEYOND = (
    "{} reach beyond the stated resolution: the size in the file's header is used, "
    "and what still reaches beyond is clamped"
)
SHAPE = "fields of another shape, taken for absent"


def convert(dataset: zoo.Dataset, out: Path, *format_ids: str) -> tuple[dict[str, list[Any]], Report]:
    """Image name -> ``[width, height, boxes]``."""
    report = zoo.convert_dataset(dataset.root, out, ("COCO", *format_ids))
    tree = json.loads((out / "coco/coco.json").read_bytes())
    shown = {}
    for image in tree["images"]:
        boxes = [a["bbox"] for a in tree["annotations"] if a["image_id"] == image["id"]]
        shown[image["file_name"]] = [image["width"], image["height"], boxes]
    return shown, report


@pytest.fixture
def dataset(tmp_path: Path) -> zoo.Dataset:
    return zoo.Dataset(tmp_path / "d")


BOXES = [[1, 1, 2, 2], [5, 2, 2, 3]]


def test_resolution_saves_opening_the_image(
    dataset: zoo.Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset.scene("a", zoo.BLOCKS, sensor={"resolution": [80, 60]})
    opened = []
    for method in ("read", "read_range"):
        original = getattr(FolderSource, method)

        def spy(self: FolderSource, folder: str, *rest: Any, original: Any = original) -> bytes:
            opened.append(folder)
            data: bytes = original(self, folder, *rest)
            return data

        monkeypatch.setattr(FolderSource, method, spy)
    formats = ["PASCAL", "YOLO", "YOLO_SEG", "KITTI", "SAGEMAKER_OD", "CLASSIFICATION"]
    shown, report = convert(dataset, tmp_path, *formats)
    assert shown == {"a.png": [80, 60, BOXES]}
    assert sorted(opened) == ["annotations", "metadata"]
    assert not zoo.source_warnings(report)


def test_header_of_the_image(dataset: zoo.Dataset, tmp_path: Path) -> None:
    dataset.scene("a", zoo.BLOCKS)
    assert convert(dataset, tmp_path)[0] == {"a.png": [8, 6, BOXES]}


@pytest.mark.parametrize("suffix", ["png", "jpg", "jpeg", "tif", "bmp", "webp"])
def test_image_formats(suffix: str, dataset: zoo.Dataset, tmp_path: Path) -> None:
    dataset.scene("a", zoo.BLOCKS, image=False, mask=False)
    dataset.image(f"a.{suffix}", 19, 11)
    assert convert(dataset, tmp_path)[0] == {f"a.{suffix}": [19, 11, BOXES]}


def test_orientation_is_ignored(dataset: zoo.Dataset, tmp_path: Path) -> None:
    dataset.scene("a", zoo.BLOCKS, image=False, mask=False)
    picture = Image.new("RGB", (19, 11))
    exif = picture.getexif()
    exif[0x0112] = 6
    picture.save(dataset.root / "images/a.jpg", exif=exif)
    assert convert(dataset, tmp_path)[0] == {"a.jpg": [19, 11, BOXES]}


def test_jpeg_with_its_header_far_inside(dataset: zoo.Dataset, tmp_path: Path) -> None:
    dataset.scene("a", zoo.BLOCKS, image=False, mask=False)
    Image.new("RGB", (19, 11)).save(dataset.root / "images/a.jpg", icc_profile=bytes(150_000))
    assert convert(dataset, tmp_path)[0] == {"a.jpg": [19, 11, BOXES]}


@pytest.mark.parametrize("image", [None, b"", b"not an image", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0"])
def test_mask_where_the_image_is_missing_or_unreadable(
    image: bytes | None, dataset: zoo.Dataset, tmp_path: Path
) -> None:
    dataset.scene("a", zoo.BLOCKS, image=False)
    if image is not None:
        dataset.file("images/a.png", image)
    shown, report = convert(dataset, tmp_path)
    assert shown == {"a.png": [8, 6, BOXES]}
    assert [(what, f.count) for what, f in report.warnings.items()] == (
        [] if image is None else [("unreadable image files count as missing", 1)]
    )


def test_no_size_is_an_error(dataset: zoo.Dataset, tmp_path: Path) -> None:
    dataset.scene("a", zoo.BLOCKS, image=False, mask=False)
    shown, report = convert(dataset, tmp_path)
    assert shown == {}
    assert [(e.image, e.file, e.reason) for e in report.errors] == [
        (
            "a.png",
            "annotations/a-ana.json",
            "no image size: expected sensor.resolution in its metadata or a readable image or mask, found none",
        )
    ]


@pytest.mark.parametrize(
    "resolution",
    [
        [0, 0],
        [8, 0],
        [-8, 6],
        [8],
        [8, 6, 3],
        [8.5, 6],
        ["8", "6"],
        "8x6",
        {},
        [True, True],
        [float("nan"), 6],
        [None, None],
        8,
    ],
)
def test_resolution_of_another_shape_counts_as_absent(resolution: Any, dataset: zoo.Dataset, tmp_path: Path) -> None:
    """A size of nothing is no size."""
    dataset.scene("a", zoo.BLOCKS, sensor={"resolution": resolution})
    shown, report = convert(dataset, tmp_path, "YOLO", "YOLO_SEG", "SAGEMAKER_SS", "KITTI")
    assert shown == {"a.png": [8, 6, BOXES]}
    assert report.warnings[SHAPE].count == 1
    (example,) = report.warnings[SHAPE].examples
    assert example.startswith(
        "metadata/a-metadata.json: sensor: resolution: expected 2 integers from 1 to 1,000,000, found "
    )


def test_null_resolution_is_simply_absent(dataset: zoo.Dataset, tmp_path: Path) -> None:
    dataset.scene("a", zoo.BLOCKS, sensor={"resolution": None})
    shown, report = convert(dataset, tmp_path)
    assert shown == {"a.png": [8, 6, BOXES]} and not report.warnings


@pytest.mark.parametrize("side", [10**6, 2**31, 2**62, 10**30])
def test_resolution_of_no_sense_never_stops_a_job(side: int, dataset: zoo.Dataset, tmp_path: Path) -> None:
    """No machine holds a label mask of that size: the image is reported, the others are converted."""
    dataset.scene("a", zoo.BLOCKS, mask=False, sensor={"resolution": [side, side]})
    dataset.scene("b", zoo.BLOCKS, mask=False)
    shown, _ = convert(dataset, tmp_path, "SAGEMAKER_SS", "YOLO", "YOLO_SEG")
    assert shown["b.png"] == [8, 6, BOXES]
    assert (tmp_path / "sagemaker_ss/train_annotation/b.png").exists()


@pytest.mark.parametrize(
    ("image", "mask", "size"),
    [(True, True, [8, 6]), (True, False, [8, 6]), (False, True, [8, 6]), (False, False, [6, 4])],
)
def test_boxes_beyond_a_stated_resolution(
    image: bool, mask: bool, size: list[int], dataset: zoo.Dataset, tmp_path: Path
) -> None:
    dataset.scene("a", zoo.BLOCKS, image=image, mask=mask, sensor={"resolution": [6, 4]})
    shown, report = convert(dataset, tmp_path)
    boxes = BOXES if size == [8, 6] else [[1, 1, 2, 2], [5, 2, 1, 2]]
    assert shown == {"a.png": [*size, boxes]}
    assert [(what, f.count) for what, f in report.warnings.items()] == [(BEYOND.format("boxes"), 1)]


def test_what_still_reaches_beyond_the_header_is_clamped(dataset: zoo.Dataset, tmp_path: Path) -> None:
    dataset.scene("a", zoo.BLOCKS, image=False, mask=False, sensor={"resolution": [4, 4]})
    dataset.image("a.png", 6, 5)
    shown, report = convert(dataset, tmp_path)
    assert shown == {"a.png": [6, 5, [[1, 1, 2, 2], [5, 2, 1, 3]]]}
    assert [(what, f.count) for what, f in report.warnings.items()] == [(BEYOND.format("boxes"), 1)]


@pytest.mark.parametrize(
    "second", [{"id": 2, "segmentation": [[5, 2, 6, 2, 6, 4, 5, 4]]}, {"id": 2, "bbox": [-1, 0, 2, 2]}, {"id": 2}]
)
def test_one_warning_an_image_however_many_boxes_need_a_closer_look(
    second: dict[str, Any], dataset: zoo.Dataset, tmp_path: Path
) -> None:
    dataset.scene("a", zoo.BLOCKS, sensor={"resolution": [4, 4]}, entries=[{"id": 1, "bbox": [1, 1, 5, 1]}, second])
    _, report = convert(dataset, tmp_path)
    assert [f.count for f in report.warnings.values()] == [1]


def test_contours_beyond_a_stated_resolution(dataset: zoo.Dataset, tmp_path: Path) -> None:
    entries = [{**zoo.entry(zoo.BLOCKS, i), "bbox": [1, 1, 1, 1]} for i in (1, 2)]
    dataset.scene("a", zoo.BLOCKS, sensor={"resolution": [6, 4]}, entries=entries)
    shown, report = convert(dataset, tmp_path)
    assert shown == {"a.png": [8, 6, [[1, 1, 2, 2], [1, 1, 2, 2]]]}
    assert [(what, f.count) for what, f in report.warnings.items()] == [(BEYOND.format("contours"), 1)]


def test_boxes_within_a_stated_resolution_are_not_doubted(dataset: zoo.Dataset, tmp_path: Path) -> None:
    """The true image is smaller; nothing opened it."""
    dataset.scene("a", zoo.BLOCKS, image=False, mask=False, sensor={"resolution": [100, 50]})
    dataset.image("a.png", 3, 3)
    shown, report = convert(dataset, tmp_path)
    assert shown == {"a.png": [100, 50, BOXES]} and not report.warnings


def test_every_image_has_its_own_size(dataset: zoo.Dataset, tmp_path: Path) -> None:
    sizes = [(5, 9), (9, 5), (300, 2), (1, 1)]
    for number, (width, height) in enumerate(sizes):
        dataset.scene(str(number), np.ones((height, width), np.uint16))
    shown, _ = convert(dataset, tmp_path)
    assert [tuple(size[:2]) for size in shown.values()] == sizes
    assert [size[2] for size in shown.values()] == [[[0, 0, w, h]] for w, h in sizes]
