"""COCO by its own API, pycocotools, and by hotcoco, which takes its place."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from trainers.seen import Consumer, Labels, SeenImage, SeenObject, box_of

VARIANTS = ("COCO", "COCO, rle", "COCO, classes from 1", "GEOCOCO")


def coco_files(labels: Labels) -> list[Path]:
    """The JSON files, one a split."""
    stem = labels.folder.name
    return [labels.folder / f"{stem}_{split}.json" for split in labels.splits] or [labels.folder / f"{stem}.json"]


def _read(coco: Any) -> Iterator[SeenImage]:
    """Every image by an object with the API's functions."""
    names = {category["id"]: category["name"] for category in coco.loadCats(coco.getCatIds())}
    for image in coco.loadImgs(coco.getImgIds()):
        found = coco.loadAnns(coco.getAnnIds(imgIds=[image["id"]]))
        yield SeenImage(
            image["file_name"],
            [
                SeenObject(
                    names[one["category_id"]],
                    box_of(*one["bbox"]),
                    np.asarray(coco.annToMask(one)).astype(bool) if one["segmentation"] else None,
                    bool(one["iscrowd"]),
                )
                for one in found
            ],
        )


def read_pycocotools(labels: Labels) -> Iterator[SeenImage]:
    """``COCO``, ``loadAnns``, ``annToMask``."""
    from pycocotools.coco import COCO

    for file in coco_files(labels):
        yield from _read(COCO(str(file)))


def read_hotcoco(labels: Labels) -> Iterator[SeenImage]:
    """The same of hotcoco."""
    from hotcoco import COCO

    for file in coco_files(labels):
        yield from _read(COCO(str(file)))


CONSUMERS = [
    Consumer("pycocotools", "pycocotools", VARIANTS, read_pycocotools, masks="exact", ignored="told"),
    Consumer("hotcoco", "hotcoco", VARIANTS, read_hotcoco, masks="exact", ignored="told"),
]
