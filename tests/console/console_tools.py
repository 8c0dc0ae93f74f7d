"""The console as a person uses it, in a browser that also notes what must not happen while they do."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from infra.components.console import WEB
from infra.components.node import node_modules
from playwright.sync_api import Browser, ConsoleMessage, Dialog, Locator, Request, Response, expect

LIGHT, DARK = "light", "dark"
PATIENCE_MS = 20_000
expect.set_options(timeout=PATIENCE_MS)

WATCH_POLICY = """
document.addEventListener("securitypolicyviolation", (event) =>
  console.error(`policy broken: ${event.effectiveDirective} ${event.blockedURI} ${event.sourceFile}`));
"""
POLICY = "content-security-policy"


Opener = Callable[..., "Console"]
"""Opens a window: ``window(token)``, with Playwright's options of a context."""


class Console:
    """One tab of a browser window of its own."""

    def __init__(self, browser: Browser, base_url: str, token: str, **window: Any) -> None:
        self.base_url, self.token = base_url, token
        self.wrong: list[str] = []
        self.requests: list[str] = []
        self.warnings_of_leaving = 0
        self._expected: list[str] = []
        options: dict[str, Any] = {"viewport": {"width": 1280, "height": 800}, "color_scheme": LIGHT, **window}
        self.context = browser.new_context(
            locale="en-GB", timezone_id="UTC", reduced_motion="reduce", accept_downloads=True, **options
        )
        self.context.set_default_timeout(PATIENCE_MS)
        self.context.add_init_script(WATCH_POLICY)
        self.page = self.context.new_page()
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.wrong.append(f"the page broke: {error}"))
        self.page.on("dialog", self._dismiss)
        self.page.on("request", self._see_request)
        self.page.on("response", self._see_response)

    def sign_in(self) -> None:
        """Open the link that the local cloud prints."""
        self.page.goto(f"{self.base_url}/#token={self.token}")
        expect(self.page.get_by_role("banner")).to_be_visible()

    def open(self, path: str) -> None:
        """Open one of the pages, signed in, and wait until it has all that it asks for at first."""
        if self.page.url == "about:blank":
            self.sign_in()
        self.page.goto(f"{self.base_url}/console{path}")
        expect(self.page.get_by_role("heading", level=1)).to_be_visible()
        self.settle()

    def settle(self) -> None:
        """Wait until nothing says that it is still loading and no request has been sent for a moment."""
        expect(self.page.get_by_text("Loading…")).to_have_count(0)
        self.page.wait_for_load_state("networkidle")

    def named(self, role: Any, name: str, **more: Any) -> Locator:
        """What has exactly this role and name, as a screen reader tells them."""
        return self.page.get_by_role(role, name=name, exact=True, **more)

    def dialog(self, title: str = "") -> Locator:
        """The dialog that is open; by its title where it is given."""
        return self.named("dialog", title) if title else self.page.get_by_role("dialog")

    def findings(self) -> list[str]:
        """What axe-core, by its own rules, finds wrong with the page as it is now: a line each."""
        # As the browser's debugger does it: a script in the page would have to pass its policy.
        self.page.evaluate(f"() => {{ {axe()} }}")
        found = self.page.evaluate("() => axe.run(document, {resultTypes: ['violations']})")
        return [
            f"{broken['id']}: {node['html'][:160]}: {node['failureSummary']}"
            for broken in found["violations"]
            for node in broken["nodes"]
        ]

    @contextmanager
    def expecting(self, *patterns: str) -> Iterator[None]:
        """Let the browser report errors of these kinds: the test makes them on purpose."""
        self._expected += patterns
        yield
        for pattern in patterns:
            self._expected.remove(pattern)

    def close(self) -> None:
        """Close the window; fail when something happened that must not."""
        self.context.close()
        assert not self.wrong, "\n".join(self.wrong)

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            text = f"{message.text} ({message.location.get('url', '')})"
            if not any(re.search(pattern, text) for pattern in self._expected):
                self.wrong.append(text)

    def _dismiss(self, dialog: Dialog) -> None:
        if dialog.type == "beforeunload":  # the browser's own: the page warns of leaving, and is left
            self.warnings_of_leaving += 1
            dialog.accept()
            return
        self.wrong.append(f"a script that is none of ours said: {dialog.message}")
        dialog.dismiss()

    def _see_request(self, request: Request) -> None:
        self.requests.append(request.url)
        parts = urlsplit(request.url)
        if parts.scheme not in ("blob", "data") and f"{parts.scheme}://{parts.netloc}" != self.base_url:
            self.wrong.append(f"asked of another origin: {request.url}")

    def _see_response(self, response: Response) -> None:
        path = urlsplit(response.url).path
        if not path.startswith("/console"):
            return
        policy = response.headers.get(POLICY, "")
        if "default-src 'none'" not in policy or "unsafe" in policy:
            self.wrong.append(f"{path} has the policy {policy!r}")


def axe() -> str:
    """The source of axe-core."""
    return (node_modules(WEB) / "axe-core" / "axe.min.js").read_text()


def routes() -> list[str]:
    """The addresses of all pages below ``/console``, as the console's own list has them."""
    found = re.findall(r'pattern: "([^"]+)"', (WEB / "src" / "routes.ts").read_text())
    assert len(found) >= 10
    return found
