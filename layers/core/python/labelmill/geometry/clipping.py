"""Outlines cut off at the image's edges.

Coordinate frame: pixel-edge coordinates, the image covers ``[0, W] x [0, H]``.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from .rings import bounds, offsets

DECIMALS: Final = 3
"""Where an edge crosses a border is rounded to so many decimals of a pixel."""

ROUNDS: Final = 64
"""What folds together outside is tidied up at most so many times; what is left then has no area."""


def clip(
    points: NDArray[np.complex128], first: NDArray[np.int64], size: NDArray[np.int64]
) -> tuple[NDArray[np.complex128], NDArray[np.int64]]:
    """Cut rings off at the edges of their images.

    Every edge gets a vertex where it crosses a border line; then all vertices are clamped. What was outside
    falls flat on the border, what was inside is untouched, and the area is exact. Repeated points and
    points in the middle of a straight run, which that leaves, are taken out.

    Args:
        points: Vertices ``x + iy``, shape ``(N,)``, pixel-edge coordinates.
        first: Where each ring begins and, last, ``N``; shape ``(R + 1,)``; no ring is empty.
        size: Width and height of each ring's image, shape ``(R, 2)``, pixels.

    Returns:
        The vertices, shape ``(M,)``, and where each ring begins and, last, ``M``, shape ``(R + 1,)``.
        A ring that lay wholly outside has no vertex left, or none with an area.
    """
    width, height = size.T.astype(np.float64)
    for upright in (True, False):
        for line in (np.zeros(len(size)), width if upright else height):
            points, first = _crossings(points, first, upright, line)
    count = np.diff(first)
    clamped = np.empty_like(points)
    clamped.real = np.minimum(np.maximum(points.real, 0), np.repeat(width, count))
    clamped.imag = np.minimum(np.maximum(points.imag, 0), np.repeat(height, count))
    points = clamped
    for _ in range(ROUNDS):
        before = len(points)
        points, first = keep(points, first, points != points[following(first)])
        after = following(first)
        ahead = points[after] - points
        behind = np.empty_like(ahead)
        behind[after] = ahead
        points, first = keep(points, first, ahead.real * behind.imag != ahead.imag * behind.real)
        if len(points) == before:
            break
    return points, first


def twice_shoelace(points: NDArray[np.complex128], first: NDArray[np.int64]) -> NDArray[np.float64]:
    """Compute twice the signed area of closed rings.

    Args:
        points: Vertices ``x + iy``, shape ``(N,)``, any frame with y down.
        first: Where each ring begins and, last, ``N``; shape ``(R + 1,)``; rings may be empty.

    Returns:
        Shape ``(R,)``, square pixels, negative where a ring runs counter-clockwise on screen.
    """
    count = np.diff(first)
    areas = np.zeros(len(count))
    some = np.flatnonzero(count)
    if len(some):
        here = points - np.repeat(points[first[some]], count[some])  # small numbers: exact products
        x, y = np.ascontiguousarray(here.real), np.ascontiguousarray(here.imag)
        # A ring's first point is the origin now: the step back to it adds nothing, nor does the step from it.
        cross = np.zeros(len(points))
        np.subtract(x[:-1] * y[1:], x[1:] * y[:-1], out=cross[:-1])
        cross[first[some + 1] - 1] = 0
        areas[some] = np.add.reduceat(cross, first[some])
    return areas


def following(first: NDArray[np.int64]) -> NDArray[np.int64]:
    """Index of the vertex after each one, round closed rings; shape ``(N,)``.

    Args:
        first: Where each ring begins and, last, ``N``; shape ``(R + 1,)``; rings may be empty.
    """
    index = np.arange(1, first[-1] + 1)
    some = np.flatnonzero(np.diff(first))
    index[first[some + 1] - 1] = first[some]
    return index


def keep(
    points: NDArray[np.complex128], first: NDArray[np.int64], kept: NDArray[np.bool_]
) -> tuple[NDArray[np.complex128], NDArray[np.int64]]:
    """Leave out vertices: those kept, and where each ring begins among them."""
    return points[kept], offsets(kept)[first]


def _crossings(
    points: NDArray[np.complex128], first: NDArray[np.int64], upright: bool, line: NDArray[np.float64]
) -> tuple[NDArray[np.complex128], NDArray[np.int64]]:
    # Insert a vertex where an edge crosses the line x (or y) = line[ring].
    ring = np.repeat(np.arange(len(line)), np.diff(first))
    side = np.sign((points.real if upright else points.imag) - line[ring])
    after = following(first)
    crossing = np.flatnonzero(side * side[after] < 0)
    if not len(crossing):
        return points, first
    here, there, at = points[crossing], points[after[crossing]], line[ring[crossing]]
    if upright:
        y = here.imag + (at - here.real) / (there.real - here.real) * (there.imag - here.imag)
        added = at + 1j * np.round(y, DECIMALS)
    else:
        x = here.real + (at - here.imag) / (there.imag - here.imag) * (there.real - here.real)
        added = np.round(x, DECIMALS) + 1j * at
    extra = np.bincount(ring[crossing], minlength=len(line))
    return np.insert(points, crossing + 1, added), first + offsets(extra)


def surely_inside(points: NDArray[np.int32] | NDArray[np.float64], size: NDArray[np.int64]) -> bool:
    """Tell quickly whether all outlines lie inside even the smallest of the images.

    Args:
        points: Vertices in pixel-edge coordinates, shape ``(N, 2)``, ``N >= 1``.
        size: Width and height of images, shape ``(K, 2)``, ``K >= 1``, pixels.
    """
    x, y = points[:, 0], points[:, 1]
    width, height = size.min(axis=0)
    return bool(x.min() >= 0 and y.min() >= 0 and x.max() <= width and y.max() <= height)


def reach_out(
    points: NDArray[np.int32] | NDArray[np.float64], first: NDArray[np.int64], size: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Tell which rings reach beyond their images.

    Args:
        points: Vertices in pixel-edge coordinates, shape ``(N, 2)``.
        first: Where each ring begins and, last, ``N``; shape ``(R + 1,)``.
        size: Width and height of each ring's image, shape ``(R, 2)``, pixels.

    Returns:
        One flag a ring, shape ``(R,)``.
    """
    box = bounds(points, first[:-1])
    return np.asarray((box[:, :2] < 0).any(axis=1) | (box[:, 2:] > size).any(axis=1))
