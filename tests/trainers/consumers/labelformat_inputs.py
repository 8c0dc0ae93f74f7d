"""labelformat's inputs. It draws nothing: an object of outlines shows its box alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import yaml

from trainers.seen import OF_CENTRES, Consumer, Labels, SeenImage, SeenObject

from .coco_api import coco_files


def _read(labels: Iterable[Any], start: float = 0.0, end: float = 0.0) -> Iterator[SeenImage]:
    """Every image; ``start`` and ``end`` lead from the file's frame, which labelformat keeps, to edges."""
    for label in labels:
        objects = []
        for one in label.objects:
            box = one.box if hasattr(one, "box") else one.segmentation.bounding_box
            box = box() if callable(box) else box  # an outline reckons it, a run-length code holds it
            edges = (box.xmin + start, box.ymin + start, box.xmax + end, box.ymax + end)
            objects.append(SeenObject(one.category.name, edges))
        yield SeenImage(label.image.filename, objects)


def read_coco(labels: Labels) -> Iterator[SeenImage]:
    """``COCOInstanceSegmentationInput``."""
    from labelformat.formats import COCOInstanceSegmentationInput

    for file in coco_files(labels):
        yield from _read(COCOInstanceSegmentationInput(file).get_labels())


def read_yolo(labels: Labels) -> Iterator[SeenImage]:
    """``YOLOv8ObjectDetectionInput``, or its segmentation."""
    from labelformat import formats

    segments = labels.folder.name == "yolo_seg"
    reader = formats.YOLOv8InstanceSegmentationInput if segments else formats.YOLOv8ObjectDetectionInput
    named = yaml.safe_load((labels.folder / "data.yaml").read_text())
    folders = {named[split]: split for split in labels.splits or ("train",) if split in named}  # val may be train's
    for split in folders.values():
        yield from _read(reader(labels.folder / "data.yaml", split).get_labels())


def read_voc(labels: Labels) -> Iterator[SeenImage]:
    """``PascalVOCObjectDetectionInput``."""
    from labelformat.formats import PascalVOCObjectDetectionInput

    names = (line.partition(":")[0] for line in (labels.folder / "labelmap.txt").read_text().splitlines())
    listed = ",".join(name for name in names if name and not name.startswith("#"))
    return _read(PascalVOCObjectDetectionInput(labels.folder / "Annotations", listed).get_labels(), start=-1.0)


def read_kitti(labels: Labels) -> Iterator[SeenImage]:
    """``KittiObjectDetectionInput``; it wants the class names, which KITTI has no file for."""
    from labelformat.formats import KittiObjectDetectionInput

    lines = [line for file in (labels.folder / "label_2").iterdir() for line in file.read_text().splitlines()]
    names = ",".join(sorted({line.split(" ")[0] for line in lines}))
    return _read(KittiObjectDetectionInput(labels.folder / "label_2", names, "../image_2").get_labels(), end=1.0)


CONSUMERS = [
    Consumer("labelformat", "labelformat", ("COCO", "COCO, classes from 1"), read_coco, ignored="mixed"),
    Consumer("labelformat", "labelformat", ("YOLO",), read_yolo, opens_images=True),
    Consumer("labelformat", "labelformat", ("YOLO_SEG",), read_yolo, box_offset=OF_CENTRES, opens_images=True),
    Consumer("labelformat", "labelformat", ("PASCAL",), read_voc, ignored="mixed"),
    Consumer(
        "labelformat", "labelformat", ("KITTI",), read_kitti, opens_images=True, ignored="DontCare", white_space="_"
    ),
]
