"""Where the emulator's S3 differs from AWS in ways that this workflow would notice, put right.

* A read of a range of a named version answers the range (ministack answers the whole object, with status 200).
* The event that S3 sends to EventBridge names the object's version (ministack leaves ``version-id`` out).
* A multipart upload with a part below 5 MiB that is not the last is refused (ministack joins parts of any size).
"""

import json
import re
from contextvars import ContextVar
from typing import Any

from ministack.services import eventbridge, s3

PART_MINIMUM_BYTES = 5 * 1024 * 1024
_VERSION: ContextVar[str | None] = ContextVar("version", default=None)


def correct_s3() -> None:
    """Correct the emulator; once, before it serves."""
    _range_of_a_version()
    _version_in_events()
    _least_part_size()


def _range_of_a_version() -> None:
    original = s3._get_object

    def get_object(bucket: str, key: str, headers: dict[str, str], query: Any = None) -> Any:
        wanted = headers.get("range", "")
        if not wanted or not s3._qp(query or {}, "versionId", ""):
            return original(bucket, key, headers, query)
        # The checksum is of the whole object: a client would find the slice corrupt.
        plain = {name: value for name, value in headers.items() if name not in ("range", "x-amz-checksum-mode")}
        status, found, body = original(bucket, key, plain, query)
        if status != 200:
            return status, found, body
        span = s3._parse_range(wanted, len(body))
        if span is None:
            return 416, {"Content-Type": "application/xml"}, s3._xml_body(s3._range_error_xml(bucket, key))
        start, end = span
        part = body[start : end + 1]
        return (
            206,
            found | {"Content-Length": str(len(part)), "Content-Range": f"bytes {start}-{end}/{len(body)}"},
            part,
        )

    s3._get_object = get_object


def _version_in_events() -> None:
    fire, dispatch = s3._fire_s3_event, eventbridge._dispatch_event

    def fire_with_version(*args: Any, version_id: str | None = None, **kwargs: Any) -> None:
        token = _VERSION.set(version_id)
        try:
            fire(*args, version_id=version_id, **kwargs)
        finally:
            _VERSION.reset(token)

    def dispatch_with_version(event: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        version = _VERSION.get()
        if version and event.get("Source") == "aws.s3":
            detail = json.loads(event["Detail"])
            detail["object"]["version-id"] = version
            event = event | {"Detail": json.dumps(detail)}
        return dispatch(event, *args, **kwargs)

    s3._fire_s3_event = fire_with_version
    eventbridge._dispatch_event = dispatch_with_version


def _least_part_size() -> None:
    original = s3._complete_multipart_upload

    def complete(bucket: str, key: str, body: bytes, query: Any, headers: Any = None) -> Any:
        upload = s3._multipart_uploads.get(s3._qp(query, "uploadId")) or {"parts": {}}
        numbers = sorted(int(number) for number in re.findall(rb"<PartNumber>\s*(\d+)", body))
        sizes = [upload["parts"][number]["size"] for number in numbers if number in upload["parts"]]
        if any(size < PART_MINIMUM_BYTES for size in sizes[:-1]):
            message = "Your proposed upload is smaller than the minimum allowed size"
            return s3._error("EntityTooSmall", message, 400, f"/{bucket}/{key}")
        return original(bucket, key, body, query, headers)

    s3._complete_multipart_upload = complete
