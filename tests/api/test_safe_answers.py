"""Answers that a browser keeps or guesses at, and requests that are too large for what is behind them."""

from __future__ import annotations

import pytest
from api_tools import ApiCaller

LISTS = ["/v1/workspaces/ws/annotations", "/v1/organizations/default/maps", "/v1/organizations/default/annotations"]


@pytest.mark.parametrize("path", ["/v1/me", "/v1/formats", "/v1/openapi.json", "/v1/nothing", "/v1/docs"])
def test_every_answer_is_taken_for_what_it_says(api: ApiCaller, path: str) -> None:
    headers = {name.lower(): value for name, value in api.get(path).headers.items()}
    assert headers["x-content-type-options"] == "nosniff"
    if "json" in headers["content-type"]:
        assert "cache-control" in headers
    if path in ("/v1/me", "/v1/nothing"):
        assert headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize("name", ["map", "dataset", "format", "status", "tag", "nobody"])
def test_a_filter_that_is_too_long_is_no_error_of_the_service(api: ApiCaller, path: str, name: str) -> None:
    answer = api.get(path, query={name: "x" * 1100})
    assert answer.status == 400
    assert answer.json["errors"] == [{"where": f"query.{name}", "message": "expected at most 512 bytes, found 1,100"}]


def test_a_megabyte_of_mistakes_is_answered(api: ApiCaller) -> None:
    rules = "".join(f"  import{number}(): 1\n" for number in range(40_000))
    text = f"classes:\n  1: a\nproperties:\n{rules}"[: 1 << 20]
    answer = api.post("/v1/organizations/default/map-checks", json={"file": text})
    assert answer.status == 200
    assert answer.json["ok"] is False
    assert len(answer.json["errors"]) == 1001
    assert answer.json["errors"][-1]["message"].startswith("and ")
