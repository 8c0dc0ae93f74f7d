"""Ten thousand jobs and a hundred thousand images: a page holds what is in sight, and the end of a list is reached."""

from __future__ import annotations

import json
import time
import zipfile
from pathlib import Path

import pytest
from cli_tools import Dataset, zip_of
from console_tools import Opener
from house import House
from playwright.sync_api import expect

JOBS = 10_000
IMAGES = 100_000
SCROLLING_S = 60
"""At most; a page of the list is asked for each time that the end is in sight."""
MOST_ROWS = 90
"""In the page at a time: what fits into the window, and some above and below."""


@pytest.fixture
def busy(empty_house: House, toys: Dataset, request: pytest.FixtureRequest) -> House:
    """A dataset with very many jobs of one status, the oldest of which has a format of its own."""
    empty_house.put_workspace(empty_house.workspace, [])
    empty_house.dataset = empty_house.put_dataset(zip_of(toys.path, toys.path.with_suffix(".zip")))
    empty_house.put_rows(
        {
            "dataset": "toys",
            "status": request.param,
            "created": f"2026-01-01T{number // 3600:02}:{number // 60 % 60:02}:{number % 60:02}.000Z",
            "format": "YOLO" if number else "KITTI",
        }
        for number in range(JOBS)
    )
    return empty_house


@pytest.mark.parametrize(
    ("busy", "page", "label"),
    [("complete", "/datasets/{}", "Annotations"), ("queued", "/happening", "What’s happening")],  # noqa: RUF001
    indirect=["busy"],
)
def test_ten_thousand_jobs(window: Opener, busy: House, page: str, label: str) -> None:
    console = window(busy.token)
    console.open(page.format(busy.dataset))
    table = console.named("table", label)
    box = table.locator("xpath=..")
    rows, most = table.locator("tbody tr"), 0
    deadline = time.monotonic() + SCROLLING_S
    while not table.get_by_text("KITTI").count():
        assert time.monotonic() < deadline, f"only {table.get_attribute('aria-rowcount')} rows came"
        box.evaluate("box => box.scrollTo(0, box.scrollHeight)")
        most = max(most, rows.count())
    assert 10 < most <= MOST_ROWS
    expect(table).to_have_attribute("aria-rowcount", str(JOBS + 1))
    box.evaluate("box => box.scrollTo(0, 0)")
    expect(table.get_by_text("KITTI")).to_have_count(0)
    assert rows.count() <= MOST_ROWS


def test_a_hundred_thousand_images(window: Opener, empty_house: House, tmp_path: Path) -> None:
    packed = tmp_path / "large.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for number in range(IMAGES):
            name = f"{number:06}.png"
            archive.writestr(f"annotations/{number:06}-ana.json", json.dumps({"filename": name, "annotations": []}))
    empty_house.put_workspace(empty_house.workspace, [])
    dataset = empty_house.put_dataset(packed)
    console = window(empty_house.token)
    console.open(f"/datasets/{dataset}/look")
    expect(console.page.get_by_text("100,000 images")).to_be_visible()
    cells = console.named("region", "Images").get_by_role("listitem")
    expect(cells.first.get_by_role("link")).to_contain_text("000000.png")
    assert 10 < cells.count() <= MOST_ROWS
    cells.first.get_by_role("link").focus()
    console.page.keyboard.press("End")
    last = cells.get_by_role("link").filter(has_text=f"{IMAGES - 1:06}.png")
    expect(last).to_be_focused()
    expect(last).to_be_in_viewport()
    assert 10 < cells.count() <= MOST_ROWS
    console.page.keyboard.press("Home")
    expect(cells.get_by_role("link").filter(has_text="000000.png")).to_be_focused()
