"""Subscriptions by request."""

from __future__ import annotations

from typing import Any

import pytest
from api_tools import ApiCaller
from cloud_tools import Cloud

from labelmill_aws.records.catalog import Workspace

PATH = "/v1/organizations/default/subscriptions"
HOOK = {"protocol": "https", "endpoint": "https://hooks.example.com/labels"}


def test_make_list_get_delete(api: ApiCaller, cloud: Cloud) -> None:
    cloud.catalog.create_workspace(Workspace(name="training"))
    wanted = HOOK | {"workspaces": ["training"], "formats": ["YOLO", "COCO"], "statuses": ["failed", "refused"]}
    answer = api.as_("editor").post(PATH, json=wanted)
    assert answer.status == 201
    made = answer.json
    assert made["formats"] == ["COCO", "YOLO"]
    assert (made["status"], made["created_by"], made["queue_policy"]) == ("pending", "editor of default", None)
    assert answer.headers["location"] == f"{PATH}/{made['id']}"
    reader = api.as_("reader")
    assert reader.get(answer.headers["location"]).json == made
    assert reader.get(PATH).json == {"items": [made], "next": None}
    again = api.post(PATH, json=wanted)
    assert (again.status, again.json) == (200, made)
    assert api.post(PATH, json=HOOK).slug == "conflict"
    assert api.delete(answer.headers["location"]).status == 204
    assert api.delete(answer.headers["location"]).slug == "not-found"
    assert reader.get(answer.headers["location"]).slug == "not-found"
    assert reader.get(PATH).json["items"] == []


def test_a_queue_is_told_what_it_needs(api: ApiCaller, cloud: Cloud) -> None:
    url = cloud.sqs.create_queue(QueueName=f"mine-{cloud.tag}")["QueueUrl"]
    arn = cloud.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    answer = api.post(PATH, json={"protocol": "sqs", "endpoint": arn})
    assert answer.json["status"] == "confirmed"
    policy = answer.json["queue_policy"]
    assert policy["Resource"] == arn and policy["Condition"] == {"ArnEquals": {"aws:SourceArn": cloud.topic_arn}}
    assert policy["Principal"] == {"Service": "sns.amazonaws.com"}


def test_pages(api: ApiCaller) -> None:
    for number in range(5):
        assert api.post(PATH, json=HOOK | {"endpoint": f"{HOOK['endpoint']}/{number}"}).status == 201
    seen: list[str] = []
    query: dict[str, Any] = {"limit": 2}
    while query.get("cursor", "") is not None:
        page = api.get(PATH, query=query).json
        seen += [item["endpoint"][-1] for item in page["items"]]
        query["cursor"] = page["next"]
    assert sorted(seen) == list("01234")


def test_all_mistakes_at_once(api: ApiCaller, cloud: Cloud) -> None:
    """And a workspace of somebody else is as unknown as one that is not there."""
    cloud.catalog.create_workspace(Workspace(name="theirs", organization="theirs"))
    cloud.catalog.create_workspace(Workspace(name="mine"))
    wanted = {"protocol": "https", "endpoint": "https://localhost/", "workspaces": ["mine", "theirs", "absent"]}
    answer = api.post(PATH, json=wanted)
    assert answer.slug == "bad-request"
    errors = {error["where"]: error["message"] for error in answer.json["errors"]}
    assert set(errors) == {"body.endpoint", "body.workspaces.1", "body.workspaces.2"}
    assert errors["body.workspaces.1"] == errors["body.workspaces.2"]


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"protocol": "http"}, "body.protocol"),
        ({"protocol": "lambda"}, "body.protocol"),
        ({"protocol": "email"}, "body.endpoint"),
        ({"endpoint": ""}, "body.endpoint"),
        ({"endpoint": "https://a.example.com/" + "a" * 1000}, "body.endpoint"),
        ({"formats": ["NONSENSE"]}, "body.formats.0"),
        ({"statuses": ["queued"]}, "body.statuses.0"),
        ({"workspaces": "training"}, "body.workspaces"),
        ({"organization": "theirs"}, "body.organization"),
    ],
)
def test_bad_requests(api: ApiCaller, changes: dict[str, Any], where: str) -> None:
    answer = api.post(PATH, json=HOOK | changes)
    assert (answer.status, answer.slug) == (400, "bad-request")
    assert where in [error["where"] for error in answer.json["errors"]]
    assert api.get(PATH).json["items"] == []


def test_too_many_combinations(api: ApiCaller, cloud: Cloud) -> None:
    names = [f"ws {number}" for number in range(20)]
    for name in names:
        cloud.catalog.create_workspace(Workspace(name=name))
    filters = {"workspaces": names, "formats": ["COCO", "YOLO"], "statuses": ["complete", "failed", "cancelled"]}
    assert api.post(PATH, json=HOOK | filters).status == 201, "120 are fine"
    filters["statuses"].append("refused")
    answer = api.post(PATH, json=HOOK | filters)
    assert "found 160" in answer.json["errors"][0]["message"]


def test_an_address_is_asked_a_few_times_a_day(api: ApiCaller, cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever asks, and whatever was deleted meanwhile."""
    from labelmill_aws.api.parts import parts

    sent: list[str] = []
    subscribe = parts().clients.sns.subscribe

    def counted(**request: Any) -> Any:
        sent.append(request["Endpoint"])
        return subscribe(**request)

    monkeypatch.setattr(parts().clients.sns, "subscribe", counted)
    theirs = "/v1/organizations/theirs/subscriptions"
    for caller, path, endpoint in [
        (api.as_("editor"), PATH, "you@example.com"),
        (api.as_("editor"), PATH, "You+1@example.com"),
        (api.as_("editor", "theirs"), theirs, "you+2@EXAMPLE.com"),
    ]:
        answer = caller.post(path, json={"protocol": "email", "endpoint": endpoint})
        assert answer.status == 201, answer
        assert caller.delete(answer.headers["location"]).status == 204
    for caller, path in [(api.as_("editor"), PATH), (api.as_("editor", "theirs"), theirs)] * 5:
        answer = caller.post(path, json={"protocol": "email", "endpoint": "you@example.com"})
        assert (answer.status, answer.slug) == (429, "asked-too-often")
        assert 1 <= int(answer.headers["retry-after"]) <= 86_400
        assert answer.json["detail"] == "Expected: an address is asked to agree at most 3 times a day."
    assert len(sent) == 3
    assert api.get(PATH).json["items"] == []
    assert api.post(PATH, json={"protocol": "email", "endpoint": "other@example.com"}).status == 201


def test_the_next_day_it_may_be_asked_again(cloud: Cloud) -> None:
    from datetime import UTC, datetime

    from labelmill_aws.telling.asked import ask

    late = datetime(2026, 1, 31, 23, 59, 50, tzinfo=UTC)
    endpoint = f"https://hooks.example.com/{cloud.tag}"
    same = [endpoint, endpoint.replace("hooks.example", "HOOKS.example"), endpoint.replace(".com/", ".com:443/")]
    assert [ask(cloud.table, "https", one, late) for one in [*same, endpoint]] == [0, 0, 0, 10]
    assert ask(cloud.table, "https", endpoint, datetime(2026, 2, 1, tzinfo=UTC)) == 0
    assert [ask(cloud.table, "sqs", "arn:aws:sqs:x", late) for _ in range(9)] == [0] * 9
