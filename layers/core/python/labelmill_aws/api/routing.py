"""How a resource declares its routes: who may call them, what they answer, which problems they have.

    routes = Routes("formats", "What datasets can be turned into.")

    @routes.get("/v1/formats", READER)
    def list_formats() -> FormatList:
        \"\"\"List the formats\"\"\"

The docstring's first line is the operation's summary, the rest its description. The OpenAPI document is made from this.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from labelmill_aws.api.problems import PROBLEMS

Handler = TypeVar("Handler", bound=Callable[..., Any])

PUBLIC: Final = "public"
"""Instead of a role: no token is needed. The gateway has these routes without its authorizer."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One method of one path.

    Attributes:
        method: In capitals.
        path: With ``<name>`` for a parameter.
        handler: The function.
        role: The least role that may call it, or ``PUBLIC``.
        tag: The resource.
        status: HTTP's, of a normal answer.
        also: Other normal statuses, with what they mean.
        problems: Slugs that this endpoint has beyond those that all of its kind have.
        secret: Whether the answer is never kept: a repeat is refused instead of answered again.
        content: Types of the answer beside JSON.
    """

    method: str
    path: str
    handler: Callable[..., Any]
    role: str
    tag: str
    status: int = 200
    also: dict[int, str] = field(default_factory=dict)
    problems: tuple[str, ...] = ()
    secret: bool = False
    content: tuple[str, ...] = ()

    @property
    def once(self) -> bool:
        """Whether an ``Idempotency-Key`` is honoured: where it is known who asks."""
        return self.method == "POST" and self.role != PUBLIC

    @property
    def summary(self) -> str:
        """The first line of the docstring."""
        return (self.handler.__doc__ or "").strip().partition("\n")[0].rstrip(".")

    @property
    def description(self) -> str:
        """The docstring after its first line."""
        rest = (self.handler.__doc__ or "").strip().partition("\n")[2]
        return "\n".join(line.strip() for line in rest.strip().splitlines())


class Routes:
    """The routes of one resource."""

    def __init__(self, tag: str, description: str) -> None:
        self.tag = tag
        self.description = description
        self.endpoints: list[Endpoint] = []

    def get(self, path: str, role: str, **more: Any) -> Callable[[Handler], Handler]:
        """Declare a GET; ``more`` are attributes of ``Endpoint``."""
        return self._add("GET", path, role, more)

    def post(self, path: str, role: str, **more: Any) -> Callable[[Handler], Handler]:
        """Declare a POST."""
        return self._add("POST", path, role, more)

    def put(self, path: str, role: str, **more: Any) -> Callable[[Handler], Handler]:
        """Declare a PUT."""
        return self._add("PUT", path, role, more)

    def patch(self, path: str, role: str, **more: Any) -> Callable[[Handler], Handler]:
        """Declare a PATCH."""
        return self._add("PATCH", path, role, more)

    def delete(self, path: str, role: str, **more: Any) -> Callable[[Handler], Handler]:
        """Declare a DELETE."""
        return self._add("DELETE", path, role, more)

    def _add(self, method: str, path: str, role: str, more: dict[str, Any]) -> Callable[[Handler], Handler]:
        def declare(handler: Handler) -> Handler:
            endpoint = Endpoint(method, path, handler, role, self.tag, **more)
            unknown = set(endpoint.problems) - set(PROBLEMS)
            if unknown:
                raise ValueError(f"{method} {path}: there are no problems {', '.join(sorted(unknown))}")
            self.endpoints.append(endpoint)
            return handler

        return declare


def endpoints_of(resources: Iterable[Routes]) -> dict[tuple[str, str], Endpoint]:
    """All endpoints of some resources, by method and path."""
    return {(endpoint.method, endpoint.path): endpoint for routes in resources for endpoint in routes.endpoints}
