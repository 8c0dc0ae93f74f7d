"""Ten thousand jobs: the page holds what is in sight, and the end of the list is reached."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from console_tools import Console, Opener
from house import House

JOBS = 10_000
MOST_ROWS = 90
"""In the page at a time: what fits into the window, and some above and below."""


@pytest.fixture
def busy(empty_house: House) -> House:
    """An organization with very many jobs, the oldest of which has a format of its own."""
    empty_house.put_workspace(empty_house.workspace, [])

    def put(number: int) -> None:
        created = f"2026-01-01T{number // 3600:02}:{number // 60 % 60:02}:{number % 60:02}.000Z"
        empty_house.put_row(number, status="queued", created=created, format="YOLO" if number else "KITTI")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(put, range(JOBS)))
    return empty_house


def rows(console: Console) -> int:
    count: int = console.page.locator("main tbody tr").count()
    return count


def test_ten_thousand_jobs(window: Opener, busy: House) -> None:
    console = window(busy.token)
    console.open("/happening")
    table = console.page.get_by_role("table")
    most = 0
    for _ in range(JOBS // 50 + 20):
        most = max(most, rows(console))
        if table.get_by_text("KITTI").count():
            break
        scroll_to_the_end(console)
    else:
        raise AssertionError("the last job was never shown")
    assert 10 < most <= MOST_ROWS
    assert int(table.get_attribute("aria-rowcount") or 0) in (-1, JOBS + 1)


def scroll_to_the_end(console: Console) -> None:
    box: Any = console.page.get_by_role("table").locator("xpath=..")
    asked = len(console.requests)
    box.evaluate("box => box.scrollTo(0, box.scrollHeight)")
    console.page.wait_for_timeout(30)
    if len(console.requests) > asked:
        console.page.wait_for_load_state("networkidle")
