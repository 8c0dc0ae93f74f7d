"""Tokens."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from labelmill_aws.access.tokens import DEFAULT_DAYS, MAX_DAYS
from labelmill_aws.api.models.base import Answered, Asked, Next, Time
from labelmill_aws.api.models.me import Role


def _printable(text: str) -> str:
    if not text.isprintable():
        raise ValueError("expected printable characters")
    return text


class NewToken(Asked):
    """A token that is to be made."""

    name: Annotated[
        str,
        AfterValidator(_printable),
        Field(min_length=1, max_length=200, description="Who or what it is for.", examples=["training server"]),
    ]
    role: Role = Field(description="What its holder may do: read; read and change; all that and tokens.")
    expires_in_days: int = Field(default=DEFAULT_DAYS, ge=1, le=MAX_DAYS, description="How long it is good.")


class TokenAnswer(Answered):
    """A token, without what proves it."""

    id: str
    name: str
    role: Role
    status: Literal["active", "revoked", "expired"]
    created: Time
    created_by: str = Field(description="Name of the token that asked for it.")
    expires: Time
    revoked: str = Field(description="ISO 8601, UTC; empty if it was not.")


class CreatedToken(TokenAnswer):
    """A token that was made."""

    token: str = Field(description="What to send. It is shown this once; the service keeps a hash.")


class TokenList(Answered):
    """Tokens, newest first; those that ended are kept for 90 days after their expiry."""

    items: list[TokenAnswer]
    next: Next
