"""From a small telephone to a large screen: the page never scrolls sideways, and no control is cut off."""

from __future__ import annotations

import pytest
from console_tools import Console, Opener, routes
from house import House
from playwright.sync_api import expect
from story import BAD_MAP, Story

PHONE, LARGE = {"width": 360, "height": 740}, {"width": 3840, "height": 2160}

CUT = """
() => {
  const wide = innerWidth, found = [];
  const root = document.documentElement;
  if (root.scrollWidth > root.clientWidth) found.push(`the page is ${root.scrollWidth} px wide`);
  const rolls = (box) => /auto|scroll/.test(getComputedStyle(box).overflowX) && box.scrollWidth > box.clientWidth;
  for (const box of document.querySelectorAll("main, .page, dialog[open], .dialog-body")) {
    if (rolls(box)) found.push(`${box.tagName} .${box.className} scrolls sideways`);
  }
  const mayScroll = ".table-box, [role=region], [role=tablist]"; // tables, texts of files, rows of tabs
  const scrolls = (it) => {
    const box = it?.closest(mayScroll);
    return box && (rolls(box) || scrolls(box.parentElement));
  };
  const modal = document.querySelector("dialog[open]") ?? document;
  const controls = "a, button, input, select, textarea, summary, h1, h2, h3, progress, label";
  for (const it of modal.querySelectorAll(controls)) {
    const at = it.getBoundingClientRect();
    if (at.width <= 1 || at.height <= 1 || !it.checkVisibility({visibilityProperty: true})) continue;
    if (it.matches(".skip, .unseen") || scrolls(it.parentElement)) continue;
    const name = `${it.tagName} ${it.textContent.trim().slice(0, 40) || it.ariaLabel || it.type}`;
    if (at.left < -1 || at.right > wide + 1) found.push(`${name}: from ${at.left} to ${at.right} px of ${wide}`);
    const cutText = it.matches("button, summary, label, h1, h2, h3") && it.scrollWidth > it.clientWidth + 1;
    const hidden = cutText && getComputedStyle(it).overflowX !== "visible";
    if (hidden && !it.closest("td, th")) found.push(`${name}: its text is cut`);
  }
  return found;
}
"""


def cut(console: Console) -> list[str]:
    """What is outside of the window, or cut off in it."""
    found: list[str] = console.page.evaluate(CUT)
    return found


@pytest.mark.parametrize("size", [PHONE, LARGE], ids=["phone", "large"])
def test_every_page_fits(window: Opener, house: House, size: dict[str, int]) -> None:
    console = window(house.token, viewport=size)
    found: dict[str, list[str]] = {}
    for pattern in routes():
        console.open(house.path(pattern))
        found[pattern] = cut(console)
    assert {pattern: lines for pattern, lines in found.items() if lines} == {}


def test_dialogs_and_menus_fit_a_telephone(window: Opener, house: House) -> None:
    console = window(house.token, viewport=PHONE)
    found: dict[str, list[str]] = {}
    story = Story(console)
    console.open("/maps")
    console.named("button", "New annotation map").first.click()
    dialog = console.dialog("New annotation map")
    story.choose_map(dialog, "rough", BAD_MAP)
    expect(dialog.get_by_text("nothing is made of this file")).to_be_visible()
    found["map"] = cut(console)
    console.open("/workspaces")
    console.named("button", f"Actions for {house.workspace}").click()
    found["menu"] = cut(console)
    console.page.keyboard.press("Escape")
    story.open_resources(house.workspace)
    found["resources"] = cut(console)
    console.open(house.path("/datasets/{id}"))
    console.named("button", "New annotation").click()
    expect(console.dialog("New annotation").get_by_label("Format", exact=True)).to_be_visible()
    found["annotation"] = cut(console)
    console.open(house.path("/workspaces/{ws}"))
    console.named("button", "Upload").first.click()
    expect(console.dialog("Upload datasets")).to_be_visible()
    found["upload"] = cut(console)
    console.open("/workspaces")
    console.named("button", "Menu").click()
    expect(console.named("link", "Tokens")).to_be_visible()
    found["navigation"] = cut(console)
    assert {place: lines for place, lines in found.items() if lines} == {}


def test_what_is_cut_is_found(window: Opener, house: House) -> None:
    console = window(house.token, viewport=PHONE)
    console.open("/maps")
    assert cut(console) == []
    console.page.evaluate(
        "document.querySelector('h1').style.cssText = 'position: absolute; left: 300px; width: 200px'"
    )
    assert any(line.startswith("H1") for line in cut(console))
