"""The shortest bridges that join rings: minimum spanning trees, many at once.

A bridge is as long as the pixels it passes, ``max(|dx|, |dy|)``; of two as long, the straighter one is the shorter,
the one with the smaller ``min(|dx|, |dy|)``. So the open segment of a chosen bridge meets no ring of its group: a ring
between would be nearer to both ends. Hence a bridge from a hole runs inside its part.

Source:
    Few rings: all pairs of blocks of neighbouring points, those left out that are further apart than two points known.
    Many: Guibas and Stolfi 1983, "On computing all north-east nearest neighbors in the L1 metric": the nearest point
    in each of four wedges of 45 degrees is enough for a spanning tree. It is found by splitting an order in halves,
    level by level: the time grows as ``N log N``, whatever the shape.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from .rings import members, offsets, portions

BLOCK: Final = 16
"""Neighbouring points looked at together, at most."""

FEW: Final = 4
"""Rings whose pairs of blocks are at most so many times their points are compared pair by pair."""

PORTION: Final = 1 << 16
"""Pairs of blocks, or points, worked on at a time, about; one group alone may have more."""

Ends = NDArray[np.int64]
"""Bridges by their ends, indices of points, shape ``(B, 2)``."""


def spanning_trees(points: NDArray[np.int64], first: NDArray[np.int64], group_first: NDArray[np.int64]) -> Ends:
    """Find the shortest bridges that make one of all rings of each group.

    Args:
        points: Where bridges may end, ring after ring in the order of the walk round it, shape ``(N, 2)``, whole
            numbers of any unit, below 2**44 apart.
        first: Where each ring begins and, last, ``N``; shape ``(R + 1,)``; no ring is empty.
        group_first: Each group's first ring and, last, ``R``; shape ``(G + 1,)``.

    Returns:
        Bridges by the indices of their ends, shape ``(B, 2)``: one fewer a group than it has rings. The same for a
        group whatever the others are; of equals the ones between the points that come first.

    Example:
        >>> points = np.array([[0, 0], [9, 0], [9, 9], [0, 9], [7, 4], [8, 4], [8, 5], [7, 5]])
        >>> spanning_trees(points, np.array([0, 4, 8]), np.array([0, 2])).tolist()
        [[1, 5]]
    """
    rings = np.diff(group_first)
    several = np.flatnonzero(rings > 1)
    if not len(several):
        return np.zeros((0, 2), np.int64)
    size = np.diff(first)[: group_first[-1]]
    blocks = offsets(-(-size // BLOCK))
    in_group = np.diff(blocks[group_first])
    squares = np.diff(offsets(np.diff(blocks) ** 2)[group_first])
    pairs = (in_group**2 - squares) // 2
    few = pairs[several] <= FEW * np.diff(first[group_first])[several]
    found = []
    near, far = several[few], several[~few]
    for portion in portions(near, pairs[near], PORTION):
        found.append(_by_pairs(points, first, blocks, group_first[portion], rings[portion]))
    for portion in portions(far, np.diff(first[group_first])[far], PORTION):
        found.append(_by_wedges(points, first, group_first[portion], rings[portion]))
    return _trees(points, first, np.concatenate(found))


def _by_pairs(
    points: NDArray[np.int64],
    first: NDArray[np.int64],
    blocks: NDArray[np.int64],
    opens: NDArray[np.int64],
    rings: NDArray[np.int64],
) -> Ends:
    # The shortest bridge of every two rings of each group.
    one, other = _pairs(opens, rings)
    # Where the blocks of these rings begin, and how far they reach.
    chosen = members(opens, rings)
    count = np.diff(blocks)[chosen]
    ring = np.repeat(chosen, count)
    block = members(np.zeros(len(chosen), np.int64), count)
    begin = first[ring] + BLOCK * block
    end = np.minimum(begin + BLOCK, first[ring + 1])
    place = np.zeros(len(first), np.int64)
    place[chosen] = np.cumsum(count) - count
    at = members(begin, end - begin)
    starts = np.cumsum(end - begin) - (end - begin)
    x, y = (np.ascontiguousarray(points[:, axis]) for axis in (0, 1))
    reach = [(np.minimum.reduceat(axis[at], starts), np.maximum.reduceat(axis[at], starts)) for axis in (x, y)]
    # All pairs of blocks of every two rings.
    across = np.diff(blocks)[other]
    count = np.diff(blocks)[one] * across
    pair = np.repeat(np.arange(len(one)), count)
    row, column = np.divmod(members(np.zeros(len(one), np.int64), count), across[pair])
    left, right = place[one][pair] + row, place[other][pair] + column
    gap = np.maximum.reduce([np.maximum(low[left] - high[right], low[right] - high[left]) for low, high in reach])
    known = np.maximum(*(np.abs(axis[begin[left]] - axis[begin[right]]) for axis in (x, y)))
    least = np.minimum.reduceat(known, np.cumsum(count) - count)
    kept = np.flatnonzero(gap <= least[pair])
    left, right, pair = left[kept], right[kept], pair[kept]
    # All pairs of points of those that are left.
    across = (end - begin)[right]
    count = (end - begin)[left] * across
    which = np.repeat(np.arange(len(left)), count)
    row, column = np.divmod(members(np.zeros(len(left), np.int64), count), across[which])
    ends = np.stack([begin[left][which] + row, begin[right][which] + column], axis=1)
    return _shortest(points, ends, pair[which])


def _pairs(opens: NDArray[np.int64], count: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    # Every two of `opens[k] ... opens[k] + count[k] - 1`, the smaller one first, in order.
    one = members(opens, count)
    after = np.repeat(opens + count, count) - one - 1
    return np.repeat(one, after), members(one + 1, after)


def _shortest(points: NDArray[np.int64], ends: Ends, pair: NDArray[np.int64]) -> Ends:
    # The shortest bridge of each pair, of which equals lie together; of bridges as short the first.
    x, y = (np.ascontiguousarray(points[:, axis]) for axis in (0, 1))
    for straighter in (False, True):
        along, across = np.abs(x[ends[:, 0]] - x[ends[:, 1]]), np.abs(y[ends[:, 0]] - y[ends[:, 1]])
        length = np.minimum(along, across) if straighter else np.maximum(along, across)
        opens = np.flatnonzero(np.diff(pair, prepend=-1))
        least = np.minimum.reduceat(length, opens)
        kept = length == np.repeat(least, np.diff(opens, append=len(pair)))
        ends, pair = ends[kept], pair[kept]
    return ends[np.flatnonzero(np.diff(pair, prepend=-1))]


def _by_wedges(
    points: NDArray[np.int64], first: NDArray[np.int64], opens: NDArray[np.int64], rings: NDArray[np.int64]
) -> Ends:
    # A spanning tree of each group and more: from each point to the nearest one in each of four wedges.
    chosen = members(opens, rings)
    at = members(first[chosen], first[chosen + 1] - first[chosen])
    ring = np.repeat(chosen, first[chosen + 1] - first[chosen])
    group = np.repeat(np.arange(len(opens)), first[opens + rings] - first[opens])
    x, y = points[at].T
    order = np.lexsort((y, x, group))
    same = (np.diff(x[order]) == 0) & (np.diff(y[order]) == 0) & (np.diff(group[order]) == 0)
    found = [np.stack([order[:-1][same], order[1:][same]], axis=1)]
    alone = np.sort(order[np.append(True, ~same)])  # one of the points at a place
    x, y, group = x[alone], y[alone], group[alone]
    for along, across in ((x, y), (y, x), (y, -x), (-x, y)):
        nearest = _nearest(along, across, group)
        some = np.flatnonzero(nearest >= 0)
        found.append(alone[np.stack([some, nearest[some]], axis=1)])
    ends = np.sort(np.concatenate(found), axis=1)
    ends = ends[ring[ends[:, 0]] != ring[ends[:, 1]]]
    one, other = ring[ends].T
    order = np.lexsort((ends[:, 1], ends[:, 0], other, one))
    return _shortest(points, at[ends[order]], (one * (len(first) - 1) + other)[order])


def _nearest(along: NDArray[np.int64], across: NDArray[np.int64], group: NDArray[np.int64]) -> NDArray[np.int64]:
    """Find each point's nearest one of its group in the wedge ``0 <= across <= along`` from it.

    No two points of a group lie at one place.

    Returns:
        The index of that point, -1 where there is none; shape ``(N,)``.
    """
    slant = along - across
    # A point lies in another's wedge when it comes later in `order` and earlier in `rank`.
    order = np.lexsort((slant, across, group))
    rank = np.empty_like(order)
    rank[np.lexsort((-across, -slant, group))] = np.arange(len(order))
    by_length = np.lexsort((across, along))
    length = np.empty_like(order)
    length[by_length] = np.arange(len(order))
    none = 1 << len(order).bit_length()
    least = np.full(len(order), none)
    for level in range((len(order) - 1).bit_length() - 1, -1, -1):
        # Runs of `order` of 2 << level ranks each; the first half of its ranks is what the second half looks for.
        half = rank[order] >> level
        run, late = half >> 1, (half & 1).astype(np.bool_)
        # Later runs count for more: what is nearest starts anew with each of them.
        key = np.where(late, none, length[order]) + run * (none + 1)
        key = np.minimum.accumulate(key[::-1])[::-1] - run * (none + 1)
        asking = order[late]
        least[asking] = np.minimum(least[asking], key[late])
        # Split the runs in halves, each in the order it has: every run before has its first half full.
        before = offsets(~late)[:-1]
        place = np.where(late, (1 << level) + np.arange(len(order)) - before, before) + (run << level)
        halved = np.empty_like(order)
        halved[place] = order
        order = halved
    nearest = np.full(len(order), -1)
    some = least < none
    nearest[some] = by_length[least[some]]
    return nearest


def _trees(points: NDArray[np.int64], first: NDArray[np.int64], ends: Ends) -> Ends:
    # Kruskal's choice among bridges that are enough for a tree of each group; groups share no ring.
    apart = np.abs(points[ends[:, 0]] - points[ends[:, 1]])
    ends = ends[np.lexsort((ends[:, 1], ends[:, 0], apart.min(axis=1), apart.max(axis=1)))]
    rings = np.searchsorted(first, ends, "right") - 1
    leader = list(range(len(first) - 1))
    chosen = []
    for one, other in rings.tolist():
        while leader[one] != one:
            leader[one] = one = leader[leader[one]]
        while leader[other] != other:
            leader[other] = other = leader[leader[other]]
        chosen.append(one != other)
        leader[one] = other
    ends = ends[chosen]
    return ends[np.argsort(ends[:, 0], kind="stable")]
