"""The listing of a loose dataset: what is there, written down once, so that a job sees one state of it.

Only files directly in the four folders count. The folders are listed side by side, each into a file of its own, so that
memory does not grow with the dataset.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import IO, TYPE_CHECKING, Any, Final

import msgspec
from botocore.exceptions import ClientError

from labelmill.errors import DatasetError
from labelmill.source.dataset import FOLDERS, IMAGES
from labelmill_aws.errors import is_missing, transient_errors
from labelmill_aws.messages import LooseSource, ObjectRef
from labelmill_aws.names import ListingVersion, plain_etag

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

SORTED_FOLDERS: Final = tuple(sorted(FOLDERS))
LISTING_GOOD_FOR: Final = timedelta(days=5)
"""Listings lie under ``work/`` and expire after 7 days; a job that starts now should not lose its own."""


class ListedFile(msgspec.Struct, frozen=True):
    """A line of the listing.

    Attributes:
        name: Name of the file inside its folder.
        size: Size in bytes.
        etag: S3's, without quotes.
        folder: ``annotations``, ``images``, ``masks`` or ``metadata``.
    """

    name: str
    size: int
    etag: str
    folder: str


@dataclass(slots=True)
class Listing:
    """What was found.

    Attributes:
        document: JSON Lines of ``ListedFile``, sorted by folder and name; at its beginning.
        version: Over names, sizes and ETags.
        images: Files in ``images/``.
        newest: When the newest of the files was made; ``None`` when there is none.
    """

    document: IO[bytes]
    version: str
    files: int
    images: int
    size_bytes: int
    newest: datetime | None


@dataclass(slots=True)
class _Folder:
    name: str
    lines: IO[bytes]
    files: int = 0
    size_bytes: int = 0
    newest: datetime | None = None


@contextmanager
def list_dataset(client: S3Client, bucket: str, prefix: str) -> Iterator[Listing]:
    """List a loose dataset.

    Args:
        client: S3.
        bucket: Where it lies.
        prefix: What its keys begin with, ending in ``/``.

    Yields:
        The listing; its document is gone afterwards.
    """
    with ExitStack() as stack:
        folders = [_Folder(name, stack.enter_context(tempfile.TemporaryFile())) for name in SORTED_FOLDERS]
        with ThreadPoolExecutor(len(folders)) as pool:
            list(pool.map(lambda folder: _list_folder(client, bucket, prefix, folder), folders))
        document = stack.enter_context(tempfile.TemporaryFile())
        version = ListingVersion()
        for folder in folders:
            folder.lines.seek(0)
            for line in folder.lines:
                file = msgspec.json.decode(line, type=ListedFile)
                version.add(file.folder, file.name, file.size, file.etag)
            folder.lines.seek(0)
            shutil.copyfileobj(folder.lines, document)
        document.seek(0)
        yield Listing(
            document=document,
            version=version.text(),
            files=sum(folder.files for folder in folders),
            images=sum(folder.files for folder in folders if folder.name == IMAGES),
            size_bytes=sum(folder.size_bytes for folder in folders),
            newest=max((folder.newest for folder in folders if folder.newest), default=None),
        )


def write_listing(client: S3Client, bucket: str, key: str, listing: Listing) -> None:
    """Write a listing down."""
    from boto3.s3.transfer import TransferConfig

    in_turn = TransferConfig(use_threads=False)  # some parts of 8 MiB: threads would cost more than they save
    client.upload_fileobj(listing.document, bucket, key, Config=in_turn)


def is_fresh(client: S3Client, place: ObjectRef) -> bool:
    """Tell whether a listing will be there for as long as a job that starts now needs it.

    Raises:
        KeyError: If it is gone.
    """
    try:
        modified = client.head_object(Bucket=place.bucket, Key=place.key)["LastModified"]
    except ClientError as error:
        if is_missing(error):
            raise KeyError(place.key) from error
        raise
    return modified > datetime.now(UTC) - LISTING_GOOD_FOR


def restore_listing(client: S3Client, source: LooseSource, dataset: str, version: str) -> None:
    """Write the listing of a loose dataset again when it has expired, or is about to.

    Args:
        client: S3.
        source: The dataset.
        dataset: Its name, for the error.
        version: Its version, which the files must still give.

    Raises:
        DatasetError: If the files are other ones than those that were registered, and the listing is gone.
        TransientError: If S3 refuses for now.
    """
    with transient_errors():
        try:
            if is_fresh(client, source.listing):
                return
            gone = False
        except KeyError:
            gone = True
        with list_dataset(client, source.bucket, source.prefix) as listing:
            if listing.version == version:
                write_listing(client, source.listing.bucket, source.listing.key, listing)
            elif gone:
                reason = "its files have changed since it was registered; upload _SUCCESS to register it anew"
                raise DatasetError(f"{dataset}: {reason}")


def _list_folder(client: S3Client, bucket: str, prefix: str, folder: _Folder) -> None:
    start = f"{prefix}{folder.name}/"
    request: Any = {"Bucket": bucket, "Prefix": start, "Delimiter": "/"}
    while True:
        page = client.list_objects_v2(**request)
        for found in page.get("Contents", []):
            name = found["Key"][len(start) :]
            if not name:
                continue  # the mark that S3's console makes for a folder
            file = ListedFile(name, found["Size"], plain_etag(found["ETag"]), folder.name)
            folder.lines.write(msgspec.json.encode(file) + b"\n")
            folder.files += 1
            folder.size_bytes += file.size
            modified = found["LastModified"]
            folder.newest = max(folder.newest or modified, modified)
        if not page.get("IsTruncated"):
            return
        request["ContinuationToken"] = page["NextContinuationToken"]
