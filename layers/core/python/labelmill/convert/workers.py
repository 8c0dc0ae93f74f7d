"""Runs work in several processes, in order of the items, with progress."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from labelmill.convert.parts import NoTurn

Item = TypeVar("Item")
Result = TypeVar("Result")

CAN_FORK = sys.platform == "linux"


def in_shards(items: Sequence[Item], size: int) -> list[Sequence[Item]]:
    """Runs of ``size`` items, the last one shorter."""
    return [items[first : first + size] for first in range(0, len(items), size)]


def run_in_workers(
    work: Callable[[Any, int, Item, Any], Result],
    shared: Any,
    items: Sequence[Item],
    workers: int,
    on_done: Callable[[int], None] = lambda _: None,
) -> list[Result]:
    """Call ``work(shared, number, item, turn)`` for each item.

    Args:
        work: A module's function.
        shared: What all calls need; inherited by forked workers, pickled to spawned ones.
        items: One call each.
        workers: Processes; 1 works in this one.
        on_done: Called with an item's number when it is done, in any order.

    Returns:
        The results, in the order of the items.

    Raises:
        Whatever a call raises first; the others are given up.
    """
    if workers <= 1 or len(items) <= 1:
        turn = NoTurn()
        results = []
        for number, item in enumerate(items):
            results.append(work(shared, number, item, turn))
            on_done(number)
        return results
    if CAN_FORK:
        from labelmill.convert.forked import run_forked

        return run_forked(work, shared, items, workers, on_done)
    from labelmill.convert.spawned import run_spawned

    return run_spawned(work, shared, items, workers, on_done)
