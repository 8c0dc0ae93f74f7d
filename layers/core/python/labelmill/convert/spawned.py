"""Runs work in spawned processes, where forking does not do: macOS' own libraries don't survive it."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Sequence
from typing import Any

from labelmill.errors import OutputError

_state: dict[str, Any] = {}


def run_spawned(
    work: Callable[..., Any], shared: Any, items: Sequence[Any], workers: int, on_done: Callable[[int], None]
) -> list[Any]:
    """``run_in_workers`` where processes can't be forked.

    Raises:
        OutputError: If a worker was killed.
    """
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor, as_completed
    from concurrent.futures.process import BrokenProcessPool

    context = multiprocessing.get_context("spawn")
    done: dict[int, Any] = {}
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
