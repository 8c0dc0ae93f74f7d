"""Runs work in several processes, in order of the items, with progress."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from labelmill.convert.parts import NoTurn
from labelmill.errors import OutputError

Item = TypeVar("Item")
Result = TypeVar("Result")

_state: dict[str, Any] = {}


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
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor, as_completed
    from concurrent.futures.process import BrokenProcessPool

    # fork shares the plan and the code that is loaded; macOS' own libraries don't survive it
    context = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")
    done: dict[int, Result] = {}
    start = (work, shared, items, context.Lock())
    with ProcessPoolExecutor(min(workers, len(items)), context, _start_worker, start) as pool:
        try:
            for future in as_completed([pool.submit(_call, number) for number in range(len(items))]):
                number, result = future.result()
                done[number] = result
                on_done(number)
        except BrokenProcessPool as error:
            raise OutputError(
                "a worker process was killed, probably for want of memory; try fewer --workers"
            ) from error
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise
    return [done[number] for number in range(len(items))]


def _start_worker(work: Callable[..., Any], shared: Any, items: Sequence[Any], turn: Any) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all processes; the first one decides
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _state.update(work=work, shared=shared, items=items, turn=turn)


def _end_with_parent() -> None:
    """A worker whose parent was killed has nobody to work for, and would wait for ever."""
    import multiprocessing
    from multiprocessing.connection import wait

    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


def _call(number: int) -> tuple[int, Any]:
    return number, _state["work"](_state["shared"], number, _state["items"][number], _state["turn"])
