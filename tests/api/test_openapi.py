"""The document says what the code does, all of it; the page shows it without the internet."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, get_type_hints

import pytest
from api_tools import ApiCaller
from pydantic import BaseModel

from labelmill_aws.api.caller import ROLES
from labelmill_aws.api.openapi import write_document
from labelmill_aws.api.problems import PROBLEMS
from labelmill_aws.api.routes import RESOURCES
from labelmill_aws.api.routing import PUBLIC, Endpoint, endpoints_of

DOCUMENT = Path(__file__).parents[2] / "functions/api/openapi.json"
ENDPOINTS = endpoints_of(RESOURCES).values()


@cache
def document() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(DOCUMENT.read_text())
    return found


def operation(endpoint: Endpoint) -> dict[str, Any]:
    path = endpoint.path.replace("<", "{").replace(">", "}")
    found: dict[str, Any] = document()["paths"][path][endpoint.method.lower()]
    return found


def everything(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
    for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from everything(child)


@pytest.mark.filterwarnings("error")
def test_what_is_checked_in_is_what_the_code_says() -> None:
    assert write_document() == DOCUMENT.read_text(), "run: make openapi"


def test_every_route_is_there_and_nothing_else() -> None:
    said = {(method.upper(), path) for path, item in document()["paths"].items() for method in item}
    assert said == {(one.method, one.path.replace("<", "{").replace(">", "}")) for one in ENDPOINTS}
    assert len({one.handler.__name__ for one in ENDPOINTS}) == len(ENDPOINTS)


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda one: f"{one.method} {one.path}")
def test_every_operation_says_what_it_is(endpoint: Endpoint) -> None:
    said = operation(endpoint)
    assert said["summary"] and not said["summary"].endswith(".")
    assert said["tags"] == [endpoint.tag]
    if endpoint.role == PUBLIC:
        assert said["security"] == []
    else:
        assert f"`{endpoint.role}`" in said["description"] and endpoint.role in ROLES
        assert {"401", "403", "429"} <= set(said["responses"])
    assert str(endpoint.status) in said["responses"]
    assert {"500", "503"} <= set(said["responses"])
    names = {parameter["name"] for parameter in said.get("parameters", [])}
    assert set(re.findall(r"<(\w+)>", endpoint.path)) <= names
    assert ("Idempotency-Key" in names) == (endpoint.method == "POST" and endpoint.role != PUBLIC)
    assert ("If-Match" in names) == ("if_match" in get_type_hints(endpoint.handler))
    assert ("413" in said["responses"]) == (endpoint.method == "POST" or "requestBody" in said)


def test_all_problems_are_said_somewhere() -> None:
    said = set(document()["components"]["schemas"]["Problem"]["properties"]["type"]["enum"])
    assert said == {f"/v1/problems/{slug}" for slug in PROBLEMS}
    text = json.dumps(document()["components"]["responses"])
    unsaid = {slug for slug in PROBLEMS if f'"{slug}": {{"value"' not in text}
    assert unsaid == {"method-not-allowed"}  # of methods that are not there


def test_references_lead_somewhere_and_everything_is_used() -> None:
    used = {node["$ref"] for node in everything(document()) if isinstance(node.get("$ref"), str)}
    components = document()["components"]
    there = {f"#/components/{kind}/{name}" for kind in ("schemas", "responses") for name in components[kind]}
    assert used == there


def test_answers_are_exact() -> None:
    for name, schema in document()["components"]["schemas"].items():
        if name not in {"GatewayMessage", "AnnotationFinished", "UploadRefused"}:
            assert schema["additionalProperties"] is False, name


def test_models_say_what_their_fields_are() -> None:
    """A model's docstring and a description, an example or a plain name: what a client's author reads."""
    from labelmill_aws.api.models.base import Answered, Asked

    models: list[type[BaseModel]] = [*Asked.__subclasses__(), *Answered.__subclasses__()]
    assert len(models) > 20
    for model in models:
        assert model.__doc__, model


def test_messages_are_its_webhooks() -> None:
    webhooks = document()["webhooks"]
    assert set(webhooks) == {"annotationFinished", "uploadRefused"}
    schema = webhooks["annotationFinished"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert schema == {"$ref": "#/components/schemas/AnnotationFinished"}


def test_formats_are_those_of_the_registry() -> None:
    from labelmill.formats import FORMAT_IDS

    wanted = document()["components"]["schemas"]["NewWorkspace"]["properties"]["auto_formats"]
    plain, with_options = wanted["items"]["oneOf"]
    assert plain["enum"] == list(FORMAT_IDS)
    assert with_options == {"$ref": "#/components/schemas/AutoFormat"}


def test_the_document_is_served_to_everyone(api: ApiCaller) -> None:
    event = api.event("GET", "/v1/openapi.json")
    del event["requestContext"]["authorizer"]
    from api_tools import CONTEXT, read_answer

    answer = read_answer(api.handler.lambda_handler(event, CONTEXT))
    assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
    assert answer.body == DOCUMENT.read_bytes()
    packed = api.get("/v1/openapi.json", headers={"Accept-Encoding": "br, gzip"})
    assert packed.headers["content-encoding"] == "gzip"
    assert gzip.decompress(packed.body) == DOCUMENT.read_bytes()


def test_the_page_loads_from_here_alone(api: ApiCaller) -> None:
    page = api.get("/v1/docs")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "script-src 'self';" in page.headers["content-security-policy"]
    text = page.body.decode()
    assert "http" not in text.replace("https://json-schema", "")
    assets = re.findall(r'(?:src|href)="(docs/[^"]+)"', text)
    assert len(assets) == 3
    assert not re.findall(r"<script>|<style>| on\w+=", text)  # the policy allows none
    for asset in assets:
        found = api.get(f"/v1/{asset}", headers={"Accept-Encoding": "gzip"})
        assert found.status == 200
        assert len(json.dumps(found.body.hex())) // 2 < 5_000_000  # a function answers with 6 MB at most
        assert found.headers["x-content-type-options"] == "nosniff"
    assert "SwaggerUIBundle" in api.get("/v1/docs/swagger-ui.js").body.decode()
    for name in ("absent", "swagger-ui-bundle.min.js", "..%5C..", "openapi.json"):
        assert api.get(f"/v1/docs/{name}").slug == "not-found"
