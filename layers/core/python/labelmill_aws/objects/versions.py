"""What lies below a prefix of a versioned bucket: every version, every mark of a deletion, every unfinished upload.

Times are S3's, in whole seconds. Of an object that was uploaded in parts it is the time at which that began.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from labelmill_aws.objects.deletion import give_up

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class Below(NamedTuple):
    """Some keys of a bucket.

    Attributes:
        prefix: What they begin with.
        deep: Whether keys with another ``/`` behind the prefix are meant as well; S3 passes over them otherwise.
        owns: Tells of a key that begins so whether it is meant.
    """

    prefix: str
    deep: bool
    owns: Callable[[str], bool]


class Version(NamedTuple):
    """A version of an object, or the mark of a deletion."""

    key: str
    version_id: str
    modified: datetime
    is_mark: bool


def versions(s3: S3Client, bucket: str, below: Below) -> Iterator[Version]:
    """Versions and marks, page by page in the order of keys."""
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket, **_asked(below)):
        found: list[tuple[Any, bool]] = [(one, False) for one in page.get("Versions", ())]
        found += [(one, True) for one in page.get("DeleteMarkers", ())]
        for one, is_mark in found:
            if below.owns(one["Key"]):
                yield Version(one["Key"], one["VersionId"], one["LastModified"].replace(microsecond=0), is_mark)


def uploads(s3: S3Client, bucket: str, below: Below) -> Iterator[Any]:
    """Unfinished uploads, page by page in the order of keys, as S3 tells them."""
    for page in s3.get_paginator("list_multipart_uploads").paginate(Bucket=bucket, **_asked(below)):
        yield from (one for one in page.get("Uploads", ()) if below.owns(one["Key"]))


def give_up_uploads(s3: S3Client, bucket: str, below: Below, until: datetime) -> None:
    """Give uploads up that began at a time or before: none of them can become an object any more."""
    for one in uploads(s3, bucket, below):
        if one["Initiated"].replace(microsecond=0) <= until:
            give_up(s3, bucket, one["Key"], one["UploadId"])


def _asked(below: Below) -> Any:
    return {"Prefix": below.prefix} | ({} if below.deep else {"Delimiter": "/"})
