"""Which files of an output folder are ours: a small manifest in the folder names them.

People put labels of several origins into one folder. What an earlier run wrote is replaced by the next one; a file
that the manifest does not name is somebody else's, and is neither replaced nor deleted.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from labelmill.errors import OutputError

MANIFEST = ".labelmill"  # no suffix: importers that look for .json or .txt pass over it


class Written(msgspec.Struct, frozen=True):
    """What earlier runs wrote in a folder: relative paths with ``/``, sorted.

    Attributes:
        files: Of the last run that wrote files.
        archives: Of all runs that wrote one archive.
    """

    files: list[str] = []
    archives: list[str] = []

    def encoded(self) -> bytes:
        """The manifest's bytes; names that are no UTF-8 are escaped."""
        return json.dumps({"files": self.files, "archives": self.archives}).encode() + b"\n"


def read_written(folder: Path) -> Written:
    """What earlier runs wrote; nothing where there is no manifest, or none that can be read: all is foreign then."""
    try:
        found = msgspec.convert(json.loads((folder / MANIFEST).read_bytes()), Written)
    except (OSError, ValueError, RecursionError):  # msgspec's and json's errors are ValueErrors
        return Written()
    return Written(list(filter(_is_relative, found.files)), list(filter(_is_relative, found.archives)))


def _is_relative(path: str) -> bool:
    return "\0" not in path and all(part not in ("", ".", "..") for part in path.split("/"))


def foreign_file(path: Path) -> OutputError:
    """The error for a name that somebody else's file has."""
    return OutputError(
        f"{path}: there is a file that labelmill did not write, where this run would write one; move it away, "
        "or choose another folder"
    )


def walk_files(folder: str, below: str = "") -> Iterator[str]:
    """Paths of all files and links below a folder, relative, with ``/``; links are not followed."""
    with os.scandir(f"{folder}/{below}") as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                yield from walk_files(folder, f"{below}{entry.name}/")
            else:
                yield below + entry.name


def is_there(path: str) -> bool:
    """Whether a name is taken, by a link to nowhere too."""
    return os.path.lexists(path)


def is_folder(path: str) -> bool:
    """Whether it is a folder itself, no link to one."""
    try:
        return stat.S_ISDIR(os.lstat(path).st_mode)
    except OSError:
        return False


def record_written(folder: Path, names: Iterable[str]) -> None:
    """Add files to the manifest of a folder. Raises OSError."""
    known = read_written(folder)
    aside = folder / f"{MANIFEST}.{os.getpid()}"
    try:
        aside.write_bytes(Written(sorted({*known.files, *names}), known.archives).encoded())
        aside.replace(folder / MANIFEST)
    finally:
        aside.unlink(missing_ok=True)
