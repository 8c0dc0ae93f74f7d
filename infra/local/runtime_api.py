"""The Lambda Runtime API of one execution environment, on loopback.

Source:
    https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html (2018-06-01). Each environment has a port of its own,
    since the runtime client names itself in no other way.
"""

import json
import queue
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

RESPONSE_LIMIT_BYTES = 6_291_556
"""AWS' limit on the response of a synchronous invocation."""


@dataclass(frozen=True, slots=True)
class Invocation:
    """What the runtime gets for its next invocation."""

    request_id: str
    payload: bytes
    deadline_ms: int
    function_arn: str


@dataclass(frozen=True, slots=True)
class Signal:
    """What happened in an environment: ``ready``, ``taken``, ``response``, ``error``, ``init-error`` or ``exited``."""

    kind: str
    body: bytes = b""
    request_id: str = ""


class RuntimeApi:
    """Serve one runtime: invocations go in through ``offer``, what becomes of them comes out of ``signals``."""

    def __init__(self) -> None:
        self.signals: queue.SimpleQueue[Signal] = queue.SimpleQueue()
        self._offered: queue.SimpleQueue[Invocation | None] = queue.SimpleQueue()
        handler = type("Handler", (_Handler,), {"api": self})
        self._server = _Server(("127.0.0.1", 0), handler)
        self.address = f"127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.1,), daemon=True).start()

    def offer(self, invocation: Invocation) -> None:
        """Let the runtime take ``invocation`` when it asks for the next."""
        self._offered.put(invocation)

    def next(self) -> Invocation | None:
        """Wait for an invocation; None means that the environment is being ended."""
        self.signals.put(Signal("ready"))
        return self._offered.get()

    def close(self) -> None:
        """Stop serving."""
        self._offered.put(None)
        threading.Thread(target=self._stop, daemon=True).start()

    def _stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: a runtime that is killed leaves in the middle of a request."""


class _Handler(BaseHTTPRequestHandler):
    api: RuntimeApi
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        """``/invocation/next``."""
        invocation = self.api.next()
        if invocation is None:
            self._answer(410, b"{}")
            return
        self.api.signals.put(Signal("taken", request_id=invocation.request_id))
        headers = {
            "Lambda-Runtime-Aws-Request-Id": invocation.request_id,
            "Lambda-Runtime-Deadline-Ms": str(invocation.deadline_ms),
            "Lambda-Runtime-Invoked-Function-Arn": invocation.function_arn,
        }
        self._answer(200, invocation.payload, headers)

    def do_POST(self) -> None:
        """``/invocation/{id}/response``, ``/invocation/{id}/error`` or ``/init/error``."""
        body = self._body()
        *_, request_id, kind = self.path.split("/")
        if (request_id, kind) == ("init", "error"):
            signal = Signal("init-error", body)
        elif kind == "response" and len(body) > RESPONSE_LIMIT_BYTES:
            message = f"Response payload size exceeded maximum allowed payload size ({RESPONSE_LIMIT_BYTES} bytes)."
            signal = Signal("error", error_body("Function.ResponseSizeTooLarge", message), request_id)
        else:
            signal = Signal(kind, body, request_id)
        self._answer(202, b'{"status":"OK"}')
        self.api.signals.put(signal)

    def _body(self) -> bytes:
        if "chunked" not in self.headers.get("Transfer-Encoding", ""):
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        chunks = []
        while size := int(self.rfile.readline().split(b";")[0] or b"0", 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(chunks)

    def _answer(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: one line a request helps nobody."""


def error_body(error_type: str, message: str) -> bytes:
    """Answer an error as Lambda words it; the workflow retries by ``errorType``."""
    return json.dumps({"errorType": error_type, "errorMessage": message}).encode()
