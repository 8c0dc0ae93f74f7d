"""The outlines of objects: contours through pixel centres -> rings along pixel edges.

Coordinate frame of everything here: pixel-edge coordinates, origin at the outer corner of the image's
top-left pixel, x to the right, y down; pixel ``(c, r)`` covers ``[c, c+1) x [r, r+1)``.

Decided where the source format is silent:

* A ring's numbers count as integers when they are integral, however they were written (``3.0`` is 3).
* A clipped ring's area is that of the clipped outline, a sparse ring's too.
* A ring of two whole points far apart is a line of pixels, there and back: it has three vertices, the first one twice,
  and no area but Pick's.
* A ring that has no area left after clipping, or fewer than three vertices, is no outline; an object whose
  outer rings are all gone has none at all. The area of what was not clipped still counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from .clipping import clip, following, reach_out, surely_inside, twice_shoelace
from .nesting import find_holes
from .rings import LIMIT, Points, Rings, collect, members, offsets, take_rows
from .walk import HOP, dense_rings, steps, walk

Rows = TypeVar("Rows", NDArray[np.int64], NDArray[np.complex128])

SHIFT: Final = LIMIT * 4
"""Added to x where a ring begins left of the image, for packed points need ``x >= 0``."""

DECIMALS: Final = 6
"""Fractional coordinates and areas are rounded to so many decimals of a pixel."""


@dataclass(frozen=True, slots=True)
class Outlines:
    """Outlines of a batch of objects, clipped to their images.

    Attributes:
        size: Width and height of each object's image, shape ``(n, 2)``, pixels.
        areas: Pixels that each object covers, holes taken away: int where its contours are integers.
        first_ring: Each object's first ring and, last, the number of rings ``R``; shape ``(n + 1,)``.
        hole: Whether a ring is a hole, shape ``(R,)``.
        dense: Whether a ring's vertices are rows of ``corners``, else of ``vertices``; shape ``(R,)``.
        start: A ring's first row there, shape ``(R,)``.
        count: A ring's number of vertices, at least 3, shape ``(R,)``.
        corners: Vertices of dense rings, shape ``(M, 2)``, columns x, y, pixel-edge coordinates. Edges are
            level or upright.
        vertices: Vertices of sparse rings, shape ``(V, 2)``, the same frame.
    """

    size: NDArray[np.int64]
    areas: list[int | float]
    first_ring: NDArray[np.int64]
    hole: NDArray[np.bool_]
    dense: NDArray[np.bool_]
    start: NDArray[np.int64]
    count: NDArray[np.int64]
    corners: NDArray[np.int32]
    vertices: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.areas)

    def area(self, index: int) -> int | float:
        """Pixels that an object covers, holes taken away; int where its contours are integers."""
        return self.areas[index]

    def holes(self, index: int) -> int:
        """Number of an object's holes."""
        return int(np.count_nonzero(self.hole[self.first_ring[index] : self.first_ring[index + 1]]))

    def ring(self, ring: int) -> Points:
        """A ring's vertices, shape ``(m, 2)``, pixel-edge coordinates: int32 when dense, else float64."""
        rows = slice(self.start[ring], self.start[ring] + self.count[ring])
        return self.corners[rows] if self.dense[ring] else self.vertices[rows]

    def rings(self, index: int) -> list[Points]:
        """All rings of an object, holes among them, in the order of its contours."""
        return [self.ring(ring) for ring in range(self.first_ring[index], self.first_ring[index + 1])]

    def outer_rings(self, index: int) -> list[Points]:
        """An object's rings but for its holes, in the order of its contours."""
        return [self.ring(r) for r in range(self.first_ring[index], self.first_ring[index + 1]) if not self.hole[r]]

    def owner(self) -> NDArray[np.int64]:
        """Object of each ring, shape ``(R,)``."""
        return np.repeat(np.arange(len(self)), np.diff(self.first_ring))

    def pierced(self) -> NDArray[np.bool_]:
        """Whether each object has a hole, shape ``(n,)``."""
        pierced = np.zeros(len(self), np.bool_)
        if self.hole.any():
            pierced[self.owner()[self.hole]] = True
        return pierced


