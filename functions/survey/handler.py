"""Looks through one shard before the plan is made."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger

from labelmill_aws.clients import Clients
from labelmill_aws.errors import transient_errors
from labelmill_aws.messages import read_message
from labelmill_aws.settings import SurveySettings
from labelmill_aws.steps.survey import SurveyShard, SurveyStep

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

logger = Logger()


@cache
def step() -> SurveyStep:
    """The parts of this environment, made at the first call."""
    return SurveyStep.of(Clients(), SurveySettings.from_env())


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Look through a shard."""
    wanted = read_message(SurveyShard, event)
    with transient_errors():
        found = step().run(wanted)
    logger.info("survey", extra={"shard": wanted.shard, "types": len(found.types), "names": len(found.names)})
    return {"shard": wanted.shard}
