"""Deleting many objects, batches side by side.

S3 answers a batch with success though some of its keys could not be deleted: those that it was too busy for are asked
for again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from time import sleep
from typing import TYPE_CHECKING, Any, Final, TypeVar

from botocore.exceptions import ClientError

from labelmill.errors import TransientError
from labelmill_aws.errors import THROTTLES, code_of
from labelmill_aws.objects.object_store import read_ahead

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import ObjectIdentifierTypeDef

MAX_DELETES: Final = 1000
AT_ONCE: Final = 4
"""Batches: S3 deletes 3,500 keys of a prefix a second."""
BUSY_TRIES: Final = 6
T = TypeVar("T")


class TimeIsUpError(Exception):
    """There is more to delete than there is time for: a repeat finds what is left."""


def while_time(items: Iterable[T], has_time: Callable[[], bool]) -> Iterator[T]:
    """The items, for as long as there is time.

    Raises:
        TimeIsUpError: If there is none left before the end.
    """
    for item in items:
        if not has_time():
            raise TimeIsUpError
        yield item


def keys_below(s3: S3Client, bucket: str, prefix: str) -> Iterator[ObjectIdentifierTypeDef]:
    """All keys that begin so. The bucket keeps no versions."""
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    return ({"Key": found["Key"]} for page in pages for found in page.get("Contents", ()))


def delete_below(s3: S3Client, bucket: str, prefix: str) -> int:
    """Delete all keys that begin so; how many. The bucket keeps no versions. Raises as ``delete_objects``."""
    return delete_objects(s3, bucket, keys_below(s3, bucket, prefix))


def delete_objects(s3: S3Client, bucket: str, objects: Iterable[ObjectIdentifierTypeDef]) -> int:
    """Delete objects, or exact versions of them; how many.

    Raises:
        RuntimeError: Naming the first that S3 would not delete.
        TransientError: If S3 was too busy for some.
    """
    waiting = iter(objects)
    batches = iter(lambda: list(islice(waiting, MAX_DELETES)), [])
    return sum(read_ahead(lambda batch: _delete_batch(s3, bucket, batch), batches, AT_ONCE))


def give_up(s3: S3Client, bucket: str, key: str, upload_id: str) -> None:
    """Give a multipart upload up, with its parts; one that is no more is fine."""
    try:
        s3.abort_multipart_upload(Bucket=bucket, Key=key, UploadId=upload_id)
    except ClientError as error:
        if code_of(error) != "NoSuchUpload":
            raise


def _delete_batch(s3: S3Client, bucket: str, batch: Sequence[ObjectIdentifierTypeDef]) -> int:
    waiting = list(batch)
    for tried in range(BUSY_TRIES):
        answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": waiting, "Quiet": True})
        errors = answer.get("Errors", ())
        for error in errors:
            if error.get("Code") not in THROTTLES:
                raise RuntimeError(f"{error.get('Key')}: not deleted: {error.get('Code')}: {error.get('Message')}")
        if not errors:
            return len(batch)
        waiting = [_named(error) for error in errors]
        sleep(0.05 * 2**tried)
    raise TransientError(f"DeleteObjects: {bucket} was too busy for {len(waiting)} keys")


def _named(error: Any) -> ObjectIdentifierTypeDef:
    """The object that an error is about."""
    found: ObjectIdentifierTypeDef = {"Key": error["Key"]}
    if error.get("VersionId"):
        found["VersionId"] = error["VersionId"]
    return found
