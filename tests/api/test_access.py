"""Every route, asked by every role of its organization, of another and of one that nobody knows.

The routes are those that the function has: a route without a recipe below fails, so none is forgotten.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import pytest
from api_tools import Answer, ApiCaller
from cloud_tools import Cloud
from job_steps import put, write_results
from map_texts import GOOD
from own_place import PLACEHOLDERS, Nowhere, Place
from whole_ranges import read_by_ranges

from labelmill_aws.api.caller import ROLES
from labelmill_aws.api.parts import parts
from labelmill_aws.api.routes import RESOURCES
from labelmill_aws.api.routing import PUBLIC, Endpoint, endpoints_of
from labelmill_aws.jobs.reports import BadFile

ENDPOINTS = endpoints_of(RESOURCES)
NAMES = sorted(f"{method} {path}" for method, path in ENDPOINTS)


@dataclass(frozen=True)
class Recipe:
    """What makes a request of a route valid.

    Attributes:
        json, query: Sent with it.
        before: What has to have happened.
    """

    json: Callable[[Any], Any] | None = None
    query: dict[str, Any] = field(default_factory=dict)
    before: Callable[[Place], None] | None = None


def send_all(place: Place) -> None:
    """Send the only part of an upload."""
    (part,) = place.admin.post(f"/v1/uploads/{place.up}/parts", json={"numbers": [1]}).json["parts"]
    assert put(part["url"], b"abc") == 200


def leave_results(place: Place) -> None:
    """Put a report and a list of errors beside the archive."""
    write_results(
        place.cloud,
        place.id,
        {"images": 1, "failed": 0, "objects": 1, "classes": {"A": 1}},
        [BadFile(place.tag, "a", "bad")],
    )


def body(**said: Any) -> Callable[[Any], Any]:
    return lambda _: said


PLAIN = Recipe()
ORG, WS, DS, UP, AN = (
    "/v1/organizations/<org>",
    "/v1/workspaces/<ws>",
    "/v1/datasets/<ds>",
    "/v1/uploads/<up>",
    "/v1/annotations/<id>",
)
HOOK = {"protocol": "https", "endpoint": "https://hooks.example.com/new"}
RECIPES = {
    "GET /v1/formats": PLAIN,
    "GET /v1/me": PLAIN,
    "POST /v1/sessions": Recipe(body(code="lmc_" + "x" * 43)),
    f"GET {ORG}/maps": PLAIN,
    f"POST {ORG}/maps": Recipe(body(name="new", file=GOOD)),
    f"GET {ORG}/maps/<map>": PLAIN,
    f"PATCH {ORG}/maps/<map>": Recipe(body(description="new")),
    f"DELETE {ORG}/maps/<map>": PLAIN,
    f"GET {ORG}/maps/<map>/file": PLAIN,
    f"GET {ORG}/maps/<map>/versions": PLAIN,
    f"POST {ORG}/map-checks": Recipe(body(file=GOOD)),
    f"GET {ORG}/workspaces": PLAIN,
    f"POST {ORG}/workspaces": Recipe(lambda place: {"name": f"new {getattr(place, 'tag', 'x')}"}),
    f"GET {WS}": PLAIN,
    f"PATCH {WS}": Recipe(body(auto_formats=["COCO"])),
    f"DELETE {WS}": PLAIN,
    f"GET {WS}/resources": PLAIN,
    f"PUT {WS}/resources": Recipe(body(included=["*"])),
    f"GET {WS}/datasets": PLAIN,
    f"POST {WS}/datasets": Recipe(body(name="new", size_bytes=3, suffix=".zip")),
    f"GET {WS}/annotations": PLAIN,
    f"GET {DS}": PLAIN,
    f"DELETE {DS}": PLAIN,
    f"GET {DS}/types": PLAIN,
    f"GET {DS}/images": PLAIN,
    f"GET {DS}/images/<image>/pixels": Recipe(query={"width": "160"}),
    f"GET {DS}/images/<image>/labels": PLAIN,
    f"GET {DS}/statistics": PLAIN,
    f"GET {DS}/annotations": PLAIN,
    f"POST {DS}/annotations": Recipe(body(format="YOLO")),
    f"GET {UP}": PLAIN,
    f"DELETE {UP}": PLAIN,
    f"POST {UP}/parts": Recipe(body(numbers=[1])),
    f"POST {UP}/complete": Recipe(before=send_all),
    f"GET {ORG}/annotations": Recipe(query={"status": "open"}),
    f"GET {AN}": PLAIN,
    f"PATCH {AN}": Recipe(body(tags={"a": "b"})),
    f"DELETE {AN}": PLAIN,
    f"POST {AN}/cancel": PLAIN,
    f"GET {AN}/log": PLAIN,
    f"GET {AN}/report": Recipe(before=leave_results),
    f"GET {AN}/errors": Recipe(before=leave_results),
    f"GET {AN}/download": PLAIN,
    f"GET {ORG}/subscriptions": PLAIN,
    f"POST {ORG}/subscriptions": Recipe(
        lambda place: HOOK | {"endpoint": f"{HOOK['endpoint']}/{getattr(place, 'tag', 'x')}"}
    ),
    f"GET {ORG}/subscriptions/<subscription>": PLAIN,
    f"DELETE {ORG}/subscriptions/<subscription>": PLAIN,
    f"GET {ORG}/tokens": PLAIN,
    f"POST {ORG}/tokens": Recipe(body(name="new", role="admin")),
    f"DELETE {ORG}/tokens/<token>": PLAIN,
    "GET /v1/openapi.json": PLAIN,
    "GET /v1/docs": PLAIN,
    "GET /v1/docs/<asset>": PLAIN,
}
OPEN = {"GET /v1/openapi.json", "GET /v1/docs", "GET /v1/docs/<asset>", "POST /v1/sessions"}
"""All that may be asked without a token; a route that joins them has to be added here, too."""


@pytest.fixture(autouse=True)
def ranges(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """Archives can be looked into."""
    read_by_ranges(cloud, monkeypatch)


@pytest.fixture(autouse=True)
def purged(api: ApiCaller, monkeypatch: pytest.MonkeyPatch) -> None:
    """The function that deletes in the background is not there."""
    monkeypatch.setattr(parts().clients.lambda_, "invoke", lambda **_: {"StatusCode": 202})


def test_every_route_has_a_recipe() -> None:
    assert set(NAMES) == set(RECIPES)
    parameters = {name for _, path in ENDPOINTS for name in re.findall(r"<(\w+)>", path)}
    assert parameters <= set(PLACEHOLDERS) | {"asset"}


def test_what_needs_no_token() -> None:
    assert {name for name in NAMES if endpoint_of(name).role == PUBLIC} == OPEN


@pytest.mark.parametrize(
    "asset", ["..%2Fopenapi.json", "..", "%2E%2E", "start.js%00", "/etc/passwd", "handler.py", "START.JS"]
)
def test_no_token_opens_no_other_file(api: ApiCaller, asset: str) -> None:
    assert api.get(f"/v1/docs/{asset}").slug == "not-found"


def endpoint_of(name: str) -> Endpoint:
    method, _, path = name.partition(" ")
    return ENDPOINTS[method, path]


def ask(caller: ApiCaller, name: str, place: Any) -> Answer:
    """Send a valid request for what is in a place."""
    method, _, path = name.partition(" ")
    recipe = RECIPES[name]
    filled = re.sub(r"<(\w+)>", lambda found: quote(getattr(place, found[1]), safe=""), path)
    sent = recipe.json(place) if recipe.json else None
    headers = {"Idempotency-Key": f"key-{caller.role}"} if method == "POST" else {}
    return caller(method, filled, json=sent, query=recipe.query, headers=headers)


def everything(cloud: Cloud) -> str:
    """All that is stored, but for what remembers requests by their keys."""
    items = [
        item
        for page in cloud.clients.dynamodb.get_paginator("scan").paginate(TableName=cloud.table.name)
        for item in page["Items"]
        if not item["pk"]["S"].startswith("ONCE#")
    ]
    s3 = cloud.clients.s3
    objects = [
        (found["Key"], found["ETag"])
        for bucket in (cloud.inbox, cloud.outbox)
        for found in s3.list_objects_v2(Bucket=bucket).get("Contents", [])
    ]
    subscribed = cloud.clients.sns.list_subscriptions_by_topic(TopicArn=cloud.topic_arn)["Subscriptions"]
    running = cloud.clients.stepfunctions.list_executions(stateMachineArn=cloud.state_machine)["executions"]
    rows = sorted(json.dumps(item, sort_keys=True, default=str) for item in items)
    return repr((rows, sorted(objects), len(subscribed), sorted(found["name"] for found in running)))


def make(api: ApiCaller, cloud: Cloud, name: str) -> Place:
    """A place with all that the path of a route names."""
    place = Place(api, cloud)
    for parameter in re.findall(r"<(\w+)>", name):
        assert getattr(place, parameter)
    before = RECIPES[name].before
    if before:
        before(place)
    return place


ROUTES = [name for name in NAMES if endpoint_of(name).role != PUBLIC]


@pytest.mark.parametrize("name", ROUTES)
def test_own_organization(api: ApiCaller, cloud: Cloud, name: str) -> None:
    """Each role from the route's on may; those below may not, and nothing happens."""
    endpoint = endpoint_of(name)
    place = make(api, cloud, name)
    for role in ROLES:
        caller = api.as_(role, place.org)
        if ROLES.index(role) < ROLES.index(endpoint.role):
            stored = everything(cloud)
            answer = ask(caller, name, place)
            assert (answer.status, answer.slug) == (403, "forbidden"), role
            assert endpoint.role in answer.json["detail"]
            assert everything(cloud) == stored
        else:
            answer = ask(caller, name, place)
            assert answer.status in {endpoint.status, *endpoint.also}, (role, answer)
            if endpoint.method != "GET":
                place = make(api, cloud, name)


