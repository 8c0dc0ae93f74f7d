"""Outlines along pixel edges -> rings through the centres of the object's own boundary pixels.

What a border follower notes (and what fillers that paint the edges want): pixel by pixel round an outer ring, and of a
hole the object's pixels around it. Straight runs in the eight directions are merged, nothing else.

Source:
    An outline runs with the object on its left. Each of its edges has a first and a last pixel on that side. At a left
    turn the last pixel of one edge is the first of the next; at a right turn the two are diagonal neighbours.
"""

from __future__ import annotations

from typing import Final, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from .outlines import Outlines
from .rings import members, offsets, portions, rows_of, take_rows

Values = TypeVar("Values", NDArray[np.bool_], NDArray[np.uint8], NDArray[np.int64])

PORTION: Final = 1 << 15
"""Vertices worked on at a time, about: the work then stays in the processor's cache."""

BIAS: Final = 1 + (1 << 32)
"""Added to packed pixels on the way: one beside the image would borrow from its other half."""


def _packed(x: int, y: int) -> int:
    return x + (y << 32)


FIRST: Final = np.array([_packed(-1, -1), _packed(0, 0), _packed(-1, 0), _packed(0, -1)]) + BIAS
"""From an edge's begin to its first pixel: going north, south, west, east."""

LAST: Final = np.array([_packed(-1, 0), _packed(0, -1), _packed(0, 0), _packed(-1, -1)]) + BIAS
"""From an edge's end to its last pixel."""


class Boundaries(NamedTuple):
    """Rings of pixels, one for each ring of the outlines.

    Attributes:
        pixels: Column and row of each vertex, shape ``(N, 2)``, inside the image.
        first: Where each ring begins and, last, ``N``; shape ``(R + 1,)``; no ring is empty. A ring of one or two
            vertices is a pixel, or a line of them.
    """

    pixels: NDArray[np.int32]
    first: NDArray[np.int64]


def boundaries(outlines: Outlines) -> Boundaries:
    """Find the boundary pixels of all rings.

    Args:
        outlines: The batch. A sparse ring's vertices are its source's pixel centres, and each stands for its pixel.

    Returns:
        The rings, in the outlines' order.

    Example:
        >>> from labelmill.geometry import trace
        >>> boundaries(trace([[[2, 1, 2, 2, 2, 3, 3, 3, 3, 2, 3, 1]]], [(10, 10)])).pixels.tolist()
        [[3, 1], [2, 1], [2, 3], [3, 3]]
    """
    size = outlines.size[outlines.owner()]
    found = []
    for dense in (True, False):
        rings = np.flatnonzero(outlines.dense == dense)
        for some in portions(rings, outlines.count[rings], PORTION):
            found.append(_of_dense(outlines, some) if dense else _of_sparse(outlines, some, size[some]))
    if not found:
        return Boundaries(np.empty((0, 2), np.int32), np.zeros(1, np.int64))
    pixels = np.concatenate([part.pixels for part in found])
    first = offsets(np.concatenate([np.diff(part.first) for part in found]))
    if not outlines.dense.all() and outlines.dense.any():
        place = np.argsort(np.argsort(~outlines.dense, kind="stable"), kind="stable")
        count = np.diff(first)[place]
        pixels, first = take_rows(pixels, members(first[:-1][place], count)), offsets(count)
    last = size.min(axis=0) - 1
    if pixels.min() < 0 or (pixels.max(axis=0) > last).any():
        # where a clipped ring runs along the image's edge
        np.clip(pixels, 0, np.repeat(size - 1, np.diff(first), axis=0), out=pixels)
        return tidied(Boundaries(pixels, first))
    return Boundaries(pixels, first)


