"""The truth about a dataset, read from its own files alone: nothing of labelmill's is used.

Boxes are the source's plus the pixel that its extents lack. Pixels are the mask's, but for specks that no contour
goes through: the channel dropped them. An object that has nothing but an id has all its pixels, and their box. Without
a mask pixels are what OpenCV, whose border follower makes such contours, fills. Maps are run by Python's own ``eval``:
they are the sample's, or come with the caller's own datasets.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import yaml
from numpy.typing import NDArray
from PIL import Image

from .seen import Box, Mask


@dataclass(frozen=True)
class TrueObject:
    """One labelled object; ``contours`` are its points as listed, ``ignored`` if the map says so."""

    name: str
    ignored: bool
    box: Box
    id: int
    contours: list[NDArray[np.int32]]


@dataclass(frozen=True)
class TrueImage:
    """One image; ``ids`` is its mask, None without one."""

    name: str
    width: int
    height: int
    has_file: bool
    ids: NDArray[np.int64] | None
    objects: list[TrueObject] = field(default_factory=list)

    def mask(self, one: TrueObject) -> Mask:
        """The pixels of one of its objects."""
        drawn = np.zeros((self.height, self.width), np.uint8)
        if self.ids is None:
            cv2.drawContours(drawn, one.contours, -1, 1, cv2.FILLED)
            return drawn.astype(bool)
        if not one.contours:
            return np.asarray(self.ids == one.id)
        count, parts = cv2.connectedComponents((self.ids == one.id).astype(np.uint8), connectivity=8)
        keep = np.zeros(count, bool)
        for contour in one.contours:
            keep[parts[contour[:, 1], contour[:, 0]]] = True
        keep[0] = False
        return np.asarray(keep[parts])


def read_truth(dataset: Path, map_file: Path | None) -> list[TrueImage]:
    """All images of a dataset under a map; without one each type is a class."""
    classify = _rules(map_file) if map_file else lambda item, *_: (item["type"], False)
    images = []
    for path in sorted((dataset / "annotations").glob("*-ana.json")):
        annotation = json.loads(path.read_text())
        stem = path.name.removesuffix("-ana.json")
        metadata = json.loads((dataset / "metadata" / f"{stem}-metadata.json").read_text())
        items = {item["id"]: item for item in metadata["objects"]}
        file, mask = dataset / "images" / annotation["filename"], dataset / "masks" / f"{stem}.png"
        ids = np.asarray(Image.open(mask)).astype(np.int64) if mask.is_file() else None
        width, height = Image.open(file if file.is_file() else mask).size
        image = TrueImage(annotation["filename"], width, height, file.is_file(), ids)
        for entry in annotation["annotations"]:
            name, ignored = classify(items[entry["id"]], metadata, entry)
            if name:
                x, y, w, h = entry.get("bbox") or _extent(ids == entry["id"])
                box = (max(0.0, x), max(0.0, y), min(width, x + w + 1.0), min(height, y + h + 1.0))
                points = [np.array(ring, np.int32).reshape(-1, 2) for ring in entry.get("segmentation", ())]
                image.objects.append(TrueObject(name, ignored, box, entry["id"], points))
        images.append(image)
    return images


def _extent(mask: Mask) -> tuple[int, int, int, int]:
    """A box as the source has it, a pixel short."""
    rows, columns = np.nonzero(mask.any(axis=1))[0], np.nonzero(mask.any(axis=0))[0]
    return columns[0], rows[0], columns[-1] - columns[0], rows[-1] - rows[0]


def _rules(map_file: Path) -> Callable[[dict[str, Any], dict[str, Any], dict[str, Any]], tuple[str, bool]]:
    """What a map says of an object: its class, by the first rule that is true (none: empty), and if it is ignored."""
    document = yaml.safe_load(map_file.read_text())
    names = {number: names[-1] for number, names in document["classes"].items()}

    def classify(item: dict[str, Any], metadata: dict[str, Any], entry: dict[str, Any]) -> tuple[str, bool]:
        known = {"obj": item, "metadata": metadata, "ann": entry}
        numbers = (n for rule, n in document["properties"].items() if eval(rule, dict(known)))  # noqa: S307  # see above
        name = names.get(next(numbers, None), "")
        drop, ignore = (
            any(eval(rule, dict(known)) for rule in document.get(key, ()))  # noqa: S307
            for key in ("drop", "ignore")
        )
        return ("" if drop else name), ignore

    return classify


def pieces(mask: Mask) -> tuple[int, int]:
    """How many parts (8-connected) and holes (4-connected) a mask has."""
    padded = np.pad(mask, 1).astype(np.uint8)
    parts = cv2.connectedComponents(padded, connectivity=8)[0] - 1
    holes = cv2.connectedComponents(1 - padded, connectivity=4)[0] - 2
    return parts, holes


def tree_iou(mask: Mask) -> float:
    """IoU of a mask with itself joined by a minimum spanning tree of its parts, drawn a pixel wide.

    Source: the bound of ``YOLO_SEG`` for an object of several parts. A bridge of ``n`` steps adds ``n - 1`` pixels.
    """
    count, parts = cv2.connectedComponents(mask.astype(np.uint8), connectivity=8)
    inside = cv2.erode(mask.astype(np.uint8), np.ones((3, 3), np.uint8), borderValue=0).astype(bool)
    points = [np.argwhere((parts == part) & ~inside) for part in range(1, count)]
    joined, left, added = [0], list(range(1, len(points))), 0
    while left:
        gap, nearest = min((_gap(points[a], points[b]), b) for a in joined for b in left)
        joined.append(nearest)
        left.remove(nearest)
        added += gap - 1
    area = int(mask.sum())
    return area / (area + added)


def _gap(a: NDArray[np.int64], b: NDArray[np.int64]) -> int:
    """Fewest steps to one of 8 neighbours between two sets of pixels."""
    return min(int(np.abs(b - point).max(axis=1).min()) for point in a)
