"""KITTI's development kit is C++ and MATLAB: its readme's rules, written down.

A label has 15 columns; ``calib/`` has ``P0`` to ``P3``, ``R0_rect``, ``Tr_velo_to_cam``, ``Tr_imu_to_velo``; ``x y z``
is the centre of a box's bottom face in the camera's frame, y down, and ``P2`` takes it to the image. Where the camera
is known the centre of every box in space has to fall on the ``centroid`` of an object at that distance.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from trainers.seen import Consumer, Labels, SeenImage, SeenObject

MATRICES = {"P0": 12, "P1": 12, "P2": 12, "P3": 12, "R0_rect": 9, "Tr_velo_to_cam": 12, "Tr_imu_to_velo": 12}
UNKNOWN_M = -1000.0
ROUNDED_PX = 1.0  # the dataset's centroids are whole pixels


def read(labels: Labels) -> Iterator[SeenImage]:
    """Every label file whose image is there; with splits those that the lists in ``ImageSets`` name."""
    lists = [labels.folder / "ImageSets" / f"{split}.txt" for split in labels.splits]
    stems = [line for file in lists if file.is_file() for line in file.read_text().splitlines()]
    for path in sorted((labels.folder / "image_2").iterdir()):
        if stems and path.stem not in stems:
            continue
        rows = [line.split(" ") for line in (labels.folder / "label_2" / f"{path.stem}.txt").read_text().splitlines()]
        if any(len(row) != 15 for row in rows):
            raise ValueError(f"{path.stem}.txt: not 15 columns")
        known = [row for row in rows if float(row[13]) != UNKNOWN_M]
        calibration = labels.folder / "calib" / f"{path.stem}.txt"
        if known:
            _check_places(labels, path.stem, known, _matrices(calibration)["P2"].reshape(3, 4))
        boxes = ((row[0], [float(value) for value in row[4:8]]) for row in rows if row[0] != "DontCare")
        yield SeenImage(path.name, [SeenObject(n, (b[0], b[1], b[2] + 1, b[3] + 1)) for n, b in boxes])


def _matrices(path: Path) -> dict[str, np.ndarray]:
    found = {}
    for line in path.read_text().splitlines():
        if line:
            name, _, numbers = line.partition(": ")
            found[name] = np.array(numbers.split(), float)
    if {name: len(numbers) for name, numbers in found.items()} != MATRICES:
        raise ValueError(f"calib/{path.name}: expected {', '.join(MATRICES)}")
    return found


def _check_places(labels: Labels, stem: str, rows: list[list[str]], to_image: np.ndarray) -> None:
    """Every centre in space against the dataset's centroids."""
    entries = json.loads((labels.source / "annotations" / f"{stem}-ana.json").read_text())["annotations"]
    for row in rows:
        height, x, y, z = (float(row[at]) for at in (8, 11, 12, 13))
        u, v, w = to_image @ (x, y - height / 2, z, 1.0)
        near = (one["centroid"] for one in entries if abs(one["distance"] - z) < 0.001)
        if not any(abs(u / w - c[1]) <= ROUNDED_PX and abs(v / w - c[0]) <= ROUNDED_PX for c in near):
            raise ValueError(f"{stem}: {row[0]} at {z} m: its centre falls on {u / w:.1f}, {v / w:.1f}")


CONSUMERS = [Consumer("the devkit's rules", "", ("KITTI",), read, opens_images=True, white_space="_")]
