"""``/v1/me``."""

from __future__ import annotations

from typing import cast

from aws_lambda_powertools.event_handler import Request

from labelmill_aws.api.answers import caller_of
from labelmill_aws.api.caller import READER
from labelmill_aws.api.models.me import Limits, Me, MyToken, Role
from labelmill_aws.api.paging import MAX_LIMIT
from labelmill_aws.api.reading import MAX_BODY_BYTES
from labelmill_aws.api.routing import Routes

routes = Routes("me", "The token that asks.")
MAX_TAGS = 50


@routes.get("/v1/me", READER)
def get_me(request: Request) -> Me:
    """Get what the token opens."""
    from labelmill.maps.limits import MAX_FILE_BYTES  # and with it the language of rules

    caller = caller_of(request)
    return Me(
        organization=caller.organization,
        role=cast(Role, caller.role),
        token=MyToken(id=caller.id, name=caller.name, expires=caller.expires),
        limits=Limits(body_bytes=MAX_BODY_BYTES, map_bytes=MAX_FILE_BYTES, page_items=MAX_LIMIT, tags=MAX_TAGS),
    )
