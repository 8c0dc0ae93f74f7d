"""The deployed HTTP API at ``/v1`` of the emulator's own address, as AWS serves it at the root of the API's.

The emulator routes, authorizes and calls the function (see ``api_corrections``). Here is what it doesn't do:

* limits: 10 MB a body (6 MB as the function's event), 10,240 bytes of request line and headers, the stage's throttle;
* the access log, by the stage's own format, in the stage's own log group;
* the path as AWS passes it on: every escape decoded but ``%25``, multi-value headers and parameters joined by commas.
"""

import json
import re
import time
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

from ministack.services import apigateway

from infra.local.api_corrections import REQUEST, Request
from infra.local.asgi import BodyTooLongError, Receive, Scope, Send, answer, read_body
from infra.local.function_logs import open_stream, write_line
from infra.local.lambda_hook import LANE
from infra.local.pool import Lane

STAGE = "$default"
BODY_LIMIT_BYTES = 10 * 1024 * 1024
EVENT_LIMIT_BYTES = 6 * 1024 * 1024
"""What a synchronous invocation takes, the body's JSON or base64 form included."""
HEAD_LIMIT_BYTES = 10_240
_VARIABLE = re.compile(r"\$context\.([A-Za-z.]+)")


class Throttle:
    """A bucket of tokens: ``burst`` at once, ``rate`` a second in the long run."""

    def __init__(self) -> None:
        self._tokens, self._since = float("inf"), time.monotonic()

    def lets_pass(self, rate: float, burst: float) -> bool:
        """Whether one more request may pass now."""
        now = time.monotonic()
        self._tokens = min(burst, self._tokens + rate * (now - self._since))
        self._since = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


class HttpApi:
    """The ASGI application of the first HTTP API that is deployed; there is one in the stack."""

    def __init__(self) -> None:
        self._throttle = Throttle()

    @staticmethod
    def id() -> str | None:
        """The id of the deployed HTTP API that has a stage at its root."""
        for (_, _, api_id), api in apigateway._apis.all_items():
            if api["protocolType"] == "HTTP" and STAGE in apigateway.stages_for_api(api_id):
                return str(api_id)
        return None

    async def __call__(self, api_id: str, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request to the API."""
        began, request = time.monotonic(), Request()
        REQUEST.set(request)
        LANE.set(Lane.REQUEST)
        stage = apigateway.stages_for_api(api_id)[STAGE]
        status, headers, body = await self._handle(api_id, stage, scope, receive)
        sent = [(name.lower().encode(), str(value).encode()) for name, value in headers.items()]
        sent = [pair for pair in sent if pair[0] != b"content-length"]
        await answer(send, status, body, [*sent, (b"apigw-requestid", request.id.encode())])
        if log := stage.get("accessLogSettings"):
            known = _facts(request, scope, api_id) | {
                "status": status,
                "responseLength": len(body),
                "responseLatency": int((time.monotonic() - began) * 1000),
            }
            _write(log, f"{api_id}-{STAGE}", known)

    async def _handle(
        self, api_id: str, stage: dict[str, Any], scope: Scope, receive: Receive
    ) -> tuple[int, dict[str, str], bytes]:
        raw_path = scope.get("raw_path") or scope["path"].encode()
        if sum(len(name) + len(value) for name, value in scope["headers"]) + len(raw_path) > HEAD_LIMIT_BYTES:
            return _refusal(431, "Request Header Fields Too Large")
        limits = stage.get("defaultRouteSettings") or {}
        rate, burst = limits.get("ThrottlingRateLimit"), limits.get("ThrottlingBurstLimit")
        if rate and burst and not self._throttle.lets_pass(float(rate), float(burst)):
            return _refusal(429, "Too Many Requests")
        headers: dict[str, str] = {}
        for name, value in scope["headers"]:
            key, text = name.decode("latin-1").lower(), value.decode("latin-1")
            headers[key] = f"{headers[key]},{text}" if key in headers else text
        try:
            body = await read_body(receive, BODY_LIMIT_BYTES)
        except BodyTooLongError:
            return _refusal(413, "Request Entity Too Large")
        if _event_size(body, headers) > EVENT_LIMIT_BYTES:
            return _refusal(413, "Request Entity Too Large")
        query = scope.get("query_string", b"").decode("latin-1")
        path = apigateway.decode_http_api_path(raw_path.decode("latin-1").partition("?")[0])
        status, answered, content = await apigateway.handle_execute(
            api_id,
            STAGE,
            path,
            scope["method"],
            headers,
            body,
            parse_qs(query, keep_blank_values=True),
            raw_query_string=query,
        )
        return int(status), answered, content or b""  # a function may answer with a body that is null


def _event_size(body: bytes, headers: dict[str, str]) -> int:
    if apigateway._v2_request_body_is_text(headers.get("content-type")):
        return len(json.dumps(body.decode("utf-8", "replace"), ensure_ascii=False).encode())
    return len(body) * 4 // 3


def _refusal(status: int, message: str) -> tuple[int, dict[str, str], bytes]:
    return status, {"content-type": "application/json"}, json.dumps({"message": message}).encode()


def _facts(request: Request, scope: Scope, api_id: str) -> dict[str, Any]:
    """The variables of an access log's format, by their names behind ``$context.``."""
    now = datetime.now(UTC)
    return {
        "apiId": api_id,
        "stage": STAGE,
        "requestId": request.id,
        "requestTime": f"{now:%d/%b/%Y:%H:%M:%S +0000}",
        "requestTimeEpoch": int(now.timestamp() * 1000),
        "identity.sourceIp": (scope.get("client") or ("127.0.0.1",))[0],
        "httpMethod": scope["method"],
        "protocol": f"HTTP/{scope['http_version']}",
        "path": scope["path"],
        "routeKey": request.route,
        "integrationErrorMessage": request.error,
        "integrationLatency": "" if request.function_ms < 0 else request.function_ms,
        **{f"authorizer.{name}": value for name, value in request.authorizer.items()},
    }


def _write(log: dict[str, str], stream: str, known: dict[str, Any]) -> None:
    """Write a line; what is not known is ``-``."""

    def value(found: re.Match[str]) -> str:
        text = str(known.get(found[1], ""))
        return json.dumps(text)[1:-1] or "-"

    _, _, group = log["destinationArn"].partition(":log-group:")
    write_line(open_stream(group.removesuffix(":*"), stream), _VARIABLE.sub(value, log["format"]))
