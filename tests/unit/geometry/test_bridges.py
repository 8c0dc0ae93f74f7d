"""Bridges between rings: the shortest there are, and one closed walk over them that covers what the rings cover."""

import tracemalloc
from itertools import pairwise

import numpy as np
import pytest
from border_following import follow_borders, random_mask

from labelmill.geometry import spanning, trace
from labelmill.geometry.bridges import EACH, MOST, grid, join_rings, walk_round
from labelmill.geometry.spanning import spanning_trees

MASKS = [random_mask(np.random.default_rng(1000 + seed)) for seed in range(400)]


def edge_rings(mask):
    """Return the rings along a mask's pixel edges."""
    return [np.array(ring, np.int64) for ring in trace([follow_borders(mask)], [mask.shape[::-1]]).rings(0)]


def centre_rings(mask):
    """Return the rings of pixel centres, straight runs merged: edges in all eight directions."""
    rings = []
    for ring in follow_borders(mask):
        points = np.array(ring).reshape(-1, 2)
        turns = (points - np.roll(points, 1, axis=0) != np.roll(points, -1, axis=0) - points).any(axis=1)
        rings.append(points[turns] if turns.any() else points[:1])
    return rings


def put_together(groups):
    """Return vertices, where each ring begins, and where each group begins."""
    rings = [ring for group in groups for ring in group]
    first = np.cumsum([0, *map(len, rings)])
    return np.concatenate(rings), first, np.cumsum([0, *map(len, groups)])


def length(one, other):
    apart = np.abs(one - other)
    return apart.max(axis=-1) * 10_000 + apart.min(axis=-1)


def shortest_in_all(rings):
    """Return the sum of the lengths of a minimum spanning tree of rings, all points compared."""
    total, joined, open_rings = 0, [rings[0]], list(rings[1:])
    while open_rings:
        near = [min(length(ring[:, None], other).min() for other in joined) for ring in open_rings]
        total += min(near)
        joined.append(open_rings.pop(near.index(min(near))))
    return total


def covered(polygon, shape):
    """Return the pixels that a polygon covers by parity: the edges left of each centre, modulo two."""
    inside = np.zeros(shape, bool)
    for (ax, ay), (bx, by) in zip(polygon.tolist(), np.roll(polygon, -1, axis=0).tolist(), strict=True):
        for row in range(min(ay, by), max(ay, by)):
            at = ax + (row + 0.5 - ay) * (bx - ax) / (by - ay)
            inside[row, int(np.ceil(at - 0.5)) :] ^= True
    return inside


def segment(begin, end):
    """Return points of an open segment, ends left out, some in each pixel that it passes."""
    share = (np.arange(1, 400) / 400)[:, None]
    return begin + (end - begin) * share


@pytest.mark.parametrize("rings_of", [edge_rings, centre_rings])
@pytest.mark.parametrize("few", [spanning.FEW, 0])
def test_no_tree_is_shorter(rings_of, few, monkeypatch):
    """By pairs and by wedges, of many objects at once."""
    monkeypatch.setattr(spanning, "FEW", few)
    groups = [rings_of(mask) for mask in MASKS[:200]]
    vertices, first, group_first = put_together(groups)
    points = grid(vertices, first)
    ends = spanning_trees(points.points, points.first, group_first)
    ring = np.searchsorted(points.first, ends, "right") - 1
    group = np.searchsorted(group_first, ring, "right") - 1
    assert (group[:, 0] == group[:, 1]).all()
    assert (np.bincount(group[:, 0], minlength=len(groups)) == np.diff(group_first) - 1).all()
    assert len(ends) > 500
    for index in range(len(groups)):
        mine = ends[group[:, 0] == index]
        rings = range(group_first[index], group_first[index + 1])
        each = [points.points[points.first[r] : points.first[r + 1]] for r in rings]
        assert length(*np.moveaxis(points.points[mine], 1, 0)).sum() == shortest_in_all(each)
        joined = {group_first[index]}
        for _ in mine:
            joined |= {r for pair in ring[group[:, 0] == index] if joined & set(pair) for r in pair}
        assert joined == set(rings)


