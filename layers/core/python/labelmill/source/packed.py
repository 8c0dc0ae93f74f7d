"""A dataset in one archive: ``.zip``, ``.tar`` or ``.tar.gz``. Nothing is unpacked but a ``.tar.gz``'s gzip."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from typing import Protocol

from labelmill.archive.dataset_root import dataset_root
from labelmill.archive.member import Member
from labelmill.archive.open_archive import Archive
from labelmill.errors import DatasetError
from labelmill.source.dataset import FOLDERS, check_size

PLACE = struct.Struct("<QQQHq")
LARGE_BYTES = 32 << 20
SUFFIXES = (".tar.gz", ".tgz", ".tar", ".zip")

Places = dict[str, dict[str, bytes]]
"""Folder -> file -> where it lies in the archive (``PLACE``).

Bytes, since with a million files a member's attributes would fill the memory.
"""


class MemberReader(Protocol):
    """Reads members of one archive."""

    def read(self, member: Member) -> bytes:
        """A whole file. Raises ImageError."""

    def read_range(self, member: Member, offset: int, length: int) -> bytes:
        """Part of a file. Raises ImageError."""

    def chunks(self, member: Member) -> Iterator[bytes]:
        """A file in pieces. Raises ImageError."""

    def close(self) -> None:
        """Let go of the archive."""


class PackedSource:
    """Reads the files of an archive by ranges, in any order."""

    def __init__(self, name: str, reader: MemberReader, root: str, places: Places) -> None:
        """Take what is known of an archive.

        Args:
            name: The dataset's name.
            reader: The archive.
            root: What its members' names begin with before the dataset's folders.
            places: Its files.
        """
        self.name = name
        self.root = root
        self.places = places
        self._reader = reader

    @classmethod
    def of(cls, archive: Archive) -> PackedSource:
        """Read an archive's directory.

        Raises:
            DatasetError: If the archive is refused or holds no dataset.
        """
        root = find_root((member.name for member in archive.members()), archive.name)
        places: Places = {folder: {} for folder in FOLDERS}
        for member in archive.members():
            folder, _, name = member.name[len(root) :].partition("/")
            if member.name.startswith(root) and folder in places and name and "/" not in name:
                places[folder][name] = PLACE.pack(
                    member.offset, member.packed_bytes, member.size_bytes, member.method, member.crc
                )
        return cls(name_of_archive(archive.name), archive, root, places)

    def list_names(self, folder: str) -> list[str]:
        """Names of the files directly in a folder."""
        return list(self.places[folder])

    def size_bytes(self, folder: str, name: str) -> int:
        """Size of a file in bytes."""
        return self._member(folder, name).size_bytes

    def read(self, folder: str, name: str) -> bytes:
        """A whole file.

        Raises:
            ImageError: If it is damaged or too large.
        """
        member = self._member(folder, name)
        check_size(folder, name, member.size_bytes)
        return self._reader.read(member)

    def read_range(self, folder: str, name: str, offset: int, length: int) -> bytes:
        """Part of a file, or of a small one all from ``offset`` on: a packed one is not cheaper to read in part."""
        member = self._member(folder, name)
        if member.size_bytes > LARGE_BYTES:
            return self._reader.read_range(member, offset, length)
        return self._reader.read(member)[offset:]

    def chunks(self, folder: str, name: str) -> Iterator[bytes]:
        """A file in pieces; a packed one that is not large comes whole, and checked."""
        member = self._member(folder, name)
        if member.size_bytes > LARGE_BYTES:
            yield from self._reader.chunks(member)
        else:
            yield self._reader.read(member)

    def _member(self, folder: str, name: str) -> Member:
        return member_at(self.root, folder, name, self.places[folder][name])

    def close(self) -> None:
        """Close the archive."""
        self._reader.close()


def member_at(root: str, folder: str, name: str, place: bytes) -> Member:
    """The member of an archive that a dataset's file is."""
    return Member(f"{root}{folder}/{name}", *PLACE.unpack(place))


def find_root(names: Iterable[str], archive: str) -> str:
    """What the names of a dataset's files begin with in an archive.

    Args:
        names: The members' names.
        archive: The archive's name, for the message.

    Raises:
        DatasetError: If there is no dataset, or several.
    """
    yaml: list[str] = []

    def noting() -> Iterator[str]:
        for name in names:
            if name.endswith("dataset.yaml") and name.rpartition("/")[2] == "dataset.yaml":
                yaml.append(name)
            yield name

    try:
        return dataset_root(noting(), archive)
    except DatasetError:
        if len(yaml) == 1:
            return yaml[0][: -len("dataset.yaml")]  # an empty dataset is one
        raise


def name_of_archive(file_name: str) -> str:
    """An archive's file name without its suffix."""
    for suffix in SUFFIXES:
        if file_name.lower().endswith(suffix) and len(file_name) > len(suffix):
            return file_name[: -len(suffix)]
    return file_name
