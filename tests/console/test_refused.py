"""A dataset that no format can be made of: the list and its page say so, with the reason."""

from __future__ import annotations

from pathlib import Path

from console_tools import Opener
from house import House
from playwright.sync_api import expect


def test_a_refused_dataset(window: Opener, empty_house: House, tmp_path: Path) -> None:
    house = empty_house
    house.put_workspace(house.workspace, [])
    fake = tmp_path / "fake.zip"
    fake.write_bytes(b"no zip")
    house.dataset = house.put_dataset(fake)
    reason = "fake.zip: expected a .zip, .tar or .tar.gz, found something else"
    console = window(house.token)
    console.open(f"/workspaces/{house.workspace}")
    console.settle()
    mark = console.page.locator(".mark-text.failed")
    expect(mark).to_have_text("Refused")
    expect(mark).to_have_attribute("title", f"{reason} (it begins with the bytes 6e 6f 20 7a)")
    console.open(f"/datasets/{house.dataset}")
    expect(console.page.get_by_role("note").get_by_text(reason)).to_be_visible()
    expect(console.page.get_by_text("Refused", exact=True)).to_be_visible()
    expect(console.page.get_by_role("button", name="New annotation")).to_have_count(0)
    expect(console.page.get_by_role("link", name="Look at the images")).to_have_count(0)
    assert console.findings() == []
