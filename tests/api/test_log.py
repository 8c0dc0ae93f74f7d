from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from api_tools import ApiCaller
from cloud_tools import Cloud
from job_steps import make_dataset, request

from labelmill_aws.telling.job_log import LogEntry
from labelmill_aws.telling.log_pages import LogLine


@pytest.fixture
def path(api: ApiCaller, cloud: Cloud) -> str:
    """Of a log with 250 lines: every tenth an error, every fifth a warning."""
    annotation = request(api, make_dataset(cloud))["id"]
    for start in range(0, 250, 50):
        cloud.log.write(annotation, [entry(number) for number in range(start, start + 50)])
    return f"/v1/annotations/{annotation}/log"


def entry(number: int) -> LogEntry:
    level: Any = "ERROR" if number % 10 == 0 else "WARNING" if number % 5 == 0 else "INFO"
    return LogEntry(level=level, message=f"line {number}", format="COCO", shard=number % 3, file=f"a/{number}.json")


def walk(api: ApiCaller, path: str, **query: Any) -> list[int]:
    numbers: list[int] = []
    for _ in range(100):
        answer = api.get(path, query=query)
        assert answer.status == 200, answer
        assert len(answer.json["items"]) <= query.get("limit", 50)
        numbers += [int(item["message"].split()[1]) for item in answer.json["items"]]
        if answer.json["next"] is None:
            return numbers
        query["cursor"] = answer.json["next"]
    raise AssertionError("the log has no end")


@pytest.mark.parametrize("limit", [7, 50, 200])
def test_both_orders_in_pages(api: ApiCaller, path: str, limit: int) -> None:
    assert walk(api, path, limit=limit) == walk(api, path, order="oldest", limit=limit) == list(range(250))
    assert walk(api, path, order="newest", limit=limit) == list(range(250))[::-1]


def test_levels(api: ApiCaller, path: str) -> None:
    assert walk(api, path, level="ERROR") == list(range(0, 250, 10))
    assert walk(api, path, level="WARNING", order="newest", limit=20) == list(range(0, 250, 5))[::-1]
    assert walk(api, path, level="INFO", limit=200) == list(range(250))


def test_lines_are_whole(api: ApiCaller, path: str) -> None:
    line = api.as_("reader").get(path, query={"limit": 1}).json["items"][0]
    assert line.pop("time").endswith("Z")
    expected = {"level": "ERROR", "format": "COCO", "shard": 0, "file": "a/0.json", "message": "line 0"}
    expected |= {"code": "", "count": 1, "examples": []}
    assert line == expected


def test_plain_text(api: ApiCaller, path: str) -> None:
    accept = {"Accept": "text/plain, */*;q=0.1"}
    answer = api.get(path, query={"limit": 200, "level": "WARNING", "order": "newest"}, headers=accept)
    assert answer.status == 200 and answer.headers["content-type"] == "text/plain; charset=utf-8"
    lines = answer.body.decode().splitlines()
    assert len(lines) == 50 and "link" not in answer.headers
    assert lines[0].endswith("WARNING  COCO shard 2  a/245.json: line 245")
    text = ""
    address: str | None = f"{path}?limit=40"
    while address:
        parts = urlsplit(address)
        answer = api.get(parts.path, query=dict(parse_qsl(parts.query)), headers=accept)
        text += answer.body.decode()
        address = answer.headers["link"].split(">")[0][1:] if "link" in answer.headers else None
    assert [int(line.rsplit(" ", 1)[1]) for line in text.splitlines()] == list(range(250))


def test_findings_say_what_they_stand_for(api: ApiCaller, cloud: Cloud) -> None:
    annotation = request(api, make_dataset(cloud))["id"]
    found = ["annotations/a.json: object 1: bbox: NaN", "annotations/b.json"]
    said = LogEntry(
        level="WARNING", message="fields", file="annotations/a.json", code="field-shape", count=1200, examples=found
    )
    cloud.log.write(annotation, [said])
    (line,) = api.get(f"/v1/annotations/{annotation}/log").json["items"]
    assert (line["code"], line["count"], line["examples"]) == ("field-shape", 1200, found)
    text = api.get(f"/v1/annotations/{annotation}/log", headers={"Accept": "text/plain"}).body.decode()
    assert text.endswith("WARNING  fields (1,200, e.g. annotations/a.json: object 1: bbox: NaN) [field-shape]\n")


def test_nothing_said_yet(api: ApiCaller, cloud: Cloud) -> None:
    annotation = request(api, make_dataset(cloud))["id"]
    assert api.get(f"/v1/annotations/{annotation}/log").json == {"items": [], "next": None}
    text = api.get(f"/v1/annotations/{annotation}/log", headers={"Accept": "text/plain"})
    assert (text.status, text.body) == (200, b"")


def test_bad_questions(api: ApiCaller, path: str) -> None:
    cursor = api.get(path, query={"limit": 1}).json["next"]
    assert api.get(path, query={"limit": 1, "cursor": cursor, "order": "newest"}).slug == "bad-cursor"
    assert api.get(path, query={"cursor": "WyJvbGRlc3QiLCJ4Il0"}).slug == "bad-cursor"
    for query in ({"order": "random"}, {"level": "DEBUG"}, {"limit": 0}):
        assert api.get(path, query=query).slug == "bad-request"
    assert api.get("/v1/annotations/an-none/log").slug == "not-found"


def test_plain_lines_give_terminals_no_orders() -> None:
    """Names of files come from datasets."""
    line = LogLine("2026-01-31T12:00:00Z", "ERROR", "bad\x1b[2J\r\nline\x9b", file="a\x07\u202eb.json")
    text = line.text()
    assert text.isprintable()
    assert text.endswith("a\\x07\\u202eb.json: bad\\x1b[2J line\\x9b")
