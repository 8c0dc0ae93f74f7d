"""The HTTP API is reached at the emulator's own address and behaves as API Gateway does."""

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from infra.local.cloud import LocalCloud
from local.assembly import write_assembly
from local.web_resources import web_resources

GOOD = {"Authorization": "Bearer good-1234"}


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory, build: Path) -> Iterator[LocalCloud]:
    assembly = write_assembly(tmp_path_factory.mktemp("web") / "cdk.out", timeout_s=5, extra=web_resources())
    with LocalCloud(assembly, max_environments=2, build=build) as running:
        yield running


@pytest.fixture(scope="module")
def http(web: LocalCloud) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=web.endpoint, timeout=20) as client:
        yield client


def access_log(web: LocalCloud) -> list[dict[str, Any]]:
    events = web.client("logs").filter_log_events(logGroupName="/access")["events"]
    return [json.loads(event["message"]) for event in events]


@pytest.mark.parametrize(
    ("headers", "status", "message"),
    [
        ({}, 401, "Unauthorized"),
        ({"Authorization": ""}, 401, "Unauthorized"),
        ({"Authorization": "Bearer bad"}, 403, "Forbidden"),
        ({"Authorization": "Bearer broken"}, 500, "Internal Server Error"),
        ({"Authorization": "Bearer good" + "x" * 11_000}, 431, "Request Header Fields Too Large"),
        ({"Authorization": "Bearer good" + "x" * 1_000_000}, 431, "Request Header Fields Too Large"),
    ],
    ids=["none", "empty", "bad", "broken", "long", "a megabyte"],
)
def test_who_may_not_pass_is_answered_by_the_gateway(http, headers, status, message):
    answer = http.get("/v1/things", headers=headers)
    assert (answer.status_code, answer.json()) == (status, {"message": message})
    assert len(answer.headers["apigw-requestid"]) == 16


def test_a_public_route_asks_for_nothing(http):
    assert http.get("/v1/public").json()["routeKey"] == "GET /v1/public"
    assert http.post("/v1/public").status_code == 401  # another method is another route


def test_the_function_is_told_of_the_caller_and_the_request(http):
    answer = http.get("/v1/things?a=1&b=x%20y&a=2", headers={**GOOD, "X-Twice": "1"})
    event = answer.json()
    assert event["version"] == "2.0"
    assert event["routeKey"] == "ANY /v1/{proxy+}"
    assert event["requestContext"]["authorizer"] == {"lambda": {"organization": "org", "token": "id-1234"}}
    assert event["requestContext"]["requestId"] == answer.headers["apigw-requestid"]
    assert event["requestContext"]["stage"] == "$default"
    assert event["rawQueryString"] == "a=1&b=x%20y&a=2"
    assert event["queryStringParameters"] == {"a": "1,2", "b": "x y"}
    assert event["headers"]["x-twice"] == "1"
    assert "body" not in event


@pytest.mark.parametrize("name", ["a b", "ü猫🐈", "100%", "%41", "a+b", "q?s", "#x", "a'b\"c", "a&b=c;d", "a\\b"])
def test_names_arrive_whole(http, name):
    sent = http.get(
        httpx.URL(http.base_url).copy_with(raw_path=f"/v1/things/{quote(name, safe='')}".encode()), headers=GOOD
    )
    # All escapes are decoded but that of the percent sign itself.
    assert sent.json()["rawPath"] == "/v1/things/" + name.replace("%", "%25")


def test_bodies_arrive_as_text_or_base64(http):
    event = http.post("/v1/things", headers=GOOD, json={"ü": 1}).json()
    assert (event["body"], event["isBase64Encoded"]) == ('{"ü":1}', False)
    event = http.post("/v1/things", headers={**GOOD, "Content-Type": "a/b"}, content=b"\x00\xff").json()
    assert (event["body"], event["isBase64Encoded"]) == ("AP8=", True)


@pytest.mark.parametrize("size", [6_300_000, 11_000_000])
def test_a_body_that_is_too_large_is_refused(http, size):
    answer = http.post("/v1/things", headers={**GOOD, "Content-Type": "text/plain"}, content=b"x" * size)
    assert (answer.status_code, answer.json()) == (413, {"message": "Request Entity Too Large"})


def test_an_answer_comes_as_the_function_made_it(http):
    answer = http.put("/v1/things?do=binary", headers=GOOD)
    assert (answer.status_code, answer.content) == (201, bytes(range(256)))
    assert (answer.headers["content-type"], answer.headers["location"]) == ("a/b", "/x")
    nothing = http.delete("/v1/things?do=nothing", headers=GOOD)
    assert (nothing.status_code, nothing.content) == (204, b"")
    head = http.head("/v1/things", headers=GOOD)
    assert (head.status_code, head.content) == (200, b"")


def test_a_function_that_fails_tells_nothing_to_the_caller_but_to_the_log(http, web):
    answer = http.get("/v1/things?do=fail", headers=GOOD)
    assert (answer.status_code, answer.json()) == (500, {"message": "Internal Server Error"})
    [line] = [line for line in access_log(web) if line["request"] == answer.headers["apigw-requestid"]]
    assert (line["error"], line["status"]) == ("as told", "500")


def test_the_access_log_says_who_asked_for_what_but_neither_token_nor_query(http, web):
    id_of = {}
    for token in ("good-6789", "bad-secret"):
        answer = http.get("/v1/a%20%22b%22?q=hidden", headers={"Authorization": f"Bearer {token}"})
        id_of[answer.headers["apigw-requestid"]] = answer.status_code
    lines = {line["request"]: line for line in access_log(web)}
    said = [lines[request] for request in id_of]
    path = '/v1/a "b"'
    assert [(line["status"], line["path"], line["token"]) for line in said] == [
        ("200", path, "id-6789"),
        ("403", path, "-"),
    ]
    assert not any(secret in json.dumps(said) for secret in ("good-6789", "bad-secret", "hidden"))


def test_other_paths_are_the_emulators(http, web):
    assert http.get("/v1/").status_code == 404
    assert web.client("s3").list_buckets()["Buckets"]


def test_a_request_does_not_wait_behind_the_work(http, web):
    with ThreadPoolExecutor(6) as threads:
        name, busy = web.outputs["Function"], json.dumps({"do": "sleep", "s": 2}).encode()
        work = [threads.submit(web.client("lambda").invoke, FunctionName=name, Payload=busy) for _ in range(4)]
        time.sleep(0.2)
        began = time.monotonic()
        assert http.get("/v1/things", headers=GOOD).status_code == 200
        assert time.monotonic() - began < 1.5
        assert not any(one.done() for one in work)


def test_many_at_once_are_all_answered(http):
    with ThreadPoolExecutor(32) as threads:
        answers = list(threads.map(lambda n: http.get(f"/v1/{n}", headers=GOOD), range(200)))
    assert [answer.json()["rawPath"] for answer in answers] == [f"/v1/{n}" for n in range(200)]


def test_the_stages_limit_is_kept(tmp_path, build):
    assembly = write_assembly(tmp_path / "cdk.out", extra=web_resources(rate=1, burst=3))
    with LocalCloud(assembly, build=build) as cloud, httpx.Client(base_url=cloud.endpoint) as client:
        answers = [client.get("/v1/public") for _ in range(5)]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
        assert answers[-1].json() == {"message": "Too Many Requests"}
        time.sleep(1.1)
        assert client.get("/v1/public").status_code == 200
