"""Signing in by the link or by a token, and what happens when a token ends."""

from __future__ import annotations

import time

from console_tools import Opener
from house import House
from playwright.sync_api import expect

REFUSED = r"status of 40[13]"
"""What a browser reports when the service refuses a token."""
LIFE_S = 4
"""Of a token that expires while its page is open."""


def test_the_link_signs_in_and_the_token_leaves_the_address(window: Opener, empty_house: House) -> None:
    console = window(empty_house.token)
    console.page.goto(f"{console.base_url}/#token={console.token}")
    expect(console.page.get_by_role("navigation")).to_be_visible()
    expect(console.page.get_by_text(empty_house.organization)).to_be_visible()
    assert console.token not in console.page.url and "#" not in console.page.url
    assert not any(console.token in url for url in console.requests)
    console.page.go_back()
    assert console.token not in console.page.url


def test_a_link_with_a_code_signs_in_once(window: Opener, empty_house: House) -> None:
    link = empty_house.service.cloud.console_link(empty_house.organization, name="from a code")
    console = window(empty_house.token)
    console.page.goto(link)
    expect(console.page.get_by_role("navigation")).to_be_visible()
    expect(console.page.get_by_text("from a code")).to_be_visible()
    code = link.partition("=")[2]
    assert "#" not in console.page.url and not any(code in url for url in console.requests)
    held = console.page.evaluate("sessionStorage.getItem('labelmill.token')")
    assert held.startswith("lm_") and code not in held
    with console.expecting(r"status of 410"):
        console.page.goto(link)
        expect(console.page.get_by_text("A link signs in once, within ten minutes. You are signed in")).to_be_visible()
    assert console.page.evaluate("sessionStorage.getItem('labelmill.token')") == held
    another = window(empty_house.token)
    with another.expecting(r"status of 410"):
        another.page.goto(link)
        expect(another.page.get_by_text("A link signs in once, within ten minutes. Ask for a new one")).to_be_visible()
        expect(another.named("heading", "Sign in")).to_be_visible()


def test_a_link_asks_before_it_replaces_a_session(window: Opener, empty_house: House) -> None:
    """Or somebody else's link would slip their organization under what one does next."""
    console = window(empty_house.token)
    console.open("/tokens")
    console.page.goto(f"{console.page.url}#token={empty_house.new_token('from a link')}")
    asked = console.dialog("Sign in with the link?")
    expect(asked).to_contain_text("“from a link”")
    expect(asked).to_contain_text("You are signed in with “")
    expect(asked).to_contain_text(empty_house.organization)
    assert "#" not in console.page.url and console.findings() == []
    stored = "sessionStorage.getItem('labelmill.token')"
    console.named("button", "Cancel").click()
    expect(asked).to_have_count(0)
    assert console.page.evaluate(stored) == console.token
    other = empty_house.new_token("another")
    console.page.goto(f"{console.page.url}#token={other}")
    console.named("button", "Sign in anew").click()
    expect(console.dialog()).to_have_count(0)
    assert console.page.evaluate(stored) == other
    console.page.goto(f"{console.page.url}#token={other}")
    with console.expecting(REFUSED):
        console.page.goto(f"{console.page.url}#token=lm_abcdefghijkl_{'x' * 43}")
        expect(console.page.get_by_text("token is not accepted")).to_be_visible()
    assert console.page.evaluate(stored) == other


def test_an_expired_token_leads_to_signing_in_and_back(window: Opener, empty_house: House) -> None:
    began = time.monotonic()
    console = window(empty_house.new_token("short", days=LIFE_S / 86_400))
    console.open("/tokens")
    with console.expecting(REFUSED):
        time.sleep(max(0, began + LIFE_S + 0.1 - time.monotonic()))
        console.page.reload()
        expect(console.named("heading", "Sign in")).to_be_visible()
        expect(console.page.get_by_role("alert")).to_contain_text("expired or was revoked")
    console.page.get_by_label("Token", exact=True).fill(empty_house.token)
    console.named("button", "Sign in").click()
    expect(console.named("heading", "Tokens")).to_be_visible()
    assert console.page.url == f"{console.base_url}/console/tokens"


def test_a_wrong_token_is_refused_in_words(window: Opener, empty_house: House) -> None:
    console = window(empty_house.token)
    console.page.goto(f"{console.base_url}/console/maps")
    console.named("button", "Sign in").click()
    expect(console.page.get_by_text("Paste a token.")).to_be_visible()
    console.page.get_by_label("Token", exact=True).fill("lm_abcdefghijkl_" + "x" * 43)
    with console.expecting(REFUSED):
        console.named("button", "Sign in").click()
        expect(console.page.get_by_text("This token is not accepted")).to_be_visible()
    assert console.findings() == []


def test_a_token_is_this_tab_s_alone(window: Opener, empty_house: House) -> None:
    console = window(empty_house.token)
    console.sign_in()
    other = console.context.new_page()
    other.goto(f"{console.base_url}/console/maps")
    expect(other.get_by_role("heading", name="Sign in")).to_be_visible()
