"""Simplified polygons: fewer vertices, never further from the outline than asked for."""

import json

import numpy as np
import pytest
from border_following import decode, follow_borders, random_mask

from labelmill.geometry import coco_polygons, trace


def blob(rng, side):
    """Return a mask with one wavy shape, a slit in it now and then."""
    y, x = np.indices((side, side))
    angle = np.arctan2(y - side / 2, x - side / 2)
    radius = side * (0.3 + 0.1 * np.sin(int(rng.integers(1, 9)) * angle) + 0.06 * np.sin(23 * angle))
    mask = np.hypot((y - side / 2) * rng.uniform(0.7, 3), x - side / 2) < radius
    if rng.random() < 0.5:
        mask[side // 2 : side // 2 + 2, : side // 2] = False
    return mask


def sampled(ring):
    """Return points along a closed ring, a quarter of a pixel apart at most."""
    parts = []
    for begin, end in zip(ring, np.roll(ring, -1, axis=0), strict=True):
        step = 0.25 / max(np.abs(end - begin).max(), 0.25)
        parts.append(begin + (end - begin) * np.arange(0, 1, step)[:, None])
    return np.concatenate(parts)


def farthest(points, ring):
    """Return the largest distance of points from a closed ring's edges."""
    begin, run = ring, np.roll(ring, -1, axis=0) - ring
    square = np.maximum((run**2).sum(axis=1), 1e-12)
    nearest = np.full(len(points), np.inf)
    for start, step, length in zip(begin, run, square, strict=True):
        share = np.clip(((points - start) @ step) / length, 0, 1)
        nearest = np.minimum(nearest, np.hypot(*(points - start - share[:, None] * step).T))
    return nearest.max()


def check(contours, size, reach):
    """Compare each polygon of shapes without holes with its ring; return how many times fewer vertices there are."""
    outlines = trace(contours, [size] * len(contours))
    before = after = 0
    for index, text in enumerate(coco_polygons(outlines, reach)):
        rings = outlines.outer_rings(index)
        polygons = [np.array(polygon, float).reshape(-1, 2) for polygon in json.loads(text)]
        for polygon, ring in zip(polygons, rings, strict=True):
            assert len(polygon) >= 3
            assert max(farthest(sampled(polygon), ring), farthest(sampled(ring), polygon)) <= reach
            x, y = polygon.T
            assert abs((x * np.roll(y, -1) - np.roll(x, -1) * y).sum()) > 0
            before, after = before + len(ring), after + len(polygon)
    return before / after


@pytest.mark.parametrize(("reach", "fewer"), [(0.1, 0.9), (0.5, 1.2), (1.0, 3), (2.5, 5)])
def test_blobs(reach, fewer):
    rng = np.random.default_rng(7)
    contours = [[max(follow_borders(blob(rng, 120)), key=len)] for _ in range(10)]
    assert check(contours, (200, 200), reach) > fewer


@pytest.mark.parametrize("reach", [0.5, 1.0, 3.0])
def test_small_masks(reach):
    masks = [random_mask(np.random.default_rng(seed)) for seed in range(100)]
    contours = [
        [ring for ring, hole in zip(rings, trace([rings], [(24, 24)]).hole, strict=True) if not hole]
        for rings in map(follow_borders, masks)
    ]
    check(contours, (24, 24), reach)


@pytest.mark.parametrize(("reach", "fewer"), [(0.02, 0.9), (1.0, 8), (2.0, 10)])
def test_fine_sparse_contours(reach, fewer):
    angle = np.linspace(0, 2 * np.pi, 800)[::-1]
    radius = 40 + 5 * np.sin(5 * angle)
    ring = np.stack([50 + radius * np.cos(angle), 50 + radius * np.sin(angle)], axis=1).reshape(-1).tolist()
    assert check([[ring], [[number * 0.4 for number in ring]]], (101, 101), reach) > fewer


def test_coarse_sparse_contours_stay():
    ring = [10.5, 10, 10.5, 20, 10.25, 30, 20, 30, 30, 30.5, 30, 20, 30, 10, 20, 10, 15, 10]
    assert coco_polygons(trace([[ring]], [(100, 50)]), 1.0) == coco_polygons(trace([[ring]], [(100, 50)]))


def test_holes_are_cut_then_too():
    """A ring with a thick wall: off by no more than the two outlines may stray."""
    y, x = np.indices((160, 160))
    away = np.hypot(x - 80, y - 80)
    mask = (away < 70) & (away > 40)
    (text,) = coco_polygons(trace([follow_borders(mask)], [(160, 160)]), 1.0)
    (exact,) = coco_polygons(trace([follow_borders(mask)], [(160, 160)]))
    assert len(json.loads(text)) == 1
    assert len(text) * 3 < len(exact)
    off = decode(text, 160, 160) ^ mask
    assert off.any()
    assert not (off & (away < 68) & (away > 42)).any()
    assert not (off & ((away > 72) | (away < 38))).any()


def test_zero_changes_nothing():
    masks = [random_mask(np.random.default_rng(seed)) for seed in range(40)]
    outlines = trace([follow_borders(mask) for mask in masks], [mask.shape[::-1] for mask in masks])
    assert coco_polygons(outlines, 0.0) == coco_polygons(outlines)
    assert coco_polygons(outlines, 1.0) != coco_polygons(outlines)
