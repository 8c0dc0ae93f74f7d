"""Dense rings -> outlines along the pixels' outer edges, by a table over (step in, step out).

A border follower walks a ring from pixel to neighbouring pixel with the object on its left (y down:
counter-clockwise on screen). Between the step in and the step out it passes the pixel's exposed sides,
turning left at every corner between two of them; where it passes none, it turns right once; and every
diagonal step adds one right turn at the corner that both pixels share. Those turns, and nothing else, are
the corners of the outline: straight runs never appear, edges alternate between upright and level.

A point is held as one int64, ``x + (y << 32)`` with ``x >= 0``: a step is then a single subtraction.

Source:
    Proof by decoding in pycocotools: random masks with holes, walls and pinches come back to the pixel
    (``tests/unit/geometry``).
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .rings import portions

STEPS: Final = ((1, 0), (1, 1), (0, 1), (-1, 1), (-1, 0), (-1, -1), (0, -1), (1, -1))
"""The 8 neighbours E SE S SW W NW N NE, clockwise on screen (y down)."""

CORNER_AFTER: Final = {0: (1, 0), 6: (0, 0), 4: (0, 1), 2: (1, 1)}
"""Corner of the pixel where the walk along its side E, N, W, S ends."""

SHARED_CORNER: Final = {1: (1, 1), 3: (0, 1), 5: (0, 0), 7: (1, 0)}
"""Corner of the pixel that a diagonal step SE, SW, NW, NE goes through."""

HOP: Final = 1 + (1 << 32)
"""Added to a step so that both its halves lie in 0 ... 2."""

STRAY: Final = ~(3 + (3 << 32))
"""Bits that a hopped step to a neighbour never has."""

PORTION: Final = 1 << 15
"""Points walked at a time, about: the work then stays in the processor's cache, and in memory already there."""

ALONE: Final = 256
"""Key of a ring's only point: all four corners of its pixel."""

REFUSED: Final = 1 << 60
"""Mark on keys that are no pair of steps between neighbours."""


