"""RF-DETR's two readers, of Roboflow's COCO layout (made here by links) and of YOLO's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from trainers.seen import OF_CENTRES, Consumer, Labels, SeenImage, SeenObject

from .coco_api import coco_files


def _objects(target: dict[str, Any], names: dict[int, str]) -> list[SeenObject]:
    masks = target["masks"].numpy() if "masks" in target else [None] * len(target["labels"])
    return [
        SeenObject(names[int(c)], tuple(map(float, box)), mask)
        for c, box, mask in zip(target["labels"], target["boxes"], masks, strict=True)
    ]


def read_coco(labels: Labels) -> Iterator[SeenImage]:
    """``CocoDetection`` with masks and categories ranked, as it is built for a dataset of one's own."""
    from rfdetr.datasets.coco import CocoDetection

    for file in coco_files(labels):
        dataset = CocoDetection(labels.folder / "images", file, None, include_masks=True, remap_category_ids=True)
        names = {label: dataset.coco.cats[number]["name"] for label, number in dataset.label2cat.items()}
        for at, key in enumerate(dataset.ids):
            name = dataset.coco.loadImgs(key)[0]["file_name"]
            if (labels.folder / "images" / name).is_file():
                yield SeenImage(name, _objects(dataset[at][1], names))


def read_yolo(labels: Labels) -> Iterator[SeenImage]:
    """``YoloDetection`` of the folders that ``data.yaml`` names."""
    from rfdetr.datasets.yolo import YoloDetection, _resolve_yolo_split_dirs, find_yolo_data_file

    data = find_yolo_data_file(labels.folder)
    splits = labels.splits or ("train",)
    for images, texts in {_resolve_yolo_split_dirs(labels.folder, data, split) for split in splits}:  # val: train's
        if images.is_dir():
            dataset = YoloDetection(str(images), str(texts), str(data), include_masks=labels.folder.name == "yolo_seg")
            names = dict(enumerate(dataset.classes))
            for at in range(len(dataset)):
                yield SeenImage(Path(dataset.sv_dataset[at][0]).name, _objects(dataset[at][1], names))


PILLOW = "it draws by Pillow's rule, with the edges; the box of an object a pixel wide is nothing to it: left out"
ALL_COCO = ("COCO", "COCO, rle", "COCO, classes from 1")
CONSUMERS = [
    Consumer("RF-DETR", "rfdetr", ALL_COCO, read_coco, "exact", opens_images=True, optional=True),
    Consumer("RF-DETR", "rfdetr", ("YOLO",), read_yolo, opens_images=True, optional=True),
    Consumer(
        "RF-DETR", "rfdetr", ("YOLO_SEG",), read_yolo, "told", OF_CENTRES,
        opens_images=True, keeps_thin=False, optional=True, note=PILLOW,
    ),
]  # fmt: skip
