"""The event that S3 sends through EventBridge for an upload: only what says where to look."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec


class _Bucket(msgspec.Struct):
    name: str


class _Object(msgspec.Struct):
    key: str
    version_id: str = msgspec.field(default="", name="version-id")


class _Detail(msgspec.Struct):
    bucket: _Bucket
    object: _Object


class _Event(msgspec.Struct):
    detail: _Detail


def read_event(event: Mapping[str, Any]) -> tuple[str, str, str]:
    """Bucket, key and version of S3's event.

    Raises:
        ValueError: If it is no such event.
    """
    try:
        detail = msgspec.convert(event, _Event).detail
    except msgspec.ValidationError as error:
        raise ValueError(f"this is no event of S3: {error}") from error
    return detail.bucket.name, detail.object.key, detail.object.version_id
