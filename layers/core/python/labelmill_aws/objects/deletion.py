"""Deleting many objects."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import ObjectIdentifierTypeDef

MAX_DELETES: Final = 1000


def delete_below(s3: S3Client, bucket: str, prefix: str) -> int:
    """Delete all keys that begin so; how many. The bucket keeps no versions."""
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    return delete_objects(s3, bucket, ({"Key": found["Key"]} for page in pages for found in page.get("Contents", ())))


def delete_objects(s3: S3Client, bucket: str, objects: Iterable[ObjectIdentifierTypeDef]) -> int:
    """Delete objects, or exact versions of them; how many.

    Raises:
        RuntimeError: Naming the first that S3 would not delete.
    """
    waiting, count = iter(objects), 0
    while batch := list(islice(waiting, MAX_DELETES)):
        answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": batch, "Quiet": True})
        for error in answer.get("Errors", ()):
            raise RuntimeError(f"{error.get('Key')}: not deleted: {error.get('Code')}: {error.get('Message')}")
        count += len(batch)
    return count
