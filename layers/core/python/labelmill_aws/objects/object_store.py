"""Objects in S3: whole, by ranges, as files of fixed length."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from botocore.exceptions import ClientError

from labelmill.errors import DatasetError
from labelmill_aws.errors import code_of, is_missing, transient_errors
from labelmill_aws.names import plain_etag

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

CHUNK_BYTES = 8 << 20
Item = TypeVar("Item")
Result = TypeVar("Result")


class Slice(NamedTuple):
    """Some bytes of an object.

    Attributes:
        key: The object.
        offset: Where they begin.
        length: How many they are.
    """

    key: str
    offset: int
    length: int


class ObjectChangedError(Exception):
    """An object is not the one that was planned with any more."""


class Bucket:
    """One bucket.

    Every method raises TransientError when S3 refuses for now.
    """

    def __init__(self, client: S3Client, name: str) -> None:
        self.client = client
        self.name = name

    def get(self, key: str) -> bytes:
        """A whole object. Raises KeyError when there is none."""
        try:
            with transient_errors():
                return self.client.get_object(Bucket=self.name, Key=key)["Body"].read()
        except ClientError as error:
            if is_missing(error):
                raise KeyError(key) from error
            raise

    def get_slice(self, part: Slice) -> bytes:
        """Some bytes of an object, as many as are there. Raises KeyError when there is none."""
        if not part.length:
            return b""
        wanted = f"bytes={part.offset}-{part.offset + part.length - 1}"
        try:
            with transient_errors():
                return self.client.get_object(Bucket=self.name, Key=part.key, Range=wanted)["Body"].read()
        except ClientError as error:
            if is_missing(error):
                raise KeyError(part.key) from error
            raise

    def get_same(self, key: str, etag: str) -> bytes:
        """A whole object if it is still the one with this tag.

        Raises:
            ObjectChangedError: If it is not, or is gone.
        """
        try:
            with transient_errors():
                return self.client.get_object(Bucket=self.name, Key=key, IfMatch=f'"{plain_etag(etag)}"')["Body"].read()
        except ClientError as error:
            if is_missing(error) or code_of(error) in ("PreconditionFailed", "412"):
                raise ObjectChangedError(key) from error
            raise

    def put(self, key: str, data: bytes) -> None:
        """Write a whole object."""
        with transient_errors():
            self.client.put_object(Bucket=self.name, Key=key, Body=data)

    def exists(self, key: str) -> bool:
        """Whether there is an object."""
        return next(iter(self.list(key)), ("", 0))[0] == key

    def list(self, prefix: str) -> Iterator[tuple[str, int]]:
        """Keys and sizes in bytes, in the order of keys."""
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.name, Prefix=prefix)
        with transient_errors():
            for page in pages:
                for item in page.get("Contents", ()):
                    yield item["Key"], item["Size"]

    def slices(self, slices: Iterable[Slice], ahead: int = 4) -> Iterator[bytes]:
        """Several slices in order; some of them are fetched ahead."""
        return read_ahead(self.get_slice, slices, ahead)


class S3File:
    """One version of an object as bytes that can be read from any place (``RangedBytes``).

    Attributes:
        size: Its length in bytes.
    """

    def __init__(self, client: S3Client, bucket: str, key: str, size: int, version_id: str | None = None) -> None:
        self._client = client
        self._where = {"Bucket": bucket, "Key": key}
        if version_id:
            self._where["VersionId"] = version_id
        self.size = size

    def read(self, offset: int, length: int) -> bytes:
        """Some bytes; fewer only where the end comes first.

        Raises:
            DatasetError: If this version is gone.
            TransientError: If S3 refuses for now.
        """
        length = min(length, self.size - offset)
        if length <= 0:
            return b""
        try:
            with transient_errors():
                answer = self._client.get_object(**self._where, Range=f"bytes={offset}-{offset + length - 1}")  # type: ignore[arg-type]
                return answer["Body"].read()
        except ClientError as error:
            if is_missing(error):
                name = self._where["Key"].rpartition("/")[2]
                raise DatasetError(f"{name}: was deleted or replaced while it was being converted") from error
            raise

    def close(self) -> None:
        """Nothing is open."""


class ReadAheadFile:
    """A file that is read from front to back in small steps: fetched in large ones."""

    def __init__(self, file: S3File, chunk_bytes: int = CHUNK_BYTES) -> None:
        self.size = file.size
        self._file = file
        self._chunk_bytes = chunk_bytes
        self._start = 0
        self._data = b""

    def read(self, offset: int, length: int) -> bytes:
        """Some bytes; fewer only where the end comes first. Raises TransientError."""
        length = min(length, self.size - offset)
        if length <= 0:
            return b""
        at = offset - self._start
        if not 0 <= at <= len(self._data) - length:
            # whoever reads near the end (an archive's directory) wants what is before it, too
            first = max(0, min(offset, self.size - self._chunk_bytes))
            self._data = self._file.read(first, max(self._chunk_bytes, offset - first + length))
            self._start, at = first, offset - first
        return self._data[at : at + length]

    def close(self) -> None:
        """Nothing is open."""
        self._data = b""


def read_ahead(fetch: Callable[[Item], Result], items: Iterable[Item], ahead: int) -> Iterator[Result]:
    """Call ``fetch`` for each item; up to ``ahead`` calls run beside the reader. Results in order."""
    waiting = iter(items)
    with ThreadPoolExecutor(max(1, ahead), "fetch") as pool:
        running: list[Future[Result]] = [pool.submit(fetch, item) for item in islice(waiting, ahead)]
        try:
            while running:
                result = running.pop(0).result()
                running += [pool.submit(fetch, item) for item in islice(waiting, 1)]
                yield result
        finally:
            pool.shutdown(cancel_futures=True)
