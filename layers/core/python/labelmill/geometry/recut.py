"""Objects that their image's edges cut into parts, or open holes of: outlines of what is left of them.

A clipped ring runs along the edge to and fro where only what is outside holds its parts together (see ``clipping``).
By parity that is nothing, but it is no boundary of pixels: such an object is traced once more, from its pixels.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .clipping import following
from .label_runs import LabelRuns
from .outlines import Outlines
from .rings import bounds, members, offsets, rows_of
from .run_borders import completed, trace_runs
from .runs import odd_ones

COLUMN_BITS: Final = 24
"""Bits of a column or a row; coordinates are at most ``rings.LIMIT``."""


def recut(outlines: Outlines) -> Outlines:
    """Trace objects of dense rings once more where they run along an edge of their image to and fro.

    Args:
        outlines: The batch.

    Returns:
        The outlines, of those objects with a ring for each part and each hole that is left. Sparse rings stay.
    """
    objects = _cut_apart(outlines)
    if not len(objects):
        return outlines
    owner = outlines.owner()
    kept = ~np.isin(owner, objects)
    others = replace(
        outlines,
        first_ring=offsets(np.bincount(owner[kept], minlength=len(outlines))),
        hole=outlines.hole[kept],
        dense=outlines.dense[kept],
        start=outlines.start[kept],
        count=outlines.count[kept],
    )
    return completed(others, objects, trace_runs(_runs(outlines, objects)))


def _cut_apart(outlines: Outlines) -> NDArray[np.int64]:
    # Objects with edges over each other on an edge of their image, all their rings dense.
    owner = outlines.owner()
    dense = np.bincount(owner[~outlines.dense], minlength=len(outlines)) == 0
    rings = np.flatnonzero(dense[owner])
    if not len(rings):
        return rings
    count = outlines.count[rings]
    box = bounds(rows_of(outlines.corners, outlines.start[rings], count), offsets(count)[:-1])
    rings = rings[(box[:, :2] <= 0).any(axis=1) | (box[:, 2:] >= outlines.size[owner[rings]]).any(axis=1)]
    count = outlines.count[rings]
    here = rows_of(outlines.corners, outlines.start[rings], count)
    there = here[following(offsets(count))]
    size = np.repeat(outlines.size[owner[rings]], count, axis=0)
    side, low, high = [], [], []
    for axis in (0, 1):
        for end, line in enumerate((0, size[:, axis])):
            edges = np.flatnonzero((here[:, axis] == line) & (there[:, axis] == line))
            side.append(4 * np.repeat(owner[rings], count)[edges] + 2 * axis + end)
            ends = np.stack([here[edges, 1 - axis], there[edges, 1 - axis]])
            low.append(ends.min(axis=0))
            high.append(ends.max(axis=0))
    base = np.concatenate(side) << COLUMN_BITS
    order = np.lexsort((np.concatenate(low), base))
    begin, reached = (base + np.concatenate(low))[order], np.maximum.accumulate((base + np.concatenate(high))[order])
    return np.unique(base[order][1:][begin[1:] < reached[:-1]] >> COLUMN_BITS + 2)


def _runs(outlines: Outlines, objects: NDArray[np.int64]) -> LabelRuns:
    # An object's pixels begin and end, row by row, where an odd number of upright edges pass.
    per_object = np.diff(outlines.first_ring)[objects]
    rings = members(outlines.first_ring[objects], per_object)
    count = outlines.count[rings]
    here = rows_of(outlines.corners, outlines.start[rings], count).astype(np.int64)
    there = here[following(offsets(count))]
    size = outlines.size[objects]
    base = offsets(size[:, 1])
    top = np.minimum(here[:, 1], there[:, 1]) + np.repeat(np.repeat(base[:-1], per_object), count)
    rows = np.abs(there[:, 1] - here[:, 1])
    places = odd_ones(members(top, rows) << COLUMN_BITS | np.repeat(here[:, 0], rows))
    line, column = places >> COLUMN_BITS, places & (1 << COLUMN_BITS) - 1
    owner = np.searchsorted(base, line[::2], side="right") - 1
    return LabelRuns(
        size=size,
        first=offsets(np.bincount(owner, minlength=len(objects))),
        row=(line[::2] - base[owner]).astype(np.int32),
        begin=column[::2].astype(np.int32),
        end=column[1::2].astype(np.int32),
    )
