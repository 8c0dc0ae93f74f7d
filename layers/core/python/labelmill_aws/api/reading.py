"""Reading a request's body: JSON objects only, and nothing that a lenient parser would let pass; checking answers."""

from __future__ import annotations

import base64
import binascii
from typing import Any, Final

import msgspec
from aws_lambda_powertools.event_handler.middlewares.openapi_validation import (
    OpenAPIRequestValidationMiddleware,
    OpenAPIResponseValidationMiddleware,
)

from labelmill_aws.api.answers import Raw
from labelmill_aws.api.problems import Problem

MAX_BODY_BYTES: Final = 2 << 20
JSON: Final = "application/json"


class RequestReader(OpenAPIRequestValidationMiddleware):
    """Powertools' validation of a request, with a body that has to be a JSON object."""

    def __init__(self) -> None:
        """Set it up."""

    def _get_body(self, app: Any) -> dict[str, Any]:
        return read_body(app.current_event.raw_event)


class AnswerChecker(OpenAPIResponseValidationMiddleware):
    """Powertools' validation of an answer, but for bytes: they are what they are."""

    def _handle_response(self, *, route: Any, response: Any) -> Any:
        return response if isinstance(response, Raw) else super()._handle_response(route=route, response=response)


def body_bytes(event: dict[str, Any]) -> bytes:
    """The body as it was sent.

    Raises:
        Problem: If it is too large, or is not what its encoding says.
    """
    text = event.get("body") or ""
    encoded = bool(event.get("isBase64Encoded"))
    if len(text) > (MAX_BODY_BYTES * 4 // 3 + 4 if encoded else MAX_BODY_BYTES):
        raise _too_large()
    try:
        data = base64.b64decode(text, validate=True) if encoded else text.encode()
    except (binascii.Error, ValueError) as error:  # a lone surrogate is no UTF-8 either
        raise Problem("bad-request", "The body can't be decoded.", [("body", "expected UTF-8")]) from error
    if len(data) > MAX_BODY_BYTES:
        raise _too_large()
    return data


def read_body(event: dict[str, Any]) -> dict[str, Any]:
    """The JSON object in a request's body, of a route that has one.

    Raises:
        Problem: Saying what was expected.
    """
    data = body_bytes(event)
    if not data:
        raise Problem("bad-request", "The body is missing.", [("body", "expected a JSON object")])
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    kind = headers.get("content-type", JSON).partition(";")[0].strip().lower()
    if kind != JSON and not kind.endswith("+json"):
        raise Problem("bad-request", f"Expected {JSON}, found {kind!a}.", [("header.content-type", f"expected {JSON}")])
    try:
        body = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        reason = "too deeply nested" if isinstance(error, RecursionError) else str(error)
        raise Problem("bad-request", "The body is no JSON.", [("body", f"expected JSON: {reason}")]) from error
    if not isinstance(body, dict):
        raise Problem("bad-request", "The body is no JSON object.", [("body", "expected a JSON object")])
    return body


def _too_large() -> Problem:
    return Problem("too-large", f"Expected a body of at most {MAX_BODY_BYTES:,} bytes (2 MiB).")
