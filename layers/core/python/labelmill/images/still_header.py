"""Headers of AVIF, HEIC and TGA files: of these the size is wanted and no pixel.

A HEIF file holds a grid of tiles as often as one picture; the picture's size is the largest that is stated. Rotations
are the viewer's, as EXIF orientations are: stored pixels count.

Source:
    ISO/IEC 14496-12, 4.2 (boxes); ISO/IEC 23008-12, 6.5.3 (``ispe``). Truevision TGA 2.0, field 3 to 5.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from labelmill.images.errors import ImageDataError
from labelmill.images.facts import ImageHeader, ReadRange

_BRANDS = {b"avif": "image/avif", b"avis": "image/avif"}
_HEIF = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1")
_MOST_META_BYTES = 1 << 20
_TGA = struct.Struct("<BBB9xHHBB").unpack_from
_TGA_BANDS = {8: ("L",), 15: ("R", "G", "B"), 16: ("R", "G", "B"), 24: ("R", "G", "B"), 32: ("R", "G", "B", "A")}
_TGA_KINDS = {0: (2, 3, 10, 11), 1: (1, 9)}  # without and with a palette


def heif_mimetype(data: bytes) -> str | None:
    """``image/avif`` or ``image/heic`` where a file begins so."""
    if data[4:8] != b"ftyp":
        return None
    end = min(int.from_bytes(data[:4], "big"), len(data))
    brands = [data[8:12], *(data[at : at + 4] for at in range(16, end - 3, 4))]
    found = next((_BRANDS[brand] for brand in brands if brand in _BRANDS), None)
    return found or ("image/heic" if any(brand in _HEIF for brand in brands) else None)


def read_heif_header(data: bytes, read: ReadRange | None, mimetype: str) -> ImageHeader:
    """The size of an AVIF or HEIC picture. Raises ImageDataError."""
    meta = _meta(data, read)
    sizes = [
        (int.from_bytes(ispe[4:8], "big"), int.from_bytes(ispe[8:12], "big"))
        for iprp in _boxes(meta[4:], b"iprp")
        for ipco in _boxes(iprp, b"ipco")
        for ispe in _boxes(ipco, b"ispe")
        if len(ispe) >= 12
    ]
    if not sizes:
        raise ImageDataError(f"{mimetype} without a size in its header")
    width, height = max(sizes, key=lambda size: size[0] * size[1])
    return ImageHeader(width, height, ("R", "G", "B"), mimetype)


def _meta(data: bytes, read: ReadRange | None) -> bytes:
    """The content of the ``meta`` box, wherever in the file it lies."""
    at = 0
    for _ in range(64):
        head = data[at : at + 16] if at + 16 <= len(data) or read is None else read(at, 16)
        if len(head) < 8:
            break
        length, kind, start = int.from_bytes(head[:4], "big"), head[4:8], 8
        if length == 1 and len(head) == 16:
            length, start = int.from_bytes(head[8:16], "big"), 16
        if kind == b"meta":
            length = min(length - start, _MOST_META_BYTES)
            whole = data[at + start : at + start + length]
            return whole if len(whole) >= length or read is None else read(at + start, length)
        if length < start:
            break
        at += length
    raise ImageDataError("an AVIF or HEIC file whose header is cut off or damaged")


def _boxes(data: bytes, kind: bytes) -> Iterator[bytes]:
    at = 0
    while at + 8 <= len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        if length < 8:
            return
        if data[at + 4 : at + 8] == kind:
            yield data[at + 8 : at + length]
        at += length


def read_tga_header(data: bytes) -> ImageHeader | None:
    """The header of a TGA file, ``None`` where it can be none: it begins with no signature."""
    if len(data) < 18:
        return None
    _, palette, kind, width, height, bits, _ = _TGA(data)
    if kind not in _TGA_KINDS.get(palette, ()) or bits not in _TGA_BANDS or not width or not height:
        return None
    return ImageHeader(width, height, ("P",) if palette else _TGA_BANDS[bits], "image/x-tga")
