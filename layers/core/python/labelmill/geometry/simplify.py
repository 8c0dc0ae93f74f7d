"""Fewer vertices for closed outlines: Douglas-Peucker on all rings of a batch at once, level by level.

Every chord that is left has all the vertices it replaces within ``reach`` across it and barely beyond its
ends, so that neither outline strays further than that from the other. Coordinates are whole numbers, so every
product below is exact and the choice the same on every machine.

Source:
    Douglas and Peucker 1973; the distance is to the chord, not to its line.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .clipping import following, twice_shoelace
from .outlines import Outlines
from .rings import Pairs, Points, members, offsets, portions, rows_of, take_rows

GRID: Final = 32
"""Sparse vertices are measured on a grid of so many steps a pixel."""

COARSE: Final = 4
"""Sparse rings whose vertices are so many times the distance apart on average stay as they are: simple already."""

SMALL: Final = 8
"""Rings of at most so many vertices stay as they are."""

OVERHANG: Final = 16.0
"""A vertex may lie beyond a chord's end by ``reach / OVERHANG``: within ``reach * 1.002`` of the chord then, for which
the distance asked for is taken a little smaller."""

PORTION: Final = 1 << 15
"""Vertices simplified at a time, about: the work then stays in the processor's cache."""

LEVELS: Final = 64
"""Splits of a chord one after the other, at most: what is left then stays, for shapes made to take for ever."""

INDEX_BITS: Final = (1 << 28) - 1
"""Lowest bits of a distance, given to the index of its point: one maximum then finds both."""


def simplified(outlines: Outlines, reach: float) -> Outlines:
    """Leave out vertices of all rings, so that no point of either outline is more than ``reach`` pixels from the other.

    Args:
        outlines: The batch.
        reach: Above 0, pixels.

    Returns:
        The outlines with the same rings: dense ones have edges of all directions then. Areas stay the pixels'.
    """
    start, count = outlines.start.copy(), outlines.count.copy()

    def thinned(table: Pairs, rings: NDArray[np.int64]) -> Pairs:
        points, first = rows_of(table, start[rings], count[rings]), offsets(count[rings])
        kept = np.flatnonzero(kept_vertices(points, first, np.full(len(rings), reach)))
        ends = np.searchsorted(kept, first)
        start[rings], count[rings] = ends[:-1], np.diff(ends)
        return take_rows(points, kept)

    corners = thinned(outlines.corners, np.flatnonzero(outlines.dense))
    vertices = thinned(outlines.vertices, np.flatnonzero(~outlines.dense))
    return replace(outlines, start=start, count=count, corners=corners, vertices=vertices)


