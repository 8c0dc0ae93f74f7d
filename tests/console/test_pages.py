"""Every page, as it is loaded by its address: nothing goes wrong, nothing is asked elsewhere, everybody can use it."""

from __future__ import annotations

import pytest
from console_tools import DARK, LIGHT, Opener, routes
from house import House
from playwright.sync_api import expect


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_every_page_is_without_findings(window: Opener, house: House, theme: str) -> None:
    console = window(house.token, color_scheme=theme)
    found: dict[str, list[str]] = {}
    for pattern in routes():
        console.open(house.path(pattern))
        found[pattern] = console.findings()
    assert {pattern: lines for pattern, lines in found.items() if lines} == {}


def test_the_page_of_a_wrong_address_and_the_sign_in_are_without_findings(window: Opener, house: House) -> None:
    console = window(house.token)
    console.open("/nowhere")
    expect(console.page.get_by_role("main")).to_contain_text("There is nothing here")
    assert console.findings() == []
    console.named("button", "Sign out").click()
    expect(console.named("heading", "Sign in")).to_be_visible()
    assert console.findings() == []


def test_the_theme_is_kept(window: Opener, house: House) -> None:
    console = window(house.token)
    console.open("/happening")
    root = console.page.locator("html")
    light = root.evaluate("root => getComputedStyle(root).backgroundColor")
    console.page.locator("label", has_text="Dark").click()
    for _ in range(2):
        expect(console.named("radio", "Dark")).to_be_checked()
        expect(root).to_have_css("color-scheme", "dark")
        expect(root).not_to_have_css("background-color", light)
        console.page.reload()


def test_axe_finds_what_is_wrong(window: Opener, house: House) -> None:
    console = window(house.token)
    console.open("/happening")
    console.page.evaluate("document.querySelector('main').append(document.createElement('button'))")
    assert [line.split(":")[0] for line in console.findings()] == ["button-name"]
