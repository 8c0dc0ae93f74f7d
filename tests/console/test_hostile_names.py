"""Names that are HTML or script are shown as the text that they are, on every page."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from cli_tools import Dataset, zip_of
from console_tools import Console, Opener
from e2e_service import Service
from house import House
from playwright.sync_api import expect

IMAGE, SCRIPT = "<img src=x onerror=alert(1)>", "<script>alert(2)<!--"
QUOTES = "\"'><svg onload=alert(3)> &amp; {{7*7}} ${alert(4)}"


@pytest.fixture
def hostile(service: Service, toys: Dataset, tmp_path: Path, worker_id: str) -> House:
    """An organization in which nothing has a decent name."""
    house = House(service, name=f"{SCRIPT} {worker_id}")
    house.token = house.new_token(QUOTES)
    house.workspace = f"{IMAGE} {house.tag}"
    body = {"name": QUOTES, "description": IMAGE, "tags": {SCRIPT: IMAGE}}
    rules = f"classes:\n  0: [{SCRIPT!r}, {IMAGE!r}]\nproperties:\n  obj['type'] == '{SCRIPT}': 0\n"
    house.ask("POST", "/organizations/{org}/maps", json=body | {"file": rules})
    house.put_workspace(house.workspace, [QUOTES])
    toys.add(IMAGE, (SCRIPT, 2, 3, 9, 4), mask=True)
    packed = zip_of(toys.path, tmp_path / "packed.zip")
    house.dataset = house.put_dataset(packed, name=IMAGE)
    with zipfile.ZipFile(packed, "a") as archive:
        archive.writestr(f"annotations/{SCRIPT}-ana.json", "{")
    house.spoilt = house.put_dataset(packed, name=QUOTES)
    house.failed = house.request(house.spoilt, "COCO", QUOTES)
    house.service.cloud.wait_for(
        lambda: house.ask("GET", f"/annotations/{house.failed}")["status"] in ("failed", "complete")
    )
    for number, status in enumerate(("queued", "running", "failed", "cancelled")):
        house.put_row(number, status=status, dataset=IMAGE, map=QUOTES, reason=SCRIPT, asked_by=IMAGE)
    house.ask("POST", "/organizations/{org}/tokens", json={"name": IMAGE, "role": "reader"})
    return house


def shown(console: Console, path: str, *names: str) -> None:
    """The page shows these names, letter by letter, and nothing was made of them."""
    console.open(path)
    for name in names:
        expect(console.page.get_by_text(name).first).to_be_attached()
    assert console.page.locator("img[src='x'], main script, [onload], [onerror]").count() == 0, path


def test_names_are_shown_as_text(window: Opener, hostile: House) -> None:
    console = window(hostile.token)
    shown(console, "/happening", IMAGE, QUOTES)
    shown(console, "/workspaces", hostile.workspace, hostile.organization)
    shown(console, "/maps", QUOTES)
    shown(console, "/tokens", IMAGE, QUOTES)
    shown(console, hostile.path("/subscriptions"))
    shown(console, f"/workspaces/{quoted(hostile.workspace)}", IMAGE, QUOTES)
    shown(console, f"/datasets/{hostile.dataset}", IMAGE, QUOTES, SCRIPT, hostile.workspace)
    shown(console, f"/annotations/{hostile.failed}/log", QUOTES, SCRIPT)
    console.open("/maps")
    console.named("button", f"Actions for {QUOTES}").click()
    console.named("menuitem", "Delete…").click()
    expect(console.dialog()).to_contain_text(QUOTES)
    console.open("/maps")
    console.named("button", QUOTES).click()
    expect(console.dialog()).to_contain_text(IMAGE)
    assert console.page.title()
    console.open(f"/workspaces?resources={quoted(hostile.workspace)}")
    expect(console.dialog()).to_contain_text(QUOTES)


def quoted(name: str) -> str:
    """A name as a part of an address."""
    from urllib.parse import quote

    return quote(name, safe="")