@dataclass(slots=True)
class _Traced:
    # What becomes of the rings on the way: `area` is what a ring adds to its object, holes below zero.
    area: NDArray[np.float64]
    start: NDArray[np.int64]
    count: NDArray[np.int64]


def trace(contours: Sequence[Sequence[Sequence[float]]], sizes: Sequence[tuple[int, int]]) -> Outlines:
    """Trace the outlines of many objects, of many images, at once.

    Args:
        contours: Per object its rings, each a flat list ``[x1, y1, ...]`` of finite numbers: pixel centres
            relative to the centre of the top-left pixel. May be empty.
        sizes: Per object the width and height of its image, pixels.

    Returns:
        Outlines, the same for an object whatever else is in the batch.

    Example:
        >>> outlines = trace([[[2, 1]]], [(10, 10)])
        >>> outlines.area(0), outlines.ring(0).tolist()
        (1, [[3, 2], [3, 1], [2, 1], [2, 2]])
    """
    return trace_rings(collect(contours), sizes)


def trace_rings(rings: Rings, sizes: Sequence[tuple[int, int]]) -> Outlines:
    """Trace outlines from collected rings: :func:`trace` in two steps.

    Args:
        rings: From :func:`labelmill.geometry.collect`.
        sizes: Per object the width and height of its image, pixels.

    Returns:
        Outlines as from :func:`trace`.
    """
    stated = np.fromiter(chain.from_iterable(sizes), np.float64, 2 * rings.objects)
    size = np.clip(stated, 0, LIMIT).astype(np.int64).reshape(-1, 2)
    total = len(rings.owner)
    traced = _Traced(np.zeros(total), np.zeros(total, np.int64), np.zeros(total, np.int64))
    whole = _whole(rings)
    twice = np.zeros(total)
    dense, packed, hops, first = _dense_part(rings, np.flatnonzero(whole))
    sparse = _complement(dense, total)
    points, sparse_first = _sparse_part(rings, sparse, whole[sparse])
    twice[sparse] = twice_shoelace(points, sparse_first)
    if len(dense):
        walked = walk(packed, hops, first)
        points_a_ring = np.diff(first)
        twice[dense] = 2 * (walked.enclosed + walked.turning) + np.where(points_a_ring > 1, points_a_ring, 0)
    hole = find_holes(twice, rings.owner, rings.points, rings.first)
    hole &= twice != 0

    corners, vertices = np.empty((0, 2), np.int32), np.empty((0, 2))
    if len(dense):
        # A ring without area (a line with branches) tells its way round by its turns.
        twisted = (twice[dense] == 0) & (walked.turning != 1)
        backward = np.where(hole[dense], twice[dense] < 0, (twice[dense] > 0) | twisted)
        if backward.any():
            packed = _reversed(packed, first, backward)
            walked = walk(packed, steps(packed, first), first)
        corners = walked.corners.view(np.int32).reshape(-1, 2)
        if corners[:, 0].min() >= SHIFT - LIMIT:
            corners[:, 0] -= SHIFT
        traced.area[dense] = -walked.enclosed
        traced.count[dense] = walked.lengths
        traced.start[dense] = np.cumsum(walked.lengths) - walked.lengths
        if not surely_inside(corners, size):
            corners = _clip_dense(corners, traced, dense, size[rings.owner[dense]])
    if len(sparse):
        traced.area[sparse] = _sparse_areas(points, sparse_first, whole[sparse], hole[sparse], twice[sparse])
        vertices = _rows(points + (0.5 + 0.5j))
        traced.start[sparse] = sparse_first[:-1]
        traced.count[sparse] = np.diff(sparse_first)
        if not surely_inside(vertices, size):
            vertices = _clip_sparse(vertices, traced, sparse, hole[sparse], size[rings.owner[sparse]])
    is_dense = np.zeros(total, np.bool_)
    is_dense[dense] = True
    kept = _kept(traced.count, hole, rings.owner, rings.objects)
    owner = rings.owner[kept]
    return Outlines(
        size=size,
        areas=_object_areas(traced.area, whole, rings),
        first_ring=offsets(np.bincount(owner, minlength=rings.objects)),
        hole=hole[kept],
        dense=is_dense[kept],
        start=traced.start[kept],
        count=traced.count[kept],
        corners=corners,
        vertices=vertices,
    )


