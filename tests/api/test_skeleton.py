"""What all routes share: who may call, paths, bodies, problems."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from api_tools import CONTEXT, ApiCaller, read_answer

from labelmill.formats import FORMAT_IDS


def test_formats_come_from_the_registry(api: ApiCaller) -> None:
    answer = api.as_("reader").get("/v1/formats")
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/json"
    assert tuple(item["id"] for item in answer.json["items"]) == FORMAT_IDS
    for item in answer.json["items"]:
        assert item["name"] and item["task"] and item["holds"]
        assert set(item["options"]["properties"]) >= {"images", "split"}


def test_me_says_what_the_token_opens(api: ApiCaller) -> None:
    answer = api.as_("editor", expires="2999-01-01T00:00:00Z").get("/v1/me")
    assert answer.status == 200
    assert answer.json["organization"] == "default"
    assert answer.json["role"] == "editor"
    assert answer.json["token"] == {"id": "editor-id", "name": "editor of default", "expires": "2999-01-01T00:00:00Z"}


def test_expired_since_the_authorizer_was_asked(api: ApiCaller) -> None:
    answer = api.as_("admin", expires="2020-01-01T00:00:00Z").get("/v1/me")
    assert (answer.status, answer.slug) == (401, "token-expired")


def test_without_an_authorizer_is_a_fault(api: ApiCaller, logged: io.StringIO) -> None:
    event = api.event("GET", "/v1/me")
    del event["requestContext"]["authorizer"]
    answer = read_answer(api.handler.lambda_handler(event, CONTEXT))
    assert (answer.status, answer.slug) == (500, "internal")
    assert answer.json["request_id"] == "request-id"
    assert "authorizer" not in answer.body.decode()
    assert "the request has not passed the authorizer" in logged.getvalue()
    assert '"status":500' in logged.getvalue()


@pytest.mark.parametrize(
    "path", ["/", "/v1", "/v1/", "/v1/formats/", "/v1/formats%0A", "/V1/formats", "/v1/a%2Fb", "//"]
)
def test_unknown_path(api: ApiCaller, path: str) -> None:
    answer = api.get(path)
    assert (answer.status, answer.slug) == (404, "not-found")
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"])
def test_unknown_method(api: ApiCaller, method: str) -> None:
    answer = api(method, "/v1/formats")
    assert (answer.status, answer.slug) == (405, "method-not-allowed")
    assert answer.headers["allow"] == "GET"


def test_neither_token_nor_body_is_logged(api: ApiCaller, logged: io.StringIO) -> None:
    secret = "lm_abcdefghijkl_secret"
    api.get("/v1/me", headers={"Authorization": f"Bearer {secret}"}, query={"q": secret})
    api.post("/v1/nowhere", headers={"Authorization": f"Bearer {secret}"}, json={"password": secret})
    assert secret not in logged.getvalue()
    lines: list[dict[str, Any]] = [json.loads(line) for line in logged.getvalue().splitlines()]
    requests = [line for line in lines if line.get("message") == "request"]
    assert [(line["route"], line["status"]) for line in requests] == [("/v1/me", 200), ("", 404)]
    assert requests[0]["organization"] == "default"
    assert requests[0]["token"] == "admin-id"
