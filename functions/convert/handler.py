"""Converts one shard into one format."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import msgspec
from aws_lambda_powertools import Logger

from labelmill_aws.clients import Clients
from labelmill_aws.errors import transient_errors
from labelmill_aws.messages import read_message
from labelmill_aws.settings import ConvertSettings
from labelmill_aws.steps.convert import ConvertShard, ShardConverter

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

logger = Logger()


@cache
def step() -> ShardConverter:
    """The parts of this environment, made at the first call."""
    return ShardConverter.of(Clients(), ConvertSettings.from_env())


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Convert a shard."""
    wanted = read_message(ConvertShard, event)
    logger.append_keys(annotation=wanted.annotation, format=wanted.format, shard=wanted.shard)
    with transient_errors():
        answer = step().convert(wanted)
    logger.info("convert", extra={"status": answer.status, "images": answer.images, "errors": answer.errors})
    document: dict[str, Any] = msgspec.to_builtins(answer)
    return document