def kept_vertices(points: Points, first: NDArray[np.int64], reach: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Choose the vertices that keep closed rings within a distance of what they were.

    A ring's first vertex and its extremes in eight directions are always among them.

    Args:
        points: Vertices, shape ``(N, 2)``, pixels; int32 is taken for whole numbers.
        first: Where each ring begins and, last, ``N``; shape ``(R + 1,)``; no ring is empty.
        reach: How far each ring may stray, shape ``(R,)``, pixels, above 0.

    Returns:
        One flag a vertex, shape ``(N,)``: at least three a ring, with an area.
    """
    if not len(points):
        return np.ones(0, np.bool_)
    whole = points.dtype == np.int32
    plane = np.empty(len(points), np.complex128)
    plane.real, plane.imag = (points if whole else np.rint(points * GRID)).T
    coarse = COARSE * GRID * reach
    reach = reach / (1 + 1 / OVERHANG**2)
    if not whole:
        reach = np.maximum(reach - 0.75 / GRID, 0) * GRID
    count = np.diff(first)
    kept = np.ones(len(points), np.bool_)
    many = count > SMALL
    if not whole:
        step = plane[following(first)] - plane
        length = np.add.reduceat(np.abs(step.real) + np.abs(step.imag), first[:-1])
        many &= length < coarse * count
    large = np.flatnonzero(many)
    for group in portions(large, count[large], PORTION):
        kept[members(first[group], count[group])] = False
        _split(plane, first[group], count[group], reach[group], kept)
    if len(large):
        flat = _without_area(plane, first, kept)
        kept[members(first[flat], count[flat])] = True
    return kept


def _without_area(
    plane: NDArray[np.complex128], first: NDArray[np.int64], kept: NDArray[np.bool_]
) -> NDArray[np.int64]:
    left = np.add.reduceat(kept, first[:-1], dtype=np.int64)
    ends = np.concatenate([[0], np.cumsum(left)])
    return np.flatnonzero((left < 3) | (twice_shoelace(plane[kept], ends) == 0))


def _split(
    plane: NDArray[np.complex128],
    first: NDArray[np.int64],
    count: NDArray[np.int64],
    reach: NDArray[np.float64],
    kept: NDArray[np.bool_],
) -> None:
    # The rings, each with its first vertex once more at the end: a chord and what it replaces is a range.
    opens = offsets(count + 1)
    vertex = members(first, count + 1)
    vertex[opens[1:] - 1] = first
    line = plane[vertex]
    anchors = _anchors(line, opens)
    kept[vertex[anchors]] = True
    begin, end, reach = _worthwhile(anchors[:, :-1].ravel(), anchors[:, 1:].ravel(), np.repeat(reach, 9))
    line2 = line * 2
    for _ in range(LEVELS):
        if not len(begin):
            return
        length = end - begin - 1
        starts = np.cumsum(length) - length
        chord = np.repeat(np.arange(len(begin)), length)
        inner = (begin + 1 - starts)[chord]
        inner += np.arange(len(inner))
        run = line[end] - line[begin]
        square = run.real * run.real + run.imag * run.imag
        # Twice the distances along the chord, from its middle, and across it, both times its length.
        offset = line2[inner]
        offset -= (line[begin] + line[end])[chord]
        offset *= np.where(square > 0, run.conj(), 1)[chord]
        allowed = 2 * reach * np.sqrt(np.maximum(square, 1))
        best = np.maximum.reduceat(_ranked(offset.imag, inner), starts)
        split = (best & ~INDEX_BITS).view(np.float64) > allowed
        along = np.abs(offset.real)
        beyond = np.maximum.reduceat(along, starts) - square > allowed / OVERHANG
        over = np.flatnonzero(beyond & ~split)
        if len(over):
            some = members(starts[over], length[over])
            best[over] = np.maximum.reduceat(_ranked(along[some], inner[some]), offsets(length[over])[:-1])
            split[over] = True
        at = best[split] & INDEX_BITS
        kept[vertex[at]] = True
        begin, end, reach = _worthwhile(
            _alternate(begin[split], at), _alternate(at, end[split]), reach[split].repeat(2)
        )
    kept[vertex[members(begin + 1, end - begin - 1)]] = True


def _ranked(distance: NDArray[np.float64], index: NDArray[np.int64]) -> NDArray[np.int64]:
    # Integers in the order of the distances, with the index in their lowest bits.
    ranks = np.abs(distance).view(np.int64)
    ranks &= ~INDEX_BITS
    ranks |= index
    return ranks


def _anchors(line: NDArray[np.complex128], opens: NDArray[np.int64]) -> NDArray[np.int64]:
    # Each ring's first vertex, its extremes in between, and its first vertex again, in order: shape (R, 10).
    anchors = np.empty((len(opens) - 1, 10), np.int64)
    anchors[:, 0], anchors[:, 1] = opens[:-1], opens[1:] - 1
    index = np.arange(len(line))
    x = line.real.astype(np.int64) << INDEX_BITS.bit_length()
    y = line.imag.astype(np.int64) << INDEX_BITS.bit_length()
    for column, keys in zip((2, 4, 6, 8), (x | index, y | index, x + y | index, x - y | index), strict=True):
        anchors[:, column] = np.minimum.reduceat(keys, opens[:-1]) & INDEX_BITS
        anchors[:, column + 1] = np.maximum.reduceat(keys, opens[:-1]) & INDEX_BITS
    anchors.sort(axis=1)
    return anchors


def _alternate(even: NDArray[np.int64], odd: NDArray[np.int64]) -> NDArray[np.int64]:
    both = np.empty(2 * len(even), np.int64)
    both[::2], both[1::2] = even, odd
    return both


def _worthwhile(
    begin: NDArray[np.int64], end: NDArray[np.int64], reach: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    # Chords with a vertex in between.
    some = np.flatnonzero(end - begin > 1)
    return begin[some], end[some], reach[some]
