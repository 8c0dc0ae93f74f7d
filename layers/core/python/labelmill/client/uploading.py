"""Sending a file in parts: in parallel, checked, and gone on with after a break."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Iterator

from labelmill.client.models import Dataset, PartUrl, PartUrls, Upload
from labelmill.client.paths import path_of
from labelmill.client.sent_file import SentFile
from labelmill.client.transfers import AgainError, Progress, Storage, Transfer
from labelmill.client.transport import Transport
from labelmill.errors import ServiceError, TransferError

URLS_AT_ONCE = 32
MAX_URL_AGE_S = 300.0
ROUNDS = 3
"""How often parts that the service misses are sent before giving up."""


class Uploader:
    """Sends files to one service."""

    def __init__(self, transport: Transport, storage: Storage, progress: Progress | None, threads: int) -> None:
        """Send with so many threads."""
        self._transport = transport
        self._storage = storage
        self._progress = progress
        self._threads = threads

    def send(self, source: SentFile, upload: Upload) -> Dataset:
        """Send what is missing, and finish.

        Raises:
            TransferError: If it can't be sent whole, or changes meanwhile.
            ServiceError: If the service refuses.
        """
        if upload.size_bytes != source.size_bytes:
            raise TransferError(f"the service expects {upload.size_bytes:,} bytes, the file has {source.size_bytes:,}")
        transfer = Transfer(self._progress)
        transfer.start(source.size_bytes, "sending")
        for rounds_left in reversed(range(ROUNDS)):
            sender = PartSender(source, upload, self._transport, self._storage, transfer)
            transfer.in_parallel(sender.send, range(1, upload.parts + 1), self._threads)
            source.check_unchanged()
            try:
                return self._transport.send(Dataset, "POST", path_of("uploads", upload.id, "complete"))
            except ServiceError as error:
                if error.slug != "upload-incomplete" or not rounds_left:
                    raise
            upload = self._transport.get(Upload, path_of("uploads", upload.id))
            transfer = Transfer()  # all of it has been told
        raise TransferError(f"{upload.name}: parts are missing that were sent")


class PartSender:
    """Sends parts of one upload; threads share it."""

    def __init__(
        self, source: SentFile, upload: Upload, transport: Transport, storage: Storage, transfer: Transfer
    ) -> None:
        """Leave out what ``upload.done`` says is there."""
        self._source = source
        self._upload = upload
        self._storage = storage
        self._transfer = transfer
        self._done = {part.number: part for part in upload.done}
        self._urls = PartAddresses(transport, upload)

    def send(self, number: int) -> None:
        """Send a part, unless its very bytes are there.

        Raises:
            TransferError: If it can't be sent or the file changed.
            StoppedError: The transfer ends.
        """
        self._transfer.check()
        offset = (number - 1) * self._upload.part_bytes
        length = min(self._upload.part_bytes, self._source.size_bytes - offset)
        there = self._done.get(number)
        if (
            there is not None
            and there.size_bytes == length
            and plain_etag(there.etag) == self._source.md5(offset, length)
        ):
            self._transfer.advance(length)
            return
        fresh = False

        def attempt() -> None:
            nonlocal fresh
            url = self._urls.get(number, fresh=fresh)
            try:
                self._put(url, offset, length)
            except AgainError as again:
                fresh = again.expired
                raise

        self._transfer.tried(attempt)
        self._urls.forget(number)

    def _put(self, url: PartUrl, offset: int, length: int) -> None:
        digest = hashlib.md5(usedforsecurity=False)
        told = 0

        def body() -> Iterator[bytes]:
            nonlocal told
            for chunk in self._source.chunks(offset, length):
                self._transfer.check()
                digest.update(chunk)
                yield chunk
                told += len(chunk)
                self._transfer.advance(len(chunk))

        try:
            with self._storage.request("PUT", url.url, {"content-length": str(length)}, body()) as response:
                etag = plain_etag(response.headers.get("etag", ""))
            if etag != digest.hexdigest():
                raise AgainError(
                    TransferError(
                        f"part {url.number}: storage has other bytes than were sent: expected MD5 "
                        f"{digest.hexdigest()}, found {etag or 'none'}"
                    )
                )
        except BaseException:
            self._transfer.advance(-told)
            raise


class PartAddresses:
    """Presigned URLs of an upload's parts, asked for some at a time, and anew before they expire."""

    def __init__(self, transport: Transport, upload: Upload) -> None:
        """Ask for none yet."""
        self._transport = transport
        self._upload = upload
        self._lock = threading.Lock()
        self._known: dict[int, tuple[float, PartUrl]] = {}
        self._done = {part.number for part in upload.done}

    def get(self, number: int, *, fresh: bool = False) -> PartUrl:
        """The URL of a part. Raises ServiceError."""
        with self._lock:
            asked_at, url = self._known.get(number, (0.0, None))
            if url is None or fresh or time.monotonic() - asked_at > MAX_URL_AGE_S:
                url = self._ask(number)
            return url

    def forget(self, number: int) -> None:
        """A part is there: its URL is of no use any more."""
        with self._lock:
            self._known.pop(number, None)

    def _ask(self, number: int) -> PartUrl:
        following = (n for n in range(number + 1, self._upload.parts + 1) if n not in self._done)
        numbers = [number, *(n for n, _ in zip(following, range(URLS_AT_ONCE - 1), strict=False))]
        now = time.monotonic()
        answer = self._transport.send(
            PartUrls, "POST", path_of("uploads", self._upload.id, "parts"), {"numbers": numbers}
        )
        self._known |= {part.number: (now, part) for part in answer.parts}
        if number not in self._known:
            raise TransferError(f"the service gave no URL for part {number}")
        return self._known[number][1]


def plain_etag(etag: str) -> str:
    """An ETag without its quotes."""
    return etag.strip().strip('"')
