"""A file that is sent in parts, by several threads, and must not change meanwhile."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from labelmill.client.transfers import CHUNK_BYTES
from labelmill.errors import OptionError, TransferError

HEAD_BYTES = 1 << 16
TAIL_BYTES = 1 << 20
"""A zip's directory is at its end, with the checksums of everything in it."""


class SentFile:
    """Reads an open file at any place; it is the caller's to close."""

    def __init__(self, file: BinaryIO, shown: Path) -> None:
        """Take its size as it is now.

        Args:
            file: Open for reading.
            shown: What the user calls it.

        Raises:
            OptionError: If there is nothing in it.
        """
        self._descriptor = file.fileno()
        self._shown = shown
        self._was = self._state()
        self.size_bytes = self._was[0]
        if not self.size_bytes:
            raise OptionError(f"{shown}: the file is empty")

    def __enter__(self) -> SentFile:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def check_unchanged(self) -> None:
        """Raises TransferError if the file is not what it was."""
        if self._state() != self._was:
            raise TransferError(f"{self._shown}: it changed while it was sent; send it again when it is finished")

    def chunks(self, offset: int, length: int) -> Iterator[bytes]:
        """A piece of the file.

        Raises:
            TransferError: If the file ends before, changed, or can't be read.
        """
        end = offset + length
        while offset < end:
            try:
                chunk = os.pread(self._descriptor, min(CHUNK_BYTES, end - offset), offset)
            except OSError as error:
                raise TransferError(f"{self._shown}: can't be read: {error.strerror}") from error
            if not chunk:
                break
            offset += len(chunk)
            yield chunk
        self.check_unchanged()

    def md5(self, offset: int, length: int) -> str:
        """MD5 of a piece, as hexadecimal digits: what storage calls its ETag. Raises TransferError."""
        digest = hashlib.md5(usedforsecurity=False)
        for chunk in self.chunks(offset, length):
            digest.update(chunk)
        return digest.hexdigest()

    def fingerprint(self) -> str:
        """What tells the file from others without reading it all: size, beginning and end. Raises TransferError.

        A copy has the same, so that an upload can be gone on with from it. That the parts which have arrived are
        this file's is decided by their MD5.
        """
        digest = hashlib.sha256(str(self.size_bytes).encode())
        tail = max(self.size_bytes - TAIL_BYTES, 0)
        for offset, length in ((0, min(HEAD_BYTES, self.size_bytes)), (tail, self.size_bytes - tail)):
            for chunk in self.chunks(offset, length):
                digest.update(chunk)
        return digest.hexdigest()

    def _state(self) -> tuple[int, int]:
        stat = os.fstat(self._descriptor)
        return stat.st_size, stat.st_mtime_ns
