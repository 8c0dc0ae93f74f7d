"""The client's records are what the OpenAPI document says, field by field, so that they can't drift apart."""

from __future__ import annotations

import inspect
import json
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

import msgspec
import pytest

from labelmill.client import look_models, map_check_models, models, report_models
from labelmill.client.models import Page
from labelmill.client.resources.annotations import Annotations
from labelmill.client.resources.maps import Maps
from labelmill.client.resources.subscriptions import Subscriptions
from labelmill.client.resources.tokens import Tokens
from labelmill.client.resources.workspaces import Workspaces

DOCUMENT = json.loads((Path(__file__).parents[2] / "functions" / "api" / "openapi.json").read_text())
SCHEMAS = DOCUMENT["components"]["schemas"]
ORG = "/v1/organizations/{org}"
NOTHING = None
ANSWERS: dict[tuple[str, str], Any] = {
    ("get", "/v1/formats"): Page[models.Format],
    ("get", "/v1/me"): models.Me,
    ("get", f"{ORG}/maps"): Page[models.MapSummary],
    ("post", f"{ORG}/maps"): models.Map,
    ("get", f"{ORG}/maps/{{map}}"): models.Map,
    ("patch", f"{ORG}/maps/{{map}}"): models.Map,
    ("delete", f"{ORG}/maps/{{map}}"): NOTHING,
    ("get", f"{ORG}/maps/{{map}}/file"): bytes,
    ("get", f"{ORG}/maps/{{map}}/versions"): Page[models.MapVersion],
    ("post", f"{ORG}/map-checks"): map_check_models.MapCheck,
    ("get", f"{ORG}/workspaces"): Page[models.Workspace],
    ("post", f"{ORG}/workspaces"): models.Workspace,
    ("get", "/v1/workspaces/{ws}"): models.Workspace,
    ("patch", "/v1/workspaces/{ws}"): models.Workspace,
    ("delete", "/v1/workspaces/{ws}"): NOTHING,
    ("get", "/v1/workspaces/{ws}/resources"): models.Resources,
    ("put", "/v1/workspaces/{ws}/resources"): models.Resources,
    ("get", "/v1/workspaces/{ws}/datasets"): Page[models.Dataset],
    ("post", "/v1/workspaces/{ws}/datasets"): models.CreatedDataset,
    ("get", "/v1/datasets/{ds}"): models.Dataset,
    ("delete", "/v1/datasets/{ds}"): "not read",
    ("get", "/v1/datasets/{ds}/types"): look_models.Types,
    ("get", "/v1/datasets/{ds}/images"): Page[look_models.ImageItem],
    ("get", "/v1/datasets/{ds}/images/{image}/pixels"): bytes,
    ("get", "/v1/datasets/{ds}/images/{image}/labels"): look_models.Labels,
    ("get", "/v1/datasets/{ds}/statistics"): look_models.Statistics,
    ("get", "/v1/uploads/{up}"): models.Upload,
    ("delete", "/v1/uploads/{up}"): NOTHING,
    ("post", "/v1/uploads/{up}/parts"): models.PartUrls,
    ("post", "/v1/uploads/{up}/complete"): models.Dataset,
    ("get", "/v1/datasets/{ds}/annotations"): Page[models.Annotation],
    ("post", "/v1/datasets/{ds}/annotations"): models.Annotation,
    ("get", "/v1/workspaces/{ws}/annotations"): Page[models.Annotation],
    ("get", f"{ORG}/annotations"): Page[models.Annotation],
    ("get", "/v1/annotations/{id}"): models.Annotation,
    ("patch", "/v1/annotations/{id}"): models.Annotation,
    ("delete", "/v1/annotations/{id}"): NOTHING,
    ("post", "/v1/annotations/{id}/cancel"): models.Annotation,
    ("get", "/v1/annotations/{id}/log"): Page[models.LogLine],
    ("get", "/v1/annotations/{id}/report"): report_models.AnnotationReport,
    ("get", "/v1/annotations/{id}/errors"): Page[report_models.BadFile],
    ("get", "/v1/annotations/{id}/download"): models.Download,
    ("get", f"{ORG}/subscriptions"): Page[models.Subscription],
    ("post", f"{ORG}/subscriptions"): models.Subscription,
    ("get", f"{ORG}/subscriptions/{{id}}"): models.Subscription,
    ("delete", f"{ORG}/subscriptions/{{id}}"): NOTHING,
    ("get", f"{ORG}/tokens"): Page[models.Token],
    ("post", f"{ORG}/tokens"): models.CreatedToken,
    ("delete", f"{ORG}/tokens/{{id}}"): NOTHING,
}
ASKED: dict[tuple[str, str], tuple[Callable[..., Any], set[str]]] = {
    ("post", f"{ORG}/maps"): (Maps.create, set()),
    ("patch", f"{ORG}/maps/{{map}}"): (Maps.edit, {"name", "revision"}),
    ("post", f"{ORG}/map-checks"): (Maps.check, set()),
    ("post", f"{ORG}/workspaces"): (Workspaces.create, set()),
    ("patch", "/v1/workspaces/{ws}"): (Workspaces.edit, {"name", "revision"}),
    ("post", "/v1/datasets/{ds}/annotations"): (Annotations.request, {"dataset"}),
    ("patch", "/v1/annotations/{id}"): (Annotations.tag, {"annotation"}),
    ("post", f"{ORG}/subscriptions"): (Subscriptions.create, set()),
    ("post", f"{ORG}/tokens"): (Tokens.create, set()),
}
"""Methods whose parameters, but for those named, are the fields of the body."""


