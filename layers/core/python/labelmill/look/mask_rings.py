"""The outline of pixels that only a mask knows, as rings along pixel edges."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Corner = tuple[int, int]


def rings_of_pixels(pixels: NDArray[np.bool_], left: int = 0, top: int = 0) -> list[list[int]]:
    """Walk round some pixels.

    Args:
        pixels: Which belong to the object, shape ``(h, w)``.
        left: Column of the first of them in its image.
        top: Row of the first of them.

    Returns:
        Rings, outer ones and holes, each a flat list ``[x, y, ...]`` of its corners in pixel-edge coordinates; what is
        inside follows from the even-odd rule. Pixels that only touch at a corner are apart.

    Example:
        >>> rings_of_pixels(np.array([[True, True]]), 3, 1)
        [[3, 1, 5, 1, 5, 2, 3, 2]]
    """
    padded = np.pad(pixels, 1).astype(np.int8)
    ways: dict[Corner, list[Corner]] = {}
    down, across = np.diff(padded, axis=0), np.diff(padded, axis=1)
    # The object lies to the right of each step, seen along it.
    _add(ways, np.argwhere(down[:, 1:-1] == 1), (0, 0), (1, 0))
    _add(ways, np.argwhere(down[:, 1:-1] == -1), (1, 0), (0, 0))
    _add(ways, np.argwhere(across[1:-1] == 1), (0, 1), (0, 0))
    _add(ways, np.argwhere(across[1:-1] == -1), (0, 0), (0, 1))
    rings = []
    while ways:
        ring = _walk(ways, next(iter(ways)))
        rings.append([number for x, y in ring for number in (x + left, y + top)])
    return rings


def _add(ways: dict[Corner, list[Corner]], found: NDArray[Any], start: Corner, end: Corner) -> None:
    for y, x in found.tolist():
        ways.setdefault((x + start[0], y + start[1]), []).append((x + end[0], y + end[1]))


def _walk(ways: dict[Corner, list[Corner]], first: Corner) -> list[Corner]:
    """The corners of one ring; its steps are taken out of ``ways``."""
    path, at, step = [first], first, (0, 0)
    while True:
        choices = ways[at]
        # Where two pixels touch at a corner, there are two ways on: the right turn stays at the same pixel.
        right = (at[0] - step[1], at[1] + step[0])
        after = right if len(choices) > 1 and right in choices else choices[0]
        choices.remove(after)
        if not choices:
            del ways[at]
        turned = (after[0] - at[0], after[1] - at[1])
        if turned == step:
            path[-1] = after
        else:
            path.append(after)
        at, step = after, turned
        if at == first:
            break
    path.pop()  # it is the first one again
    if len(path) > 2 and _straight(path[-1], path[0], path[1]):
        path.pop(0)
    return path


def _straight(a: Corner, b: Corner, c: Corner) -> bool:
    return (b[0] - a[0]) * (c[1] - b[1]) == (b[1] - a[1]) * (c[0] - b[0])