def _whole(rings: Rings) -> NDArray[np.bool_]:
    if rings.points.dtype == np.int32 or not len(rings.owner):
        return np.ones(len(rings.owner), np.bool_)
    integral = (rings.points == np.rint(rings.points)).reshape(-1)
    return np.asarray(np.logical_and.reduceat(integral, 2 * rings.first[:-1]))


def _complement(indices: NDArray[np.int64], total: int) -> NDArray[np.int64]:
    rest = np.ones(total, np.bool_)
    rest[indices] = False
    return np.flatnonzero(rest)


def _select(
    rings: Rings, chosen: NDArray[np.int64]
) -> tuple[NDArray[np.int32] | NDArray[np.float64], NDArray[np.int64]]:
    if len(chosen) == len(rings.owner):
        return rings.points, rings.first
    count = np.diff(rings.first)[chosen]
    at = members(rings.first[chosen], count)
    return take_rows(rings.points, at), offsets(count)


def _dense_part(
    rings: Rings, whole: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    # -> indices of the dense rings, their packed points, steps, and where each begins
    if not len(whole):
        none = np.zeros(0, np.int64)
        return none, none, none, np.zeros(1, np.int64)
    points, first = _select(rings, whole)
    points = np.ascontiguousarray(points, np.int32)
    if points[:, 0].min() < 0:
        points = points + np.array([SHIFT, 0], np.int32)
    packed = points.view(np.int64).reshape(-1)
    hops = steps(packed, first)
    repeated = hops == HOP
    repeated[first[:-1][np.diff(first) == 1]] = False
    if repeated.any():
        packed, first = _without(packed, first, repeated)
        hops = steps(packed, first)
    flags = dense_rings(hops, first)
    if flags is None:
        return whole, packed, hops, first
    count = np.diff(first)[flags]
    at = members(first[:-1][flags], count)
    return whole[flags], packed[at], hops[at], offsets(count)


def _sparse_part(
    rings: Rings, sparse: NDArray[np.int64], whole: NDArray[np.bool_]
) -> tuple[NDArray[np.complex128], NDArray[np.int64]]:
    # -> points x + iy of the sparse rings, and where each begins
    if not len(sparse):
        return np.zeros(0, np.complex128), np.zeros(1, np.int64)
    points, first = _select(rings, sparse)
    plane = _plane(points)
    repeated = np.empty(len(plane), np.bool_)
    np.equal(plane[1:], plane[:-1], out=repeated[:-1])
    repeated[first[1:] - 1] = plane[first[1:] - 1] == plane[first[:-1]]
    repeated[first[:-1][np.diff(first) == 1]] = False
    if repeated.any():
        plane, first = _without(plane, first, repeated)
    lines = np.flatnonzero(whole & (np.diff(first) == 2))
    if len(lines):
        plane = np.insert(plane, first[lines + 1], plane[first[lines]])
        first = first + offsets(np.bincount(lines, minlength=len(sparse)))
    return plane, first


def _without(rows: Rows, first: NDArray[np.int64], repeated: NDArray[np.bool_]) -> tuple[Rows, NDArray[np.int64]]:
    kept = ~repeated
    kept[first[:-1][np.logical_and.reduceat(repeated, first[:-1])]] = True  # one point of a ring of nothing else
    return rows[kept], offsets(kept)[first]


def _reversed(packed: NDArray[np.int64], first: NDArray[np.int64], backward: NDArray[np.bool_]) -> NDArray[np.int64]:
    count = np.diff(first)
    index = np.arange(len(packed))
    mirrored = np.repeat(first[:-1] + first[1:] - 1, count) - index
    return packed[np.where(np.repeat(backward, count), mirrored, index)]


def _clip_dense(
    corners: NDArray[np.int32], traced: _Traced, dense: NDArray[np.int64], size: NDArray[np.int64]
) -> NDArray[np.int32]:
    out = np.flatnonzero(reach_out(corners, offsets(traced.count[dense]), size))
    rings = dense[out]
    at = members(traced.start[rings], traced.count[rings])
    clipped, first = clip(_plane(take_rows(corners, at)), offsets(traced.count[rings]), size[out])
    area = twice_shoelace(clipped, first) / 2
    traced.area[rings] = -area
    traced.start[rings] = first[:-1] + len(corners)
    traced.count[rings] = np.where(area == 0, 0, np.diff(first))
    return np.concatenate([corners, _rows(clipped).astype(np.int32)])


def _clip_sparse(
    vertices: NDArray[np.float64],
    traced: _Traced,
    sparse: NDArray[np.int64],
    hole: NDArray[np.bool_],
    size: NDArray[np.int64],
) -> NDArray[np.float64]:
    out = np.flatnonzero(reach_out(vertices, offsets(traced.count[sparse]), size))
    rings = sparse[out]
    at = members(traced.start[rings], traced.count[rings])
    clipped, first = clip(_plane(take_rows(vertices, at)), offsets(traced.count[rings]), size[out])
    area = np.abs(twice_shoelace(clipped, first)) / 2
    traced.area[rings] = np.where(hole[out], -area, area)
    traced.start[rings] = first[:-1] + len(vertices)
    traced.count[rings] = np.where(area == 0, 0, np.diff(first))
    return np.concatenate([vertices, _rows(clipped)])


def _plane(points: Points) -> NDArray[np.complex128]:
    return np.ascontiguousarray(points, np.float64).view(np.complex128).reshape(-1)


def _rows(plane: NDArray[np.complex128]) -> NDArray[np.float64]:
    numbers: NDArray[np.float64] = plane.view(np.float64)
    return np.asarray(numbers.round(DECIMALS).reshape(-1, 2))


def _sparse_areas(
    points: NDArray[np.complex128],
    first: NDArray[np.int64],
    whole: NDArray[np.bool_],
    hole: NDArray[np.bool_],
    twice: NDArray[np.float64],
) -> NDArray[np.float64]:
    area = np.abs(twice) / 2
    if whole.any():
        # Pick: A + B/2 + 1 lattice points in and on an outer ring; inside a hole A - B/2 + 1.
        count = np.diff(first)[whole]
        at = members(first[:-1][whole], count)
        step = points[following(first)[at]] - points[at]
        along = np.gcd(np.abs(step.real).astype(np.int64), np.abs(step.imag).astype(np.int64))
        half = np.add.reduceat(along, np.cumsum(count) - count) / 2
        area[whole] += np.where(hole[whole], 1 - half, 1 + half)
    return np.where(hole, -np.maximum(area, 0), area)


def _kept(
    count: NDArray[np.int64], hole: NDArray[np.bool_], owner: NDArray[np.int64], objects: int
) -> NDArray[np.bool_]:
    kept = count >= 3
    if not kept.all():
        outer = np.bincount(owner[kept & ~hole], minlength=objects)
        kept &= outer[owner] > 0
    return kept


def _object_areas(area: NDArray[np.float64], whole: NDArray[np.bool_], rings: Rings) -> list[int | float]:
    sums = np.maximum(np.bincount(rings.owner, area, minlength=rings.objects), 0)
    fractional = np.bincount(rings.owner[~whole], minlength=rings.objects) > 0
    fractional |= sums != np.rint(sums)
    if not fractional.any():
        integers: list[int | float] = sums.astype(np.int64).tolist()
        return integers
    values: list[int | float] = np.round(sums, DECIMALS).tolist()
    if fractional.all():
        return values
    return [value if frac else int(value) for value, frac in zip(values, fractional.tolist(), strict=True)]
