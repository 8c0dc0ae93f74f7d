"""The OpenAPI 3.1 document, made from the routes and models: ``python -m labelmill_aws.api.openapi``.

It is made when the code changes, never while the function runs, and a test compares it with what is checked in.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from typing import Any, Final, get_args, get_origin, get_type_hints

from aws_lambda_powertools.event_handler import Response

from labelmill_aws.api.app import Api
from labelmill_aws.api.idempotency import MAX_KEY_CHARS, REPLAYED
from labelmill_aws.api.problems import CONTENT_TYPE, PROBLEMS, TYPE_BASE, Problem
from labelmill_aws.api.reading import JSON
from labelmill_aws.api.routing import PUBLIC, Endpoint
from labelmill_aws.telling.messages import ANNOTATION_FINISHED, MESSAGES, UPLOAD_REFUSED, message_schemas

VERSION: Final = "1.0.0"
SUMMARY: Final = "Datasets in, labels out."
DESCRIPTION: Final = """Turns image datasets into the labels that trainers read.

A token opens one organization: `Authorization: Bearer lm_…`. What belongs to another one is not found. Its role is
`reader`, `editor` or `admin`; each may do what those before it may.

Errors are `application/problem+json` (RFC 9457) with a stable `type`, and every reason at once in `errors`. A missing
token (401), a bad one (403) and too many requests (429) are answered before the service sees them, with a `message`.

Lists come in pages: `next` of one is `cursor` of the next one. A page may be short, or empty, though more follow.

A POST with an `Idempotency-Key` that is repeated within a day is answered as the first time, and done once.

What can be edited has an `ETag`; with `If-Match` an edit is refused when somebody else was faster.
"""
REF: Final = "#/components/schemas/"
GATEWAY_STATUSES: Final = {401: "Unauthorized", 403: "Forbidden", 429: "Too Many Requests"}
EVERYWHERE: Final = ("too-slow", "internal", "try-again")
MESSAGE_NAMES: Final = {"annotationFinished": ANNOTATION_FINISHED, "uploadRefused": UPLOAD_REFUSED}
CONTENTS: Final[dict[str, Any]] = {JSON: {"type": "object"}, "application/yaml": {}}
"""Schemas of answers that no model describes; the others are text."""
UNUSED: Final = ("HTTPValidationError", "ValidationError", "ResponseValidationError")
"""Schemas of Powertools' own answers, which this API never gives."""


def build_document(api: Api) -> dict[str, Any]:
    """The document.

    Args:
        api: All routes.
    """
    for route in (*api._static_routes, *api._dynamic_routes):
        endpoint = api.endpoints[route.method, route.path]
        route.summary, route.description = endpoint.summary, endpoint.description
        route.operation_id = endpoint.handler.__name__
        route.tags = [endpoint.tag]
        route.responses = _normal_answers(endpoint)
    document: dict[str, Any] = json.loads(
        api.get_openapi_json_schema(title="labelmill", version=VERSION, summary=SUMMARY, description=DESCRIPTION)
    )
    paths = document["paths"]
    etags = {endpoint.path for endpoint in api.endpoints.values() if "if_match" in get_type_hints(endpoint.handler)}
    document["paths"] = {}
    answers: dict[str, Any] = {}  # of problems, which many operations share
    for endpoint in api.endpoints.values():
        path = endpoint.path.replace("<", "{").replace(">", "}")
        operation = paths[path][endpoint.method.lower()]
        _finish(operation, endpoint, answers, has_etag=endpoint.path in etags)
        document["paths"].setdefault(path, {})[endpoint.method.lower()] = operation
    schemas = document["components"]["schemas"]
    for name in UNUSED:
        schemas.pop(name, None)
    schemas |= _problem_schemas() | message_schemas()
    document["components"]["schemas"] = dict(sorted(schemas.items()))
    document["components"]["responses"] = dict(sorted(answers.items()))
    document["components"]["securitySchemes"] = {
        "bearer": {
            "type": "http",
            "scheme": "bearer",
            "description": "A token, `lm_…`, or a JWT where the service was deployed with an issuer of them.",
        }
    }
    document["security"] = [{"bearer": []}]
    document["servers"] = [{"url": "/"}]
    document["tags"] = [{"name": routes.tag, "description": routes.description} for routes in api.resources]
    document["webhooks"] = {name: _webhook(kind) for name, kind in MESSAGE_NAMES.items()}
    return document


