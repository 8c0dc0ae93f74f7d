"""torchvision: its datasets for COCO, VOC and KITTI, and the conversion of its reference training code.

The reference (``references/detection/coco_utils.py``) is not part of the package: what it does with polygons,
``frPyObjects`` and any of them, is written down here.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from trainers.seen import Consumer, Labels, Mask, SeenImage, SeenObject, box_of

from .coco_api import coco_files

KEYS = ("boxes", "labels", "masks", "iscrowd")


def image_folder(labels: Labels, split: str) -> Path:
    """Where COCO's images of a split lie."""
    folder = labels.folder / "images"
    return folder / split if (folder / split).is_dir() else folder


def reference_mask(segmentation: Any, height: int, width: int) -> Mask:
    """One object's mask, as the reference makes it of polygons."""
    from pycocotools import mask

    return np.asarray(mask.decode(mask.frPyObjects(segmentation, height, width)).any(axis=2))


def read_reference(labels: Labels) -> Iterator[SeenImage]:
    """``CocoDetection``'s annotations, crowds left out, through the reference's conversion."""
    from torchvision.datasets import CocoDetection

    for split, file in zip(labels.splits or ("",), coco_files(labels), strict=True):
        dataset = CocoDetection(str(image_folder(labels, split)), str(file))
        names = {category["id"]: category["name"] for category in dataset.coco.dataset["categories"]}
        for key in dataset.ids:
            image = dataset.coco.loadImgs(key)[0]
            size = (image["height"], image["width"])
            found = [one for one in dataset._load_target(key) if one["iscrowd"] == 0]
            yield SeenImage(
                image["file_name"],
                [
                    SeenObject(names[a["category_id"]], box_of(*a["bbox"]), reference_mask(a["segmentation"], *size))
                    for a in found
                ],
            )


def read_wrapped(labels: Labels) -> Iterator[SeenImage]:
    """``wrap_dataset_for_transforms_v2``: images opened, boxes, labels and masks as tensors."""
    from torchvision.datasets import CocoDetection, wrap_dataset_for_transforms_v2

    for split, file in zip(labels.splits or ("",), coco_files(labels), strict=True):
        raw = CocoDetection(str(image_folder(labels, split)), str(file))
        names = {category["id"]: category["name"] for category in raw.coco.dataset["categories"]}
        files = [raw.coco.loadImgs(key)[0]["file_name"] for key in raw.ids]
        dataset = wrap_dataset_for_transforms_v2(raw, target_keys=KEYS)
        for at, name in enumerate(files):
            if not (Path(raw.root) / name).is_file():
                continue  # one that the dataset itself lacks; it can't be opened
            target = dataset[at][1]
            objects = zip(*(target.get(key, ()) for key in KEYS), strict=True)
            yield SeenImage(
                name,
                [
                    SeenObject(names[int(c)], tuple(map(float, box)), mask.numpy().astype(bool), bool(crowd))
                    for box, c, mask, crowd in objects
                ],
            )


def read_voc(labels: Labels) -> Iterator[SeenImage]:
    """``VOCDetection``; its dictionaries hold VOC's numbers, 1-based and inclusive."""
    from torchvision.datasets import VOCDetection

    for split in labels.splits or ("trainval",):
        dataset = VOCDetection(str(labels.folder), year="2012", image_set=split)
        for at, path in enumerate(dataset.images):
            if not Path(path).is_file():
                continue  # as above
            found = dataset[at][1]["annotation"]
            objects = []
            for one in found["object"]:
                x0, y0, x1, y1 = (float(one["bndbox"][key]) for key in ("xmin", "ymin", "xmax", "ymax"))
                objects.append(SeenObject(one["name"], (x0 - 1, y0 - 1, x1, y1), None, one["difficult"] == "1"))
            yield SeenImage(found["filename"], objects)


def read_kitti(labels: Labels) -> Iterator[SeenImage]:
    """``Kitti``; its dictionaries hold KITTI's numbers, 0-based and inclusive."""
    from torchvision.datasets import Kitti

    training = labels.scratch / "Kitti" / "raw" / "training"
    training.mkdir(parents=True)
    for name in ("image_2", "label_2"):
        (training / name).symlink_to(labels.folder / name)
    dataset = Kitti(str(labels.scratch))
    for at, path in enumerate(dataset.images):
        boxes = [(one["type"], one["bbox"]) for one in dataset[at][1]]
        yield SeenImage(Path(path).name, [SeenObject(n, (b[0], b[1], b[2] + 1, b[3] + 1)) for n, b in boxes])


POLYGONS = ("COCO", "COCO, classes from 1")
CONSUMERS = [
    Consumer("torchvision reference", "torchvision", POLYGONS, read_reference, "exact"),
    Consumer(
        "torchvision CocoDetection v2", "torchvision", POLYGONS, read_wrapped, "exact",
        opens_images=True, ignored="told",
    ),
    Consumer(
        "torchvision VOCDetection", "torchvision", ("PASCAL, voc2012",), read_voc, opens_images=True, ignored="told"
    ),
    Consumer(
        "torchvision Kitti", "torchvision", ("KITTI",), read_kitti,
        opens_images=True, ignored="DontCare", white_space="_",
    ),
]  # fmt: skip
