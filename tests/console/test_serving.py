"""The function that serves the console, as it is deployed: built files, headers, and how much the first page weighs."""

from __future__ import annotations

import base64
import gzip
import importlib.util
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from infra.components.console import WEB, build_console

FIRST_PAGE_BYTES = 150_000
CONTEXT = SimpleNamespace(
    function_name="console", memory_limit_in_mb=512, invoked_function_arn="arn:console", aws_request_id="1"
)
UPLOADS = "https://inbox.s3.eu-west-1.amazonaws.com https://inbox.s3.amazonaws.com"


@pytest.fixture(scope="module")
def built() -> Path:
    return build_console()


@pytest.fixture
def deployed(built: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.setenv("UPLOAD_ORIGINS", UPLOADS)
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "console")
    spec = importlib.util.spec_from_file_location("deployed_console", built / "handler.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, module)
    spec.loader.exec_module(module)
    return module


def get(deployed: ModuleType, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    answer: dict[str, Any] = deployed.lambda_handler({"rawPath": path, "headers": sent}, CONTEXT)
    assert answer["isBase64Encoded"] is True
    return answer["statusCode"], answer["headers"], base64.b64decode(answer["body"])


def test_the_root_leads_to_the_pages(deployed: ModuleType) -> None:
    for path in ("/", "/console"):
        status, headers, _ = get(deployed, path)
        assert (status, headers["location"]) == (302, f"/console/{first_page()}")


@pytest.mark.parametrize(
    "path", ["/console/", "/console/maps", "/console/datasets/ds-1/look/a%2Fb.png", "/console/x/.."]
)
def test_every_address_below_is_a_page(deployed: ModuleType, path: str) -> None:
    status, headers, content = get(deployed, path)
    assert (status, headers["content-type"], headers["cache-control"]) == (200, "text/html; charset=utf-8", "no-cache")
    assert b'<div id="console">' in content


def test_a_page_that_was_not_changed_is_not_sent_again(deployed: ModuleType) -> None:
    _, headers, _ = get(deployed, "/console/", accept_encoding="gzip")
    status, again, content = get(deployed, "/console/maps", accept_encoding="gzip", if_none_match=headers["etag"])
    assert (status, content, again["etag"]) == (304, b"", headers["etag"])
    assert get(deployed, "/console/", accept_encoding="br", if_none_match=headers["etag"])[0] == 200


def test_nothing_runs_or_is_asked_but_what_was_deployed(deployed: ModuleType) -> None:
    for path in ("/", "/console/", "/console/assets/none.js", *assets(deployed)):
        _, headers, _ = get(deployed, path)
        assert headers["content-security-policy"] == (
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
            f"connect-src 'self' {UPLOADS}; font-src 'self'; form-action 'none'; "
            "frame-ancestors 'none'; base-uri 'none'"
        )
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cross-origin-opener-policy"] == "same-origin"
        assert "camera=()" in headers["permissions-policy"]


def test_files_are_kept_for_ever_and_sent_compressed(deployed: ModuleType) -> None:
    found = list(assets(deployed))
    assert len(found) == 3
    for path in found:
        assert re.search(r"-[0-9A-Z]{8}\.(js|css|svg)$", path), path
        status, headers, plain = get(deployed, path)
        assert (status, "content-encoding" in headers) == (200, False)
        assert headers["cache-control"] == "public, max-age=31536000, immutable"
        _, headers, packed = get(deployed, path, accept_encoding="gzip, deflate")
        if len(plain) >= 500:
            assert headers["content-encoding"] == "gzip"
            assert gzip.decompress(packed) == plain
        else:
            assert packed == plain


@pytest.mark.parametrize("name", ["../handler.py", "../index.html", "..%2Fhandler.py", "none.js", "/etc/passwd", "."])
def test_no_other_file_is_sent(deployed: ModuleType, name: str) -> None:
    assert get(deployed, f"/console/assets/{name}")[0] == 404


def test_only_the_handler_and_the_built_files_are_deployed(built: Path) -> None:
    deployed = [path for path in built.rglob("*") if "__pycache__" not in path.parts]  # which the asset leaves out
    assert {path.name for path in deployed if path.parent == built} == {"handler.py", "site"}
    kinds = {path.suffix for path in deployed if path.is_file()}
    assert kinds == {".py", ".html", ".js", ".css", ".svg", ".gz", ".br"}


def test_the_first_page_is_light(built: Path) -> None:
    """What is loaded before the first page can be used, as it is sent where only gzip is understood."""
    site = built / "site"
    wanted = set(re.findall(r"/console/assets/([\w.-]+)", (site / "index.html").read_text()))
    assert {Path(name).suffix for name in wanted} == {".js", ".css", ".svg"}
    assert wanted == {path.name for path in (site / "assets").iterdir() if path.suffix not in (".gz", ".br")}
    sizes = {name: sent(site / "assets" / name) for name in wanted}
    assert sum(sizes.values()) + sent(site / "index.html") < FIRST_PAGE_BYTES, sizes


def first_page() -> str:
    """The one that the pages themselves show first."""
    route = re.search(r'FIRST_PAGE = "/(\w+)"', (WEB / "src" / "routes.ts").read_text())
    assert route
    return route[1]


def sent(path: Path) -> int:
    packed = path.with_name(f"{path.name}.gz")
    return (packed if packed.exists() else path).stat().st_size


def assets(deployed: ModuleType) -> Iterator[str]:
    for name in sorted(deployed._assets()):
        yield f"/console/assets/{name}"
