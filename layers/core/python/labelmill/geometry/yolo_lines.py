"""Boundary pixels as YOLO's segmentation labels.

Source:
    Ultralytics' segmentation labels: ``x1 y1 x2 y2 ...`` as shares of the image's width and height. Its loader scales
    them to the image, truncates them to integers and fills the polygon by parity with ``cv2.fillPoly``, edges included
    (``polygon2mask`` in ``ultralytics/data/utils.py``). So vertices are the centres of pixels of the object's boundary.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .boundary import Boundaries, boundaries
from .numerals import share_texts
from .outlines import Outlines
from .rings import offsets, portions, rows_of, take_rows

FEWEST: Final = 3
"""Pairs a line has at least: shorter ones are taken for boxes."""

SHARE_BYTES: Final = 9
"""Of a number with six decimals and the blank before it. Half a pixel is left for what they and 32-bit floats round
off: enough in images of up to 500,000 pixels a side."""

PORTION: Final = 1 << 15
"""Vertices written at a time, about: the work then stays in the processor's cache."""


def yolo_polygons(outlines: Outlines) -> list[list[bytes]]:
    """Write each object's outer rings as YOLO polygons.

    Args:
        outlines: The batch.

    Returns:
        Per object, per outer ring: ``b" x1 y1 x2 y2 ..."``, shares of the image's width and height with six decimals.
    """
    outer = np.flatnonzero(~outlines.hole)
    owner = outlines.owner()[outer]
    texts = _texts(_enough(boundaries(outlines)), outer, outlines.size[owner])
    bounds = offsets(np.bincount(owner, minlength=len(outlines))).tolist()
    return [texts[begin:end] for begin, end in pairwise(bounds)]


def _enough(rings: Boundaries) -> Boundaries:
    # Lines of too few vertices go round once more.
    count = np.diff(rings.first)
    if not len(count) or count.min() >= FEWEST:
        return rings
    more = np.maximum(count, FEWEST)
    first = offsets(more)
    ring = np.repeat(np.arange(len(count)), more)
    at = rings.first[ring] + (np.arange(first[-1]) - first[ring]) % count[ring]
    return Boundaries(take_rows(rings.pixels, at), first)


def _texts(rings: Boundaries, chosen: NDArray[np.int64], size: NDArray[np.int64]) -> list[bytes]:
    texts: list[bytes] = []
    for some in portions(np.arange(len(chosen)), np.diff(rings.first)[chosen], PORTION):
        ring = chosen[some]
        count = np.diff(rings.first)[ring]
        shares = rows_of(rings.pixels, rings.first[ring], count) + 0.5
        shares *= np.repeat(1e6 / size[some], count, axis=0)
        blob = share_texts(np.rint(shares, out=shares).astype(np.int32))
        texts += [blob[begin:end] for begin, end in pairwise((2 * SHARE_BYTES * offsets(count)).tolist())]
    return texts
