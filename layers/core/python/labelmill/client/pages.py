"""Lists of any length, a page at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

from labelmill.client.models import Page
from labelmill.client.transport import Transport

MAX_PAGE = 200
RecordT = TypeVar("RecordT")


def paged(
    transport: Transport,
    kind: type[RecordT],
    path: str,
    query: Mapping[str, Any] | None = None,
    limit: int | None = None,
) -> Iterator[RecordT]:
    """Go through a list; the next page is asked for when it is needed.

    Args:
        transport: Whom to ask.
        kind: What the items are.
        path: The list's path.
        query: Filters; those that are ``None`` are left out.
        limit: End after so many items.

    Raises:
        ServiceError: When a page is refused.
    """
    left = limit
    cursor: str | None = None
    while left is None or left > 0:
        asked = {**(query or {}), "limit": min(left or MAX_PAGE, MAX_PAGE), "cursor": cursor}
        page = transport.get(Page[kind], path, asked)  # type: ignore[valid-type]
        items = page.items if left is None else page.items[:left]
        yield from items
        if left is not None:
            left -= len(items)
        cursor = page.next
        if not cursor:
            return
