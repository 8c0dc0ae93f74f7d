"""Sparse and fractional contours: vertices, areas, clipping, holes."""

import json
import math

import numpy as np
import pytest
from border_following import decode, fill

from labelmill.geometry import coco_polygons, coco_run_lengths, collect, contour_extents, paint, trace


def random_polygon(rng, digits):
    """Return a star-shaped flat ring of 5 ... 12 vertices around the middle of a 40 x 40 image."""
    corners = int(rng.integers(5, 13))
    angles = 2 * math.pi * (np.arange(corners) + rng.uniform(0, 0.8, corners))[::-1] / corners
    radius = rng.uniform(4, 18, len(angles))
    points = np.stack([20 + radius * np.cos(angles), 20 + radius * np.sin(angles)], axis=1)
    return points.round(digits).reshape(-1).tolist()


def lattice_points(ring):
    """Count the lattice points in and on a star-shaped ring, by looking at each."""
    points = np.array(ring, int).reshape(-1, 2)
    inside = fill([ring], 41, 41)
    on = set()
    for (ax, ay), (bx, by) in zip(points.tolist(), np.roll(points, -1, axis=0).tolist(), strict=True):
        steps = max(math.gcd(bx - ax, by - ay), 1)
        on |= {(ax + (bx - ax) // steps * k, ay + (by - ay) // steps * k) for k in range(steps)}
    return sum(1 for y in range(41) for x in range(41) if inside[y, x] or (x, y) in on)


def test_vertices_move_by_half_a_pixel():
    outlines = trace([[[1, 1, 1, 9, 9, 9.25]]], [(20, 20)])
    assert coco_polygons(outlines) == [b"[[1.5,1.5,1.5,9.5,9.5,9.75]]"]
    assert outlines.areas == [32.0]
    assert outlines.ring(0).dtype == np.float64


def test_no_float_noise():
    rng = np.random.default_rng(0)
    numbers = rng.uniform(0, 4000, 3000).round(2).tolist()
    text = coco_polygons(trace([[numbers]], [(5000, 5000)]))[0]
    assert json.loads(text)[0] == [round(number + 0.5, 2) for number in numbers]
    assert text == b"[[%b]]" % b",".join(b"%g" % round(number + 0.5, 2) for number in numbers)


@pytest.mark.parametrize("limit", [900, 20_000, 8_000_000])
def test_shortest_form(limit):
    rng = np.random.default_rng(1)
    rings = []
    for digits in range(7):
        numbers = rng.uniform(1, limit, 400).round(digits)
        rings.append([float(n) for n in numbers] + [0.25, 1.5])
    for ring, text in zip(rings, coco_polygons(trace([[r] for r in rings], [(8_388_000, 8_388_000)] * 7)), strict=True):
        expected = [repr(round(number + 0.5, 6)).removesuffix(".0") for number in ring]
        assert text.decode() == f"[[{','.join(expected)}]]"


def test_lattice_areas():
    rng = np.random.default_rng(2)
    for _ in range(200):
        ring = random_polygon(rng, 0)
        x, y = np.array(ring).reshape(-1, 2).T
        if (x * np.roll(y, -1) - np.roll(x, -1) * y).sum() == 0:
            continue
        points = np.array(ring).reshape(-1, 2)
        if len(np.unique(points, axis=0)) < len(points):
            continue
        outlines = trace([[ring]], [(41, 41)])
        assert outlines.area(0) == lattice_points(ring)
        assert type(outlines.area(0)) is int


def test_holes_take_away_what_lies_inside():
    outer, hole = [0, 0, 0, 20, 20, 20, 20, 0], [5, 5, 10, 5, 10, 10, 5, 10]
    outlines = trace([[hole, outer]], [(40, 40)])
    assert outlines.area(0) == 21 * 21 - 4 * 4
    assert outlines.holes(0) == 1
    fractional = trace([[[n + 0.25 for n in ring] for ring in (outer, hole)]], [(40, 40)])
    assert fractional.areas == [400.0 - 25]


@pytest.mark.parametrize("turn", [1, -1])
def test_nesting_when_all_wind_alike(turn):
    squares = [[k, k, k, 40 - k, 40 - k, 40 - k, 40 - k, k] for k in (0, 5, 10)]
    beside = [50, 0, 50, 9, 59, 9, 59, 0]
    rings = [np.array(ring).reshape(-1, 2)[::turn].reshape(-1).tolist() for ring in [*squares[::-1], beside]]
    outlines = trace([rings], [(80, 80)])
    assert outlines.hole.tolist() == [False, True, False, False]
    assert outlines.area(0) == 41**2 - 29**2 + 21**2 + 100


def test_run_lengths_follow_pixel_centres():
    rng = np.random.default_rng(3)
    for _ in range(150):
        hole = [20.3, 17.3, 22.8, 20.1, 20.1, 22.7, 17.2, 20.4]
        contours = [random_polygon(rng, 3), hole]
        outlines = trace([contours], [(40, 40)])
        expected = fill(contours, 40, 40)
        if outlines.holes(0):
            assert (decode(coco_run_lengths(outlines, np.zeros(1, int))[0], 40, 40) == expected).all()
        assert (paint(outlines, [0], [1], np.zeros((40, 40), np.uint8)) == expected).all()


def test_mixed_dense_and_sparse_rings():
    dense, sparse = [30, 30, 30, 31, 31, 31, 31, 30], [1, 1, 1, 20, 20, 20, 20, 1]
    outlines = trace([[dense, sparse], [sparse, dense]], [(40, 40)] * 2)
    first, second = (json.loads(text) for text in coco_polygons(outlines))
    assert first == second[::-1]
    assert first[0] == [30, 30, 30, 32, 32, 32, 32, 30]
    assert outlines.areas == [404, 404]
    hole = [5, 5, 6, 5, 6, 6, 5, 6]
    outlines = trace([[sparse, hole]], [(40, 40)])
    assert outlines.hole.tolist() == [False, True]


def test_clipping_cuts_edges_where_they_cross():
    outlines = trace([[[-10.5, -0.5, 9.5, 19.5, 9.5, -0.5]]], [(20, 20)])
    assert json.loads(coco_polygons(outlines)[0]) == [[0, 0, 0, 10, 10, 20, 10, 0]]
    assert outlines.area(0) == 150
    around = trace([[[-99.5, -99.5, -99.5, 99.5, 99.5, 99.5, 99.5, -99.5]]], [(20, 10)])
    assert around.area(0) == 200
    beyond = trace([[[-9.5, 0.5, -9.5, 9.5, -1.5, 5.5]]], [(20, 10)])
    assert (beyond.areas, coco_polygons(beyond)) == ([0.0], [b"[]"])


def test_clipped_areas_match_pixels():
    rng = np.random.default_rng(4)
    for _ in range(100):
        ring = random_polygon(rng, 2)
        outlines = trace([[ring]], [(25, 30)])
        fine = [(number + 0.5) * 8 - 0.5 for number in ring]
        assert outlines.area(0) == pytest.approx(fill([fine], 240, 200).sum() / 64, abs=6)


def test_extents():
    contours = [[[3, 4, 7, 1, 5, 9], [-2, 5]], [], [[0.5, 2.25]]]
    extents = contour_extents(collect(contours))
    assert extents[0].tolist() == [-2, 1, 7, 9]
    assert np.isnan(extents[1]).all()
    assert extents[2].tolist() == [0.5, 2.25, 0.5, 2.25]
    assert contour_extents(collect([])).shape == (0, 4)
    assert contour_extents(collect([[[10**30, -(10**400)]]])).tolist() == [[2**23, -(2**23), 2**23, -(2**23)]]
