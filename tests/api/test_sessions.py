"""One-time codes of links: good once, for minutes, for a token of their own."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from api_tools import ApiCaller
from cloud_tools import Cloud

from labelmill_aws.access import codes
from labelmill_aws.access.codes import Codes
from labelmill_aws.access.tokens import Tokens

PATH = "/v1/sessions"
ASKED: dict[str, Any] = {"organization": "acme", "role": "editor", "name": "a link", "created_by": "me", "days": 2}


def test_a_code_gives_a_token_once(api: ApiCaller, cloud: Cloud) -> None:
    code = Codes(cloud.table).create(**ASKED)
    made = api.post(PATH, json={"code": code})
    assert made.status == 201 and made.headers["cache-control"] == "no-store"
    assert (made.json["role"], made.json["name"], made.json["created_by"]) == ("editor", "a link", "me")
    grant = Tokens(cloud.table).check(made.json["token"])
    assert (grant.organization, grant.role) == ("acme", "editor")
    for _ in range(2):
        again = api.post(PATH, json={"code": code})
        assert (again.status, again.slug) == (410, "code-refused")
        assert again.json["detail"] == "A link signs in once, within 10 minutes. Make a new one."


def test_neither_code_nor_token_is_kept(api: ApiCaller, cloud: Cloud) -> None:
    code = Codes(cloud.table).create(**ASKED)
    assert code[4:] not in str(cloud.clients.dynamodb.scan(TableName=cloud.table.name))
    made = api.post(PATH, json={"code": code}, headers={"Idempotency-Key": "k"}).json
    assert made["token"][16:] not in str(cloud.clients.dynamodb.scan(TableName=cloud.table.name))


def test_a_code_ends_by_itself(api: ApiCaller, cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codes, "MINUTES", -1)
    assert api.post(PATH, json={"code": Codes(cloud.table).create(**ASKED)}).slug == "code-refused"


@pytest.mark.parametrize("code", ["", "lmc_", "lm_abc", "lmc_" + "x" * 43, "lmc_" + "\u00e9" * 43, "../" * 20])
def test_made_up_codes(api: ApiCaller, code: str) -> None:
    assert api.post(PATH, json={"code": code}).slug == "code-refused"


def test_many_at_once_get_one_token(cloud: Cloud) -> None:
    code = Codes(cloud.table).create(**ASKED)
    with ThreadPoolExecutor(8) as pool:
        made = [one for one in pool.map(lambda _: Codes(cloud.table).redeem(code), range(24)) if one]
    assert len(made) == 1
