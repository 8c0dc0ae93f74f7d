"""A dataset in a folder of the file system."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from labelmill.errors import DatasetError, ImageError
from labelmill.source.dataset import FOLDERS, check_size

FIRST_READ_BYTES = (
    32 * 1024
)  # below glibc's mmap threshold: a larger first buffer costs more in page faults than the read itself

CHUNK_BYTES = 1 << 20
READ = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0)  # opening a pipe must not wait for a writer
NO_LINK = READ | getattr(os, "O_NOFOLLOW", 0)
LEADS_OUT = "a link that leads out of the dataset: put the file itself there"


def leads_out(path: Path, root: Path) -> bool:
    """Whether a path, links followed, is outside of a folder."""
    real = os.path.realpath  # Path.resolve raises over links in a circle
    return not Path(real(path)).is_relative_to(real(root))


class FolderSource:
    """Reads a dataset folder through one descriptor a sub-folder, so that no path is walked per file."""

    def __init__(self, path: Path) -> None:
        """Open the folder.

        Raises:
            DatasetError: If none of the dataset's folders is in it.
        """
        self.path = path
        self.name = path.resolve().name
        self._descriptors: dict[str, int] = {}
        if not any((path / folder).is_dir() for folder in FOLDERS) and not (path / "dataset.yaml").is_file():
            found = ", ".join(sorted(entry.name for entry in path.iterdir())[:5]) or "an empty folder"
            raise DatasetError(f"{path}: expected a dataset with a folder 'annotations', found {found}")

    def list_names(self, folder: str) -> list[str]:
        """Names in a folder; empty when it is missing. What is no plain file fails when it is read.

        Raises:
            DatasetError: If the folder can't be read.
        """
        try:
            return os.listdir(self._descriptor(folder))  # noqa: PTH208  iterdir makes a Path of each
        except (FileNotFoundError, NotADirectoryError):
            return []
        except OSError as error:
            raise DatasetError(f"{self.path / folder}: can't be read: {error.strerror}") from error

    def require_inside(self, folder: str) -> None:
        """See that a folder is the dataset's own before its files are passed on.

        To read labels from folders that lie elsewhere is a way to arrange large data; to copy from there is not asked.

        Raises:
            DatasetError: If it is a link that leads out of the dataset.
        """
        if leads_out(self.path / folder, self.path):
            raise DatasetError(f"{self.path / folder}: {LEADS_OUT.replace('file', 'folder')}")

    def size_bytes(self, folder: str, name: str) -> int:
        """Size of a file in bytes."""
        return os.stat(name, dir_fd=self._descriptor(folder)).st_size  # tells of a link's target: its size alone

    def read(self, folder: str, name: str) -> bytes:
        """A whole file.

        Raises:
            ImageError: If it can't be read.
        """
        try:
            descriptor = self._open(folder, name)
            try:
                data = os.read(descriptor, FIRST_READ_BYTES)
                if len(data) == FIRST_READ_BYTES:
                    data += self._read_rest(descriptor, folder, name)
            finally:
                os.close(descriptor)
        except OSError as error:
            raise ImageError(f"{folder}/{name}", f"can't be read: {error.strerror}") from error
        return data

    def read_range(self, folder: str, name: str, offset: int, length: int) -> bytes:
        """``length`` bytes of a file from ``offset``, fewer where it ends.

        Raises:
            ImageError: If it can't be read.
        """
        try:
            descriptor = self._open(folder, name)
            try:
                return os.pread(descriptor, length, offset) if offset else os.read(descriptor, length)
            finally:
                os.close(descriptor)
        except OSError as error:
            raise ImageError(f"{folder}/{name}", f"can't be read: {error.strerror}") from error

    def chunks(self, folder: str, name: str) -> Iterator[bytes]:
        """A file in pieces, of any size.

        Raises:
            ImageError: If it can't be read.
        """
        try:
            descriptor = self._open(folder, name)
            try:
                _plain_size(descriptor, f"{folder}/{name}")
                while chunk := os.read(descriptor, CHUNK_BYTES):
                    yield chunk
            finally:
                os.close(descriptor)
        except OSError as error:
            raise ImageError(f"{folder}/{name}", f"can't be read: {error.strerror}") from error

    def _open(self, folder: str, name: str) -> int:
        """Open a file for reading; a link only where it leads to a file of the dataset. Raises OSError, ImageError."""
        try:
            return os.open(name, NO_LINK, dir_fd=self._descriptor(folder))
        except OSError as error:
            if error.errno not in (errno.ELOOP, errno.EMLINK):
                raise
        if leads_out(self.path / folder / name, self.path):
            raise ImageError(f"{folder}/{name}", LEADS_OUT)
        return os.open(name, READ, dir_fd=self._descriptor(folder))

    def close(self) -> None:
        """Close the descriptors."""
        for descriptor in self._descriptors.values():
            os.close(descriptor)
        self._descriptors.clear()

    def __getstate__(self) -> Path:
        """A copy in another process opens descriptors of its own."""
        return self.path

    def __setstate__(self, path: Path) -> None:
        self.path = path
        self.name = path.resolve().name
        self._descriptors = {}

    def _descriptor(self, folder: str) -> int:
        descriptor = self._descriptors.get(folder)
        if descriptor is None:
            if folder not in FOLDERS:
                raise ValueError(folder)
            descriptor = os.open(self.path / folder, os.O_RDONLY | os.O_DIRECTORY)
            self._descriptors[folder] = descriptor
        return descriptor

    def _read_rest(self, descriptor: int, folder: str, name: str) -> bytes:
        size_bytes = _plain_size(descriptor, f"{folder}/{name}")
        check_size(folder, name, size_bytes)
        chunks = []
        while chunk := os.read(descriptor, max(FIRST_READ_BYTES, size_bytes)):
            chunks.append(chunk)
        return b"".join(chunks)


def _plain_size(descriptor: int, file: str) -> int:
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        raise ImageError(file, "expected a plain file, found something else")
    return status.st_size
