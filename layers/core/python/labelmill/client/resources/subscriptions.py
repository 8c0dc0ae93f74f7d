"""Who is told when an annotation ends."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from labelmill.client.models import MessageStatus, Subscription
from labelmill.client.pages import paged
from labelmill.client.resources.resource import Resource, given


class Subscriptions(Resource):
    """``client.subscriptions``."""

    def create(
        self,
        protocol: Literal["email", "https", "sqs"],
        endpoint: str,
        *,
        workspaces: Sequence[str] | None = None,
        formats: Sequence[str] | None = None,
        statuses: Sequence[MessageStatus] | None = None,
    ) -> Subscription:
        """Subscribe to the organization's messages.

        Args:
            protocol: How they are sent. E-mail and https have to be confirmed by the receiver.
            endpoint: An address, a URL, or the ARN of a queue that lets the service's topic send to it.
            workspaces: Of these only.
            formats: Of these only.
            statuses: Of these only: ``complete``, ``failed``, ``cancelled``, ``refused`` (a bad upload).

        Returns:
            The subscription; with a queue, ``queue_policy`` has to stand in the queue's policy.

        Raises:
            ServiceError: An endpoint or filter that can't be.
        """
        filters = given(workspaces=workspaces, formats=formats, statuses=statuses)
        body = {"protocol": protocol, "endpoint": endpoint, **filters}
        return self._transport.send(Subscription, "POST", self._own("subscriptions"), body)

    def list(self, *, limit: int | None = None) -> Iterator[Subscription]:
        """Go through the organization's subscriptions."""
        return paged(self._transport, Subscription, self._own("subscriptions"), limit=limit)

    def get(self, subscription: str) -> Subscription:
        """A subscription by its id. Raises NotFoundError."""
        return self._transport.get(Subscription, self._own("subscriptions", subscription))

    def delete(self, subscription: str) -> None:
        """End a subscription. Raises NotFoundError."""
        self._transport.request("DELETE", self._own("subscriptions", subscription))
