"""The chunks of a PNG file: split and checked on reading, packed on writing.

Source:
    ISO/IEC 15948 (PNG): 5 datastream structure, 11.2 critical chunks. RFC 1951: a deflate stream holds at
    most 1,032 times its own length (258 bytes for two bits), so a header that claims more is a lie that can
    be told before any memory is taken.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final, NamedTuple, cast

from zlib_ng import zlib_ng

from labelmill.images.errors import ImageDataError

SIGNATURE = b"\x89PNG\r\n\x1a\n"
MAX_PIXELS: Final = 2**28
"""Of a mask: as class bytes they take 256 MiB, all else is made some rows at a time."""
MAX_INTERLACED_PIXELS: Final = 2**26
"""Of an interlaced mask, which can't be read some rows at a time."""
MAX_MASK_SIDE: Final = 2**20
"""A row has to be held whole, and each costs a step."""
MAX_DEFLATE_RATIO = 1032
SPARE_BYTES = 2**26
"""Output that may be made before it is known to be too much (64 MiB)."""

_SIZES = struct.Struct(">IIBBBBB")
_LENGTH_AND_NAME = struct.Struct(">I4s").unpack_from
_DeflateError = cast("type[Exception]", zlib_ng.error)
_U32 = struct.Struct(">I")
_PIECE_BYTES = 2**16
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}


class PngParts(NamedTuple):
    """A PNG file taken apart, its checksums verified.

    Attributes:
        width: Columns, pixels.
        height: Rows, pixels.
        depth: Bits of a sample: 1, 2, 4, 8 or 16.
        colour: Colour type: 0 grey, 2 RGB, 3 palette, 4 grey and alpha, 6 RGBA.
        interlaced: True for Adam7.
        pixels: The compressed pixel data, all IDAT chunks joined.
    """

    width: int
    height: int
    depth: int
    colour: int
    interlaced: bool
    pixels: bytes

    @property
    def row_bytes(self) -> int:
        """Bytes of a row without its filter byte (not interlaced)."""
        return (self.width * self.depth * _CHANNELS[self.colour] + 7) >> 3


def split_png(data: bytes) -> PngParts:
    """Take a PNG file apart.

    Args:
        data: The whole file.

    Returns:
        Its parts.

    Raises:
        ImageDataError: If it is no PNG, is cut off, has a wrong checksum or chunks out of order, or claims a
            size above ``MAX_PIXELS`` (``MAX_INTERLACED_PIXELS``, ``MAX_MASK_SIDE``) or beyond what its data can
            hold.
    """
    if data[:8] != SIGNATURE:
        raise ImageDataError("not a PNG file")
    header: tuple[int, ...] = ()
    parts: list[memoryview] = []
    view = memoryview(data)
    at, end = 8, len(data)
    while True:
        if at + 12 > end:
            raise ImageDataError("PNG cut off")
        length, name = _LENGTH_AND_NAME(data, at)
        stop = at + 8 + length
        if stop + 4 > end:
            raise ImageDataError("PNG cut off")
        if name[0] < 0x60:  # critical; the others (text, physical size) can't change a pixel
            if _U32.unpack_from(data, stop)[0] != zlib_ng.crc32(view[at + 4 : stop]):
                raise ImageDataError("PNG chunk with a wrong checksum")
            if name == b"IDAT" and header:
                parts.append(view[at + 8 : stop])
            elif name == b"IHDR" and not header and length == 13:
                header = _SIZES.unpack_from(data, at + 8)
            elif name == b"IEND":
                break
            elif name != b"PLTE":
                raise ImageDataError("PNG with an unknown or misplaced chunk")
        at = stop + 4
    return _checked(header, b"".join(parts))


