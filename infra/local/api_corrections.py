"""Where the emulator's API Gateway differs from AWS' HTTP APIs in ways that this API would notice, put right.

Each correction wraps one function of ministack and names what it corrects:

* the address of an API is the emulator's own, ``http://127.0.0.1:PORT`` (ministack's is a host name below
  ``localhost``, which not every system resolves);
* a function that fails is answered with 500 and ``Internal Server Error`` (ministack: 502, with the function's error);
* event, access log and the header ``apigw-requestid`` name a request by the same id (ministack makes one for each).

``http_api`` adds what ministack doesn't have: limits, the access log, and the stage at the root of the address. What is
left different: ``OPTIONS`` is answered without the function (403), and IAM permissions on the functions are not asked.
"""

import base64
import os
from contextvars import ContextVar
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from ministack.services import apigateway, lambda_svc
from ministack.services.cloudformation import provisioners


@dataclass(slots=True)
class Request:
    """What becomes known of a request while it is answered; the access log tells it.

    Attributes:
        id: As AWS writes them: 16 characters, the last one ``=``.
        route: Key of the route that took it.
        authorizer: What the authorizer said of the caller.
        error: Why the function gave no answer.
        function_ms: How long the function took; -1 where it was not asked.
    """

    id: str = field(default_factory=lambda: base64.b64encode(os.urandom(11)).decode())
    route: str = ""
    authorizer: dict[str, Any] = field(default_factory=dict)
    error: str = ""
    function_ms: int = -1


REQUEST: ContextVar[Request | None] = ContextVar("request", default=None)
"""The request that is being answered."""


def correct_api(port: int) -> None:
    """Correct the emulator; once, before it serves."""
    _own_address(port)
    _one_id_a_request()
    _errors_of_functions()
    _note_the_route()
    _note_the_caller()
    _note_the_time()


def _own_address(port: int) -> None:
    handlers = provisioners._RESOURCE_HANDLERS["AWS::ApiGatewayV2::Api"]
    for action in ("create", "update"):
        original = handlers[action]

        def provision(*args: Any, _original: Any = original, **kwargs: Any) -> Any:
            api_id, attributes = _original(*args, **kwargs)
            endpoint = f"http://127.0.0.1:{port}"
            apigateway._apis[api_id]["apiEndpoint"] = endpoint
            return api_id, attributes | {"ApiEndpoint": endpoint}

        handlers[action] = provision


def _one_id_a_request() -> None:
    original = apigateway.new_uuid

    def new_id() -> str:
        request = REQUEST.get()
        return request.id if request else str(original())

    apigateway.new_uuid = new_id


def _errors_of_functions() -> None:
    original = lambda_svc.lambda_execute_result_to_api_proxy_response

    def respond(result: dict[str, Any]) -> Any:
        request = REQUEST.get()
        if not (request and result.get("error")):
            return original(result)
        body = result.get("body")
        request.error = str(body.get("errorMessage", "")) if isinstance(body, dict) else str(body)
        return {"statusCode": 500, "body": '{"message":"Internal Server Error"}'}, None

    lambda_svc.lambda_execute_result_to_api_proxy_response = respond


def _note_the_route() -> None:
    original = apigateway._match_route

    def match(*args: Any) -> Any:
        route, request = original(*args), REQUEST.get()
        if route and request:
            request.route = route["routeKey"]
        return route

    apigateway._match_route = match


def _note_the_caller() -> None:
    original = apigateway._authorize_request_v2

    async def authorize(*args: Any, **kwargs: Any) -> Any:
        refusal, said = await original(*args, **kwargs)
        if request := REQUEST.get():
            request.authorizer = said or {}
        return refusal, said

    apigateway._authorize_request_v2 = authorize


def _note_the_time() -> None:
    original = apigateway._invoke_lambda_proxy

    async def invoke(*args: Any, **kwargs: Any) -> Any:
        began = monotonic()
        try:
            return await original(*args, **kwargs)
        finally:
            if request := REQUEST.get():
                request.function_ms = int((monotonic() - began) * 1000)

    apigateway._invoke_lambda_proxy = invoke
