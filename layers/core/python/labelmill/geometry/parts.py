"""Objects as plain polygons, one a part: outlines whose holes are cut by bridges.

Which outer ring a hole belongs to: going down a column of pixels onto a hole's topmost edge, the edge passed before is
one of the part's, of its outer ring or of another hole further up. A hole above which there is none (contours that
contradict each other) goes with its object's first outer ring.

Holes in sparse outlines: bridges end at vertices and at grid points of edges (see ``bridges.grid``), so that the
outline itself is not moved; a bridge past a long slanted edge may leave the object there, which parity forgives.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .bridges import join_rings
from .outlines import Outlines
from .rings import members, offsets, rows_of
from .toggles import toggles

MILLIONTHS: Final = 1_000_000
"""Units a pixel of sparse outlines: as fine as their decimals."""

COLUMN_BITS: Final = 24
"""Bits of a column or a row; coordinates are at most ``rings.LIMIT``."""


def plain_polygons(outlines: Outlines, outer: NDArray[np.int64]) -> Outlines:
    """Make one ring of each part: its outer ring and its holes, joined by the shortest bridges.

    Args:
        outlines: The batch.
        outer: The outer ring of each ring's part, from :func:`outer_rings`.

    Returns:
        Outlines without holes, parts in the order of their outer rings. Filled by parity, a ring by itself covers what
        its part covers. Bridges may slant, those of dense rings, too.
    """
    if not outlines.hole.any():
        return outlines
    rings = np.bincount(outer, minlength=len(outer))
    order, first = np.lexsort((outlines.hole, outer)), offsets(rings)  # a part's rings together, the outer one first
    kept = np.flatnonzero(~outlines.hole)
    dense = outlines.dense.copy()
    dense[kept] = np.logical_and.reduceat(outlines.dense[order], first[kept])
    start, count = outlines.start.copy(), outlines.count.copy()
    corners, vertices = outlines.corners, outlines.vertices
    for flat in (True, False):
        parts = kept[(rings[kept] > 1) & (dense[kept] == flat)]
        if not len(parts):
            continue
        chosen = order[members(first[parts], rings[parts])]
        points = _whole_points(outlines, chosen, 1 if flat else MILLIONTHS)
        walks, walk_first = join_rings(
            points, offsets(outlines.count[chosen]), offsets(rings[parts]), 1 if flat else MILLIONTHS
        )
        start[parts] = walk_first[:-1] + len(corners if flat else vertices)
        count[parts] = np.diff(walk_first)
        if flat:
            corners = np.concatenate([corners, walks.astype(np.int32)])
        else:
            vertices = np.concatenate([vertices, walks / MILLIONTHS])
    return replace(
        outlines,
        first_ring=offsets(np.bincount(outlines.owner()[kept], minlength=len(outlines))),
        hole=outlines.hole[kept],
        dense=dense[kept],
        start=start[kept],
        count=count[kept],
        corners=corners,
        vertices=vertices,
    )


def _whole_points(outlines: Outlines, rings: NDArray[np.int64], pixel: int) -> NDArray[np.int64]:
    # Vertices of rings, dense or not, side by side in whole units.
    count, dense = outlines.count[rings], outlines.dense[rings]
    points = np.empty((count.sum(), 2), np.int64)
    is_dense = np.repeat(dense, count)
    points[is_dense] = rows_of(outlines.corners, outlines.start[rings[dense]], count[dense]).astype(np.int64) * pixel
    if not dense.all():
        sparse = rows_of(outlines.vertices, outlines.start[rings[~dense]], count[~dense])
        points[~is_dense] = np.rint(sparse * pixel).astype(np.int64)
    return points


def outer_rings(outlines: Outlines) -> NDArray[np.int64]:
    """Find the outer ring of each ring's part.

    Args:
        outlines: The batch.

    Returns:
        Index of a ring that is no hole, of the same object, shape ``(R,)``: an outer ring's own.
    """
    owner, outer = outlines.owner(), np.arange(len(outlines.hole))
    if not outlines.hole.any():
        return outer
    plain = np.flatnonzero(~outlines.hole)
    otherwise = plain[np.searchsorted(plain, outlines.first_ring[owner])]
    several = np.bincount(owner[plain], minlength=len(outlines))[owner] > 1
    outer[outlines.hole] = otherwise[outlines.hole]
    if not (several & outlines.hole).any():
        return outer
    rings = np.flatnonzero(several & outlines.pierced()[owner])
    holes = rings[outlines.hole[rings]]
    outer[holes] = _rings_above(outlines, rings, holes, owner)
    for _ in range(len(holes).bit_length() + 1):
        outer = outer[outer]
    return np.where(outlines.hole[outer], otherwise, outer)


def _rings_above(
    outlines: Outlines, rings: NDArray[np.int64], holes: NDArray[np.int64], owner: NDArray[np.int64]
) -> NDArray[np.int64]:
    # The ring passed before each hole on the way down to its topmost edge, itself if there is none.
    top = np.full(len(outlines.hole), np.iinfo(np.int64).max)
    for ring, column, row in toggles(outlines, holes):
        np.minimum.at(top, holes[ring], row << COLUMN_BITS | column)
    row_of, column_of = top >> COLUMN_BITS, top & (1 << COLUMN_BITS) - 1
    asked = holes[top[holes] < np.iinfo(np.int64).max]
    if not len(asked):
        return holes
    places = owner[asked] << COLUMN_BITS | column_of[asked]
    above = np.arange(len(outlines.hole))
    nearest = np.full(len(outlines.hole), -1)
    wanted = np.unique(places)
    for index, column, row in toggles(outlines, rings):
        ring = rings[index]
        place = owner[ring] << COLUMN_BITS | column
        kept = wanted[np.minimum(np.searchsorted(wanted, place), len(wanted) - 1)] == place
        kept &= (row << COLUMN_BITS | column) != top[ring]  # their own edges are what the holes come to
        ring, place, row = ring[kept], place[kept], row[kept]
        # Edges and the holes that ask, in the order of the way down: of edges in one row the outer rings' come last.
        kind = np.concatenate([np.where(outlines.hole[ring], 0, 1), np.full(len(asked), 2)])
        order = np.lexsort((kind, np.append(row, row_of[asked]), np.append(place, places)))
        passed = np.maximum.accumulate(np.where(order < len(ring), np.arange(len(order)), -1))
        ask = np.flatnonzero((order >= len(ring)) & (passed >= 0))
        edge, hole = order[passed[ask]], order[ask] - len(ring)
        nearer = (place[edge] == places[hole]) & (row[edge] > nearest[asked[hole]])
        edge, hole = edge[nearer], asked[hole[nearer]]
        above[hole], nearest[hole] = ring[edge], row[edge]
    return above[holes]
