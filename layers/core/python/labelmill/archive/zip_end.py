"""The end of a zip: where its directory lies and how much it lists.

Source: PKWARE APPNOTE 6.3.10, 4.3.14 to 4.3.16 (end records, zip64 and plain).
"""

from __future__ import annotations

import struct
from typing import NamedTuple

from labelmill.archive.ranged import RangedBytes
from labelmill.errors import DatasetError

ENTRY_SIGNATURE = b"PK\x01\x02"
END_SIGNATURE = b"PK\x05\x06"
END_RECORD = struct.Struct("<4sHHHHIIH")
LOCATOR_SIGNATURE = b"PK\x06\x07"
LOCATOR = struct.Struct("<4sIQI")
END64_SIGNATURE = b"PK\x06\x06"
END64_RECORD = struct.Struct("<4sQHHIIQQQQ")
MAX_16 = 0xFFFF
MAX_32 = 0xFFFFFFFF
_MAX_COMMENT = MAX_16


class ZipEnd(NamedTuple):
    """What the end of a zip says of its directory.

    Attributes:
        start: Where the directory begins, in bytes from the archive's start.
        size_bytes: Length of the directory.
        entries: Entries in it, folders included; where ``wrapped`` only their number modulo 65,536.
        shift: Bytes before the zip's own beginning, which offsets in it don't count.
        wrapped: There is no zip64 record: counts and offsets that are too large for the plain one, if there are any,
            stand modulo 2**16 and 2**32, as macOS' packers write them.
    """

    start: int
    size_bytes: int
    entries: int
    shift: int = 0
    wrapped: bool = False


def read_end(file: RangedBytes, archive: str) -> ZipEnd:
    """Find the end record and check that the directory lies right before it.

    Args:
        file: The whole zip.
        archive: Its name as the user knows it.

    Returns:
        Where the directory lies; it lies inside the file.

    Raises:
        DatasetError: If there is no end record, it is one of several disks, or its numbers don't fit the file.

    Source:
        APPNOTE 4.3.16; where a zip64 locator stands before it, 4.3.14 and 4.3.15.
    """
    tail_start = max(0, file.size - END_RECORD.size - _MAX_COMMENT)
    tail = file.read(tail_start, file.size - tail_start)
    at = _find_end(tail, archive)
    _, disk, start_disk, on_disk, count, size_bytes, start, _ = END_RECORD.unpack_from(tail, at)
    end = tail_start + at
    found = _read_end64(file, end, archive) if end >= LOCATOR.size else None
    if found:
        end64, directory_end = found
        for plain, big, limit in zip(
            (count, size_bytes, start),
            (end64.entries, end64.size_bytes, end64.start),
            (MAX_16, MAX_32, MAX_32),
            strict=True,
        ):
            if plain not in (big, limit):
                raise DatasetError(f"{archive}: damaged: its two end records differ ({plain} and {big})")
        start, size_bytes, count = end64.start, end64.size_bytes, end64.entries
        disks = {disk, start_disk} - {0, MAX_16}
    else:
        directory_end = end
        disks = {disk, start_disk, on_disk - count} - {0}
    if disks:
        raise DatasetError(f"{archive}: expected one whole archive, found one of several disks: join them first")
    shift = directory_end - start - size_bytes
    if not found and shift > MAX_32 and shift % (MAX_32 + 1) == 0:
        shift = 0  # the directory begins beyond 4 GiB, which the plain record can't say
    if shift < 0 or (shift and not _begins_with_entry(file, directory_end - size_bytes, size_bytes)):
        raise DatasetError(
            f"{archive}: cut off or damaged: its directory should end at byte {start + size_bytes}, "
            f"but its end record lies at byte {directory_end}"
        )
    return ZipEnd(directory_end - size_bytes, size_bytes, count, shift, not found)


def _begins_with_entry(file: RangedBytes, at: int, size_bytes: int) -> bool:
    """Whether a directory can begin there: something may stand before a zip, and its offsets don't count that."""
    return at >= 0 and size_bytes > 0 and file.read(at, len(ENTRY_SIGNATURE)) == ENTRY_SIGNATURE


def _find_end(tail: bytes, archive: str) -> int:
    """Position in ``tail`` of the last end record whose comment ends where the file does, else of the last one.

    Something may follow a zip: transfers pad files, and some tools append a signature.
    """
    whole = []
    at = tail.rfind(END_SIGNATURE)
    while at >= 0:
        if at + END_RECORD.size <= len(tail):
            comment_bytes = int.from_bytes(tail[at + 20 : at + 22], "little")
            if at + END_RECORD.size + comment_bytes == len(tail):
                return at
            if at + END_RECORD.size + comment_bytes < len(tail):
                whole.append(at)
        at = tail.rfind(END_SIGNATURE, 0, at + 3)
    if not whole:
        raise DatasetError(f"{archive}: expected a zip's end record, found none: the file is cut off or no zip")
    return whole[0]


def _read_end64(file: RangedBytes, end: int, archive: str) -> tuple[ZipEnd, int] | None:
    """The zip64 end record and where it begins, if a locator stands right before ``end``."""
    locator_at = end - LOCATOR.size
    locator = file.read(locator_at, LOCATOR.size)
    if locator[:4] != LOCATOR_SIGNATURE:
        return None
    _, record_disk, record_at, disks = LOCATOR.unpack(locator)
    if record_disk or disks > 1:
        raise DatasetError(f"{archive}: expected one whole archive, found one of several disks: join them first")
    record = file.read(record_at, END64_RECORD.size)
    if len(record) < END64_RECORD.size or record[:4] != END64_SIGNATURE:
        raise DatasetError(f"{archive}: cut off or damaged: no zip64 end record at byte {record_at}")
    _, length, _, _, disk, start_disk, on_disk, count, size_bytes, start = END64_RECORD.unpack(record)
    if record_at + 12 + length != locator_at:
        raise DatasetError(f"{archive}: damaged: its zip64 end record should end at byte {locator_at}, but does not")
    if disk or start_disk or on_disk != count:
        raise DatasetError(f"{archive}: expected one whole archive, found one of several disks: join them first")
    return ZipEnd(start, size_bytes, count), record_at
