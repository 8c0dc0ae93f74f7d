"""S3 in memory, as far as writing needs it: it holds to the limits that the emulator does not know."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any


@dataclass
class StrictS3:
    """Refuses what S3 refuses: parts that are too short or too many, ranges beyond an object's end.

    Attributes:
        least: Bytes that a part must have, unless it is the last one.
        most: Bytes that a part may have.
        most_parts: How many parts an upload may have.
        copied: Bytes that were copied inside S3.
        largest: Bytes of the largest part that was sent.
    """

    least: int
    most: int
    most_parts: int
    objects: dict[str, bytes] = field(default_factory=dict)
    uploads: dict[str, dict[int, bytes]] = field(default_factory=dict)
    copied: int = 0
    largest: int = 0

    def put_object(self, **asked: Any) -> dict[str, Any]:
        self.objects[asked["Key"]] = asked["Body"]
        return {}

    def get_object(self, **asked: Any) -> dict[str, Any]:
        return {"Body": BytesIO(self._range(asked["Key"], asked["Range"]))}

    def create_multipart_upload(self, **asked: Any) -> dict[str, Any]:
        self.uploads[asked["Key"]] = {}
        return {"UploadId": asked["Key"]}

    def upload_part(self, **asked: Any) -> dict[str, Any]:
        self.largest = max(self.largest, len(asked["Body"]))
        return {"ETag": self._part(asked["UploadId"], asked["PartNumber"], asked["Body"])}

    def upload_part_copy(self, **asked: Any) -> dict[str, Any]:
        data = self._range(asked["CopySource"]["Key"], asked["CopySourceRange"])
        self.copied += len(data)
        return {"CopyPartResult": {"ETag": self._part(asked["UploadId"], asked["PartNumber"], data)}}

    def complete_multipart_upload(self, **asked: Any) -> dict[str, Any]:
        parts = self.uploads.pop(asked["UploadId"])
        named = [part["PartNumber"] for part in asked["MultipartUpload"]["Parts"]]
        assert named == sorted(parts), "in order, all of them"
        assert [part["ETag"] for part in asked["MultipartUpload"]["Parts"]] == [f"tag-{number}" for number in named]
        assert all(len(parts[number]) >= self.least for number in named[:-1]), "a part is too short"
        self.objects[asked["Key"]] = b"".join(parts[number] for number in named)
        return {}

    def abort_multipart_upload(self, **asked: Any) -> dict[str, Any]:
        del self.uploads[asked["UploadId"]]
        return {}

    def _part(self, upload: str, number: int, data: bytes) -> str:
        assert 1 <= number <= self.most_parts, "too many parts"
        assert 0 < len(data) <= self.most
        self.uploads[upload][number] = data
        return f"tag-{number}"

    def _range(self, key: str, text: str) -> bytes:
        found = re.fullmatch(r"bytes=(\d+)-(\d+)", text)
        assert found
        first, last = int(found[1]), int(found[2])
        assert first <= last < len(self.objects[key])
        return self.objects[key][first : last + 1]
