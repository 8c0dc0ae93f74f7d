"""supervision's ``DetectionDataset``. It rounds vertices and fills polygons with their edges."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from trainers.seen import OF_CENTRES, Consumer, Labels, SeenImage, SeenObject

from .coco_api import coco_files


def _read(dataset: Any) -> Iterator[SeenImage]:
    for path in dataset.image_paths:
        found = dataset.annotations[path]
        if not len(found):
            yield SeenImage(Path(path).name, [])
            continue
        crowds = found.data.get("iscrowd", [False] * len(found))
        masks = found.mask if found.mask is not None else [None] * len(found)
        yield SeenImage(
            Path(path).name,
            [
                SeenObject(dataset.classes[int(c)], tuple(map(float, box)), mask, bool(crowd))
                for c, box, mask, crowd in zip(found.class_id, found.xyxy, masks, crowds, strict=True)
            ],
        )


def read_coco(labels: Labels) -> Iterator[SeenImage]:
    """``from_coco`` with masks."""
    from supervision import DetectionDataset

    for file in coco_files(labels):
        images = labels.folder / "images"
        yield from _read(DetectionDataset.from_coco(str(images), str(file), force_masks=True))


def read_yolo(labels: Labels) -> Iterator[SeenImage]:
    """``from_yolo``, folder by folder."""
    from supervision import DetectionDataset

    for split in labels.splits or ("",):
        images, texts = labels.folder / "images" / split, labels.folder / "labels" / split
        if images.is_dir():
            yield from _read(DetectionDataset.from_yolo(str(images), str(texts), str(labels.folder / "data.yaml")))


def read_voc(labels: Labels) -> Iterator[SeenImage]:
    """``from_pascal_voc``; it knows no image sets."""
    from supervision import DetectionDataset

    images, texts = labels.folder / "JPEGImages", labels.folder / "Annotations"
    yield from _read(DetectionDataset.from_pascal_voc(str(images), str(texts)))


POLYGONS = ("COCO", "COCO, classes from 1")
ROUNDED = "it rounds vertices and fills polygons with their edges"
CONSUMERS = [
    Consumer("supervision", "supervision", POLYGONS, read_coco, "told", ignored="told", note=ROUNDED),
    Consumer("supervision", "supervision", ("COCO, rle",), read_coco, "exact", ignored="told"),
    Consumer("supervision", "supervision", ("YOLO",), read_yolo, opens_images=True),
    Consumer(
        "supervision",
        "supervision",
        ("YOLO_SEG",),
        read_yolo,
        "told",
        box_offset=OF_CENTRES,
        opens_images=True,
        note=ROUNDED,
    ),
    Consumer("supervision", "supervision", ("PASCAL",), read_voc, opens_images=True, ignored="mixed"),
]
