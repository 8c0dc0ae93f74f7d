"""Deletes a dataset with everything that was made from it."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final

from aws_lambda_powertools import Logger

from labelmill_aws.clients import Clients
from labelmill_aws.errors import transient_errors
from labelmill_aws.messages import read_message
from labelmill_aws.services import Services
from labelmill_aws.settings import PurgeSettings
from labelmill_aws.steps.purge import MORE, Purge, go_on, purge

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

BEFORE_THE_END_MS: Final = 60_000
"""Enough to end what is under way and to hand the rest on."""

logger = Logger()


@cache
def control() -> Services[PurgeSettings]:
    """The parts of this environment, made at the first call."""
    return Services(Clients(), PurgeSettings.from_env())


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Delete a dataset that is marked as going, or what it has replaced; call this function again for what is left."""
    message = read_message(Purge, event)
    logger.append_keys(dataset=message.dataset, workspace=message.workspace)
    with transient_errors():
        purged = purge(message, control(), lambda: context.get_remaining_time_in_millis() > BEFORE_THE_END_MS)
        if purged.status == MORE:
            go_on(message, context.function_name, control())
    logger.info(purged.status, extra={"objects": purged.objects, "annotations": purged.annotations})
    return {"status": purged.status, "objects": purged.objects, "annotations": purged.annotations}
