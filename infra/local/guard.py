"""Who may talk to the local cloud: programs of this machine that hold its keys, and pages that it served itself.

Everything of the emulator can be asked for by whoever reaches its port, and a browser reaches it on behalf of any page
that it shows. So requests by another name (``Host``: a name that was rebound to 127.0.0.1), from another origin, or
across sites are refused, whatever they ask; and calls of AWS' API have to name the access key that was made at this
start, or one of the sessions that functions have. The emulator itself takes everybody without a key, with the key
``test``, or with an account's number for the owner.
"""

import re
import secrets
from dataclasses import dataclass
from urllib.parse import parse_qs

from infra.local.asgi import Scope
from infra.local.calls import header_texts

HOSTS = ("127.0.0.1", "localhost", "[::1]")
_SIGNED = re.compile(r"Credential=([^/,\s]+)/|^AWS ([^:]+):")
_OWNER_OF_ANYTHING = re.compile(r"|test|\d{12}")
_PAGES = ("/", "/console")
_ASKED_BY_LINK = frozenset({"ConfirmSubscription", "Unsubscribe"})


@dataclass(frozen=True)
class Keys:
    """The credentials of the person who may do everything, made anew at each start."""

    access_key: str
    secret_key: str

    @classmethod
    def new(cls) -> "Keys":
        """Make some that nobody can guess."""
        letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
        return cls("AKIA" + "".join(secrets.choice(letters) for _ in range(16)), secrets.token_urlsafe(30))


class Guard:
    """Refuses requests before anything else looks at them."""

    def __init__(self, port: int, keys: Keys) -> None:
        self._hosts = frozenset(f"{host}:{port}" for host in HOSTS)
        self._origins = frozenset(f"http://{host}" for host in self._hosts)
        self._keys = keys

    def refusal(self, scope: Scope) -> str | None:
        """Say why a request comes from where none may come from, or ``None``."""
        headers = header_texts(scope["headers"])
        host = headers.get("host", "").lower()
        if host not in self._hosts:
            return f"this is {' or '.join(sorted(self._hosts))}, not {host[:80]!r}"
        if "origin" in headers and headers["origin"].lower() not in self._origins:
            return "pages of other origins may not ask anything here"
        site = headers.get("sec-fetch-site", "none")
        if site not in ("same-origin", "none") and not _leads_to_a_page(scope, headers):
            return "pages of other sites may not ask anything here"
        return None

    def may_call(self, scope: Scope) -> bool:
        """Whether a call of AWS' API names a key that was given out.

        The emulator checks few signatures: the access key itself is what nobody can guess.
        """
        key = _access_key(scope)
        if key == self._keys.access_key:
            return True
        if not _OWNER_OF_ANYTHING.fullmatch(key):
            return True  # a session of a function, or one that the emulator does not know and refuses
        if key:
            return False
        query = parse_qs(scope.get("query_string", b"").decode("latin-1"))
        return scope["method"] == "OPTIONS" or query.get("Action", [""])[0] in _ASKED_BY_LINK


def _leads_to_a_page(scope: Scope, headers: dict[str, str]) -> bool:
    """A link to the console, followed from anywhere: it shows a page and does nothing."""
    path = scope["path"]
    return (
        headers.get("sec-fetch-mode") == "navigate"
        and headers.get("sec-fetch-dest") == "document"
        and scope["method"] == "GET"
        and (path in _PAGES or path.startswith("/console/"))
        and not scope.get("query_string")
    )


def _access_key(scope: Scope) -> str:
    """The access key that a request names, ``""`` if none: in its head, or in its query as presigned ones have it."""
    if found := _SIGNED.search(header_texts(scope["headers"]).get("authorization", "")):
        return str(found[1] or found[2])
    query = parse_qs(scope.get("query_string", b"").decode("latin-1"))
    credential = query.get("X-Amz-Credential", query.get("AWSAccessKeyId", [""]))[0]
    return str(credential.partition("/")[0])
