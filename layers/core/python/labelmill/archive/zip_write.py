"""Writing a zip in parts: runs of finished members that are joined without touching their data.

Members are stored, not deflated: deflate's output differs between builds of zlib, and the same labels must be
the same bytes on every machine. For that reason the times are fixed too. A member's bytes depend on its name
and data alone, so that a zip comes out the same however its members were cut into parts.

A part is two files: its members, and one short record for each of them, from which ``zip_join`` makes the
directory.

Source: PKWARE APPNOTE 6.3.10, 4.3.7 (local header), 4.4 (fields), 4.5.3 (zip64 sizes).
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from typing import BinaryIO, NamedTuple

from zlib_ng import zlib_ng

from labelmill.archive.names import shown
from labelmill.archive.zip_end import MAX_16, MAX_32
from labelmill.archive.zip_entry import UTF8_FLAG
from labelmill.errors import OutputError

LOCAL_SIGNATURE = b"PK\x03\x04"
DOS_TIME_AND_DATE = 0x00210000
"""1980-01-01 00:00, the earliest that a zip can tell (APPNOTE 4.4.6)."""
VERSION = 20
VERSION_ZIP64 = 45
# signature, version needed, flags, method, time and date, crc, packed, size, name, extra
LOCAL = struct.Struct("<4sHHHIIIIHH")
LOCAL_ZIP64_EXTRA = struct.Struct("<HHQQ")
ENTRY = struct.Struct("<QIH")
"""One record of a part's second file: size, crc, length of the name; then the name."""


def local_header(name: bytes, size: int, crc: int) -> bytes:
    """What goes before a member's data: header, name and, of a member of 4 GiB or more, its zip64 sizes."""
    flags = 0 if name.isascii() else UTF8_FLAG
    if size < MAX_32:
        return LOCAL.pack(LOCAL_SIGNATURE, VERSION, flags, 0, DOS_TIME_AND_DATE, crc, size, size, len(name), 0) + name
    sizes = LOCAL_ZIP64_EXTRA.pack(1, 16, size, size)
    head = LOCAL.pack(
        LOCAL_SIGNATURE, VERSION_ZIP64, flags, 0, DOS_TIME_AND_DATE, crc, MAX_32, MAX_32, len(name), len(sizes)
    )
    return head + name + sizes


def entry_record(name: bytes, size: int, crc: int) -> bytes:
    """What a part's second file says of a member."""
    return ENTRY.pack(size, crc, len(name)) + name


_BUFFER_BYTES = 1 << 20
_SMALL_STREAM_BYTES = 1 << 20
_CRC_AT = 14


class PartSize(NamedTuple):
    """What a part holds.

    Attributes:
        members: How many files.
        size_bytes: Length of their run.
    """

    members: int
    size_bytes: int


