"""Boundary pixels as YOLO's segmentation labels.

Source:
    Ultralytics' segmentation labels: ``x1 y1 x2 y2 ...`` as shares of the image's width and height. Its loader scales
    them to the image, truncates them to integers and fills the polygon by parity with ``cv2.fillPoly``, edges included
    (``polygon2mask`` in ``ultralytics/data/utils.py``). So vertices are the centres of pixels of the object's boundary.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .boundary import Boundaries, boundaries, tidied
from .bridges import join_rings
from .clipping import following
from .numerals import share_texts
from .outlines import Outlines
from .recut import recut
from .rings import members, offsets, portions, rows_of, take_rows
from .simplify import kept_vertices

FEWEST: Final = 3
"""Pairs a line has at least: shorter ones are taken for boxes."""

SHARE_BYTES: Final = 9
"""Of a number with six decimals and the blank before it. Half a pixel is left for what they and 32-bit floats round
off: enough in images of up to 500,000 pixels a side."""

PORTION: Final = 1 << 15
"""Vertices written at a time, about: the work then stays in the processor's cache."""


def yolo_lines(outlines: Outlines, simplify: float = 0.0) -> list[bytes]:
    """Write each object as one YOLO polygon: its parts joined, its holes cut by bridges.

    A bridge is a line between two boundary pixels and there are as few pixels on all of them as can be (see
    ``spanning``): from part to part they are painted, from a hole they run inside the object.

    Args:
        outlines: The batch.
        simplify: How far a ring may stray from the centres of its boundary pixels, pixels; 0: not at all.

    Returns:
        Per object ``b" x1 y1 x2 y2 ..."``, shares of the image's width and height with six decimals; empty without
        outlines.
    """
    outlines = recut(outlines)
    rings = boundaries(outlines)
    if simplify > 0:
        kept = kept_vertices(rings.pixels, rings.first, np.full(len(rings.first) - 1, simplify))
        rings = Boundaries(take_rows(rings.pixels, np.flatnonzero(kept)), offsets(kept)[rings.first])
    per_object = np.diff(outlines.first_ring)
    several = np.flatnonzero(per_object > 1)
    if len(several):
        rings = _joined(rings, outlines, several, dense=simplify == 0)
    lines = iter(_texts(_long_enough(rings), outlines.size[per_object > 0]))
    if per_object.all():
        return list(lines)
    return [next(lines) if some else b"" for some in per_object.tolist()]


def _joined(rings: Boundaries, outlines: Outlines, several: NDArray[np.int64], *, dense: bool) -> Boundaries:
    # One ring an object, in order: those of several rings joined. `dense`: dense rings go in the eight directions.
    first_ring = outlines.first_ring
    per_object = np.diff(first_ring)
    lengths = np.diff(rings.first)
    chosen = members(first_ring[several], per_object[several])
    vertices = rows_of(rings.pixels, rings.first[chosen], lengths[chosen])
    group_first = offsets(per_object[several])
    walks, first = join_rings(vertices.astype(np.int64), offsets(lengths[chosen]), group_first)
    joined = Boundaries(walks.astype(np.int32), first)
    if dense:
        joined = _in_eight_directions(joined, np.logical_and.reduceat(outlines.dense[chosen], group_first[:-1]))
    joined = tidied(joined)
    start = rings.first[first_ring[:-1].clip(max=len(lengths))]
    count = np.append(lengths, 0)[first_ring[:-1]]
    start[several] = joined.first[:-1] + len(rings.pixels)
    count[several] = np.diff(joined.first)
    some = per_object > 0
    pixels = np.concatenate([rings.pixels, joined.pixels])
    return Boundaries(rows_of(pixels, start[some], count[some]), offsets(count[some]))


def _in_eight_directions(walks: Boundaries, chosen: NDArray[np.bool_]) -> Boundaries:
    # Bridges as a diagonal and a straight leg, the same to and fro: no more pixels, and points that a trainer puts
    # between are on them, too. Only of walks of which no other edge has another direction.
    here, first = walks
    there = here[following(first)]
    run = np.abs(there - here)
    legs = np.flatnonzero(run.all(axis=1) & (run[:, 0] != run[:, 1]) & np.repeat(chosen, np.diff(first)))
    here, there, run = here[legs], there[legs], run[legs]
    turned = (here[:, 0] > there[:, 0])[:, None]
    begin, end = np.where(turned, there, here), np.where(turned, here, there)
    corner = begin + np.sign(end - begin) * run.min(axis=1)[:, None]
    extra = np.bincount(np.searchsorted(first, legs, "right") - 1, minlength=len(first) - 1)
    return Boundaries(np.insert(walks.pixels, legs + 1, corner, axis=0), first + offsets(extra))


def _long_enough(rings: Boundaries) -> Boundaries:
    # Rings of too few vertices go round once more.
    count = np.diff(rings.first)
    if not len(count) or count.min() >= FEWEST:
        return rings
    more = np.maximum(count, FEWEST)
    first = offsets(more)
    ring = np.repeat(np.arange(len(count)), more)
    at = rings.first[ring] + (np.arange(first[-1]) - first[ring]) % count[ring]
    return Boundaries(take_rows(rings.pixels, at), first)


def _texts(rings: Boundaries, size: NDArray[np.int64]) -> list[bytes]:
    texts: list[bytes] = []
    lengths = np.diff(rings.first)
    for some in portions(np.arange(len(lengths)), lengths, PORTION):
        count = lengths[some]
        shares = rows_of(rings.pixels, rings.first[some], count) + 0.5
        shares *= np.repeat(1e6 / size[some], count, axis=0)
        blob = share_texts(np.rint(shares, out=shares).astype(np.int32))
        texts += [blob[begin:end] for begin, end in pairwise((2 * SHARE_BYTES * offsets(count)).tolist())]
    return texts
