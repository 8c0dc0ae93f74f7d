"""Requests that are sent again with their Idempotency-Key."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from api_tools import ApiCaller
from cloud_tools import Cloud
from map_texts import BAD, GOOD, MAPS
from test_map_races import between

WORKSPACES = "/v1/organizations/default/workspaces"
KEY = {"Idempotency-Key": "k-1"}


def once_rows(cloud: Cloud) -> list[dict[str, Any]]:
    items = cloud.clients.dynamodb.scan(TableName=cloud.table.name)["Items"]
    return [item for item in items if item["sk"]["S"] == "ONCE"]


def test_repeat_is_answered_alike(api: ApiCaller, cloud: Cloud) -> None:
    first = api.post(MAPS, json={"name": "road", "file": GOOD}, headers=KEY)
    assert first.status == 201
    assert "idempotent-replayed" not in first.headers
    cloud.table.delete("ORG#default", "MAP#road")  # a repeat that did anything would show
    second = api.post(MAPS, json={"name": "road", "file": GOOD}, headers=KEY)
    assert second.headers["idempotent-replayed"] == "true"
    assert (second.status, second.json, second.etag) == (201, first.json, first.etag)
    assert second.headers["location"] == first.headers["location"]
    assert api.get(f"{MAPS}/road").status == 404
    (row,) = once_rows(cloud)
    assert 23 * 3600 < int(row["expires_at"]["N"]) - time.time() < 25 * 3600


def test_without_a_key_a_repeat_is_a_request_of_its_own(api: ApiCaller) -> None:
    assert api.post(WORKSPACES, json={"name": "ws"}).status == 201
    assert api.post(WORKSPACES, json={"name": "ws"}).slug == "conflict"


def test_same_key_for_another_body(api: ApiCaller) -> None:
    assert api.post(WORKSPACES, json={"name": "a"}, headers=KEY).status == 201
    answer = api.post(WORKSPACES, json={"name": "b"}, headers=KEY)
    assert (answer.status, answer.slug) == (422, "idempotency-mismatch")
    assert api.get("/v1/workspaces/b").status == 404


def test_keys_are_of_a_token_and_a_path(api: ApiCaller) -> None:
    assert api.post(WORKSPACES, json={"name": "a"}, headers=KEY).status == 201
    assert api.as_("editor").post(WORKSPACES, json={"name": "b"}, headers=KEY).status == 201
    assert api.post(MAPS, json={"name": "a", "file": GOOD}, headers=KEY).status == 201
    other = api.as_("admin", "else").post("/v1/organizations/else/workspaces", json={"name": "c"}, headers=KEY)
    assert other.status == 201


def test_refused_request_can_be_mended(api: ApiCaller, cloud: Cloud) -> None:
    assert api.post(MAPS, json={"name": "road", "file": BAD}, headers=KEY).slug == "bad-map"
    assert api.post(MAPS, json={"name": "a/b", "file": BAD}, headers=KEY).slug == "bad-request"
    assert not once_rows(cloud)
    assert api.post(MAPS, json={"name": "road", "file": GOOD}, headers=KEY).status == 201
    assert api.post(MAPS, json={"name": "road", "file": GOOD}, headers=KEY).status == 201


def test_while_the_first_is_being_answered(api: ApiCaller, cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:

        def die() -> None:
            raise KeyboardInterrupt

        between(patch, cloud.clients.dynamodb, "transact_write_items", die)
        with pytest.raises(KeyboardInterrupt):
            api.post(WORKSPACES, json={"name": "ws"}, headers=KEY)
    answer = api.post(WORKSPACES, json={"name": "ws"}, headers=KEY)
    assert (answer.status, answer.slug) == (409, "request-in-progress")
    assert answer.headers["retry-after"] == "1"
    (row,) = once_rows(cloud)
    cloud.table.update(row["pk"]["S"], "ONCE", "SET #in_progress_expiration = :then", values={"then": 1})
    assert api.post(WORKSPACES, json={"name": "ws"}, headers=KEY).status == 201  # its function has ended meanwhile


@pytest.mark.parametrize("key", ["", "x" * 256, "größe", "a\x00"])
def test_keys_that_can_not_be(api: ApiCaller, key: str) -> None:
    answer = api.post(WORKSPACES, json={"name": "ws"}, headers={"Idempotency-Key": key})
    assert answer.slug == "bad-request"
    assert answer.json["errors"][0]["where"] == "header.Idempotency-Key"
    assert api.post(WORKSPACES, json={"name": "ws"}, headers={"Idempotency-Key": "x" * 255}).status == 201


def test_answer_that_is_too_large_to_be_kept(api: ApiCaller, cloud: Cloud) -> None:
    classes = "".join(f"  {number}: class number {number}\n" for number in range(5000))
    text = f"classes:\n{classes}properties:\n  'True': 1\n"
    answer = api.post(MAPS, json={"name": "large", "file": text}, headers=KEY)
    assert (answer.status, answer.json["classes"]) == (201, 5000)
    assert not once_rows(cloud)
    assert api.post(MAPS, json={"name": "large", "file": text}, headers=KEY).slug == "conflict"


def test_answer_that_could_not_be_kept(api: ApiCaller, cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise RuntimeError("no more room")

    between(monkeypatch, cloud.clients.dynamodb, "update_item", fail)
    assert api.post(WORKSPACES, json={"name": "ws"}, headers=KEY).status == 201


def test_keys_of_other_methods_mean_nothing(api: ApiCaller, cloud: Cloud) -> None:
    api.post(WORKSPACES, json={"name": "ws"})
    for _ in range(2):
        assert api.patch("/v1/workspaces/ws", json={"description": "x"}, headers=KEY).status == 200
        assert api.get("/v1/workspaces/ws", headers=KEY).status == 200
    assert not once_rows(cloud)


def test_no_secret_is_kept(api: ApiCaller, cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is shown once is not in the row of its request, and a repeat is refused."""
    import dataclasses

    endpoints = api.handler.api().endpoints
    place = ("POST", "/v1/organizations/<org>/workspaces")
    monkeypatch.setitem(endpoints, place, dataclasses.replace(endpoints[place], secret=True))
    answer = api.post(WORKSPACES, json={"name": "ws", "description": "s3cret"}, headers=KEY)
    assert answer.json["description"] == "s3cret"
    assert "s3cret" not in json.dumps(once_rows(cloud))
    again = api.post(WORKSPACES, json={"name": "ws", "description": "s3cret"}, headers=KEY)
    assert (again.status, again.slug) == (409, "conflict")
