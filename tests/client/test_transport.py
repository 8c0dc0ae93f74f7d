"""Requests to a service that is slow, busy, broken, strange: what is asked again, and what the user is told."""

from __future__ import annotations

import logging
import re
import socket
import traceback
from typing import Any
from urllib.parse import unquote

import httpx
import pytest
from fake_service import TOKEN, Answer, FakeService, me, problem

import labelmill
from labelmill.client import transport as transport_module
from labelmill.client.client import Client
from labelmill.client.config import Profile
from labelmill.client.models import Me
from labelmill.client.paths import dataset_id, path_of
from labelmill.client.transport import TRIES, Transport, wait_before
from labelmill.errors import (
    ConflictError,
    NotFoundError,
    OptionError,
    ServiceError,
    ServiceProblem,
    TokenRefusedError,
    UnreachableError,
)
from labelmill_aws.names import short_digest


@pytest.mark.parametrize("status", [429, 502, 503, 504])
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
def test_asked_again_when_it_may_work_the_next_time(method: str, status: int, service: FakeService) -> None:
    service.answers[method, "/v1/x"] = Answer(200, {})
    service.fault(Answer(status, {"message": "busy"}), method, "/v1/x", times=TRIES - 1)
    Transport(Profile(service.url, TOKEN)).request(method, "/v1/x")
    seen = service.seen(method, "/v1/x")
    assert len(seen) == TRIES
    keys = {one.headers.get("idempotency-key") for one in seen}
    assert len(keys) == 1
    assert (keys != {None}) == (method == "POST")


def test_two_posts_have_two_keys(service: FakeService) -> None:
    service.answers["POST", "/v1/x"] = Answer(200, {})
    transport = Transport(Profile(service.url, TOKEN))
    transport.request("POST", "/v1/x")
    transport.request("POST", "/v1/x")
    assert len({one.headers["idempotency-key"] for one in service.asked}) == 2


@pytest.mark.parametrize("status", [400, 403, 404, 409, 412, 422, 500])
def test_not_asked_again_when_it_will_not(status: int, service: FakeService, client: Client) -> None:
    service.fault(problem(status, "some-slug", "So it is."), times=9)
    with pytest.raises(ServiceError, match=r"^So it is\.$") as told:
        client.me()
    assert (told.value.status, told.value.slug, told.value.request_id) == (status, "some-slug", "req-1")
    assert len(service.asked) == 1


def test_a_connection_that_breaks_is_made_again(service: FakeService, client: Client) -> None:
    service.fault(Answer(break_after=-1), times=2)
    service.fault(Answer(break_after=20), times=1)
    assert client.me().organization == "acme"
    assert len(service.asked) == 4


def test_a_service_that_stays_away(service: FakeService, client: Client) -> None:
    service.fault(Answer(break_after=-1), times=99)
    with pytest.raises(UnreachableError, match=r"^127\.0\.0\.1: Server disconnected without sending a response\.$"):
        client.me()
    assert len(service.asked) == TRIES


def test_nobody_listens() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with (
        pytest.raises(UnreachableError, match=r"^127\.0\.0\.1: .*refused") as told,
        Client(f"http://127.0.0.1:{port}", TOKEN) as client,
    ):
        client.me()
    assert told.value.status == 0


def test_a_service_that_is_too_slow(service: FakeService) -> None:
    service.fault(Answer(200, me(), wait_s=0.5), times=9)
    with (
        Client(service.url, TOKEN, timeout_s=0.05) as client,
        pytest.raises(UnreachableError, match="no answer in time"),
    ):
        client.me()


def test_it_waits_as_long_as_it_is_asked_to(service: FakeService) -> None:
    service.answers["GET", "/v1/x"] = Answer(200, {})
    for asked in ("7", "0", "soon", "3600"):
        service.fault(Answer(503, None, {"retry-after": asked}))
    waits: list[float] = []
    Transport(Profile(service.url, TOKEN), sleep=waits.append).request("GET", "/v1/x")
    assert 7 <= waits[0] <= 8
    assert waits[1] <= 0.05
    assert waits[2] <= 4 * 0.0025
    assert 60 <= waits[3] <= 61


