"""Answers every request of the HTTP API."""

from __future__ import annotations

import time
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger

from labelmill_aws.api.app import Api
from labelmill_aws.api.routes import RESOURCES, docs

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

logger = Logger()


@cache
def api() -> Api:
    """The routes of this environment, set up at the first call."""
    docs.folder = Path(__file__).parent
    return Api(RESOURCES, report_bug=lambda bug: logger.error("a fault of the API", exc_info=bug))


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer a request. Neither its headers nor its body are ever logged."""
    began = time.monotonic()
    answer = api().resolve(event, context)
    status = answer["statusCode"]
    caller = api().caller
    logger.info(
        "request",
        extra={
            "request": event.get("requestContext", {}).get("requestId"),
            "path": event.get("rawPath"),
            "method": event.get("requestContext", {}).get("http", {}).get("method"),
            "route": api().route_path,
            "status": status,
            "organization": caller.organization if caller else "",
            "token": caller.id if caller else "",
            "ms": round((time.monotonic() - began) * 1000, 1),
        },
    )
    return answer
