"""Opening a packed dataset, whatever it is packed with."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from labelmill.archive.dataset_root import dataset_root
from labelmill.archive.gzip_unpack import GZIP_SIGNATURE, iter_gunzip, unpack_gzip
from labelmill.archive.member import Limits, Member
from labelmill.archive.ranged import LocalFile, RangedBytes
from labelmill.archive.tar_index import BLOCK_BYTES, iter_tar_members
from labelmill.archive.zip_directory import iter_members
from labelmill.archive.zip_end import read_end
from labelmill.archive.zip_member import iter_member, read_member, read_member_range
from labelmill.errors import DatasetError

__all__ = ["TAR_GZ", "Archive", "check_kind", "dataset_root", "kind_of", "open_archive", "open_ranged"]

ZIP, TAR, TAR_GZ = ".zip", ".tar", ".tar.gz"
_EXPECTED = "expected a .zip, .tar or .tar.gz"
_KINDS_BY_SUFFIX = {
    ".zip": ZIP,
    ".tar": TAR,
    ".tar.gz": TAR_GZ,
    ".tgz": TAR_GZ,
    ".gz": TAR_GZ,
    **dict.fromkeys((".rar", ".7z", ".bz2", ".tbz2", ".xz", ".txz", ".zst", ".lz4"), "another kind"),
}
_OTHERS = (
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"BZh", "bzip2 data"),
    (b"\xfd7zXZ\0", "xz data"),
    (b"\x28\xb5\x2f\xfd", "zstd data"),
    (b"\x04\x22\x4d\x18", "lz4 data"),
    (b"\x89PNG\r\n", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"%PDF", "a PDF"),
    (b"MZ", "a Windows program"),
    (b"\x7fELF", "a Linux program"),
    (b"PK\x07\x08", "the first of several disks of a zip"),
    (b"PK", "a zip whose beginning is damaged"),
)


class Archive:
    """An open archive: its members can be listed and read in any order.

    After ``os.fork`` children read with what they inherited. Pickled (for spawned workers) it is opened again by
    its path; a ``.tar.gz`` is unpacked again then, once in each process: fork there, or hand out the ``.tar``.

    Attributes:
        name: The file's name, as messages show it.
        kind: ``".zip"``, ``".tar"`` or ``".tar.gz"``.
        file: The bytes that members lie in; of a ``.tar.gz`` the unpacked tar.
        limits: How much it may hold.
    """

    __slots__ = ("_path", "_temp_dir", "file", "kind", "limits", "name")

    def __init__(
        self,
        name: str,
        kind: str,
        file: RangedBytes,
        limits: Limits,
        path: Path | None = None,
        temp_dir: Path | None = None,
    ) -> None:
        self.name = name
        self.kind = kind
        self.file = file
        self.limits = limits
        self._path = path
        self._temp_dir = temp_dir

    def members(self) -> Iterator[Member]:
        """Walk the files in the archive; each call walks it anew and keeps nothing.

        Use no member before the walk has ended: what needs all of them is checked last.

        Raises:
            DatasetError: If anything in the archive is refused.
        """
        if self.kind == ZIP:
            return iter_members(self.file, self.name, self.limits)
        return iter_tar_members(self.file, self.name, self.limits)

    def read(self, member: Member) -> bytes:
        """Read one file.

        Raises:
            ImageError: If its data is damaged.
        """
        return read_member(self.file, member)

    def read_range(self, member: Member, offset: int, length: int) -> bytes:
        """Part of one file. Raises ImageError."""
        return read_member_range(self.file, member, offset, length)

    def chunks(self, member: Member) -> Iterator[bytes]:
        """One file in pieces. Raises ImageError."""
        return iter_member(self.file, member)

    def close(self) -> None:
        """Give the file back; of a ``.tar.gz`` the unpacked bytes are freed."""
        self.file.close()

    def __enter__(self) -> Archive:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __reduce__(self) -> tuple[object, tuple[Path, Limits, Path | None]]:
        if self._path is None:
            raise TypeError("an archive that was opened without a path can't be sent to another process")
        return _reopen, (self._path, self.limits, self._temp_dir)


def open_archive(
    path: str | os.PathLike[str], *, limits: Limits | None = None, temp_dir: str | os.PathLike[str] | None = None
) -> Archive:
    """Open a packed dataset; its content decides what it is, and its name must not say otherwise.

    Args:
        path: A ``.zip``, ``.tar`` or ``.tar.gz``.
        limits: How much it may hold.
        temp_dir: Where a ``.tar.gz`` is unpacked; the system's folder for such files by default.

    Raises:
        DatasetError: If it is nothing of these, named otherwise, cut off, or (``.tar.gz``) unpacks to too much.
        OutputError: If there is no room to unpack a ``.tar.gz``.
    """
    path = Path(path)
    limits = limits or Limits()
    file = LocalFile(path)
    try:
        kind = check_kind(file, path.name)
        if kind == TAR_GZ:
            packed = file
            try:
                file = unpack_gzip(packed, path.name, limits, temp_dir)
            finally:
                packed.close()
        else:
            _check_count(file, path.name, kind, limits)
    except BaseException:
        file.close()
        raise
    return Archive(path.name, kind, file, limits, path, Path(temp_dir) if temp_dir is not None else None)


def open_ranged(file: RangedBytes, name: str, *, limits: Limits | None = None) -> Archive:
    """Open a ``.zip`` or ``.tar`` that lies anywhere.

    Args:
        file: The whole archive.
        name: Its file name.
        limits: How much it may hold.

    Raises:
        DatasetError: As ``open_archive``; and of a ``.tar.gz``, which has to be unpacked first.
    """
    limits = limits or Limits()
    kind = check_kind(file, name)
    if kind == TAR_GZ:
        raise DatasetError(f"{name}: expected a .zip or .tar, found a .tar.gz, which can't be read at random")
    _check_count(file, name, kind, limits)
    return Archive(name, kind, file, limits)


def _check_count(file: RangedBytes, name: str, kind: str, limits: Limits) -> None:
    if kind == ZIP:
        limits.check_members(name, read_end(file, name).entries)


def kind_of(head: bytes) -> str | None:
    """Tell from a file's first 512 bytes whether it is ``".zip"``, ``".tar"`` or ``".tar.gz"`` (any gzip)."""
    if head[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        return ZIP
    if head[:2] == GZIP_SIGNATURE:
        return TAR_GZ
    if len(head) < BLOCK_BYTES:
        return None
    if head[257:262] == b"ustar" or head.count(0) == BLOCK_BYTES:  # a tar without members is zeros
        return TAR
    # Before ustar, the sum of the header's bytes was all there was to know a tar by.
    digits = head[148:156].strip(b" \0")
    is_octal = bool(digits) and not digits.strip(b"01234567")
    return TAR if is_octal and int(digits, 8) == sum(head) - sum(head[148:156]) + 8 * 32 else None


def check_kind(file: RangedBytes, name: str) -> str:
    """Tell what an archive is: ``".zip"``, ``".tar"`` or ``".tar.gz"``.

    Raises:
        DatasetError: If it is nothing of these, or its name says otherwise.
    """
    head = file.read(0, BLOCK_BYTES)
    kind = kind_of(head)
    if kind is None and name.lower().endswith(ZIP) and _has_zip_end(file, name):
        return ZIP  # behind a program that unpacks it, say
    if kind is None:
        raise DatasetError(f"{name}: {_EXPECTED}, found {_describe(head)}")
    suffix = next((s for s in sorted(_KINDS_BY_SUFFIX, key=len, reverse=True) if name.lower().endswith(s)), None)
    if suffix and _KINDS_BY_SUFFIX[suffix] != kind:
        found = "gzip data" if kind == TAR_GZ else f"a {kind}"
        raise DatasetError(f"{name}: {_EXPECTED} named so, found {found} named {suffix}: rename it")
    if kind == TAR_GZ:
        start = b"".join(_first(iter_gunzip(file, name)))
        if kind_of(start) != TAR:
            raise DatasetError(f"{name}: expected a tar inside the gzip, found {_describe(start)}")
    return kind


def _has_zip_end(file: RangedBytes, name: str) -> bool:
    try:
        return read_end(file, name).entries > 0
    except DatasetError:
        return False


def _first(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """As many pieces as hold one tar header."""
    length = 0
    for piece in pieces:
        yield piece
        length += len(piece)
        if length >= BLOCK_BYTES:
            return


def _describe(head: bytes) -> str:
    if not head:
        return "an empty file"
    for start, what in _OTHERS:
        if head.startswith(start):
            return what
    if head.lstrip()[:1] in (b"{", b"["):
        return "JSON text"
    return f"something else (it begins with the bytes {head[:4].hex(' ')})"


def _reopen(path: Path, limits: Limits, temp_dir: Path | None) -> Archive:
    return open_archive(path, limits=limits, temp_dir=temp_dir)
