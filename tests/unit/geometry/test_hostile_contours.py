"""Contours that no channel should write: nothing breaks, and what can be kept is kept."""

import json
import time

import numpy as np
import pytest

from labelmill.geometry import coco_polygons, paint, trace, yolo_lines


def everything(contours, size=(50, 40)):
    outlines = trace(contours, [size] * len(contours))
    texts = coco_polygons(outlines)
    lines = yolo_lines(outlines)
    for index in range(len(contours)):
        paint(outlines, [index], [1], np.zeros((size[1], size[0]), np.uint8))
        value = json.loads(texts[index])
        assert isinstance(value, dict) or all(len(ring) >= 6 for ring in value)
        assert outlines.area(index) >= 0
        assert bool(lines[index]) == (outlines.first_ring[index] < outlines.first_ring[index + 1])
        assert not lines[index] or len(lines[index].split()) >= 6
    return outlines, texts


@pytest.mark.parametrize(
    ("contours", "segmentation", "area"),
    [
        ([], b"[]", 0),
        ([[]], b"[]", 0),
        ([[3]], b"[]", 0),
        ([[], [3], [1, 2]], b"[[1,3,2,3,2,2,1,2]]", 1),
        ([[1, 2, 9]], b"[[1,3,2,3,2,2,1,2]]", 1),
        ([[1, 2, 1, 2, 1, 2]], b"[[1,3,2,3,2,2,1,2]]", 1),
        ([[1, 2, 2, 2]], b"[[1,3,3,3,3,2,1,2]]", 2),
        ([[1, 2, 9, 2]], b"[[1.5,2.5,9.5,2.5,1.5,2.5]]", 9),
        ([[1, 2, 9, 2, 1, 2]], b"[[1.5,2.5,9.5,2.5,1.5,2.5]]", 9),
        ([[1.5, 2, 9, 2]], b"[]", 0),
        ([[1.5, 2]], b"[]", 0),
        ([[49, 39]], b"[[49,40,50,40,50,39,49,39]]", 1),
        ([[50, 40]], b"[]", 0),
        ([[-1, 0]], b"[]", 0),
        ([[10**30, 10**30]], b"[]", 0),
        ([[-(10**400), 5, 10**400, 5, 0, 6]], None, None),
        ([[-(10**9), -(10**9), -(10**9), 10**9, 10**9, 10**9, 10**9, -(10**9)]], b"[[0,0,0,40,50,40,50,0]]", 2000),
        ([[1e300, 1, 2.5, -1e300, -1e300, 5]], None, None),
    ],
)
def test_odd_contours(contours, segmentation, area):
    outlines, texts = everything([contours])
    if segmentation is not None:
        canonical = [sorted(zip(r[::2], r[1::2], strict=True)) for r in json.loads(texts[0])]
        assert canonical == [sorted(zip(r[::2], r[1::2], strict=True)) for r in json.loads(segmentation)]
        assert outlines.area(0) == area


def test_no_objects():
    outlines = trace([], [])
    assert (len(outlines), coco_polygons(outlines), yolo_lines(outlines)) == (0, [], [])


@pytest.mark.parametrize("seed", range(6))
def test_random_walks(seed):
    rng = np.random.default_rng(seed)
    contours = []
    for _ in range(300):
        rings = []
        for _ in range(int(rng.integers(0, 4))):
            walk = np.cumsum(rng.integers(-1, 2, (int(rng.integers(1, 40)), 2)), axis=0) + rng.integers(-5, 45, 2)
            rings.append((walk * rng.choice([1, 1, 1, 0.5, 3, -2])).reshape(-1).tolist())
        contours.append(rings)
    everything(contours)


@pytest.mark.parametrize("ring", [[5, 5], [1, 1, 9, 1, 9, 9], [9, 9, 9, 1, 1, 1.5], [1, 1, 1, 9, 9, 9, 9, 1]])
def test_hundred_thousand_rings(ring):
    begin = time.process_time()
    everything([[list(ring) for _ in range(100_000)]])
    assert time.process_time() - begin < 10


def test_image_sizes_do_not_allocate():
    ring = [1.5, 1, 2, 10**9, 10**9, 7]
    outlines = trace([[ring], [[1, 1]]], [(10**12, 10**12), (0, 0)])
    assert json.loads(coco_polygons(outlines)[1]) == []
    assert outlines.areas[1] == 0
    assert yolo_lines(outlines)[1] == b""


def test_deeply_nested_rings():
    rings = [[k, k, k, 1005 - k, 1005 - k, 1005 - k, 1005 - k, k] for k in range(500)]
    outlines, _ = everything([rings, rings * 2], (2000, 2000))
    assert outlines.hole[:500].tolist() == [False, True] * 250
    assert outlines.holes(1) == 0


def test_spirals_are_simplified_in_time():
    turns = np.arange(60_000)
    angle, radius = turns / 300, 4 + turns / 60
    ring = np.stack([1010 + radius * np.cos(angle), 1010 + radius * np.sin(angle)], axis=1).round(2).reshape(-1)
    begin = time.process_time()
    everything([[ring.tolist()]], (2020, 2020))
    assert time.process_time() - begin < 10
