"""Contours of a mask, traced as OpenCV's ``findContours`` traces them.

Every boundary pixel is listed (``CHAIN_APPROX_NONE``), outer rings and holes each as a ring of its own
(``RETR_LIST``), in OpenCV's order: the ring found last in reading order comes first.

Source:
    S. Suzuki, K. Abe: Topological structural analysis of digitized binary images by border following,
    CVGIP 30 (1985), algorithm 1, without the hierarchy.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_FRESH, _LEFT, _RIGHT = 1, 2, 3
"""A pixel not on a ring yet; on one; on one that passed it with background at its right."""


def _next_steps() -> bytes:
    """Tabulate the tracing: ``[last direction back << 8 | neighbours]`` -> next direction, + 8 for a right edge.

    Directions count from east (0) anticlockwise as seen on the screen; bit d of ``neighbours`` says
    that the neighbour in direction d belongs to the object.
    """
    table = bytearray(8 * 256)
    for back in range(8):
        for neighbours in range(1, 256):
            ahead = next(d & 7 for d in range(back + 1, back + 9) if neighbours >> (d & 7) & 1)
            table[back << 8 | neighbours] = ahead | (8 if 1 <= ahead <= back else 0)
    return bytes(table)


_NEXT = _next_steps()


def trace_borders(mask: NDArray[np.bool_], x: int = 0, y: int = 0) -> list[list[int]]:
    """Trace all rings of a mask.

    Args:
        mask: The object's pixels, shape ``(h, w)``; 8-connected pixels belong together.
        x: Column of the mask's first pixel in the image, pixels.
        y: Row of the mask's first pixel in the image, pixels.

    Returns:
        One flat list ``[x1, y1, x2, y2, ...]`` for each ring, integer pixel centres in the image's frame, not
        closed. With y down an outer ring's signed area is negative, a hole's positive.
    """
    height, width = mask.shape
    wide = width + 2
    padded = np.zeros((height + 2, wide), np.uint8)
    padded[1:-1, 1:-1] = mask
    around = _neighbours(padded)
    state = bytearray(padded.tobytes())
    flat = padded.reshape(-1)
    # A ring can begin only where a row enters the object (outer ring) or leaves it (hole).
    edges = np.flatnonzero(flat[1:] != flat[:-1]).tolist()
    moves = (1, 1 - wide, -wide, -wide - 1, -1, wide - 1, wide, wide + 1)
    rings: list[list[int]] = []
    for before in edges:
        if state[before] == 0:
            if state[before + 1] == _FRESH:
                rings.append(_follow(before + 1, 4, around, state, moves))
        elif state[before] != _RIGHT:
            rings.append(_follow(before, 0, around, state, moves))
    rings.reverse()
    return [_to_points(ring, wide, x - 1, y - 1) for ring in rings]


def _neighbours(padded: NDArray[np.uint8]) -> bytes:
    """Collect each pixel's eight neighbours as bits, bit d for direction d; shape as ``padded``, flat."""
    inner = (slice(1, -1), slice(1, -1))
    bits = np.zeros(padded.shape, np.uint8)
    rows, columns = padded.shape
    places = ((0, 1), (-1, 1), (-1, 0), (-1, -1), (0, -1), (1, -1), (1, 0), (1, 1))
    for direction, (down, right) in enumerate(places):
        shifted = padded[1 + down : rows - 1 + down, 1 + right : columns - 1 + right]
        bits[inner] |= shifted << direction
    return bits.tobytes()


def _follow(start: int, back: int, around: bytes, state: bytearray, moves: tuple[int, ...]) -> list[int]:
    """Follow one ring from ``start`` until it closes; ``back`` points from it to background."""
    neighbours = around[start]
    if not neighbours:
        state[start] = _RIGHT
        return [start]
    first = back
    while True:  # clockwise from the background: the pixel from which the ring comes back to its start
        first = (first - 1) & 7
        if neighbours >> first & 1:
            break
    last = start + moves[first]
    ring = []
    at, back = start, first
    while True:
        step = _NEXT[back << 8 | around[at]]
        if step & 8:
            state[at] = _RIGHT
            step &= 7
        elif state[at] == _FRESH:
            state[at] = _LEFT
        ring.append(at)
        ahead = at + moves[step]
        if ahead == start and at == last:
            return ring
        at = ahead
        back = step ^ 4


def _to_points(ring: list[int], wide: int, x: int, y: int) -> list[int]:
    places = np.array(ring)
    points = np.empty((len(ring), 2), np.int64)
    np.floor_divide(places, wide, out=points[:, 1])
    points[:, 0] = places - points[:, 1] * wide
    points += (x, y)
    flat: list[int] = points.ravel().tolist()
    return flat
