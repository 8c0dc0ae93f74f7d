"""YOLO polygons: six decimals, fewer vertices, never more than a pixel away."""

import re

import numpy as np
import pytest
from border_following import follow_borders, random_mask

from labelmill.geometry import trace, yolo_polygons


def blob(rng, side):
    """Return a mask with one wavy shape, a slit in it now and then."""
    y, x = np.indices((side, side))
    angle = np.arctan2(y - side / 2, x - side / 2)
    radius = side * (0.3 + 0.1 * np.sin(int(rng.integers(1, 9)) * angle) + 0.06 * np.sin(23 * angle))
    mask = np.hypot((y - side / 2) * rng.uniform(0.7, 3), x - side / 2) < radius
    if rng.random() < 0.5:
        mask[side // 2 : side // 2 + 2, : side // 2] = False
    return mask


def vertices(polygon, size):
    assert re.fullmatch(rb"( [01]\.[0-9]{6}){6,}", polygon)
    return np.array(polygon.split(), float).reshape(-1, 2) * size


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


def hausdorff(one, other):
    return max(farthest(sampled(one), other), farthest(sampled(other), one))


def check(contours, sizes):
    outlines = trace(contours, sizes)
    before = after = 0
    for index, polygons in enumerate(yolo_polygons(outlines)):
        rings = outlines.outer_rings(index)
        assert len(polygons) == len(rings)
        for polygon, ring in zip(polygons, rings, strict=True):
            simple = vertices(polygon, sizes[index])
            assert hausdorff(simple, ring.astype(float)) <= 1
            x, y = simple.T
            assert abs((x * np.roll(y, -1) - np.roll(x, -1) * y).sum()) > 0
            before, after = before + len(ring), after + len(simple)
    return before / after


def test_small_masks():
    masks = [random_mask(np.random.default_rng(seed)) for seed in range(150)]
    check([follow_borders(mask) for mask in masks], [mask.shape[::-1] for mask in masks])


@pytest.mark.parametrize("size", [(150, 140), (1920, 1080), (20_000, 30_000)])
def test_blobs(size):
    rng = np.random.default_rng(7)
    assert check([follow_borders(blob(rng, 120)) for _ in range(12)], [size] * 12) > 3


def test_fine_sparse_contours():
    angle = np.linspace(0, 2 * np.pi, 800)[::-1]
    radius = 40 + 5 * np.sin(5 * angle)
    ring = np.stack([50 + radius * np.cos(angle), 50 + radius * np.sin(angle)], axis=1).reshape(-1).tolist()
    assert check([[ring], [[number * 0.4 for number in ring]]], [(101, 101), (101, 101)]) > 8


def test_coarse_sparse_contours_stay():
    ring = [10.5, 10, 10.5, 20, 10.25, 30, 20, 30, 30, 30.5, 30, 20, 30, 10, 20, 10, 15, 10]
    polygon = yolo_polygons(trace([[ring]], [(100, 50)]))[0][0]
    assert vertices(polygon, (100, 50)) == pytest.approx(np.array(ring).reshape(-1, 2) + 0.5)


def test_small_shapes_stay():
    polygons = yolo_polygons(trace([[[4, 2]], [[0, 0, 1, 0, 2, 0, 3, 0, 2, 0, 1, 0]]], [(8, 4)] * 2))
    assert vertices(polygons[0][0], (8, 4)).tolist() == [[5, 2], [4, 2], [4, 3], [5, 3]]
    assert len(vertices(polygons[1][0], (8, 4))) == 4


def test_independent_of_the_batch():
    masks = [random_mask(np.random.default_rng(seed)) for seed in range(40)]
    contours = [*(follow_borders(mask) for mask in masks), [[0.5, 0.5, 9.25, 1, 4, 7.125]], []]
    sizes = [*(mask.shape[::-1] for mask in masks), (12, 8), (5, 5)]
    alone = [yolo_polygons(trace([rings], [size]))[0] for rings, size in zip(contours, sizes, strict=True)]
    assert yolo_polygons(trace(contours, sizes)) == alone


def test_holes_are_left_out():
    mask = np.ones((9, 9), bool)
    mask[3:5, 3:5] = False
    outlines = trace([follow_borders(mask)], [(9, 9)])
    assert outlines.holes(0) == 1
    assert len(yolo_polygons(outlines)[0]) == 1