def _normal_answers(endpoint: Endpoint) -> dict[int, Any]:
    model = get_type_hints(endpoint.handler)["return"]
    if get_origin(model) is Response:
        (model,) = get_args(model)
    models = [kind for kind in (get_args(model) or (model,)) if kind not in (bytes, str, type(None))]
    content: dict[str, Any] = {JSON: {"model": models[0]}} if models else {}
    content |= {kind: {"schema": CONTENTS.get(kind, {"type": "string"})} for kind in endpoint.content}
    says = {200: "Done.", 201: "It was made.", 202: "It was begun.", 204: "Done; the answer is empty."}
    statuses = {endpoint.status: says[endpoint.status], **endpoint.also}
    return {
        status: {"description": text, "content": {} if status == 304 else dict(content)}
        for status, text in sorted(statuses.items())
    }


def _finish(operation: dict[str, Any], endpoint: Endpoint, answers: dict[str, Any], *, has_etag: bool) -> None:
    """What Powertools leaves out: problems, headers, and who may call."""
    for parameter in operation.get("parameters", []):
        parameter["schema"] = _without_null(parameter["schema"])
        if parameter["in"] == "header":
            parameter["name"] = parameter["name"].title()  # Powertools' are small, and people look for If-Match
    responses = operation["responses"]
    responses.pop("422", None)  # Powertools' own
    for status in (str(endpoint.status), *map(str, endpoint.also)):
        headers = _headers(endpoint, has_etag=has_etag)
        if headers:
            responses[status]["headers"] = headers
        if not responses[status].get("content"):
            responses[status].pop("content", None)
    problems = _problems_of(endpoint, operation)
    for status_code in sorted({*problems, *(() if endpoint.role == PUBLIC else GATEWAY_STATUSES)}):
        slugs = problems.get(status_code, [])
        name = "_".join(slugs) or "too-many-requests"
        answers[name] = _problem_answer(slugs, "" if endpoint.role == PUBLIC else GATEWAY_STATUSES.get(status_code, ""))
        responses[str(status_code)] = {"$ref": f"#/components/responses/{name}"}
    if endpoint.role == PUBLIC:
        operation["security"] = []
    else:
        note = f"Needs the role `{endpoint.role}`."
        operation["description"] = f"{operation.get('description', '')}\n\n{note}".strip()
    if endpoint.once:
        operation.setdefault("parameters", []).append(_idempotency_key())
    operation["responses"] = dict(sorted(responses.items()))


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """A parameter's schema: one that is left out is no null, and a bound of a whole number is one."""
    kinds = [kind for kind in schema.get("anyOf", []) if kind != {"type": "null"}]
    if len(kinds) == 1:
        schema = kinds[0] | {name: value for name, value in schema.items() if name != "anyOf"}
    whole = {name: int(schema[name]) for name in ("minimum", "maximum") if schema.get(name, 0.5) % 1 == 0}
    return schema | whole


def _problems_of(endpoint: Endpoint, operation: dict[str, Any]) -> dict[int, list[str]]:
    """Slugs of all problems that an operation has, by status."""
    slugs = {*EVERYWHERE, *endpoint.problems}
    if operation.get("parameters") or operation.get("requestBody") or endpoint.once:
        slugs.add("bad-request")
    if "<" in endpoint.path:
        slugs.add("not-found")
    if operation.get("requestBody") or endpoint.once:
        slugs.add("too-large")
    if "if_match" in get_type_hints(endpoint.handler):
        slugs.add("changed")
    if endpoint.once:
        slugs |= {"request-in-progress", "idempotency-mismatch"} | ({"conflict"} if endpoint.secret else set())
    if endpoint.role != PUBLIC:
        slugs |= {"token-expired", "forbidden"}
    by_status: dict[int, list[str]] = {}
    for slug, kind in PROBLEMS.items():  # in their order
        if slug in slugs:
            by_status.setdefault(kind.status, []).append(slug)
    return by_status


