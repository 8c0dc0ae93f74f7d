"""Fewer vertices for closed outlines: Douglas-Peucker on all rings of a batch at once, level by level.

Every chord that is left has all the vertices it replaces within ``reach`` across it and barely beyond its
ends, so that neither outline strays further than that from the other. Coordinates are whole numbers, so every
product below is exact and the choice the same on every machine.

Source:
    Douglas and Peucker 1973; the distance is to the chord, not to its line.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from .clipping import following, twice_shoelace
from .rings import Points, members

GRID: Final = 32
"""Sparse vertices are measured on a grid of so many steps a pixel."""

COARSE: Final = 4
"""Sparse rings whose vertices are so many pixels apart on average stay as they are: they are simple already."""

SMALL: Final = 8
"""Rings of at most so many vertices stay as they are."""

OVERHANG: Final = 16.0
"""A vertex may lie beyond a chord's end by ``reach / OVERHANG``: within ``reach * 1.002`` of the chord then."""

INDEX_BITS: Final = (1 << 28) - 1
"""Lowest bits of a distance, given to the index of its point: one maximum then finds both."""


def kept_vertices(points: Points, first: NDArray[np.int64], girth: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Choose the vertices that keep closed rings within one pixel of what they were.

    Args:
        points: Vertices, shape ``(N, 2)``, pixels; int32 is taken for whole numbers.
        first: Where each ring begins and, last, ``N``; shape ``(R + 1,)``; no ring is empty.
        girth: Width plus height of each ring's image, shape ``(R,)``, pixels: what six decimals may shift.

    Returns:
        One flag a vertex, shape ``(N,)``: at least three a ring, with an area.
    """
    whole = points.dtype == np.int32
    plane = np.empty(len(points), np.complex128)
    plane.real, plane.imag = (points if whole else np.rint(points * GRID)).T
    reach = np.maximum(0.997 - 1e-6 * girth, 0.5)
    if not whole:
        reach = (reach - 0.75 / GRID) * GRID
    count = np.diff(first)
    kept = np.ones(len(points), np.bool_)
    many = count > SMALL
    if not whole:
        step = plane[following(first)] - plane
        length = np.add.reduceat(np.abs(step.real) + np.abs(step.imag), first[:-1])
        many &= length < COARSE * GRID * count
    large = np.flatnonzero(many)
    if len(large):
        kept[members(first[large], count[large])] = False
        kept[first[large]] = True
        _split(plane, first[large], count[large], reach[large], kept)
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
    # Chords begin -> end, at first from a ring's first vertex round to itself, with `length` vertices in between.
    length = count - 1
    inner = members(first + 1, length)
    twice = plane[inner] * 2
    begin = end = plane[first]
    level = 0
    while len(length):
        chord = end - begin
        square = chord.real * chord.real + chord.imag * chord.imag
        allowed = 2 * reach * np.sqrt(np.maximum(square, 1))
        turn = np.where(square > 0, np.conj(chord), 1)
        offset = twice - np.repeat(begin + end, length)
        offset *= np.repeat(turn, length)
        beyond = np.abs(offset.real)
        beyond -= np.repeat(square, length)
        beyond *= OVERHANG
        far = np.maximum(np.abs(offset.imag), beyond).view(np.int64)
        far &= ~INDEX_BITS
        far |= np.arange(len(far))
        opens = np.cumsum(length) - length
        best = np.maximum.reduceat(far, opens)
        # The first two levels always split: a ring keeps a vertex on either side.
        split = ((best & ~INDEX_BITS).view(np.float64) > allowed) | (level < 2)
        at = (best & INDEX_BITS)[split]
        kept[inner[at]] = True
        corner = twice[at] / 2
        rest = np.repeat(split, length)
        rest[at] = False
        twice, inner = twice[rest], inner[rest]
        before = at - opens[split]
        halves = np.stack([before, length[split] - 1 - before], axis=1).reshape(-1)
        some = halves > 0
        length = halves[some]
        begin = np.stack([begin[split], corner], axis=1).reshape(-1)[some]
        end = np.stack([corner, end[split]], axis=1).reshape(-1)[some]
        reach = np.repeat(reach[split], 2)[some]
        level += 1