@pytest.mark.parametrize("name", [name for name in ROUTES if "<" in name])
def test_foreign_organization(api: ApiCaller, cloud: Cloud, name: str) -> None:
    """What is another's is not there: the answer is the same as for what nobody has, and nothing happens."""
    endpoint = endpoint_of(name)
    theirs = make(api, cloud, name)
    stored = everything(cloud)
    calls: list[str] = []
    for client in (parts().clients.dynamodb, parts().clients.s3):
        client.meta.events.register("before-call", lambda model, **_: calls.append(model.name))
    for organization in ("default", "unknown"):
        for role in ROLES:
            caller = api.as_(role, organization)
            answer, work = ask(caller, name, theirs), calls[:]
            calls.clear()
            absent, no_work = ask(caller, name, Nowhere), calls[:]
            calls.clear()
            assert (answer.status, answer.body, answer.headers) == (absent.status, absent.body, absent.headers)
            if "<up>" not in name:  # whose ids are drawn by lot
                assert work == no_work, "or the time it takes would tell"
            if ROLES.index(role) < ROLES.index(endpoint.role) and "<org>" not in name:
                assert answer.slug == "forbidden"
            else:
                assert (answer.status, answer.slug) == (404, "not-found")
            for secret in (theirs.tag, theirs.org):
                assert secret not in answer.body.decode()
    assert everything(cloud) == stored
    last = ask(theirs.admin, name, theirs)
    assert last.status in {endpoint.status, *endpoint.also}, "and it is still there for its owner"


