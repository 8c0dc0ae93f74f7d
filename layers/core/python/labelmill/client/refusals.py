"""Answers that are refusals, in the user's words."""

from __future__ import annotations

from urllib.parse import unquote

import httpx
import msgspec

from labelmill.client.paths import name_given
from labelmill.errors import ConflictError, NotFoundError, ServiceError, ServiceProblem, TokenRefusedError

LOGIN_AGAIN = "log in again with 'labelmill login'"
MAX_TEXT = 2000


class _Reason(msgspec.Struct):
    where: str = ""
    message: str = ""


class _Body(msgspec.Struct):
    """A problem document (RFC 9457), or what API Gateway says by itself: only ``message``."""

    type: str = ""
    title: str = ""
    detail: str = ""
    errors: list[_Reason] = []
    request_id: str = ""
    message: str = ""


def refusal(response: httpx.Response) -> ServiceError:
    """Make an error of an answer that is no success."""
    status = response.status_code
    body = _body(response)
    slug = body.type.rstrip("/").rpartition("/")[2]
    problems = tuple(ServiceProblem(_line(reason.where), _line(reason.message)) for reason in body.errors)
    request_id = body.request_id or response.headers.get("apigw-requestid", "")
    if slug == "not-found":
        what, name = named(response.request.url)
        detail = f"there is no {what} '{name}' in your organization" if name else f"not found: {what}"
        error = NotFoundError(detail, status, slug, problems, request_id)
        error.kind, error.name = what, name
        return error
    detail = _line(body.detail or body.title) if slug else _unexplained(response, _line(body.message))
    kind = ServiceError
    if status == 401 or (status == 403 and not slug):
        kind = TokenRefusedError
    elif status == 404:
        kind = NotFoundError
    elif status in (409, 412):
        kind = ConflictError
    return kind(detail, status, slug, problems, request_id)


def _body(response: httpx.Response) -> _Body:
    try:
        return msgspec.json.decode(response.content, type=_Body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _Body()


def _unexplained(response: httpx.Response, message: str) -> str:
    """What to say of an answer that did not come from the service's own code."""
    status, host = response.status_code, response.request.url.host
    if status in (401, 403):
        return f"{host} refused the token ({message or status}): {LOGIN_AGAIN}"
    if response.is_redirect:
        return f"{host} answered with a redirect ({status}), which a token does not follow: check the URL"
    if status == 404:
        return f"{host} does not know this address ({message or status}): check the URL"
    if status == 429:
        return f"{host} was asked too often; try again in a minute"
    return f"{host} answered {status}{f': {message}' if message else ''}"


def named(url: httpx.URL) -> tuple[str, str]:
    """What was asked for, as people would write it: ``("map", "toys")``; the path and nothing where that is unclear."""
    segments = [unquote(segment) for segment in url.raw_path.decode().partition("?")[0].split("/")]
    below = segments[segments.index("v1") + 1 :] if "v1" in segments else segments
    if below[:1] == ["organizations"]:
        below = below[2:] or below
    shown = [" ".join(name_given(segment).split())[:MAX_TEXT] for segment in below]
    if len(below) > 3 and (below[0], below[2]) == ("datasets", "images"):
        return f"dataset '{shown[1]}', or it has no image", shown[3]
    if len(below) > 3 and (below[0], below[2]) == ("maps", "versions"):
        return f"map '{shown[1]}', or it has no version", shown[3]
    if len(below) > 1 and below[0].endswith("s"):
        return below[0].removesuffix("s"), shown[1]
    return "/".join(shown), ""


def _line(text: str) -> str:
    return " ".join(text.split())[:MAX_TEXT]
