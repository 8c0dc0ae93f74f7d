"""What a header tells, and how headers are fetched."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

ReadRange = Callable[[int, int], bytes]
"""``read(offset, length)``: that range of the file, shorter at its end, empty behind it."""

MAX_SIDE_PX = 2**31 - 1


class ImageHeader(NamedTuple):
    """What a header tells.

    Attributes:
        width: Stored columns, pixels, 1 ... 2**31 - 1.
        height: Stored rows, pixels, 1 ... 2**31 - 1.
        bands: One name a band: ``("R", "G", "B")``; a palette is one band, ``("P",)``.
        mimetype: ``image/png`` and the like.
    """

    width: int
    height: int
    bands: tuple[str, ...]
    mimetype: str
