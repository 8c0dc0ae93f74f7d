"""``/v1/openapi.json`` and ``/v1/docs``: what the API is, for everyone. The page loads nothing from elsewhere."""

from __future__ import annotations

import gzip
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from aws_lambda_powertools.event_handler import Request, Response

from labelmill_aws.api.answers import Raw
from labelmill_aws.api.problems import not_found
from labelmill_aws.api.routing import PUBLIC, Routes

routes = Routes("docs", "What this is.")
HTML: Final = "text/html"
DOCUMENT: Final = "openapi.json"
ASSETS: Final = {
    "swagger-ui.js": ("text/javascript; charset=utf-8", "swagger-ui-bundle.min.js"),
    "swagger-ui.css": ("text/css; charset=utf-8", "swagger-ui.min.css"),
}
SCRIPT: Final = """SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  docExpansion: "list",
  filter: true,
  persistAuthorization: false,
  validatorUrl: null,
  presets: [SwaggerUIBundle.presets.apis],
  layout: "BaseLayout",
});
"""
PAGE: Final = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>labelmill API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="docs/swagger-ui.css">
</head>
<body>
<div id="swagger-ui"></div>
<script src="docs/swagger-ui.js"></script>
<script src="docs/start.js"></script>
</body>
</html>
"""
# Swagger UI sets styles on elements; scripts come from here alone, and so does everything it asks for.
CSP: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
SAFE: Final = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
KEPT: Final = {"Cache-Control": "public, max-age=3600"}
folder: Path | None = None
"""Where the document lies: beside the function's handler, which says so."""


@routes.get("/v1/openapi.json", PUBLIC, content=("application/json",))
def get_document(request: Request) -> Response[bytes]:
    """Get the OpenAPI document"""
    return _file(request, _read_document(), "application/json")


@routes.get("/v1/docs", PUBLIC, content=(HTML,))
def get_docs() -> Response[str]:
    """Read about the API

    A page that shows this document and tries requests.
    """
    return Response(200, f"{HTML}; charset=utf-8", PAGE, SAFE | KEPT)


@routes.get("/v1/docs/<asset>", PUBLIC, content=("text/javascript", "text/css"))
def get_docs_asset(request: Request, asset: str) -> Response[bytes]:
    """Get a part of that page"""
    if asset == "start.js":
        return Raw(200, "text/javascript; charset=utf-8", SCRIPT.encode(), SAFE | KEPT)
    if asset not in ASSETS:
        raise not_found()
    kind, name = ASSETS[asset]
    return _file(request, _read_asset(name), kind)


def _file(request: Request, data: tuple[bytes, bytes], kind: str) -> Response[bytes]:
    """A file, packed where that is understood."""
    packed = "gzip" in request.headers.get("accept-encoding", "").lower()
    headers = SAFE | KEPT | {"Vary": "Accept-Encoding"} | ({"Content-Encoding": "gzip"} if packed else {})
    return Raw(200, kind, data[packed], headers)


@cache
def _read_document() -> tuple[bytes, bytes]:
    if folder is None:
        raise RuntimeError("nobody has said where the document lies")
    return _with_packed(folder / DOCUMENT)


@cache
def _read_asset(name: str) -> tuple[bytes, bytes]:
    spec = find_spec("aws_lambda_powertools")
    if spec is None or spec.origin is None:
        raise RuntimeError("Powertools is not installed")
    return _with_packed(Path(spec.origin).parent / "event_handler" / "openapi" / "swagger_ui" / name)


def _with_packed(path: Path) -> tuple[bytes, bytes]:
    data = path.read_bytes()
    return data, gzip.compress(data, 6, mtime=0)
