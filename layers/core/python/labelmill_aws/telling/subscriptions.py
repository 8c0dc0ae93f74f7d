"""Who gets which messages: SNS delivers them, and a row remembers whose a subscription is.

Each subscription filters by its organization, whatever else it filters by. SNS subscribes an endpoint to a topic once,
with one filter, so an endpoint can't have a second one. It also can't be unsubscribed before its owner has agreed: the
row of one that is deleted meanwhile stays, unseen, until SNS has forgotten it or it can be ended.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

import msgspec
from botocore.exceptions import ClientError

from labelmill.errors import LabelmillError
from labelmill_aws.errors import code_of
from labelmill_aws.names import short_digest
from labelmill_aws.records.annotation import now_text
from labelmill_aws.records.table import Table
from labelmill_aws.telling.asked import MOST_A_DAY, ask

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient

PENDING: Final = "pending"
CONFIRMED: Final = "confirmed"
GONE: Final = "gone"
STATUSES: Final = ("complete", "failed", "cancelled", "refused")
"""Of messages, by which subscriptions filter."""

MAX_SUBSCRIPTIONS: Final = 50
"""Of one organization: SNS has room for 200 filters on a topic."""
MAX_COMBINATIONS: Final = 150
"""SNS' limit of workspaces times formats times statuses in one filter."""
LOOKS: Final = 8

State = Literal["pending", "confirmed", "gone"]


class SubscriptionError(LabelmillError):
    """An endpoint can't be subscribed."""


class TooManyError(SubscriptionError):
    """There are as many subscriptions as there may be."""


class AskedTooOftenError(SubscriptionError):
    """The address was asked as often as it may be.

    Attributes:
        again_s: In how many seconds it may be asked again.
    """

    def __init__(self, again_s: int) -> None:
        super().__init__(f"an address is asked to agree at most {MOST_A_DAY} times a day")
        self.again_s = again_s


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody wants to be told, and where.

    Attributes:
        protocol: ``email``, ``https`` or ``sqs``.
        workspaces, formats, statuses: Only messages of these; empty for all.
    """

    organization: str
    protocol: str
    endpoint: str
    workspaces: tuple[str, ...] = ()
    formats: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """The same for the same wish."""
        filters = [sorted(set(names)) for names in (self.workspaces, self.formats, self.statuses)]
        return f"sub-{short_digest([self.organization, self.protocol, self.endpoint, *filters])}"

    def policy(self) -> dict[str, list[str]]:
        """SNS' filter, over the attributes of messages."""
        filters = {"workspace": self.workspaces, "format": self.formats, "status": self.statuses}
        return {"organization": [self.organization]} | {
            name: sorted(set(values)) for name, values in filters.items() if values
        }


class Subscription(Wish, frozen=True, kw_only=True):
    """A row.

    Attributes:
        arn: SNS' name of it; empty before SNS has answered.
        deleted: When it was deleted while it was pending; empty when it was not.
    """

    arn: str = ""
    created: str = ""
    created_by: str = ""
    deleted: str = ""


class Seen(NamedTuple):
    """A subscription as it is now."""

    row: Subscription
    state: State


