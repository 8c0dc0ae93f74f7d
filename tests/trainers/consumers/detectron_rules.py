"""detectron2 has no package to install: its rules, written down.

``data/datasets/coco.py``, ``load_coco_json``: ids of annotations are unique; polygons of fewer than three points are
dropped, and with them an object that has no others; categories are ranked by id. ``data/detection_utils.py``,
``annotations_to_instances``: crowds are left out before; with the default ``MASK_FORMAT``, ``polygon``, segmentations
have to be polygons, all of them. ``structures/masks.py``: polygons become pixels by pycocotools.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from trainers.seen import Consumer, Labels, SeenImage, SeenObject, box_of

from .coco_api import coco_files
from .torchvision_sets import POLYGONS, reference_mask


def read(labels: Labels) -> Iterator[SeenImage]:
    """Every image, as far as the rules let it through."""
    for file in coco_files(labels):
        document = json.loads(file.read_text())
        ids = [one["id"] for one in document["annotations"]]
        if len(set(ids)) < len(ids):
            raise ValueError(f"{file.name}: annotation ids are not unique")
        names = {category["id"]: category["name"] for category in document["categories"]}
        found: dict[int, list[dict[str, Any]]] = defaultdict(list)
        for one in document["annotations"]:
            if one["iscrowd"]:
                continue
            if isinstance(one["segmentation"], dict):
                raise ValueError(f"{file.name}: annotation {one['id']} is RLE, which MASK_FORMAT polygon refuses")
            one["segmentation"] = [p for p in one["segmentation"] if len(p) >= 6 and len(p) % 2 == 0]
            if one["segmentation"]:
                found[one["image_id"]].append(one)
        for image in document["images"]:
            size = (image["height"], image["width"])
            yield SeenImage(
                image["file_name"],
                [
                    SeenObject(names[a["category_id"]], box_of(*a["bbox"]), reference_mask(a["segmentation"], *size))
                    for a in found[image["id"]]
                ],
            )


CONSUMERS = [Consumer("detectron2's rules", "", POLYGONS, read, masks="exact")]
