"""Reading a zip's directory: every entry checked, none kept.

Why not ``zipfile``: it wants a file object instead of ranges, keeps 500 bytes or more for each member, and
leaves hostile archives to its caller. Here a member costs 24 bytes while the directory is walked.

Source: PKWARE APPNOTE 6.3.10, 4.3.12 (directory headers), 4.4 (their fields).
"""

from __future__ import annotations

import stat
import struct
from array import array
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from msgspec.structs import replace

from labelmill.archive.member import STORED, Limits, Member
from labelmill.archive.names import MAX_NAME_BYTES, NameLedger, are_plain, clean_name, is_ignored, refusal, shown
from labelmill.archive.ranged import RangedBytes
from labelmill.archive.zip_end import MAX_16, MAX_32, ZipEnd, read_end
from labelmill.archive.zip_entry import REFUSED_FLAGS, big_numbers, decode_name, entry_problem
from labelmill.errors import DatasetError

__all__ = ["Limits", "Member", "iter_members"]

CENTRAL_SIGNATURE = 0x02014B50
LOCAL_HEADER_BYTES = 30
# signature, made by, needed, flags, method, time, date, crc, packed, size, name, extra, comment, disk,
# internal and external attributes, offset: what nobody asks for is skipped.
_ENTRY = struct.Struct("<I4xHH4xIIIHHHH2xII")
_ENTRY_BYTES = 46
_LENGTHS = struct.Struct("<HHH")  # of name, extra and comment
_LENGTHS_AT = 28
_CHUNK_BYTES = 1 << 18
_FOLDER = stat.S_IFDIR >> 12


class _Batch(NamedTuple):
    """Members of one stretch of the directory, as columns too, since reading columns is what takes the time.

    Attributes:
        members: The members.
        names: Their names.
        starts: Where each one's local header begins.
        ends: Where each one's data ends at the earliest.
        expanded_bytes: All of them, unpacked.
    """

    members: list[Member]
    names: list[str]
    starts: list[int]
    ends: list[int]
    expanded_bytes: int


def iter_members(file: RangedBytes, archive: str, limits: Limits | None = None) -> Iterator[Member]:
    """Walk a zip's directory, in its own order, without folders and without traces of macOS.

    A member is checked before it is given; what needs all members (names that come twice, members that share
    bytes, the count) is checked after the last one, so use nothing before the walk has ended.

    Args:
        file: The whole zip.
        archive: Its name as the user knows it.
        limits: How much it may hold.

    Raises:
        DatasetError: If this is no whole zip, or anything in it is refused; one line naming archive and member.
    """
    limits = limits or Limits()
    end = read_end(file, archive)
    limits.check_members(archive, end.entries)
    names, starts, ends, expanded = NameLedger(), array("q"), array("q"), 0
    for batch in _walk(file, archive, end, limits):
        names.add(batch.names)
        starts.extend(batch.starts)
        ends.extend(batch.ends)
        expanded += batch.expanded_bytes
        limits.check_expanded(archive, expanded, file.size)
        yield from batch.members
    # Only here are the names walked once more, and only if there is something to tell about them.
    names.check(archive, lambda: (name for batch in _walk(file, archive, end, limits) for name in batch.names))
    overlap = _find_overlap(starts, ends)
    if overlap:
        again = (name for batch in _walk(file, archive, end, limits) for name in batch.names)
        first, second = sorted(overlap)
        one = next(islice(again, first, None))
        other = next(islice(again, second - first - 1, None))
        raise DatasetError(f"{archive}: {shown(one)} and {shown(other)} share the same bytes: refused as a bomb")


def _walk(file: RangedBytes, archive: str, end: ZipEnd, limits: Limits) -> Iterator[_Batch]:
    """Read the directory in stretches of about 256 KiB and check each entry by itself."""
    at, stop, count, rest = end.start, end.start + end.size_bytes, 0, b""
    offsets, backslashes = _Offsets(end), False
    while at < stop:
        piece = file.read(at, min(_CHUNK_BYTES, stop - at))
        if not piece:
            raise DatasetError(f"{archive}: cut off: its directory ends early")
        if at == end.start and b"\\" in piece:  # a folder's first file comes early
            backslashes = _are_separators(file, end)
        at += len(piece)
        batch, entries, used = _parse(rest + piece, archive, end, limits, offsets, backslashes)
        count += entries
        limits.check_members(archive, count)
        if count > end.entries and not end.wrapped:
            break
        rest = (rest + piece)[used:]
        yield batch
    if count != end.entries and not (end.wrapped and count & MAX_16 == end.entries):
        found = "more" if count > end.entries else count
        raise DatasetError(
            f"{archive}: damaged: its end record says {end.entries} members, its directory lists {found}"
        )
    if rest:
        raise DatasetError(f"{archive}: damaged: its directory ends in the middle of an entry")


class _Offsets:
    """Where members begin in the file: past what stands before the zip, and beyond 4 GiB where that is not said.

    Packers that write no zip64 record list members in the order in which they lie, so that an offset below the one
    before has passed another 4 GiB. Readers find no member there if that is wrong, and say so.
    """

    __slots__ = ("_add", "_last", "_wrapped", "differ")

    def __init__(self, end: ZipEnd) -> None:
        self._add = end.shift
        self._last = 0
        self._wrapped = end.wrapped and end.start > MAX_32
        self.differ = self._wrapped or end.shift > 0

    def of(self, offset: int) -> int:
        """The place of the next member, from its entry's offset."""
        if self._wrapped:
            if offset < self._last:
                self._add += MAX_32 + 1
            self._last = offset
        return offset + self._add


