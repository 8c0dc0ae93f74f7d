"""The first step of a job: cuts the dataset into shards."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import msgspec
from aws_lambda_powertools import Logger

from labelmill_aws.clients import Clients
from labelmill_aws.errors import transient_errors
from labelmill_aws.messages import read_message
from labelmill_aws.settings import PlanSettings
from labelmill_aws.steps.plan import PlanJob, PlanStep

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

logger = Logger()


@cache
def step() -> PlanStep:
    """The parts of this environment, made at the first call."""
    return PlanStep.of(Clients(), PlanSettings.from_env())


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Plan a job, or ask for a survey of its dataset."""
    wanted = read_message(PlanJob, event)
    logger.append_keys(job=wanted.job.name)
    with transient_errors():
        answer = step().run(wanted)
    logger.info("plan", extra={"images": answer.images, "shards": answer.shards, "survey": answer.survey})
    document: dict[str, Any] = msgspec.to_builtins(answer)
    return document
