"""Runs work in forked processes: they share the plan and the code that is loaded, and start in a millisecond.

``concurrent.futures`` would do, and takes 30 ms to load and start: as long as a thousand images.
"""

from __future__ import annotations

import os
import pickle
import select
import signal
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import IO, Any, NamedTuple, NoReturn

from labelmill.errors import OutputError

INTERRUPTS = (signal.SIGINT, signal.SIGTERM)
NUMBER_BYTES = 4
Call = Callable[[int], Any]


class Worker(NamedTuple):
    """The parent's end of a worker.

    Attributes:
        process: Its id.
        orders: Takes the numbers of items.
        results: Gives one pickle an item.
    """

    process: int
    orders: IO[bytes]
    results: IO[bytes]


class PipeTurn:
    """A lock among forked workers: who holds the one byte of a pipe has it."""

    def __init__(self) -> None:
        self._reader, self._writer = os.pipe()
        os.set_blocking(self._reader, False)
        self.release()

    def acquire(self, block: bool = True) -> bool:
        """Take the turn; False when another has it and ``block`` is False."""
        while True:
            try:
                os.read(self._reader, 1)
            except BlockingIOError:
                if not block:
                    return False
                select.select([self._reader], [], [])
            else:
                return True

    def release(self) -> None:
        """Give the turn back."""
        os.write(self._writer, b".")

    def close(self) -> None:
        """Let go of the pipe."""
        os.close(self._reader)
        os.close(self._writer)


def run_forked(
    work: Callable[..., Any], shared: Any, items: Sequence[Any], workers: int, on_done: Callable[[int], None]
) -> list[Any]:
    """``run_in_workers`` where processes can be forked.

    Raises:
        OutputError: If a worker was killed.
    """
    turn = PipeTurn()
    team: list[Worker] = []
    try:
        for _ in range(min(workers, len(items))):
            _fork(team, lambda number: work(shared, number, items[number], turn))
        return _results(team, len(items), on_done)
    finally:
        for worker in team:  # idle when all is done, else given up: what it wrote lies in the staging folder
            os.kill(worker.process, signal.SIGKILL)
        for worker in team:
            os.waitpid(worker.process, 0)
            with suppress(BrokenPipeError):
                worker.orders.close()
            worker.results.close()
        turn.close()


def _results(team: list[Worker], items: int, on_done: Callable[[int], None]) -> list[Any]:
    """Give each worker an item, and the next one with each result."""
    done: dict[int, Any] = {}
    waiting = iter(range(items))
    doing: dict[IO[bytes], tuple[Worker, int]] = {}

    def order(worker: Worker) -> None:
        number = next(waiting, None)
        if number is not None:
            doing[worker.results] = worker, number
            worker.orders.write(number.to_bytes(NUMBER_BYTES, "big"))

    try:
        for worker in team:
            order(worker)
        while doing:
            for results in select.select(list(doing), [], [])[0]:
                worker, number = doing.pop(results)
                result, trace = pickle.load(results)
                if trace is not None:
                    result.add_note(trace)
                    raise result
                order(worker)
                done[number] = result
                on_done(number)
    except (EOFError, pickle.UnpicklingError, BrokenPipeError) as error:
        raise OutputError("a worker process was killed, probably for want of memory; try fewer --workers") from error
    return [done[number] for number in range(items)]


def _fork(team: list[Worker], call: Call) -> None:
    """Add a worker. Interrupts wait meanwhile: they must find it in the team, and never act in it."""
    orders, results = os.pipe(), os.pipe()
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, INTERRUPTS)
    try:
        process = os.fork()
        if process == 0:
            _serve(call, orders, results, team)
        os.close(orders[0])
        os.close(results[1])
        team.append(Worker(process, os.fdopen(orders[1], "wb", 0), os.fdopen(results[0], "rb")))
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)


def _serve(call: Call, orders: tuple[int, int], results: tuple[int, int], others: list[Worker]) -> NoReturn:
    """A worker's life; it never returns to what its parent was doing."""
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all processes; the first one decides
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, INTERRUPTS)
        os.close(orders[1])  # an end that only the parent holds tells of its death
        os.close(results[0])
        for other in others:
            other.orders.close()
            other.results.close()
        numbers: list[int] = []
        ordered = threading.Semaphore(0)
        threading.Thread(target=_listen, args=(orders[0], numbers, ordered), daemon=True).start()
        with open(results[1], "wb") as file:
            while True:
                ordered.acquire()
                file.write(_outcome(call, numbers.pop()))
                file.flush()
    finally:
        os._exit(1)


def _listen(orders: int, numbers: list[int], ordered: threading.Semaphore) -> None:
    """Take orders; a worker whose parent was killed has nobody to work for, and ends at once."""
    while order := os.read(orders, NUMBER_BYTES):
        numbers.append(int.from_bytes(order, "big"))
        ordered.release()
    os._exit(1)


def _outcome(call: Call, number: int) -> bytes:
    """The call's result; or what it raised, and where."""
    try:
        return pickle.dumps((call(number), None))
    except Exception as error:  # noqa: BLE001  the parent raises it
        import traceback

        return pickle.dumps((error, traceback.format_exc()))
