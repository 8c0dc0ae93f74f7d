"""Outlines as the output formats write them: COCO segmentations and YOLO polygons.

Source:
    cocodataset.org, format-data: polygons ``[[x, y, ...], ...]``, or ``{"size": [h, w], "counts": "..."}``.
    Ultralytics' segmentation labels: ``x1 y1 x2 y2 ...`` as shares of the image's width and height.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from .numerals import decimal_lists, integer_lists, share_texts
from .outlines import Outlines
from .rings import Points, members, offsets
from .runs import run_length_codes
from .simplify import kept_vertices


def coco_segmentations(outlines: Outlines) -> list[bytes]:
    """Write each object's COCO ``segmentation``.

    Args:
        outlines: The batch.

    Returns:
        One JSON value an object: polygons in pixel-edge coordinates; a compressed run-length code where
        there is a hole; ``[]`` without outlines.
    """
    pierced = outlines.pierced()
    rings = np.arange(len(outlines.hole))
    if pierced.any():
        rings = np.flatnonzero(~pierced[outlines.owner()])
    texts = _ring_texts(outlines, rings)
    if len(texts) == len(outlines) and (np.diff(outlines.first_ring) == 1).all():
        return [b"[[" + text + b"]]" for text in texts]
    first = offsets(np.where(pierced, 0, np.diff(outlines.first_ring))).tolist()
    values = [b"[[" + b"],[".join(texts[begin:end]) + b"]]" if end > begin else b"[]" for begin, end in pairwise(first)]
    objects = np.flatnonzero(pierced)
    if len(objects):
        for index, code in zip(objects.tolist(), run_length_codes(outlines, objects), strict=True):
            width, height = outlines.size[index].tolist()
            counts = code.replace(b"\\", b"\\\\")
            values[index] = b'{"size":[%d,%d],"counts":"%b"}' % (height, width, counts)
    return values


def yolo_polygons(outlines: Outlines) -> list[list[bytes]]:
    """Write each object's outer rings as YOLO polygons.

    Args:
        outlines: The batch.

    Returns:
        Per object, per outer ring: ``b" x1 y1 x2 y2 ..."``, shares of the image's width and height with six
        decimals, simplified so that no point of either outline is more than one pixel from the other.
    """
    rings = np.flatnonzero(~outlines.hole)
    owner = outlines.owner()[rings]
    texts: list[bytes] = [b""] * len(rings)
    for dense in (True, False):
        chosen = np.flatnonzero(outlines.dense[rings] == dense)
        if not len(chosen):
            continue
        points, first = _gather(outlines, rings[chosen], dense)
        size = outlines.size[owner[chosen]]
        kept = kept_vertices(points, first, size.sum(axis=1))
        count = np.add.reduceat(kept, first[:-1], dtype=np.int64)
        shares = points[kept] / np.repeat(size, count, axis=0)
        blob = share_texts(np.rint(shares * 1e6).astype(np.int64))
        ends = (18 * np.cumsum(count)).tolist()
        for index, begin, end in zip(chosen.tolist(), [0, *ends[:-1]], ends, strict=True):
            texts[index] = blob[begin:end]
    bounds = offsets(np.bincount(owner, minlength=len(outlines))).tolist()
    return [texts[begin:end] for begin, end in pairwise(bounds)]


def _gather(outlines: Outlines, rings: NDArray[np.int64], dense: bool) -> tuple[Points, NDArray[np.int64]]:
    # -> vertices of rings that are all dense or all sparse, and where each begins
    table = outlines.corners if dense else outlines.vertices
    start, count = outlines.start[rings], outlines.count[rings]
    first = offsets(count)
    if first[-1] == len(table) and (start == first[:-1]).all():
        return table, first
    return table[members(start, count)], first


def _ring_texts(outlines: Outlines, rings: NDArray[np.int64]) -> list[bytes]:
    is_dense = outlines.dense[rings]
    corners, first = _gather(outlines, rings[is_dense], True)
    dense = integer_lists(corners.astype(np.int32, copy=False), first[1:])
    if len(dense) == len(rings):
        return dense
    vertices, first = _gather(outlines, rings[~is_dense], False)
    sparse = decimal_lists(vertices.astype(np.float64, copy=False), first[1:])
    if len(sparse) == len(rings):
        return sparse
    takers = iter(dense), iter(sparse)
    return [next(takers[0] if flag else takers[1]) for flag in is_dense.tolist()]
