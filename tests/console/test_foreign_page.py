"""A page of another origin, open in the same browser while the local cloud runs, reaches nothing of it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from e2e_service import Service
from playwright.sync_api import Browser

QUERY = "X-Amz-Credential=test/20261201/us-east-1/s3/aws4_request&X-Amz-Date=20261201T000000Z&X-Amz-Signature=0"
TRIES = """
async (base) => {
  const tries = [
    ["GET", "/_local/requests"],
    ["POST", "/_local/fault"],
    ["POST", "/2015-03-31/functions"],
    ["POST", "/?Action=CreateTopic&Name=mine"],
    ["GET", "/?QUERY"],
    ["POST", "/mine?QUERY"],
    ["PUT", "/mine?QUERY"],
    ["GET", "/v1/me"],
  ];
  const seen = [];
  for (const [method, path] of tries)
    for (const mode of ["no-cors", "cors"]) {
      try {
        const answer = await fetch(base + path, { method, mode, body: method === "GET" ? undefined : "{}" });
        seen.push(`${mode} ${method} ${path}: ${answer.type} ${answer.status} ${(await answer.text()).length}`);
      } catch (error) {
        seen.push("refused");
      }
    }
  const frame = document.createElement("iframe");
  frame.src = base + "/console/";
  document.body.append(frame);
  const image = new Image();
  image.src = base + "/mine/key?QUERY";
  const form = document.createElement("form");
  form.action = base + "/?Action=CreateTopic&Name=mine";
  form.method = "post";
  form.target = "form";
  const target = document.createElement("iframe");
  target.name = "form";
  document.body.append(target, form);
  form.submit();
  const socket = new WebSocket(base.replace("http", "ws") + "/");
  const closed = await new Promise((done) => {
    socket.onopen = () => done(false);
    socket.onclose = () => done(true);
  });
  await new Promise((done) => setTimeout(done, 1000));
  return { seen, closed, framed: frame.contentDocument !== null };
}
""".replace("QUERY", QUERY)


class Page(BaseHTTPRequestHandler):
    """Anybody's page."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>a page</title>")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def elsewhere() -> Iterator[str]:
    """The address of a page that the local cloud does not serve."""
    server = HTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
def test_nothing_is_reached(browser: Browser, service: Service, elsewhere: str, name: str) -> None:
    context = browser.new_context()
    page = context.new_page()
    answers: list[tuple[str, int]] = []
    page.goto(elsewhere.replace("127.0.0.1", name))
    base = service.cloud.endpoint
    page.on("response", lambda answer: answers.append((answer.url, answer.status)))
    buckets = {bucket["Name"] for bucket in service.s3.list_buckets()["Buckets"]}
    found = page.evaluate(TRIES, base)
    context.close()
    # What a page without rights may see of an answer is that there was one.
    assert {one if one == "refused" else one.partition(": ")[2] for one in found["seen"]} <= {"refused", "opaque 0 0"}
    assert found["closed"] and not found["framed"]
    told = [(url, status) for url, status in answers if url.startswith(base)]
    assert len(told) >= 8, "they were asked"
    assert {status for _, status in told} == {403}, told
    assert {bucket["Name"] for bucket in service.s3.list_buckets()["Buckets"]} == buckets
