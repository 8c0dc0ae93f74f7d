"""Several rings as one closed walk, by bridges of no width.

Round a ring, across a bridge to another one, round that, back the same way, on. Filled by parity a bridge cancels
itself, so the walk covers what its rings cover.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .clipping import following
from .rings import members, offsets, portions
from .spanning import Ends, spanning_trees

MOST: Final = 256
EACH: Final = 32
"""Rings of more grid points than ``MOST`` and ``EACH`` a vertex have bridges from some of them only: few bytes can tell
of long edges, and many of them."""

MOST_IN_GROUP: Final = 1 << 20
"""Of a group of many rings, as many grid points together, about."""

PORTION: Final = 1 << 18
"""Grid points joined at a time, about; one group alone may have more. So memory is bounded."""


class Grid(NamedTuple):
    """The grid points of rings, in the order of the walk round each.

    Attributes:
        points: Shape ``(N, 2)``.
        first: Where each ring begins and, last, ``N``; shape ``(R + 1,)``.
        vertex: Whether a point is a vertex of its ring, shape ``(N,)``; a ring's first point is.
    """

    points: NDArray[np.int64]
    first: NDArray[np.int64]
    vertex: NDArray[np.bool_]


def join_rings(
    vertices: NDArray[np.int64], first: NDArray[np.int64], group_first: NDArray[np.int64], pixel: int = 1
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Join all rings of each group to one closed walk, by a minimum spanning tree of bridges.

    Bridges are as short as they get, counted in pixels passed (see ``spanning``); they end at grid points of the
    rings (see :func:`grid`). Of rings with edges in the eight directions no bridge crosses one, so a hole is reached
    inside its part; of others a bridge may, which parity forgives.

    Args:
        vertices: Shape ``(V, 2)``, whole numbers, any frame.
        first: Where each ring begins and, last, ``V``; shape ``(R + 1,)``; no ring is empty.
        group_first: Each group's first ring and, last, ``R``; shape ``(G + 1,)``; no group is empty.
        pixel: How many units of the vertices a pixel is wide.

    Returns:
        The walks' vertices, shape ``(W, 2)``, and where each walk begins and, last, ``W``; shape ``(G + 1,)``. A walk
        begins with the first vertex of its group's first ring and never stays in place; one ring stays as it is.

    Example:
        >>> around, hole = [[0, 0], [0, 5], [5, 5], [5, 0]], [[2, 3], [3, 3], [3, 4], [2, 4]]
        >>> walks, _ = join_rings(np.array(around + hole), np.array([0, 4, 8]), np.array([0, 2]))
        >>> walks.tolist()
        [[0, 0], [0, 5], [2, 5], [2, 4], [2, 3], [3, 3], [3, 4], [2, 4], [2, 5], [5, 5], [5, 0]]
    """
    rings = np.diff(group_first)
    most = np.repeat(np.maximum(MOST_IN_GROUP // rings, 1), rings)
    count = np.diff(first)
    longest = np.abs(vertices[following(first)] - vertices).max(axis=1) // pixel + 1
    expected = np.minimum(np.add.reduceat(longest, first[:-1]), np.minimum(MOST + EACH * count, most) + count)
    walks = []
    for groups in portions(np.arange(len(rings)), np.add.reduceat(expected, group_first[:-1]), PORTION):
        own_groups = group_first[groups[0] : groups[-1] + 2]
        own = slice(own_groups[0], own_groups[-1])
        own_first = first[own.start : own.stop + 1]
        some = vertices[own_first[0] : own_first[-1]]
        points = grid(some, own_first - own_first[0], pixel, most[own])
        own_groups = own_groups - own.start
        walks.append(walk_round(points, spanning_trees(points.points, points.first, own_groups), own_groups))
    if len(walks) == 1:
        return walks[0]
    lengths = [np.diff(walk_first) for _, walk_first in walks]
    return np.concatenate([vertices[:0], *(walk for walk, _ in walks)]), offsets(np.concatenate([first[:0], *lengths]))


def grid(
    vertices: NDArray[np.int64],
    first: NDArray[np.int64],
    pixel: int = 1,
    most: int | NDArray[np.int64] = MOST_IN_GROUP,
) -> Grid:
    """List the points of closed rings where bridges may end: their vertices, and points on their edges.

    On an edge that is level or upright these are a pixel apart, about; on another one they are those that lie on it
    exactly, whole pixels from its begin. Of a ring with too many only every second, or every third ... of an edge's
    points is taken, and every vertex.

    Args:
        vertices: Shape ``(V, 2)``, whole numbers.
        first: Where each ring begins and, last, ``V``; shape ``(R + 1,)``; no ring is empty.
        pixel: How many units a pixel is wide.
        most: Points a ring, its vertices aside, if fewer than ``MOST`` and ``EACH`` a vertex; shape ``(R,)``, or one
            number for all.
    """
    count = np.diff(first)
    step = vertices[following(first)] - vertices
    long = np.abs(step[:, 0]) + np.abs(step[:, 1])
    parts = np.maximum(long // pixel, 1)
    slanted = np.flatnonzero((step[:, 0] != 0) & (step[:, 1] != 0))
    if len(slanted):
        common = np.gcd(step[slanted, 0], step[slanted, 1])
        parts[slanted] = np.where(common % pixel == 0, np.maximum(common // pixel, 1), 1)
    stride = -(-np.add.reduceat(parts, first[:-1]) // np.minimum(MOST + EACH * count, most))
    stride = np.repeat(stride, count)
    each = -(-parts // stride)
    edge = np.repeat(np.arange(len(vertices)), each)
    along = members(np.zeros(len(vertices), np.int64), each)
    vertex = along == 0
    whole, rest = np.divmod(step, parts[:, None])
    along *= stride[edge]
    points = np.empty((len(edge), 2), np.int64)
    for axis in (0, 1):
        numbers = whole[:, axis].take(edge)
        numbers *= along
        numbers += vertices[:, axis].take(edge)
        if rest[:, axis].any():  # straight edges that are not whole pixels long
            numbers += rest[:, axis].take(edge) * along // parts.take(edge)
        points[:, axis] = numbers
    return Grid(points, offsets(each)[first], vertex)


def walk_round(grid: Grid, ends: Ends, group_first: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Walk round all rings of each group, across bridges.

    Args:
        grid: The rings' points.
        ends: Bridges by the indices of their ends, shape ``(B, 2)``: a spanning tree of each group's rings.
        group_first: Each group's first ring and, last, the number of rings; shape ``(G + 1,)``; no group is empty.

    Returns:
        As :func:`join_rings`.
    """
    # Stops: a ring's first point and the ends of bridges. A stop is left for the next one, along the ring.
    stops = np.unique(np.concatenate([grid.first[:-1], ends.ravel()]))
    shown = grid.vertex.copy()
    shown[stops] = True
    rank = offsets(shown)  # of points among those that are shown
    ring_stops = np.searchsorted(stops, grid.first)
    after = following(ring_stops)
    begin = rank[stops]
    end = np.append(begin[1:], rank[-1])
    end[ring_stops[1:] - 1] = rank[grid.first[1:]]
    starts = ring_stops[group_first[:-1]]
    stop, on, tour_first = _tours(after, np.searchsorted(stops, ends), starts)
    count = np.where(on, (end - begin)[stop], 1)
    walk = grid.points[np.flatnonzero(shown)[members(begin[stop], count)]]
    walk_first = offsets(count)[tour_first]
    moved = (walk != walk[following(walk_first)]).any(axis=1)
    moved[walk_first[:-1][~np.logical_or.reduceat(moved, walk_first[:-1])]] = True  # of one place, one point
    return walk[moved], offsets(moved)[walk_first]


def _tours(
    after: NDArray[np.int64], bridges: NDArray[np.int64], starts: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.bool_], NDArray[np.int64]]:
    # -> stops in the order of all walks, whether each is left along its ring, and where each walk begins.
    target, on, stop = after.tolist(), [True] * len(after), list(range(len(after)))
    for one, other in bridges.tolist():
        # Two rounds become one: each end is left for the other end's double, which is left as that end was.
        double = len(stop)
        target += [target[one], target[other]]
        on += [on[one], on[other]]
        stop += [one, other]
        target[one], target[other] = double + 1, double
        on[one] = on[other] = False
    tour: list[int] = []
    first = [0]
    for start in starts.tolist():
        tour.append(start)
        while (node := target[tour[-1]]) != start:
            tour.append(node)
        first.append(len(tour))
    order = np.array(tour, np.int64)
    return np.array(stop, np.int64)[order], np.array(on, np.bool_)[order], np.array(first)
