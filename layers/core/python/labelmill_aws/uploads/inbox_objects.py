"""Looking at the inbox: what is there now, whatever an event said some time ago."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

from botocore.exceptions import ClientError

from labelmill_aws.errors import is_missing
from labelmill_aws.names import plain_etag

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

BY: Final = "labelmill-by"
"""S3 metadata of objects that the API writes: the name of its caller, percent-encoded as headers hold ASCII only."""
UPLOAD: Final = "upload"


@dataclass(frozen=True, slots=True)
class Present:
    """An object as it is now.

    Attributes:
        version_id: S3's; from ETag and time where the bucket keeps no versions.
        modified: When it was made.
        by: Who made it: the name of the token that the API was given, ``upload`` where nobody says.
    """

    key: str
    version_id: str
    etag: str
    size_bytes: int
    modified: datetime
    by: str = UPLOAD

    @property
    def arrived(self) -> str:
        """When it was made, ISO 8601: sorts as time does."""
        return time_text(self.modified)


def time_text(moment: datetime) -> str:
    """ISO 8601, UTC, seconds: as fine as S3 tells."""
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def look_at(client: S3Client, bucket: str, key: str) -> Present | None:
    """An object as it is now; ``None`` when there is none."""
    try:
        return _present(key, client.head_object(Bucket=bucket, Key=key))
    except ClientError as error:
        if is_missing(error):
            return None
        raise


def read_small(client: S3Client, bucket: str, key: str, most_bytes: int) -> tuple[Present, bytes | None] | None:
    """An object and its bytes, of one version.

    Returns:
        ``None`` when there is no object; ``None`` for the bytes when they are more than ``most_bytes``.
    """
    try:
        answer = client.get_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if is_missing(error):
            return None
        raise
    present = _present(key, answer)
    with answer["Body"] as body:
        return present, body.read() if present.size_bytes <= most_bytes else None


def _present(key: str, answer: Any) -> Present:
    etag = plain_etag(answer["ETag"])
    modified: datetime = answer["LastModified"]
    version_id = answer.get("VersionId") or "null"
    if version_id == "null":
        version_id = f"{etag}@{time_text(modified)}"
    by = unquote(answer.get("Metadata", {}).get(BY, "")) or UPLOAD
    return Present(key, version_id, etag, answer["ContentLength"], modified, by)