def _tables() -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    # turns[key]: corners | (left turns - right turns + 4) << 28; corners[j][key]: offset of corner j, packed.
    turns = np.full(257, REFUSED, np.int64)
    corners = np.zeros((4, 257), np.int64)

    def enter(key: int, found: list[tuple[int, int]], lefts: int) -> None:
        turns[key] = len(found) | (lefts - (len(found) - lefts) + 4) << 28
        for slot, (x, y) in enumerate(found):
            corners[slot, key] = x + (y << 32)

    for came, (in_x, in_y) in enumerate(STEPS):
        back = (came + 4) % 8
        for out, (out_x, out_y) in enumerate(STEPS):
            passed = [side % 8 for side in range(back - 1, back - 1 - (back - out - 1) % 8, -1) if side % 2 == 0]
            if passed:
                found = [CORNER_AFTER[side] for side in passed[:-1]]
                lefts = len(found)
            else:  # one right turn, where the side that the walk came along would begin: where the one above it ends
                found, lefts = [CORNER_AFTER[((back - 1) // 2 * 2 + 2) % 8]], 0
            if out % 2:
                found.append(SHARED_CORNER[out])
            enter((in_x + 1 + 4 * (in_y + 1)) << 4 | (out_x + 1 + 4 * (out_y + 1)), found, lefts)
    enter(ALONE, [CORNER_AFTER[side] for side in (0, 6, 4, 2)], 4)
    return turns, corners


TURNS, CORNERS = _tables()


class Walked(NamedTuple):
    """Outlines of dense rings.

    Attributes:
        corners: Packed corners in pixel-edge coordinates, ring after ring, shape ``(M,)``.
        lengths: Corners of each ring, shape ``(R,)``.
        enclosed: Signed pixels inside each outline, negative for outer rings, shape ``(R,)``.
        turning: Turning number of each outline: +1 walked as an outer ring, -1 as a hole.
    """

    corners: NDArray[np.int64]
    lengths: NDArray[np.int64]
    enclosed: NDArray[np.int64]
    turning: NDArray[np.int64]


def steps(packed: NDArray[np.int64], first: NDArray[np.int64]) -> NDArray[np.int64]:
    """Take the step from each point of closed rings to the next.

    Args:
        packed: Points ``x + (y << 32)``, shape ``(N,)``.
        first: Where each ring begins and, last, ``N``; shape ``(R + 1,)``.

    Returns:
        Packed steps plus ``HOP``, shape ``(N,)``: ``HOP`` itself where a point is repeated.
    """
    hops = np.empty_like(packed)
    np.subtract(packed[1:], packed[:-1], out=hops[:-1])
    last = first[1:] - 1
    hops[last] = packed[first[:-1]] - packed[last]
    hops += HOP
    return hops


def dense_rings(hops: NDArray[np.int64], first: NDArray[np.int64]) -> NDArray[np.bool_] | None:
    """Tell which rings go from neighbour to neighbour all the way round.

    Args:
        hops: From :func:`steps`, without repeated points (a ring's only point aside).
        first: Where each ring begins and, last, ``N``; shape ``(R + 1,)``.

    Returns:
        One flag a ring, shape ``(R,)``; None when all are dense.
    """
    if not np.bitwise_or.reduce(hops) & STRAY and not ((hops & (hops >> 1)) & HOP).any():
        return None
    far = ((hops & STRAY) != 0) | ((hops & (hops >> 1) & HOP) != 0)
    return ~np.logical_or.reduceat(far, first[:-1])


def walk(packed: NDArray[np.int64], hops: NDArray[np.int64], first: NDArray[np.int64]) -> Walked:
    """Walk dense rings and note every corner.

    Args:
        packed: Pixel centres ``x + (y << 32)``, ``x >= 0``, shape ``(N,)``.
        hops: Their :func:`steps`, all between neighbours.
        first: Where each ring begins and, last, ``N``; shape ``(R + 1,)``; no ring is empty.

    Returns:
        The outlines: those of outer rings walked counter-clockwise on screen and of holes walked
        clockwise run round exactly the object's pixels.

    Source:
        The signed area of the outline is ``S - B/2 - T`` for a ring of signed area ``S``, ``B`` steps and
        turning number ``T`` (a single point makes no step): the formula in the source format's description, per step.
    """
    walked = []
    for rings in portions(np.arange(len(first) - 1), np.diff(first), PORTION):
        part = first[rings[0] : rings[-1] + 2]
        points = slice(part[0], part[-1])
        walked.append(_walk(packed[points], hops[points], part - part[0]))
    if len(walked) == 1:
        return walked[0]
    return Walked(*(np.concatenate(columns) for columns in zip(*walked, strict=True)))


def _walk(packed: NDArray[np.int64], hops: NDArray[np.int64], first: NDArray[np.int64]) -> Walked:
    opens, ends = first[:-1], first[1:]
    code = (hops | (hops >> 30)) & 15
    keys = np.empty_like(code)
    np.left_shift(code[:-1], 4, out=keys[1:])
    keys[opens] = code[ends - 1] << 4
    keys |= code
    keys[opens[ends - opens == 1]] = ALONE
    turns = TURNS[keys]
    sums = np.add.reduceat(turns, opens)
    count = sums & (1 << 28) - 1
    turning = ((sums >> 28) - 4 * (ends - opens)) >> 2
    turns &= 7
    place = np.cumsum(turns)
    total = int(place[-1])
    place -= turns
    corners = np.empty(total + 2, np.int64)
    # Point i's corners belong at place[i]. Written for all points alike, a corner too many falls on a place of a
    # later point, which the later write fills: second corners before first ones, points in order.
    place += 1
    corners[place] = packed + CORNERS[1].take(keys)
    place -= 1
    corners[place] = packed + CORNERS[0].take(keys)
    for slot in (2, 3):
        more = np.flatnonzero(turns > slot)
        corners[place[more] + slot] = packed[more] + CORNERS[slot][keys[more]]
    corners = corners[:total]
    return Walked(corners, count, enclosed(corners, np.cumsum(count) - count), turning)


def enclosed(corners: NDArray[np.int64], opens: NDArray[np.int64]) -> NDArray[np.int64]:
    """Sum up ``x * dy``: the signed area inside outlines of level and upright edges, shape ``(R,)``.

    Args:
        corners: Packed corners, ``x >= 0``, shape ``(M,)``.
        opens: Where each ring begins, shape ``(R,)``; no ring is empty.
    """
    y = corners >> 32
    rise = np.empty_like(y)
    np.subtract(y[1:], y[:-1], out=rise[:-1])
    last = np.append(opens[1:], len(y)) - 1
    rise[last] = y[opens] - y[last]
    rise *= corners & 0xFFFFFFFF
    area: NDArray[np.int64] = np.add.reduceat(rise, opens)
    return area
