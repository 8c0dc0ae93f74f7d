"""A dataset as one open file: a packed one as it is, a folder packed into a zip."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from labelmill.archive.names import shown
from labelmill.archive.zip_join import write_directory
from labelmill.archive.zip_write import PartWriter
from labelmill.client.transfers import CHUNK_BYTES, Progress
from labelmill.errors import DatasetError, OptionError, OutputError
from labelmill.source.dataset import ANNOTATIONS, FOLDERS
from labelmill.source.folder import LEADS_OUT, leads_out

BYTES_PER_MEMBER = 256
"""What a zip needs for a file besides its data, roughly: two headers with a name each."""


def check_dataset(path: Path) -> None:
    """Look at a dataset before it is sent: the service would refuse it after hours of sending.

    Raises:
        DatasetError: If no format can be made of it.
        OptionError: If it can't be read.
    """
    from labelmill.archive.ranged import LocalFile
    from labelmill.source.arrival import look_at
    from labelmill.source.folder import FolderSource
    from labelmill.source.plan import list_dataset, none_recognised

    try:
        if not path.is_dir():
            with LocalFile(path) as file:
                look_at(file, path.name)
            return
        if not any((path / folder).exists() for folder in FOLDERS):
            return  # packing says so
        source = FolderSource(path)
        try:
            if not list_dataset(source).annotations:
                raise none_recognised(f"{source.name}/{ANNOTATIONS}", [], 0)
        finally:
            source.close()
    except OSError as error:
        raise OptionError(f"{path}: can't be read: {error.strerror}") from error


@contextmanager
def packed(path: Path, progress: Progress | None = None) -> Iterator[BinaryIO]:
    """Open a dataset's file, or pack its folder into a temporary one that is gone whatever happens.

    The same files give the same zip: sorted by name, stored, without times.

    Raises:
        OptionError: If it can't be read.
        DatasetError: If the folder holds no dataset.
        OutputError: If there is no room to pack it.
    """
    with _temporary_file() if path.is_dir() else _opened(path) as file:
        if path.is_dir():
            pack_folder(path, file, progress)
        yield file


def _opened(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise OptionError(f"{path}: can't be read: {error.strerror}") from error


def _temporary_file() -> BinaryIO:
    """A file without a name: however this process ends, it is gone."""
    try:
        return cast(BinaryIO, tempfile.TemporaryFile(prefix="labelmill-"))
    except OSError as error:
        raise OutputError(f"no room for temporary files: {error.strerror}; set TMPDIR to a folder for them") from error


def pack_folder(folder: Path, out: BinaryIO, progress: Progress | None = None) -> int:
    """Write a dataset's folders (``annotations``, ``images``, ``masks``, ``metadata``) into an empty file as a zip.

    Returns:
        How many files it holds.

    Raises:
        DatasetError: If there is no dataset, or something in it is no file or has a name that no zip can hold.
        OutputError: If there is no room, or a file changes meanwhile.
    """
    names = list(_names(folder))
    if not names:
        raise DatasetError(f"{folder}: expected a dataset with a folder 'annotations', found none of its files")
    total = sum(_size(folder, name) for name in names)
    _check_room(folder, total + BYTES_PER_MEMBER * len(names))
    if progress is not None:
        progress.start(total, "packing")
    with _temporary_file() as entries:
        writer = PartWriter(out, entries)
        for name in names:
            _add(writer, folder, name, progress)
        size = writer.finish().size_bytes
        entries.seek(0)
        try:
            members = write_directory([(entries, size)], out, size)
            out.flush()
        except OSError as error:
            raise OutputError(f"{folder}: can't be packed: {error.strerror}") from error
    return members


def _names(folder: Path) -> Iterator[str]:
    """The dataset's files, sorted; ``/`` between folders. A link counts for what it leads to, within the dataset."""
    for top in sorted(FOLDERS):
        _check_link(folder / top, folder)
        for base, folders, files in os.walk(folder / top, onerror=_unreadable):
            folders.sort()
            below = Path(base).relative_to(folder).as_posix()
            for name in sorted(files):
                _check_link(Path(base, name), folder)
                yield f"{below}/{name}"


def _check_link(path: Path, folder: Path) -> None:
    """What leads out of the dataset stays here: nobody asked to send it."""
    if path.is_symlink() and leads_out(path, folder):
        raise DatasetError(f"{shown(str(path))}: {LEADS_OUT}")


def _unreadable(error: OSError) -> None:
    if not isinstance(error, FileNotFoundError):
        raise DatasetError(f"{error.filename}: can't be read: {error.strerror}") from error


def _check_room(folder: Path, size_bytes: int) -> None:
    place = tempfile.gettempdir()
    free = shutil.disk_usage(place).free
    if size_bytes > free:
        raise OutputError(
            f"{folder}: to pack it takes {size_bytes:,} bytes in {place}, where {free:,} are free: "
            "set TMPDIR to a folder with more room, or pack it yourself (zip -0 -r)"
        )


def _size(folder: Path, name: str) -> int:
    try:
        return (folder / name).stat().st_size
    except OSError as error:
        raise DatasetError(f"{shown(name)}: can't be read: {error.strerror}") from error


def _add(writer: PartWriter, folder: Path, name: str, progress: Progress | None) -> None:
    try:
        name.encode()
    except UnicodeEncodeError as error:
        raise DatasetError(f"{shown(name)}: a zip can't hold this name: it is no UTF-8") from error
    try:
        with open(os.open(folder / name, os.O_RDONLY | os.O_NONBLOCK), "rb", buffering=0) as file:
            found = os.fstat(file.fileno())
            if not stat.S_ISREG(found.st_mode):
                raise DatasetError(f"{shown(name)}: expected a file, found something else")
            writer.add_stream(name, found.st_size, iter(lambda: file.read(CHUNK_BYTES), b""))
    except OSError as error:
        raise DatasetError(f"{shown(name)}: can't be read: {error.strerror}") from error
    if progress is not None:
        progress.advance(found.st_size)
