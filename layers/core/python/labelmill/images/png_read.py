"""Instance masks read from PNG files, fast.

Three ways lead to the same pixels; which one is taken depends on the file alone:

* every row filtered by Sub (OpenCV's writer, and ours): the differences are nearly all zero, so the few
  that are not give the runs of equal ids, and nothing is computed pixel by pixel (0.2 ms at 640x480);
* any other mix of filters with few Average and Paeth rows (uncompressed masks of real channels): row by
  row (``png_unfilter.py``);
* interlaced files, and those full of Average and Paeth: Pillow.

Source:
    ISO/IEC 15948 (PNG), 9 filtering. Bytes of a sample are filtered apart, so a mask whose ids are all below
    256 is decoded from its low bytes alone.
"""

from __future__ import annotations

import io
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from labelmill.images.errors import ImageDataError
from labelmill.images.id_runs import IdRuns, runs_of
from labelmill.images.lookup import Ids, LookupTable, Seen, apply_lut, look_up
from labelmill.images.png_file import PngParts, inflate, split_png
from labelmill.images.png_unfilter import is_cheap, unfilter

_Runs = tuple[Ids, NDArray[np.intp]]


def decode_ids(data: bytes) -> NDArray[np.uint16]:
    """Read a mask's ids.

    Args:
        data: A single-channel PNG file: grey of 1 ... 16 bits (values as stored, never scaled), or palette
            (its indices).

    Returns:
        Ids, shape ``(h, w)``.

    Raises:
        ImageDataError: If the file is damaged, cut off, has several channels, or claims too large a size.
    """
    parts, found = _decode(data)
    if isinstance(found, tuple):
        values, lengths = found
        return np.repeat(values.astype(np.uint16), lengths).reshape(parts.height, parts.width)
    return found.astype(np.uint16, copy=False)


def decode_runs(data: bytes) -> Iterable[IdRuns]:
    """Read a mask's ids as runs of one id: ``runs_of(decode_ids(data))`` in one step, faster.

    Args:
        data: As for ``decode_ids``.

    Raises:
        ImageDataError: As for ``decode_ids``.
    """
    _, found = _decode(data)
    if not isinstance(found, tuple):
        return runs_of(found)
    values, lengths = found
    end = np.cumsum(lengths)
    some = np.flatnonzero(lengths)  # where both bytes of an id change it there are two, one of them without a pixel
    return [IdRuns(values[some], (end - lengths)[some], end[some])]


def decode_labels(data: bytes, lut: LookupTable, seen: Seen | None = None) -> NDArray[np.uint8]:
    """Read a mask's ids and look each one up: ``apply_lut(decode_ids(data), lut)`` in one step, faster.

    Args:
        data: As for ``decode_ids``.
        lut: Class byte for each id, 256 or 65,536 of them.
        seen: A flag for each id, as many as the table has; set for those of the mask.

    Returns:
        Class bytes, shape ``(h, w)``, C-contiguous.

    Raises:
        ImageDataError: As for ``decode_ids``.
        ValueError: If the table has no value for an id of the mask.
    """
    parts, found = _decode(data)
    if isinstance(found, tuple):
        values, lengths = found
        some = np.flatnonzero(lengths)  # as in decode_runs: an id without a pixel is not in the mask
        values, lengths = values[some], lengths[some]
        return np.repeat(look_up(values, lut, seen), lengths).reshape(parts.height, parts.width)
    return apply_lut(found, lut, seen)


