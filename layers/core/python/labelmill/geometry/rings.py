"""Contours of a whole batch of objects, side by side in one array.

Coordinate frame: as the source has them, pixel centres relative to the centre of the top-left pixel,
x to the right, y down.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Final, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from .parsing import parse

Buffer = Any
"""Bytes, or what gives them without a copy: a ``msgspec.Raw``."""

Points = NDArray[np.int32] | NDArray[np.float64]

Pairs = TypeVar("Pairs", bound=Points)

LIMIT: Final = 1 << 23
"""Coordinates are clamped to ``-LIMIT ... LIMIT`` pixels: nothing computed from them can overflow.
Seven digits hold what is left."""

PIECE: Final = 4096
"""Numbers packed at a time, about."""


@dataclass(frozen=True, slots=True)
class Rings:
    """The non-empty rings of a batch, in the order of objects and of their contours.

    Attributes:
        points: Contour points, shape ``(N, 2)``, columns x, y, in pixels from the centre of the top-left
            pixel; int32 when the whole batch is made of integers, else float64.
        first: Index of each ring's first point and, last, ``N``; shape ``(R + 1,)``.
        owner: Object of each ring, shape ``(R,)``, never falling.
        objects: Number of objects, those without rings included.
    """

    points: Points
    first: NDArray[np.int64]
    owner: NDArray[np.int64]
    objects: int


def collect(contours: Sequence[Sequence[Sequence[float]]]) -> Rings:
    """Put the contours of many objects side by side.

    Args:
        contours: Per object its rings, each a flat list ``[x1, y1, x2, y2, ...]`` of finite numbers.
            The last of an odd count of numbers is dropped; rings without a point are ignored.

    Returns:
        The rings, with coordinates clamped to ``-LIMIT ... LIMIT``.
    """
    per_object = list(map(len, contours))
    rings = list(chain.from_iterable(contours))
    owner = np.repeat(np.arange(len(per_object)), per_object)
    sizes = np.fromiter(map(len, rings), np.int64, len(rings))
    if (sizes & 1).any() or not sizes.all():
        rings = [ring[: len(ring) & ~1] for ring in rings]
        kept = sizes > 1
        owner, sizes = owner[kept], sizes[kept] & ~1
    return _rings(_pack(rings), sizes, owner, len(per_object))


def collect_texts(contours: Sequence[Buffer | None]) -> Rings:
    """Put contours that are text side by side, as :func:`collect` would do with lists.

    Args:
        contours: Per object its rings as JSON, as :func:`labelmill.geometry.parsing.parse` reads them, each ring of
            two numbers at least; ``None``: it has none.

    Returns:
        The rings, with coordinates clamped to ``-LIMIT ... LIMIT``.
    """
    some = [index for index, text in enumerate(contours) if text is not None]
    if not some:
        return collect([()] * len(contours))
    numbers, ends, closing = parse(b"".join([text for text in contours if text is not None]))
    owner = np.array(some)[np.cumsum(closing) - closing]
    sizes = np.diff(ends, prepend=-1)
    odd = (sizes & 1).astype(np.bool_)
    if odd.any():
        kept = np.ones(len(numbers), np.bool_)
        kept[ends[odd]] = False
        numbers = numbers[kept]
        sizes &= ~1
    return _rings(numbers, sizes, owner, len(contours))


def contour_extents(rings: Rings) -> NDArray[np.float64]:
    """Find how far each object's contours reach.

    Args:
        rings: The batch, from :func:`collect`.

    Returns:
        Smallest x, smallest y, largest x, largest y of the contour points of each object, shape
        ``(objects, 4)``, in pixels between pixel centres; NaN where an object has no point. (The box that
        the pixels cover is one wider and one higher.)
    """
    extents = np.full((rings.objects, 4), np.nan)
    if len(rings.owner):
        opens = np.flatnonzero(np.diff(rings.owner, prepend=-1))
        extents[rings.owner[opens]] = bounds(rings.points, rings.first[:-1][opens])
    return extents


def bounds(points: Points, first: NDArray[np.int64]) -> NDArray[np.float64]:
    """Find the extents of runs of points.

    Args:
        points: Shape ``(N, 2)``, in pixels.
        first: Where each run begins, shape ``(K,)``, rising; a run ends where the next one begins.

    Returns:
        Smallest x, smallest y, largest x, largest y of each run, shape ``(K, 4)``, in the points' frame.
    """
    x, y = points[:, 0], points[:, 1]
    lows = np.minimum.reduceat(x, first), np.minimum.reduceat(y, first)
    highs = np.maximum.reduceat(x, first), np.maximum.reduceat(y, first)
    return np.stack(lows + highs, axis=1).astype(np.float64)


def members(first: NDArray[np.int64], count: NDArray[np.int64]) -> NDArray[np.int64]:
    """List the indices of runs: ``first[k] ... first[k] + count[k] - 1`` of each run ``k`` in turn.

    Args:
        first: First index of each run, shape ``(K,)``.
        count: Length of each run, shape ``(K,)``, 0 allowed.

    Returns:
        The indices, shape ``(sum(count),)``.
    """
    ends = np.cumsum(count)
    total = int(ends[-1]) if len(ends) else 0
    return np.arange(total) + np.repeat(first - ends + count, count)


def take_rows(rows: Pairs, at: NDArray[np.int64]) -> Pairs:
    """Take rows ``at`` of pairs of numbers, shape ``(N, 2)``: each moved as one number, far faster than as two."""
    one = np.complex128 if rows.dtype == np.float64 else np.int64
    return cast(Pairs, rows.view(one).reshape(-1).take(at).view(rows.dtype).reshape(-1, 2))


def rows_of(rows: Pairs, first: NDArray[np.int64], count: NDArray[np.int64]) -> Pairs:
    """Take runs of rows; without a copy where the runs lie one behind the other.

    Args:
        rows: Pairs of numbers, shape ``(N, 2)``.
        first: First row of each run, shape ``(K,)``.
        count: Length of each run, shape ``(K,)``.

    Returns:
        The runs' rows in turn, shape ``(sum(count), 2)``.
    """
    if not len(first):
        return cast(Pairs, rows[:0])
    if (first[1:] == first[:-1] + count[:-1]).all():
        return cast(Pairs, rows[first[0] : first[-1] + count[-1]])
    return take_rows(rows, members(first, count))


def offsets(count: NDArray[np.int64] | NDArray[np.bool_]) -> NDArray[np.int64]:
    """Turn lengths of runs into where each begins and, last, where all end; shape ``(K + 1,)``."""
    first = np.zeros(len(count) + 1, np.int64)
    np.cumsum(count, out=first[1:])
    return first


def portions(rings: NDArray[np.int64], count: NDArray[np.int64], most: int) -> Iterator[NDArray[np.int64]]:
    """Cut a list of rings into portions of about ``most`` points, at least one ring each.

    Args:
        rings: Indices of rings, shape ``(K,)``.
        count: Points of each, shape ``(K,)``.
        most: Points a portion; one ring alone may have more.

    Yields:
        Consecutive parts of ``rings``.
    """
    portion = np.cumsum(count) // most
    if len(rings):
        yield from np.split(rings, np.flatnonzero(np.diff(portion)) + 1)


def _rings(
    values: NDArray[np.int32] | NDArray[np.float64], sizes: NDArray[np.int64], owner: NDArray[np.int64], objects: int
) -> Rings:
    if len(values) and (values.min() < -LIMIT or values.max() > LIMIT):
        values = values.clip(-LIMIT, LIMIT)
    return Rings(values.reshape(-1, 2), offsets(sizes >> 1), owner, objects)


def _pack(rings: Sequence[Sequence[float]]) -> NDArray[np.int32] | NDArray[np.float64]:
    # struct reads lists of Python numbers three times as fast as np.array does; most, in pieces that stay in the cache.
    try:
        return np.frombuffer(b"".join(_packed(rings, "i")), np.int32)
    except struct.error:
        pass
    try:
        return np.frombuffer(b"".join(_packed(rings, "d")), np.float64)
    except (struct.error, OverflowError):
        return np.array([min(max(number, -LIMIT), LIMIT) for ring in rings for number in ring], np.float64)


def _packed(rings: Sequence[Sequence[float]], code: str) -> Iterator[bytes]:
    numbers: list[float] = []
    for ring in rings:
        numbers += ring
        if len(numbers) >= PIECE:
            yield struct.pack(f"{len(numbers)}{code}", *numbers)
            numbers.clear()
    yield struct.pack(f"{len(numbers)}{code}", *numbers)
