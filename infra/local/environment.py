"""One execution environment of a function: a process that runs awslambdaric, and the Runtime API it talks to."""

import os
import queue
import select
import shutil
import signal
import subprocess
import sys
import threading
import time
import uuid
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from infra.local import usage
from infra.local.runtime_api import Invocation, RuntimeApi, Signal, error_body

INIT_LIMIT_S = 60.0
"""AWS allows 10 s; a laptop that starts many at once may need longer."""


class LogSink(Protocol):
    """Takes what an environment prints, and where an invocation starts and ends in it."""

    group: str
    stream: str

    def start(self, request_id: str) -> None: ...
    def line(self, text: str) -> None: ...
    def end(self, request_id: str, duration_ms: float, init_ms: float | None, peak_mb: int) -> None: ...


@dataclass(frozen=True)
class FunctionSpec:
    """All that an environment needs to know of its function."""

    name: str
    arn: str
    handler: str
    task_root: Path
    layers: tuple[Path, ...]
    variables: dict[str, str]
    memory_mb: int
    disk_mb: int
    timeout_s: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an invocation ended."""

    failed: bool
    body: bytes
    lines: list[str] = field(default_factory=list)


class Environment:
    """A process that handles one invocation after another until it is closed, times out or dies.

    It may take the memory and the disk that its function has, and is ended when it takes more: Lambda kills it for the
    one and refuses to write for the other.
    """

    def __init__(self, spec: FunctionSpec, log: LogSink, runtime: Path, scratch: Path, common: dict[str, str]) -> None:
        self.id = f"{spec.name[-28:]}-{uuid.uuid4().hex[:12]}"  # 50 characters at most: it travels in the user agent
        self.spec, self.log = spec, log
        self.idle_since = time.monotonic()
        self.init_ms: float | None = None
        self._born = time.monotonic()
        self._api = RuntimeApi()
        self._own = scratch / self.id
        self._own.mkdir(parents=True)
        self._lines: list[str] = []
        self._partial = b""
        self._reading = threading.Lock()
        self._excess: tuple[str, str] | None = None
        path = [spec.task_root, *(layer / "python" for layer in spec.layers), runtime]
        self._process = subprocess.Popen(
            [sys.executable, "-S", "-P", str(Path(__file__).with_name("runtime_entry.py")), spec.handler],
            cwd=spec.task_root,
            env={
                "PATH": os.environ.get("PATH", ""),
                "LANG": "en_US.UTF-8",
                "TZ": ":UTC",
                "HOME": str(self._own),
                "TMPDIR": str(self._own),
                "PYTHONPATH": os.pathsep.join(map(str, path)),
                "PYTHONUNBUFFERED": "1",
                "_HANDLER": spec.handler,
                "LAMBDA_TASK_ROOT": str(spec.task_root),
                "LAMBDA_RUNTIME_DIR": str(runtime),
                "AWS_LAMBDA_RUNTIME_API": self._api.address,
                "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
                "AWS_EXECUTION_ENV": f"AWS_Lambda_python{sys.version_info.major}.{sys.version_info.minor}",
                "AWS_LAMBDA_FUNCTION_NAME": spec.name,
                "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
                "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(spec.memory_mb),
                "AWS_LAMBDA_LOG_GROUP_NAME": log.group,
                "AWS_LAMBDA_LOG_STREAM_NAME": log.stream,
                # boto3 sends it with every call: so the emulator knows which process calls.
                "AWS_SDK_UA_APP_ID": self.id,
                **common,
                **spec.variables,
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C is for the cloud, which then ends its functions
        )
        assert self._process.stdout is not None
        self._output = self._process.stdout.fileno()
        os.set_blocking(self._output, False)
        threading.Thread(target=self._watch, daemon=True).start()

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._process.poll() is None

    @property
    def peak_mb(self) -> int:
        """The most memory that the process has held so far; 0 where the system doesn't say."""
        return usage.peak_mb(self._process.pid)

    def invoke(self, request_id: str, payload: bytes) -> Outcome:
        """Hand an invocation to the process and wait for what becomes of it; never raises for what a function does."""
        timeout_s = self.spec.timeout_s
        self.log.start(request_id)
        started = time.monotonic()
        deadline_ms = int((time.time() + timeout_s) * 1000)
        self._api.offer(Invocation(request_id, payload, deadline_ms, self.spec.arn))
        limit, cold = started + INIT_LIMIT_S, self.init_ms is None
        while True:
            try:
                happened = self._api.signals.get(timeout=max(0.0, limit - time.monotonic()))
            except queue.Empty:
                message = f"RequestId: {request_id} Error: Task timed out after {timeout_s:.2f} seconds"
                outcome = self._failure("Sandbox.Timedout", message)
                break
            if happened.kind == "ready" and self.init_ms is None:
                self.init_ms = (time.monotonic() - self._born) * 1000
            elif happened.kind == "taken" and happened.request_id == request_id:
                started, limit = time.monotonic(), time.monotonic() + timeout_s
            elif happened.request_id == request_id and self._takes_too_much():
                outcome = self._ended(request_id)
                break
            elif happened.kind == "init-error" or happened.request_id == request_id:
                outcome = Outcome(happened.kind != "response", happened.body)
                if happened.kind == "init-error":
                    self.close()
                break
            elif happened.kind == "exited":
                outcome = self._ended(request_id)
                break
        duration_ms = (time.monotonic() - started) * 1000
        self._read()
        lines, self._lines = self._lines, []
        self.log.end(request_id, duration_ms, self.init_ms if cold else None, self.peak_mb)
        self.idle_since = time.monotonic()
        return Outcome(outcome.failed, outcome.body, lines)

    def kill(self) -> None:
        """End the process at once, as a crash would; an invocation that runs in it fails."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()  # from here on it is not ``alive``

    def close(self) -> None:
        """End the process and remove what it wrote."""
        self.kill()
        self._api.close()
        shutil.rmtree(self._own, ignore_errors=True)

    def _ended(self, request_id: str) -> Outcome:
        """What to say of a process that has ended, or has to."""
        if self._excess is not None:
            error_type, why = self._excess
            return self._failure(error_type, f"RequestId: {request_id} Error: {why}")
        code = self._process.returncode
        how = f"signal: {signal.Signals(-code).name}" if code < 0 else f"exit status {code}"
        return self._failure("Runtime.ExitError", f"RequestId: {request_id} Error: Runtime exited with error: {how}")

    def _takes_too_much(self) -> bool:
        if self.peak_mb > self.spec.memory_mb:
            self._excess = (
                "Runtime.OutOfMemory",
                f"it took {self.peak_mb} MB of memory, its size is {self.spec.memory_mb} MB",
            )
        elif (disk_mb := usage.disk_mb(self._process.pid, self._own)) > self.spec.disk_mb:
            self._excess = (
                "OSError",
                f"[Errno 28] No space left on device: it wrote {disk_mb} MB of {self.spec.disk_mb}",
            )
        return self._excess is not None

    def _failure(self, error_type: str, message: str) -> Outcome:
        self.close()
        self._read()
        self._print(f"{message}".encode())
        return Outcome(True, error_body(error_type, message))

    def _watch(self) -> None:
        """Read what the process prints as it prints it; say when it has ended."""
        poll = select.poll()
        poll.register(self._output, select.POLLIN | select.POLLHUP)
        while True:
            if not poll.poll(usage.CHECK_EVERY_MS):
                if self._excess is None and self._takes_too_much():
                    self.kill()
            elif not self._read():
                break
        self._process.wait()
        self._api.signals.put(Signal("exited"))

    def _read(self) -> bool:
        """Take all that is in the pipe now; False at its end."""
        with self._reading:
            while True:
                try:
                    chunk = os.read(self._output, 65536)
                except BlockingIOError:
                    return True
                except OSError:
                    return False
                if not chunk:
                    return False
                *lines, self._partial = (self._partial + chunk).split(b"\n")
                for line in lines:
                    self._print(line)

    def _print(self, line: bytes) -> None:
        text = line.decode("utf-8", "replace")
        self._lines.append(text)
        self.log.line(text)
