"""The decision about a request: what its ``Authorization`` header grants, or that it grants nothing."""

from __future__ import annotations

import re
from typing import Final

from labelmill_aws.access.grants import Grant, RefusedTokenError
from labelmill_aws.access.tokens import Tokens

MAX_HEADER_CHARS: Final = 8192
"""Nobody's token is longer; API Gateway takes 10,240 bytes of headers."""

_BEARER: Final = re.compile(r"bearer +([\x21-\x7e]+)", re.IGNORECASE)


class Authorizer:
    """Decides by labelmill's own tokens."""

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens

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
        return self._tokens.check(match[1])
