"""What the local cloud's ASGI applications share."""

import sys
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


class BodyTooLongError(Exception):
    """A request's body is longer than it may be."""


async def read_body(receive: Receive, limit_bytes: int = sys.maxsize) -> bytes:
    """Read a request's body.

    Raises:
        BodyTooLongError: If it is longer than the limit; the rest of it has been read, too.
    """
    body, size, more = b"", 0, True
    while more:
        message = await receive()
        part = message.get("body", b"")
        size += len(part)
        body = body + part if size <= limit_bytes else b""
        more = message.get("more_body", False)
    if size > limit_bytes:
        raise BodyTooLongError
    return body


async def answer(send: Send, status: int, body: bytes, headers: Iterable[tuple[bytes, bytes]]) -> None:
    """Send a whole answer; its length is added to the headers."""
    sent = [*headers, (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": sent})
    await send({"type": "http.response.body", "body": body})