def test_same_whatever_else_there_is():
    groups = [edge_rings(mask) for mask in MASKS[:60]]
    walks, first = join_rings(*put_together(groups))
    for index, group in enumerate(groups):
        alone, _ = join_rings(*put_together([group]))
        assert alone.tolist() == walks[first[index] : first[index + 1]].tolist()


def test_walks_cover_what_their_rings_cover():
    groups = [edge_rings(mask) for mask in MASKS]
    walks, first = join_rings(*put_together(groups))
    for index, mask in enumerate(MASKS):
        walk = walks[first[index] : first[index + 1]]
        assert (covered(walk, mask.shape) == mask).all()
        assert (walk != np.roll(walk, -1, axis=0)).any(axis=1).all()
        assert (walk[0] == groups[index][0][0]).all()


def test_walks_keep_every_edge_of_the_rings():
    """Each grid step of each ring once, each of a bridge once to and once fro."""
    for mask in MASKS[:200]:
        rings = edge_rings(mask)
        vertices, first, group_first = put_together([rings])
        points = grid(vertices, first)
        ends = spanning_trees(points.points, points.first, group_first)
        walk, _ = walk_round(points, ends, group_first)
        steps = sorted(step for ring in rings for step in unit_steps(ring))
        left = sorted(unit_steps(walk))
        for one, other in points.points[ends].tolist():
            if one != other:
                for step in unit_steps(np.array([one, other])):
                    left.remove(step)
        assert left == steps


