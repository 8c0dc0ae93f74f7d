"""Joining the parts of a zip: their bytes one after the other, then one directory.

Nothing of a part is read but its short records, so that in S3 the bytes can be joined by the storage itself
and only ``write_directory`` runs.

Source: PKWARE APPNOTE 6.3.10: 4.3.12 (directory header), 4.3.14 to 4.3.16 (end records), 4.4.1.4 (zip64).
"""

from __future__ import annotations

import os
import shutil
import stat
import struct
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, NamedTuple, Protocol

from labelmill.archive.zip_end import (
    END64_RECORD,
    END64_SIGNATURE,
    END_RECORD,
    END_SIGNATURE,
    LOCATOR,
    LOCATOR_SIGNATURE,
    MAX_16,
    MAX_32,
)
from labelmill.archive.zip_entry import UTF8_FLAG
from labelmill.archive.zip_write import DOS_TIME_AND_DATE, ENTRY, LOCAL, LOCAL_ZIP64_EXTRA, VERSION, VERSION_ZIP64
from labelmill.errors import OutputError

_CENTRAL = struct.Struct("<4sHHHHIIIIHHHHHII")
_CENTRAL_SIGNATURE = b"PK\x01\x02"
_UNIX = 3 << 8
_ATTRIBUTES = (stat.S_IFREG | 0o644) << 16
_CHUNK_BYTES = 1 << 20


class Sink(Protocol):
    """Takes bytes, one after the other."""

    def write(self, data: bytes, /) -> int:
        """Append bytes; returns how many they were."""


class Part(NamedTuple):
    """A finished part on disk.

    Attributes:
        data: The file with its members.
        entries: The file with their records.
        size_bytes: Length of ``data``, as ``PartWriter.finish`` told.
    """

    data: Path
    entries: Path
    size_bytes: int


def join_parts(parts: Sequence[Part], out: BinaryIO) -> int:
    """Write one zip out of its parts.

    Args:
        parts: In the order that their members shall have.
        out: An empty file that stands at its beginning. Where the system can, its disk copies the parts
            without a detour through this process.

    Returns:
        How many members the zip has.

    Raises:
        OutputError: If a part is not what it was when it was finished, or the disk refuses.
    """
    start = 0
    try:
        for part in parts:
            with part.data.open("rb") as source:
                copied = copy_file(source, out)
            if copied != part.size_bytes:
                raise OutputError(f"{part.data.name}: expected {part.size_bytes} bytes, found {copied}")
            start += copied
        return write_directory(_open_entries(parts), out, start)
    except OSError as error:
        raise OutputError(f"the archive can't be joined: {error.strerror or error}") from error


def write_directory(parts: Iterable[tuple[BinaryIO, int]], out: Sink, start: int) -> int:
    """Write the directory and end records that follow the parts' bytes.

    Args:
        parts: For each part its records and the length of its bytes in the joined file.
        out: Where to write.
        start: Length of all parts together.

    Returns:
        How many members there are.

    Raises:
        OutputError: If a part's records don't add up to its length.

    Source:
        APPNOTE 4.3.12; zip64 fields exactly where a number does not fit (4.4.1.4, 4.5.3).
    """
    offset = count = size = 0
    for entries, part_bytes in parts:
        end = offset + part_bytes
        for headers, number, after in _central_headers(entries, offset):
            offset = after
            out.write(headers)
            size += len(headers)
            count += number
        if offset != end:
            raise OutputError(f"a part's records tell of {offset - end + part_bytes} bytes, but it has {part_bytes}")
    if offset != start:
        raise OutputError(f"the parts' records tell of {offset} bytes, but they have {start}")
    out.write(_end_records(start, size, count))
    return count


