"""Contours that stay text until a whole batch of them is read at once."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

LONGEST = 300  # characters of a number: fewer than one needs that no float holds
NUMBERS = b"0123456789-. \n\r\t"
NONE = (b"null", b"[]")
OBJECTS = re.compile(rb"(?:\[(?:\[,++\],)*+\[,++\]\])*+")  # possessive: time and memory don't grow with failures


def are_plain(entries: Sequence[Any]) -> bool:
    """Whether the contours of annotation entries can stay text: lists of rings of plain numbers, two each at least.

    A ``null`` or an empty list becomes ``None``. Anything else out of the ordinary (a flat list, exponents, ``NaN``,
    other types, numbers that no float holds) is for the decoder that knows what is wrong with it.

    Args:
        entries: With ``segmentation``, a ``msgspec.Raw`` of valid JSON, or ``None``.
    """
    texts = [entry.segmentation for entry in entries if entry.segmentation is not None]
    text = b"".join(texts)
    outline = text.translate(None, NUMBERS)
    if OBJECTS.fullmatch(outline) is None:
        empty = [e for e in entries if e.segmentation is not None and bytes(e.segmentation) in NONE]
        for entry in empty:
            entry.segmentation = None
        return bool(empty) and are_plain(entries)
    return outline.count(b"[[") == len(texts) and not _has_long_number(text)


def _has_long_number(text: bytes) -> bool:
    at = 0
    while len(text) - at > LONGEST:
        at = text.rfind(b",", at + 1, at + LONGEST)
        if at < 0:
            return True
    return False
