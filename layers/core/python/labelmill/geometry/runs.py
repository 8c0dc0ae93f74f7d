"""Compressed run-length codes, as pycocotools writes them, from outlines.

Source:
    cocodataset.org and pycocotools' ``maskApi.c``: runs of a mask read column by column, zeros first;
    ``rleToString`` writes each as a difference to the one before the last, in groups of five bits.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .outlines import Outlines
from .rings import members, offsets
from .toggles import toggles

SHORT: Final = 8
"""Groups of five bits that hold the runs of an image of up to 2**38 pixels."""

LONG: Final = 13
"""Groups that hold any 64-bit number."""


def run_lengths(outlines: Outlines, objects: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Take the pixels of objects as runs of 0 and 1 in turn, column after column, beginning with 0.

    Args:
        outlines: The batch.
        objects: Indices of objects, shape ``(K,)``, rising.

    Returns:
        All runs, object after object (an object's first may be 0), and how many each object has, shape ``(K,)``.
    """
    per_object = np.diff(outlines.first_ring)[objects]
    rings = members(outlines.first_ring[objects], per_object)
    owner = np.repeat(np.arange(len(objects)), per_object)
    width, height = outlines.size[objects].T
    # Column-major places of all objects on one line, one place more an object than it has pixels: its image's end.
    base = offsets(width * height + 1)
    below, origin = height[owner], base[owner]
    places = np.zeros(0, np.int64)
    for ring, column, row in toggles(outlines, rings):
        column *= below[ring]
        column += row
        column += origin[ring]
        places = odd_ones(np.concatenate([places, column]))
    bounds = np.searchsorted(places, base)
    # The runs lie between an object's toggles, 0 before them and its image's end behind.
    marks = np.insert(places, bounds[:-1], base[:-1])
    count = np.diff(bounds) + 1
    first = bounds[:-1] + np.arange(len(count))
    runs = np.empty_like(marks)
    np.subtract(marks[1:], marks[:-1], out=runs[:-1])
    last = first + count - 1
    runs[last] = base[1:] - 1 - marks[last]
    empty = runs[last] == 0  # a toggle at the image's end: no run follows
    return np.delete(runs, last[empty]), count - empty


def odd_ones(places: NDArray[np.int64]) -> NDArray[np.int64]:
    """Sort toggles, in place; two at one place are none."""
    places.sort()
    if not (places[1:] == places[:-1]).any():
        return places
    opens = np.flatnonzero(np.append(True, places[1:] != places[:-1]))
    odd: NDArray[np.int64] = places[opens[np.diff(opens, append=len(places)) % 2 == 1]]
    return odd


def run_length_codes(runs: NDArray[np.int64], count: NDArray[np.int64]) -> list[bytes]:
    """Write runs as pycocotools compresses them.

    Args:
        runs: From :func:`run_lengths`.
        count: How many each object has, shape ``(K,)``, at least 1.

    Returns:
        The ``counts`` string of each.
    """
    first = np.cumsum(count) - count
    left = runs.copy()
    left[2:] -= runs[:-2]
    for early in (0, 1, 2):  # the first three runs of an object stand for themselves
        at = first[count > early] + early
        left[at] = runs[at]
    width = SHORT if len(runs) == 0 or runs.max() < 1 << (5 * SHORT - 2) else LONG
    characters = np.zeros((len(runs), width), np.uint8)
    length = np.zeros(len(runs), np.int64)
    rest: NDArray[np.int64] | slice = slice(None)
    for group in range(width):
        low = left & 31
        left >>= 5
        more = left != -(low >> 4)
        characters[rest, group] = low + 48 + (more << np.int64(5))
        length[rest] += 1
        rest = np.flatnonzero(more) if isinstance(rest, slice) else rest[more]
        left = left[more]
        if not len(left):
            break
    ends = np.cumsum(np.add.reduceat(length, first)).tolist()
    text = characters.tobytes().translate(None, b"\0")
    return [text[begin:end] for begin, end in pairwise([0, *ends])]


def box_run_lengths(box: tuple[float, float, float, float], width: int, height: int) -> NDArray[np.int64]:
    """Take the pixels of a box as runs: those whose centres are in it, at least one row and column.

    Args:
        box: Left, top, right and bottom edge, pixels, within the image.
        width: The image's, pixels.
        height: The image's, pixels.

    Returns:
        Runs as of :func:`run_lengths`.
    """
    left, top, right, bottom = (math.ceil(edge - 0.5) for edge in box)
    left, top = min(left, math.floor(box[2]), width - 1), min(top, math.floor(box[3]), height - 1)
    columns, rows = max(right - left, 1), max(bottom - top, 1)
    if rows == height:
        columns, rows = 1, columns * height
    runs = np.tile(np.array([rows, height - rows]), columns)
    runs[-1] = width * height - left * height - top - runs[:-1].sum()
    runs = np.concatenate([[left * height + top], runs])
    return runs if runs[-1] else runs[:-1]
