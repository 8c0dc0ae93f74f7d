"""datumaro's importers.

Its COCO wants ``annotations/instances_<split>.json`` and ``images/<split>``: laid out so here. It takes category 0 for
none: the option that numbers classes from 1 is for it. Its YOLO refuses all for one label file whose image is missing:
such files, of which a dataset may have some, are taken away before.
"""

from __future__ import annotations

import shutil
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from trainers.seen import Consumer, Labels, Mask, SeenImage, SeenObject, box_of

from .coco_api import coco_files


def _read(folder: object, importer: str, **options: Any) -> Iterator[SeenImage]:
    """Every item; parts of one object, which datumaro keeps as annotations of one group, are put together."""
    import datumaro

    dataset = datumaro.Dataset.import_from(str(folder), importer, **options)
    if importer == "coco_instances":
        dataset.transform("polygons_to_masks")
    names = [label.name for label in dataset.categories()[datumaro.AnnotationType.label]]
    for item in dataset:
        groups: dict[object, list[Any]] = defaultdict(list)
        for at, one in enumerate(item.annotations):
            groups[one.group or ("alone", at)].append(one)
        path = getattr(item.media, "path", None)
        if path:  # KITTI's labels do not say how an image that is missing was called
            yield SeenImage(str(path).rpartition("/")[2], [_object(g, names) for g in groups.values()])


def _object(parts: list[Any], names: list[str]) -> SeenObject:
    boxes = [box_of(*one.get_bbox()) for one in parts]
    box = (*(min(b[i] for b in boxes) for i in (0, 1)), *(max(b[i] for b in boxes) for i in (2, 3)))
    mask: Mask | None = None
    for one in parts:
        if hasattr(one, "image"):
            mask = one.image.astype(bool) if mask is None else mask | one.image.astype(bool)
    marks = parts[0].attributes
    return SeenObject(names[parts[0].label], box, mask, bool(marks.get("is_crowd") or marks.get("difficult")))


def read_coco(labels: Labels) -> Iterator[SeenImage]:
    """``coco_instances``."""
    (labels.scratch / "annotations").mkdir()
    (labels.scratch / "images").mkdir()
    for split, file in zip(labels.splits or ("train",), coco_files(labels), strict=True):
        (labels.scratch / "annotations" / f"instances_{split}.json").symlink_to(file)
        (labels.scratch / "images" / split).symlink_to(labels.folder / "images")
    return _read(labels.scratch, "coco_instances")


def read_voc(labels: Labels) -> Iterator[SeenImage]:
    """``voc_detection``, asked to take VOC's numbers for what they are."""
    return _read(labels.folder, "voc_detection", coordinate_mode="voc-one-based")


def read_voc_devkit(labels: Labels) -> Iterator[SeenImage]:
    """The same in the development kit's layout."""
    return _read(labels.folder / "VOCdevkit" / "VOC2012", "voc_detection", coordinate_mode="voc-one-based")


def read_yolo(labels: Labels) -> Iterator[SeenImage]:
    """``yolo`` finds Ultralytics' layout by itself."""
    copy = shutil.copytree(labels.folder, labels.scratch / "copy")
    stems = {path.stem for path in copy.glob("images/**/*.*")}
    for path in copy.glob("labels/**/*.txt"):
        if path.stem not in stems:
            path.unlink()
    return _read(copy, "yolo")


def read_kitti(labels: Labels) -> Iterator[SeenImage]:
    """``kitti_detection``; it takes the inclusive right and lower edges for the outer ones."""
    return _read(labels.folder, "kitti_detection")


CONSUMERS = [
    Consumer("datumaro", "datumaro", ("COCO, classes from 1",), read_coco, "exact", ignored="told"),
    Consumer("datumaro", "datumaro", ("PASCAL",), read_voc, ignored="told"),
    Consumer("datumaro", "datumaro", ("PASCAL, voc2012",), read_voc_devkit, ignored="told"),
    Consumer("datumaro", "datumaro", ("YOLO",), read_yolo, opens_images=True),
    Consumer(
        "datumaro", "datumaro", ("KITTI",), read_kitti, "", (0.0, 0.0, -1.0, -1.0),
        opens_images=True, ignored="DontCare", white_space="_",
    ),
]  # fmt: skip
