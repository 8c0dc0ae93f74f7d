"""The objects of a label image as level runs of pixels, all of them from one pass over the image.

Coordinate frame: as everywhere in this package, pixel edges; a run of row ``r`` covers ``[begin, end) x [r, r+1)``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from .rings import offsets

if TYPE_CHECKING:
    from labelmill.images.id_runs import IdRuns

IDS: Final = 1 << 16
"""A label image holds ids below this; 0 is nothing."""

MOST_RUNS: Final = 1 << 19
"""Only noise has so many; to outline them takes a gigabyte."""


@dataclass(frozen=True, slots=True)
class LabelRuns:
    """The runs of chosen objects, of one image or several, object after object, from the top down and left to right.

    Attributes:
        size: Width and height of each object's image, shape ``(n, 2)``, pixels.
        first: Each object's first run and, last, the number of runs ``K``; shape ``(n + 1,)``.
        row: Row of each run, shape ``(K,)``.
        begin: Its first column, shape ``(K,)``.
        end: The column after its last one, shape ``(K,)``; runs of an object in a row never touch.
    """

    size: NDArray[np.int64]
    first: NDArray[np.int64]
    row: NDArray[np.int32]
    begin: NDArray[np.int32]
    end: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.size)

    @property
    def size_bytes(self) -> int:
        """Memory that the runs take, about."""
        return self.row.nbytes + self.begin.nbytes + self.end.nbytes

    def pixels(self) -> NDArray[np.int64]:
        """Number of pixels of each object, shape ``(n,)``."""
        return np.diff(offsets(self.end - self.begin)[self.first])

    def boxes(self) -> list[tuple[float, float, float, float] | None]:
        """Left, top, right and bottom edge of each object's pixels; ``None`` where it has none."""
        boxes: list[tuple[float, float, float, float] | None] = [None] * len(self)
        some = np.flatnonzero(np.diff(self.first))
        if len(some):
            opens, last = self.first[some], self.first[some + 1] - 1
            left, right = np.minimum.reduceat(self.begin, opens), np.maximum.reduceat(self.end, opens)
            edges = np.stack([left, self.row[opens], right, self.row[last] + 1], axis=1).astype(np.float64)
            for index, box in zip(some.tolist(), edges.tolist(), strict=True):
                boxes[index] = tuple(box)
        return boxes


def find_runs(image: Iterable[IdRuns], width: int, height: int, wanted: Sequence[int]) -> LabelRuns:
    """Find the runs of some objects of a label image.

    Args:
        image: All runs of the image, whatever they are of, in reading order.
        width: Of the image, pixels.
        height: Of the image, pixels.
        wanted: Ids of the objects, none twice; those that the image can't hold have no run.

    Returns:
        The runs, objects in the order of ``wanted``.

    Raises:
        ValueError: If there are more than ``MOST_RUNS``.

    Example:
        >>> runs = find_runs(runs_of(np.array([[7, 7, 2], [0, 7, 7]], np.uint16)), 3, 2, [7, 9])
        >>> runs.boxes(), runs.pixels().tolist()
        ([(0.0, 0.0, 3.0, 2.0), None], [4, 0])
    """
    place = np.zeros(IDS, np.uint16)
    held = [index for index, id_ in enumerate(wanted) if 0 < id_ < IDS]
    place[[wanted[index] for index in held]] = np.arange(1, len(held) + 1)
    found = []
    total = 0
    for part in image:
        owner = place[part.ids]
        some = np.flatnonzero(owner)
        found.append((owner[some], part.begin[some], part.end[some]))
        total += len(some)
        if total > MOST_RUNS:
            raise ValueError(f"expected at most {MOST_RUNS:,} runs of pixels of objects without contours, found more")
    owner, begin, end = (np.concatenate(parts) for parts in zip(*found, strict=True))
    order = np.argsort(owner, kind="stable")
    row, column = np.divmod(begin[order], width)
    count = np.zeros(len(wanted), np.int64)
    count[held] = np.bincount(owner, minlength=len(held) + 1)[1:]
    return LabelRuns(
        size=np.tile(np.array([width, height]), (len(wanted), 1)),
        first=offsets(count),
        row=row.astype(np.int32),
        begin=column.astype(np.int32),
        end=(end[order] - row * width).astype(np.int32),
    )


def together(runs: Sequence[LabelRuns]) -> LabelRuns:
    """The runs of several label images, one at least, as if of one batch of objects."""
    if len(runs) == 1:
        return runs[0]
    return LabelRuns(
        size=np.concatenate([part.size for part in runs]),
        first=offsets(np.concatenate([np.diff(part.first) for part in runs])),
        row=np.concatenate([part.row for part in runs]),
        begin=np.concatenate([part.begin for part in runs]),
        end=np.concatenate([part.end for part in runs]),
    )
