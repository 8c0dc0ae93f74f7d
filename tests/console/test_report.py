"""From "3 warnings" to what they are: the lines of the log, the report, and both files on the disk."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from console_tools import DARK, LIGHT, Console, Opener
from house import House
from playwright.sync_api import expect

from labelmill_aws.records.annotation import now_text


def download(console: Console, button: str) -> tuple[str, str]:
    with console.page.expect_download() as found:
        console.named("button", button).click()
    return found.value.suggested_filename, Path(found.value.path()).read_text()


def test_a_warning_can_be_read(window: Opener, house: House) -> None:
    """The number leads to the log, the log to the report."""
    row = house.ask("GET", f"/annotations/{house.warned}")
    report = house.ask("GET", f"/annotations/{house.warned}/report")
    console = window(house.token)
    console.open(house.path("/datasets/{id}"))
    told = f"{row['warnings']} warning{'s' if row['warnings'] != 1 else ''}"
    console.named("link", told).click()
    expect(console.page.get_by_role("heading", level=1)).to_contain_text("Log of SAGEMAKER_OD")
    console.page.get_by_label("Level", exact=True).select_option("WARNING")
    lines = console.named("table", "Lines").get_by_role("row").filter(has_text="Warning")
    expect(lines).to_have_count(len(report["warnings"]) + len(report["losses"]))
    console.page.get_by_role("button", name="By reason").click()
    reasons = console.named("table", "By reason").get_by_role("row").filter(has_text="Warning")
    for one in report["warnings"]:
        expect(reasons.filter(has_text=one["message"])).to_contain_text(str(one["count"]))
    reasons.first.get_by_role("button").click()
    console.page.locator(".log-line").first.click()
    codes = {one["code"] for one in report["warnings"] + report["losses"]}
    expect(console.dialog("Line").locator("code").last).to_be_visible()
    assert codes & set(console.dialog("Line").locator("code").all_inner_texts())
    console.dialog("Line").get_by_role("button", name="Close").last.click()
    console.named("button", "Report").click()
    expect(console.page.get_by_role("heading", level=1)).to_contain_text("Report of SAGEMAKER_OD")


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_the_report_is_shown(window: Opener, house: House, theme: str) -> None:
    report = house.ask("GET", f"/annotations/{house.warned}/report")
    assert report["classes"] and report["splits"] and report["warnings"]
    console = window(house.token, color_scheme=theme)
    console.open(house.path("/annotations/{id}/report"))
    for one in report["warnings"]:
        expect(console.page.get_by_text(one["message"])).to_be_visible()
        expect(console.page.get_by_text(one["code"], exact=True)).to_be_visible()
    table = console.named("region", "Classes").get_by_role("row")
    expect(table).to_have_count(1 + len(report["classes"]))
    for at, one in enumerate(report["classes"]):
        cells = [str(one["objects"]), *(str(split["class_objects"][at]) for split in report["splits"])]
        expect(table.nth(1 + at).get_by_role("cell")).to_have_text(cells)
    splits = console.named("region", "Splits by image").get_by_role("row")
    for at, split in enumerate(report["splits"], 1):
        expect(splits.nth(at)).to_contain_text(f"{split['name']}{split['share'] * 100:g} %{split['images']}")
    assert console.findings() == []


def test_both_files_are_had(window: Opener, house: House) -> None:
    console = window(house.token)
    console.open(f"/annotations/{house.failed}/report")
    name, text = download(console, "Download the report")
    assert name.endswith("-coco-toys-report.json") and json.loads(text)["failed"] > 0
    name, text = download(console, "Download the errors")
    assert name.endswith("-coco-toys-errors.jsonl")
    assert len(text.splitlines()) == house.ask("GET", f"/annotations/{house.failed}/report")["failed"]


def test_without_a_report(window: Opener, house: House) -> None:
    """A cancelled one: nothing is asked that the service would refuse."""
    house.put_row(1, status="cancelled", finished=now_text())  # other houses have rows of this number, too
    console = window(house.token)
    console.open(f"/annotations/an-{1:020x}/report")
    expect(console.page.get_by_text("There is no report")).to_be_visible()


def test_a_telephone_leads_there_too(window: Opener, house: House) -> None:
    """Where no text has room beside the status, a symbol with its words for those who listen."""
    row = house.ask("GET", f"/annotations/{house.warned}")
    console = window(house.token, viewport={"width": 360, "height": 740})
    console.open(house.path("/datasets/{id}"))
    link = console.named("link", f"{row['warnings']} warning{'s' if row['warnings'] != 1 else ''}")
    expect(link.locator(".icon")).to_be_visible()
    assert console.findings() == []
    link.click()
    expect(console.page.get_by_role("heading", level=1)).to_contain_text("Log of SAGEMAKER_OD")
