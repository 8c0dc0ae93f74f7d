"""Listing an uncompressed tar: its headers only, each member's data left where it lies.

The headers are parsed by the standard library's ``tarfile``; the caller gets ``Member``s that ``read_member``
reads like stored members of a zip. ``tarfile`` takes a broken header for the end of the archive and trusts the
lengths in it, so that both are checked here.

Source: POSIX.1-2017, pax, "ustar Interchange Format" and "pax Header Block".
"""

from __future__ import annotations

import struct
import tarfile
from collections.abc import Iterator

from labelmill.archive.member import STORED, UNCHECKED, Limits, Member
from labelmill.archive.names import NameLedger, clean_name, is_ignored, refusal
from labelmill.archive.ranged import RangedBytes
from labelmill.errors import DatasetError

BLOCK_BYTES = 512
_WINDOW_BYTES = 16 << 10
_MAX_HEADER_BYTES = 1 << 20
_BATCH = 1024
# What ``tarfile`` raises over made-up headers, besides its own errors.
_PARSE_ERRORS = (tarfile.TarError, ValueError, ArithmeticError, LookupError, TypeError, struct.error, RecursionError)
_WHAT = {
    tarfile.LNKTYPE: "a link: pack it again with the files themselves",
    tarfile.SYMTYPE: "a link: pack it again with the files themselves",
    tarfile.CHRTYPE: "a device",
    tarfile.BLKTYPE: "a device",
    tarfile.FIFOTYPE: "a pipe",
    tarfile.GNUTYPE_SPARSE: "a file with holes: pack it again without --sparse",
    b"M": "the rest of a file from another volume: join the archive's parts first",
    b"V": "a volume's label",
}


class _HeaderReader:
    """What ``tarfile`` reads headers from: small reads only, out of a window of some headers."""

    def __init__(self, file: RangedBytes, archive: str) -> None:
        self._file = file
        self._archive = archive
        self._window = b""
        self._window_at = 0
        self._at = 0
        self.budget = _MAX_HEADER_BYTES
        """Bytes that may still be read before the next member must have come out."""

    def tell(self) -> int:
        return self._at

    def seek(self, at: int) -> int:
        if at < 0:
            raise ValueError("negative offset")
        self._at = at
        return at

    def read(self, length: int) -> bytes:
        if length < 0:
            raise ValueError("negative length")
        self.budget -= length
        if self.budget < 0:
            raise DatasetError(
                f"{self._archive}: damaged: the tar headers at byte {self._at} take more than {_MAX_HEADER_BYTES} bytes"
            )
        start = self._at - self._window_at
        if start < 0 or start + length > len(self._window):
            self._window = self._file.read(self._at, max(length, _WINDOW_BYTES))
            self._window_at, start = self._at, 0
        data = self._window[start : start + length]
        self._at += len(data)
        return data


def iter_tar_members(file: RangedBytes, archive: str, limits: Limits | None = None) -> Iterator[Member]:
    """Walk a tar's headers, in its own order, without folders and without traces of macOS.

    Each member is checked before it is given, but names that come twice and a missing end are told after the
    last one, so use nothing before the walk has ended.

    Args:
        file: The whole tar, not compressed.
        archive: Its name as the user knows it.
        limits: How much it may hold.

    Raises:
        DatasetError: If this is no whole tar, or anything in it is refused; one line naming archive and member.
    """
    names = NameLedger()
    fresh: list[str] = []
    for member in _walk(file, archive, limits or Limits()):
        fresh.append(member.name)
        if len(fresh) == _BATCH:
            names.add(fresh)
            fresh.clear()
        yield member
    names.add(fresh)
    names.check(archive, lambda: (member.name for member in _walk(file, archive, limits or Limits())))


def _walk(file: RangedBytes, archive: str, limits: Limits) -> Iterator[Member]:
    count = expanded = 0
    for info in _headers(file, archive):
        count += 1
        limits.check_members(archive, count)
        folder = info.type == tarfile.DIRTYPE
        name = clean_name(archive, info.name + "/" if folder and not info.name.endswith("/") else info.name)
        if folder:
            continue
        if info.issparse():
            raise refusal(archive, name, f"expected a file, found {_WHAT[tarfile.GNUTYPE_SPARSE]}")
        if info.type not in (tarfile.REGTYPE, tarfile.AREGTYPE, tarfile.CONTTYPE):
            what = _WHAT.get(info.type, f"something else (tar type {info.type!r})")
            raise refusal(archive, name, f"expected a file, found {what}")
        end = info.offset_data + info.size
        if end > file.size:
            raise refusal(archive, name, f"cut off: its data should end at byte {end}, but only {file.size} are there")
        if name[-1:] in "/" or is_ignored(name):
            continue
        problem = limits.member_problem(info.size)
        if problem:
            raise refusal(archive, name, problem)
        expanded += info.size
        limits.check_expanded(archive, expanded, file.size)
        yield Member(name, info.offset_data, info.size, info.size, STORED, UNCHECKED)


def _headers(file: RangedBytes, archive: str) -> Iterator[tarfile.TarInfo]:
    """All headers of the tar, then a check that the archive ends where they end."""
    if not file.size:
        raise DatasetError(f"{archive}: expected a tar, found an empty file")
    reader = _HeaderReader(file, archive)
    tar: tarfile.TarFile | None = None
    at = 0
    while True:
        reader.budget = _MAX_HEADER_BYTES
        try:
            if tar is None:
                tar = tarfile.TarFile(fileobj=reader, mode="r", encoding="utf-8")  # type: ignore[arg-type]
            info = tar.next()
        except DatasetError:
            raise
        except _PARSE_ERRORS as error:
            raise DatasetError(
                f"{archive}: cut off or damaged: no tar header can be read at or after byte {at}"
            ) from error
        if info is None:
            break
        # Lengths come from the archive: the walk must go forward, or it would never end.
        if info.size < 0 or info.offset_data < at or tar.offset < max(info.offset_data, at + BLOCK_BYTES):
            raise DatasetError(f"{archive}: damaged: the tar header at byte {at} has a length that can't be")
        at = tar.offset
        tar.members.clear()  # type: ignore[attr-defined]  # or every header ever read would be kept
        yield info
    _check_end(file, archive, tar.offset)


def _check_end(file: RangedBytes, archive: str, at: int) -> None:
    """See that the tar ends with its end mark, a block of zeros, and nothing but zeros after it."""
    block = file.read(at, BLOCK_BYTES)
    if len(block) < BLOCK_BYTES:
        raise DatasetError(f"{archive}: cut off: the tar's end mark is missing")
    if block.count(0) < BLOCK_BYTES:
        raise DatasetError(f"{archive}: damaged: no tar header can be read at byte {at}")
    while piece := file.read(at, 1 << 20):
        if piece.count(0) < len(piece):
            raise DatasetError(f"{archive}: something follows the tar's end mark: pack it again as one tar")
        at += len(piece)
