"""Every problem that the table names is met by some test."""

from __future__ import annotations

from pathlib import Path

import pytest
from api_tools import ApiCaller

from labelmill_aws.api.problems import PROBLEMS

TESTS = Path(__file__).parents[1]
SUBSCRIPTIONS = "/v1/organizations/default/subscriptions"


@pytest.mark.parametrize("slug", PROBLEMS)
def test_every_problem_is_met(slug: str) -> None:
    sources = (path.read_text() for folder in ("api", "client", "e2e") for path in (TESTS / folder).glob("test_*.py"))
    assert any(f'"{slug}"' in source for source in sources)


def test_more_subscriptions_than_there_may_be(api: ApiCaller, monkeypatch: pytest.MonkeyPatch) -> None:
    from botocore.exceptions import ClientError

    from labelmill_aws.api.parts import parts

    def refuse(**_: object) -> None:
        raise ClientError({"Error": {"Code": "SubscriptionLimitExceeded", "Message": "too many"}}, "Subscribe")

    monkeypatch.setattr(parts().clients.sns, "subscribe", refuse)
    answer = api.post(SUBSCRIPTIONS, json={"protocol": "https", "endpoint": "https://hooks.example.com/x"})
    assert (answer.status, answer.slug) == (409, "limit-reached")
