"""What the plain emulator does otherwise than S3, put right for tests that read archives by ranges."""

from __future__ import annotations

from typing import Any

import pytest
from cloud_tools import Cloud


def read_by_ranges(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Let ranges of a version be ranges; what is asked of S3 for objects is kept in the list.

    The plain emulator answers a range of a version with the whole object; of the object, with the range.
    """
    original = cloud.clients.s3.get_object
    asked_for: list[dict[str, Any]] = []

    def get_object(**asked: Any) -> Any:
        asked_for.append(dict(asked))
        if "Range" in asked:
            asked.pop("VersionId", None)
        return original(**asked)

    monkeypatch.setattr(cloud.clients.s3, "get_object", get_object)
    return asked_for
