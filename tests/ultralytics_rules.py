"""What Ultralytics makes of our files, by its own rules (8.4): label lines, their masks, and ``data.yaml``.

Its code is AGPL and pulls PyTorch in, so what decides is said here once more; the laboratory runs the real one.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import yaml
from numpy.typing import NDArray


def segments_of(text: str) -> list[tuple[int, NDArray[np.float32]]]:
    """Class and vertices (shares of the image) of each line of a label file, read as 32-bit floats."""
    rows = [line.split() for line in text.splitlines() if line]
    assert all(len(row) > 6 and len(row) % 2 for row in rows), "a line of fewer than three pairs is taken for a box"
    return [(int(row[0]), np.array(row[1:], np.float32).reshape(-1, 2)) for row in rows]


def mask_of(segment: NDArray[np.float32], width: int, height: int) -> NDArray[np.bool_]:
    """The mask that is trained on: scaled to the image, cut off to integers, filled with the edge pixels included."""
    scaled = segment * np.array([width, height], np.float32)
    mask = np.zeros((height, width), np.uint8)
    cv2.fillPoly(mask, scaled.astype(np.int32)[None], color=1)
    return mask.astype(np.bool_)


def resampled(segment: NDArray[np.float32], count: int = 1000) -> NDArray[np.float32]:
    """A segment as it goes into training: so many points along it, its own vertices among them."""
    if len(segment) >= count:
        return segment
    closed = np.concatenate([segment, segment[:1]])
    own = np.arange(len(closed))
    places = np.linspace(0, len(closed) - 1, count - len(closed))
    places = np.insert(places, np.searchsorted(places, own), own)
    return np.stack([np.interp(places, own, closed[:, i]) for i in (0, 1)], axis=1).astype(np.float32)


def iou(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    """Intersection over union; 1 for two empty masks."""
    either = np.count_nonzero(one | other)
    return np.count_nonzero(one & other) / either if either else 1.0


def parts_of(mask: NDArray[np.bool_]) -> list[NDArray[np.int64]]:
    """The pixels of each part of an object, ``row, column``: what hangs together by sides or corners."""
    count, labels = cv2.connectedComponents(mask.astype(np.uint8), connectivity=8)
    return [np.argwhere(labels == part) for part in range(1, count)]


def least_bridges(mask: NDArray[np.bool_]) -> int:
    """How many pixels a minimum spanning tree of an object's parts paints, a pixel wide: all pixels compared."""
    joined, *left = parts_of(mask)
    painted = 0
    while left:
        gaps = [int(np.abs(part[:, None] - joined).max(axis=2).min()) - 1 for part in left]
        painted += min(gaps)
        joined = np.concatenate([joined, left.pop(gaps.index(min(gaps)))])
    return painted


def dataset_of(file: Path) -> dict[str, Any]:
    """``data.yaml`` as ``check_det_dataset`` reads it from the current folder: paths resolved, or refused."""
    data = yaml.safe_load(file.read_text(encoding="utf-8"))
    for key in ("train", "val"):
        if key not in data:
            raise SyntaxError(f"{file} '{key}:' key missing")
    root = Path(data.get("path") or file.parent)
    for key in ("train", "val", "test"):
        if data.get(key):
            data[key] = (root / data[key]).resolve()
    if not data["val"].exists():
        raise FileNotFoundError(f"images not found, missing path {data['val']}")
    data["names"] = {int(index): str(name) for index, name in data["names"].items()}
    return dict(data)


def label_of(image: Path) -> Path:
    """Where the label file of an image is looked for."""
    head, _, tail = str(image).rpartition("/images/")
    return Path(f"{head}/labels/{tail}").with_suffix(".txt")
