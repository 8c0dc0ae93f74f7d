"""Pages of a list: how many, from where, and the cursor of the next one.

A cursor holds a position inside the list and nothing else. The list itself is chosen anew by each request's path and
token, so a cursor that was forged or taken from elsewhere reaches nothing that its sender could not list anyway.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from typing import Annotated, Final

import msgspec
from aws_lambda_powertools.event_handler.openapi.params import Query

from labelmill_aws.api.problems import Problem

MAX_LIMIT: Final = 200
DEFAULT_LIMIT: Final = 50
MAX_CURSOR_CHARS: Final = 4096

Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT, description="How many items to answer with at most.")]
Cursor = Annotated[
    str | None, Query(max_length=MAX_CURSOR_CHARS, description="`next` of the page before; none for the first page.")
]


def write_cursor(*position: str) -> str:
    """The cursor of a position: the keys of the item that was sent last."""
    return urlsafe_b64encode(msgspec.json.encode(position)).rstrip(b"=").decode()


def read_cursor(cursor: str | None, parts: int = 1) -> tuple[str, ...] | None:
    """The position in a cursor; ``None`` where there is no cursor.

    Args:
        cursor: As it came.
        parts: How many texts a position of this list has.

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
    if len(position) != parts or not all(position) or write_cursor(*position) != cursor:
        raise Problem("bad-cursor", "Expected a `next` of this list as it was answered.")
    return position


def page_of(names: Sequence[str], limit: int, cursor: str | None) -> tuple[Sequence[str], str | None]:
    """A page of sorted names, and the cursor of the next one."""
    after = read_cursor(cursor)
    rest = [name for name in names if after is None or name > after[0]]
    page = rest[:limit]
    return page, write_cursor(page[-1]) if len(rest) > limit else None
