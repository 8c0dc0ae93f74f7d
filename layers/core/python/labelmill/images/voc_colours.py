"""The colours that PASCAL VOC gave to classes and objects."""

from __future__ import annotations


def voc_colour(value: int) -> tuple[int, int, int]:
    """The colour of a class' or an object's number.

    Args:
        value: 0 ... 2**24 - 1; 0 is the background, black.

    Returns:
        Red, green, blue, 0 ... 255 each; no two values have the same.

    Source:
        VOCdevkit, ``VOClabelcolormap.m``: bit 3k of a value goes to bit 7-k of red, bit 3k+1 to green's and
        bit 3k+2 to blue's.

    Example:
        >>> [voc_colour(value) for value in (0, 1, 15)]
        [(0, 0, 0), (128, 0, 0), (192, 128, 128)]
    """
    red, green, blue = (sum((value >> (3 * k + band) & 1) << (7 - k) for k in range(8)) for band in range(3))
    return red, green, blue