class Subscriptions:
    """Subscriptions to the topic."""

    def __init__(self, table: Table, sns: SNSClient, topic_arn: str) -> None:
        self._table = table
        self._sns = sns
        self._topic = topic_arn

    def create(self, wish: Wish, asked_by: str) -> tuple[Seen, bool]:
        """Subscribe, or ask the endpoint's owner once more.

        Returns:
            The subscription, and whether it is a new one.

        Raises:
            TooManyError: If the organization, or SNS, has no room for one more.
            AskedTooOftenError: If the address was asked by anybody as often as it may be in a day.
            SubscriptionError: If the endpoint is subscribed with other filters, or SNS does not take it.
        """
        rows = {row.id: row for row in self._rows(wish.organization)}
        old = rows.get(wish.id)
        if old is None or old.deleted:
            if old is None and len(rows) >= MAX_SUBSCRIPTIONS:  # or one could ask the whole world to agree
                forgotten = "one that nobody agreed to counts for three days after it was deleted"
                raise TooManyError(f"expected at most {MAX_SUBSCRIPTIONS} subscriptions; {forgotten}")
            live = [row for row in rows.values() if not row.deleted]
            if any((row.protocol, row.endpoint) == (wish.protocol, wish.endpoint) for row in live):
                raise SubscriptionError("it is subscribed with other filters; delete that subscription first")
            self._ask(wish)
            fields = msgspec.structs.asdict(wish)
            row = Subscription(**fields, arn="", created=now_text(), created_by=asked_by)
            self._put(row)  # before SNS knows of it, so that nothing is subscribed which can't be found
        else:
            row = old
            if self._state(row) != CONFIRMED:
                self._ask(wish)
        try:
            arn = self._subscribe(wish)
        except SubscriptionError:
            if row is not old:
                self._forget(row)
            raise
        row = msgspec.structs.replace(row, arn=arn)
        self._put(row)
        return Seen(row, self._state(row)), row.created != (old.created if old else "")

    def get(self, organization: str, id_: str) -> Seen | None:
        """A subscription."""
        item = self._table.get(f"ORG#{organization}", _sk(id_))
        row = msgspec.convert(item, Subscription) if item else None
        return Seen(row, self._state(row)) if row and not row.deleted else None

    def ids(self, organization: str) -> list[str]:
        """Ids of an organization's subscriptions, sorted; what was deleted while it was pending is ended on the way."""
        ids = []
        for row in self._rows(organization):
            if row.deleted:
                self._end(row)
            else:
                ids.append(row.id)
        return sorted(ids)

    def look(self, organization: str, ids: Sequence[str]) -> list[Seen]:
        """Some subscriptions as they are now."""
        with ThreadPoolExecutor(LOOKS) as pool:
            return [seen for seen in pool.map(lambda id_: self.get(organization, id_), ids) if seen]

    def delete(self, organization: str, id_: str) -> bool:
        """Unsubscribe.

        Returns:
            False when there is no such subscription.
        """
        item = self._table.get(f"ORG#{organization}", _sk(id_))
        row = msgspec.convert(item, Subscription) if item else None
        if row is None or row.deleted:
            return False
        row = msgspec.structs.replace(row, deleted=now_text())
        self._put(row)
        self._end(row)
        return True

    def _end(self, row: Subscription) -> None:
        """Unsubscribe; the row goes with it, unless SNS has to be asked again later."""
        if row.arn:
            try:
                self._sns.unsubscribe(SubscriptionArn=row.arn)
            except ClientError as error:
                code = code_of(error)
                if code in {"InvalidParameter", "InvalidParameterException"}:  # AWS: while it is pending
                    if self._state(row) != GONE:
                        return
                elif code not in {"NotFound", "NotFoundException"}:
                    raise
        self._forget(row)

    def _ask(self, wish: Wish) -> None:
        again_s = ask(self._table, wish.protocol, wish.endpoint)
        if again_s:
            raise AskedTooOftenError(again_s)

    def _subscribe(self, wish: Wish) -> str:
        policy = wish.policy()
        try:
            arn = self._sns.subscribe(
                TopicArn=self._topic,
                Protocol=wish.protocol,
                Endpoint=wish.endpoint,
                Attributes={"FilterPolicy": json.dumps(policy)},
                ReturnSubscriptionArn=True,
            )["SubscriptionArn"]
        except ClientError as error:
            code = code_of(error)
            if code in {"FilterPolicyLimitExceeded", "SubscriptionLimitExceeded"}:
                raise TooManyError("the service has as many subscriptions as AWS allows") from error
            if code in {"InvalidParameter", "InvalidParameterException"}:
                raise SubscriptionError("AWS does not take it, or has subscribed it with other filters") from error
            raise
        if not arn.startswith("arn:"):
            arn = self._find(wish)
        attributes = self._attributes(arn)
        if attributes is not None and json.loads(attributes.get("FilterPolicy") or "{}") != policy:
            raise SubscriptionError("it is subscribed with other filters")
        return arn

    def _find(self, wish: Wish) -> str:
        """The ARN of a subscription of which AWS has only said that it is pending."""
        for page in self._sns.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=self._topic):
            for found in page["Subscriptions"]:
                if (found["Protocol"], found["Endpoint"]) == (wish.protocol, wish.endpoint):
                    return found["SubscriptionArn"] if found["SubscriptionArn"].startswith("arn:") else ""
        return ""

    def _state(self, row: Subscription) -> State:
        attributes = self._attributes(row.arn)
        if attributes is None:
            return GONE
        return PENDING if attributes.get("PendingConfirmation") == "true" else CONFIRMED

    def _attributes(self, arn: str) -> dict[str, str] | None:
        if not arn:
            return None
        try:
            return self._sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]
        except ClientError as error:
            if code_of(error) in {"NotFound", "NotFoundException"}:
                return None
            raise

    def _rows(self, organization: str) -> Iterator[Subscription]:
        for item in self._table.query(f"ORG#{organization}", "SUB#"):
            yield msgspec.convert(item, Subscription)

    def _put(self, row: Subscription) -> None:
        item: dict[str, Any] = msgspec.to_builtins(row)
        self._table.put(item | {"pk": f"ORG#{row.organization}", "sk": _sk(row.id)})

    def _forget(self, row: Subscription) -> None:
        self._table.delete(f"ORG#{row.organization}", _sk(row.id))


def _sk(id_: str) -> str:
    return f"SUB#{id_}"