def operations() -> Iterator[tuple[tuple[str, str], dict[str, Any]]]:
    for path, methods in DOCUMENT["paths"].items():
        for method, operation in methods.items():
            yield (method, anonymous(path)), operation


def anonymous(path: str) -> str:
    """A path without the names of its parameters, which nobody sees."""
    return "/".join("{}" if part.startswith("{") else part for part in path.split("/"))


OPERATIONS = dict(operations())


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in schema:
        schema = SCHEMAS[schema["$ref"].rpartition("/")[2]]
    return schema


def differences(schema: dict[str, Any], kind: Any, where: str) -> Iterator[str]:
    """Where a JSON schema and a Python type don't mean the same."""
    schema = resolved(schema)
    if "anyOf" in schema:
        kinds = [one for one in get_args(kind) if one is not types.NoneType]
        others = [one for one in schema["anyOf"] if one.get("type") != "null"]
        if get_origin(kind) not in (Union, types.UnionType) or len(others) != len(kinds):
            yield f"{where}: {schema['anyOf']} is no {kind}"
            return
        for one, other in zip(others, kinds, strict=True):
            yield from differences(one, other, where)
        return
    origin = get_origin(kind)
    if kind is Any:
        return
    if origin is Page:
        items = resolved(schema["properties"]["items"])
        assert set(schema["properties"]) - {"next", "first", "total", "version"} == {"items"}, where
        yield from differences(items["items"], get_args(kind)[0], f"{where}[]")
    elif isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        yield from differences_of_fields(schema, kind, where)
    elif origin is Literal or "enum" in schema:
        found = set(schema.get("enum", [schema.get("const")]))
        if found != set(get_args(kind)):
            yield f"{where}: {found} are not {get_args(kind)}"
    elif origin is list:
        if schema.get("type") != "array":
            yield f"{where}: {schema.get('type')} is no list"
            return
        yield from differences(schema["items"], get_args(kind)[0], f"{where}[]")
    elif origin is dict:
        inner = schema.get("additionalProperties")
        if schema.get("type") != "object" or "properties" in schema:
            yield f"{where}: {schema} is no dict"
        elif isinstance(inner, dict):
            yield from differences(inner, get_args(kind)[1], f"{where}{{}}")
    elif {str: "string", int: "integer", float: "number", bool: "boolean"}.get(kind) != schema.get("type"):
        yield f"{where}: {schema.get('type')} is no {kind}"


def differences_of_fields(schema: dict[str, Any], kind: type[msgspec.Struct], where: str) -> Iterator[str]:
    fields = {field.encode_name: field for field in msgspec.structs.fields(kind)}
    if set(fields) != set(schema["properties"]):
        yield f"{where}: {kind.__name__} and the document differ in {set(fields) ^ set(schema['properties'])}"
    for name, field in fields.items():
        if name not in schema["properties"]:
            continue
        if field.required and name not in schema.get("required", []):
            yield f"{where}.{name}: the document says that it may be missing"
        yield from differences(schema["properties"][name], field.type, f"{where}.{name}")


def test_every_operation_has_its_method() -> None:
    others = ("/v1/openapi.json", "/v1/docs", "/v1/problems/{}", "/v1/sessions")  # the last is for browsers
    served = {key for key in OPERATIONS if key[1] not in others}
    known = {(method, anonymous(path)) for method, path in ANSWERS}
    assert {key for key in known if key not in served} == set()
    assert {key for key in served if key not in known and not key[1].startswith("/v1/docs")} == set()


@pytest.mark.parametrize(("method", "path"), ANSWERS)
def test_answers_are_what_the_document_says(method: str, path: str) -> None:
    kind = ANSWERS[method, path]
    responses = OPERATIONS[method, anonymous(path)]["responses"]
    good = {status: answer for status, answer in responses.items() if status.startswith("2")}
    assert good
    for status, answer in good.items():
        content = answer.get("content", {})
        if kind is NOTHING:
            assert status == "204" or not content
        elif kind is bytes:
            assert "application/json" not in content
        elif kind != "not read":
            schema = content["application/json"]["schema"]
            assert list(differences(schema, kind, f"{method} {path}")) == []


@pytest.mark.parametrize(("method", "path"), ASKED)
def test_all_that_can_be_asked_can_be_given(method: str, path: str) -> None:
    function, others = ASKED[method, path]
    body = OPERATIONS[method, anonymous(path)]["requestBody"]["content"]["application/json"]["schema"]
    fields = resolved(body)
    parameters = inspect.signature(function).parameters
    assert set(fields["properties"]) == set(parameters) - others - {"self"}
    needed = {name for name, one in parameters.items() if one.default is inspect.Parameter.empty}
    assert set(fields.get("required", [])) == needed - others - {"self"}


@pytest.mark.parametrize(
    ("schema", "kind"),
    [
        ({"type": "string"}, int),
        ({"type": "integer"}, str | None),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, str),
        ({"enum": ["a", "b"]}, Literal["a"]),
        ({"type": "string", "enum": ["a"]}, str),
        ({"type": "array", "items": {"type": "string"}}, list[int]),
        ({"type": "object", "additionalProperties": {"type": "string"}}, dict[str, int]),
        ({"type": "object", "properties": {"id": {"type": "string"}}, "required": ["id"]}, models.MyToken),
        ({"type": "object", "properties": {n: {"type": "string"} for n in ("id", "name", "expires")}}, models.MyToken),
    ],
)
def test_differences_are_found(schema: dict[str, Any], kind: Any) -> None:
    assert list(differences(schema, kind, "here"))
