"""Fetching a file in pieces: in parallel, gone on with after a break, and never outside its folder."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from pathlib import Path

from labelmill.client.models import Download
from labelmill.client.part_file import PIECE_BYTES, PartFile
from labelmill.client.transfers import THREADS, AgainError, Progress, Storage, Transfer
from labelmill.client.uploading import plain_etag
from labelmill.errors import TransferError

MAX_NAME_BYTES = 220
"""What file systems allow is 255; ``.part`` comes behind it for a while."""
_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+)")
CHANGED = "it was made anew while it was fetched; fetch it again"


class Downloader:
    """Fetches one file."""

    def __init__(
        self,
        link: Callable[[], Download],
        storage: Storage,
        progress: Progress | None = None,
        *,
        piece_bytes: int = PIECE_BYTES,
    ) -> None:
        """Ask ``link`` where the file is, again when the URL has expired."""
        self._link = link
        self._storage = storage
        self._transfer = Transfer(progress)
        self._piece_bytes = piece_bytes
        self._lock = threading.Lock()

    def fetch(self, folder: Path, fallback: str) -> Path:
        """Fetch it into a folder, under the name that the service gives it as far as that is one.

        Args:
            folder: Made if need be.
            fallback: The name, without ``.zip``, if the service's can't be used.

        Raises:
            TransferError: If it can't be fetched whole; what is there is used by the next call.
            OutputError: If it can't be written.
            ServiceError: If the service refuses.
        """
        link = self._link()
        target = folder / safe_name(link.name, f"{fallback}.zip")
        with PartFile(target, link.size_bytes, plain_etag(link.etag), self._piece_bytes) as file:
            self._transfer.start(link.size_bytes, "fetching")
            missing = list(file.missing)
            self._transfer.advance(link.size_bytes - sum(file.piece(number)[1] for number in missing))
            fetcher = _Fetcher(link, self._link, file, self._storage, self._transfer)
            self._transfer.in_parallel(fetcher.fetch, missing, THREADS)
            return file.finish()


class _Fetcher:
    """Fetches pieces; threads share it."""

    def __init__(
        self, link: Download, ask: Callable[[], Download], file: PartFile, storage: Storage, transfer: Transfer
    ) -> None:
        self._current = link
        self._ask = ask
        self._etag = plain_etag(link.etag)
        self._file = file
        self._storage = storage
        self._transfer = transfer
        self._lock = threading.Lock()

    def fetch(self, number: int) -> None:
        """Fetch a piece. Raises TransferError, OutputError, ServiceError, StoppedError."""
        offset, length = self._file.piece(number)
        got = 0
        stale: Download | None = None

        def get(link: Download) -> None:
            nonlocal got
            first, last = offset + got, offset + length - 1
            headers = {"range": f"bytes={first}-{last}", "if-match": f'"{self._etag}"'}
            with self._storage.request("GET", link.url, headers) as response:
                if response.status_code == 412 or plain_etag(response.headers.get("etag", self._etag)) != self._etag:
                    raise TransferError(f"{link.name}: {CHANGED}")
                _check_range(response.headers.get("content-range", ""), first, last, self._file.size_bytes)
                for chunk in response.iter_raw():  # as it comes: what is held back would be lost in a break
                    self._transfer.check()
                    if got + len(chunk) > length:
                        raise TransferError(f"{link.name}: storage sent more bytes than were asked for")
                    self._file.write(offset + got, chunk)
                    got += len(chunk)
                    self._transfer.advance(len(chunk))
            if got < length:
                raise AgainError(TransferError(f"{link.name}: the connection broke {length - got:,} bytes too early"))

        def attempt() -> None:
            nonlocal stale
            link, stale = self._fresh(stale), None
            try:
                get(link)
            except AgainError as again:
                stale = link if again.expired else None
                raise

        self._transfer.tried(attempt, lambda: got)
        self._file.mark(number)

    def _fresh(self, stale: Download | None) -> Download:
        """The current link, or a new one if that is the one that did not work."""
        with self._lock:
            if stale is not None and stale is self._current:
                link = self._ask()
                if plain_etag(link.etag) != self._etag:
                    raise TransferError(f"{link.name}: {CHANGED}")
                self._current = link
            return self._current


def _check_range(found: str, first: int, last: int, size_bytes: int) -> None:
    match = _RANGE.fullmatch(found.strip())
    if match is None or tuple(map(int, match.groups())) != (first, last, size_bytes):
        raise TransferError(
            f"storage answered with another piece: expected bytes {first}-{last}/{size_bytes}, found {found!r}"
        )


def safe_name(name: str, fallback: str) -> str:
    """A file name that stays in its folder and is one everywhere, as near as can be to the one that was given.

    Example:
        >>> safe_name("../../.ssh/id", "x.zip")
        'id'
        >>> safe_name("..", "x.zip")
        'x.zip'
    """
    kept = "".join(c if c.isprintable() and c not in '<>:"|?*' else "_" for c in re.split(r"[/\\]", name)[-1])
    kept = kept.strip(" ").lstrip(".").rstrip(". ")
    data = kept.encode("utf-8", "replace")
    if len(data) > MAX_NAME_BYTES:
        suffix = Path(kept).suffix.encode("utf-8", "replace")[:20]
        kept = (data[: MAX_NAME_BYTES - len(suffix)].decode("utf-8", "ignore").encode() + suffix).decode(
            "utf-8", "ignore"
        )
    return kept or fallback