def _decode(data: bytes) -> tuple[PngParts, Ids | _Runs]:
    parts = split_png(data)
    if parts.colour not in (0, 3) or (parts.colour == 3 and parts.depth == 16):
        raise ImageDataError("a mask has one channel: expected a grey or palette PNG")
    if parts.interlaced:
        return parts, _by_pillow(data, parts)
    stride = parts.row_bytes + 1
    raw = inflate(parts.pixels, stride * parts.height)
    rows = np.frombuffer(raw, np.uint8).reshape(parts.height, stride)
    filters = rows[:, 0].tobytes()
    if parts.depth >= 8 and filters == b"\1" * parts.height:
        runs = _sub_runs(raw, parts)
        if runs is not None:
            return parts, runs
    elif not is_cheap(filters):
        if max(filters) > 4:
            raise ImageDataError("PNG pixel data damaged: unknown row filter")
        return parts, _by_pillow(data, parts)
    if parts.depth == 16:
        samples = rows[:, 1:].copy().view("<u2")  # big-endian numbers read the other way round: low byte on top
        low = unfilter((samples >> 8).astype(np.uint8), filters)
        if not np.bitwise_or.reduce(samples.ravel()) & 255:
            return parts, low
        ids = unfilter(samples.astype(np.uint8), filters).astype(np.uint16)
        ids <<= 8
        ids |= low
        return parts, ids
    packed = unfilter(rows[:, 1:], filters)
    return parts, packed if parts.depth == 8 else _unpack(packed, parts)


def _sub_runs(raw: bytes, parts: PngParts) -> _Runs | None:
    """Read runs of equal ids off the non-zero differences; None when there are too many to pay.

    Each row's filter byte (1) stands for the row's beginning, where the sum starts from 0 again.
    """
    stride = parts.row_bytes + 1
    sample_bytes = parts.depth >> 3
    whole = len(raw) >> 3
    words = np.frombuffer(raw, np.uint64, whole)
    hits = np.flatnonzero(words != 0)
    if hits.size > whole >> 3:
        return None
    inside = np.flatnonzero(words[hits].view(np.bool_))
    at = hits[inside >> 3]
    at <<= 3
    at += inside & 7
    if len(raw) & 7:
        rest = np.flatnonzero(np.frombuffer(raw, np.bool_, offset=whole << 3))
        at = np.concatenate((at, rest + (whole << 3)))
    steps = np.frombuffer(raw, np.uint8)[at]
    row = at // stride
    column = at - row * stride
    marks = np.flatnonzero(column == 0)
    steps[marks] = 0
    starts = np.maximum(column - 1, 0)
    if sample_bytes == 2:
        starts >>= 1
    starts += row * parts.width
    lengths = np.empty_like(starts)
    np.subtract(starts[1:], starts[:-1], out=lengths[:-1])
    lengths[-1] = parts.width * parts.height - starts[-1]
    if sample_bytes == 1:
        return _row_sums(steps, marks, row), lengths
    is_low = (column & 1) == 0
    low = _row_sums(steps * is_low, marks, row)
    steps *= ~is_low
    if not steps.any():
        return low, lengths
    values = _row_sums(steps, marks, row).astype(np.uint16)
    values <<= 8
    values |= low
    return values, lengths


def _row_sums(steps: NDArray[np.uint8], marks: NDArray[np.intp], row: NDArray[np.intp]) -> NDArray[np.uint8]:
    """Sum modulo 256 along each row, shape as ``steps``; ``marks`` are the rows' first entries."""
    sums = np.cumsum(steps, dtype=np.uint8)
    result: NDArray[np.uint8] = sums - sums[marks][row]
    return result


def _unpack(packed: NDArray[np.uint8], parts: PngParts) -> NDArray[np.uint8]:
    """Spread 1-, 2- or 4-bit samples, leftmost in the high bits, over bytes."""
    shifts = np.arange(8 - parts.depth, -1, -parts.depth, dtype=np.uint8)
    spread = (packed[:, :, None] >> shifts) & ((1 << parts.depth) - 1)
    return np.ascontiguousarray(spread.reshape(parts.height, -1)[:, : parts.width])


def _by_pillow(data: bytes, parts: PngParts) -> Ids:
    from PIL import PngImagePlugin

    try:
        image = PngImagePlugin.PngImageFile(io.BytesIO(data), "")
        ids = np.asarray(image)
    except Exception as error:  # Pillow meets damage with many kinds of error
        raise ImageDataError(f"PNG pixel data damaged ({type(error).__name__})") from error
    if ids.shape != (parts.height, parts.width):
        raise ImageDataError("PNG pixel data damaged")
    if parts.depth == 16:
        return ids.astype(np.uint16)
    if parts.colour == 0 and parts.depth in (2, 4):  # Pillow stretches these to 0 ... 255
        return (ids // (255 // ((1 << parts.depth) - 1))).astype(np.uint8)
    return ids.astype(np.uint8)
