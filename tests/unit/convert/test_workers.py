"""Work in several processes: results in order, the first error, a death, turns."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from labelmill.convert.parts import Turn
from labelmill.convert.workers import run_in_workers
from labelmill.errors import ImageError, OutputError


def double(shared: int, number: int, item: int, turn: Turn) -> int:
    if number == 0:
        time.sleep(0.2)  # done last
    return shared + 2 * item


def test_results_come_in_the_order_of_the_items() -> None:
    done: list[int] = []
    assert run_in_workers(double, 1, list(range(20)), 3, done.append) == list(range(1, 41, 2))
    assert sorted(done) == list(range(20))
    assert done[-1] == 0


def large(shared: Any, number: int, item: int, turn: Turn) -> bytes:
    return bytes(item)


def test_results_may_be_large() -> None:
    assert [len(result) for result in run_in_workers(large, None, [5_000_000, 1, 3_000_000], 2)] == [
        5_000_000, 1, 3_000_000,
    ]  # fmt: skip


def refuse(shared: Any, number: int, item: int, turn: Turn) -> int:
    if number == 2:
        raise ImageError("annotations/c-ana.json", "expected a list, found a number")
    time.sleep(0.01 if number < 2 else 60)
    return number


def test_the_first_error_ends_all_work() -> None:
    began = time.monotonic()
    with pytest.raises(ImageError, match=r"annotations/c-ana.json: expected a list") as caught:
        run_in_workers(refuse, None, list(range(9)), 2)
    assert time.monotonic() - began < 30
    assert "in refuse" in "".join(caught.value.__notes__), "where in the worker it was raised"


def die(shared: Any, number: int, item: int, turn: Turn) -> int:
    if number == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def test_a_killed_worker_is_told() -> None:
    with pytest.raises(OutputError, match="a worker process was killed"):
        run_in_workers(die, None, list(range(9)), 2)


def take_turns(shared: str, number: int, item: int, turn: Turn) -> int:
    for _ in range(50):
        turn.acquire()
        handle = os.open(shared, os.O_CREAT | os.O_EXCL)  # fails when another is at it
        os.close(handle)
        Path(shared).unlink()
        turn.release()
    return number


def test_one_worker_at_a_time_has_the_turn(tmp_path: Path) -> None:
    assert run_in_workers(take_turns, str(tmp_path / "taken"), list(range(8)), 4) == list(range(8))
