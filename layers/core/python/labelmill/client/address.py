"""Where a token may be sent, and what may be sent as one."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from labelmill.errors import OptionError

LOOPBACK = re.compile(r"localhost|127(\.\d{1,3}){3}|::1")
VERSION_PATH = "/v1"
_TOKEN = re.compile(r"[!-~]+")
MAX_TOKEN_CHARACTERS = 8192


def checked_url(url: str) -> str:
    """The URL of a service, without ``/v1`` and slashes at its end.

    Raises:
        OptionError: If it is not ``https``, or ``http`` to this very machine, where nobody can listen.

    Example:
        >>> checked_url("https://api.example.com/v1/")
        'https://api.example.com'
    """
    try:
        parts = urlsplit(url.strip())
        host, _ = parts.hostname or "", parts.port
    except ValueError as error:
        raise OptionError(f"{_shown(url)}: not a URL") from error
    if parts.scheme not in ("http", "https") or not host or any(c.isspace() or not c.isprintable() for c in host):
        raise OptionError(f"{_shown(url)}: expected a URL like https://api.example.com")
    if parts.username is not None or parts.password is not None:
        raise OptionError(f"{host}: a user name or password in the URL is not used; remove it")
    if parts.query or parts.fragment:
        raise OptionError(f"{host}: expected a URL without '?' and '#'")
    if parts.scheme == "http" and not is_loopback(host):
        raise OptionError(f"http://{parts.netloc}: tokens are sent by https only; http is for 127.0.0.1 and localhost")
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/').removesuffix(VERSION_PATH).rstrip('/')}"


def is_loopback(host: str) -> bool:
    """Whether a host's name means this machine, whatever a name server says."""
    return LOOPBACK.fullmatch(host.lower()) is not None


def check_token(token: str) -> None:
    """See whether a text can stand in a header; whether it is a token, only the service knows.

    Raises:
        OptionError: If it can't. The text itself is not shown.
    """
    if not token:
        raise OptionError("the token is empty")
    if len(token) > MAX_TOKEN_CHARACTERS or not _TOKEN.fullmatch(token):
        raise OptionError(f"not a token: expected up to {MAX_TOKEN_CHARACTERS} printable characters without spaces")


def _shown(url: str) -> str:
    """A URL without what may be a password in it."""
    return re.sub(r"//[^/@]*@", "//…@", url) or "(empty)"
