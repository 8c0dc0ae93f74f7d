"""How large an image is, from the cheapest place that knows it."""

from __future__ import annotations

import msgspec

from labelmill.errors import ImageError
from labelmill.images.errors import ImageDataError
from labelmill.images.facts import ImageHeader, ReadRange
from labelmill.images.header import read_header
from labelmill.model import Sensor
from labelmill.source.dataset import ANNOTATIONS, IMAGES, MASKS, Entry, Source
from labelmill.source.tally import Tally

HEAD_BYTES = 4096  # holds the header of nearly every file


class Size(msgspec.Struct, frozen=True, gc=False):
    """Size of an image.

    Attributes:
        width: Pixels.
        height: Pixels.
        depth: Bands of the image where its header was read for its size, else 3.
        stated: It is the metadata's ``resolution``: no file was opened.
    """

    width: int
    height: int
    depth: int = 3
    stated: bool = False


class SizeReader:
    """Finds sizes: the metadata's resolution, else the image's header, else the mask's header."""

    def __init__(self, source: Source, tally: Tally) -> None:
        self._source = source
        self._tally = tally
        self._true: tuple[Entry | None, Size] = (None, Size(0, 0))

    def stated(self, sensor: Sensor | None) -> Size | None:
        """The resolution of the metadata, if it has one."""
        if sensor is None or sensor.resolution is None:
            return None
        width, height = sensor.resolution
        return Size(width, height, 3, True)

    def measured(self, entry: Entry) -> Size:
        """The size in the image's header, else in the mask's.

        Raises:
            ImageError: If neither can be read.
        """
        header = self.header(IMAGES, entry.image)
        if header is not None:
            return Size(header.width, header.height, len(header.bands))
        header = self.header(MASKS, entry.mask)
        if header is not None:
            return Size(header.width, header.height)
        raise ImageError(
            f"{ANNOTATIONS}/{entry.annotation}",
            "no image size: expected sensor.resolution in its metadata or a readable image or mask, found none",
        )

    def true_size(self, entry: Entry, stated: Size, what: str) -> Size:
        """The size to use where something reaches beyond a stated resolution; warns once an image."""
        if self._true[0] is entry:
            return self._true[1]
        self._tally.warn(
            "size-exceeded",
            f"{what} beyond the stated resolution: the size in the file's header is used, and what still reaches "
            "beyond is clamped",
            entry.annotation,
        )
        try:
            size = self.measured(entry)
        except ImageError:
            size = Size(stated.width, stated.height, stated.depth)
        self._true = (entry, size)
        return size

    def header(self, folder: str, name: str | None) -> ImageHeader | None:
        """The header of an image or a mask; ``None`` when it is missing or unreadable, which is counted."""
        if name is None:
            return None
        try:
            head = self._source.read_range(folder, name, 0, HEAD_BYTES)
            size_bytes = self._source.size_bytes(folder, name) if len(head) >= HEAD_BYTES else len(head)
            return header_of(head, size_bytes, lambda at, n: self._source.read_range(folder, name, at, n))
        except (ImageDataError, ImageError) as error:
            self._tally.warn("image-unreadable", "unreadable image files count as missing", f"{folder}/{name}: {error}")
            return None


def header_of(head: bytes, size_bytes: int, read: ReadRange) -> ImageHeader:
    """The header of an image file from its beginning, or from wherever it lies.

    Args:
        head: The file's first bytes.
        size_bytes: The file's size.
        read: Reads from an offset, at least so many bytes where the file has them.

    Raises:
        ImageDataError: If there is no usable header.
    """
    try:
        return read_header(head, size_bytes=size_bytes)
    except ImageDataError:
        if len(head) >= size_bytes:
            raise
        return read_header(head, lambda at, length: read(at, length)[:length], size_bytes=size_bytes)
