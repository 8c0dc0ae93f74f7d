"""Subscriptions."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from labelmill_aws.api.models.base import Answered, Asked, FormatId, Next, Time

Protocol = Literal["email", "https", "sqs"]
MessageStatus = Literal["complete", "failed", "cancelled", "refused"]

Workspaces = Annotated[
    list[Annotated[str, Field(min_length=1, max_length=200)]],
    Field(max_length=50, description="Only messages about these; empty for all.", examples=[["training"]]),
]
Formats = Annotated[
    list[FormatId],
    Field(max_length=50, description="Only messages about these; empty for all. Refused uploads have no format."),
]
Statuses = Annotated[list[MessageStatus], Field(max_length=10, description="Only messages of these; empty for all.")]


class NewSubscription(Asked):
    """A subscription that is to be made."""

    protocol: Protocol
    endpoint: str = Field(
        min_length=1,
        max_length=1000,
        description="An e-mail address, an https URL, or a queue's ARN, by the protocol.",
        examples=["https://hooks.example.com/labels"],
    )
    workspaces: Workspaces = []
    formats: Formats = []
    statuses: Statuses = []


class SubscriptionAnswer(Answered):
    """Who gets which messages."""

    id: str
    protocol: Protocol
    endpoint: str
    workspaces: list[str]
    formats: list[str]
    statuses: list[MessageStatus]
    status: Literal["pending", "confirmed", "gone"] = Field(
        description="`pending` until the endpoint's owner has agreed, for three days at most; "
        "`gone` when it was ended from the other side, or nobody agreed."
    )
    queue_policy: dict[str, Any] | None = Field(
        description="The statement that a queue's policy needs, or nothing arrives; for queues alone."
    )
    created: Time
    created_by: str


class SubscriptionList(Answered):
    """Subscriptions, by their ids."""

    items: list[SubscriptionAnswer]
    next: Next
