"""What stands before the emulator: keeps others out, counts calls, applies faults, answers the cloud's own requests.

``/v1/...``, and ``/`` and ``/console/...`` for browsers, are the deployed HTTP API (``http_api``).
``/_local/...`` is the cloud's own door, on loopback as the rest:

* ``GET /_local/requests``: how often each (service, operation, function) was called; ``DELETE`` sets it to nothing;
* ``DELETE /_local/environments?function=part``: kill the processes of these functions;
* ``GET /_local/busy``: how many functions run now;
* ``POST /_local/kept``: the stack is there, so tell it what a restart has ended (``kept_state``);
* ``GET``, ``POST``, ``DELETE /_local/faults`` and ``POST /_local/chaos``: see ``faults`` (404 where they are off).
"""

import asyncio
import json
from collections import Counter
from dataclasses import asdict, replace
from typing import Any
from urllib.parse import parse_qs

from infra.local.asgi import App, Receive, Scope, Send, answer, read_body
from infra.local.calls import Call, identify, operation_in_body
from infra.local.faults import EventChaos, Fault, FaultQueue, error_of
from infra.local.guard import Guard
from infra.local.http_api import HttpApi
from infra.local.kept_state import KeptState
from infra.local.lambda_hook import LANE
from infra.local.pool import Lane, RuntimePool

UNKNOWN_KEY = "expected the access key that this local cloud printed when it started"


class Gateway:
    """The ASGI application that wraps the emulator's."""

    def __init__(
        self,
        emulator: App,
        pool: RuntimePool,
        guard: Guard,
        kept: KeptState,
        faults: FaultQueue | None,
        chaos: EventChaos | None,
    ) -> None:
        self._emulator, self._pool, self._guard, self._kept = emulator, pool, guard, kept
        self._faults, self._chaos = faults, chaos
        self._http_api = HttpApi()
        self._counts: Counter[tuple[str, str, str]] = Counter()
        self._served = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})  # nothing here speaks it, and any page may
        elif scope["type"] != "http":
            await self._emulator(scope, receive, send)
        elif refusal := self._guard.refusal(scope):
            await _answer(send, 403, json.dumps({"message": refusal}).encode())
        elif scope["path"].startswith("/_local/"):
            await self._own(scope, receive, send)
        elif _is_for_api(scope) and (api_id := self._http_api.id()):
            await self._http_api(api_id, scope, receive, send)
        elif scope["path"].startswith("/_"):
            await self._emulator(scope, receive, send)
        elif not self._guard.may_call(scope):
            content_type, body = error_of(identify(scope).service, "InvalidAccessKeyId", UNKNOWN_KEY)
            await _answer(send, 403, body, content_type)
        else:
            call = identify(scope)
            if not call.operation:
                body = await read_body(receive)
                call, receive = replace(call, operation=operation_in_body(body)), _again(body, receive)
            await self._serve(call, scope, receive, send)

    def requests(self) -> int:
        """How many calls of AWS' API were served."""
        return self._served

    async def _serve(self, call: Call, scope: Scope, receive: Receive, send: Send) -> None:
        self._served += 1
        environment = self._pool.environment(call.caller) if call.caller else None
        self._counts[call.service, call.operation, environment.spec.name if environment else ""] += 1
        LANE.set(Lane.NESTED if environment and call.waits_for_function else Lane.WORK)
        rule = self._faults.match(call) if self._faults else None
        if rule is None:
            await self._emulator(scope, receive, send)
            return
        if rule.action == "delay":
            await asyncio.sleep(rule.delay_s)
            await self._emulator(scope, receive, send)
        elif rule.action == "error":
            await read_body(receive)
            content_type, body = rule.error(call.service)
            await _answer(send, rule.status, body, content_type)
        else:
            if rule.action == "kill-after":
                await self._emulator(scope, receive, _nowhere)
            if environment:
                environment.kill()
            await _answer(send, 500, b"")  # nobody is left to read it

    async def _own(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = (scope["method"], scope["path"].removeprefix("/_local/"))
        query = parse_qs(scope.get("query_string", b"").decode())
        answer: Any = {}
        match request:
            case ("GET", "requests"):
                answer = [[*key, count] for key, count in sorted(self._counts.items())]
            case ("DELETE", "requests"):
                self._counts.clear()
            case ("DELETE", "environments"):
                answer = self._pool.kill(query.get("function", [""])[0])
            case ("GET", "busy"):
                answer = self._pool.busy()
            case ("POST", "kept"):
                answer = self._kept.tell()
            case ("GET", "environments"):
                answer = [[one.id, one.spec.name, one.peak_mb] for one in self._pool.environments()]
            case ("GET", "faults") if self._faults:
                answer = [asdict(rule) for rule in self._faults.rules()]
            case ("POST", "faults") if self._faults:
                self._faults.add(Fault(**json.loads(await read_body(receive))))
            case ("DELETE", "faults") if self._faults:
                self._faults.clear()
            case ("POST", "chaos") if self._chaos:
                self._chaos.set(**json.loads(await read_body(receive)))
            case _:
                await _answer(send, 404, b'{"message": "no such thing, or faults are off"}')
                return
        await _answer(send, 200, json.dumps(answer).encode())


def _is_for_api(scope: Scope) -> bool:
    """Whether a request is for the HTTP API.

    No bucket's name is as short as ``v1``. The console's pages are asked for by browsers, which sign nothing: what is
    signed is for S3, whose list of buckets is ``/`` and which may have a bucket ``console``.
    """
    path = scope["path"]
    if path.startswith("/v1/"):
        return True
    if scope["method"] != "GET" or not (path in ("/", "/console") or path.startswith("/console/")):
        return False
    signed = any(name == b"authorization" for name, _ in scope["headers"])
    query = scope.get("query_string", b"")
    return not (signed or b"X-Amz-" in query or b"AWSAccessKeyId=" in query)


def _again(body: bytes, receive: Receive) -> Receive:
    """Answer a ``receive`` that gives the ``body`` which was read already, then what else comes."""
    waiting = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> dict[str, Any]:
        return waiting.pop() if waiting else await receive()

    return replay


async def _nowhere(message: dict[str, Any]) -> None:
    pass


async def _answer(send: Send, status: int, body: bytes, content_type: bytes = b"application/json") -> None:
    await answer(send, status, body, [(b"content-type", content_type)])
