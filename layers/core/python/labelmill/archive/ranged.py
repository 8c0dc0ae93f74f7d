"""Bytes that can be read from any place: a local file here, an object in S3 elsewhere.

Everything that reads an archive reads through ``RangedBytes``, so that one code serves both. A read
always names its offset; nothing shares a file position, so that forked workers can read side by side.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Protocol

from labelmill.errors import DatasetError


class RangedBytes(Protocol):
    """A run of bytes of fixed length that can be read from any offset."""

    @property
    def size(self) -> int:
        """Length in bytes."""
        ...

    def read(self, offset: int, length: int) -> bytes:
        """Read ``length`` bytes from ``offset``; fewer only where the end comes first."""
        ...

    def close(self) -> None:
        """Let go of the file."""
        ...


class LocalFile:
    """A file on this machine, read with ``pread`` only.

    Usable after ``os.fork`` in the children (the descriptor is inherited); pickled by path, so that a
    spawned process opens the file again.

    Attributes:
        path: Where the file lies; ``None`` for a file without a name.
        size: Length in bytes when it was opened.
    """

    __slots__ = ("_fd", "path", "size")

    def __init__(self, path: str | os.PathLike[str]) -> None:
        """Open a file.

        Raises:
            DatasetError: If there is no such file, it can't be opened, or it is a folder or a device.
        """
        self.path: Path | None = Path(path)
        try:
            # Without O_NONBLOCK, opening a pipe would wait for ever for somebody to write into it.
            self._fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except (OSError, ValueError) as error:
            raise DatasetError(f"{self.path.name}: can't be opened: {reason_of(error)}") from error
        status = os.fstat(self._fd)
        self.size: int = status.st_size
        if not stat.S_ISREG(status.st_mode):
            self.close()
            what = "a folder" if stat.S_ISDIR(status.st_mode) else "a device or a pipe"
            raise DatasetError(f"{self.path.name}: expected a file, found {what}")

    @classmethod
    def adopt(cls, fd: int) -> LocalFile:
        """Take over an open descriptor of a file without a name; ``close`` closes it."""
        file = cls.__new__(cls)
        file.path, file._fd, file.size = None, fd, os.fstat(fd).st_size
        return file

    def read(self, offset: int, length: int) -> bytes:
        """Read ``length`` bytes from ``offset``; fewer only where the end comes first.

        Raises:
            ValueError: If ``offset`` or ``length`` is negative or the file was closed.
            DatasetError: If the disk refuses.
        """
        if offset < 0 or length < 0 or self._fd < 0:
            raise ValueError(f"can't read {length} bytes from {offset}")
        # pread sets aside what it is asked for: a length that a hostile header made up must not.
        length = min(length, self.size - offset)
        if length <= 0:
            return b""
        try:
            data = os.pread(self._fd, length, offset)
            if len(data) == length:
                return data
            pieces = [data]  # one call gives at most 2 GiB
            done = len(data)
            while pieces[-1] and done < length:
                pieces.append(os.pread(self._fd, length - done, offset + done))
                done += len(pieces[-1])
        except OSError as error:
            shown = self.path.name if self.path else "the unpacked archive"
            raise DatasetError(f"{shown}: can't be read: {reason_of(error)}") from error
        return b"".join(pieces)

    def close(self) -> None:
        """Give the descriptor back; a second call does nothing."""
        fd, self._fd = self._fd, -1
        if fd >= 0:
            os.close(fd)

    def __enter__(self) -> LocalFile:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __reduce__(self) -> tuple[type[LocalFile], tuple[Path]]:
        if self.path is None:
            raise TypeError("a file without a name can't be sent to another process")
        return LocalFile, (self.path,)


def reason_of(error: BaseException) -> str:
    """The system's own words for an error, without its number and path."""
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
