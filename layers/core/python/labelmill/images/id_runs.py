"""The pixels of a mask as runs of one id."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

BAND: Final = 1 << 22
"""Pixels looked through at a time, about: runs of noise take more memory than its pixels."""


class IdRuns(NamedTuple):
    """Runs of some rows of a mask, all of them, in reading order.

    Attributes:
        ids: The id of each, shape ``(K,)``.
        begin: Its first pixel, shape ``(K,)``, counted in reading order from the mask's first one.
        end: The pixel after its last one, shape ``(K,)``, in the same row or at the beginning of the next.
    """

    ids: NDArray[np.uint8] | NDArray[np.uint16]
    begin: NDArray[np.int64]
    end: NDArray[np.int64]


def runs_of(ids: NDArray[np.uint8] | NDArray[np.uint16]) -> Iterator[IdRuns]:
    """Find the runs of a mask, some rows after the other.

    Args:
        ids: Shape ``(height, width)``, not empty, C-contiguous.

    Example:
        >>> [runs] = runs_of(np.array([[7, 7, 2], [2, 2, 2]], np.uint16))
        >>> runs.ids.tolist(), runs.begin.tolist(), runs.end.tolist()
        ([7, 2, 2], [0, 2, 3], [2, 3, 6])
    """
    height, width = ids.shape
    rows = max(BAND // width, 1)
    for top in range(0, height, rows):
        flat = ids[top : top + rows].reshape(-1)
        opens = np.empty(flat.size, np.bool_)
        np.not_equal(flat[1:], flat[:-1], out=opens[1:])
        opens[::width] = True
        begin = np.flatnonzero(opens)
        first = top * width
        yield IdRuns(flat[begin], begin + first, np.append(begin[1:], flat.size) + first)
