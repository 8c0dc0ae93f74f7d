"""Masks and their contours, made as OpenCV's ``findContours(RETR_LIST, CHAIN_APPROX_NONE)`` makes them.

Follows the cracks between pixels with the object on the left and notes the object's pixels on the way; where
two pixels only touch at a corner, they hang together.
"""

import json

import numpy as np
from pycocotools import mask as coco_mask


def follow_borders(mask):
    """Return flat rings ``[x1, y1, ...]``: outer ones counter-clockwise on screen, holes clockwise."""
    padded = np.pad(mask, 1)
    cracks = {}  # (where it begins, where it heads) -> pixel on its left
    for y, x in np.argwhere(mask).tolist():
        for begin, (dx, dy), beyond in (
            ((x + 1, y), (-1, 0), padded[y, x + 1]),
            ((x, y), (0, 1), padded[y + 1, x]),
            ((x, y + 1), (1, 0), padded[y + 2, x + 1]),
            ((x + 1, y + 1), (0, -1), padded[y + 1, x + 2]),
        ):
            if not beyond:
                cracks[begin, (dx, dy)] = (x, y)
    rings = []
    while cracks:
        (x, y), (dx, dy) = next(iter(cracks))
        pixels = []
        while ((x, y), (dx, dy)) in cracks:
            pixels.append(cracks.pop(((x, y), (dx, dy))))
            x, y = x + dx, y + dy
            for turn in ((-dy, dx), (dx, dy), (dy, -dx)):  # right, on, left
                if ((x, y), turn) in cracks:
                    dx, dy = turn
                    break
        ring = [pixel for pixel, before in zip(pixels, pixels[-1:] + pixels[:-1], strict=True) if pixel != before]
        rings.append([number for pixel in (ring or pixels[:1]) for number in pixel])
    return rings


def random_mask(rng, kind=None):
    """Return a boolean mask of up to 24 x 24 pixels, with at least one pixel: noise, walls, blobs or parts."""
    height, width = (int(n) for n in rng.integers(1, 24, 2))
    kind = int(rng.integers(4)) if kind is None else kind
    if kind == 0:
        mask = rng.random((height, width)) < rng.uniform(0.2, 0.9)
    elif kind == 1:
        y, x = np.indices((height, width))
        mask = (x + y * int(rng.integers(-1, 2))) % int(rng.integers(2, 5)) == 0
        mask |= y % int(rng.integers(3, 7)) == 0
    elif kind == 2:
        y, x = np.indices((height, width))
        radius = np.hypot(x - rng.uniform(0, width), y - rng.uniform(0, height))
        mask = (radius < rng.uniform(2, 14)) & (radius > rng.uniform(0, 4))
    else:
        mask = np.zeros((height, width), bool)
        for _ in range(int(rng.integers(1, 5))):
            x, y, w, h = (int(n) for n in rng.integers(0, 12, 4))
            mask[y : y + h + 1, x : x + w + 1] ^= True
    mask[int(rng.integers(height)), int(rng.integers(width))] = True
    return mask


def decode(segmentation, height, width):
    """Decode a JSON segmentation with pycocotools to a boolean mask."""
    value = json.loads(segmentation)
    if not value:
        return np.zeros((height, width), bool)
    code = value if isinstance(value, dict) else coco_mask.merge(coco_mask.frPyObjects(value, height, width))
    return coco_mask.decode(code).astype(bool)


def fill(contours, height, width):
    """Fill flat rings of pixel centres, even-odd, by counting crossings: slow and sure."""
    inside = np.zeros((height, width), bool)
    y, x = np.indices((height, width)) + 0.0
    for ring in contours:
        points = np.array(ring, float).reshape(-1, 2)
        for (ax, ay), (bx, by) in zip(points, np.roll(points, -1, axis=0), strict=True):
            if ax == bx:
                continue
            passes = (np.minimum(ax, bx) <= x) & (x < np.maximum(ax, bx))
            inside ^= passes & (ay + (x - ax) * (by - ay) / (bx - ax) <= y)
    return inside
