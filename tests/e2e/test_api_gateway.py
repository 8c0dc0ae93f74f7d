"""The HTTP API behind its gateway, as it is deployed: who gets in, what arrives, what is written down."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from e2e_service import Service
from infra.synth import ROOT


@pytest.fixture
def http(service: Service) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=service.cloud.api_url, timeout=30) as client:
        yield client


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def access_log(service: Service) -> list[dict[str, Any]]:
    group = f"/aws/vendedlogs/apigateway/{service.cloud.stack}"
    pages = service.cloud.client("logs").get_paginator("filter_log_events").paginate(logGroupName=group)
    return [json.loads(event["message"]) for page in pages for event in page["events"]]


@pytest.mark.parametrize("path", ["/v1/openapi.json", "/v1/docs"])
def test_what_the_api_is_may_be_read_by_everyone(http: httpx.Client, path: str) -> None:
    assert http.get(path).status_code == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        (bearer("lm_aaaaaaaaaaaa_" + "A" * 43), 403),
        (bearer("lm_"), 403),
        ({"Authorization": "Basic dTpw"}, 403),
        (bearer("x" * 9_000), 403),
        (bearer("x" * 1_000_000), 431),
    ],
    ids=["none", "unknown", "cut", "another scheme", "long", "a megabyte"],
)
def test_nobody_gets_in_without_a_token(http: httpx.Client, headers: dict[str, str], status: int) -> None:
    answer = http.get("/v1/me", headers=headers)
    assert (answer.status_code, list(answer.json())) == (status, ["message"])


def test_a_token_gets_in_and_says_whose_it_is(http: httpx.Client, service: Service) -> None:
    answer = http.get("/v1/me", headers=bearer(service.cloud.token("org-gate", "reader")))
    assert answer.status_code == 200
    assert (answer.json()["organization"], answer.json()["role"]) == ("org-gate", "reader")


def test_names_with_odd_characters_are_the_ones_that_were_asked_for(http: httpx.Client, service: Service) -> None:
    headers = bearer(service.cloud.token("org-odd"))
    for name in ("a b", "ü猫🐈", "100%", "%41", "a+b", "q?s", "#x", "a'b\"c", "a&b=c;d"):
        made = http.post("/v1/organizations/org-odd/workspaces", headers=headers, json={"name": name})
        assert made.status_code == 201, made.text
        assert http.get(made.headers["Location"], headers=headers).json()["name"] == name


def test_the_access_log_says_who_asked_for_what_without_a_token(http: httpx.Client, service: Service) -> None:
    token = service.cloud.token("org-log")
    secret = token.split("_", 2)[2]
    answer = http.get("/v1/formats?q=hidden", headers=bearer(token))
    lines = access_log(service)
    [line] = [line for line in lines if line["request"] == answer.headers["apigw-requestid"]]
    assert line["token"] and line["token"] in token
    assert (line["method"], line["status"]) == ("GET", "200")
    [said] = [json.loads(text) for text in service.cloud.function_log("Api") if line["request"] in text]
    assert (said["organization"], said["path"], said["status"]) == ("org-log", "/v1/formats", 200)
    everything = json.dumps(lines) + "".join(service.cloud.function_log())
    assert secret not in everything
    assert "hidden" not in json.dumps(lines)


@pytest.mark.parametrize("current", ["", "work"])
def test_the_command_line_finds_the_local_cloud_while_it_is_up(tmp_path: Path, current: str) -> None:
    config = tmp_path / "config" / "config.json"
    kept = {"work": {"url": "https://example.com", "token": "lm_work", "organization": "o"}} if current else {}
    if kept:
        config.parent.mkdir()
        config.write_text(json.dumps({"current": current, "profiles": kept}))
    environment = os.environ | {"PYTHONPATH": str(ROOT), "LABELMILL_CONFIG": str(config)}
    command = [sys.executable, "-u", "-m", "infra.local.up"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout
        said = iter(running.stdout.readline, "")
        url = next(line for line in said if line.startswith("API ")).split()[1].removesuffix("/v1")
        assert any("finds it by itself" in line for line in said)
        option = " --profile local" if current else ""
        assert next(said).strip() == f"labelmill{option} workspaces list"
        link = next(line for line in said if line.startswith("Console ")).split()[1]
        page, _, code = link.partition("/#code=")
        assert page == url
        token = httpx.post(f"{url}/v1/sessions", json={"code": code}, timeout=30).json()["token"]
        assert httpx.post(f"{url}/v1/sessions", json={"code": code}, timeout=30).status_code == 410
        assert httpx.get(f"{url}/v1/me", headers=bearer(token), timeout=30).json()["token"]["name"] == "local console"
        document = json.loads(config.read_text())
        assert document["current"] == (current or "local")
        profile = document["profiles"]["local"]
        assert profile["url"] == url
        assert config.stat().st_mode & 0o777 == 0o600
        assert httpx.get(f"{url}/v1/me", headers=bearer(profile["token"]), timeout=30).json()["role"] == "admin"
        running.send_signal(signal.SIGTERM)
        assert running.wait(20) == 0
    assert json.loads(config.read_text()) == {"current": current, "profiles": kept}
