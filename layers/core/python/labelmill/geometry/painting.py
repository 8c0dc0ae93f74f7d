"""Objects painted into an image, exact to the pixel."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .outlines import Outlines
from .toggles import toggles


def paint(
    outlines: Outlines, objects: Sequence[int], values: Sequence[int], canvas: NDArray[np.uint8]
) -> NDArray[np.uint8]:
    """Fill objects' rings, even-odd, holes open, each over those before it.

    Args:
        outlines: The batch.
        objects: Indices of objects of one image, in the order of painting: far to near.
        values: Value of each object's pixels, 0 ... 255.
        canvas: The image, shape ``(height, width)``, the objects' own; painted in place.

    Returns:
        The canvas.
    """
    for index, value in zip(objects, values, strict=True):
        rings = np.arange(outlines.first_ring[index], outlines.first_ring[index + 1])
        turned = [(column, row) for _, column, row in toggles(outlines, rings)]
        if not turned:
            continue
        column = np.concatenate([piece[0] for piece in turned])
        row = np.concatenate([piece[1] for piece in turned])
        left, top = int(column.min()), int(row.min())
        right, bottom = int(column.max()) + 1, int(row.max())
        flags = np.zeros((bottom - top + 1, right - left), np.bool_)
        np.logical_xor.at(flags, (row - top, column - left), True)
        inside = np.logical_xor.accumulate(flags, axis=0)[:-1]
        canvas[top:bottom, left:right][inside] = value
    return canvas
