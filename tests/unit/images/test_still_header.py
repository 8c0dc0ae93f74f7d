"""Headers of AVIF, HEIC and TGA: as Pillow writes them, and as their specifications have them."""

from __future__ import annotations

import io
import struct

import pytest
from PIL import Image, features

from labelmill.images.errors import ImageDataError
from labelmill.images.header import FIRST_BYTES, read_header


def saved(kind: str, mode: str = "RGB", size: tuple[int, int] = (37, 21)) -> bytes:
    """An image as Pillow writes it."""
    out = io.BytesIO()
    Image.new(mode, size).save(out, kind)
    return out.getvalue()


def box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(content), kind) + content


def heic(*sizes: tuple[int, int], before: bytes = b"") -> bytes:
    """A HEIC header that states some sizes: of tiles, and of the picture that they make."""
    ispe = b"".join(box(b"ispe", bytes(4) + struct.pack(">II", *size)) for size in sizes)
    meta = box(b"meta", bytes(4) + box(b"hdlr", bytes(24)) + box(b"iprp", box(b"ipco", box(b"hvcC", b"x" * 9) + ispe)))
    return box(b"ftyp", b"heic\0\0\0\0mif1heic") + before + meta + box(b"mdat", b"pixels")


@pytest.mark.skipif(not features.check("avif"), reason="this Pillow was built without AVIF")
def test_avif() -> None:
    data = saved("AVIF", size=(70, 50))
    assert read_header(data)[:2] == (70, 50)
    assert read_header(data).mimetype == "image/avif"


@pytest.mark.parametrize("before", [b"", box(b"free", bytes(FIRST_BYTES * 2))])
def test_heic(before: bytes) -> None:
    data = heic((512, 512), (4032, 3024), before=before)
    expected = (4032, 3024, ("R", "G", "B"), "image/heic")
    assert read_header(data) == expected
    assert read_header(data[:FIRST_BYTES], lambda at, length: data[at : at + length]) == expected


@pytest.mark.parametrize(("mode", "bands"), [("RGB", ("R", "G", "B")), ("L", ("L",)), ("RGBA", ("R", "G", "B", "A"))])
def test_tga(mode: str, bands: tuple[str, ...]) -> None:
    assert read_header(saved("TGA", mode)) == (37, 21, bands, "image/x-tga")


@pytest.mark.parametrize("data", [heic(), heic((0, 5)), heic((5, 5))[:60], box(b"ftyp", b"heic\0\0\0\0") + bytes(90)])
def test_damaged(data: bytes) -> None:
    with pytest.raises(ImageDataError):
        read_header(data)


@pytest.mark.parametrize("data", [bytes(100), b"\0\1\2" + bytes(97), b"text " * 20])
def test_what_is_no_tga(data: bytes) -> None:
    with pytest.raises(ImageDataError, match="not an image file"):
        read_header(data)
