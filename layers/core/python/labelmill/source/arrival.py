"""One look at a packed dataset before anything is made of it: what no format can be made of is refused at once.

The archive's directory is read and no file. One that takes minutes to look through is let in: whoever converts it says
what is wrong.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from typing import IO, Final

from labelmill.archive.gzip_unpack import iter_gunzip
from labelmill.archive.member import Limits
from labelmill.archive.open_archive import TAR, TAR_GZ, ZIP, Archive, check_kind, open_ranged
from labelmill.archive.ranged import RangedBytes
from labelmill.archive.zip_end import read_end
from labelmill.source.dataset import ANNOTATIONS
from labelmill.source.packed import find_root
from labelmill.source.plan import is_annotation_file, none_recognised

MOST_MEMBERS: Final = 2_000_000
"""Of a zip: some seconds."""
MOST_TAR_BYTES: Final = 256 << 20
"""A tar has no directory: its headers lie all over it."""
MOST_FOLDERS: Final = 1000
EXAMPLES: Final = 3


def look_at(file: RangedBytes, name: str) -> None:
    """Look at a packed dataset.

    Args:
        file: The archive.
        name: Its file name, as messages show it.

    Raises:
        DatasetError: If it is no archive, damaged, holds no dataset or several, or no annotation file.
    """
    kind = check_kind(file, name)
    if kind == TAR_GZ:
        with tempfile.TemporaryFile() as tar:
            if _unpack(file, name, tar):
                _check(Archive(name, TAR, _Unpacked(tar), Limits()))
        return
    if (kind == ZIP and read_end(file, name).entries > MOST_MEMBERS) or (kind == TAR and file.size > MOST_TAR_BYTES):
        return
    _check(open_ranged(file, name))


def _check(archive: Archive) -> None:
    recognised: set[str] = set()
    others: dict[str, list[str]] = {}
    counts: dict[str, int] = {}

    def names() -> Iterator[str]:
        for member in archive.members():
            folder, _, file = member.name.rpartition("/")
            if folder == ANNOTATIONS or folder.endswith(f"/{ANNOTATIONS}"):
                if is_annotation_file(file):
                    recognised.add(folder)
                elif folder in others or len(others) < MOST_FOLDERS:
                    counts[folder] = counts.get(folder, 0) + 1
                    if len(found := others.setdefault(folder, [])) < EXAMPLES:
                        found.append(file)
            yield member.name

    root = find_root(names(), archive.name)
    folder = f"{root}{ANNOTATIONS}"
    if folder not in recognised:
        raise none_recognised(f"{archive.name}/{folder}", sorted(others.get(folder, [])), counts.get(folder, 0))


class _Unpacked:
    """A temporary file as ``RangedBytes``."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.size = file.tell()

    def read(self, offset: int, length: int) -> bytes:
        self._file.seek(offset)
        return self._file.read(min(length, max(self.size - offset, 0)))

    def close(self) -> None:
        """Whoever made the file closes it."""


def _unpack(file: RangedBytes, name: str, tar: IO[bytes]) -> bool:
    """Take the gzip off; False where that is too much for a look."""
    if file.size > MOST_TAR_BYTES:
        return False
    for piece in iter_gunzip(file, name):
        if tar.tell() + len(piece) > MOST_TAR_BYTES:
            return False
        tar.write(piece)
    return True
