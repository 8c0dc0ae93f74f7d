"""Ultralytics (AGPL, only run here): the dataset class that its trainers use, and its converter of COCO.

``YOLODataset`` goes the whole way of training but for augmentation: segments resampled, moved by the letterbox, scaled,
truncated, filled. It makes a segment's box of the segment's points, which are centres of pixels: half a pixel is
missing on each side.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from trainers.seen import NO_OFFSET, OF_CENTRES, Consumer, Labels, SeenImage, SeenObject

from .coco_api import coco_files


def ultralytics() -> Any:
    """The package, told to keep to itself: no telemetry, no downloads, no settings of the user's."""
    os.environ.setdefault("YOLO_CONFIG_DIR", tempfile.mkdtemp())
    os.environ.update(YOLO_OFFLINE="true", YOLO_AUTOINSTALL="false", YOLO_VERBOSE="false")
    import ultralytics

    ultralytics.settings.update({"sync": False})
    return ultralytics


def read_inside(labels: Labels) -> Iterator[SeenImage]:
    """Trained from the labels' own folder."""
    with contextlib.chdir(labels.folder):
        return _read(labels, labels.folder)


def read_from_source(labels: Labels) -> Iterator[SeenImage]:
    """Trained from the dataset's folder, which has an ``images`` of its own."""
    with contextlib.chdir(labels.source):
        return _read(labels, labels.folder)


def read_moved(labels: Labels) -> Iterator[SeenImage]:
    """Trained after the folder was moved and given another name."""
    moved = shutil.copytree(labels.folder, labels.scratch / "moved")
    with contextlib.chdir(labels.scratch):
        return _read(labels, moved)


def _read(labels: Labels, folder: Path) -> Iterator[SeenImage]:
    """``data.yaml`` resolved, then ``YOLODataset`` of each split."""
    ultralytics()
    from ultralytics.data.utils import check_det_dataset

    task = "segment" if labels.folder.name == "yolo_seg" else "detect"
    data = check_det_dataset(str(folder / "data.yaml"), autodownload=False)
    folders = {data[split]: None for split in labels.splits or ("train",) if split in data}  # val may be train's
    return itertools.chain.from_iterable(read_folder(folder, data, task) for folder in folders)


def read_polygons(labels: Labels) -> Iterator[SeenImage]:
    """Lines by the loader's own parser, each filled as it stands, nothing put between its points."""
    ultralytics()
    from ultralytics.data.utils import check_det_dataset, img2label_paths, polygon2mask, verify_image_label

    names = check_det_dataset(str(labels.folder / "data.yaml"), autodownload=False)["names"]
    for path in sorted((labels.folder / "images").glob("**/*.*")):
        text = img2label_paths([str(path)])[0]
        _, lines, size, segments, *_ = verify_image_label((str(path), text, "", False, len(names), 0, 0, False))
        filled = [polygon2mask(size, [(points * size[::-1]).reshape(-1)]).astype(bool) for points in segments]
        objects = [SeenObject(names[int(line[0])], None, mask) for line, mask in zip(lines, filled, strict=True)]
        yield SeenImage(path.name, objects)


def read_folder(images: str, data: dict[str, Any], task: str) -> Iterator[SeenImage]:
    """Each image of a folder at its own size, as a batch of training would hold it."""
    from PIL import Image
    from ultralytics.cfg import get_cfg
    from ultralytics.data.dataset import YOLODataset

    hyp = get_cfg(overrides={"mask_ratio": 1, "overlap_mask": False})
    sizes = {max(Image.open(path).size) for path in Path(images).iterdir() if path.suffix in {".png", ".jpg", ".jpeg"}}
    for size in sizes:
        dataset = YOLODataset(img_path=images, data=data, task=task, imgsz=size, augment=False, hyp=hyp, rect=False)
        for at, path in enumerate(dataset.im_files):
            width, height = Image.open(path).size
            if max(width, height) == size:
                yield SeenImage(Path(path).name, _objects(dataset[at], data["names"], width, height, size))


def _objects(item: dict[str, Any], names: dict[int, str], width: int, height: int, size: int) -> list[SeenObject]:
    """The objects of one item of a dataset, out of the letterbox."""
    left, top = round((size - width) / 2 - 0.1), round((size - height) / 2 - 0.1)
    centre = item["bboxes"].numpy()[:, :2] * size - (left, top)
    half = item["bboxes"].numpy()[:, 2:] * size / 2
    boxes = np.hstack([centre - half, centre + half])
    masks = (
        item["masks"].numpy()[:, top : top + height, left : left + width] > 0
        if "masks" in item
        else [None] * len(boxes)
    )
    return [
        SeenObject(names[int(c)], tuple(map(float, box)), mask)
        for c, box, mask in zip(item["cls"].numpy().ravel(), boxes, masks, strict=True)
    ]


def read_converted(labels: Labels) -> Iterator[SeenImage]:
    """``convert_coco``, then what ``YOLODataset`` makes of it; classes are COCO's numbers less one."""
    ultralytics()
    from ultralytics.data.converter import convert_coco

    for at, file in enumerate(coco_files(labels)):
        given, made = labels.scratch / f"given{at}", labels.scratch / f"made{at}"
        given.mkdir()
        (given / file.name).symlink_to(file)
        convert_coco(str(given), str(made), use_segments=True, cls91to80=False)
        document = json.loads(file.read_text())
        (made / "images" / file.stem).mkdir()
        for image in document["images"]:
            source = labels.folder / "images" / image["file_name"]
            if source.is_file():
                (made / "images" / file.stem / image["file_name"]).symlink_to(source)
        names = {category["id"] - 1: category["name"] for category in document["categories"]}
        yield from read_folder(str(made / "images" / file.stem), {"names": names}, "segment")


CONSUMERS = [
    *(
        Consumer(f"Ultralytics{where}", "ultralytics", (variant,), read, masks, offset, opens_images=True)
        for variant, masks, offset in (("YOLO", "", NO_OFFSET), ("YOLO_SEG", "loaded", OF_CENTRES))
        for where, read in (("", read_inside), (" from elsewhere", read_from_source), (", moved", read_moved))
    ),
    Consumer("Ultralytics polygon2mask", "ultralytics", ("YOLO_SEG",), read_polygons, "drawn", opens_images=True),
    Consumer(
        "Ultralytics convert_coco", "ultralytics", ("COCO, classes from 1",), read_converted, "told", opens_images=True,
        note="it fills polygons with their edges, on which COCO's outlines are not pixels",
    ),
]  # fmt: skip
