"""The first step of every upload."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import msgspec
from aws_lambda_powertools import Logger

from labelmill_aws.clients import Clients
from labelmill_aws.errors import transient_errors
from labelmill_aws.messages import read_message
from labelmill_aws.services import Services
from labelmill_aws.settings import ReceiveSettings
from labelmill_aws.steps.receive import Received, receive

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

logger = Logger()


@cache
def services() -> Services[ReceiveSettings]:
    """The parts of this environment, made at the first call."""
    return Services(Clients(), ReceiveSettings.from_env())


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Handle an upload."""
    message = read_message(Received, event)
    with transient_errors():
        answer = receive(message, services())
    started = answer.started or []
    logger.info("receive", extra={"next": answer.next, "started": len(started)})
    document: dict[str, Any] = msgspec.to_builtins(answer)
    return document
