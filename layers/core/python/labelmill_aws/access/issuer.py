"""The signing keys of an OpenID Connect issuer: found by its discovery document, fetched when first needed, kept.

PyJWT's client does the keeping, and looks again for a key that it does not know, at most twice a minute. Added here:
discovery, a limit of size, no redirects, no http but to this machine, and a pause after a failure.
"""

from __future__ import annotations

import http.client
import json
import time
import urllib.error
import urllib.request
from typing import Any, Final
from urllib.parse import urlsplit

from jwt import PyJWKClient
from jwt.exceptions import PyJWKClientConnectionError

MAX_BYTES: Final = 256 * 1024
TIMEOUT_S: Final = 3
KEEP_S: Final = 300
LOOK_AGAIN_S: Final = 30
PAUSE_S: Final = 5
LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})


class IssuerKeys(PyJWKClient):
    """The keys of one issuer."""

    def __init__(self, issuer: str) -> None:
        super().__init__(issuer, lifespan=KEEP_S, timeout=TIMEOUT_S, cooldown_duration=LOOK_AGAIN_S)
        self._issuer = issuer
        self._failed_at = float("-inf")

    def fetch_data(self) -> Any:
        """Fetch the keys; the base class keeps them.

        Raises:
            PyJWKClientConnectionError: If the issuer does not answer, or answers something else.
        """
        if time.monotonic() - self._failed_at < PAUSE_S:  # or each bad token would cost a time-out
            raise PyJWKClientConnectionError("the issuer did not answer a moment ago")
        try:
            found = _get_json(f"{self._issuer.rstrip('/')}/.well-known/openid-configuration")
            if found.get("issuer") != self._issuer:
                raise ValueError("its discovery document is another issuer's")
            keys = _get_json(_same_strength(self._issuer, found.get("jwks_uri")))
        except (OSError, http.client.HTTPException, ValueError, RecursionError) as error:
            self._failed_at = time.monotonic()
            raise PyJWKClientConnectionError("the issuer's keys can't be fetched") from error
        self._last_successful_fetch = time.monotonic()
        return keys


def address_problem(url: object) -> str | None:
    """Why keys, or what leads to them, can't be fetched from an address; ``None`` when they can."""
    if not isinstance(url, str) or not url.isascii() or not url.isprintable() or " " in url:
        return "expected a URL"
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return "expected a URL"
    if not host or parts.username is not None or parts.password is not None or parts.fragment:
        return "expected a URL with a host, and without a user and '#'"
    if parts.scheme != "https" and not (parts.scheme == "http" and host in LOOPBACK):
        return "expected https"
    return None


def _same_strength(issuer: str, url: object) -> str:
    """The address of the keys: https where the issuer's is."""
    if not isinstance(url, str) or address_problem(url) or urlsplit(url).scheme != urlsplit(issuer).scheme:
        raise ValueError("its jwks_uri can't be used")
    return url


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any, **__: Any) -> None:
        """A redirect is an error: it could lead to http, or into the function's own network."""


def _get_json(url: str) -> dict[str, Any]:
    with urllib.request.build_opener(_NoRedirects).open(url, timeout=TIMEOUT_S) as answer:
        data = answer.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise ValueError("too long")
    document = json.loads(data)
    if not isinstance(document, dict):
        raise ValueError("no JSON object")
    return document
