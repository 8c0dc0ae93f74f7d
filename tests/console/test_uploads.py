"""Uploads that are broken off go on: what has arrived is not sent again."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path
from random import Random

import pytest
from cli_tools import Dataset, zip_of
from console_tools import Console, Opener
from house import House
from playwright.sync_api import Route, expect

FILES = "Archives or a folder of a dataset"
PART = re.compile(r"[?&]partNumber=(\d+)")
HELD = "3"


class Parts:
    """The parts that a page sends; one of them never arrives while ``holding``."""

    def __init__(self, console: Console) -> None:
        self.sent: list[str] = []
        self.holding = True
        console.page.route(PART, self._pass)

    def _pass(self, route: Route) -> None:
        found = PART.search(route.request.url)
        assert found is not None
        if route.request.method == "PUT":
            if found[1] == HELD and self.holding:
                return
            self.sent.append(found[1])
        route.continue_()


@pytest.fixture
def packed(toys: Dataset, tmp_path: Path) -> Path:
    """A zip of three parts."""
    path = zip_of(toys.path, tmp_path / "toys.zip")
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("notes/noise", Random(5).randbytes(18 << 20))
    return path


def test_an_upload_goes_on_after_a_reload(window: Opener, empty_house: House, packed: Path) -> None:
    house = empty_house
    house.put_workspace(house.workspace, [])
    console = window(house.token)
    page = console.page
    parts = Parts(console)
    console.open(f"/workspaces/{house.workspace}")
    console.named("button", "Upload").first.click()
    dialog = console.dialog("Upload datasets")
    dialog.get_by_label(FILES).set_input_files(packed)
    dialog.get_by_role("button", name="Upload", exact=True).click()
    where = f"/workspaces/{house.workspace}/datasets"

    def arrived() -> int:
        items = house.ask("GET", where)["items"]
        return len(items[0]["upload"]["done"]) if items else 0

    house.service.cloud.wait_for(lambda: (page.wait_for_timeout(100), arrived() == 2)[1])
    console.named("button", "Pause the upload of toys").click()
    expect(page.get_by_text(re.compile("^Paused"))).to_be_visible()
    page.reload()
    assert console.warnings_of_leaving == 1
    assert sorted(parts.sent) == ["1", "2"]

    parts.holding = False
    console.named("button", "Go on with the upload of toys").click()
    dialog = console.dialog("Go on with the upload of toys")
    other = {"name": "toys.zip", "mimeType": "application/zip", "buffer": b"another one"}
    dialog.get_by_label(FILES).set_input_files([other])
    expect(dialog.get_by_text(re.compile("This is another file"))).to_be_visible()
    dialog.get_by_label(FILES).set_input_files(packed)
    dialog.get_by_role("button", name="Upload", exact=True).click()
    expect(page.get_by_text(re.compile("^Uploaded"))).to_be_visible(timeout=60_000)
    assert sorted(parts.sent) == ["1", "2", HELD]
    [dataset] = house.ask("GET", where)["items"]
    assert dataset["status"] == "ready" and dataset["upload"] is None
