"""Waits for a loose dataset and starts its jobs."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import msgspec
from aws_lambda_powertools import Logger

from labelmill_aws.clients import Clients
from labelmill_aws.errors import transient_errors
from labelmill_aws.messages import read_message
from labelmill_aws.services import Services
from labelmill_aws.settings import ReceiveSettings, SettleSettings
from labelmill_aws.steps.settle import Settling, settle

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

logger = Logger()


@cache
def services() -> Services[ReceiveSettings]:
    """The parts of this environment, made at the first call."""
    return Services(Clients(), SettleSettings.from_env())


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Handle a loose dataset."""
    message = read_message(Settling, event)
    with transient_errors():
        answer = settle(message, services())
    started = answer.started or []
    logger.info("settle", extra={"next": answer.next, "started": len(started)})
    document: dict[str, Any] = msgspec.to_builtins(answer)
    return document