def test_waits_grow_and_differ(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport_module, "FIRST_WAIT_S", 0.25)
    for attempt, longest in enumerate((0.25, 0.5, 1, 2, 4, 8, 8, 8), 1):
        waits = {wait_before(attempt) for _ in range(50)}
        assert longest / 2 <= min(waits) <= max(waits) <= longest
        assert len(waits) > 10


def test_our_own_first_try_that_is_still_at_work(service: FakeService) -> None:
    service.answers["POST", "/v1/x"] = Answer(200, {})
    service.fault(Answer(break_after=-1))
    service.fault(problem(409, "request-in-progress", "A request with this key is being answered."), times=10)
    Transport(Profile(service.url, TOKEN), sleep=lambda _: None).request("POST", "/v1/x")
    assert len(service.asked) == 12
    assert len({one.headers["idempotency-key"] for one in service.asked}) == 1
    service.fault(problem(409, "request-in-progress", "A request with this key is being answered."), times=99)
    with pytest.raises(ConflictError):
        Transport(Profile(service.url, TOKEN), sleep=lambda _: None).request("POST", "/v1/x")


def test_what_was_deleted_by_the_try_whose_answer_was_lost(service: FakeService, client: Client) -> None:
    service.fault(Answer(break_after=-1))
    client.datasets.delete("ws/toys")
    with pytest.raises(NotFoundError):
        client.datasets.delete("ws/toys")


@pytest.mark.parametrize(
    ("answer", "kind", "text"),
    [
        (
            Answer(401, {"message": "Unauthorized"}),
            TokenRefusedError,
            "127.0.0.1 refused the token (Unauthorized): ",
        ),
        (Answer(403, {"message": "Forbidden"}), TokenRefusedError, "127.0.0.1 refused the token (Forbidden): log in"),
        (problem(401, "token-expired", "It has."), TokenRefusedError, "It has."),
        (problem(403, "forbidden", "It takes an admin."), ServiceError, "It takes an admin."),
        (problem(404, "not-found", "-"), NotFoundError, "not found: me"),
        (Answer(404, {"message": "Not Found"}), NotFoundError, "127.0.0.1 does not know this address (Not Found): "),
        (Answer(404, b"<html>"), NotFoundError, "127.0.0.1 does not know this address (404): check the URL"),
        (problem(409, "map-in-use", "It is."), ConflictError, "It is."),
        (problem(412, "changed", "It has."), ConflictError, "It has."),
        (Answer(500, b"\xff\xfe"), ServiceError, "127.0.0.1 answered 500"),
        (Answer(413, {"message": "Too\nLarge"}), ServiceError, "127.0.0.1 answered 413: Too Large"),
        (Answer(200, b"<html>"), ServiceError, "127.0.0.1/v1/me: not an answer that this version of labelmill underst"),
        (Answer(200, {"organization": 7}), ServiceError, "127.0.0.1/v1/me: not an answer that this version of labelm"),
        (Answer(302, None, {"location": "https://evil.example"}), ServiceError, "127.0.0.1 answered with a redirect ("),
    ],
)
def test_refusals_in_words(
    answer: Answer, kind: type[ServiceError], text: str, service: FakeService, client: Client
) -> None:
    service.fault(answer, times=9)
    with pytest.raises(ServiceError) as told:
        client.me()
    assert type(told.value) is kind
    assert str(told.value).startswith(text)
    assert "\n" not in str(told.value)


def test_every_reason_at_once(service: FakeService, client: Client) -> None:
    told_reasons = (("line 3", "class 1 is\nnot in classes"), ("", "no rules"))
    service.fault(problem(422, "bad-map", "The map breaks its rules.", *told_reasons))
    with pytest.raises(ServiceError) as told:
        client.maps.create("toys", "classes: {}")
    assert told.value.problems == (
        ServiceProblem("line 3", "class 1 is not in classes"),
        ServiceProblem("", "no rules"),
    )
    assert str(told.value) == "The map breaks its rules.\nline 3: class 1 is not in classes\nno rules"


def test_a_redirect_is_not_followed(service: FakeService, client: Client) -> None:
    service.fault(Answer(307, None, {"location": f"{service.url}/elsewhere"}))
    with pytest.raises(ServiceError, match="redirect"):
        client.me()
    assert [one.path for one in service.asked] == ["/v1/me"]


