"""Headers of the image formats that Pillow reads for us (TIFF, WebP, BMP, GIF, PNM, JPEG 2000), and of AVIF, HEIC, TGA.

Plugins are called by name instead of ``Image.open``: only these six parsers ever see a stranger's bytes,
and Pillow's limit on the number of pixels, meant for decoding, does not refuse a large satellite image
of which nothing but the size is wanted.
"""

from __future__ import annotations

import importlib
import io
import warnings
from collections.abc import Callable
from typing import Any

from labelmill.images.errors import ImageDataError
from labelmill.images.facts import MAX_SIDE_PX, ImageHeader, ReadRange
from labelmill.images.still_header import heif_mimetype, read_heif_header, read_tga_header

_PLUGINS: tuple[tuple[tuple[bytes, ...], str, str, str], ...] = (
    ((b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"), "TiffImagePlugin", "TiffImageFile", "image/tiff"),
    ((b"RIFF",), "WebPImagePlugin", "WebPImageFile", "image/webp"),
    ((b"BM",), "BmpImagePlugin", "BmpImageFile", "image/bmp"),
    ((b"GIF87a", b"GIF89a"), "GifImagePlugin", "GifImageFile", "image/gif"),
    ((b"P1", b"P2", b"P3", b"P4", b"P5", b"P6"), "PpmImagePlugin", "PpmImageFile", "image/x-portable-anymap"),
    (
        (b"\xff\x4f\xff\x51", b"\0\0\0\x0cjP  \r\n\x87\n"),
        "Jpeg2KImagePlugin",
        "Jpeg2KImageFile",
        "image/jp2",
    ),
)


_UNKNOWN_END = 2**62


class _RangeFile(io.RawIOBase):
    """A file of which only the ranges that are read get fetched; an end that is not known lies far away."""

    def __init__(self, data: bytes, read: ReadRange, size_bytes: int | None) -> None:
        self._data = data
        self._read = read
        self._at = 0
        self._end = _UNKNOWN_END if size_bytes is None else size_bytes

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._end}[whence]
        self._at = max(0, start + offset)
        return self._at

    def readinto(self, buffer: Any, /) -> int:
        end = self._at + len(buffer)
        part = self._data[self._at : end] if end <= len(self._data) else self._read(self._at, len(buffer))
        buffer[: len(part)] = part
        self._at += len(part)
        return len(part)


def read_other_header(data: bytes, read: ReadRange | None, size_bytes: int | None) -> ImageHeader:
    """Read size and bands of an image that is neither PNG nor JPEG.

    Args:
        data: The file's first bytes, or all of them where ``read`` is None.
        read: Fetches other ranges of the file.
        size_bytes: The file's whole size where it is known.

    Returns:
        The header; bands as Pillow names them.

    Raises:
        ImageDataError: If no supported format begins so, or the header is damaged or impossible.
    """
    plugin = next((entry[1:] for entry in _PLUGINS if data.startswith(entry[0])), None)
    if plugin is None and (mimetype := heif_mimetype(data)):
        return _checked(read_heif_header(data, read, mimetype))
    if plugin is None and (tga := read_tga_header(data)):
        return tga
    if plugin is None:
        raise ImageDataError("not an image file of a known format" if data else "the image file is empty")
    module, name, mimetype = plugin
    file: io.BufferedIOBase = (
        io.BytesIO(data) if read is None else io.BufferedReader(_RangeFile(data, read, size_bytes), buffer_size=16384)
    )
    factory: Callable[..., Any] = getattr(importlib.import_module(f"PIL.{module}"), name)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            image = factory(file, "")
            width, height, bands = int(image.size[0]), int(image.size[1]), tuple(image.getbands())
    except Exception as error:  # a plugin meets damage with whatever its code stumbles over
        raise ImageDataError(f"damaged {mimetype} header ({type(error).__name__})") from error
    return _checked(ImageHeader(width, height, bands, mimetype))


def _checked(header: ImageHeader) -> ImageHeader:
    if not (0 < header.width <= MAX_SIDE_PX and 0 < header.height <= MAX_SIDE_PX):
        raise ImageDataError(f"{header.mimetype} of an impossible size: {header.width}x{header.height}")
    return header
