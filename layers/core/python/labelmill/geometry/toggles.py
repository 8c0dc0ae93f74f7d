"""The pixel edges at which an object begins or ends, column by column from the top.

Going down a column of pixels, every level edge of the outline turns the object on or off (even-odd). That is
all that both run-length codes and painting need; nothing is rasterised.

Decided where the source format is silent: of a sparse ring, a pixel is inside when its centre is; a centre
right on an edge belongs to the side below or to the right.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .clipping import following
from .outlines import Outlines
from .rings import members, offsets, take_rows

PIECE: Final = 1 << 21
"""Toggles made at a time, about: a ring's bytes do not tell how many columns its edges pass."""


def toggles(
    outlines: Outlines, rings: NDArray[np.int64]
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]]:
    """List the toggles of rings, in pieces, in no particular order.

    Args:
        outlines: The batch.
        rings: Indices of rings, shape ``(K,)``.

    Yields:
        Index into ``rings``, column and row of each toggle: the object turns on or off at the upper edge of
        that pixel. The row may be the image's height: the lower edge of its last row.
    """
    for dense in (True, False):
        ring = np.flatnonzero(outlines.dense[rings] == dense)
        if not len(ring):
            continue
        count = outlines.count[rings[ring]]
        at = members(outlines.start[rings[ring]], count)
        after, ring = following(offsets(count)), np.repeat(ring, count)
        if dense:
            yield from _level_toggles(take_rows(outlines.corners, at).astype(np.int64), after, ring)
        else:
            points = take_rows(outlines.vertices, at)
            yield from _edge_toggles(points, points[after], ring)


def _level_toggles(
    points: NDArray[np.int64], after: NDArray[np.int64], ring: NDArray[np.int64]
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]]:
    x = points[:, 0]
    far = x[after]
    columns = np.abs(far - x)
    for edges in _pieces(columns):
        count = columns[edges]
        yield (
            np.repeat(ring[edges], count),
            members(np.minimum(x[edges], far[edges]), count),
            np.repeat(points[edges, 1], count),
        )


def _edge_toggles(
    begin: NDArray[np.float64], end: NDArray[np.float64], ring: NDArray[np.int64]
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]]:
    # An edge passes the columns c whose centre line c + 1/2 lies in [left, right).
    left = np.ceil(np.minimum(begin[:, 0], end[:, 0]) - 0.5).astype(np.int64)
    columns = np.ceil(np.maximum(begin[:, 0], end[:, 0]) - 0.5).astype(np.int64) - left
    for edges in _pieces(columns):
        edge = np.repeat(edges, columns[edges])
        column = members(left[edges], columns[edges])
        run, rise = (end - begin)[edge].T
        height = begin[edge, 1] + (column + 0.5 - begin[edge, 0]) * rise / run
        # The first row whose centre line is not above the edge.
        yield ring[edge], column, np.ceil(height - 0.5).astype(np.int64)


def _pieces(columns: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    # Edges that pass any column, in groups of about PIECE columns.
    passing = np.flatnonzero(columns)
    if not len(passing):
        return []
    piece = np.cumsum(columns[passing]) // PIECE
    return np.split(passing, np.flatnonzero(np.diff(piece)) + 1) if piece[-1] else [passing]
