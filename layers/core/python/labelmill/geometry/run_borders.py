"""Runs of pixels -> outlines along pixel edges: the borders of many objects at once.

A run has two sides. A ring passes sides, and the level edges between them, with its object on the left: down the left
sides of runs, up the right ones. On a line between two rows the sides that end there, from left to right, are joined
by the object's level edges: the first with the second, the third with the fourth, and so on. Where two pixels touch
at nothing but a corner, the left side of one and the right side of the other end at one place; the left one is taken
first then, which makes the object hang together there, as a border follower has it.
"""

from __future__ import annotations

from array import array
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .boundary import before
from .label_runs import LabelRuns
from .outlines import Outlines
from .rings import offsets, portions

PORTION: Final = 1 << 15
"""Runs traced at a time, about: the work then stays in the processor's cache."""


class _Traced(NamedTuple):
    corners: NDArray[np.int64]  # packed, ring after ring
    lengths: NDArray[np.int64]  # corners of each ring
    enclosed: NDArray[np.int64]  # area that it encloses: below zero, of holes above
    side: NDArray[np.int64]  # the first one of each ring, in reading order


def trace_runs(runs: LabelRuns) -> Outlines:
    """Trace the outlines of objects.

    Args:
        runs: From :func:`labelmill.geometry.find_runs`.

    Returns:
        The very outlines that a border follower's contours would give (OpenCV's ``findContours``, ``RETR_LIST`` and
        ``CHAIN_APPROX_NONE``): parts hang together at corners, each hole is a ring, of an object's rings the one that
        begins last in reading order comes first. Areas are exact; nothing is left out.
    """
    count = np.diff(runs.first)
    some = np.flatnonzero(count)
    found = [_trace(runs, part) for part in portions(some, count[some], PORTION)]
    none = np.zeros(0, np.int64)
    traced = _Traced(*map(np.concatenate, zip(*found, strict=True))) if found else _Traced(none, none, none, none)
    owner = np.searchsorted(2 * runs.first, traced.side, side="right") - 1
    order = np.lexsort((-traced.side, owner))
    return Outlines(
        size=runs.size,
        areas=runs.pixels().tolist(),
        first_ring=offsets(np.bincount(owner, minlength=len(runs))),
        hole=traced.enclosed[order] > 0,
        dense=np.ones(len(order), np.bool_),
        start=(np.cumsum(traced.lengths) - traced.lengths)[order],
        count=traced.lengths[order],
        corners=traced.corners.view(np.int32).reshape(-1, 2),
        vertices=np.empty((0, 2)),
    )


def completed(outlines: Outlines, objects: NDArray[np.int64], others: Outlines) -> Outlines:
    """Give objects of a batch outlines that were traced apart from it.

    Args:
        outlines: The batch.
        objects: Which of its objects, none twice, each of the others is; shape ``(len(others),)``; below zero: none.
        others: Outlines in images of the same sizes.
    """
    owner = np.concatenate([outlines.owner(), objects[others.owner()]])
    kept = np.flatnonzero(owner >= 0)
    order = kept[np.argsort(owner[kept], kind="stable")]
    moved = np.where(others.dense, len(outlines.corners), len(outlines.vertices))
    areas = outlines.areas.copy()
    for index, area in zip(objects.tolist(), others.areas, strict=True):
        if index >= 0:
            areas[index] = area
    return Outlines(
        size=outlines.size,
        areas=areas,
        first_ring=offsets(np.bincount(owner[kept], minlength=len(outlines))),
        hole=np.concatenate([outlines.hole, others.hole])[order],
        dense=np.concatenate([outlines.dense, others.dense])[order],
        start=np.concatenate([outlines.start, others.start + moved])[order],
        count=np.concatenate([outlines.count, others.count])[order],
        corners=np.concatenate([outlines.corners, others.corners]),
        vertices=np.concatenate([outlines.vertices, others.vertices]),
    )


def _trace(runs: LabelRuns, objects: NDArray[np.int64]) -> _Traced:
    # objects that have runs; between them only such as have none
    begin = int(runs.first[objects[0]])
    part = slice(begin, int(runs.first[objects[-1] + 1]))
    row = runs.row[part].astype(np.int64)
    ends = np.empty((len(row), 2), np.int64)
    ends[:, 0], ends[:, 1] = runs.begin[part], runs.end[part]
    below = np.minimum(np.diff(row, prepend=0), 2)
    below[runs.first[objects] - begin] = 2
    sides, first = _rings(_following(np.cumsum(below), ends, int(runs.size[objects, 0].max())))
    opens, right = first[:-1], sides & 1
    x = ends.reshape(-1)[sides]
    area = np.add.reduceat(np.where(right, -x, x), opens)
    came = before(x, first)
    turned = came != x  # else the ring goes straight on
    corners = np.stack([came, x], axis=1)
    corners += ((row[sides >> 1] + right) << 32)[:, None]
    lengths = 2 * np.add.reduceat(turned, opens, dtype=np.int64)
    packed = _from_first_pixel(corners[turned].reshape(-1), lengths, sides, x, first)
    return _Traced(packed, lengths, area, sides[opens] + 2 * begin)


