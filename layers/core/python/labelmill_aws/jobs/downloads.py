"""The download of an annotation: an address that needs no token, with the name that people know."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import quote

from labelmill_aws.names import download_name
from labelmill_aws.objects.multipart import MOST_PART_BYTES, MOST_PARTS
from labelmill_aws.records.annotation import Annotation
from labelmill_aws.services import Services
from labelmill_aws.uploads.inbox_objects import look_at, time_text

LEAST_RANGE_BYTES: Final = 8 << 20
MOST_RANGE_BYTES: Final = MOST_PART_BYTES
MOST_RANGES: Final = MOST_PARTS
URL_S: Final = 3600


@dataclass(frozen=True, slots=True)
class Download:
    """An address.

    Attributes:
        name: The file's.
        expires: Until when it is good, ISO 8601.
    """

    url: str
    name: str
    size_bytes: int
    etag: str
    expires: str


class NotCompleteError(Exception):
    """There is nothing to download."""


class TooManyRangesError(Exception):
    """Parts are too small for this download; ``least_bytes`` is the smallest size that will do."""

    def __init__(self, least_bytes: int) -> None:
        super().__init__(f"expected at least {least_bytes} bytes: there are at most {MOST_RANGES:,} ranges")
        self.least_bytes = least_bytes


def name_of(row: Annotation, *, current: bool) -> str:
    """The file name of an annotation's download; one of an older version of the dataset says which."""
    number = f"v{row.dataset_number}" if row.dataset_number else row.dataset_version[:8]
    return download_name(row.dataset, row.format, row.map, "" if current else number)


def name_now(row: Annotation, control: Services[Any]) -> str:
    """The same, by the version at which the dataset is now."""
    dataset = control.catalog.dataset(row.workspace, row.dataset)
    return name_of(row, current=dataset is None or dataset.version == row.dataset_version)


def download(row: Annotation, control: Services[Any]) -> Download:
    """Make the address of an annotation's archive.

    Raises:
        NotCompleteError: If it has no archive: one that failed for some images has that of the others.
    """
    if row.is_open or not row.download_key:
        raise NotCompleteError(f"The annotation is {row.status}.")
    bucket: str = control.settings.outbox_bucket
    present = look_at(control.clients.s3, bucket, row.download_key)
    if present is None:
        raise NotCompleteError("The archive is gone; request the format again with force.")
    name = name_now(row, control)
    params = {
        "Bucket": bucket,
        "Key": row.download_key,
        "ResponseContentDisposition": content_disposition(name),
        "ResponseContentType": "application/zip",
    }
    expires = datetime.now(UTC) + timedelta(seconds=URL_S)
    url = control.clients.presigner.generate_presigned_url("get_object", Params=params, ExpiresIn=URL_S)
    return Download(url, name, present.size_bytes, present.etag, time_text(expires))


def ranges(size_bytes: int, part_bytes: int) -> Iterator[tuple[int, int]]:
    """Offset and length of the ranges that a download is made of, in bytes.

    Raises:
        TooManyRangesError: If they are more than one can handle.
    """
    if -(-size_bytes // part_bytes) > MOST_RANGES:
        raise TooManyRangesError(-(-size_bytes // MOST_RANGES))
    for offset in range(0, size_bytes, part_bytes):
        yield offset, min(part_bytes, size_bytes - offset)


def content_disposition(name: str) -> str:
    """The header that gives a download its name.

    Source:
        RFC 6266, with the fallback for old readers beside the encoded name of RFC 8187 (formerly 5987).
    """
    plain = "".join(char if char.isascii() and char.isprintable() and char not in '"\\%' else "_" for char in name)
    header = f'attachment; filename="{plain}"'
    return header if plain == name else f"{header}; filename*=UTF-8''{quote(name, safe='')}"
