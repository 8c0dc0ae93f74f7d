"""The whole story of the documentation, in one window, from the printed link to the labels on the disk."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import pytest
from cli_tools import archives, zip_of
from console_tools import Opener
from e2e_service import Service
from house import House, spoilt
from playwright.sync_api import expect
from story import BAD_MAP, Story

from labelmill.sample import write_sample

DATASET, SPOILT, MAP = "week-47", "week-48", "toys"
IMAGES = 4


@pytest.fixture
def packed(tmp_path: Path) -> Path:
    write_sample(tmp_path / DATASET, IMAGES)
    return zip_of(tmp_path / DATASET, tmp_path / f"{DATASET}.zip")


def test_from_the_link_to_the_labels(
    window: Opener, service: Service, mended: None, empty_house: House, packed: Path, tmp_path: Path
) -> None:
    map_file = tmp_path / f"{MAP}.yml"
    map_file.write_text((tmp_path / DATASET / "map.yml").read_text())
    bad = spoilt(packed, tmp_path / f"{SPOILT}.zip")
    workspace = empty_house.workspace
    console = window(empty_house.token)
    console.sign_in()
    story = Story(console)

    dialog = story.begin_map()
    story.choose_map(dialog, "rough", BAD_MAP)
    expect(dialog.get_by_text("nothing is made of this file")).to_be_visible()
    story.choose_map(dialog, MAP, map_file.read_text())
    expect(dialog.get_by_text("this file is fine")).to_be_visible()
    story.create_map(dialog, MAP)

    story.create_workspace(workspace)
    dialog = story.open_resources(workspace)
    dialog.get_by_role("radio", name="Only the maps").check()
    dialog.get_by_role("button", name=f"Take out {MAP}").click()
    dialog.get_by_role("button", name=f"Include {MAP}").click()
    for box in dialog.get_by_role("checkbox").all():
        box.uncheck()
    story.save_resources(dialog)

    story.upload(workspace, [packed, bad])
    story.open_dataset(DATASET)
    service.fault("delay", "convert", delay_s=2, times=2)
    row = story.request("COCO", MAP)
    expect(row).to_contain_text(re.compile("Queued|Running"))
    expect(row.get_by_role("progressbar", name="Running")).to_be_visible()
    expect(row).to_contain_text("Complete")
    expect(row.get_by_role("progressbar")).to_have_count(0)
    console.settle()
    assert console.findings() == []
    made = story.download(f"COCO with {MAP}", tmp_path)
    [(name, data)] = archives(packed, tmp_path / "out", ["COCO"], map_file).values()
    assert (made.name, made.read_bytes()) == (name, data)
    with zipfile.ZipFile(made) as archive:
        assert archive.testzip() is None

    console.named("navigation", "Where this page is").get_by_role("link", name=workspace).click()
    story.open_dataset(SPOILT)
    row = story.request("YOLO", "")
    expect(row).to_contain_text("Failed")
    row.get_by_role("link").filter(has_text="Failed").click()
    expect(console.named("heading", "Log of YOLO")).to_be_visible()
    lines = console.named("table", "Lines").get_by_role("row")
    expect(lines.filter(has_text="-ana.json").filter(has_text="Error")).to_have_count(IMAGES)
    console.page.get_by_role("button", name="By reason").click()
    reasons = console.named("table", "By reason").get_by_role("row")
    reasons = reasons.filter(has=console.named("cell", "2"))
    expect(reasons).to_have_count(2)
    assert console.findings() == []
    reasons.first.get_by_role("button").click()
    expect(lines.filter(has_text="-ana.json")).to_have_count(2)
    with console.page.expect_download() as download:
        console.named("button", "Download as text").click()
    assert Path(download.value.path()).read_text().count("-ana.json") >= IMAGES