def _from_first_pixel(
    corners: NDArray[np.int64],
    lengths: NDArray[np.int64],
    sides: NDArray[np.int64],
    x: NDArray[np.int64],
    first: NDArray[np.int64],
) -> NDArray[np.int64]:
    # A contour begins with the pixel of its ring's first side, and its outline where the first of that pixel's sides
    # ends that the ring passes: up to three before the first side. So masks give the very outlines that contours give.
    opens, last = first[:-1], first[1:] - 1
    at, right = x[opens], sides[opens] & 1
    way = 1 - 2 * right
    level = (x[last] - at) * way  # the edge to the first side: above zero where it is along the pixel
    opposite = (level == 1) & (sides[last] & 1 != right)
    all_round = opposite & ((x[last - 1] - at) * way <= 0) & (last - opens > 1)  # but not of a pixel alone
    shift = np.where(level == 0, 0, 2 - (level > 0) - opposite - all_round)
    begin = offsets(lengths)
    source = np.arange(len(corners)) + np.repeat(shift, lengths)
    for moved, place in ((shift >= 1, begin[1:] - 1), (shift == 2, begin[1:] - 2)):
        source[place[moved]] -= lengths[moved]
    source[begin[:-1][shift < 0]] += lengths[shift < 0]
    begun: NDArray[np.int64] = corners.take(source)
    return begun


def _following(line: NDArray[np.int64], ends: NDArray[np.int64], width: int) -> NDArray[np.int64]:
    """The side that follows each one: ``2 k`` is run ``k``'s left side, ``2 k + 1`` its right one.

    Args:
        line: A number for the line above each run, shape ``(K,)``, never falling; the line below has the next number.
        ends: The first column of each run and the one after its last, shape ``(K, 2)``.
        width: Columns.
    """
    upper = ends + (line * (width + 1))[:, None]
    upper *= 2
    upper[:, 1] += 1
    upper = upper.reshape(-1)  # both are rising: sorting merges them
    pairs = np.argsort(np.concatenate([upper, upper + 2 * (width + 1)]), kind="stable").reshape(-1, 2)
    total = len(upper)
    partner = np.empty(2 * total, np.int64)
    partner[pairs[:, 0]] = pairs[:, 1]
    partner[pairs[:, 1]] = pairs[:, 0]
    partner[partner >= total] -= total
    following = partner[total:]
    following[1::2] = partner[1:total:2]
    return following


def _rings(following: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """All rings, side after side, each from its first side in reading order on, and where each begins and, last, ends.

    Args:
        following: The side that follows each one, shape ``(2 K,)``.
    """
    # Left sides of runs one below the other are a chain that goes down, right ones one that goes up: an object that is
    # not too odd has few chains, and only from chain to chain the way is looked up step by step.
    down, up = (
        following[:-2:2] == np.arange(2, len(following), 2),
        following[3::2] == np.arange(1, len(following) - 2, 2),
    )
    begins = np.ones(len(following), np.bool_)
    ends = np.ones(len(following), np.bool_)
    begins[2::2], ends[:-2:2] = ~down, ~down
    begins[1:-1:2], ends[3::2] = ~up, ~up
    head = np.flatnonzero(begins)
    tail = np.flatnonzero(ends)
    tail[head & 1 == 0], tail[head & 1 == 1] = tail[tail & 1 == 0], tail[tail & 1 == 1]
    rank = np.cumsum(begins, dtype=np.int32) - 1
    order, opens = _cycles(rank[following[tail]].data)  # numbers in buffers: lists hold each as an object
    chain = np.frombuffer(order, np.int32)
    head, tail = head[chain], tail[chain]
    first = offsets((np.abs(tail - head) >> 1) + 1)
    step = np.where(head & 1, -2, 2)
    sides = np.arange(first[-1])
    sides *= np.repeat(step, np.diff(first))
    sides += np.repeat(head - step * first[:-1], np.diff(first))
    return sides, np.append(first[opens], first[-1])


def _cycles(following: memoryview) -> tuple[array[int], list[int]]:
    """The cycles of a permutation one after the other, each from its lowest member on, and where each begins."""
    order, opens = array("i"), []
    for at in range(len(following)):
        if following[at] >= 0:
            opens.append(len(order))
            while (then := following[at]) >= 0:
                order.append(at)
                following[at] = -1
                at = then
    return order, opens
