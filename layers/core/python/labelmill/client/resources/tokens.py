"""Tokens of the organization; for those whose own token is an ``admin``'s."""

from __future__ import annotations

from collections.abc import Iterator

from labelmill.client.models import CreatedToken, Role, Token
from labelmill.client.pages import paged
from labelmill.client.resources.resource import Resource, given


class Tokens(Resource):
    """``client.tokens``."""

    def create(self, name: str, role: Role, *, expires_in_days: int | None = None) -> CreatedToken:
        """Make a token.

        Args:
            name: Whose it is or what it is for; shown as ``asked_by``.
            role: ``reader``, ``editor`` or ``admin``.
            expires_in_days: 1..3650, by default 365.

        Returns:
            The token, this once: the service keeps a hash only.

        Raises:
            ServiceError: ``forbidden`` for those who are no admin.
        """
        body = {"name": name, "role": role, **given(expires_in_days=expires_in_days)}
        return self._transport.send(CreatedToken, "POST", self._own("tokens"), body)

    def list(self, *, limit: int | None = None) -> Iterator[Token]:
        """Go through the organization's tokens, expired and revoked ones too."""
        return paged(self._transport, Token, self._own("tokens"), limit=limit)

    def revoke(self, token: str) -> None:
        """Make a token useless, by its id; within a minute everywhere. Raises NotFoundError."""
        self._transport.request("DELETE", self._own("tokens", token))