class PartWriter:
    """Writes one run of finished members and, beside it, what the directory needs to know of them.

    ``finish`` (or leaving the ``with`` block without an error) writes what is still buffered. The files stay
    open: they are the caller's.
    """

    __slots__ = ("_buffer", "_buffered", "_entries", "_entry_file", "_failed", "_file", "_members", "_size")

    def __init__(self, file: BinaryIO, entries: BinaryIO) -> None:
        """Write members to ``file`` and their records to ``entries``, both from where they stand."""
        self._file = file
        self._entry_file = entries
        self._buffer: list[bytes] = []
        self._entries: list[bytes] = []
        self._buffered = 0
        self._members = 0
        self._size = 0
        self._failed = False

    def add(self, name: str, data: bytes) -> None:
        """Append a file.

        Args:
            name: Path inside the archive, ``/`` between folders; unique among all parts, which is not checked.
            data: Its content.

        Raises:
            ValueError: If the name is empty or longer than 65,535 bytes.
            OutputError: If the disk refuses, or a member before it failed.
        """
        size = len(data)
        if size >= MAX_32:
            self.add_stream(name, size, (data,), zlib_ng.crc32(data))
            return
        raw = name.encode()
        name_bytes = len(raw)
        if not 0 < name_bytes <= MAX_16:
            raise ValueError(f"a member's name must have 1 to 65535 bytes, not {name_bytes}")
        crc = zlib_ng.crc32(data)
        flags = 0 if len(name) == name_bytes else UTF8_FLAG
        header = LOCAL.pack(LOCAL_SIGNATURE, VERSION, flags, 0, DOS_TIME_AND_DATE, crc, size, size, name_bytes, 0)
        self._buffer += (header, raw, data)
        self._entries += (ENTRY.pack(size, crc, name_bytes), raw)
        self._members += 1
        self._buffered += 30 + name_bytes + size
        if self._buffered > _BUFFER_BYTES:
            self._flush()

    def add_stream(self, name: str, size: int, chunks: Iterable[bytes], crc: int | None = None) -> None:
        """Append a file that need not fit into memory.

        Args:
            name: As in ``add``.
            size: Its length in bytes, known beforehand.
            chunks: Its content, in order.
            crc: Its CRC-32 if known; without it, the header is corrected afterwards, and the file must be
                one that can seek (unless the member is small).

        Raises:
            ValueError: If the name does not fit, or ``crc`` is missing where the file can't seek.
            OutputError: If ``chunks`` give another length or checksum than announced (the part is lost
                then), or the disk refuses.
        """
        raw = name.encode()
        if not 0 < len(raw) <= MAX_16:
            raise ValueError(f"a member's name must have 1 to 65535 bytes, not {len(raw)}")
        if size <= _SMALL_STREAM_BYTES:
            data = b"".join(self._checked(name, size, chunks))
            if crc is not None and crc != zlib_ng.crc32(data):
                raise self._fail(name, "its checksum is another than announced: it changed while it was copied")
            self.add(name, data)
            return
        if crc is None and not self._file.seekable():
            raise ValueError("without a checksum, a member needs a file that can seek")
        self._flush()
        header = local_header(raw, size, crc or 0)
        found = 0
        try:
            start = self._file.tell() if crc is None else 0
            self._file.write(header)
            for chunk in self._checked(name, size, chunks):
                found = zlib_ng.crc32(chunk, found)
                self._file.write(chunk)
            if crc is None:
                end = self._file.tell()
                self._file.seek(start + _CRC_AT)
                self._file.write(found.to_bytes(4, "little"))
                self._file.seek(end)
        except OSError as error:
            raise self._fail(name, f"can't be written: {error.strerror or error}") from error
        if crc is not None and crc != found:
            raise self._fail(name, "its checksum is another than announced: it changed while it was copied")
        self._entries.append(entry_record(raw, size, found))
        self._members += 1
        self._size += len(header) + size

    def finish(self) -> PartSize:
        """Write what is still buffered; more may be added afterwards.

        Returns:
            What the part holds by now.

        Raises:
            OutputError: If the disk refuses, or a member failed.
        """
        self._flush()
        try:
            self._file.flush()
            self._entry_file.flush()
        except OSError as error:
            raise self._fail("the archive", f"can't be written: {error.strerror or error}") from error
        return PartSize(self._members, self._size)

    def __enter__(self) -> PartWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self.finish()

    def _flush(self) -> None:
        if self._failed:
            raise OutputError("the archive: a member before failed, so that nothing can follow it")
        try:
            self._file.write(b"".join(self._buffer))
            self._entry_file.write(b"".join(self._entries))
        except OSError as error:
            raise self._fail("the archive", f"can't be written: {error.strerror or error}") from error
        self._size += self._buffered
        self._buffered = 0
        self._buffer.clear()
        self._entries.clear()

    def _checked(self, name: str, size: int, chunks: Iterable[bytes]) -> Iterable[bytes]:
        """Pass ``chunks`` on as long as they keep to the announced size."""
        found = 0
        for chunk in chunks:
            found += len(chunk)
            if found > size:
                raise self._fail(name, f"expected {size} bytes, found more: it changed while it was copied")
            yield chunk
        if found != size:
            raise self._fail(name, f"expected {size} bytes, found {found}: it changed while it was copied")

    def _fail(self, name: str, reason: str) -> OutputError:
        self._failed = True
        return OutputError(f"{shown(name)}: {reason}")
