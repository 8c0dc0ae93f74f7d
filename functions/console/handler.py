"""Serves the console's pages: files that were built, compressed and named by their hashes before they were deployed."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger

from labelmill_aws.settings import ConsoleSettings

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

SITE = Path(__file__).parent / "site"
ASSETS = "/console/assets/"
FIRST_PAGE = "/console/workspaces"
"""``/console/`` would be none of the gateway's routes: ``{proxy+}`` is one part of a path at least."""
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}
ENCODINGS = {"br": ".br", "gzip": ".gz"}
"""What a file is kept compressed as, the better one first, and how such a file's name ends."""

logger = Logger()


@dataclass(frozen=True, slots=True)
class Answer:
    """Bytes of a file as they are sent."""

    content: bytes
    encoding: str
    etag: str


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer with a file; every address that is no file's is one of the pages, which find out by themselves which."""
    path = str(event.get("rawPath", "/"))
    headers = {str(name).lower(): str(value) for name, value in (event.get("headers") or {}).items()}
    if path in ("/", "/console"):
        # A browser carries the fragment over: the link with a token in it signs in from here, too.
        return _answer(302, {"location": FIRST_PAGE, "cache-control": "no-cache"})
    name = path.removeprefix(ASSETS) if path.startswith(ASSETS) else ""
    if not name:
        return _file(SITE / "index.html", headers, "no-cache")
    if name not in _assets():
        return _answer(404, {"content-type": TYPES[".txt"], "cache-control": "no-store"}, b"There is nothing here.\n")
    return _file(SITE / "assets" / name, headers, "public, max-age=31536000, immutable")


def _file(path: Path, headers: dict[str, str], kept: str) -> dict[str, Any]:
    accepted = {part.partition(";")[0].strip() for part in headers.get("accept-encoding", "").split(",")}
    found = _read(path, next((encoding for encoding in ENCODINGS if encoding in accepted), ""))
    told = {"cache-control": kept, "etag": found.etag, "vary": "Accept-Encoding"}
    if found.etag in {tag.strip() for tag in headers.get("if-none-match", "").split(",")}:
        return _answer(304, told)
    if found.encoding:
        told["content-encoding"] = found.encoding
    return _answer(200, {**told, "content-type": TYPES[path.suffix]}, found.content)


@cache
def _assets() -> frozenset[str]:
    """Names of the files that may be asked for: no path is made of what a request says."""
    return frozenset(path.name for path in (SITE / "assets").iterdir() if path.suffix in TYPES)


@cache
def _read(path: Path, encoding: str) -> Answer:
    compressed = path.with_name(path.name + ENCODINGS.get(encoding, ""))
    if not compressed.exists():  # too small to be compressed
        encoding, compressed = "", path
    content = compressed.read_bytes()
    return Answer(content, encoding, f'"{hashlib.sha256(content).hexdigest()[:32]}"')


@cache
def _safety() -> dict[str, str]:
    """Headers of every answer: nothing but what was deployed here runs or is asked."""
    asked = " ".join(filter(None, ["'self'", ConsoleSettings.from_env().upload_origins]))
    return {
        "content-security-policy": "; ".join(
            [
                "default-src 'none'",
                "script-src 'self'",
                "style-src 'self'",
                "img-src 'self' blob: data:",
                f"connect-src {asked}",
                "font-src 'self'",
                "form-action 'none'",
                "frame-ancestors 'none'",
                "base-uri 'none'",
            ]
        ),
        "cross-origin-opener-policy": "same-origin",
        "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
    }


def _answer(status: int, headers: dict[str, str], content: bytes = b"") -> dict[str, Any]:
    return {
        "statusCode": status,
        "headers": _safety() | headers,
        "body": base64.b64encode(content).decode(),
        "isBase64Encoded": True,
    }
