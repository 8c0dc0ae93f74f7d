"""A dataset in one archive: ``.zip``, ``.tar`` or ``.tar.gz``. Nothing is unpacked but a ``.tar.gz``'s gzip."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

from labelmill.archive.dataset_root import dataset_root
from labelmill.archive.member import Member
from labelmill.archive.open_archive import open_archive
from labelmill.errors import DatasetError, ImageError
from labelmill.source.dataset import FOLDERS, MAX_FILE_BYTES

PLACE = struct.Struct("<QQQHq")
SUFFIXES = (".tar.gz", ".tgz", ".tar", ".zip")


class PackedSource:
    """Reads the files of an archive by ranges, in any order."""

    def __init__(self, path: Path) -> None:
        """Read the archive's directory.

        Raises:
            DatasetError: If the archive is refused or holds no dataset.
        """
        self.name = name_of_archive(path.name)
        self._archive = open_archive(path)
        root = self._find_root(path.name)
        # a member is kept as bytes: with a million files its attributes would fill the memory
        self._members: dict[str, dict[str, bytes]] = {folder: {} for folder in FOLDERS}
        for member in self._archive.members():
            folder, _, name = member.name[len(root) :].partition("/")
            if member.name.startswith(root) and folder in self._members and name and "/" not in name:
                self._members[folder][name] = PLACE.pack(
                    member.offset, member.packed_bytes, member.size_bytes, member.method, member.crc
                )
        self._root = root

    def _find_root(self, file_name: str) -> str:
        names = [member.name for member in self._archive.members() if member.name.count("/") < 3]
        try:
            return dataset_root(names, file_name)
        except DatasetError:
            yaml = [name for name in names if name.rpartition("/")[2] == "dataset.yaml" and name.count("/") < 2]
            if len(yaml) == 1:
                return yaml[0][: -len("dataset.yaml")]  # an empty dataset is one
            raise

    def list_names(self, folder: str) -> list[str]:
        """Names of the files directly in a folder."""
        return list(self._members[folder])

    def size_bytes(self, folder: str, name: str) -> int:
        """Size of a file in bytes."""
        return self._member(folder, name).size_bytes

    def read(self, folder: str, name: str) -> bytes:
        """A whole file.

        Raises:
            ImageError: If it is damaged or too large.
        """
        member = self._member(folder, name)
        if member.size_bytes > MAX_FILE_BYTES:
            raise ImageError(
                f"{folder}/{name}", f"has {member.size_bytes:,} bytes, at most {MAX_FILE_BYTES:,} are read"
            )
        return self._archive.read(member)

    def read_head(self, folder: str, name: str, length: int) -> bytes:
        """The whole file: a packed one is not cheaper to read in part."""
        return self.read(folder, name)

    def chunks(self, folder: str, name: str) -> Iterator[bytes]:
        """A file in pieces; a packed one comes whole."""
        yield self._archive.read(self._member(folder, name))

    def _member(self, folder: str, name: str) -> Member:
        place = PLACE.unpack(self._members[folder][name])
        return Member(f"{self._root}{folder}/{name}", *place)

    def close(self) -> None:
        """Close the archive."""
        self._archive.close()


def name_of_archive(file_name: str) -> str:
    """An archive's file name without its suffix."""
    for suffix in SUFFIXES:
        if file_name.lower().endswith(suffix) and len(file_name) > len(suffix):
            return file_name[: -len(suffix)]
    return file_name
