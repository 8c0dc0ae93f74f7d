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
from .parts import outer_rings, plain_polygons
from .rings import offsets, rows_of
from .runs import box_run_lengths, run_length_codes, run_lengths
from .simplify import simplified


def coco_polygons(outlines: Outlines, simplify: float = 0.0) -> list[bytes]:
    """Write each object as polygons, one a part, its holes cut by bridges.

    Args:
        outlines: The batch.
        simplify: How far they may stray from the outlines, pixels; 0: not at all.

    Returns:
        One JSON value an object: polygons in pixel-edge coordinates, ``[]`` without outlines. Decoded by parity, each
        for itself, they give exactly the object's pixels unless simplified.
    """
    outer = outer_rings(outlines)
    if simplify > 0:
        outlines = simplified(outlines, simplify)
    plain = plain_polygons(outlines, outer)
    texts = _ring_texts(plain)
    if len(texts) == len(plain) and (np.diff(plain.first_ring) == 1).all():
        return [b"[[" + text + b"]]" for text in texts]
    return [
        b"[[" + b"],[".join(texts[begin:end]) + b"]]" if end > begin else b"[]"
        for begin, end in pairwise(plain.first_ring.tolist())
    ]


def coco_run_lengths(outlines: Outlines, objects: NDArray[np.int64], compressed: bool = True) -> list[bytes]:
    """Write objects as run lengths.

    Args:
        outlines: The batch.
        objects: Indices of objects, shape ``(K,)``, rising.
        compressed: As pycocotools compresses them, else as lists of integers.

    Returns:
        One JSON value an object of ``objects``: ``{"size":[h,w],"counts":...}``, ``[]`` without outlines.
    """
    texts = dict.fromkeys(objects.tolist(), b"[]")
    some = objects[np.diff(outlines.first_ring)[objects] > 0]
    if len(some):
        codes = _counts(*run_lengths(outlines, some), compressed)
        for index, (width, height), counts in zip(some.tolist(), outlines.size[some].tolist(), codes, strict=True):
            texts[index] = b'{"size":[%d,%d],"counts":%b}' % (height, width, counts)
    return list(texts.values())


def coco_box(box: tuple[float, float, float, float], width: int, height: int, compressed: bool) -> bytes:
    """Write a box as :func:`coco_run_lengths` does objects; see :func:`labelmill.geometry.runs.box_run_lengths`."""
    runs = box_run_lengths(box, width, height)
    (counts,) = _counts(runs, np.array([len(runs)]), compressed)
    return b'{"size":[%d,%d],"counts":%b}' % (height, width, counts)


def _counts(runs: NDArray[np.int64], count: NDArray[np.int64], compressed: bool) -> list[bytes]:
    if compressed:
        return [b'"%b"' % code.replace(b"\\", b"\\\\") for code in run_length_codes(runs, count)]
    bounds = offsets(count).tolist()
    return [b"[%b]" % b",".join(b"%d" % run for run in runs[begin:end].tolist()) for begin, end in pairwise(bounds)]


def _merge(is_dense: NDArray[np.bool_], dense: list[bytes], sparse: list[bytes]) -> list[bytes]:
    # Texts of dense and of sparse rings, back in the order of rings.
    if not sparse or not dense:
        return dense or sparse
    takers = iter(dense), iter(sparse)
    return [next(takers[0] if flag else takers[1]) for flag in is_dense.tolist()]


def _ring_texts(outlines: Outlines) -> list[bytes]:
    start, count, is_dense = outlines.start, outlines.count, outlines.dense
    corners = rows_of(outlines.corners, start[is_dense], count[is_dense])
    dense = integer_lists(corners, offsets(count[is_dense]))
    vertices = rows_of(outlines.vertices, start[~is_dense], count[~is_dense])
    return _merge(is_dense, dense, decimal_lists(vertices, offsets(count[~is_dense])))
