"""PNG row filters undone with numpy, one byte lane at a time.

Up is one vector addition a row, Sub a running sum. Average and Paeth depend on the pixel to the left in a
way that no vector operation has, but in a mask they rarely have anything to say: where the difference is
zero and the row above does not change, the value stays what it is. So only the columns where one of both
happens are visited, in plain Python; a file with many such rows is left to Pillow.
"""

from __future__ import annotations

from itertools import groupby

import numpy as np
from numpy.typing import NDArray

_COPY = 5
_WITHOUT_CHANGE = (0, 0, _COPY, 3, _COPY)
"""What a filter amounts to in a row of nothing but zeros: 0 or a copy of the row above, for all but Average."""


def is_cheap(filters: bytes) -> bool:
    """Tell whether ``unfilter`` beats a decoder in C.

    Args:
        filters: The filter byte of each row.

    Returns:
        True when all filters are known and at most a twelfth of the rows are Average or Paeth.
    """
    return max(filters) <= 4 and 12 * (filters.count(3) + filters.count(4)) <= len(filters)


def unfilter(rows: NDArray[np.uint8], filters: bytes, above: NDArray[np.uint8] | None = None) -> NDArray[np.uint8]:
    """Undo the filters of one lane: the bytes of every pixel that have the same place in it.

    Args:
        rows: Filtered bytes, shape ``(h, w)``, any strides.
        filters: The filter of each row, 0 ... 4.
        above: The bytes of the row above them as they were, shape ``(w,)``; the image's first row has none.

    Returns:
        The bytes as they were, shape ``(h, w)``, C-contiguous.
    """
    lane = np.empty(rows.shape, np.uint8)
    blank = np.zeros(rows.shape[1], np.uint8) if above is None else above
    changed = rows.any(axis=1).tobytes()
    kinds = [kind if change else _WITHOUT_CHANGE[kind] for kind, change in zip(filters, changed, strict=True)]
    top = 0
    for kind, group in groupby(kinds):
        end = top + sum(1 for _ in group)
        above = lane[top - 1] if top else blank
        if kind == _COPY:
            lane[top:end] = above
        elif kind == 0:
            lane[top:end] = rows[top:end]
        elif kind == 1:
            np.add.accumulate(rows[top:end], axis=1, dtype=np.uint8, out=lane[top:end])
        else:
            for here, step in zip(lane[top:end], rows[top:end], strict=True):
                if kind == 2:
                    np.add(above, step, out=here)
                else:
                    _visit_changes(kind, above, step, here)
                above = here
        top = end
    return lane


def _visit_changes(kind: int, above: NDArray[np.uint8], step: NDArray[np.uint8], here: NDArray[np.uint8]) -> None:
    """Undo Average (3) or Paeth (4) in one row, all of shape ``(w,)``, into ``here``."""
    changes = step != 0
    changes[1:] |= above[1:] != above[:-1]
    changes[0] = True
    columns: list[int] = np.flatnonzero(changes).tolist()
    columns.append(len(step))
    steps, ups = step.tobytes(), above.tobytes()
    left = corner = 0
    for i in range(len(columns) - 1):
        at, end = columns[i], columns[i + 1]
        up = ups[at]
        if kind == 4:
            left = (steps[at] + _paeth(left, up, corner)) & 255
            here[at:end] = left
        else:
            left = (steps[at] + (left + up >> 1)) & 255
            here[at] = left
            while at + 1 < end and left != left + up >> 1:  # an average of unequal values goes on moving
                at += 1
                left = left + up >> 1
                here[at] = left
            here[at:end] = left
        corner = up


def _paeth(left: int, up: int, corner: int) -> int:
    by_left, by_up, by_corner = abs(up - corner), abs(left - corner), abs(left + up - 2 * corner)
    if by_left <= by_up and by_left <= by_corner:
        return left
    return up if by_up <= by_corner else corner
