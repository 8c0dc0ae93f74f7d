"""Requests to the service: the token, time-outs, and asking again where that can't do harm."""

from __future__ import annotations

import logging
import random
import time
import uuid
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import httpx
import msgspec

from labelmill import __version__
from labelmill.client.address import is_loopback
from labelmill.client.config import Profile
from labelmill.client.refusals import refusal
from labelmill.errors import ServiceError, UnreachableError

AGAIN_STATUSES = frozenset({429, 502, 503, 504})
AGAIN_SLUG = "request-in-progress"
"""The same POST is still at work: our first try of it, whose answer was lost."""
TOMORROW_SLUG = "asked-too-often"
"""A person was written to as often as may be in a day: nothing to wait for here."""
IDEMPOTENT_METHODS = frozenset({"GET", "PUT", "DELETE", "PATCH"})
TRIES = 5
PATIENT_TRIES = 12
"""While our own first try is at work: as long as the service can be, and a bit."""
FIRST_WAIT_S = 0.25
MAX_WAIT_S = 8.0
MAX_RETRY_AFTER_S = 60.0
CONNECT_TIMEOUT_S = 10.0
DEFAULT_TIMEOUT_S = 35.0
"""A request may take 30 s at the service's own door."""

logger = logging.getLogger("labelmill.client")
AnswerT = TypeVar("AnswerT")


def wait_before(attempt: int, retry_after: str | None = None) -> float:
    """Seconds to wait before trying again: what the server asks for, else growing, with jitter.

    Args:
        attempt: How many tries have failed, from 1.
        retry_after: The header ``Retry-After`` in seconds; a date is taken for none.
    """
    if retry_after is not None and retry_after.strip().isdigit():
        asked = min(float(retry_after), MAX_RETRY_AFTER_S)
        return asked + random.uniform(0, min(1.0, 0.25 * asked + 0.05))
    return random.uniform(0.5, 1.0) * min(FIRST_WAIT_S * 2.0 ** (attempt - 1), MAX_WAIT_S)


def unreachable(host: str, error: httpx.TransportError) -> UnreachableError:
    """Say that no answer came, and why as far as is known."""
    if isinstance(error, httpx.ConnectTimeout):
        reason = "no connection in time"
    elif isinstance(error, httpx.TimeoutException):
        reason = "no answer in time"
    else:
        reason = " ".join(str(error).split()) or type(error).__name__
    return UnreachableError(f"{host}: {reason}")


class Transport:
    """Speaks to one service with one token. Threads may share it."""

    def __init__(
        self, profile: Profile, *, timeout_s: float = DEFAULT_TIMEOUT_S, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        """Connect when the first request is made.

        Args:
            profile: Where to, with which token; both checked already.
            timeout_s: How long an answer may take.
            sleep: How to wait.
        """
        self.url = profile.url
        self._sleep = sleep
        host = httpx.URL(profile.url).host
        self.host = host
        self._client = httpx.Client(
            base_url=profile.url,
            headers={"authorization": f"Bearer {profile.token}", "user-agent": f"labelmill/{__version__}"},
            timeout=httpx.Timeout(timeout_s, connect=CONNECT_TIMEOUT_S),
            trust_env=not is_loopback(host),  # a proxy of the environment must not see what goes by http
            follow_redirects=False,
        )

    def __repr__(self) -> str:
        return f"Transport({self.url!r})"

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def get(self, kind: type[AnswerT], path: str, query: Mapping[str, Any] | None = None) -> AnswerT:
        """GET a record. Raises ServiceError."""
        return self.decoded(kind, self.request("GET", path, query=query))

    def send(
        self, kind: type[AnswerT], method: str, path: str, body: Any = None, *, revision: int | None = None
    ) -> AnswerT:
        """Send a record and decode the answer. Raises ServiceError."""
        return self.decoded(kind, self.request(method, path, body=body, revision=revision))

    def request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: Any = None,
        revision: int | None = None,
    ) -> httpx.Response:
        """Make a request, again if need be.

        Args:
            method: ``GET``, ``POST``, ``PUT``, ``PATCH``, ``DELETE``.
            path: From ``paths.path_of``.
            query: Parameters; those that are ``None`` are left out.
            body: What is sent as JSON.
            revision: Refuse the change unless the record still has this revision.

        Returns:
            An answer of 2xx.

        Raises:
            ServiceError: The service refused, or no answer came.
        """
        headers: dict[str, str] = {}
        if method == "POST":
            headers["idempotency-key"] = str(uuid.uuid4())  # the same in each try
        if revision is not None:
            headers["if-match"] = f'"{revision}"'
        content = None
        if body is not None:
            content = msgspec.json.encode(body)
            headers["content-type"] = "application/json"
        parameters = {name: value for name, value in (query or {}).items() if value is not None}
        attempt = 0
        while True:
            attempt += 1
            retry_after: str | None = None
            try:
                response = self._client.request(method, path, params=parameters, content=content, headers=headers)
            except httpx.TransportError as error:
                problem: ServiceError = unreachable(self.host, error)
                again = isinstance(error, httpx.NetworkError | httpx.TimeoutException | httpx.RemoteProtocolError)
                cause: Exception | None = error
            else:
                if response.is_success or (method == "DELETE" and response.status_code == 404 and attempt > 1):
                    return response  # what is gone by the second try went with the first
                problem, cause = refusal(response), None
                busy = response.status_code in AGAIN_STATUSES and problem.slug != TOMORROW_SLUG
                again = busy or problem.slug == AGAIN_SLUG
                retry_after = response.headers.get("retry-after")
            may_repeat = method in IDEMPOTENT_METHODS or "idempotency-key" in headers
            tries = PATIENT_TRIES if problem.slug == AGAIN_SLUG else TRIES
            if not again or not may_repeat or attempt >= tries:
                raise problem from cause
            wait_s = wait_before(attempt, retry_after)
            logger.debug("%s %s: %s; again in %.1f s", method, path, problem.detail, wait_s)
            self._sleep(wait_s)

    def decoded(self, kind: type[AnswerT], response: httpx.Response) -> AnswerT:
        """An answer's body as a record.

        Raises:
            ServiceError: If it is something else: not a labelmill service, or one that is much newer or older.
        """
        try:
            return msgspec.json.decode(response.content, type=kind)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise ServiceError(
                f"{self.host}{response.request.url.path}: not an answer that this version of labelmill understands: "
                f"{error}",
                response.status_code,
            ) from error
