"""Instance masks read from PNG files, fast.

Three ways lead to the same pixels; which one is taken depends on the file alone:

* every row filtered by Sub (OpenCV's writer, and ours): the differences are nearly all zero, so the few
  that are not give the runs of equal ids, and nothing is computed pixel by pixel (0.2 ms at 640x480);
* any other mix of filters with few Average and Paeth rows (uncompressed masks of real channels): row by
  row (``png_unfilter.py``);
* interlaced files, and those full of Average and Paeth: Pillow.

A large mask is read in bands of some rows, all but an interlaced one: beside what is wanted of it, little more than a
band is held, whatever the size.

Source:
    ISO/IEC 15948 (PNG), 9 filtering. Bytes of a sample are filtered apart, so a mask whose ids are all below
    256 is decoded from its low bytes alone.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from zlib_ng import zlib_ng

from labelmill.images.errors import ImageDataError
from labelmill.images.id_runs import BAND, IdRuns, runs_of
from labelmill.images.lookup import Ids, LookupTable, Seen, apply_lut, look_up
from labelmill.images.png_file import PngParts, chunk, header_chunk, inflate, inflate_rows, split_png
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

    def ids(found: Ids | _Runs) -> NDArray[np.uint16]:
        if isinstance(found, tuple):
            return np.repeat(found[0].astype(np.uint16), found[1])
        return found.astype(np.uint16, copy=False)

    return _whole(data, np.uint16, ids)


def decode_runs(data: bytes) -> Iterator[IdRuns]:
    """Read a mask's ids as runs of one id: ``runs_of(decode_ids(data))`` in one step, faster.

    Args:
        data: As for ``decode_ids``.

    Raises:
        ImageDataError: As for ``decode_ids``, perhaps only after some of the runs.
    """
    parts = _split(data)
    first = 0
    for found, rows in _bands(data, parts):
        if isinstance(found, tuple):
            values, lengths = found
            end = np.cumsum(lengths)
            some = np.flatnonzero(lengths)  # where both bytes of an id change it there are two, one without a pixel
            yield IdRuns(values[some], (end - lengths)[some] + first, end[some] + first)
        else:
            yield from (IdRuns(ids, begin + first, end + first) for ids, begin, end in runs_of(found))
        first += rows * parts.width


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

    def labels(found: Ids | _Runs) -> NDArray[np.uint8]:
        if isinstance(found, tuple):
            values, lengths = found
            some = np.flatnonzero(lengths)  # as in decode_runs: an id without a pixel is not in the mask
            return np.repeat(look_up(values[some], lut, seen), lengths[some])
        return apply_lut(found, lut, seen)

    return _whole(data, np.uint8, labels)


def _whole(data: bytes, dtype: type, pixels_of: Callable[[Ids | _Runs], NDArray[Any]]) -> NDArray[Any]:
    """The image that the pixels of all bands make, shape ``(h, w)``."""
    parts = _split(data)
    bands = _bands(data, parts)
    found, top = next(bands)
    pixels = pixels_of(found).reshape(top, parts.width)
    if top == parts.height:
        return pixels
    image: NDArray[Any] = np.empty((parts.height, parts.width), dtype)
    image[:top] = pixels
    for found, rows in bands:
        image[top : top + rows] = pixels_of(found).reshape(rows, parts.width)
        top += rows
    return image


def _split(data: bytes) -> PngParts:
    parts = split_png(data)
    if parts.colour not in (0, 3) or (parts.colour == 3 and parts.depth == 16):
        raise ImageDataError("a mask has one channel: expected a grey or palette PNG")
    return parts


def _bands(data: bytes, parts: PngParts) -> Iterator[tuple[Ids | _Runs, int]]:
    """The pixels of some rows after the other, and how many rows."""
    stride = parts.row_bytes + 1
    rows = max(BAND // parts.width, 1)
    if parts.interlaced:
        yield _interlaced(data, parts), parts.height
    elif rows >= parts.height:
        yield _band(inflate(parts.pixels, stride * parts.height), parts, None), parts.height
    else:
        above = np.zeros(parts.row_bytes, np.uint8)
        for raw in inflate_rows(parts.pixels, stride, parts.height, rows):
            band = parts._replace(height=len(raw) // stride)
            found = _band(raw, band, above)
            above = _last_row(found, band)
            yield found, band.height


def _band(raw: bytes, parts: PngParts, above: NDArray[np.uint8] | None) -> Ids | _Runs:
    """The pixels of inflated rows.

    Args:
        raw: The rows, each with its filter.
        parts: The file's, with the number of rows for its height.
        above: The bytes of the row above them; the image's first row has none.
    """
    rows = np.frombuffer(raw, np.uint8).reshape(parts.height, parts.row_bytes + 1)
    filters = rows[:, 0].tobytes()
    if parts.depth >= 8 and filters == b"\1" * parts.height:
        runs = _sub_runs(raw, parts)
        if runs is not None:
            return runs
    elif not is_cheap(filters):
        if max(filters) > 4:
            raise ImageDataError("PNG pixel data damaged: unknown row filter")
        unfiltered = _unfiltered_by_pillow(raw, parts, above)
        return unfiltered if parts.depth >= 8 else _unpack(unfiltered.astype(np.uint8), parts)
    if parts.depth == 16:
        samples = rows[:, 1:].copy().view("<u2")  # big-endian numbers read the other way round: low byte on top
        high_above, low_above = (None, None) if above is None else (above[::2], above[1::2])
        low = unfilter((samples >> 8).astype(np.uint8), filters, low_above)
        if not np.bitwise_or.reduce(samples.ravel()) & 255 and (high_above is None or not high_above.any()):
            return low
        ids = unfilter(samples.astype(np.uint8), filters, high_above).astype(np.uint16)
        ids <<= 8
        ids |= low
        return ids
    packed = unfilter(rows[:, 1:], filters, above)
    return packed if parts.depth == 8 else _unpack(packed, parts)


def _last_row(found: Ids | _Runs, parts: PngParts) -> NDArray[np.uint8]:
    """The bytes of a band's last row as the file would have them without a filter."""
    if isinstance(found, tuple):
        values, lengths = found
        open_ = int(np.searchsorted(np.cumsum(lengths), parts.width * (parts.height - 1), side="right"))
        ids: NDArray[Any] = np.repeat(values[open_:], lengths[open_:])
    else:
        ids = found[-1]
    if parts.depth == 16:
        return ids.astype(">u2").view(np.uint8)
    return ids.astype(np.uint8, copy=False) if parts.depth == 8 else _pack(ids, parts)


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


