"""A dataset in a folder of the file system."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from labelmill.errors import DatasetError, ImageError
from labelmill.source.dataset import FOLDERS, MAX_FILE_BYTES

FIRST_READ_BYTES = (
    32 * 1024
)  # below glibc's mmap threshold: a larger first buffer costs more in page faults than the read itself

CHUNK_BYTES = 1 << 20
READ = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0)  # opening a pipe must not wait for a writer


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
        """Names in a folder; empty when it is missing. What is no plain file fails when it is read."""
        try:
            return os.listdir(self.path / folder)  # noqa: PTH208  iterdir makes a Path of each
        except (FileNotFoundError, NotADirectoryError):
            return []

    def size_bytes(self, folder: str, name: str) -> int:
        """Size of a file in bytes."""
        return os.stat(name, dir_fd=self._descriptor(folder)).st_size

    def read(self, folder: str, name: str) -> bytes:
        """A whole file.

        Raises:
            ImageError: If it can't be read.
        """
        try:
            descriptor = os.open(name, READ, dir_fd=self._descriptor(folder))
            try:
                data = os.read(descriptor, FIRST_READ_BYTES)
                if len(data) == FIRST_READ_BYTES:
                    data += self._read_rest(descriptor, f"{folder}/{name}")
            finally:
                os.close(descriptor)
        except OSError as error:
            raise ImageError(f"{folder}/{name}", f"can't be read: {error.strerror}") from error
        return data

    def read_head(self, folder: str, name: str, length: int) -> bytes:
        """The first ``length`` bytes of a file.

        Raises:
            ImageError: If it can't be read.
        """
        try:
            descriptor = os.open(name, READ, dir_fd=self._descriptor(folder))
            try:
                return os.read(descriptor, length)
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
            descriptor = os.open(name, READ, dir_fd=self._descriptor(folder))
            try:
                _plain_size(descriptor, f"{folder}/{name}")
                while chunk := os.read(descriptor, CHUNK_BYTES):
                    yield chunk
            finally:
                os.close(descriptor)
        except OSError as error:
            raise ImageError(f"{folder}/{name}", f"can't be read: {error.strerror}") from error

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
            descriptor = self._descriptors[folder] = os.open(self.path / folder, os.O_RDONLY)
        return descriptor

    def _read_rest(self, descriptor: int, file: str) -> bytes:
        size_bytes = _plain_size(descriptor, file)
        if size_bytes > MAX_FILE_BYTES:
            raise ImageError(file, f"has {size_bytes:,} bytes, at most {MAX_FILE_BYTES:,} are read")
        chunks = []
        while chunk := os.read(descriptor, max(FIRST_READ_BYTES, size_bytes)):
            chunks.append(chunk)
        return b"".join(chunks)


def _plain_size(descriptor: int, file: str) -> int:
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        raise ImageError(file, "expected a plain file, found something else")
    return status.st_size
