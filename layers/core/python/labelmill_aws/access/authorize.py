"""The decision about a request: what its ``Authorization`` header grants, or that it grants nothing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, Protocol

from labelmill_aws.access.grants import Grant, RefusedTokenError
from labelmill_aws.access.tokens import PREFIX, Tokens
from labelmill_aws.clients import Clients
from labelmill_aws.records.table import Table

if TYPE_CHECKING:
    from labelmill_aws.settings import AuthorizeSettings

MAX_HEADER_CHARS: Final = 8192
"""Nobody's token is longer; API Gateway takes 10,240 bytes of headers."""

_BEARER: Final = re.compile(r"bearer +([\x21-\x7e]+)", re.IGNORECASE)


class Checks(Protocol):
    """Says what a kind of token grants."""

    def check(self, token: str, /) -> Grant:
        """Raises ``RefusedTokenError`` where that is nothing."""


class Authorizer:
    """Decides by labelmill's own tokens, and by an issuer's JWTs where there is one."""

    def __init__(self, tokens: Checks, jwts: Checks | None = None) -> None:
        self._tokens = tokens
        self._jwts = jwts

    @classmethod
    def of(cls, clients: Clients, settings: AuthorizeSettings) -> Authorizer:
        """From the settings of its function.

        Raises:
            SettingError: If those of the issuer don't fit.
        """
        tokens = Tokens(Table(clients.dynamodb, settings.table_name))
        if not settings.oidc_issuer:
            return cls(tokens)
        from labelmill_aws.access.jwt_tokens import JwtTokens  # a tenth of a second that others need not pay

        return cls(tokens, JwtTokens.of(settings))

    def authorize(self, header: str) -> Grant:
        """Say what the value of an ``Authorization`` header grants.

        Raises:
            RefusedTokenError: If it grants nothing.
            TransientError: If that can't be found out now.
        """
        if len(header) > MAX_HEADER_CHARS:
            raise RefusedTokenError("too long")
        match = _BEARER.fullmatch(header)
        if match is None:
            raise RefusedTokenError("no bearer token")
        token = match[1]
        if self._jwts is None or token.startswith(PREFIX):
            return self._tokens.check(token)
        return self._jwts.check(token)
