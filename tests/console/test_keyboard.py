"""Without a pointer: make a map, include it, request an annotation."""

from __future__ import annotations

import re

from cli_tools import MAP_TEXT, Dataset, zip_of
from console_tools import Console, Opener
from house import House
from playwright.sync_api import Locator, expect

MOST_STOPS = 90


class Keyboard:
    """Hands on the keyboard."""

    def __init__(self, console: Console) -> None:
        self.page = console.page

    def go_to(self, target: Locator) -> None:
        """Tab until the focus is there, and is seen to be."""
        expect(target).to_be_visible()
        for _ in range(MOST_STOPS):
            if target.evaluate("it => it === document.activeElement"):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"the Tab key does not lead to {target}")

    def press(self, target: Locator, key: str = "Enter") -> None:
        """Go there and press a key."""
        self.go_to(target)
        self.page.keyboard.press(key)


def test_the_story_by_keyboard(window: Opener, empty_house: House, toys: Dataset) -> None:
    house = empty_house
    house.put_workspace(house.workspace, [])
    house.put_dataset(zip_of(toys.path, toys.path.with_suffix(".zip")))
    (toys.path.parent / "blocks.yml").write_text(MAP_TEXT)
    console = window(house.token)
    console.sign_in()
    keyboard, typed = Keyboard(console), console.page.keyboard

    keyboard.press(console.named("link", "Annotation maps"))
    expect(console.named("heading", "Annotation maps")).to_be_focused()
    keyboard.press(console.named("button", "New annotation map").first)
    dialog = console.dialog("New annotation map")
    with console.page.expect_file_chooser() as chooser:
        keyboard.press(dialog.get_by_label("File", exact=True))
    chooser.value.set_files(toys.path.parent / "blocks.yml")
    expect(dialog.get_by_text("this file is fine")).to_be_visible()
    keyboard.press(dialog.get_by_role("button", name="Create", exact=True))
    expect(dialog).to_be_hidden()
    expect(console.named("table", "Annotation maps").get_by_role("row").filter(has_text="blocks")).to_be_visible()

    keyboard.press(console.named("link", "Workspaces"))
    keyboard.press(console.named("button", f"Actions for {house.workspace}"))
    expect(console.named("menuitem", "Datasets")).to_be_focused()
    typed.press("ArrowDown")
    expect(console.named("menuitem", "Resources…")).to_be_focused()
    typed.press("Enter")
    dialog = console.dialog(f"Resources of “{house.workspace}”")
    keyboard.press(dialog.get_by_role("button", name="Include blocks"))
    expect(dialog.get_by_role("button", name="Take out blocks")).to_be_focused()
    keyboard.press(dialog.get_by_role("button", name="Save"))
    expect(dialog).to_be_hidden()
    assert house.ask("GET", f"/workspaces/{house.workspace}")["included_maps"] == ["blocks"]

    keyboard.press(console.named("link", house.workspace))
    keyboard.press(console.named("link", "toys"))
    keyboard.press(console.named("button", "New annotation"))
    dialog = console.dialog("New annotation")
    for choice in ("KITTI", "blocks"):  # what can't be chosen yet can't be typed
        expect(dialog.locator("option", has_text=choice)).to_be_attached()
    keyboard.go_to(dialog.get_by_label("Format", exact=True))
    typed.type("KITTI")
    keyboard.press(dialog.get_by_label("Map", exact=True), "ArrowDown")
    expect(dialog.get_by_label("Map", exact=True)).to_have_value("blocks")
    keyboard.press(dialog.get_by_role("button", name="Create", exact=True))
    expect(dialog).to_be_hidden()
    row = console.named("table", "Annotations").get_by_role("row").filter(has_text="KITTI")
    expect(row).to_contain_text("blocks")
    expect(row).to_contain_text("Complete")
    keyboard.press(console.named("button", "Actions for KITTI with blocks"))
    typed.press("Escape")
    expect(console.named("button", "Actions for KITTI with blocks")).to_be_focused()


def test_a_dialog_keeps_the_focus_and_gives_it_back(window: Opener, house: House) -> None:
    console = window(house.token)
    console.open("/maps")
    opener = console.named("button", "New annotation map").first
    Keyboard(console).press(opener)
    dialog = console.dialog("New annotation map")
    expect(dialog).to_be_visible()
    for _ in range(20):
        console.page.keyboard.press("Tab")
        behind = console.page.locator("body :focus:not(dialog, dialog *)")
        assert behind.count() == 0, "the focus has left the dialog"
    console.page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(opener).to_be_focused()


def test_the_content_is_one_step_away(window: Opener, house: House) -> None:
    console = window(house.token)
    console.open("/maps")
    console.page.keyboard.press("Tab")
    skip = console.named("link", "Skip to the content")
    expect(skip).to_be_focused()
    console.page.keyboard.press("Enter")
    expect(console.page.get_by_role("main")).to_be_focused()
    expect(console.page).to_have_url(re.compile("/console/maps"))
