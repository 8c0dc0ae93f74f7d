"""Unpacking a ``.tar.gz`` once, since nothing can be read from its middle.

The tar goes into a file without a name, which the system takes away with its last descriptor: however the
process ends, nothing stays behind.

Source: RFC 1952 (gzip; 2.2: several gzip members in a row are one file).
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from zlib_ng import zlib_ng

from labelmill.archive.member import Limits
from labelmill.archive.ranged import LocalFile, RangedBytes, reason_of
from labelmill.archive.zip_member import INFLATE_ERROR
from labelmill.errors import DatasetError, OutputError

if TYPE_CHECKING:
    from zlib_ng.zlib_ng import _Decompress

GZIP_SIGNATURE = b"\x1f\x8b"
_READ_BYTES = 1 << 20
# The rest of what was fed comes back as a copy at each end of a gzip member: a small feed keeps an archive of
# tiny members from costing the square of its length.
_FEED_BYTES = 16 << 10
_OUT_BYTES = 1 << 20


def unpack_gzip(
    file: RangedBytes, archive: str, limits: Limits | None = None, temp_dir: str | os.PathLike[str] | None = None
) -> LocalFile:
    """Unpack a gzip file into a file without a name.

    Args:
        file: The whole gzip file.
        archive: Its name as the user knows it.
        limits: How much may come out of it; looked at while it is unpacked.
        temp_dir: Folder whose disk takes the unpacked bytes; the system's own by default.

    Returns:
        The unpacked bytes; the caller closes it, which frees the disk.

    Raises:
        DatasetError: If it is cut off, damaged, followed by something else, or unpacks to too much.
        OutputError: If the disk has no room or the folder can't be written.
    """
    limits = limits or Limits()
    folder = Path(temp_dir) if temp_dir is not None else Path(tempfile.gettempdir())
    produced = 0
    try:
        with tempfile.TemporaryFile(dir=folder, buffering=0) as out:
            for piece in iter_gunzip(file, archive):
                produced += len(piece)
                limits.check_expanded(archive, produced, file.size)
                view = memoryview(piece)
                while view:
                    view = view[out.write(view) :]
            return LocalFile.adopt(os.dup(out.fileno()))
    except OSError as error:
        raise OutputError(f"{folder}: {archive} can't be unpacked here: {reason_of(error)}") from error


def iter_gunzip(file: RangedBytes, archive: str) -> Iterator[bytes]:
    """Give a gzip file's content in pieces of at most 1 MiB, every checksum checked.

    Raises:
        DatasetError: If it is cut off, damaged, or followed by something else than zeros.
    """
    unpacker: _Decompress | None = zlib_ng.decompressobj(31)
    for feed in _feeds(file):
        data: bytes | memoryview = feed
        while data:
            if unpacker is None:  # between two gzip members
                rest = bytes(data).lstrip(b"\0")
                if not rest:
                    break
                unpacker, data = zlib_ng.decompressobj(31), rest
            try:
                piece = unpacker.decompress(data, _OUT_BYTES)
            except INFLATE_ERROR as error:
                raise DatasetError(f"{archive}: damaged: its gzip data is not readable ({error})") from error
            if piece:
                yield piece
            data = unpacker.unused_data if unpacker.eof else unpacker.unconsumed_tail
            if unpacker.eof:
                unpacker = None
    if unpacker is not None:
        raise DatasetError(f"{archive}: cut off: its gzip data ends early")


def _feeds(file: RangedBytes) -> Iterator[memoryview]:
    at = 0
    while chunk := file.read(at, _READ_BYTES):
        at += len(chunk)
        view = memoryview(chunk)
        for start in range(0, len(view), _FEED_BYTES):
            yield view[start : start + _FEED_BYTES]
