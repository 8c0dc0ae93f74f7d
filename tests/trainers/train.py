"""Trainings from nothing, small enough for a processor: what a trainer makes of our files, its loss before and after.

YOLO11n comes from its own YAML, torchvision's detector without weights: nothing is fetched.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .consumers.torchvision_sets import reference_mask
from .consumers.ultralytics_sets import ultralytics
from .seen import Labels

IMAGE_PX = 160
YOLO_EPOCHS = 20
SEED = 7


@dataclass(frozen=True)
class Training:
    """What was trained, on what, and its loss; ``refused`` where it could not be."""

    what: str
    before: float = 0.0
    after: float = 0.0
    refused: str = ""

    def line(self) -> str:
        """A line of the report."""
        if self.refused:
            return f"{self.what}: FAILED: {self.refused}"
        verdict = "" if self.has_learnt else ": FAILED"
        return f"{self.what}: loss {self.before:.3f} before, {self.after:.3f} after{verdict}"

    @property
    def has_learnt(self) -> bool:
        """Whether the loss fell."""
        return self.after < self.before


def train_yolo(labels: Labels, model: str, task: str) -> Training:
    """Some epochs of YOLO11n from ``data.yaml``; its loss is the mean sum of its parts in the first epoch and the last.

    Plots fetch a font, mixed precision and checks of it fetch weights: all off.
    """
    package = ultralytics()
    losses: list[float] = []
    yolo = package.YOLO(f"{model}.yaml", task=task)
    yolo.add_callback("on_train_epoch_end", lambda trainer: losses.append(sum(map(float, trainer.tloss.values()))))
    with contextlib.chdir(labels.scratch):
        yolo.train(
            data=str(labels.folder / "data.yaml"), epochs=YOLO_EPOCHS, imgsz=IMAGE_PX, batch=4, workers=0, device="cpu",
            amp=False, plots=False, val=False, save=False, pretrained=False, seed=SEED, verbose=False, mosaic=0.0,
            optimizer="AdamW", lr0=0.005, warmup_epochs=0.0, project=str(labels.scratch), exist_ok=True,
        )  # fmt: skip
    return Training(f"{model} on {labels.folder.name.upper()}, {YOLO_EPOCHS} epochs", losses[0], losses[-1])


def train_torchvision(labels: Labels) -> Training:
    """One epoch of torchvision's detector on COCO, its boxes those of polygons that the reference's conversion drew.

    As the reference does, images without objects are left out of training.
    """
    import torch
    from torchvision.models.detection import fasterrcnn_mobilenet_v3_large_320_fpn

    torch.manual_seed(SEED)
    pairs, classes = _coco_pairs(labels)
    model = fasterrcnn_mobilenet_v3_large_320_fpn(
        weights=None, weights_backbone=None, num_classes=classes + 1, min_size=IMAGE_PX, max_size=IMAGE_PX * 2
    )
    optimizer = torch.optim.SGD(model.parameters(), lr=0.005, momentum=0.9)
    before = _loss(model, pairs)
    model.train()
    for start in range(0, len(pairs), 2):
        images, targets = zip(*pairs[start : start + 2], strict=True)
        optimizer.zero_grad()
        sum(model(list(images), list(targets)).values()).backward()
        optimizer.step()
    name = "fasterrcnn_mobilenet_v3_large_320_fpn on COCO, 1 epoch"
    return Training(name, before, _loss(model, pairs))


def _coco_pairs(labels: Labels) -> tuple[list[tuple[Any, Any]], int]:
    """Images that have objects, with their targets, and the number of classes."""
    import torch
    from torchvision.datasets import CocoDetection
    from torchvision.ops import masks_to_boxes
    from torchvision.transforms.v2.functional import to_dtype, to_image

    dataset = CocoDetection(str(labels.folder / "images"), str(labels.folder / "coco.json"))
    ranks = {number: rank for rank, number in enumerate(sorted(dataset.coco.cats), start=1)}
    pairs = []
    for image, entries in dataset:
        height, width = image.height, image.width
        masks = [torch.from_numpy(reference_mask(one["segmentation"], height, width)) for one in entries]
        found = [(m, one) for m, one in zip(masks, entries, strict=True) if m.any()]
        if not found:
            continue
        boxes = masks_to_boxes(torch.stack([m for m, _ in found])) + torch.tensor([0.0, 0.0, 1.0, 1.0])
        labels_ = torch.tensor([ranks[one["category_id"]] for _, one in found])
        pairs.append(
            (to_dtype(to_image(image.convert("RGB")), torch.float32, scale=True), {"boxes": boxes, "labels": labels_})
        )
    return pairs, len(ranks)


def _loss(model: Any, pairs: list[tuple[Any, Any]]) -> float:
    """Mean loss over all images, nothing learnt: the same draws of proposals each time."""
    import torch

    model.train()
    torch.manual_seed(SEED)
    with torch.no_grad():
        losses = [float(sum(model([image], [target]).values())) for image, target in pairs]
    return sum(losses) / len(losses)


TRAININGS: dict[str, Callable[[Labels], Training]] = {  # by the variant that each is given
    "YOLO": lambda labels: train_yolo(labels, "yolo11n", "detect"),
    "YOLO_SEG": lambda labels: train_yolo(labels, "yolo11n-seg", "segment"),
    "COCO": train_torchvision,
}
