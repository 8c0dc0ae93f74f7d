"""A file that is fetched in pieces: which of them are there is kept in the file itself, so that a break loses little.

While it is unfinished it is longer than it will be: behind its end, one byte a piece says whether the piece is there.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from contextlib import suppress
from glob import escape
from pathlib import Path
from types import TracebackType

from labelmill.errors import OutputError, TransferError

try:
    import fcntl
except ImportError:  # Windows: two downloads of the same file would disturb each other
    fcntl = None  # type: ignore[assignment]

PIECE_BYTES = 1 << 24
MARK = b"\1"
TAG_HEX = 8


class PartFile:
    """``{name}.{tag}.part`` beside the finished file. Threads may write different pieces at the same time."""

    def __init__(self, target: Path, size_bytes: int, etag: str, piece_bytes: int = PIECE_BYTES) -> None:
        """Make it, or go on with the one that is there for the same size and ETag.

        Raises:
            OutputError: If there is no room or the folder can't be written.
            TransferError: If another process fetches it now.
        """
        tag = hashlib.sha256(f"{size_bytes} {etag} {piece_bytes}".encode()).hexdigest()[:TAG_HEX]
        self._target = target
        self._path = target.with_name(f"{target.name}.{tag}.part")
        self.size_bytes = size_bytes
        self._piece_bytes = piece_bytes
        self.pieces = -(-size_bytes // piece_bytes)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o666)
        except OSError as error:
            raise OutputError(f"{self._path}: can't be written: {error.strerror}") from error
        try:
            self._lock()
            self._make_room()
            marks = os.pread(self._descriptor, self.pieces, size_bytes)
        except OSError as error:
            os.close(self._descriptor)
            raise OutputError(f"{self._path}: can't be written: {error.strerror}") from error
        except BaseException:
            os.close(self._descriptor)
            raise
        self.missing = [piece for piece in range(self.pieces) if marks[piece : piece + 1] != MARK]

    def __enter__(self) -> PartFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._descriptor)
        if kind is not None and len(self.missing) == self.pieces and issubclass(kind, OutputError):
            with suppress(OSError):
                self._path.unlink()  # nothing of use is in it

    def piece(self, number: int) -> tuple[int, int]:
        """Where a piece begins and how long it is."""
        offset = number * self._piece_bytes
        return offset, min(self._piece_bytes, self.size_bytes - offset)

    def write(self, offset: int, data: bytes) -> None:
        """Write some bytes. Raises OutputError."""
        try:
            while data:
                written = os.pwrite(self._descriptor, data, offset)
                data, offset = data[written:], offset + written
        except OSError as error:
            raise OutputError(f"{self._path}: can't be written: {error.strerror}") from error

    def mark(self, number: int) -> None:
        """A piece is there: its bytes are on the disk before the mark is. Raises OutputError."""
        try:
            os.fsync(self._descriptor)
        except OSError as error:
            raise OutputError(f"{self._path}: can't be written: {error.strerror}") from error
        self.write(self.size_bytes + number, MARK)

    def finish(self) -> Path:
        """All pieces are there: give it its length and its name. Raises OutputError."""
        try:
            os.ftruncate(self._descriptor, self.size_bytes)
            os.fsync(self._descriptor)
            self._path.replace(self._target)
        except OSError as error:
            raise OutputError(f"{self._target}: can't be written: {error.strerror}") from error
        self._sweep()
        return self._target

    def _sweep(self) -> None:
        """Delete what broken downloads of older files of this name have left, unless they go on just now."""
        for other in self._target.parent.glob(f"{escape(self._target.name)}.{'[0-9a-f]' * TAG_HEX}.part"):
            with suppress(OSError):
                descriptor = os.open(other, os.O_RDWR | getattr(os, "O_NOFOLLOW", 0))
                try:
                    if fcntl is not None:
                        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                        other.unlink()
                finally:
                    os.close(descriptor)

    def _lock(self) -> None:
        if fcntl is None:
            return
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise TransferError(f"{self._path}: another process is fetching it") from error
        except OSError:  # a file system without locks
            return

    def _make_room(self) -> None:
        found = os.fstat(self._descriptor)
        whole = self.size_bytes + self.pieces
        if found.st_size == whole:
            return
        free = shutil.disk_usage(self._path.parent).free
        if whole > free:
            raise OutputError(f"{self._target}: it takes {whole:,} bytes, and {free:,} are free")
        os.ftruncate(self._descriptor, 0)
        os.ftruncate(self._descriptor, whole)
