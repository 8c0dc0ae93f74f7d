"""Where the emulator differs from DynamoDB in ways that the API would notice, put right.

A page of an index costs DynamoDB what the page holds. ministack orders the whole partition and evaluates the key
condition for each of its items first: half a second for 10,000 items. Here the items of the page are found by their
keys, and ministack is shown no others.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from contextvars import ContextVar
from typing import Any, Final

from ministack.services import dynamodb

MANY: Final = 500
"""Items; below, ministack is fast enough."""

Key = tuple[str, str, str]
"""The index' sort key, then the keys of the table, all of them text: DynamoDB's order inside a partition."""

_orders: dict[tuple[int, str, Any], tuple[Any, list[Key]]] = {}
"""Table (by its ``id``), index and partition -> the table, its items in order, for as long as none is written."""
_shown: ContextVar[dict[str, Any] | None] = ContextVar("_shown", default=None)


def correct_dynamodb() -> None:
    """Correct the emulator; once, before it serves."""
    query, members, change = dynamodb._query, dynamodb._index_members, dynamodb._index_item

    def shown_members(table: Any) -> Any:
        shown = _shown.get()
        return members(table) if shown is None else shown

    def changed(table: Any, pk: str, sk: str, item: Any, add: bool) -> None:
        for name, hash_key, range_key in dynamodb._index_key_schemas(table):
            _orders.pop((id(table), name, dynamodb._index_partition(item, hash_key, range_key)), None)
        change(table, pk, sk, item, add)

    def quick_query(data: Any) -> Any:
        token = _shown.set(_page(data, members))
        try:
            return query(data)
        finally:
            _shown.reset(token)

    dynamodb._index_item = changed
    dynamodb._index_members = shown_members
    dynamodb._query = quick_query


def _page(data: Any, members: Any) -> dict[str, Any] | None:
    """The members of the index that a query's page is made of; ``None`` to leave all to ministack."""
    names = data.get("ExpressionAttributeNames") or {}
    values = data.get("ExpressionAttributeValues") or {}
    index, limit = data.get("IndexName"), data.get("Limit")
    words = str(data.get("KeyConditionExpression", "")).split()
    if not index or not limit or len(words) != 3 or words[1] != "=":
        return None
    table = dynamodb._tables.get(dynamodb._normalize_table_name(data.get("TableName")))
    partition = values.get(words[2], {}).get("S")
    if not table or names.get(words[0], words[0]) != f"{index}pk":
        return None
    keys = members(table).get(index, {}).get(partition, ())
    if len(keys) < MANY:
        return None
    sort, place = f"{index}sk", (id(table), index, partition)
    if place not in _orders:
        _orders[place] = table, sorted((table["items"][pk][sk][sort]["S"], pk, sk) for pk, sk in keys)
    order = _orders[place][1]
    start = data.get("ExclusiveStartKey")
    forward = data.get("ScanIndexForward", True)
    after = tuple(start[name]["S"] for name in (sort, "pk", "sk")) if start else None
    if forward:
        first = bisect_right(order, after) if after else 0
        page = order[first : first + int(limit) + 1]
    else:
        last = bisect_left(order, after) if after else len(order)
        page = order[max(0, last - int(limit) - 1) : last]
    return {index: {partition: [(pk, sk) for _, pk, sk in page]}}