def unit_steps(ring):
    """Return the steps from grid point to grid point of level and upright edges, other edges whole."""
    steps = []
    for begin, end in zip(ring.tolist(), np.roll(ring, -1, axis=0).tolist(), strict=True):
        run = np.subtract(end, begin)
        parts = int(np.abs(run).max()) if 0 in run else 1
        marks = [tuple((np.array(begin) + run * k // parts).tolist()) for k in range(parts + 1)]
        steps += pairwise(marks)
    return steps


def test_bridges_of_a_part_run_inside_it():
    """So a filler that paints edges, too, paints nothing more than without them."""
    bridges = 0
    for mask in MASKS:
        if parts(mask) > 1:
            continue
        vertices, first, group_first = put_together([edge_rings(mask)])
        points = grid(vertices, first)
        for one, other in points.points[spanning_trees(points.points, points.first, group_first)]:
            passed = segment(one, other)
            between = (passed != np.floor(passed)).any(axis=1)
            column, row = np.minimum(np.floor(passed[between]), np.array(mask.shape[::-1]) - 1).astype(int).T
            assert mask[row, column].all(), (mask.astype(int), one, other)
            bridges += 1
    assert bridges > 300


def parts(mask):
    """Return the number of an object's parts."""
    return sum(not hole for hole in trace([follow_borders(mask)], [mask.shape[::-1]]).hole)


def test_no_bridge_crosses_a_ring_of_pixel_centres():
    for mask in MASKS:
        vertices, first, group_first = put_together([centre_rings(mask)])
        points = grid(vertices, first)
        ends = points.points[spanning_trees(points.points, points.first, group_first)]
        steps = set(map(tuple, np.concatenate([points.points, points.points[following(points.first)]], 1).tolist()))
        for one, other in ends.tolist():
            run = np.subtract(other, one)
            if abs(run[0]) == abs(run[1]):  # only diagonals can slip between two neighbours
                for k in range(abs(run[0])):
                    x, y = np.add(one, np.sign(run) * k).tolist()
                    dx, dy = np.sign(run).tolist()
                    across = (x + dx, y, x, y + dy)
                    assert across not in steps
                    assert across[2:] + across[:2] not in steps


def following(first):
    after = np.arange(1, first[-1] + 1)
    after[first[1:] - 1] = first[:-1]
    return after


def test_several_bridges_from_one_point_and_trees_of_holes():
    around = np.array([[0, 0], [0, 40], [40, 40], [40, 0]])
    square = np.array([[0, 0], [2, 0], [2, 2], [0, 2]])
    chain_of_holes = [square + np.array([3 + 4 * k, 20]) for k in range(8)]
    walks, first = join_rings(*put_together([[around, *chain_of_holes]]))
    expected = np.ones((40, 40), bool)
    for hole in chain_of_holes:
        x, y = hole[0]
        expected[y : y + 2, x : x + 2] = False
    assert first.tolist() == [0, len(walks)]
    assert (covered(walks, (40, 40)) == expected).all()


def test_rings_that_touch():
    around, hole = np.array([[0, 0], [0, 4], [4, 4], [4, 0]]), np.array([[0, 0], [2, 1], [2, 2], [1, 2]])
    walks, _ = join_rings(*put_together([[around, hole]]))
    assert walks.tolist() == [[0, 0], [2, 1], [2, 2], [1, 2], [0, 0], [0, 4], [4, 4], [4, 0]]


def test_points_alone():
    dots = [np.array([[3, 3]]), np.array([[3, 3]]), np.array([[3, 7]])]
    walks, first = join_rings(*put_together([dots, dots[:2], dots[2:]]))
    assert walks.tolist() == [[3, 3], [3, 7], [3, 3], [3, 7]]
    assert first.tolist() == [0, 2, 3, 4]


def test_edges_of_all_kinds_have_grid_points():
    ring = np.array([[0, 0], [6, 4], [6, 1], [3, 1]]) * 100
    points = grid(ring, np.array([0, 4]), 100)
    assert (points.points / 100).tolist() == [[0, 0], [3, 2], [6, 4], [6, 3], [6, 2], [6, 1], [5, 1], [4, 1], [3, 1]]
    assert np.flatnonzero(points.vertex).tolist() == [0, 2, 5, 8]
    fraction = np.array([[0, 0], [0, 250], [333, 250]])
    points = grid(fraction, np.array([0, 3]), 100)
    assert points.points.tolist() == [[0, 0], [0, 125], [0, 250], [111, 250], [222, 250], [333, 250]]


def test_long_edges_cost_little():
    far = 1_000_000
    ring = np.array([[0, 0], [0, far], [far, far], [far, 0]])
    points = grid(ring, np.array([0, 4]))
    assert MOST < len(points.points) <= MOST + 4 * EACH + 4
    assert 4 < len(grid(ring, np.array([0, 4]), most=7).points) <= 7 + 4
    hole = ring // 2 + 10_000
    walks, _ = join_rings(*put_together([[ring, hole]]))
    assert 8 < len(walks) <= 12


def test_memory_is_bounded():
    """Whatever is told in few bytes: many rings of an object with long edges, many objects of two."""
    far = 1_000_000
    triangle = np.array([[0, 0], [far, 0], [far, 1]])
    rings = [triangle + np.array([0, 3 * row]) for row in range(1000)]
    square = np.array([[0, 0], [0, far], [far, far], [far, 0]])
    for groups in ([rings], [[square, square // 2 + 1000]] * 150):
        tracemalloc.start()
        walks, first = join_rings(*put_together(groups))
        assert tracemalloc.get_traced_memory()[1] < 250e6
        tracemalloc.stop()
        rings_joined, vertices = sum(map(len, groups)), sum(len(ring) for group in groups for ring in group)
        assert len(first) == len(groups) + 1
        assert vertices <= len(walks) <= vertices + 4 * rings_joined


def test_no_groups():
    walks, first = join_rings(np.zeros((0, 2), np.int64), np.zeros(1, np.int64), np.zeros(1, np.int64))
    assert walks.shape == (0, 2) and first.tolist() == [0]


@pytest.mark.parametrize("side", [450, 900])
def test_time_grows_with_the_points_whatever_the_shape(side):
    """Tens of thousands of holes in one object: 100,000 rings take seconds."""
    mask = np.ones((side, side), np.int64)
    rings = [np.array([[0, 0], [0, side], [side, side], [side, 0]])]
    square = np.array([[0, 0], [1, 0], [1, 1], [0, 1]])
    for y in range(1, side - 1, 3):
        for x in range(1 + y % 2, side - 1, 3):
            rings.append(square + np.array([x, y]))
            mask[y, x] = 0
    walks, _ = join_rings(*put_together([rings]))
    begin, end = walks, np.roll(walks, -1, axis=0)
    assert (begin[:, 0] * end[:, 1] - end[:, 0] * begin[:, 1]).sum() == -2 * mask.sum()
