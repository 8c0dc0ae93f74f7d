"""Bodies, cursors and headers as hostile clients send them."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from typing import Any

import pytest
from api_tools import CONTEXT, ApiCaller, read_answer
from botocore.exceptions import ClientError, EndpointConnectionError
from cloud_tools import Cloud
from map_texts import GOOD, MAPS

from labelmill_aws.api.paging import read_cursor, write_cursor
from labelmill_aws.api.problems import Problem

WORKSPACES = "/v1/organizations/default/workspaces"


@pytest.mark.parametrize(
    "body",
    [
        b"\xff\xfe",
        b'{"name": "\xff"}',
        '{"name": "\\ud800"}',
        "{",
        "[]",
        '[{"name": "a"}]',
        '"text"',
        "null",
        "1",
        "NaN",
        '{"name": NaN}',
        "{'name': 'a'}",
        '{"name": "a"} x',
        "[" * 100_000,
        '{"a":' * 100_000,
        "\ufeff{}",
        "name=a",
    ],
)
def test_body_that_is_no_json_object(api: ApiCaller, body: Any) -> None:
    answer = api.post(WORKSPACES, body=body)
    assert (answer.status, answer.slug) == (400, "bad-request")
    assert [error["where"] for error in answer.json["errors"]] == ["body"]


def test_body_that_is_no_base64(api: ApiCaller) -> None:
    event = api.event("POST", WORKSPACES, body=b"{}")
    for body in ("$", "abc", "e30=e30=", "\ud800"):
        answer = read_answer(api.handler.lambda_handler(event | {"body": body}, CONTEXT))
        assert answer.slug == "bad-request"


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "x"]
)
def test_other_content_types(api: ApiCaller, kind: str) -> None:
    answer = api.post(WORKSPACES, body='{"name": "a"}', headers={"Content-Type": kind})
    assert answer.slug == "bad-request"
    assert answer.json["errors"][0]["where"] == "header.content-type"


@pytest.mark.parametrize(
    "kind", ["application/json", "Application/JSON; charset=utf-8", "application/merge-patch+json"]
)
def test_content_types_of_json(api: ApiCaller, kind: str) -> None:
    assert api.post(WORKSPACES, body='{"name": "a"}', headers={"Content-Type": kind}).status == 201


@pytest.mark.parametrize("encode", [str, str.encode])
def test_large_bodies(api: ApiCaller, encode: Any) -> None:
    most = 2 << 20
    fits = '{"name": "a"}' + " " * (most - 13)
    assert api.post(WORKSPACES, body=encode(fits)).status == 201
    answer = api.post(WORKSPACES, body=encode(fits + " "))
    assert (answer.status, answer.slug) == (413, "too-large")
    assert api.post(WORKSPACES, body=encode("x" * (8 << 20))).slug == "too-large"


def test_missing_body(api: ApiCaller) -> None:
    for body in (None, "", b""):
        answer = api.post(WORKSPACES, body=body)
        assert answer.slug == "bad-request"
        assert [error["where"] for error in answer.json["errors"]] == ["body"]


@pytest.mark.parametrize(
    "cursor",
    [
        "", "x", "%", "\u00e4", "e30", "W10", "WyIiXQ", "WzFd", "WyJhIiwiYiJd", "WyJhIl0=", "bnVsbA",
        urlsafe_b64encode(b'["' + b"x" * 800 + b'"]').rstrip(b"=").decode(),
        urlsafe_b64encode(b'[ "a"]').rstrip(b"=").decode(),
        urlsafe_b64encode(b'["\xed\xa0\x80"]').rstrip(b"=").decode(),
        urlsafe_b64encode(b"[" * 2000).rstrip(b"=").decode(),
    ],
)  # fmt: skip
def test_bad_cursors(api: ApiCaller, cursor: str) -> None:
    for path in (MAPS, WORKSPACES):
        answer = api.get(path, query={"cursor": cursor})
        assert (answer.status, answer.slug) == (400, "bad-cursor")


def test_too_long_a_cursor(api: ApiCaller) -> None:
    assert api.get(MAPS, query={"cursor": "a" * 4097}).slug == "bad-request"


@pytest.mark.parametrize("position", ["a", "\x00", "MAP#", "../..", "ü" * 300, "\U0001f69c", "zzz"])
def test_forged_cursors_reach_nothing_else(api: ApiCaller, position: str) -> None:
    api.post(MAPS, json={"name": "m", "file": GOOD})
    api.post(WORKSPACES, json={"name": "w"})
    for path, name in ((MAPS, "m"), (WORKSPACES, "w")):
        found = api.get(path, query={"cursor": write_cursor(position)})
        assert found.status == 200
        assert [item["name"] for item in found.json["items"]] in ([], [name])


def test_cursors_come_back() -> None:
    for position in (("a",), ("größe", "1"), ("\x00\U0001f69c",)):
        assert read_cursor(write_cursor(*position), len(position)) == position
    with pytest.raises(Problem):
        read_cursor(write_cursor("a"), 2)


@pytest.mark.parametrize("limit", ["0", "201", "-1", "x", "1.5", "", "1,2", "9" * 5000])
def test_bad_limits(api: ApiCaller, limit: str) -> None:
    answer = api.get(MAPS, query={"limit": limit})
    assert answer.slug == "bad-request"
    assert [error["where"] for error in answer.json["errors"]] == ["query.limit"]


def test_repeated_parameters(api: ApiCaller) -> None:
    assert api.get(MAPS, query={"limit": ["1", "2"]}).slug == "bad-request"
    assert api.get(MAPS, query={"name": "a,b"}).json["items"] == []


@pytest.mark.parametrize("name", ["\x00", "..", "x" * 201, "ß" * 116, "\u2028"])
def test_paths_that_nothing_can_have(api: ApiCaller, name: str) -> None:
    event = api.event("GET", "/v1/workspaces/x")
    event["rawPath"] = f"/v1/workspaces/{name}"
    assert read_answer(api.handler.lambda_handler(event, CONTEXT)).slug == "not-found"


def test_percent_is_decoded_once(api: ApiCaller) -> None:
    api.post(WORKSPACES, json={"name": "%2F"})
    assert api.get("/v1/workspaces/%252F").json["name"] == "%2F"
    assert api.get("/v1/workspaces/%2F").slug == "not-found"


def test_lone_surrogates_in_a_query(api: ApiCaller) -> None:
    event = api.event("GET", MAPS, query={"name": "x"})
    event["queryStringParameters"]["name"] = "\ud800"
    assert read_answer(api.handler.lambda_handler(event, CONTEXT)).slug == "bad-request"


@pytest.mark.parametrize(
    "error",
    [
        ClientError({"Error": {"Code": "ThrottlingException", "Message": "slow down"}}, "Query"),
        ClientError({"Error": {"Code": "X"}, "ResponseMetadata": {"HTTPStatusCode": 503}}, "Query"),  # type: ignore[typeddict-item]
        EndpointConnectionError(endpoint_url="http://127.0.0.1"),
    ],
)
def test_what_passes_by_itself(api: ApiCaller, cloud: Cloud, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def refuse(**_: Any) -> None:
        raise error

    monkeypatch.setattr(cloud.clients.dynamodb, "query", refuse)
    answer = api.get(MAPS)
    assert (answer.status, answer.slug) == (503, "try-again")
    assert answer.headers["retry-after"] == "1"


def test_missing_table_is_a_fault_and_tells_nothing(api: ApiCaller, monkeypatch: pytest.MonkeyPatch) -> None:
    from labelmill_aws.api.parts import parts

    monkeypatch.setattr(parts().table, "name", "secret-table")
    answer = api.get(MAPS)
    assert (answer.status, answer.slug) == (500, "internal")
    assert b"secret-table" not in answer.body


def test_answer_that_is_not_what_the_document_says_is_a_fault(api: ApiCaller, monkeypatch: pytest.MonkeyPatch) -> None:
    from labelmill_aws.api.routes import me

    monkeypatch.setattr(me, "MAX_TAGS", "many")
    monkeypatch.setattr(me.Limits, "__init__", me.Limits.model_construct)
    assert api.get("/v1/me").status == 500


def test_roles(api: ApiCaller) -> None:
    for role, status in (("reader", 403), ("editor", 201), ("admin", 201)):
        answer = api.as_(role).post(WORKSPACES, json={"name": role})
        assert answer.status == status
        if status == 403:
            assert answer.slug == "forbidden"
            assert answer.json["detail"] == "Expected the role editor, the token has reader."
    assert api.as_("reader").post(WORKSPACES, body="no json").slug == "forbidden"
    assert api.as_("reader", "else").post(WORKSPACES, json={"name": "x"}).slug == "not-found"
