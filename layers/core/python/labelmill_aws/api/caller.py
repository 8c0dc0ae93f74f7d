"""Who asks: what the authorizer has said about the token, and what a role allows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from labelmill_aws.access.grants import ADMIN, EDITOR, READER, ROLES
from labelmill_aws.api.problems import Problem

__all__ = ["ADMIN", "EDITOR", "READER", "ROLES", "Caller"]


@dataclass(frozen=True, slots=True)
class Caller:
    """The holder of a token.

    Attributes:
        organization: The only organization that the token opens.
        role: One of ``ROLES``.
        id: The token's, which is no secret.
        name: The token's, as people know it; ``asked_by`` of what is requested.
        expires: When it ends, ISO 8601; empty when it does not say so.
    """

    organization: str
    role: str
    id: str
    name: str
    expires: str = ""

    @classmethod
    def of(cls, event: Mapping[str, Any], now: datetime | None = None) -> Caller:
        """Read the authorizer's answer from an event.

        Raises:
            Problem: If the token has expired since: API Gateway keeps an answer for a minute.
            ValueError: If there is no such answer: the route was deployed without its authorizer.
        """
        said = event.get("requestContext", {}).get("authorizer", {}).get("lambda") or {}
        organization, role = said.get("organization"), said.get("role")
        if not organization or role not in ROLES:
            raise ValueError("the request has not passed the authorizer")
        caller = cls(organization, role, said.get("token", ""), said.get("name", ""), said.get("expires", ""))
        if caller.expires and datetime.fromisoformat(caller.expires) <= (now or datetime.now(UTC)):
            raise Problem("token-expired", f"The token ended at {caller.expires}.")
        return caller

    def may(self, role: str) -> bool:
        """Tell whether this caller may do what needs a role."""
        return ROLES.index(self.role) >= ROLES.index(role)