def _central_headers(entries: BinaryIO, offset: int) -> Iterator[tuple[bytes, int, int]]:
    """Make directory headers from a part's records.

    Yields:
        Some headers, how many they are, and where the next member begins.
    """
    rest, pack, unpack = b"", _CENTRAL.pack, ENTRY.unpack_from
    while piece := entries.read(_CHUNK_BYTES):
        buffer = rest + piece
        headers: list[bytes] = []
        at, last, length = 0, len(buffer) - ENTRY.size, len(buffer)
        while at <= last:
            size, crc, name_bytes = unpack(buffer, at)
            name_at = at + ENTRY.size
            after = name_at + name_bytes
            if after > length:
                break
            name = buffer[name_at:after]
            flags = 0 if name.isascii() else UTF8_FLAG
            extra, version, short, place = b"", VERSION, size, offset
            if size >= MAX_32 or offset >= MAX_32:
                extra, version, short, place = _zip64_extra(size, offset)
            header = pack(
                _CENTRAL_SIGNATURE,
                _UNIX | version,
                version,
                flags,
                0,
                DOS_TIME_AND_DATE,
                crc,
                short,
                short,
                name_bytes,
                len(extra),
                0,
                0,
                0,
                _ATTRIBUTES,
                place,
            )
            headers += (header, name, extra)
            # What PartWriter wrote: header, name, the zip64 sizes of a big member, data.
            offset += LOCAL.size + name_bytes + size + (LOCAL_ZIP64_EXTRA.size if size >= MAX_32 else 0)
            at = after
        rest = buffer[at:]
        yield b"".join(headers), len(headers) // 3, offset
    if rest:
        raise OutputError("a part's records end in the middle of one")


def _zip64_extra(size: int, offset: int) -> tuple[bytes, int, int, int]:
    """The zip64 field with the numbers that don't fit, and what stands in their places."""
    numbers = ([size, size] if size >= MAX_32 else []) + ([offset] if offset >= MAX_32 else [])
    extra = struct.pack(f"<HH{len(numbers)}Q", 1, 8 * len(numbers), *numbers)
    return extra, VERSION_ZIP64, min(size, MAX_32), min(offset, MAX_32)


def _end_records(start: int, size: int, count: int) -> bytes:
    """The end record, with the zip64 ones before it if a number does not fit."""
    records = b""
    if count >= MAX_16 or start >= MAX_32 or size >= MAX_32:
        made_by = _UNIX | VERSION_ZIP64
        length = END64_RECORD.size - 12  # without the signature and the length itself
        records = END64_RECORD.pack(END64_SIGNATURE, length, made_by, VERSION_ZIP64, 0, 0, count, count, size, start)
        records += LOCATOR.pack(LOCATOR_SIGNATURE, 0, start + size, 1)
    short = min(count, MAX_16)
    return records + END_RECORD.pack(END_SIGNATURE, 0, 0, short, short, min(size, MAX_32), min(start, MAX_32), 0)


def copy_file(source: BinaryIO, out: BinaryIO) -> int:
    """Copy a file to where another stands, by the system itself if both lie on disks that can.

    Returns:
        Bytes copied.

    Raises:
        OSError: If the disk refuses.
    """
    start = copied = 0
    try:
        out.flush()
        start, target = out.tell(), out.fileno()
        while done := _copy_range(source.fileno(), target, copied, start + copied):
            copied += done
    except (OSError, AttributeError):
        # Another disk, a pipe, a file in memory, an old kernel: the plain way goes on from here, and
        # meets the same refusal again if it is one of the disk's (no room).
        pass
    source.seek(copied)
    if copied:
        out.seek(start + copied)
    shutil.copyfileobj(source, out, _CHUNK_BYTES)
    return source.tell()


def _copy_range(source: int, target: int, source_at: int, target_at: int) -> int:
    return os.copy_file_range(source, target, 1 << 30, source_at, target_at)


def _open_entries(parts: Sequence[Part]) -> Iterator[tuple[BinaryIO, int]]:
    for part in parts:
        with part.entries.open("rb") as entries:
            yield entries, part.size_bytes