def _problem_answer(slugs: Iterable[str], message: str) -> dict[str, Any]:
    """An answer with one of some problems, or with a message of the gateway."""
    content: dict[str, Any] = {}
    kinds = {slug: PROBLEMS[slug] for slug in slugs}
    types = [TYPE_BASE + slug for slug in kinds]
    if kinds:
        content[CONTENT_TYPE] = {
            "schema": {"allOf": [{"$ref": f"{REF}Problem"}, {"properties": {"type": {"enum": types}}}]},
            "examples": {slug: {"value": _example(slug)} for slug in kinds},
        }
    if message:
        content[JSON] = {"schema": {"$ref": f"{REF}GatewayMessage"}, "example": {"message": message}}
    says = [f"`{slug}`: {kind.title}." for slug, kind in kinds.items()]
    says += [f"`{message}`, from the gateway."] if message else []
    return {"description": " ".join(says), "content": content}


def _example(slug: str) -> dict[str, Any]:
    errors = [("line 12", "unknown function 'exec'")] if slug == "bad-map" else []
    errors = [("body.name", "Field required")] if slug == "bad-request" else errors
    return Problem(slug, errors=errors).body("JKJaXmPLvHcESHA=")


def _problem_schemas() -> dict[str, Any]:
    text = {"type": "string"}
    reason = {
        "type": "object",
        "properties": {
            "where": text | {"description": "The place: `body.name`, `query.limit`, `line 12`; empty for all of it."},
            "message": text | {"description": "What was expected and found, one line."},
        },
        "required": ["where", "message"],
        "additionalProperties": False,
    }
    problem = {
        "type": "object",
        "properties": {
            "type": text | {"enum": [TYPE_BASE + slug for slug in PROBLEMS], "description": "Stable."},
            "title": text,
            "status": {"type": "integer"},
            "detail": text | {"description": "What it was this time, one line."},
            "errors": {"type": "array", "items": {"$ref": f"{REF}Reason"}, "description": "Every reason."},
            "request_id": text | {"description": "By which the service's log knows the request."},
        },
        "required": ["type", "title", "status", "detail", "errors", "request_id"],
        "additionalProperties": False,
    }
    message = {
        "type": "object",
        "properties": {"message": {"type": ["string", "null"]}},
        "required": ["message"],
        "description": "An answer of API Gateway itself.",
    }
    return {"Problem": problem, "Reason": reason, "GatewayMessage": message}


def _headers(endpoint: Endpoint, *, has_etag: bool) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    text = {"schema": {"type": "string"}}
    if has_etag and endpoint.method != "DELETE":
        headers["ETag"] = text | {"description": "Of what was answered, for `If-Match`."}
    if endpoint.status in (201, 202) and endpoint.method == "POST":
        headers["Location"] = text | {"description": "The path of what was made."}
    if endpoint.once and not endpoint.secret:
        headers[REPLAYED] = text | {"description": "`true` for an answer that was given before."}
    return headers


def _idempotency_key() -> dict[str, Any]:
    return {
        "name": "Idempotency-Key",
        "in": "header",
        "required": False,
        "description": "Of your choice: a repeat with it is answered as the first time, and done once.",
        "schema": {"type": "string", "minLength": 1, "maxLength": MAX_KEY_CHARS, "pattern": "^[\\x20-\\x7e]+$"},
    }


def _webhook(kind: str) -> dict[str, Any]:
    model = MESSAGES[kind]
    return {
        "post": {
            "summary": kind,
            "description": f"{(model.__doc__ or '').strip()} The body of a message to subscribers, and the detail of "
            f"an event `{kind}` on EventBridge.",
            "tags": ["subscriptions"],
            "operationId": f"on{model.__name__}",
            "requestBody": {
                "required": True,
                "content": {JSON: {"schema": {"$ref": f"{REF}{model.__name__}"}}},
            },
            "responses": {"200": {"description": "It has come."}},
            "security": [],
        }
    }


def write_document() -> str:
    """The document as it is checked in."""
    from labelmill_aws.api.routes import RESOURCES

    document = build_document(Api(RESOURCES, report_bug=lambda _: None))
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(write_document())
