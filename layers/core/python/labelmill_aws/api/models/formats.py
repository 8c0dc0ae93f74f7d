"""Formats."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from labelmill_aws.api.models.base import Answered


class Format(Answered):
    """A format that datasets can be turned into."""

    id: str = Field(description="What requests name it by.", examples=["COCO"])
    name: str = Field(description="What people call it.", examples=["COCO JSON"])
    task: str = Field(description="What is trained with it.", examples=["detection, instance segmentation"])
    holds: list[str] = Field(description="The files in its archive.")
    options: dict[str, Any] = Field(
        description="JSON Schema of a request's `options`: those that this format knows, each with title, description "
        "and default; values to choose from in `anyOf`, each a `const` with title and description."
    )


class FormatList(Answered):
    """All formats, in the order in which they are shown."""

    items: list[Format]
