"""A consumer's view against the truth: one cell of the table."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from .seen import NO_OFFSET, Box, Consumer, Mask, SeenImage, SeenObject
from .truth import TrueImage, pieces, tree_iou

BOX_TOLERANCE_PX = 0.02  # two decimals in KITTI, six of the image's size in YOLO
STRAY_PIXELS = 2  # see seen.MaskRule
BRIDGE_TOLERANCE = 0.001  # a bridge's line may be drawn one way there and another way back
OTHER_CLASS_PX = 0.25  # of objects with equal boxes the one of the same class is the match


@dataclass
class Cell:
    """Counts are pairs: seen, true. ``faults`` is empty when all is right; ``refused`` when nothing could be read."""

    images: list[int] = field(default_factory=lambda: [0, 0])
    objects: list[int] = field(default_factory=lambda: [0, 0])
    negatives: list[int] = field(default_factory=lambda: [0, 0])
    classes: list[int] = field(default_factory=lambda: [0, 0])
    box: float | None = None
    blamed: float = 0.0  # of ``box``, what the reader's own convention does not explain
    ious: list[float] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    refused: str = ""

    def add(self, other: Cell) -> None:
        """Take the figures of another dataset into these."""
        for mine, its in (
            (self.images, other.images), (self.objects, other.objects),
            (self.negatives, other.negatives), (self.classes, other.classes),
        ):  # fmt: skip
            mine[0] += its[0]
            mine[1] += its[1]
        if other.box is not None:
            self.box = max(self.box or 0.0, other.box)
        self.blamed = max(self.blamed, other.blamed)
        self.ious += other.ious
        self.faults += other.faults
        self.refused = self.refused or other.refused


def compare(consumer: Consumer, truth: list[TrueImage], seen: Iterable[SeenImage]) -> Cell:
    """Match images by name and objects by their places, and count."""
    expected = {t.name: _wanted(consumer, t) for t in truth if t.has_file or not consumer.opens_images}
    if not consumer.keeps_negatives:
        expected = {name: wanted for name, wanted in expected.items() if wanted}
    cell, names = Cell(), set()
    wrong = {"masks": 0, "marks": 0}
    for image in seen:
        cell.images[0] += 1
        if image.name not in expected or image.name in names:
            cell.faults.append(
                f"image {image.name} " + ("seen twice" if image.name in names else "is not in the dataset")
            )
            continue
        names.add(image.name)
        cell.negatives[0] += not expected[image.name] and not image.objects
        _objects(cell, consumer, expected[image.name], image.objects, wrong)
    cell.images[1] = len(expected)
    cell.objects[1] = sum(map(len, expected.values()))
    cell.negatives[1] = sum(not wanted for wanted in expected.values())
    for what in ("images", "objects", "negatives", "classes"):
        got, true_count = getattr(cell, what)
        if got != true_count:
            cell.faults.append(f"{what} {got} of {true_count}")
    if cell.blamed > BOX_TOLERANCE_PX:
        cell.faults.append(f"boxes {cell.blamed:.2f} px off")
    cell.faults += [f"{what} of {count} objects" for what, count in wrong.items() if count]
    return cell


def _wanted(consumer: Consumer, true: TrueImage) -> list[SeenObject]:
    """What a consumer should see in an image."""
    things = []
    for one in true.objects:
        is_thin = min(one.box[2] - one.box[0], one.box[3] - one.box[1]) <= 1.0
        if (one.ignored and consumer.ignored == "absent") or (is_thin and not consumer.keeps_thin):
            continue
        name = "DontCare" if one.ignored and consumer.ignored == "DontCare" else one.name
        mask = true.mask(one) if consumer.masks else None
        told = one.ignored and consumer.ignored == "told"
        things.append(SeenObject(name.replace(" ", consumer.white_space), one.box, mask, told))
    if consumer.kind == "objects":
        return things
    merged: dict[str, Mask] = {}
    for thing in things:
        name = "" if thing.ignored else thing.name
        merged[name] = merged[name] | thing.mask if name in merged else thing.mask
    return [SeenObject(name, None, mask, not name) for name, mask in merged.items()]


def _objects(
    cell: Cell, consumer: Consumer, wanted: list[SeenObject], seen: list[SeenObject], wrong: dict[str, int]
) -> None:
    """Match the objects of one image, the nearest first."""
    cell.objects[0] += len(seen)
    pairs = sorted((_distance(w, s), i, k) for i, w in enumerate(wanted) for k, s in enumerate(seen))
    left_true, left_seen = set(range(len(wanted))), set(range(len(seen)))
    for _, i, k in pairs:
        if i not in left_true or k not in left_seen:
            continue
        left_true.remove(i)
        left_seen.remove(k)
        thing, got = wanted[i], seen[k]
        cell.classes[0] += thing.name == got.name
        cell.classes[1] += 1
        wrong["marks"] += thing.ignored != got.ignored
        if thing.box is not None and got.box is not None:
            cell.box = max(cell.box or 0.0, _box_distance(thing, got))
            cell.blamed = max(cell.blamed, _box_distance(thing, got, consumer.box_offset))
        if thing.mask is not None and got.mask is not None:
            cell.ious.append(_iou(thing.mask, got.mask))
            wrong["masks"] += cell.ious[-1] < _least(consumer, thing.mask)


def _least(consumer: Consumer, mask: Mask) -> float:
    """The IoU that an object must reach."""
    if consumer.masks == "told":
        return 0.0
    if consumer.masks == "exact":
        return 1.0
    parts, holes = pieces(mask)
    least = 0.999 if holes else 1.0
    if parts > 1:
        least = min(least, tree_iou(mask)) - BRIDGE_TOLERANCE
    return least - (STRAY_PIXELS / np.count_nonzero(mask) if consumer.masks == "loaded" else 0.0)


def _distance(true: SeenObject, got: SeenObject) -> float:
    other = OTHER_CLASS_PX * (true.name != got.name)
    if true.box is not None and got.box is not None:
        return _box_distance(true, got) + other
    return 1.0 - _iou(true.mask, got.mask) + other if true.mask is not None and got.mask is not None else other


def _box_distance(true: SeenObject, got: SeenObject, offset: Box = NO_OFFSET) -> float:
    return max(abs(p + o - q) for p, q, o in zip(true.box or (), got.box or (), offset, strict=True))


def _iou(a: Mask, b: Mask) -> float:
    union = np.count_nonzero(a | b)
    return np.count_nonzero(a & b) / union if union else 1.0
