"""``/v1/organizations/{org}/subscriptions``."""

from __future__ import annotations

from typing import Any, cast

from aws_lambda_powertools.event_handler import Request, Response

from labelmill_aws.api.answers import Organization, answer, caller_of, nothing, path_of
from labelmill_aws.api.caller import EDITOR, READER
from labelmill_aws.api.models.subscriptions import NewSubscription, Protocol, SubscriptionAnswer, SubscriptionList
from labelmill_aws.api.paging import DEFAULT_LIMIT, Cursor, Limit, read_cursor, write_cursor
from labelmill_aws.api.parts import parts
from labelmill_aws.api.problems import Problem, not_found
from labelmill_aws.api.routing import Routes
from labelmill_aws.telling.endpoints import SQS, endpoint_problem, queue_policy
from labelmill_aws.telling.subscriptions import (
    MAX_COMBINATIONS,
    AskedTooOftenError,
    Seen,
    SubscriptionError,
    Subscriptions,
    TooManyError,
    Wish,
)

routes = Routes("subscriptions", "Who is told what, by e-mail, https or a queue.")
PATH = "/v1/organizations/<org>/subscriptions"
ONE = f"{PATH}/<subscription>"


@routes.get(PATH, READER, problems=("bad-cursor",))
def list_subscriptions(org: Organization, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None) -> SubscriptionList:
    """List the subscriptions of an organization"""
    position = read_cursor(cursor)
    subscriptions = _subscriptions()
    ids = [id_ for id_ in subscriptions.ids(org) if position is None or id_ > position[0]]
    found = subscriptions.look(org, ids[:limit])
    return SubscriptionList(
        items=[_answer(seen) for seen in found], next=write_cursor(ids[limit - 1]) if len(ids) > limit else None
    )


@routes.post(
    PATH,
    EDITOR,
    status=201,
    also={200: "It was there already."},
    problems=("conflict", "limit-reached", "asked-too-often"),
)
def create_subscription(request: Request, org: Organization, new: NewSubscription) -> Response[SubscriptionAnswer]:
    """Subscribe to messages

    The owner of an e-mail address or of an https endpoint is asked to agree; the same request once more asks again, a
    few times a day at most. An endpoint can be subscribed once. A queue has to let the topic send to it: see
    `queue_policy` in the answer.
    """
    errors = _errors(org, new)
    if errors:
        raise Problem("bad-request", errors=errors)
    wish = Wish(
        organization=org,
        protocol=new.protocol,
        endpoint=new.endpoint,
        workspaces=_each_once(new.workspaces),
        formats=_each_once(new.formats),
        statuses=_each_once(new.statuses),
    )
    try:
        seen, is_new = _subscriptions().create(wish, caller_of(request).name)
    except AskedTooOftenError as error:
        raise Problem("asked-too-often", f"Expected: {error}.", headers={"Retry-After": str(error.again_s)}) from error
    except TooManyError as error:
        raise Problem("limit-reached", str(error)) from error
    except SubscriptionError as error:
        raise Problem("conflict", f"The endpoint can't be subscribed: {error}.") from error
    location = path_of("organizations", org, "subscriptions", seen.row.id)
    return answer(_answer(seen), status=201 if is_new else 200, location=location)


@routes.get(ONE, READER)
def get_subscription(org: Organization, subscription: str) -> SubscriptionAnswer:
    """Get a subscription"""
    seen = _subscriptions().get(org, subscription)
    if seen is None:
        raise not_found()
    return _answer(seen)


@routes.delete(ONE, EDITOR, status=204)
def delete_subscription(org: Organization, subscription: str) -> Response[None]:
    """End a subscription"""
    if not _subscriptions().delete(org, subscription):
        raise not_found()
    return nothing()


def _errors(org: str, new: NewSubscription) -> list[tuple[str, str]]:
    errors = []
    topic = parts().settings.topic_arn
    problem = endpoint_problem(new.protocol, new.endpoint, topic)
    if problem:
        errors.append(("body.endpoint", problem))
    catalog = parts().catalog
    for number, name in enumerate(new.workspaces):
        found = catalog.workspace(name)
        if found is None or found.organization != org:
            errors.append((f"body.workspaces.{number}", "expected a workspace of the organization"))
    combinations = 1
    for names in (new.workspaces, new.formats, new.statuses):
        combinations *= len(set(names)) or 1
    if combinations > MAX_COMBINATIONS:
        expected = f"expected at most {MAX_COMBINATIONS} combinations of workspaces, formats and statuses"
        errors.append(("body", f"{expected}, found {combinations:,}"))
    return errors


def _each_once(names: list[Any]) -> tuple[str, ...]:
    return tuple(sorted(set(names)))


def _subscriptions() -> Subscriptions:
    return Subscriptions(parts().table, parts().clients.sns, parts().settings.topic_arn)


def _answer(seen: Seen) -> SubscriptionAnswer:
    row = seen.row
    return SubscriptionAnswer(
        id=row.id,
        protocol=cast(Protocol, row.protocol),
        endpoint=row.endpoint,
        workspaces=list(row.workspaces),
        formats=list(row.formats),
        statuses=cast(Any, list(row.statuses)),
        status=seen.state,
        queue_policy=queue_policy(row.endpoint, parts().settings.topic_arn) if row.protocol == SQS else None,
        created=row.created,
        created_by=row.created_by,
    )
