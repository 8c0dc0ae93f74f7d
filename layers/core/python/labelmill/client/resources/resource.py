"""What all resources are made of."""

from __future__ import annotations

from collections.abc import Callable

from labelmill.client.paths import path_of
from labelmill.client.transport import Transport


class Resource:
    """A part of the service, reached through the client's transport."""

    def __init__(self, transport: Transport, organization: Callable[[], str]) -> None:
        """Keep whom to ask, and how to find out the token's organization (asked once, when it is needed)."""
        self._transport = transport
        self._organization = organization

    def _own(self, *segments: str) -> str:
        """The path of something that belongs to the organization."""
        return path_of("organizations", self._organization(), *segments)


def given(**fields: object) -> dict[str, object]:
    """The fields that are not ``None``: those that an edit changes."""
    return {name: value for name, value in fields.items() if value is not None}
