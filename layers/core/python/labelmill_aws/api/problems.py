"""Every problem that the API answers with: ``application/problem+json`` (RFC 9457) with a stable type.

``PROBLEMS`` is the one table; the OpenAPI document, the tests and the docs loop over it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

CONTENT_TYPE: Final = "application/problem+json"
TYPE_BASE: Final = "/v1/problems/"
MAX_ERRORS: Final = 1000
"""Reasons in one answer: a hostile map could have many more, and an answer may hold 6 MB."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What all problems of one type share.

    Attributes:
        status: HTTP's.
        title: For people.
    """

    status: int
    title: str


PROBLEMS: Final[dict[str, Kind]] = {
    "bad-request": Kind(400, "The request is not what was expected"),
    "bad-cursor": Kind(400, "The cursor is not one of this list"),
    "token-expired": Kind(401, "The token has expired"),
    "forbidden": Kind(403, "The token's role does not allow this"),
    "not-found": Kind(404, "There is nothing here"),
    "method-not-allowed": Kind(405, "The method does not exist here"),
    "conflict": Kind(409, "Something is in the way"),
    "limit-reached": Kind(409, "There are as many as there may be"),
    "map-in-use": Kind(409, "Workspaces include the map"),
    "workspace-not-empty": Kind(409, "The workspace has datasets"),
    "annotation-open": Kind(409, "The annotation is not finished"),
    "no-report": Kind(409, "The annotation has no report"),
    "not-complete": Kind(409, "There is nothing to download yet"),
    "upload-incomplete": Kind(409, "Parts of the upload are missing"),
    "request-in-progress": Kind(409, "A request with this Idempotency-Key is being answered"),
    "code-refused": Kind(410, "The link can't be used"),
    "changed": Kind(412, "Somebody else has changed it"),
    "too-large": Kind(413, "The body is too large"),
    "bad-map": Kind(422, "The annotation map breaks its rules"),
    "bad-options": Kind(422, "The options can't be used"),
    "bad-dataset": Kind(422, "The dataset can't be used"),
    "bad-image": Kind(422, "The image can't be shown"),
    "too-slow": Kind(422, "It takes longer than a request may"),
    "map-not-included": Kind(422, "The workspace does not include the map"),
    "idempotency-mismatch": Kind(422, "The Idempotency-Key was used for another request"),
    "asked-too-often": Kind(429, "The address was asked as often as it may be in a day"),
    "internal": Kind(500, "This is a fault of the service"),
    "try-again": Kind(503, "The service is busy"),
}


class Problem(Exception):  # noqa: N818 - it is an answer, by RFC 9457's word
    """The answer to a request that can't be fulfilled.

    Attributes:
        slug: A key of ``PROBLEMS``.
        detail: What was expected and found this time, one line.
        errors: Every reason: where it is (``body.name``, ``line 12``), and what is wrong.
        headers: Sent with the answer.
    """

    def __init__(
        self,
        slug: str,
        detail: str = "",
        errors: Iterable[tuple[str, str]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(slug, detail)
        self.slug = slug
        self.kind = PROBLEMS[slug]
        self.detail = detail or f"{self.kind.title}."
        self.errors = list(errors)
        self.headers = dict(headers or {})

    def body(self, request_id: str) -> dict[str, Any]:
        """The answer's body."""
        shown = [{"where": where, "message": message} for where, message in self.errors[:MAX_ERRORS]]
        if len(self.errors) > MAX_ERRORS:
            shown.append({"where": "", "message": f"and {len(self.errors) - MAX_ERRORS:,} more"})
        return {
            "type": TYPE_BASE + self.slug,
            "title": self.kind.title,
            "status": self.kind.status,
            "detail": self.detail,
            "errors": shown,
            "request_id": request_id,
        }


def not_found() -> Problem:
    """One answer for what is absent and for what is another organization's: they can't be told apart."""
    return Problem("not-found")
