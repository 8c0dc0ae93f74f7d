"""Execution environments for all functions: started when needed, used again, limited, ended when idle."""

import os
import threading
import time
from collections.abc import Callable, Hashable
from contextlib import nullcontext
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from infra.local.environment import Environment, FunctionSpec, LogSink, Outcome
from infra.local.runtime_api import error_body

IDLE_S = 300.0


class Lane(Enum):
    """Why a function is invoked, which says where it waits for its turn."""

    WORK = "work"
    """Steps of the workflow, and whatever else waits its turn."""
    REQUEST = "request"
    """A request to the HTTP API, somebody is waiting for its answer: it must not wait behind the work."""
    NESTED = "nested"
    """A function waits for it."""


@dataclass(frozen=True, slots=True)
class Setup:
    """What a cold start needs: made only then, since it may unpack layers."""

    spec: FunctionSpec
    log: LogSink


class RuntimePool:
    """Run invocations in environments, at most ``limit`` of them busy at a time in each lane.

    A function that waits for another one which it invoked holds a place; where the inner one had to wait for a place
    too, both could wait for ever. So a nested invocation takes no place. A state machine holds none. Requests to the
    HTTP API have as many places again: on AWS, too, the work takes none of those that the rest of an account may use.
    """

    def __init__(self, runtime: Path, scratch: Path, common: dict[str, str], limit: int | None = None) -> None:
        self.limit = limit or 2 * (os.cpu_count() or 1)
        self._runtime, self._scratch, self._common = runtime, scratch, common
        self._places = {lane: threading.Semaphore(self.limit) for lane in (Lane.WORK, Lane.REQUEST)}
        self._lock = threading.Lock()
        self._idle: dict[Hashable, list[Environment]] = {}
        self._all: dict[str, Environment] = {}
        self._closed = threading.Event()
        threading.Thread(target=self._end_idle, daemon=True).start()

    def invoke(
        self, key: Hashable, setup: Callable[[], Setup], payload: bytes, request_id: str, lane: Lane = Lane.WORK
    ) -> Outcome:
        """Run one invocation of the function that ``key`` names; wait for a place in its lane first."""
        with self._places.get(lane, nullcontext()):
            return self._run(key, setup, payload, request_id)

    def environment(self, environment_id: str) -> Environment | None:
        """Answer a living environment by its id."""
        return self._all.get(environment_id)

    def environments(self) -> list[Environment]:
        """Answer all environments, busy or idle."""
        with self._lock:
            return list(self._all.values())

    def busy(self) -> int:
        """Answer how many environments run an invocation."""
        with self._lock:
            return len(self._all) - sum(map(len, self._idle.values()))

    def kill(self, function: str = "") -> int:
        """Kill every environment whose function's name holds ``function``; answer how many."""
        killed = [environment for environment in self.environments() if function in environment.spec.name]
        for environment in killed:
            environment.kill()
        return len(killed)

    def close(self) -> None:
        """End everything; what runs fails."""
        self._closed.set()
        for environment in self.environments():
            environment.close()

    def _run(self, key: Hashable, setup: Callable[[], Setup], payload: bytes, request_id: str) -> Outcome:
        if self._closed.is_set():
            return Outcome(True, error_body("Lambda.ServiceException", "The local cloud is being taken down."))
        environment = self._take(key) or self._start(setup())
        outcome = environment.invoke(request_id, payload)
        if environment.alive and not self._closed.is_set():
            with self._lock:
                self._idle.setdefault(key, []).append(environment)
            self._end_surplus()
        else:
            self._end(environment)
        return outcome

    def _take(self, key: Hashable) -> Environment | None:
        """Take the environment that was used last, since the others can then be ended."""
        while True:
            with self._lock:
                waiting = self._idle.get(key)
                environment = waiting.pop() if waiting else None
            if environment is None or environment.alive:
                return environment
            self._end(environment)

    def _start(self, setup: Setup) -> Environment:
        environment = Environment(setup.spec, setup.log, self._runtime, self._scratch, self._common)
        with self._lock:
            self._all[environment.id] = environment
        return environment

    def _end(self, environment: Environment) -> None:
        with self._lock:
            self._all.pop(environment.id, None)
        environment.close()

    def _end_surplus(self, idle_s: float | None = None) -> None:
        """End the idle environments beyond four times the limit, or those idle for ``idle_s``; oldest first."""
        with self._lock:
            idle = sorted((e.idle_since, e.id, k, e) for k, waiting in self._idle.items() for e in waiting)
            count = len(self._all) - 4 * self.limit
            if idle_s is not None:
                count = sum(time.monotonic() - since > idle_s for since, *_ in idle)
            ended = []
            for _, _, key, environment in idle[: max(0, count)]:
                self._idle[key].remove(environment)
                ended.append(environment)
        for environment in ended:
            self._end(environment)

    def _end_idle(self) -> None:
        while not self._closed.wait(10):
            self._end_surplus(IDLE_S)
