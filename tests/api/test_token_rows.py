"""Tokens in the table: made, checked, listed, revoked, and gone by themselves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest
from cloud_tools import Cloud

from labelmill_aws.access.grants import RefusedTokenError
from labelmill_aws.access.tokens import NewToken, Tokens, parse_token


@pytest.fixture
def tokens(cloud: Cloud) -> Tokens:
    return Tokens(cloud.table)


def make(tokens: Tokens, organization: str = "default", days: float = 365, name: str = "ci") -> NewToken:
    return tokens.create(organization=organization, role="editor", name=name, created_by="first", days=days)


def test_a_token_is_kept_as_a_hash_only(cloud: Cloud, tokens: Tokens) -> None:
    made = make(tokens)
    parts = parse_token(made.text)
    assert parts is not None and parts.id == made.row.id and len(parts.secret) == 43
    item = cloud.table.get(f"TOKEN#{made.row.id}", "TOKEN")
    assert item is not None
    assert item["hash"] == sha256(parts.secret.encode()).hexdigest()
    assert parts.secret not in str(item)
    goes = datetime.fromtimestamp(item["expires_at"], UTC)
    assert abs(goes - datetime.now(UTC) - timedelta(days=365 + 90)) < timedelta(minutes=1)


def test_a_token_grants_what_it_was_made_for(tokens: Tokens) -> None:
    made = make(tokens, "städte & co", name="CI server")
    grant = tokens.check(made.text)
    assert (grant.organization, grant.role, grant.name) == ("städte & co", "editor", "CI server")
    assert (grant.token, grant.expires) == (made.row.id, made.row.expires)
    assert make(tokens).text != make(tokens).text


def test_a_revoked_token_is_refused_and_stays_in_the_list(tokens: Tokens) -> None:
    made, other = make(tokens), make(tokens)
    assert tokens.revoke("default", made.row.id)
    first = {row.id: row.revoked for row in tokens.page("default", 50).rows}
    assert first[made.row.id] and not first[other.row.id]
    assert tokens.revoke("default", made.row.id), "once more is fine"
    assert {row.id: row.revoked for row in tokens.page("default", 50).rows} == first, "and moves nothing"
    with pytest.raises(RefusedTokenError, match=r"^revoked$"):
        tokens.check(made.text)
    assert tokens.check(other.text)


def test_nobody_revokes_what_is_not_theirs(tokens: Tokens) -> None:
    made = make(tokens, "theirs")
    assert not tokens.revoke("default", made.row.id)
    assert not tokens.revoke("default", "a" * 12)
    assert not tokens.revoke("default", "no id")
    assert tokens.check(made.text)
    assert not tokens.page("default", 50).rows


def test_an_old_token_is_refused(tokens: Tokens) -> None:
    made = make(tokens, days=-30)
    with pytest.raises(RefusedTokenError, match=r"^expired$"):
        tokens.check(made.text)
    assert [row.status("2999") for row in tokens.page("default", 50).rows] == ["expired"]


def test_the_right_id_with_a_wrong_secret_is_refused(tokens: Tokens) -> None:
    one, two = make(tokens), make(tokens)
    with pytest.raises(RefusedTokenError, match=r"^unknown$"):
        tokens.check(f"lm_{one.row.id}_{two.text[-43:]}")
