"""Requests to the API's function, as an HTTP API sends them, without a gateway."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import ModuleType, SimpleNamespace
from typing import Any
from urllib.parse import unquote, urlencode

CONTEXT = SimpleNamespace(
    function_name="api",
    memory_limit_in_mb=512,
    invoked_function_arn="arn:aws:lambda:eu-central-1:000000000000:function:api",
    aws_request_id="request",
    get_remaining_time_in_millis=lambda: 25_000,
)


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def slug(self) -> str:
        """Of a problem."""
        assert self.headers["content-type"] == "application/problem+json", self
        assert self.json["status"] == self.status
        kind: str = self.json["type"]
        assert kind.startswith("/v1/problems/")
        return kind.removeprefix("/v1/problems/")

    @property
    def etag(self) -> str:
        return self.headers["etag"]


@dataclass(frozen=True)
class ApiCaller:
    """Calls the function with one token's rights: ``api.get("/v1/me")``, ``api.as_("reader").post(path, json={})``."""

    handler: ModuleType
    organization: str = "default"
    role: str = "admin"
    expires: str = ""

    def as_(self, role: str, organization: str = "default", expires: str = "") -> ApiCaller:
        """The same with another token."""
        return replace(self, role=role, organization=organization, expires=expires)

    def __call__(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        json: Any = None,
        body: str | bytes | None = None,
    ) -> Answer:
        event = self.event(method, path, query=query, headers=headers, json=json, body=body)
        return read_answer(self.handler.lambda_handler(event, CONTEXT))

    def get(self, path: str, **more: Any) -> Answer:
        return self("GET", path, **more)

    def post(self, path: str, **more: Any) -> Answer:
        return self("POST", path, **more)

    def put(self, path: str, **more: Any) -> Answer:
        return self("PUT", path, **more)

    def patch(self, path: str, **more: Any) -> Answer:
        return self("PATCH", path, **more)

    def delete(self, path: str, **more: Any) -> Answer:
        return self("DELETE", path, **more)

    def event(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        json: Any = None,
        body: str | bytes | None = None,
    ) -> dict[str, Any]:
        """A request in payload format 2.0; ``path`` is percent-encoded, as a client sends it."""
        sent = {name.lower(): value for name, value in (headers or {}).items()}
        if json is not None:
            body = _json(json)
        if body is not None:
            sent.setdefault("content-type", "application/json")
        raw_path = "/".join(unquote(part.replace("%25", "%2525")) for part in path.split("/"))
        said = {
            "organization": self.organization,
            "role": self.role,
            "token": f"{self.role}-id",
            "name": f"{self.role} of {self.organization}",
            "expires": self.expires,
        }
        event = {
            "version": "2.0",
            "routeKey": "$default",
            "rawPath": raw_path,
            "rawQueryString": urlencode(query or {}, doseq=True),
            "headers": sent,
            "requestContext": {
                "accountId": "000000000000",
                "apiId": "api",
                "authorizer": {"lambda": said},
                "domainName": "127.0.0.1",
                "http": {"method": method, "path": raw_path, "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1"},
                "requestId": "request-id",
                "routeKey": "$default",
                "stage": "$default",
            },
            "isBase64Encoded": isinstance(body, bytes),
        }
        if query:
            event["queryStringParameters"] = {
                name: ",".join(map(str, value)) if isinstance(value, list) else str(value)
                for name, value in query.items()
            }
        if body is not None:
            event["body"] = base64.b64encode(body).decode() if isinstance(body, bytes) else body
        return event


def read_answer(answer: Any) -> Answer:
    """A Lambda's answer as HTTP has it."""
    wire = json.loads(json.dumps(answer))  # Lambda has to be able to
    body = wire.get("body") or ""
    data = base64.b64decode(body) if wire["isBase64Encoded"] else body.encode()
    return Answer(wire["statusCode"], {name.lower(): value for name, value in wire["headers"].items()}, data)


def _json(value: Any) -> str:
    return json.dumps(value)
