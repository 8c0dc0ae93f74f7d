"""Pages of a list: how many, from where, and the cursor of the next one.

A cursor holds a position inside the list and nothing else. The list itself is chosen anew by each request's path and
token, so a cursor that was forged or taken from elsewhere reaches nothing that its sender could not list anyway.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Annotated, Final

import msgspec
from aws_lambda_powertools.event_handler.openapi.params import Query

from labelmill_aws.api.problems import Problem

MAX_LIMIT: Final = 200
DEFAULT_LIMIT: Final = 50
MAX_CURSOR_CHARS: Final = 4096
MAX_POSITION_BYTES: Final = 700
"""Of each text: with what is put before it, a sort key has to stay below DynamoDB's 1,024 bytes."""

Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT, description="How many items to answer with at most.")]
Cursor = Annotated[
    str | None, Query(max_length=MAX_CURSOR_CHARS, description="`next` of the page before; none for the first page.")
]


def write_cursor(*position: str) -> str:
    """The cursor of a position: the keys of the item that was sent last."""
    return urlsafe_b64encode(msgspec.json.encode(position)).rstrip(b"=").decode()


def read_cursor(cursor: str | None, parts: int = 1, *, begins: str = "") -> tuple[str, ...] | None:
    """The position in a cursor; ``None`` where there is no cursor.

    Args:
        cursor: As it came.
        parts: How many texts a position of this list has.
        begins: What the first of them has to begin with: DynamoDB takes no place outside of what is asked for.

    Raises:
        Problem: ``bad-cursor``.
    """
    if cursor is None:
        return None
    try:
        data = urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
        position = msgspec.json.decode(data, type=tuple[str, ...])
    except (ValueError, msgspec.MsgspecError) as error:
        raise Problem("bad-cursor", "Expected a `next` of this list as it was answered.") from error
    fits = len(position) == parts and all(0 < len(text.encode()) <= MAX_POSITION_BYTES for text in position)
    if not fits or not position[0].startswith(begins) or write_cursor(*position) != cursor:
        raise Problem("bad-cursor", "Expected a `next` of this list as it was answered.")
    return position