def _checked(header: tuple[int, ...], pixels: bytes) -> PngParts:
    if not header:
        raise ImageDataError("PNG without a header chunk")
    width, height, depth, colour, method, filtering, interlace = header
    if colour not in _CHANNELS or depth not in (1, 2, 4, 8, 16) or method or filtering or interlace > 1:
        raise ImageDataError("PNG of an unknown kind")
    if not width or not height:
        raise ImageDataError(f"PNG of an impossible size: {width}x{height}")
    most, kind = (MAX_INTERLACED_PIXELS, "interlaced PNG") if interlace else (MAX_PIXELS, "PNG")
    if width * height > most:
        raise ImageDataError(f"{kind} of {width}x{height} pixels, at most {most:,} are read: cut the image into tiles")
    if max(width, height) > MAX_MASK_SIDE:
        raise ImageDataError(f"PNG of {width}x{height} pixels, at most {MAX_MASK_SIDE:,} a side are read")
    parts = PngParts(width, height, depth, colour, bool(interlace), pixels)
    if parts.row_bytes * height > len(pixels) * MAX_DEFLATE_RATIO:
        raise ImageDataError(f"PNG cut off: its data can't hold {width}x{height} pixels")
    return parts


def inflate(pixels: bytes, size: int) -> bytes:
    """Inflate pixel data to exactly ``size`` bytes.

    Args:
        pixels: A zlib stream.
        size: Bytes expected.

    Returns:
        The rows with their filter bytes.

    Raises:
        ImageDataError: If the stream is damaged or holds another number of bytes. No more than ``size`` plus
            ``SPARE_BYTES`` is ever allocated, whatever the stream says.
    """
    try:
        if len(pixels) * MAX_DEFLATE_RATIO <= size + SPARE_BYTES:
            # One byte of room more than needed: a buffer that is exactly full is grown, five times slower.
            rows = zlib_ng.decompress(pixels, 15, size + 1)
        else:
            stream = zlib_ng.decompressobj(15)
            rows = stream.decompress(pixels, size + 1)
            if len(rows) == size and not stream.eof:
                raise ImageDataError("PNG pixel data cut off")
    except _DeflateError as error:
        raise ImageDataError("PNG pixel data damaged or cut off") from error
    if len(rows) != size:
        raise ImageDataError(f"PNG holds {'fewer' if len(rows) < size else 'more'} pixels than its size says")
    return rows


def inflate_rows(pixels: bytes, row_bytes: int, height: int, rows: int) -> Iterator[bytes]:
    """Inflate pixel data some rows at a time, so that no more of them are ever held.

    Args:
        pixels: A zlib stream.
        row_bytes: Bytes of a row with its filter byte.
        height: Rows expected.
        rows: Rows wanted at a time.

    Returns:
        The bytes of ``rows`` rows each, of fewer at last.

    Raises:
        ImageDataError: If the stream is damaged or holds another number of bytes.
    """
    stream = zlib_ng.decompressobj(15)
    pieces = (pixels[at : at + _PIECE_BYTES] for at in range(0, len(pixels), _PIECE_BYTES))
    packed = b""

    def inflated(size: int) -> Iterator[bytes]:
        nonlocal packed
        while size and not stream.eof:
            packed = packed or next(pieces, b"")
            made, fed = stream.decompress(packed, size), packed
            packed = stream.unconsumed_tail
            if not made and not fed:
                raise ImageDataError("PNG pixel data damaged or cut off")
            size -= len(made)
            yield made

    try:
        for top in range(0, height, rows):
            size = row_bytes * min(rows, height - top)
            band = b"".join(inflated(size))
            if len(band) < size:
                raise ImageDataError("PNG holds fewer pixels than its size says")
            yield band
        if any(inflated(1)):
            raise ImageDataError("PNG holds more pixels than its size says")
    except _DeflateError as error:
        raise ImageDataError("PNG pixel data damaged or cut off") from error


def chunk(name: bytes, body: bytes) -> bytes:
    """Pack one chunk: length, name, body, checksum.

    Args:
        name: Four letters.
        body: Its content.

    Returns:
        The chunk's bytes.
    """
    return b"".join(
        (_U32.pack(len(body)), name, body, _U32.pack(zlib_ng.crc32(body, zlib_ng.crc32(name)))),
    )


def header_chunk(width: int, height: int, depth: int, colour: int) -> bytes:
    """Pack the file's beginning: signature and IHDR.

    Args:
        width: Columns, pixels.
        height: Rows, pixels.
        depth: Bits of a sample.
        colour: PNG colour type.

    Returns:
        The first 33 bytes of a PNG file.
    """
    return SIGNATURE + chunk(b"IHDR", _SIZES.pack(width, height, depth, colour, 0, 0, 0))
