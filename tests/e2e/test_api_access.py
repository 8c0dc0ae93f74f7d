"""Tokens and subscriptions by the deployed API: its function has the rights that they need."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import httpx
import pytest
from e2e_service import Service


@pytest.fixture
def organization() -> str:
    return f"org {uuid.uuid4().hex[:8]}"


@pytest.fixture
def http(service: Service, organization: str) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {service.cloud.token(organization)}"}
    with httpx.Client(base_url=service.cloud.api_url, headers=headers, timeout=30) as client:
        yield client


def test_a_token_is_made_used_and_revoked(http: httpx.Client, organization: str) -> None:
    tokens = f"/v1/organizations/{organization}/tokens"
    made = http.post(tokens, json={"name": "ci", "role": "reader", "expires_in_days": 1}).json()
    theirs = {"Authorization": f"Bearer {made['token']}"}
    me = http.get("/v1/me", headers=theirs).json()
    assert (me["organization"], me["role"], me["token"]["id"]) == (organization, "reader", made["id"])
    assert http.get(tokens, headers=theirs).status_code == 403
    unused = http.post(tokens, json={"name": "unused", "role": "reader"}).json()
    for token in (made, unused):
        assert http.delete(f"{tokens}/{token['id']}").status_code == 204
    assert http.get("/v1/me", headers={"Authorization": f"Bearer {unused['token']}"}).status_code == 403, "at once"
    listed = {item["name"]: item["status"] for item in http.get(tokens).json()["items"]}
    assert (listed.pop("ci"), listed.pop("unused")) == ("revoked", "revoked")
    assert list(listed.values()) == ["active"], "the one that asks"


def test_a_subscription_is_made_listed_and_ended(http: httpx.Client, organization: str) -> None:
    subscriptions = f"/v1/organizations/{organization}/subscriptions"
    wanted = {"protocol": "email", "endpoint": f"{uuid.uuid4().hex[:8]}@example.com", "statuses": ["failed"]}
    made = http.post(subscriptions, json=wanted)
    assert made.status_code == 201
    assert http.get(made.headers["Location"]).json() == made.json()
    assert http.get(subscriptions).json()["items"] == [made.json()]
    hook = {"protocol": "https", "endpoint": f"https://{uuid.uuid4().hex[:8]}.example.com/"}
    pending = http.post(subscriptions, json=hook)
    assert (pending.status_code, pending.json()["status"]) == (201, "pending")
    for one in (made, pending):
        assert http.delete(one.headers["Location"]).status_code == 204
    assert http.get(subscriptions).json()["items"] == []
