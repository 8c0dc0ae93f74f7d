"""What routes answer with beside a plain model: a status, a place, an ETag, nothing."""

from __future__ import annotations

from typing import Annotated, TypeVar
from urllib.parse import quote

from aws_lambda_powertools.event_handler import Request, Response
from aws_lambda_powertools.event_handler.openapi.params import Header, Path

from labelmill_aws.api.caller import Caller
from labelmill_aws.api.problems import Problem

T = TypeVar("T")

IfMatch = Annotated[
    str | None,
    Header(alias="If-Match", description="The ETag that was read: if somebody has changed it since, nothing is done."),
]
Organization = Annotated[str, Path(description="The token's organization; any other is not found.")]


def caller_of(request: Request) -> Caller:
    """Who asks."""
    caller: Caller = request.context["caller"]
    return caller


def answer(
    body: T, *, status: int = 200, revision: int | str | None = None, location: str = "", **headers: str
) -> Response[T]:
    """An answer in JSON.

    Args:
        body: The model.
        status: HTTP's.
        revision: Becomes the ETag.
        location: The path of what was created, percent-encoded.
        **headers: More headers; ``_`` stands for ``-``.
    """
    sent = {name.replace("_", "-").title(): value for name, value in headers.items()}
    if revision is not None:
        sent["ETag"] = etag_of(revision)
    if location:
        sent["Location"] = location
    return Response(status, content_type="application/json", body=body, headers=sent)


class Raw(Response[bytes]):
    """An answer of bytes that are sent as they are, whatever their type says."""

    def is_json(self) -> bool:
        """Never: there is nothing to be written as JSON."""
        return False


def nothing() -> Response[None]:
    """204: done, and there is nothing to say."""
    return Response(204, content_type=None, body=None)


def path_of(*segments: str) -> str:
    """A path under /v1 from names."""
    return "/v1/" + "/".join(quote(segment, safe="") for segment in segments)


def etag_of(revision: int | str) -> str:
    """The strong ETag of a revision."""
    return f'"{revision}"'


def revision_of(if_match: str | None, revision: int) -> int | None:
    """The revision that ``If-Match`` names; ``None`` where it does not say.

    Args:
        if_match: The header.
        revision: The one that was read just now.

    Raises:
        Problem: ``changed``, when that one is not among those named.
    """
    if if_match is None:
        return None
    wanted = {text.strip() for text in if_match.split(",")}
    if "*" in wanted:
        return None
    if etag_of(revision) not in wanted:
        raise changed(revision, f"If-Match names {if_match!a}")
    return revision


def changed(revision: int | str, said: str = "Somebody was faster") -> Problem:
    """What is edited is not what its editor has read."""
    etag = etag_of(revision)
    return Problem("changed", f"{said}, the ETag is {etag} now.", headers={"ETag": etag})
