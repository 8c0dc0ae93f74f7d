"""The authorizer's function: what it answers to good tokens, to bad ones, and what it never logs."""

from __future__ import annotations

import importlib.util
import io
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from api_tools import CONTEXT
from cloud_tools import Cloud
from oidc_issuer import AUDIENCE, serve_issuer, stranger_key

from labelmill_aws.access.tokens import NewToken, Tokens

ROOT = Path(__file__).parents[2]
REFUSED = {"isAuthorized": False, "context": {}}


@pytest.fixture
def module(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The handler as Lambda loads it, with its settings."""
    monkeypatch.setenv("TABLE_NAME", cloud.table.name)
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "authorize")
    monkeypatch.setenv("POWERTOOLS_LOGGER_LOG_EVENT", "true")  # which must not matter
    spec = importlib.util.spec_from_file_location("handler_authorize", ROOT / "functions/authorize/handler.py")
    assert spec is not None and spec.loader is not None
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    yield loaded
    loaded.authorizer.cache_clear()


@pytest.fixture
def logged(module: ModuleType, monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """What the function logs."""
    stream = io.StringIO()
    for handler in module.logger.handlers:
        monkeypatch.setattr(handler, "stream", stream)
    return stream


def ask(module: ModuleType, header: Any, **more: Any) -> dict[str, Any]:
    """Send what API Gateway sends."""
    event = {
        "version": "2.0",
        "type": "REQUEST",
        "routeArn": "arn:aws:execute-api:eu-central-1:000000000000:api/$default/GET/v1/me",
        "identitySource": [header],
        "routeKey": "$default",
        "rawPath": "/v1/me",
        "headers": {"authorization": header},
        "requestContext": {"http": {"method": "GET", "path": "/v1/me"}, "requestId": "r", "stage": "$default"},
    } | more
    answer: dict[str, Any] = json.loads(json.dumps(module.lambda_handler(event, CONTEXT)))
    return answer


def make(cloud: Cloud, **more: Any) -> NewToken:
    said = {"organization": "default", "role": "editor", "name": "ci", "created_by": "first", "days": 30} | more
    return Tokens(cloud.table).create(**said)


def test_a_good_token(cloud: Cloud, module: ModuleType) -> None:
    made = make(cloud)
    context = {
        "organization": "default",
        "role": "editor",
        "token": made.row.id,
        "name": "ci",
        "expires": made.row.expires,
    }
    for header in (f"Bearer {made.text}", f"bearer {made.text}", f"BEARER  {made.text}"):
        assert ask(module, header) == {"isAuthorized": True, "context": context}


def malformed(text: str) -> dict[str, str]:
    """Headers that are nearly right."""
    id_, secret = text[3:15], text[16:]
    return {
        "empty": "",
        "blank": " ",
        "no scheme": text,
        "scheme only": "Bearer",
        "scheme and space": "Bearer ",
        "another scheme": f"Basic {text}",
        "token as scheme": f"{text} Bearer",
        "no space": f"Bearer{text}",
        "tab": f"Bearer\t{text}",
        "space after": f"Bearer {text} ",
        "space before": f" Bearer {text}",
        "line after": f"Bearer {text}\n",
        "line within": f"Bearer {text[:20]}\n{text[20:]}",
        "zero byte": f"Bearer {text}\x00",
        "two tokens": f"Bearer {text},Bearer {text}",
        "two words": f"Bearer {text} {text}",
        "in quotes": f'Bearer "{text}"',
        "as basic auth": f"Bearer user:{text}",
        "prefix in capitals": f"Bearer LM_{text[3:]}",
        "no prefix": f"Bearer {text[3:]}",
        "another prefix": f"Bearer gh_{text[3:]}",
        "id in capitals": f"Bearer lm_{id_.upper()}_{secret}",
        "id too short": f"Bearer lm_{id_[1:]}_{secret}",
        "id too long": f"Bearer lm_{id_}a_{secret}",
        "id with a digit that no id has": f"Bearer lm_{id_[:-1]}1_{secret}",
        "id with a hash sign": f"Bearer lm_{id_[:-1]}#_{secret}",
        "secret too short": f"Bearer {text[:-1]}",
        "secret too long": f"Bearer {text}A",
        "secret padded": f"Bearer {text}=",
        "no secret": f"Bearer lm_{id_}_",
        "hyphen between": f"Bearer lm_{id_}-{secret}",
        "plus sign": f"Bearer {text[:-1]}+",
        "percent-encoded": f"Bearer {text[:-1]}%41",
        "full-width": f"Bearer {text[:-1]}\uff21",
        "Kelvin sign": f"Bearer lm_{id_[:-1]}\u212a_{secret}",
        "Arabic digit": f"Bearer lm_{id_[:-1]}\u0662_{secret}",
        "invisible space": f"Bearer \u200b{text}",
        "lone surrogate": f"Bearer {text}\ud800",
        "emoji": "Bearer 🔑",
        "8 KiB": "Bearer " + "a" * 8192,
        "1 MB": "Bearer " + text * 17_000,
        "1 MB of dots": "Bearer " + "." * 1_000_000,
        "1 MB of spaces": "Bearer" + " " * 1_000_000 + text,
        "JWT without an issuer": "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.",
    }


@pytest.mark.parametrize("name", malformed("lm_" + "a" * 12 + "_" + "A" * 43))
def test_malformed_tokens_reach_no_table(
    cloud: Cloud, module: ModuleType, logged: io.StringIO, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    text = make(cloud).text
    assert ask(module, f"Bearer {text}")["isAuthorized"]
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")  # nobody listens there
    module.authorizer.cache_clear()
    assert ask(module, malformed(text)[name]) == REFUSED
    assert_silent(logged, text)


def test_wrong_tokens(cloud: Cloud, module: ModuleType, logged: io.StringIO) -> None:
    good, other = make(cloud), make(cloud)
    old, revoked = make(cloud, days=-30), make(cloud)
    Tokens(cloud.table).revoke("default", revoked.row.id)
    wrong = {
        "a month old": old.text,
        "revoked": revoked.text,
        "unknown": f"lm_{'a' * 12}_{'A' * 43}",
        "right id, wrong secret": good.text[:16] + other.text[16:],
        "right id, secret in capitals": good.text[:16] + good.text[16:].swapcase(),
        "another service's": f"lm_{good.row.id}_{good.row.hash[:43]}",
    }
    for name, text in wrong.items():
        assert ask(module, f"Bearer {text}") == REFUSED, name
        assert_silent(logged, text)
    assert ask(module, f"Bearer {good.text}")["isAuthorized"]
    assert_silent(logged, good.text)


def assert_silent(logged: io.StringIO, text: str) -> None:
    """Neither the token nor a part of it was logged."""
    said = logged.getvalue()
    assert said, "the function logs something"
    parts = {text[i : i + 8] for i in range(3, len(text) - 8)}
    assert not [part for part in parts if part in said]


@pytest.mark.parametrize(
    "event",
    [
        {"identitySource": None},
        {"identitySource": []},
        {"identitySource": [None]},
        {"identitySource": "Bearer x"},
        {"identitySource": ["Bearer x", "Bearer y"]},
        {"identitySource": [{"Bearer": "x"}]},
    ],
)
def test_only_the_identity_source_counts(cloud: Cloud, module: ModuleType, event: dict[str, Any]) -> None:
    """API Gateway keeps the answer under it: a header that it did not look at must not decide."""
    text = make(cloud).text
    assert ask(module, f"Bearer {text}", **event) == REFUSED


def test_it_fails_closed(
    cloud: Cloud, module: ModuleType, logged: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No table: nobody gets in, nothing is told, and the answer is not kept."""
    text = make(cloud).text
    monkeypatch.setenv("TABLE_NAME", f"no-{text}")  # even then
    with pytest.raises(Exception, match=r"^the token could not be checked: ResourceNotFoundException$") as failed:
        ask(module, f"Bearer {text}")
    assert failed.value.__cause__ is None and failed.value.__suppress_context__
    assert_silent(logged, text)


def test_jwts_where_an_issuer_is_given(
    cloud: Cloud, module: ModuleType, logged: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serve_issuer() as issuer:
        monkeypatch.setenv("OIDC_ISSUER", issuer.url)
        monkeypatch.setenv("OIDC_AUDIENCE", AUDIENCE)
        good, bad = issuer.token(role="reader"), issuer.token(stranger_key())
        answer = ask(module, f"Bearer {good}")
        assert answer["isAuthorized"] and answer["context"]["role"] == "reader"
        assert ask(module, f"Bearer {make(cloud).text}")["isAuthorized"], "labelmill's own still count"
        assert ask(module, f"Bearer {bad}") == REFUSED
        assert ask(module, "Bearer nonsense") == REFUSED
        for text in (good, bad):
            assert_silent(logged, text)
        module.authorizer.cache_clear()
        issuer.instead["/keys"] = b"?"
        with pytest.raises(Exception, match=r"^the token could not be checked: TransientError$"):
            ask(module, f"Bearer {good}")


def test_a_broken_deployment_lets_nobody_in(cloud: Cloud, module: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OIDC_ISSUER", "http://login.example.com")
    with pytest.raises(Exception, match=r"^the token could not be checked: SettingError$"):
        ask(module, f"Bearer {make(cloud).text}")


def test_it_is_light() -> None:
    """It runs before every request: a cold start loads nothing that its decision does not need."""
    code = (
        "import runpy, sys; sys.path[:0] = ['layers/core/python'];"
        "runpy.run_path('functions/authorize/handler.py');"
        "loaded = {name.partition('.')[0] for name in sys.modules};"
        "print(loaded & {'numpy', 'pydantic', 'jwt', 'yaml', 'click', 'boto3'})"
    )
    environment = {"POWERTOOLS_SERVICE_NAME": "t"}
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.stdout.strip() == "set()", done.stderr
