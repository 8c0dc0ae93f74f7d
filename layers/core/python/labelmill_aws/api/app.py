"""The resolver: Powertools' for HTTP APIs, with problems for errors; who asks is checked before anything is read."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any, Final

import msgspec
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.api_gateway import ResponseBuilder, Route
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError, ResponseValidationError

from labelmill.errors import MapError, OptionError, RuleTimeError, TransientError
from labelmill_aws.api.answers import changed
from labelmill_aws.api.caller import Caller
from labelmill_aws.api.models.base import VARIANTS
from labelmill_aws.api.problems import CONTENT_TYPE, Problem, not_found
from labelmill_aws.api.reading import AnswerChecker, RequestReader, body_bytes
from labelmill_aws.api.routing import PUBLIC, Endpoint, Routes, endpoints_of
from labelmill_aws.api.time_limit import OutOfTimeError, time_limit
from labelmill_aws.errors import transient_errors
from labelmill_aws.records.outcomes import ChangedError, DeletingError, GoneError, TakenError
from labelmill_aws.uploads.given_names import key_problem

ELSEWHERE: Final = ("image",)
"""Parameters that name what lies in a dataset, under whatever name it was packed: they are no keys of the table."""
MOST_QUERY_BYTES: Final = 512
"""Of a filter: longer than any name, and what is longer would be no key of the table."""
NEVER_CACHED: Final = {"Cache-Control": "no-store"}


class Api(APIGatewayHttpResolver):
    """All routes.

    Attributes:
        endpoints: What was declared of each route, by method and path.
        route_path: Path of the route that answered last, empty when there was none: for the function's log.
        caller: Who asked last.
    """

    def __init__(self, resources: Iterable[Routes], report_bug: Callable[[Exception], None]) -> None:
        """Set up the routes.

        Args:
            resources: Their declarations.
            report_bug: Told of each error that is answered with ``internal``.
        """
        super().__init__(
            enable_validation=True, response_validation_error_http_code=500, serializer=_write_json, debug=False
        )
        self._request_validation_middleware = RequestReader()
        self._response_validation_middleware = AnswerChecker(_write_json, has_response_validation_error=True)
        self._report_bug = report_bug
        self.route_path = ""
        self.caller: Caller | None = None
        self.resources = tuple(resources)
        self.endpoints = endpoints_of(self.resources)
        for endpoint in self.endpoints.values():
            self.route(endpoint.path, endpoint.method, status_code=endpoint.status)(endpoint.handler)
        for kind, handler in (
            (Problem, self._answer_problem),
            (RequestValidationError, self._answer_bad_request),
            (NotFoundError, self._answer_no_route),
            (MapError, self._answer_bad_map),
            (RuleTimeError, lambda error: self._answer_problem(Problem("too-slow", f"{error}."))),
            (OptionError, lambda error: self._answer_problem(Problem("bad-options", str(error)))),
            (GoneError, lambda _: self._answer_problem(not_found())),
            (TakenError, lambda error: self._answer_problem(Problem("conflict", f"There is {str(error)!a} already."))),
            (DeletingError, lambda error: self._answer_problem(Problem("conflict", str(error)))),
            (ChangedError, lambda error: self._answer_problem(changed(error.revision))),
            (ResponseValidationError, self._answer_bug),
            (Exception, self._answer_error),
        ):
            self.exception_handler(kind)(handler)

    def resolve(self, event: Any, context: Any) -> dict[str, Any]:
        """Answer a request."""
        self.route_path, self.caller = "", None
        try:
            with time_limit(context):
                answer: dict[str, Any] = super().resolve(event, context)
        except OutOfTimeError:
            took_too_long = Problem("too-slow", "The request was stopped; what it had begun may go on.")
            answer = ResponseBuilder[Any](self._answer_problem(took_too_long)).build(self.current_event)
        return _safe(answer)

    @staticmethod
    def _compile_regex(rule: str, base_regex: str = "") -> re.Pattern[str]:
        """A parameter is any run of characters without ``/``: names hold what people type."""
        return re.compile(re.sub(r"<(\w+)>", r"(?P<\1>[^/]+)", re.escape(rule)) + r"\Z")

    def _convert_matches_into_route_keys(self, match: re.Match[str]) -> dict[str, str]:
        """API Gateway has decoded the path, all but ``%25``."""
        return {name: value.replace("%25", "%") for name, value in match.groupdict().items()}

    def _call_route(self, route: Route, route_arguments: dict[str, str]) -> ResponseBuilder[Any]:
        endpoint = self.endpoints.get((route.method, route.path))
        try:
            if endpoint is not None:
                self._admit(endpoint, route_arguments)
                key = self.current_event.headers.get("idempotency-key")
                if endpoint.once and key is not None and self.caller is not None:
                    return self._call_once(key, self.caller, endpoint, route, route_arguments)
        except Exception as error:
            answered = self._call_exception_handler(error, route)
            if answered is None:
                raise
            return answered
        return super()._call_route(route, route_arguments)

    def _call_once(
        self, key: str, caller: Caller, endpoint: Endpoint, route: Route, route_arguments: dict[str, str]
    ) -> ResponseBuilder[Any]:
        from labelmill_aws.api.idempotency import Once  # boto3's types and a language of queries, for few requests
        from labelmill_aws.api.parts import parts

        def do() -> dict[str, Any]:
            builder = APIGatewayHttpResolver._call_route(self, route, route_arguments)
            return builder.build(self.current_event, self._cors)

        once = Once(parts().table, parts().clients.dynamodb)
        body = body_bytes(self.current_event.raw_event)
        path, context = self.current_event.path, self.lambda_context
        return _Built(once.answer(key, caller, endpoint, path, body, context, do))

    def _admit(self, endpoint: Endpoint, arguments: dict[str, str]) -> None:
        """Check who asks, before the request is read.

        Names that nothing can have are not found: they would be no keys of the table.
        """
        self.route_path = endpoint.path
        if endpoint.role != PUBLIC:
            self.caller = Caller.of(self.current_event.raw_event)
            self.context["caller"] = self.caller
            if arguments.get("org", self.caller.organization) != self.caller.organization:
                raise not_found()
            if not self.caller.may(endpoint.role):
                raise Problem("forbidden", f"Expected the role {endpoint.role}, the token has {self.caller.role}.")
        if any(key_problem(value) for name, value in arguments.items() if name not in ELSEWHERE):
            raise not_found()
        for name, value in (self.current_event.query_string_parameters or {}).items():
            try:
                size_bytes = len(value.encode())
            except UnicodeEncodeError as error:
                raise Problem("bad-request", errors=[("query", "expected UTF-8")]) from error
            if size_bytes > MOST_QUERY_BYTES and name != "cursor":
                reason = f"expected at most {MOST_QUERY_BYTES} bytes, found {size_bytes:,}"
                raise Problem("bad-request", errors=[(f"query.{name}", reason)])

    # Errors.

    def _answer_problem(self, problem: Problem) -> Response[str]:
        request_id = str(self.current_event.raw_event.get("requestContext", {}).get("requestId", ""))
        return Response(
            problem.kind.status,
            content_type=CONTENT_TYPE,
            body=_write_json(problem.body(request_id)),
            headers=NEVER_CACHED | problem.headers,
        )

    def _answer_bad_request(self, error: RequestValidationError) -> Response[str]:
        errors = [(_place(one["loc"]), _reason(one["msg"])) for one in error.errors()]
        return self._answer_problem(Problem("bad-request", errors=errors))

    def _answer_bad_map(self, error: MapError) -> Response[str]:
        errors = [(f"line {problem.line}" if problem.line else "", problem.reason) for problem in error.problems]
        return self._answer_problem(Problem("bad-map", errors=errors))

    def _answer_no_route(self, _: NotFoundError) -> Response[str]:
        path = self.current_event.path
        allowed = sorted({method for (method, rule) in self.endpoints if self._compile_regex(rule).match(path)})
        if not allowed:
            return self._answer_problem(not_found())
        headers = {"Allow": ", ".join(allowed)}
        return self._answer_problem(Problem("method-not-allowed", f"Expected {headers['Allow']}.", headers=headers))

    def _answer_error(self, error: Exception) -> Response[str]:
        """What may succeed later, and everything else: a bug, of which nothing is told."""
        try:
            with transient_errors():
                raise error
        except TransientError:
            return self._answer_problem(Problem("try-again", headers={"Retry-After": "1"}))
        except Exception as bug:  # noqa: BLE001
            return self._answer_bug(bug)

    def _answer_bug(self, bug: Exception) -> Response[str]:
        self._report_bug(bug)
        return self._answer_problem(Problem("internal", "It was recorded with this request_id."))


class _Built(ResponseBuilder[Any]):
    """An answer that is finished."""

    def __init__(self, answer: dict[str, Any]) -> None:
        self._answer = answer

    def build(self, event: Any, cors: Any = None) -> dict[str, Any]:
        """The answer."""
        return self._answer


def _place(parts: Iterable[int | str]) -> str:
    return ".".join(str(part) for part in parts if part not in VARIANTS)


def _safe(answer: dict[str, Any]) -> dict[str, Any]:
    """Tell browsers to take an answer for nothing but what it says it is, and to keep nothing of a JSON one."""
    given: dict[str, Any] = answer.get("headers") or {}
    headers = {name.lower(): value for name, value in given.items()}
    added = {} if "x-content-type-options" in headers else {"X-Content-Type-Options": "nosniff"}
    if "json" in str(headers.get("content-type", "")) and "cache-control" not in headers:
        added |= NEVER_CACHED
    return {**answer, "headers": given | added}


def _reason(message: str) -> str:
    return message.removeprefix("Value error, ")


def _write_json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
