"""One entry of a zip's directory: its odd cases, and names as they stand in headers.

Source: PKWARE APPNOTE 6.3.10: 4.3.12 (directory header), 4.4.4 (flags), 4.5.3 (zip64 sizes),
4.6.9 (Info-ZIP Unicode path), appendix D (names: UTF-8 when flagged, else code page 437). Info-ZIP's ``zip`` on Linux
and macOS' packers write UTF-8 without the flag.
"""

from __future__ import annotations

import stat
import zlib
from collections.abc import Iterator

from labelmill.archive.member import DEFLATED, STORED
from labelmill.archive.zip_end import MAX_16, MAX_32

UTF8_FLAG = 0x800
REFUSED_FLAGS = 0x2061  # encrypted, patch data, strong encryption, masked headers
_ENCRYPTED_FLAGS = 0x2041
_ZIP64_FIELD = 0x0001
_UNICODE_PATH_FIELD = 0x7075
_METHODS = {
    1: "shrink",
    6: "implode",
    9: "deflate64",
    12: "bzip2",
    14: "lzma",
    93: "zstd",
    95: "xz",
    98: "ppmd",
    99: "AES encryption",
}


def extra_fields(extra: bytes) -> Iterator[tuple[int, bytes]]:
    """Walk an extra field; a block that runs beyond the end ends the walk."""
    at = 0
    while at + 4 <= len(extra):
        kind = int.from_bytes(extra[at : at + 2], "little")
        length = int.from_bytes(extra[at + 2 : at + 4], "little")
        if at + 4 + length > len(extra):
            return
        yield kind, extra[at + 4 : at + 4 + length]
        at += 4 + length


def decode_name(raw: bytes, flags: int, extra: bytes) -> str:
    """Decode a name that is not all ASCII.

    Args:
        raw: The name as it stands in the header.
        flags: The general purpose flags; bit 11 says UTF-8. Without it a name that is valid UTF-8 is UTF-8 all the
            same, as the packers of Linux and macOS write it; text in code page 437 is hardly ever.
        extra: The header's extra field; Info-ZIP puts the true name there and a guess into ``raw``.

    Raises:
        UnicodeDecodeError: If the name is said to be UTF-8 and is not.
    """
    if flags & UTF8_FLAG:
        return raw.decode("utf-8")
    for kind, data in extra_fields(extra):
        if kind == _UNICODE_PATH_FIELD and data[:1] == b"\x01" and data[1:5] == zlib.crc32(raw).to_bytes(4, "little"):
            return data[5:].decode("utf-8")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("cp437")


def big_numbers(size_bytes: int, packed_bytes: int, offset: int, disk: int, extra: bytes) -> tuple[int, int, int, int]:
    """Replace the numbers that are said to stand in the zip64 field.

    Returns:
        ``size_bytes, packed_bytes, offset, disk``.

    Raises:
        ValueError: If a number is said to stand there and does not.
    """
    numbers = [size_bytes, packed_bytes, offset, disk]
    wanted = [i for i, limit in enumerate((MAX_32, MAX_32, MAX_32, MAX_16)) if numbers[i] == limit]
    field = next((data for kind, data in extra_fields(extra) if kind == _ZIP64_FIELD), None)
    if not wanted:
        return size_bytes, packed_bytes, offset, disk
    if field is None:
        raise ValueError("its zip64 numbers are missing")
    at = 0
    for i in wanted:
        width = 4 if i == 3 else 8
        if at + width > len(field):
            raise ValueError("its zip64 numbers are missing")
        numbers[i] = int.from_bytes(field[at : at + width], "little")
        at += width
    return numbers[0], numbers[1], numbers[2], numbers[3]


def entry_problem(
    flags: int, method: int, attributes: int, disk: int, packed_bytes: int, size_bytes: int
) -> str | None:
    """Say why a member can't be read here, or ``None``."""
    if flags & _ENCRYPTED_FLAGS or method == 99:
        return "encrypted: pack it again without a password"
    if flags & REFUSED_FLAGS:
        return "holds a patch instead of a file: pack it again"
    if disk:
        return "lies on another disk: join the archive's parts first"
    kind = stat.S_IFMT(attributes >> 16)
    if kind == stat.S_IFLNK:
        return "expected a file, found a link: pack it again with the files themselves"
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        return "expected a file, found a device, pipe or socket"
    if method not in (STORED, DEFLATED):
        name = f"{_METHODS[method]} (method {method})" if method in _METHODS else f"method {method}"
        return f"packed with {name}: pack it again with deflate or without compression"
    if method == STORED and packed_bytes != size_bytes:
        return f"damaged: stored without compression, but in {packed_bytes} bytes instead of {size_bytes}"
    return None
