"""Checks the token of a request for API Gateway, which keeps the answer for a minute."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import msgspec
from aws_lambda_powertools import Logger

from labelmill_aws.access.authorize import Authorizer
from labelmill_aws.access.grants import RefusedTokenError
from labelmill_aws.clients import Clients
from labelmill_aws.errors import transient_errors
from labelmill_aws.settings import AuthorizeSettings

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

logger = Logger()


class AuthorizerError(Exception):
    """The token could not be checked; API Gateway lets nobody in, answers 500 and asks again next time."""


@cache
def authorizer() -> Authorizer:
    """The parts of this environment, made at the first call."""
    return Authorizer.of(Clients(), AuthorizeSettings.from_env())


@logger.inject_lambda_context(clear_state=True, log_event=False)  # whatever the environment says: it holds the token
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer whether a request may pass, and as whom."""
    try:
        with transient_errors():
            grant = authorizer().authorize(_header(event))
    except RefusedTokenError as refused:
        logger.info("refused", extra={"why": str(refused)})
        return {"isAuthorized": False, "context": {}}
    except Exception as error:  # noqa: BLE001  it fails closed, without what it holds
        # The message and the chain of an error may hold the token or a part of it, and Lambda would log them.
        kind = type(error).__name__
        logger.error("the token could not be checked", extra={"kind": kind})
        raise AuthorizerError(f"the token could not be checked: {kind}") from None
    logger.info("accepted", extra={"organization": grant.organization, "role": grant.role})
    return {"isAuthorized": True, "context": msgspec.to_builtins(grant)}


def _header(event: dict[str, Any]) -> str:
    """The value that API Gateway keeps the answer under: its only identity source is the header."""
    sources = event.get("identitySource")
    if isinstance(sources, list) and len(sources) == 1 and isinstance(sources[0], str):
        return sources[0]
    return ""