def _pack(ids: Ids, parts: PngParts) -> NDArray[np.uint8]:
    """The bytes of a row of 1-, 2- or 4-bit samples: undoes ``_unpack``."""
    bits = (ids[:, None] >> np.arange(parts.depth - 1, -1, -1)) & 1
    return np.packbits(bits.astype(np.uint8).ravel())


def _unfiltered_by_pillow(raw: bytes, parts: PngParts, above: NDArray[np.uint8] | None) -> Ids:
    """Undo filters in C: the rows, and the one above them, as a PNG of their own that is not compressed.

    Samples of less than a byte are filtered as bytes, so they stay packed.
    """
    row = bytes(parts.row_bytes) if above is None else above.tobytes()
    depth, width = (16, parts.width) if parts.depth == 16 else (8, parts.row_bytes)
    stored = zlib_ng.compress(b"".join((b"\0", row, raw)), 0)
    file = (header_chunk(width, parts.height + 1, depth, 0), chunk(b"IDAT", stored), chunk(b"IEND", b""))
    ids: Ids = _by_pillow(b"".join(file))[1:]
    return ids


def _interlaced(data: bytes, parts: PngParts) -> Ids:
    ids = _by_pillow(data)
    if ids.shape != (parts.height, parts.width):
        raise ImageDataError("PNG pixel data damaged")
    if parts.depth == 16:
        return ids.astype(np.uint16, copy=False)
    if parts.colour == 0 and parts.depth in (2, 4):  # Pillow stretches these to 0 ... 255
        return (ids // (255 // ((1 << parts.depth) - 1))).astype(np.uint8)
    return ids.astype(np.uint8, copy=False)


def _by_pillow(data: bytes) -> NDArray[Any]:
    from PIL import PngImagePlugin

    try:
        return np.asarray(PngImagePlugin.PngImageFile(io.BytesIO(data), ""))
    except Exception as error:  # Pillow meets damage with many kinds of error
        raise ImageDataError(f"PNG pixel data damaged ({type(error).__name__})") from error
