"""Sizes and bands without decoding, against Pillow; damage gives one kind of error."""

from __future__ import annotations

import io
import struct
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from labelmill.images.errors import ImageDataError
from labelmill.images.facts import ImageHeader
from labelmill.images.header import FIRST_BYTES, read_header


def saved(mode: str, kind: str, size: tuple[int, int] = (37, 21), **options: object) -> bytes:
    file = io.BytesIO()
    Image.new(mode, size).save(file, kind, **options)
    return file.getvalue()


@pytest.mark.parametrize(
    ("mode", "kind", "mimetype", "bands"),
    [
        ("1", "PNG", "image/png", "L"),
        ("L", "PNG", "image/png", "L"),
        ("I;16", "PNG", "image/png", "L"),
        ("LA", "PNG", "image/png", "LA"),
        ("P", "PNG", "image/png", "P"),
        ("RGB", "PNG", "image/png", "RGB"),
        ("RGBA", "PNG", "image/png", "RGBA"),
        ("L", "JPEG", "image/jpeg", "L"),
        ("RGB", "JPEG", "image/jpeg", "RGB"),
        ("CMYK", "JPEG", "image/jpeg", "CMYK"),
        ("RGB", "TIFF", "image/tiff", "RGB"),
        ("RGB", "WEBP", "image/webp", "RGB"),
        ("RGB", "BMP", "image/bmp", "RGB"),
        ("P", "GIF", "image/gif", "P"),
        ("RGB", "PPM", "image/x-portable-anymap", "RGB"),
    ],
)
def test_kinds(mode: str, kind: str, mimetype: str, bands: str) -> None:
    data = saved(mode, kind)
    expected = ImageHeader(37, 21, tuple(bands), mimetype)
    assert read_header(data) == expected
    assert read_header(data[:64], lambda offset, length: data[offset : offset + length]) == expected


def test_progressive_jpeg_and_exif_orientation_are_read_as_stored() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    assert read_header(saved("RGB", "JPEG", progressive=True, exif=exif))[:2] == (37, 21)


def test_a_jpeg_behind_a_large_profile_needs_few_ranges() -> None:
    data = saved("RGB", "JPEG", icc_profile=bytes(400_000))
    asked: list[int] = []

    def read(offset: int, length: int) -> bytes:
        asked.append(length)
        return data[offset : offset + length]

    assert read_header(data[:FIRST_BYTES], read)[:2] == (37, 21)
    assert len(asked) <= 8 and sum(asked) <= 8 * FIRST_BYTES
    with pytest.raises(ImageDataError, match="cut off before its frame"):
        read_header(data[:FIRST_BYTES])


def test_a_satellite_size_is_only_read_not_refused() -> None:
    data = bytearray(saved("L", "BMP", (1, 1)))
    data[18:26] = struct.pack("<ii", 60_000, 50_000)
    assert read_header(bytes(data))[:2] == (60_000, 50_000)


def png_header(width: int, height: int, depth: int = 8, colour: int = 2) -> bytes:
    body = b"IHDR" + struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n\0\0\0\r" + body + struct.pack(">I", zlib.crc32(body))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "the image file is empty"),
        (b"hello, world", "not an image file of a known format"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "PNG cut off in its header"),
        (png_header(0, 5), "PNG of an impossible size: 0x5"),
        (png_header(2**31, 5), "PNG of an impossible size: 2147483648x5"),
        (png_header(5, 5, 7), "PNG header has an unknown colour type 2, bit depth 7 or method"),
        (png_header(5, 5)[:-1] + b"\0", "PNG header has a wrong checksum"),
        (b"\xff\xd8\xff", "JPEG cut off before its frame header"),
        (b"\xff\xd8\xff\xc0\0\x0b\x08\0\0\0\x05\x01", "JPEG of an impossible size: 5x0"),
        (b"\xff\xd8\xff\xc0\0\x0b\x08\0\x05\0\x05\x02", "JPEG with 2 components: 1, 3 or 4 expected"),
        (b"\xff\xd8\xff\xda\0\x0b\x08\0\x05\0\x05\x02", "JPEG without a frame header before its pixels"),
        (b"\xff\xd8\xff\xe0\0\0\0\0", "JPEG segment with an impossible length"),
        (b"\xff\xd8\xff\xe0\0\x02\0\0\0\0", "JPEG has no marker where one must be"),
    ],
)
def test_refusals(data: bytes, message: str) -> None:
    with pytest.raises(ImageDataError) as caught:
        read_header(data)
    assert str(caught.value) == message


def test_a_claim_beyond_the_file_is_refused() -> None:
    data = png_header(100_000, 100_000)
    assert read_header(data)[:2] == (100_000, 100_000)
    with pytest.raises(ImageDataError, match="can't hold the 100000x100000 pixels"):
        read_header(data, size_bytes=5000)


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(["PNG", "JPEG", "TIFF", "WEBP", "BMP", "GIF", "PPM"]),
    st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 255)), min_size=1, max_size=6),
    st.integers(0, 3000),
    st.booleans(),
)
def test_damage_raises_nothing_else(kind: str, flips: list[tuple[int, int]], cut: int, ranges: bool) -> None:
    data = bytearray(saved("RGB", kind))
    for at, value in flips:
        data[at % len(data)] = value
    file = bytes(data[:cut]) if cut else bytes(data)
    try:
        header = read_header(file[:512], lambda o, n: file[o : o + n]) if ranges else read_header(file)
    except ImageDataError as error:
        assert "\n" not in str(error)
    else:
        assert header.width > 0 and header.height > 0 and header.bands
