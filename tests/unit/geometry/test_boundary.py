"""Boundary pixels: those that OpenCV's border follower notes, drawn by its filler they give the object back."""

import cv2
import numpy as np
import pytest
from border_following import follow_borders, random_mask
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from labelmill.geometry import trace
from labelmill.geometry.boundary import boundaries


def rings_of(contours, size):
    """Return the rings of one object, each a list of pixels."""
    found = boundaries(trace([contours], [size]))
    return [found.pixels[begin:end].tolist() for begin, end in zip(found.first, found.first[1:], strict=False)]


def from_start(ring):
    """Turn a ring so that it begins with its smallest pixel; of equals, so that the whole is the smallest."""
    return min(ring[i:] + ring[:i] for i in range(len(ring)) if ring[i] == min(ring))


def by_opencv(mask):
    """Return the rings that OpenCV finds, straight runs in the eight directions merged."""
    found, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    return sorted(from_start(ring.reshape(-1, 2).tolist()) for ring in found)


def check(mask):
    contours = follow_borders(mask)
    height, width = mask.shape
    rings = rings_of(contours, (width, height))
    assert len(rings) == len(contours)
    assert sorted(map(from_start, rings)) == by_opencv(mask)
    canvas = np.zeros(mask.shape, np.uint8)
    cv2.fillPoly(canvas, [np.array(ring, np.int32) for ring in rings], 1)
    assert (canvas == mask).all()


@pytest.mark.parametrize("seed", range(300))
def test_random_masks(seed):
    check(random_mask(np.random.default_rng(seed)))


@settings(max_examples=200)
@given(arrays(bool, st.tuples(st.integers(1, 9), st.integers(1, 9))).filter(np.any))
def test_any_mask(mask):
    check(mask)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (["#"], [[[0, 0]]]),
        (["###"], [[[2, 0], [0, 0]]]),
        (["#", "#"], [[[0, 0], [0, 1]]]),
        (["#..", ".#.", "..#"], [[[0, 0], [2, 2]]]),
        (["##", "##"], [[[1, 0], [0, 0], [0, 1], [1, 1]]]),
        ([".#.", "#.#", ".#."], [[[1, 0], [0, 1], [1, 2], [2, 1]], [[1, 0], [2, 1], [1, 2], [0, 1]]]),
    ],
)
def test_small_shapes(rows, expected):
    mask = np.array([[letter == "#" for letter in row] for row in rows])
    rings = rings_of(follow_borders(mask), mask.shape[::-1])
    assert sorted(map(from_start, rings)) == sorted(map(from_start, expected))


def test_independent_of_the_batch():
    masks = [random_mask(np.random.default_rng(seed)) for seed in range(200)]
    contours = [*(follow_borders(mask) for mask in masks), [[0.5, 0.5, 9.25, 1, 4, 7.125]], []]
    sizes = [*(mask.shape[::-1] for mask in masks), (12, 8), (5, 5)]
    alone = [ring for rings, size in zip(contours, sizes, strict=True) for ring in rings_of(rings, size)]
    order = np.random.default_rng(0).permutation(len(contours))
    outlines = trace([contours[i] for i in order], [sizes[i] for i in order])
    found = boundaries(outlines)
    together = [found.pixels[a:b].tolist() for a, b in zip(found.first, found.first[1:], strict=False)]
    assert sorted(together) == sorted(alone)
    assert np.diff(outlines.first_ring).tolist() == [len(contours[i]) for i in order]


def test_sparse_vertices_are_the_pixels_that_they_lie_in():
    assert rings_of([[1.49, 1, 1.5, 8.5, 9, 9.25]], (20, 20)) == [[[1, 1], [2, 9], [9, 9]]]


def test_runs_of_sparse_rings_are_merged():
    ring = [1, 1, 1, 4, 1, 9, 5, 13, 9, 17, 9, 9, 9, 9.25, 9, 1, 5, 1]
    assert rings_of([ring], (20, 20)) == [[[1, 1], [1, 9], [9, 17], [9, 1]]]
    assert rings_of([[1, 1, 1.25, 9, 1.5, 9, 2, 1.25]], (20, 20)) == [[[1, 1], [1, 9], [2, 9], [2, 1]]]


def test_sparse_rings_smaller_than_a_pixel():
    assert rings_of([[3.1, 3, 3.4, 3, 3, 3.4]], (9, 9)) == [[[3, 3]]]
    assert rings_of([[3.1, 3, 8.4, 3, 3, 3.4]], (9, 9)) == [[[3, 3], [8, 3]]]


@pytest.mark.parametrize("scale", [1, 1.3])
def test_what_reaches_beyond_the_image_ends_at_its_last_pixels(scale):
    ring = [number * scale for number in (-4, -4, -4, 2, 12, 2, 12, -4)]
    assert [from_start(r) for r in rings_of([ring], (8, 6))] == [
        [[0, 0], [0, round(2 * scale)], [7, round(2 * scale)], [7, 0]]
    ]


def test_dense_rings_that_reach_beyond():
    mask = np.zeros((40, 40), bool)
    y, x = np.indices(mask.shape)
    mask[np.hypot(x - 11, y - 30) < 13] = True
    contours = [(np.array(ring).reshape(-1, 2) - (5, 2)).reshape(-1).tolist() for ring in follow_borders(mask)]
    ring = rings_of(contours, (16, 34))[0]
    canvas = np.zeros((34, 16), np.uint8)
    cv2.fillPoly(canvas, [np.array(ring, np.int32)], 1)
    assert (canvas == mask[2:36, 5:21]).all()
