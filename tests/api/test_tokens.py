"""Tokens by request: made by admins, shown once, listed without secrets, revoked."""

from __future__ import annotations

import io

import pytest
from api_tools import ApiCaller
from cloud_tools import Cloud

from labelmill_aws.access.grants import RefusedTokenError
from labelmill_aws.access.tokens import Tokens
from labelmill_aws.api.paging import write_cursor

PATH = "/v1/organizations/default/tokens"


def make(api: ApiCaller, **more: object) -> dict[str, str]:
    answer = api.post(PATH, json={"name": "ci", "role": "editor"} | more)
    assert answer.status == 201, answer.body
    made: dict[str, str] = answer.json
    return made


def test_a_token_is_shown_once_and_works(api: ApiCaller, cloud: Cloud, logged: io.StringIO) -> None:
    made = make(api, expires_in_days=30)
    grant = Tokens(cloud.table).check(made["token"])
    assert (grant.organization, grant.role, grant.name) == ("default", "editor", "ci")
    assert made["created_by"] == "admin of default" and made["status"] == "active"
    listed = api.get(PATH)
    assert listed.json == {"items": [{name: made[name] for name in made if name != "token"}], "next": None}
    assert made["token"] not in logged.getvalue() and made["token"][16:] not in logged.getvalue()


def test_the_answer_is_nowhere_kept(api: ApiCaller, cloud: Cloud) -> None:
    """With an idempotency key too: the row that makes a repeat known must not hold the secret."""
    sent = {"json": {"name": "ci", "role": "admin"}, "headers": {"Idempotency-Key": "k1"}}
    made = api.post(PATH, **sent).json
    items = cloud.clients.dynamodb.scan(TableName=cloud.table.name)["Items"]
    assert made["token"] not in str(items) and made["token"][16:] not in str(items)
    assert api.post(PATH, **sent).slug == "conflict"
    assert len(api.get(PATH).json["items"]) == 1


def test_revoked_at_once(api: ApiCaller, cloud: Cloud) -> None:
    made = make(api)
    assert api.delete(f"{PATH}/{made['id']}").status == 204
    assert api.delete(f"{PATH}/{made['id']}").status == 204
    with pytest.raises(RefusedTokenError):
        Tokens(cloud.table).check(made["token"])
    (item,) = api.get(PATH).json["items"]
    assert item["status"] == "revoked" and item["revoked"].endswith("Z")


@pytest.mark.parametrize("token", ["a" * 12, "x", "%23", "TOKEN", "a" * 300])
def test_revoking_what_is_not_there(api: ApiCaller, token: str) -> None:
    assert api.delete(f"{PATH}/{token}").slug == "not-found"


def test_pages_newest_first(api: ApiCaller) -> None:
    made = [make(api, name=f"token {number}")["id"] for number in range(5)]
    seen: list[str] = []
    query: dict[str, object] = {"limit": 2}
    while True:
        page = api.get(PATH, query=query).json
        assert len(page["items"]) <= 2
        seen += [item["id"] for item in page["items"]]
        if page["next"] is None:
            break
        query["cursor"] = page["next"]
    assert seen == made[::-1]


@pytest.mark.parametrize(
    "position", [("2026-01-31T12:00:00.000Z", "x"), ("x" * 700, "a" * 12), ("TOKEN#", "a" * 12), ("2026",), ("", "")]
)
def test_forged_cursors(api: ApiCaller, position: tuple[str, ...]) -> None:
    make(api)
    assert api.get(PATH, query={"cursor": write_cursor(*position)}).slug == "bad-cursor"
    assert api.get(PATH, query={"cursor": "bm8"}).slug == "bad-cursor"


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({"role": "editor"}, "body.name"),
        ({"name": "", "role": "editor"}, "body.name"),
        ({"name": "a" * 201, "role": "editor"}, "body.name"),
        ({"name": "a\nb", "role": "editor"}, "body.name"),
        ({"name": "a\u2028b", "role": "editor"}, "body.name"),
        ({"name": "ci"}, "body.role"),
        ({"name": "ci", "role": "root"}, "body.role"),
        ({"name": "ci", "role": "editor", "expires_in_days": 0}, "body.expires_in_days"),
        ({"name": "ci", "role": "editor", "expires_in_days": 3651}, "body.expires_in_days"),
        ({"name": "ci", "role": "editor", "expires_in_days": "7"}, "body.expires_in_days"),
        ({"name": "ci", "role": "editor", "expires_in_days": 1e400}, "body"),
        ({"name": "ci", "role": "editor", "organization": "theirs"}, "body.organization"),
        ({"name": "ci", "role": "editor", "id": "a" * 12}, "body.id"),
    ],
)
def test_bad_requests(api: ApiCaller, body: dict[str, object], where: str) -> None:
    answer = api.post(PATH, json=body)
    assert (answer.status, answer.slug) == (400, "bad-request")
    assert answer.json["errors"][0]["where"] == where
    assert api.get(PATH).json["items"] == []
