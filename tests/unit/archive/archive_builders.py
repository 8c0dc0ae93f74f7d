"""Zips and tars made by hand, so that any field can be wrong."""

from __future__ import annotations

import io
import struct
import tarfile
import zlib
from dataclasses import dataclass, field

from labelmill.archive.ranged import RangedBytes


class Bytes:
    """``RangedBytes`` in memory; counts its reads."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.size = len(data)
        self.reads: list[tuple[int, int]] = []

    def read(self, offset: int, length: int) -> bytes:
        assert offset >= 0 and length >= 0
        self.reads.append((offset, length))
        return self.data[offset : offset + length]


class Sparse:
    """``RangedBytes`` of any size: zeros but for some pieces."""

    def __init__(self, size: int, pieces: dict[int, bytes]) -> None:
        self.size = size
        self.pieces = pieces

    def read(self, offset: int, length: int) -> bytes:
        out = bytearray(max(0, min(length, self.size - offset)))
        for at, data in self.pieces.items():
            start, stop = max(at, offset), min(at + len(data), offset + len(out))
            if start < stop:
                out[start - offset : stop - offset] = data[start - at : stop - at]
        return bytes(out)


def check_protocol(file: RangedBytes) -> RangedBytes:
    return file


@dataclass
class Entry:
    """One member; what is ``None`` is made right."""

    name: bytes = b"a.json"
    data: bytes = b"{}"
    method: int = 0
    flags: int = 0
    crc: int | None = None
    packed: int | None = None
    size: int | None = None
    offset: int | None = None
    mode: int = 0o100644
    extra: bytes = b""
    comment: bytes = b""
    disk: int = 0
    local_name: bytes | None = None
    local_extra: bytes = b""
    local_method: int | None = None
    raw: bytes | None = None


@dataclass
class Zip:
    """A whole zip; ``None`` is made right."""

    entries: list[Entry] = field(default_factory=lambda: [Entry()])
    count: int | None = None
    disk: int = 0
    directory_size: int | None = None
    directory_start: int | None = None
    comment: bytes = b""
    before_directory: bytes = b""
    after_directory: bytes = b""

    def build(self) -> bytes:
        out, directory = bytearray(), bytearray()
        for e in self.entries:
            packed = e.raw if e.raw is not None else deflate(e.data) if e.method == 8 else e.data
            crc = zlib.crc32(e.data) if e.crc is None else e.crc
            packed_n = len(packed) if e.packed is None else e.packed
            size = len(e.data) if e.size is None else e.size
            offset = len(out) if e.offset is None else e.offset
            local_name = e.name if e.local_name is None else e.local_name
            method = e.method if e.local_method is None else e.local_method
            head = (20, e.flags)
            out += struct.pack(
                "<4sHHHIIIIHH",
                b"PK\3\4", *head, method, 0x210000, crc,
                min(packed_n, 0xFFFFFFFF), min(size, 0xFFFFFFFF), len(local_name), len(e.local_extra),
            )  # fmt: skip
            out += local_name + e.local_extra + packed
            directory += struct.pack(
                "<4sHHHHIIIIHHHHHII",
                b"PK\1\2", 0x314, *head, e.method, 0x210000, crc, packed_n, size,
                len(e.name), len(e.extra), len(e.comment), e.disk, 0, e.mode << 16, offset,
            )  # fmt: skip
            directory += e.name + e.extra + e.comment
        out += self.before_directory
        start = len(out) if self.directory_start is None else self.directory_start
        size = len(directory) if self.directory_size is None else self.directory_size
        count = len(self.entries) if self.count is None else self.count
        out += directory + self.after_directory
        out += struct.pack("<4sHHHHIIH", b"PK\5\6", self.disk, 0, count, count, size, start, len(self.comment))
        return bytes(out + self.comment)


def deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush()


def tar_of(
    *members: tuple[str, bytes], kind: bytes = tarfile.REGTYPE, format: int = tarfile.USTAR_FORMAT, link: str = ""
) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=format) as tar:
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.size, info.type, info.linkname = len(data), kind, link
            tar.addfile(info, io.BytesIO(data))
    return out.getvalue()


def fix_tar_checksum(block: bytearray) -> None:
    """Make the first header's checksum right after a change."""
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block[:512])
