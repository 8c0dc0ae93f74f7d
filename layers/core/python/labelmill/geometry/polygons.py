"""Outlines as COCO segmentations.

Source:
    cocodataset.org, format-data: polygons ``[[x, y, ...], ...]``, or ``{"size": [h, w], "counts": "..."}``.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from .numerals import decimal_lists, integer_lists
from .outlines import Outlines
from .rings import Pairs, members, offsets, take_rows
from .runs import run_length_codes


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


def _gather(table: Pairs, outlines: Outlines, rings: NDArray[np.int64]) -> tuple[Pairs, NDArray[np.int64]]:
    # -> vertices of rings that all lie in this table, and where each begins
    start, count = outlines.start[rings], outlines.count[rings]
    first = offsets(count)
    if first[-1] == len(table) and (start == first[:-1]).all():
        return table, first
    return take_rows(table, members(start, count)), first


def _merge(is_dense: NDArray[np.bool_], dense: list[bytes], sparse: list[bytes]) -> list[bytes]:
    # Texts of dense and of sparse rings, back in the order of rings.
    if not sparse or not dense:
        return dense or sparse
    takers = iter(dense), iter(sparse)
    return [next(takers[0] if flag else takers[1]) for flag in is_dense.tolist()]


def _ring_texts(outlines: Outlines, rings: NDArray[np.int64]) -> list[bytes]:
    is_dense = outlines.dense[rings]
    corners, first = _gather(outlines.corners, outlines, rings[is_dense])
    dense = integer_lists(corners, first)
    vertices, first = _gather(outlines.vertices, outlines, rings[~is_dense])
    return _merge(is_dense, dense, decimal_lists(vertices, first))
