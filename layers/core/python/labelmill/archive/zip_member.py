"""Reading one member of an archive: one ranged read, unpacked and checked.

Source: PKWARE APPNOTE 6.3.10, 4.3.7 (local header), 4.4.5 (methods).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import cast

from zlib_ng import zlib_ng

from labelmill.archive.member import STORED, UNCHECKED, Member
from labelmill.archive.names import clean_name
from labelmill.archive.ranged import RangedBytes
from labelmill.archive.zip_entry import REFUSED_FLAGS, decode_name
from labelmill.errors import DatasetError, ImageError

INFLATE_ERROR = cast("type[Exception]", zlib_ng.error)
"""What unpacking raises over damaged data; the package's own type hint is wrong."""
_LOCAL_SIGNATURE = 0x04034B50
_LOCAL = struct.Struct("<I2xHH16xHH")
_LOCAL_BYTES = 30
# Extra fields of the usual packers take 0 to 36 bytes; reading some for nothing is cheaper than reading twice.
_EXTRA_GUESS = 64
PIECE_BYTES = 1 << 20


def read_member(file: RangedBytes, member: Member) -> bytes:
    """Read a whole member.

    Args:
        file: The archive that ``member`` was listed from.
        member: As listed; of a tar's member the bytes are given as they lie there.

    Returns:
        The file, ``member.size_bytes`` bytes.

    Raises:
        ImageError: If the archive holds something else there, or the data is damaged.

    Source:
        APPNOTE 4.3.7.
    """
    packed_bytes = member.packed_bytes
    if member.crc == UNCHECKED:
        data = file.read(member.offset, packed_bytes)
        if len(data) != packed_bytes:
            raise ImageError(member.name, "cut off: the archive ends inside it")
        return data
    raw_name = member.name.encode()
    buffer = file.read(member.offset, _LOCAL_BYTES + len(raw_name) + packed_bytes + _EXTRA_GUESS)
    if len(buffer) < _LOCAL_BYTES:
        raise ImageError(member.name, "cut off: the archive ends inside it")
    signature, flags, method, name_bytes, extra_bytes = _LOCAL.unpack_from(buffer)
    if signature != _LOCAL_SIGNATURE:
        raise ImageError(member.name, f"damaged: no member begins at byte {member.offset} of the archive")
    if method != member.method or flags & REFUSED_FLAGS:
        raise ImageError(member.name, "damaged: its header and the archive's directory differ")
    start = _LOCAL_BYTES + name_bytes + extra_bytes
    if buffer[_LOCAL_BYTES : _LOCAL_BYTES + name_bytes] != raw_name:
        _check_name(file, member, flags, name_bytes, extra_bytes)
    if start + packed_bytes <= len(buffer):
        packed = buffer[start : start + packed_bytes]
    else:
        packed = file.read(member.offset + start, packed_bytes)
        if len(packed) != packed_bytes:
            raise ImageError(member.name, "cut off: the archive ends inside it")
    data = packed if method == STORED else _inflate(packed, member)
    if zlib_ng.crc32(data) != member.crc:
        raise ImageError(member.name, "damaged: its checksum differs")
    return data


def iter_member(file: RangedBytes, member: Member) -> Iterator[bytes]:
    """Read a member in pieces, for one that is too large to be held.

    Args:
        file: The archive that ``member`` was listed from.
        member: As listed.

    Yields:
        The file's bytes, in order; its length and checksum are known to be right only after the last piece.

    Raises:
        ImageError: If the archive holds something else there, or the data is damaged.
    """
    size, crc = 0, 0
    for piece in _pieces(file, member, data_start(file, member)):
        size += len(piece)
        if size > member.size_bytes:
            break
        if member.crc != UNCHECKED:
            crc = zlib_ng.crc32(piece, crc)
        yield piece
    if size != member.size_bytes:
        raise ImageError(member.name, f"damaged: expected {member.size_bytes} bytes unpacked, found {size}")
    if member.crc not in (UNCHECKED, crc):
        raise ImageError(member.name, "damaged: its checksum differs")


