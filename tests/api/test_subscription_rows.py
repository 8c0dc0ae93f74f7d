"""Subscriptions: what SNS is asked for, what stays when it does not do as asked, and whose messages arrive."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from botocore.exceptions import ClientError
from cloud_tools import Cloud

from labelmill_aws.records.annotation import Annotation
from labelmill_aws.telling.endpoints import endpoint_problem
from labelmill_aws.telling.subscriptions import (
    MAX_SUBSCRIPTIONS,
    SubscriptionError,
    Subscriptions,
    TooManyError,
    Wish,
)

HOOK = "https://hooks.example.com/labels"


@pytest.fixture
def subscriptions(cloud: Cloud) -> Subscriptions:
    return Subscriptions(cloud.table, cloud.clients.sns, cloud.topic_arn)


def make_queue(cloud: Cloud, name: str) -> tuple[str, str]:
    url = cloud.sqs.create_queue(QueueName=f"{name}-{cloud.tag}")["QueueUrl"]
    arn = cloud.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    return url, arn


def wish(endpoint: str = HOOK, protocol: str = "https", organization: str = "default", **filters: Any) -> Wish:
    return Wish(organization=organization, protocol=protocol, endpoint=endpoint, **filters)


def annotation(organization: str, **more: Any) -> Annotation:
    said = {"id": f"an-{organization}", "workspace": "ws", "dataset": "toys", "dataset_version": "1", "format": "COCO"}
    row = msgspec.convert(said | {"organization": organization, "status": "complete"}, Annotation)
    return msgspec.structs.replace(row, **more)


def test_messages_arrive_as_filtered(cloud: Cloud, subscriptions: Subscriptions) -> None:
    url, arn = make_queue(cloud, "mine")
    filters = {"workspaces": ("ws", "w s/&"), "formats": ("COCO",), "statuses": ("complete", "failed")}
    seen, new = subscriptions.create(wish(arn, "sqs", **filters), "ci")
    assert new and (seen.state, seen.row.created_by) == ("confirmed", "ci")
    notifier = cloud.ending.notifier
    notifier.annotation_finished(annotation("default"))
    notifier.annotation_finished(annotation("default", workspace="w s/&", status="failed"))
    for other in (
        annotation("theirs"),
        annotation("default", workspace="other"),
        annotation("default", format="YOLO"),
        annotation("default", status="cancelled"),
    ):
        notifier.annotation_finished(other)
    got = []
    while batch := cloud.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
        for message in batch:
            got.append(msgspec.json.decode(msgspec.json.decode(message["Body"])["Message"]))
            cloud.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    assert sorted((body["organization"], body["workspace"], body["status"]) for body in got) == [
        ("default", "w s/&", "failed"),
        ("default", "ws", "complete"),
    ]


def test_the_same_twice_is_one(cloud: Cloud, subscriptions: Subscriptions) -> None:
    first, new = subscriptions.create(wish(formats=("COCO", "YOLO")), "ci")
    again, once_more = subscriptions.create(wish(formats=("YOLO", "COCO", "COCO")), "someone")
    assert (new, once_more) == (True, False)
    assert again == first and first.state == "pending"
    assert subscriptions.ids("default") == [first.row.id]
    listed = cloud.clients.sns.list_subscriptions_by_topic(TopicArn=cloud.topic_arn)["Subscriptions"]
    assert [found["Endpoint"] for found in listed].count(HOOK) == 1


def test_an_endpoint_has_one_filter(cloud: Cloud, subscriptions: Subscriptions) -> None:
    """SNS has it so; and nobody gets at the subscription of another organization through its endpoint."""
    mine, _ = subscriptions.create(wish(), "ci")
    with pytest.raises(SubscriptionError, match="other filters"):
        subscriptions.create(wish(formats=("COCO",)), "ci")
    with pytest.raises(SubscriptionError, match="other filters"):
        subscriptions.create(wish(organization="theirs"), "them")
    assert subscriptions.ids("theirs") == []
    assert subscriptions.get("default", mine.row.id) == mine


def test_confirmed_and_gone(cloud: Cloud, subscriptions: Subscriptions, monkeypatch: pytest.MonkeyPatch) -> None:
    seen, _ = subscriptions.create(wish(), "ci")
    assert seen.state == "pending"
    attributes = {"PendingConfirmation": "false"}
    with monkeypatch.context() as patch:
        patch.setattr(
            cloud.clients.sns, "get_subscription_attributes", lambda **_: {"Attributes": attributes}, raising=True
        )
        assert [found.state for found in subscriptions.look("default", [seen.row.id])] == ["confirmed"]
    cloud.clients.sns.unsubscribe(SubscriptionArn=seen.row.arn)  # by the link in a mail
    found = subscriptions.get("default", seen.row.id)
    assert found is not None and found.state == "gone"
    again, new = subscriptions.create(wish(), "ci")
    assert (new, again.state) == (False, "pending") and again.row.arn != seen.row.arn


def test_delete(cloud: Cloud, subscriptions: Subscriptions) -> None:
    _, arn = make_queue(cloud, "mine")
    seen, _ = subscriptions.create(wish(arn, "sqs"), "ci")
    assert not subscriptions.delete("theirs", seen.row.id)
    assert subscriptions.delete("default", seen.row.id)
    assert not subscriptions.delete("default", seen.row.id)
    assert subscriptions.ids("default") == [] and subscriptions.get("default", seen.row.id) is None
    with pytest.raises(ClientError, match="NotFound"):
        cloud.clients.sns.get_subscription_attributes(SubscriptionArn=seen.row.arn)


@pytest.fixture
def strict_unsubscribe(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """AWS does not unsubscribe what is pending; the emulator does. Answers with what confirms it."""
    sns, pending = cloud.clients.sns, [True]
    really = sns.unsubscribe

    def unsubscribe(**request: Any) -> Any:
        if pending[0]:
            error: Any = {"Error": {"Code": "InvalidParameter", "Message": "This subscription is pending confirmation"}}
            raise ClientError(error, "Unsubscribe")
        return really(**request)

    monkeypatch.setattr(sns, "unsubscribe", unsubscribe)
    return lambda: pending.__setitem__(0, False)


def test_deleted_while_pending_is_ended_later(
    cloud: Cloud, subscriptions: Subscriptions, strict_unsubscribe: Callable[[], None]
) -> None:
    """Or who confirms it after all would get messages for ever."""
    seen, _ = subscriptions.create(wish(), "ci")
    assert subscriptions.delete("default", seen.row.id)
    assert subscriptions.get("default", seen.row.id) is None
    assert subscriptions.ids("default") == [] and not subscriptions.delete("default", seen.row.id)
    assert cloud.clients.sns.get_subscription_attributes(SubscriptionArn=seen.row.arn)
    strict_unsubscribe()
    assert subscriptions.ids("default") == []
    with pytest.raises(ClientError, match="NotFound"):
        cloud.clients.sns.get_subscription_attributes(SubscriptionArn=seen.row.arn)
    assert cloud.table.get("ORG#default", f"SUB#{seen.row.id}") is None


def test_deleting_makes_no_room_for_more_questions(
    subscriptions: Subscriptions, strict_unsubscribe: Callable[[], None]
) -> None:
    """Or somebody could have SNS write to the whole world."""
    for number in range(MAX_SUBSCRIPTIONS):
        seen, _ = subscriptions.create(wish(f"{HOOK}/{number}"), "ci")
        assert subscriptions.delete("default", seen.row.id)
    with pytest.raises(TooManyError, match="three days"):
        subscriptions.create(wish(), "ci")
    strict_unsubscribe()
    assert subscriptions.ids("default") == []
    assert subscriptions.create(wish(), "ci")[1]


def test_deleted_while_pending_and_wanted_again(
    subscriptions: Subscriptions, strict_unsubscribe: Callable[[], None]
) -> None:
    seen, _ = subscriptions.create(wish(), "ci")
    assert subscriptions.delete("default", seen.row.id)
    again, new = subscriptions.create(wish(), "someone")
    assert new and (again.row.id, again.row.created_by, again.state) == (seen.row.id, "someone", "pending")
    assert subscriptions.ids("default") == [seen.row.id]


def test_what_aws_refuses_leaves_nothing(
    cloud: Cloud, subscriptions: Subscriptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    for code, kind in (("InvalidParameter", SubscriptionError), ("FilterPolicyLimitExceeded", TooManyError)):

        def refuse(code: str = code, **_: Any) -> Any:
            raise ClientError({"Error": {"Code": code, "Message": "no"}}, "Subscribe")

        monkeypatch.setattr(cloud.clients.sns, "subscribe", refuse)
        with pytest.raises(kind):
            subscriptions.create(wish(), "ci")
        assert subscriptions.ids("default") == []


def test_there_is_a_limit(subscriptions: Subscriptions) -> None:
    for number in range(MAX_SUBSCRIPTIONS):
        subscriptions.create(wish(f"{HOOK}/{number}"), "ci")
    with pytest.raises(TooManyError, match="at most 50"):
        subscriptions.create(wish(), "ci")
    assert not subscriptions.create(wish(f"{HOOK}/7"), "ci")[1], "one that is there is no new one"


TOPIC = "arn:aws:sns:eu-central-1:123456789012:topic"
GOOD = [
    ("https", HOOK),
    ("https", "https://example.com"),
    ("https", "https://EXAMPLE.com:8443/a?b=c&d=%20"),
    ("https", "https://xn--bcher-kva.example.xn--p1ai/"),
    ("email", "first.last+tag@sub.example.com"),
    ("sqs", "arn:aws:sqs:eu-central-1:123456789012:labels_1-x"),
    ("sqs", "arn:aws:sqs:us-gov-west-1:123456789012:labels"),
]
BAD = [
    ("https", ""),
    ("https", "example.com"),
    ("https", "http://example.com/"),
    ("https", "HTTPS://example.com/"),
    ("https", "ftp://example.com/"),
    ("https", "https:///hook"),
    ("https", "https://"),
    ("https", "https://example.com/#part"),
    ("https", "https://user:pass@example.com/"),
    ("https", "https://user@example.com/"),
    ("https", "https://@example.com/"),
    ("https", "https://example.com:0/"),
    ("https", "https://example.com:/"),
    ("https", "https://example.com:99999/"),
    ("https", "https://example.com:x/"),
    ("https", "https://exa mple.com/"),
    ("https", "https://example.com/a b"),
    ("https", "https://example.com/\r\nHost: x"),
    ("https", "https://example.com\\@localhost/"),
    ("https", "https://bücher.de/"),
    ("https", "https://localhost/"),
    ("https", "https://intranet/"),
    ("https", "https://box.local/"),
    ("https", "https://api.internal/"),
    ("https", "https://x.localhost/"),
    ("https", "https://example.com./"),
    ("https", "https://-x.com/"),
    ("https", "https://a..com/"),
    ("https", "https://127.0.0.1/"),
    ("https", "https://127.1/"),
    ("https", "https://2130706433/"),
    ("https", "https://0x7f.0.0.1/"),
    ("https", "https://10.0.0.1/"),
    ("https", "https://8.8.8.8/"),
    ("https", "https://169.254.169.254/latest/meta-data"),
    ("https", "https://[::1]/"),
    ("https", "https://[::1"),
    ("https", "https://[fe80::1%25eth0]/"),
    ("https", "https://example.com/" + "a" * 1000),
    ("https", "https://" + "a." * 200 + "com/"),
    ("email", ""),
    ("email", "someone"),
    ("email", "@example.com"),
    ("email", "a@"),
    ("email", "a@localhost"),
    ("email", "a@b@example.com"),
    ("email", "a b@example.com"),
    ("email", "a..b@example.com"),
    ("email", ".a@example.com"),
    ("email", '"a"@example.com'),
    ("email", "Name <a@example.com>"),
    ("email", "a@example.com,b@example.com"),
    ("email", "a@example.com\nBcc: b@example.com"),
    ("email", "a@[127.0.0.1]"),
    ("email", "ä@example.com"),
    ("email", "a" * 65 + "@example.com"),
    ("email", "a@" + "b." * 130 + "com"),
    ("sqs", ""),
    ("sqs", "labels"),
    ("sqs", "https://sqs.eu-central-1.amazonaws.com/123456789012/labels"),
    ("sqs", "arn:aws:sns:eu-central-1:123456789012:labels"),
    ("sqs", "arn:aws:sqs:eu-central-1:123:labels"),
    ("sqs", "arn:aws:sqs::123456789012:labels"),
    ("sqs", "arn:aws:sqs:eu-central-1:123456789012:"),
    ("sqs", "arn:aws:sqs:eu-central-1:123456789012:labels.fifo"),
    ("sqs", "arn:aws:sqs:eu-central-1:123456789012:labels/x"),
    ("sqs", "arn:aws:sqs:eu-central-1:123456789012:" + "a" * 81),
    ("sqs", "arn:aws-cn:sqs:cn-north-1:123456789012:labels"),
    ("sqs", "arn:aws:sqs:eu-central-1:123456789012:labels\n"),
]


@pytest.mark.parametrize(("protocol", "endpoint"), GOOD)
def test_good_endpoints(protocol: str, endpoint: str) -> None:
    assert endpoint_problem(protocol, endpoint, TOPIC) is None


@pytest.mark.parametrize(("protocol", "endpoint"), BAD)
def test_bad_endpoints(protocol: str, endpoint: str) -> None:
    problem = endpoint_problem(protocol, endpoint, TOPIC)
    assert problem is not None and problem.startswith("expected") and problem.isprintable()