@pytest.mark.parametrize("name", [name for name in ROUTES if "<org>" in name and name.count("<") == 2])
def test_foreign_things_under_the_own_organization(api: ApiCaller, cloud: Cloud, name: str) -> None:
    """The right organization in the path does not help to what is in another one."""
    theirs, mine = make(api, cloud, name), Place(api, cloud)
    stored = everything(cloud)
    (parameter,) = set(re.findall(r"<(\w+)>", name)) - {"org"}
    forged, absent = Nowhere(), Nowhere()
    forged.org = absent.org = mine.org
    setattr(forged, parameter, getattr(theirs, parameter))
    answer, nothing = ask(mine.admin, name, forged), ask(mine.admin, name, absent)
    assert (answer.status, answer.slug) == (404, "not-found")
    assert (answer.body, answer.headers) == (nothing.body, nothing.headers)
    assert everything(cloud) == stored


def test_what_a_body_names_is_looked_for_at_home(api: ApiCaller, cloud: Cloud) -> None:
    """Maps, workspaces and datasets in bodies: another organization's are as unknown as those that nobody has."""
    theirs, mine = Place(api, cloud), Place(api, cloud)
    assert theirs.ds and theirs.map and mine.ds
    asked = {
        "map-checks": ("POST", f"{mine.below}/map-checks", lambda place: {"file": GOOD, "dataset": place.ds}),
        "workspaces": ("POST", f"{mine.below}/workspaces", lambda place: {"name": "w", "included_maps": [place.map]}),
        "resources": ("PUT", f"/v1/workspaces/{mine.ws}/resources", lambda place: {"included": [place.map]}),
        "request": (
            "POST",
            f"/v1/datasets/{mine.ds}/annotations",
            lambda place: {"format": "COCO", "map": place.map},
        ),
        "subscriptions": ("POST", f"{mine.below}/subscriptions", lambda place: HOOK | {"workspaces": [place.ws]}),
    }
    for name, (method, path, body_of) in asked.items():
        there, absent = (mine.admin(method, path, json=body_of(place)) for place in (theirs, Nowhere))
        assert there.status == absent.status >= 400, name
        shown = there.body.decode()  # it may repeat what was asked for
        for own, nobody in ((theirs.map, Nowhere.map), (theirs.ds, Nowhere.ds), (theirs.ws, Nowhere.ws)):
            shown = shown.replace(own, nobody)
        assert shown == absent.body.decode(), name


def test_lists_hold_only_the_own(api: ApiCaller, cloud: Cloud) -> None:
    theirs, mine = Place(api, cloud), Place(api, cloud)
    for place in (theirs, mine):
        assert place.map and place.id and place.up and place.subscription and place.token
        again = place.admin.post(f"/v1/datasets/{place.ds}/annotations", json={"format": "YOLO"})
        assert again.status == 202
        leave_results(place)
    lists = [name for name in ROUTES if name.startswith("GET") and _is_list(name)]
    assert len(lists) >= 8
    for name in lists:
        answer = ask(mine.admin, name, mine)
        assert answer.json["items"] or name.endswith("/log"), name
        assert theirs.tag not in answer.body.decode(), name


def _is_list(name: str) -> bool:
    hint = endpoint_of(name).handler.__annotations__.get("return", "")
    return "List" in str(hint) and name != "GET /v1/formats"
