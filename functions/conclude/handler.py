"""Records the end of a job: for the machine's last step, its Catch, and the event of an execution that broke."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger

from labelmill_aws.clients import Clients
from labelmill_aws.errors import transient_errors
from labelmill_aws.services import Services
from labelmill_aws.settings import ConcludeSettings
from labelmill_aws.steps.conclude import conclude

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

logger = Logger()


@cache
def services() -> Services[ConcludeSettings]:
    """The parts of this environment, made at the first call."""
    return Services(Clients(), ConcludeSettings.from_env())


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Record an end."""
    with transient_errors():
        status = conclude(event, services())
    logger.info("conclude", extra={"status": status})
    return {"status": status}
