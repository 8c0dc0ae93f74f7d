"""Signing in by a link."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from labelmill_aws.api.models.base import Asked


class NewSession(Asked):
    """The code of a link."""

    code: Annotated[str, Field(max_length=200, description="What stands behind `#code=`.")]
