"""Size and bands of an image file, read from its header without decoding a pixel.

PNG and JPEG, which is nearly every image of every dataset, are parsed here; other formats go through
Pillow's header readers (``other_header.py``), loaded only then. Stored pixels count: an EXIF orientation
is ignored, as the annotations' coordinates ignore it.

Source:
    PNG: ISO/IEC 15948, 11.2.2 IHDR. JPEG: ITU-T T.81, B.1.1 markers, B.2.2 frame header.
"""

from __future__ import annotations

import struct
import zlib

from labelmill.images.errors import ImageDataError
from labelmill.images.facts import MAX_SIDE_PX, ImageHeader, ReadRange

FIRST_BYTES = 4096
"""How much of a file is worth fetching first: a PNG needs 33 bytes, most JPEGs less than this."""

_MAX_REQUESTS = 256
_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_IHDR_START = b"\0\0\0\rIHDR"
_IHDR = struct.Struct(">4xIIBBBBBI").unpack_from
_PNG_BANDS = {0: ("L",), 2: ("R", "G", "B"), 3: ("P",), 4: ("L", "A"), 6: ("R", "G", "B", "A")}
_PNG_DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
_JPEG_BANDS = {1: ("L",), 3: ("R", "G", "B"), 4: ("C", "M", "Y", "K")}
_FRAME_MARKERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_BARE_MARKERS = frozenset((0x01, *range(0xD0, 0xD8)))


def read_header(data: bytes, read: ReadRange | None = None, *, size_bytes: int | None = None) -> ImageHeader:
    """Read an image's size and bands.

    Args:
        data: The file's first bytes (``FIRST_BYTES`` are a good guess) or all of them.
        read: Fetches a range when ``data`` is too short (a JPEG behind a large profile, a TIFF whose
            directory lies at its end); without it ``data`` is taken for the whole file.
        size_bytes: The file's whole size where it is known: a PNG that claims more pixels than so many
            bytes can hold is then refused.

    Returns:
        The header.

    Raises:
        ImageDataError: If the file is no image, is cut off, or claims an impossible size.
    """
    if data[:8] == _PNG_SIGNATURE:
        return _png(data if len(data) >= 33 or read is None else read(0, 33), size_bytes)
    if data[:3] == b"\xff\xd8\xff":
        return _jpeg(data, read)
    from labelmill.images import other_header

    return other_header.read_other_header(data, read, size_bytes)


def _png(data: bytes, size_bytes: int | None) -> ImageHeader:
    if len(data) < 33:
        raise ImageDataError("PNG cut off in its header")
    width, height, depth, colour, method, filtering, interlace, crc = _IHDR(data, 12)
    if data[8:16] != _IHDR_START:
        raise ImageDataError("PNG does not begin with its header chunk")
    if zlib.crc32(data[12:29]) != crc:
        raise ImageDataError("PNG header has a wrong checksum")
    if depth not in _PNG_DEPTHS.get(colour, ()) or method or filtering or interlace > 1:
        raise ImageDataError(f"PNG header has an unknown colour type {colour}, bit depth {depth} or method")
    if not (0 < width <= MAX_SIDE_PX and 0 < height <= MAX_SIDE_PX):
        raise ImageDataError(f"PNG of an impossible size: {width}x{height}")
    bands = _PNG_BANDS[colour]
    if size_bytes is not None and width * height * depth * len(bands) // 8 > size_bytes * 1032:
        raise ImageDataError(f"PNG of {size_bytes} bytes can't hold the {width}x{height} pixels it claims")
    return ImageHeader(width, height, bands, "image/png")


def _jpeg(data: bytes, read: ReadRange | None) -> ImageHeader:
    """Walk from marker to marker until the frame header; segments between are skipped, not fetched."""
    base = 0  # offset in the file of data[0]
    at = 2
    requests = 0
    end = len(data)
    while True:
        if at + 19 > end and read is not None:
            requests += 1
            if requests > _MAX_REQUESTS:
                raise ImageDataError("JPEG without a frame header in its first segments")
            base, at = base + at, 0
            data = read(base, FIRST_BYTES)
            end = len(data)
        if at + 4 > end:
            raise ImageDataError("JPEG cut off before its frame header")
        if data[at] != 0xFF:
            raise ImageDataError("JPEG has no marker where one must be")
        marker = data[at + 1]
        if marker == 0xFF:
            at += 1
        elif marker in _FRAME_MARKERS:
            if at + 10 > end:
                raise ImageDataError("JPEG cut off in its frame header")
            height = data[at + 5] << 8 | data[at + 6]
            width = data[at + 7] << 8 | data[at + 8]
            bands = _JPEG_BANDS.get(data[at + 9])
            if bands is None:
                raise ImageDataError(f"JPEG with {data[at + 9]} components: 1, 3 or 4 expected")
            if not width or not height:
                raise ImageDataError(f"JPEG of an impossible size: {width}x{height}")
            return ImageHeader(width, height, bands, "image/jpeg")
        elif marker in _BARE_MARKERS:
            at += 2
        elif marker < 0xC0 or marker == 0xD9 or marker == 0xDA:
            raise ImageDataError("JPEG without a frame header before its pixels")
        else:
            length = data[at + 2] << 8 | data[at + 3]
            if length < 2:
                raise ImageDataError("JPEG segment with an impossible length")
            at += 2 + length
