"""A small HTTP server on loopback that behaves as service and storage do, and misbehaves as told."""

from __future__ import annotations

import hashlib
import json
import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TOKEN = "lm_secretsecret_of-this-test"
ORGANIZATION = "acme"
COUNTS = {"queued": 0, "running": 0, "complete": 0, "failed": 0, "cancelled": 0}


@dataclass
class Asked:
    """A request that came in."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes = b""

    @property
    def json(self) -> Any:
        """Its body."""
        return json.loads(self.body)


@dataclass
class Answer:
    """What goes back."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    break_after: int | None = None
    """Close the connection after so many bytes of the body; -1: before any answer."""
    wait_s: float = 0

    def encoded(self) -> bytes:
        """The body's bytes."""
        if self.body is None:
            return b""
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


Fault = Callable[[Asked], Answer | None]


class FakeService:
    """One service and its storage. ``faults`` are asked first, each until it answers ``times`` times."""

    def __init__(self, part_bytes: int = 1000) -> None:
        self.part_bytes = part_bytes
        self.asked: list[Asked] = []
        self.parts: dict[int, bytes] = {}
        self.upload: dict[str, Any] = {}
        self.complete: bytes | None = None
        self.file = b""
        self.file_name = "toys-coco.zip"
        self.url_number = 0
        self.answers: dict[tuple[str, str], Answer] = {}
        self._faults: list[tuple[str, str, Answer, list[int]]] = []
        self._lock = threading.Lock()
        service = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_one_request(self) -> None:
                with suppress(ConnectionError, ValueError):
                    super().handle_one_request()

            def _do(self) -> None:
                service._handle(self)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _do  # noqa: N815

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()

    def fault(self, answer: Answer, method: str = "", path: str = "", times: int = 1, after: int = 0) -> None:
        """Answer so to ``times`` requests whose path matches, after ``after`` of them were answered rightly."""
        self._faults.append((method, path, answer, [times, after]))

    def seen(self, method: str, path: str) -> list[Asked]:
        """Requests that came in."""
        return [one for one in self.asked if one.method == method and re.search(path, one.path)]

    def _handle(self, handler: BaseHTTPRequestHandler) -> None:
        asked = Asked(handler.command, handler.path, {k.lower(): v for k, v in handler.headers.items()})
        fault = self._fault_of(asked)
        with self._lock:
            self.asked.append(asked)
        if fault is not None and fault.break_after == -1 and asked.method == "PUT":
            handler.rfile.read(10)
            self._cut(handler)
            return
        asked.body = handler.rfile.read(int(asked.headers.get("content-length", 0)))
        answer = fault or self._answer(asked)
        if answer.wait_s:
            threading.Event().wait(answer.wait_s)
        if answer.break_after == -1:
            self._cut(handler)
            return
        data = answer.encoded()
        handler.send_response(answer.status)
        for name, value in {"content-type": "application/json", **answer.headers}.items():
            handler.send_header(name, value)
        handler.send_header("content-length", str(len(data)))
        handler.end_headers()
        if answer.break_after is not None:
            handler.wfile.write(data[: answer.break_after])
            self._cut(handler)
            return
        handler.wfile.write(data)

    def _cut(self, handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.flush()
        handler.close_connection = True
        with suppress(OSError):
            handler.connection.shutdown(socket.SHUT_RDWR)

    def _fault_of(self, asked: Asked) -> Answer | None:
        with self._lock:
            for method, path, answer, left in self._faults:
                if (method and method != asked.method) or not re.search(path, asked.path) or not left[0]:
                    continue
                if left[1]:
                    left[1] -= 1
                    continue
                left[0] -= 1
                return self._cut_short(asked, answer) if answer.break_after not in (None, -1) else answer
        return None

    def _cut_short(self, asked: Asked, answer: Answer) -> Answer:
        """The right answer, but broken in the middle."""
        right = self._answer(asked)
        right.break_after = answer.break_after
        return right

    def _answer(self, asked: Asked) -> Answer:
        path = asked.path.partition("?")[0]
        known = self.answers.get((asked.method, path))
        if known is not None:
            return known
        if path.startswith("/storage/"):
            return self._storage(asked, path)
        if asked.headers.get("authorization") != f"Bearer {TOKEN}":
            return Answer(403, {"message": "Forbidden"})
        if path == "/v1/me":
            return Answer(200, me())
        if asked.method == "POST" and path.endswith("/datasets"):
            return self._create(asked, path.split("/")[3])
        if path.startswith("/v1/uploads/"):
            return self._upload(asked, path)
        if path.endswith("/download"):
            return Answer(200, self.link())
        return problem(404, "not-found", "There is nothing here.")

    def link(self) -> dict[str, Any]:
        """What the service says of the download."""
        self.url_number += 1
        return {
            "url": f"{self.url}/storage/file?signature={self.url_number}",
            "name": self.file_name,
            "size_bytes": len(self.file),
            "etag": f'"{self.etag}"',
            "expires": "2030-01-01T00:00:00Z",
        }

    @property
    def etag(self) -> str:
        """Of the file that can be fetched."""
        return hashlib.md5(self.file).hexdigest()

    def _create(self, asked: Asked, workspace: str) -> Answer:
        body = asked.json
        if self.upload.get("fingerprint") != body["fingerprint"]:
            self.parts.clear()
        self.upload = {
            "id": "up-1",
            "dataset": "ds-1",
            "workspace": workspace,
            "parts": -(-body["size_bytes"] // self.part_bytes),
            **body,
        }
        return Answer(201, {"dataset": self._dataset("uploading"), "upload": self._state()})

    def _state(self) -> dict[str, Any]:
        done = [
            {"number": number, "size_bytes": len(data), "etag": f'"{hashlib.md5(data).hexdigest()}"'}
            for number, data in sorted(self.parts.items())
        ]
        kept = {name: self.upload[name] for name in ("id", "dataset", "name", "size_bytes", "parts")}
        return {
            **kept,
            "part_bytes": self.part_bytes,
            "done": done,
            "created": "2026-01-01T00:00:00Z",
            "expires": "2026-01-08T00:00:00Z",
        }

    def _dataset(self, status: str) -> dict[str, Any]:
        return dataset(self.upload["workspace"], self.upload["name"], status, self.upload["size_bytes"])

    def _upload(self, asked: Asked, path: str) -> Answer:
        if path.endswith("/parts"):
            self.url_number += 1
            parts = [
                {"number": n, "url": f"{self.url}/storage/part/{n}?signature={self.url_number}", "size_bytes": 1}
                for n in asked.json["numbers"]
            ]
            return Answer(200, {"parts": parts, "expires": "2030-01-01T00:00:00Z"})
        if path.endswith("/complete"):
            missing = [n for n in range(1, self.upload["parts"] + 1) if n not in self.parts]
            if missing:
                return problem(409, "upload-incomplete", f"Parts are missing: {missing}")
            self.complete = b"".join(data for _, data in sorted(self.parts.items()))
            return Answer(200, self._dataset("ready"))
        return Answer(200, self._state())

    def _storage(self, asked: Asked, path: str) -> Answer:
        if "authorization" in asked.headers:
            return Answer(400, b"<Error><Code>InvalidArgument</Code></Error>")
        if asked.method == "PUT":
            with self._lock:
                self.parts[int(path.rpartition("/")[2])] = asked.body
            return Answer(200, None, {"etag": f'"{hashlib.md5(asked.body).hexdigest()}"'})
        if asked.headers.get("if-match") not in (None, f'"{self.etag}"'):
            return Answer(412, b"<Error><Code>PreconditionFailed</Code></Error>")
        first, last = map(int, asked.headers["range"].removeprefix("bytes=").split("-"))
        data = self.file[first : last + 1]
        whole = f"bytes {first}-{first + len(data) - 1}/{len(self.file)}"
        return Answer(206, data, {"content-range": whole, "etag": f'"{self.etag}"'})


def problem(status: int, slug: str, detail: str, *errors: tuple[str, str], **headers: str) -> Answer:
    """An ``application/problem+json``."""
    body = {
        "type": f"/v1/problems/{slug}",
        "title": "A title",
        "status": status,
        "detail": detail,
        "errors": [{"where": where, "message": message} for where, message in errors],
        "request_id": "req-1",
    }
    return Answer(status, body, {"content-type": "application/problem+json", **headers})


def me(role: str = "admin") -> dict[str, Any]:
    """What /v1/me answers."""
    limits = {"body_bytes": 1, "map_bytes": 1, "page_items": 200, "tags": 50}
    token = {"id": "secretsecret", "name": "ci", "expires": "2027-01-01T00:00:00Z"}
    return {"organization": ORGANIZATION, "role": role, "token": token, "limits": limits}


def dataset(workspace: str, name: str, status: str = "ready", size_bytes: int = 5) -> dict[str, Any]:
    """A dataset."""
    return {
        "id": "ds-1",
        "workspace": workspace,
        "name": name,
        "status": status,
        "kind": "packed",
        "images": 0,
        "size_bytes": size_bytes,
        "version": "v",
        "arrived": "2026-01-01T00:00:00Z",
        "formats": [],
        "annotations": COUNTS,
    }


def annotation(number: int = 1, status: str = "queued", images: int = 0, **more: Any) -> dict[str, Any]:
    """An annotation of 10 images."""
    return {
        "id": f"an-{number}",
        "organization": ORGANIZATION,
        "workspace": "ws",
        "dataset": "toys",
        "dataset_id": "ds-1",
        "dataset_version": "v",
        "format": "COCO",
        "map": "",
        "map_version": "",
        "options": {},
        "tags": {},
        "status": status,
        "progress": {"images": images, "of": 10, "errors": 0, "fraction": images / 10},
        "warnings": 0,
        "errors": 0,
        "reason": "",
        "created": "2026-01-01T00:00:00Z",
        "started": "",
        "finished": "",
        "asked_by": "ci",
        "size_bytes": 0,
        "download_name": "toys-coco.zip",
        **more,
    }


def running() -> Iterator[FakeService]:
    """A service for one test."""
    service = FakeService()
    try:
        yield service
    finally:
        service.close()