def read_member_range(file: RangedBytes, member: Member, offset: int, length: int) -> bytes:
    """Read part of a member; no checksum tells whether it is right.

    Args:
        file: The archive that ``member`` was listed from.
        member: As listed; the data of a compressed one is unpacked up to the end of the part, and not kept.
        offset: First byte of the file.
        length: How many; fewer come where the file ends.

    Raises:
        ImageError: If the archive holds something else there, or the data is damaged.
    """
    length = max(0, min(length, member.size_bytes - offset))
    start = data_start(file, member)
    if member.method == STORED:
        return file.read(start + offset, length)
    kept: list[bytes] = []
    at = 0
    for piece in _pieces(file, member, start):
        kept.append(piece[max(0, offset - at) : max(0, offset + length - at)])
        at += len(piece)
        if at >= offset + length:
            break
    return b"".join(kept)


def data_start(file: RangedBytes, member: Member) -> int:
    """Where a member's data begins, in bytes from the archive's start. Raises ImageError."""
    if member.crc == UNCHECKED:
        return member.offset
    header = file.read(member.offset, _LOCAL_BYTES)
    if len(header) < _LOCAL_BYTES:
        raise ImageError(member.name, "cut off: the archive ends inside it")
    signature, flags, method, name_bytes, extra_bytes = _LOCAL.unpack(header)
    if signature != _LOCAL_SIGNATURE or method != member.method or flags & REFUSED_FLAGS:
        raise ImageError(member.name, "damaged: its header and the archive's directory differ")
    _check_name(file, member, flags, name_bytes, extra_bytes)
    return member.offset + _LOCAL_BYTES + int(name_bytes) + int(extra_bytes)


def _pieces(file: RangedBytes, member: Member, start: int) -> Iterator[bytes]:
    """A member's data, unpacked, in pieces of at most ``PIECE_BYTES``."""
    unpacker = zlib_ng.decompressobj(-15) if member.method != STORED else None
    for at in range(0, member.packed_bytes, PIECE_BYTES):
        piece = file.read(start + at, min(PIECE_BYTES, member.packed_bytes - at))
        if unpacker is None:
            yield piece
            continue
        try:
            while piece and not unpacker.eof:
                unpacked = unpacker.decompress(piece, PIECE_BYTES)
                piece = unpacker.unconsumed_tail
                yield unpacked
        except INFLATE_ERROR as error:
            raise ImageError(member.name, "damaged: its compressed data is not readable") from error


def _inflate(packed: bytes, member: Member) -> bytes:
    """Unpack to exactly the size that the directory tells, never to more than one byte above it."""
    unpacker = zlib_ng.decompressobj(-15)
    try:
        data = unpacker.decompress(packed, member.size_bytes + 1)
    except INFLATE_ERROR as error:
        raise ImageError(member.name, "damaged: its compressed data is not readable") from error
    if len(data) != member.size_bytes or not unpacker.eof:
        more = "more" if len(data) > member.size_bytes else f"{len(data)}, then its data ends"
        raise ImageError(member.name, f"damaged: expected {member.size_bytes} bytes unpacked, found {more}")
    if unpacker.unused_data:
        raise ImageError(member.name, f"damaged: {len(unpacker.unused_data)} bytes follow its compressed data")
    return data


def _check_name(file: RangedBytes, member: Member, flags: int, name_bytes: int, extra_bytes: int) -> None:
    r"""The rare name that is not the header's own bytes: another code page, ``\`` or ``.`` segments."""
    header = file.read(member.offset + _LOCAL_BYTES, name_bytes + extra_bytes)
    raw, extra = header[:name_bytes], header[name_bytes:]
    try:
        name = decode_name(raw, flags, extra)
        same = clean_name("", name.replace("\\", "/")) == member.name
    except (UnicodeDecodeError, DatasetError):
        same = False
    if not same:
        raise ImageError(member.name, "damaged: its header bears another name than the archive's directory")