def tidied(rings: Boundaries) -> Boundaries:
    """Take repeated pixels out, and those in the middle of a straight run in one of the eight directions."""
    pixels, first = rings
    ahead = _ahead(pixels, first)
    kept = ahead.view(np.int64).reshape(-1) != 0
    if not kept.all():
        kept[first[:-1][~np.logical_or.reduceat(kept, first[:-1])]] = True  # one pixel of a ring of nothing else
        pixels, first = take_rows(pixels, np.flatnonzero(kept)), offsets(kept)[first]
        ahead = _ahead(pixels, first)
    x, y = ahead[:, 0], ahead[:, 1]
    straight = (x == 0) | (y == 0) | (x == y) | (x == -y)
    maybe = np.flatnonzero(straight & before(straight, first))
    way = np.sign(ahead[maybe])
    came = np.sign(ahead[before(np.arange(len(x)), first)[maybe]])
    between = maybe[(way == came).all(axis=1) & way.any(axis=1)]
    if not len(between):
        return Boundaries(pixels, first)
    kept = np.ones(len(pixels), np.bool_)
    kept[between] = False
    return Boundaries(take_rows(pixels, np.flatnonzero(kept)), offsets(kept)[first])


def _ahead(pixels: NDArray[np.int32], first: NDArray[np.int64]) -> NDArray[np.int32]:
    # from each vertex to the next, round closed rings
    ahead = np.empty_like(pixels)
    np.subtract(pixels[1:], pixels[:-1], out=ahead[:-1])
    last = first[1:] - 1
    ahead[last] = pixels[first[:-1]] - pixels[last]
    return ahead


def before(values: Values, first: NDArray[np.int64]) -> Values:
    """The value before each one, round closed rings.

    Args:
        values: One a vertex, shape ``(N,)``.
        first: Where each ring begins and, last, ``N``; shape ``(R + 1,)``; no ring is empty.
    """
    shifted = np.empty_like(values)
    shifted[1:] = values[:-1]
    shifted[first[:-1]] = values[first[1:] - 1]
    return shifted


def _of_dense(outlines: Outlines, rings: NDArray[np.int64]) -> Boundaries:
    count = outlines.count[rings]
    first = offsets(count)
    corners = rows_of(outlines.corners, outlines.start[rings], count).view(np.int64).reshape(-1)
    opens, ends = first[:-1], first[1:] - 1
    step = np.empty_like(corners)
    np.subtract(corners[1:], corners[:-1], out=step[:-1])
    step[ends] = corners[opens] - corners[ends]
    forth = step > 0
    length = np.abs(step)
    level = length < 1 << 32
    unit = (length == 1) | (length == 1 << 32)
    way = level.view(np.uint8) * np.uint8(2) + forth
    came = before(way, first)
    left = (came & 1 != way & 1) ^ (came < 2)
    unit_behind = before(unit, first)
    left_ahead = np.empty_like(left)
    left_ahead[:-1] = left[1:]
    left_ahead[ends] = left[opens]
    # Round a corner to the left there is one pixel, to the right there are two; on an edge of one pixel two corners
    # share it: the later one has it, or, to the right, the earlier. A diagonal run passes left turns between two right.
    pairs = np.empty((len(corners), 2), np.int64)
    np.add(corners, LAST.take(came), out=pairs[:, 0])
    np.add(corners, FIRST.take(way), out=pairs[:, 1])
    kept = np.empty((len(corners), 2), np.bool_)
    np.logical_not(left | unit_behind, out=kept[:, 0])
    diagonal = left & unit & unit_behind & ~left_ahead & ~before(left, first)
    np.logical_not((unit & left_ahead) | diagonal, out=kept[:, 1])
    count = np.add.reduceat(kept.view(np.uint8).reshape(-1), 2 * opens, dtype=np.int64)
    if not count.all():  # a single pixel
        kept[opens[count == 0], 1] = True
        count[count == 0] = 1
    pixels = pairs.reshape(-1).compress(kept.reshape(-1)).view(np.int32).reshape(-1, 2)
    pixels -= 1
    return Boundaries(pixels, offsets(count))


def _of_sparse(outlines: Outlines, rings: NDArray[np.int64], size: NDArray[np.int64]) -> Boundaries:
    count = outlines.count[rings]
    # not below zero, as outlines are clipped: cut off is rounded down
    pixels = rows_of(outlines.vertices, outlines.start[rings], count).astype(np.int32)
    if pixels.max() >= size.min():
        np.minimum(pixels, np.repeat(size - 1, count, axis=0), out=pixels, casting="unsafe")
    return tidied(Boundaries(pixels, offsets(count)))
