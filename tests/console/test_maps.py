"""The dialog of a new map, its table, and what is said of a map that is in use."""

from __future__ import annotations

from pathlib import Path

from console_tools import Opener
from house import MAP, House
from playwright.sync_api import expect
from story import BAD_MAP, Story


def test_errors_stand_at_their_lines_before_anything_is_made(window: Opener, empty_house: House) -> None:
    console = window(empty_house.token)
    console.open("/maps")
    story = Story(console)
    dialog = story.begin_map()
    story.choose_map(dialog, "rough", BAD_MAP)
    text = dialog.get_by_role("region", name="Text of rough.yml")
    wrong = text.get_by_role("listitem").filter(has_text="Line ")
    expect(wrong).to_have_count(2)
    expect(wrong.nth(0)).to_contain_text("obj['type'] = 'YoYo': 1")
    expect(wrong.nth(0)).to_contain_text("Line 6")
    expect(wrong.nth(1)).to_contain_text("Line 7")
    dialog.get_by_role("button", name="Create", exact=True).click()
    expect(dialog.get_by_text("The file has to be put right first")).to_be_visible()
    assert console.findings() == []
    assert empty_house.ask("GET", "/organizations/{org}/maps")["items"] == []


def test_a_good_map_shows_its_classes_and_rules_and_is_made(
    window: Opener, empty_house: House, sample_map: Path
) -> None:
    text = sample_map.read_text()
    console = window(empty_house.token)
    console.open("/maps")
    story = Story(console)
    dialog = story.begin_map()
    story.choose_map(dialog, MAP, text)
    expect(dialog.get_by_text("this file is fine")).to_be_visible()
    classes = dialog.get_by_role("table", name="Classes").get_by_role("row")
    expect(classes.filter(has_text="Robot")).to_be_visible()
    dialog.get_by_role("tab", name="Rules").click()
    expect(dialog.get_by_role("table", name="Rules")).to_contain_text("obj['type']")
    assert console.findings() == []
    story.create_map(dialog, MAP)
    row = console.named("table", "Annotation maps").get_by_role("row").filter(has_text=MAP)
    expect(row).to_be_visible()
    [made] = empty_house.ask("GET", "/organizations/{org}/maps")["items"]
    assert (made["name"], made["updated_by"]) == (MAP, "a laptop")
    console.named("button", f"Actions for {MAP}").click()
    with console.page.expect_download() as download:
        console.named("menuitem", "Download").click()
    assert Path(download.value.path()).read_text() == text


def test_a_map_in_use_is_not_deleted(window: Opener, house: House) -> None:
    console = window(house.token)
    console.open("/maps")
    console.named("button", f"Actions for {MAP}").click()
    console.named("menuitem", "Delete…").click()
    dialog = console.dialog(f"“{MAP}” can\N{RIGHT SINGLE QUOTATION MARK}t be deleted")
    expect(dialog.get_by_role("link", name=f"Resources of {house.workspace}")).to_be_visible()
    assert console.findings() == []