def _are_separators(file: RangedBytes, end: ZipEnd) -> bool:
    r"""Whether ``\`` stands between folders: some name has one, and none has ``/`` (PowerShell 5)."""
    found, rest = False, b""
    for at in range(end.start, end.start + end.size_bytes, _CHUNK_BYTES):
        rest += file.read(at, min(_CHUNK_BYTES, end.start + end.size_bytes - at))
        position = 0
        while position + _ENTRY_BYTES <= len(rest):
            name_bytes, extra_bytes, comment_bytes = _LENGTHS.unpack_from(rest, position + _LENGTHS_AT)
            after = position + _ENTRY_BYTES + name_bytes + extra_bytes + comment_bytes
            if after > len(rest):
                break
            name = rest[position + _ENTRY_BYTES :][:name_bytes]
            if b"/" in name:
                return False
            found = found or b"\\" in name
            position = after
        rest = rest[position:]
    return found


def _parse(
    buffer: bytes, archive: str, end_record: ZipEnd, limits: Limits, offsets: _Offsets, backslashes: bool
) -> tuple[_Batch, int, int]:
    """Parse the whole entries in ``buffer``: the batch, how many entries, how many bytes."""
    names: list[str] = []
    members: list[Member] = []
    starts: list[int] = []
    ends: list[int] = []
    expanded = 0
    at = entries = 0
    last, length, unpack = len(buffer) - _ENTRY_BYTES, len(buffer), _ENTRY.unpack_from
    max_member = min(limits.max_member_bytes, MAX_32 - 1)
    data_end, place = end_record.start, offsets.of if offsets.differ else None
    while at <= last:
        (signature, flags, method, crc, packed, size, name_n, extra_n, comment_n, disk, attributes, offset) = unpack(
            buffer, at
        )
        name_at = at + _ENTRY_BYTES
        extra_at = name_at + name_n
        after = extra_at + extra_n + comment_n
        if signature != CENTRAL_SIGNATURE:
            raise DatasetError(f"{archive}: damaged: its directory holds something else than entries")
        if after > length:
            break
        raw = buffer[name_at:extra_at]
        name = (
            str(raw, "ascii") if raw.isascii() else _decode(archive, raw, flags, buffer[extra_at : extra_at + extra_n])
        )
        if backslashes:
            name = name.replace("\\", "/")
        kind = attributes >> 28
        # One look for the usual entry; everything else is told apart below.
        if (
            kind not in (0, 8)
            or flags & REFUSED_FLAGS
            or disk
            or (packed != size if method == STORED else method != 8)
            or size > max_member
            or packed >= MAX_32
            or offset >= MAX_32
            or not 0 < name_n <= MAX_NAME_BYTES
        ):
            clean_name(archive, name)
            extra = buffer[extra_at : extra_at + extra_n]
            size, packed, offset, disk = _big(archive, name, size, packed, offset, disk, extra)
            problem = entry_problem(flags, method, attributes, disk, packed, size) or limits.member_problem(size)
            if problem:
                raise refusal(archive, name, problem)
            if kind == _FOLDER and not name.endswith("/"):
                name += "/"
        if place is not None:
            offset = place(offset)
        end = offset + LOCAL_HEADER_BYTES + name_n + packed
        if end > data_end:
            raise refusal(archive, name, f"cut off: its data should end at byte {end}, but only {data_end} are there")
        names.append(name)
        members.append(Member(name, offset, packed, size, method, crc))
        starts.append(offset)
        ends.append(end)
        expanded += size
        at = after
        entries += 1
    batch = _Batch(members, names, starts, ends, expanded)
    return batch if are_plain(names) else _sift(archive, batch), entries, at


def _sift(archive: str, batch: _Batch) -> _Batch:
    """Clean the names; take folders and traces of macOS out."""
    sifted = _Batch([], [], [], [], 0)
    expanded = 0
    for member, raw_name, end in zip(batch.members, batch.names, batch.ends, strict=True):
        name = clean_name(archive, raw_name)
        if name[-1:] in "/" or is_ignored(name):
            continue
        sifted.members.append(member if name == raw_name else replace(member, name=name))
        sifted.names.append(name)
        sifted.starts.append(member.offset)
        sifted.ends.append(end)
        expanded += member.size_bytes
    return sifted._replace(expanded_bytes=expanded)


def _decode(archive: str, raw: bytes, flags: int, extra: bytes) -> str:
    try:
        name = decode_name(raw, flags, extra)
    except UnicodeDecodeError as error:
        raise refusal(archive, raw.decode("utf-8", "backslashreplace"), "the name is not UTF-8") from error
    if len(name) * 3 > MAX_NAME_BYTES:
        clean_name(archive, name)  # its UTF-8 may be longer than what stands in the header
    return name


def _big(
    archive: str, name: str, size: int, packed: int, offset: int, disk: int, extra: bytes
) -> tuple[int, int, int, int]:
    try:
        return big_numbers(size, packed, offset, disk, extra)
    except ValueError as error:
        raise refusal(archive, name, f"damaged: {error}") from error


def _find_overlap(starts: array[int], ends: array[int]) -> tuple[int, int] | None:
    """Two members of which one begins before the other's data can end, or ``None``.

    A member's data ends later if its local header bears extra fields, which only that header tells. The least
    end is enough against bombs: with these apart, the packed bytes add up to no more than the file.
    """
    import numpy as np  # whoever only reads members does without it

    first, last = np.frombuffer(starts, dtype=np.int64), np.frombuffer(ends, dtype=np.int64)
    if bool((first[1:] >= last[:-1]).all()):
        return None
    order = np.argsort(first, kind="stable")
    (clashes,) = (first[order][1:] < last[order][:-1]).nonzero()
    return (int(order[clashes[0]]), int(order[clashes[0] + 1])) if clashes.size else None
