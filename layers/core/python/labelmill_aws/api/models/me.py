"""The token that asks."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from labelmill_aws.api.models.base import Answered

Role = Literal["reader", "editor", "admin"]


class MyToken(Answered):
    """The token that was sent, without its secret."""

    id: str
    name: str
    expires: str = Field(description="ISO 8601, UTC; empty when the token does not say.")


class Limits(Answered):
    """Bounds of requests."""

    body_bytes: int = Field(description="Size of a request's body.")
    map_bytes: int = Field(description="Size of an annotation map.")
    page_items: int = Field(description="Items on one page of a list.")
    tags: int = Field(description="Tags on one thing.")


class Me(Answered):
    """What a token opens."""

    organization: str
    role: Role
    token: MyToken
    limits: Limits
