"""A dataset whose files lie loose in a bucket, read with bounded concurrency."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import msgspec

from labelmill.convert.shard_plan import ShardPlan
from labelmill.errors import ImageError
from labelmill.source.dataset import ANNOTATIONS, FOLDERS, MASKS, METADATA, check_size
from labelmill.source.packed import Places
from labelmill_aws.objects.listing import ListedFile
from labelmill_aws.objects.object_store import Bucket, ObjectChangedError, Slice

GETS_AT_ONCE = 32
FILES_AHEAD = 128
BYTES_AHEAD = 64 << 20
CHUNK_BYTES = 8 << 20
CHANGED = "was changed or deleted after the dataset was complete; upload _SUCCESS again"

_encode_place = msgspec.msgpack.Encoder().encode
_decode_place = msgspec.msgpack.Decoder(tuple[int, str]).decode

File = tuple[str, str]
"""Folder and name."""


def places_of(files: Iterable[ListedFile]) -> Places:
    """Where each file of a listing lies: its size and tag."""
    places: Places = {folder: {} for folder in FOLDERS}
    for file in files:
        places[file.folder][file.name] = _encode_place((file.size, file.etag))
    return places


class LooseObjects:
    """Reads the files under a prefix."""

    def __init__(self, name: str, bucket: Bucket, prefix: str, places: Places) -> None:
        """Take a listing.

        Args:
            name: The dataset's name.
            bucket: Where it lies.
            prefix: What its keys begin with, ending in ``/``.
            places: Its files.
        """
        self.name = name
        self.root = prefix
        self.places = places
        self._bucket = bucket
        self._order: Sequence[File] = ()
        self._rank: dict[File, int] = {}
        self._asked = 0
        self._coming: dict[File, Future[bytes]] = {}
        self._coming_bytes = 0
        self._pool = ThreadPoolExecutor(GETS_AT_ONCE, "object")

    def expect(self, order: Sequence[File]) -> None:
        """Fetch ahead: the files will be read about in this order."""
        self._order = order
        self._rank = {file: rank for rank, file in enumerate(order)}
        self._asked = 0

    def list_names(self, folder: str) -> list[str]:
        """Names of the files directly in a folder."""
        return list(self.places[folder])

    def size_bytes(self, folder: str, name: str) -> int:
        """Size of a file in bytes."""
        return self._place(folder, name)[0]

    def read(self, folder: str, name: str) -> bytes:
        """A whole file.

        Raises:
            ImageError: If it is too large, or was changed or deleted since the dataset was listed.
            TransientError: If S3 refuses for now.
        """
        size = self.size_bytes(folder, name)
        check_size(folder, name, size)
        file = (folder, name)
        rank = self._rank.get(file)
        if rank is not None:
            self._fetch_until(rank + FILES_AHEAD)
        coming = self._take(file)
        try:
            return coming.result() if coming is not None else self._get(file)
        except ObjectChangedError as error:
            raise ImageError(f"{folder}/{name}", CHANGED) from error

    def read_range(self, folder: str, name: str, offset: int, length: int) -> bytes:
        """Part of a file."""
        length = min(length, self.size_bytes(folder, name) - offset)  # S3 refuses a range beyond the end
        if length <= 0:
            return b""
        try:
            return self._bucket.get_slice(Slice(f"{self.root}{folder}/{name}", offset, length))
        except KeyError as error:
            raise ImageError(f"{folder}/{name}", CHANGED) from error

    def chunks(self, folder: str, name: str) -> Iterator[bytes]:
        """A file in pieces."""
        size = self.size_bytes(folder, name)
        for at in range(0, size, CHUNK_BYTES):
            yield self._bucket.get_slice(Slice(f"{self.root}{folder}/{name}", at, min(CHUNK_BYTES, size - at)))

    def close(self) -> None:
        """Give up what is on its way."""
        self._pool.shutdown(cancel_futures=True)

    def _place(self, folder: str, name: str) -> tuple[int, str]:
        return _decode_place(self.places[folder][name])

    def _fetch_until(self, end: int) -> None:
        """Ask for the files up to a rank; large ones only when they are read, so that memory stays bounded."""
        begin = end - FILES_AHEAD
        for passed in [file for file in self._coming if self._rank[file] < begin - FILES_AHEAD]:
            self._take(passed)  # not read after all
        self._asked = max(self._asked, begin)
        while self._asked < min(end, len(self._order)) and self._coming_bytes < BYTES_AHEAD:
            file = self._order[self._asked]
            size_bytes = self.size_bytes(*file)
            if size_bytes <= CHUNK_BYTES:
                self._coming[file] = self._pool.submit(self._get, file)
                self._coming_bytes += size_bytes
            self._asked += 1

    def _take(self, file: File) -> Future[bytes] | None:
        """A file that was asked for, once."""
        coming = self._coming.pop(file, None)
        if coming is not None:
            self._coming_bytes -= self.size_bytes(*file)
        return coming

    def _get(self, file: File) -> bytes:
        folder, name = file
        return self._bucket.get_same(f"{self.root}{folder}/{name}", self._place(folder, name)[1])


def reading_order(plan: ShardPlan, *, masks: bool) -> list[File]:
    """The files of a shard in the order in which a conversion reads them; of one without images, its JSON files."""
    if not plan.entries:
        return [(folder, name) for folder in (ANNOTATIONS, METADATA) for name in plan.places[folder]]
    order: list[File] = []
    for entry in plan.entries:
        order.append((ANNOTATIONS, entry.annotation))
        if entry.metadata is not None:
            order.append((METADATA, entry.metadata))
        if masks and entry.mask is not None:
            order.append((MASKS, entry.mask))
    return order