def test_the_token_is_nowhere_to_be_seen(
    service: FakeService, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    service.fault(Answer(503, None), times=1)
    service.fault(Answer(403, {"message": "Forbidden"}))
    with pytest.raises(TokenRefusedError) as told:
        client.me()
    with pytest.raises(OptionError) as bad:
        Client(service.url, TOKEN + " ")
    shown = [repr(client), repr(client.maps._transport), caplog.text, repr(vars(client))]
    shown += ["".join(traceback.format_exception(error.value)) for error in (told, bad)]
    assert len(service.asked) == 2
    assert service.asked[0].headers["authorization"] == f"Bearer {TOKEN}"
    assert not [text for text in shown if TOKEN in text or "secretsecret" in text]


def test_a_proxy_sees_nothing_that_stays_on_this_machine(service: FakeService, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with Client(service.url, TOKEN) as client:
        assert client.me().role == "admin"


def test_lists_are_asked_for_a_page_at_a_time(service: FakeService, client: Client) -> None:
    pages = {"": (["a", "b"], "1"), "1": ([], "2"), "2": (["c"], None)}  # a page may be empty and not the last

    def answer(asked: Any) -> Answer:
        query = httpx.URL(asked.path).params
        names, following = pages[query.get("cursor", "")]
        return Answer(200, {"items": [workspace(name) for name in names], "next": following})

    service._answer = answer  # type: ignore[method-assign]
    client._known_organization = "acme"
    assert [one.name for one in client.workspaces.list()] == ["a", "b", "c"]
    assert len(service.asked) == 3
    assert [one.name for one in client.workspaces.list(limit=2)] == ["a", "b"]
    assert len(service.asked) == 4
    first = client.workspaces.list()
    assert len(service.asked) == 4
    next(first)
    assert len(service.asked) == 5
    assert [httpx.URL(one.path).params["limit"] for one in service.asked] == ["200", "200", "200", "2", "200"]


def workspace(name: str) -> dict[str, Any]:
    empty = {"description": "", "tags": {}, "auto_formats": [], "included_maps": ["*"], "created": "", "revision": 1}
    return {"name": name, "organization": "acme", **empty}


def test_the_organization_is_asked_for_once(service: FakeService, client: Client) -> None:
    service.answers["GET", "/v1/organizations/acme/maps"] = Answer(200, {"items": [], "next": None})
    assert list(client.maps.list()) == list(client.maps.list(name="x")) == []
    assert [one.path.partition("?")[0] for one in service.asked] == ["/v1/me", *["/v1/organizations/acme/maps"] * 2]


@pytest.mark.parametrize(
    "name",
    [
        "plain",
        "a b",
        "50 % #1",
        "%41",
        "ü",
        "日本",
        "😀",
        "a'b\"c",
        "?x=1&y",
        "..",
        ".",
        "a+b",
        "a;b",
        "~",
        "\\",
        "%2F",
    ],
)
def test_names_arrive_as_they_are(name: str, service: FakeService, client: Client) -> None:
    with pytest.raises(NotFoundError) as told:
        client.workspaces.get(name)
    assert str(told.value) == f"there is no workspace '{name}' in your organization"
    raw = service.asked[0].path
    assert raw.isascii()
    assert unquote(raw) == f"/v1/workspaces/{name}"
    assert not re.search(r"/\.+$", raw)


@pytest.mark.parametrize("name", ["", "a/b", "/"])
def test_names_that_are_none(name: str) -> None:
    with pytest.raises(OptionError, match=r"^not a name: "):
        path_of("workspaces", name)


def test_ids_of_datasets_are_those_of_the_service() -> None:
    for workspace_name, name in (("training", "toys"), ("ü", "a b"), ('a"b', "😀")):
        assert dataset_id(f"{workspace_name}/{name}") == f"ds-{short_digest([workspace_name, name])}"
    assert dataset_id("ds-0123456789abcdef0123") == "ds-0123456789abcdef0123"
    for wrong in ("toys", "", "/", "a/", "/b", "a/b/c"):
        with pytest.raises(OptionError, match=r"^not a dataset: "):
            dataset_id(wrong)


def test_it_is_there_when_it_is_asked_for() -> None:
    assert labelmill.Client is Client
    with pytest.raises(AttributeError, match=r"^module 'labelmill' has no attribute 'Cleint'$"):
        _ = labelmill.Cleint  # type: ignore[attr-defined]
    assert Me.__struct_fields__ == ("organization", "role", "token", "limits")
