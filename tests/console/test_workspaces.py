"""Workspaces and their resources: maps move between the columns by click and by drag."""

from __future__ import annotations

import pytest
from console_tools import Opener
from house import House
from playwright.sync_api import expect
from story import Story

RULES = "classes:\n  0: [toys, {name}]\nproperties:\n  obj['type'] == 'Cube': 0\n"


@pytest.fixture
def shop(empty_house: House) -> House:
    """A workspace that includes one of two maps."""
    for name in ("blocks", "wheels"):
        empty_house.put_map(name, RULES.format(name=name))
    empty_house.put_workspace(empty_house.workspace, ["wheels"])
    return empty_house


def test_a_workspace_is_made(window: Opener, empty_house: House) -> None:
    console = window(empty_house.token)
    console.open("/workspaces")
    Story(console).create_workspace(empty_house.workspace)
    expect(console.named("link", empty_house.workspace)).to_be_visible()
    [made] = empty_house.ask("GET", "/organizations/{org}/workspaces")["items"]
    assert made["name"] == empty_house.workspace


@pytest.mark.parametrize("way", ["click", "drag"])
def test_maps_move_between_the_columns(window: Opener, shop: House, way: str) -> None:
    console = window(shop.token)
    console.open("/workspaces")
    story = Story(console)
    dialog = story.open_resources(shop.workspace)
    include, take_out = (dialog.get_by_role("button", name=name) for name in ("Include blocks", "Take out wheels"))
    if way == "click":
        include.click()
        take_out.click()
    else:
        include.drag_to(dialog.get_by_role("region", name="Included"))
        take_out.drag_to(dialog.get_by_role("region", name="Available"))
    expect(dialog.get_by_role("region", name="Available").get_by_role("listitem")).to_have_text(["wheels"])
    expect(dialog.get_by_role("region", name="Included").get_by_role("listitem")).to_have_text(["blocks"])
    assert console.findings() == []
    dialog.get_by_role("checkbox", name="YOLO object detection").check()
    story.save_resources(dialog)
    found = shop.ask("GET", f"/workspaces/{shop.workspace}")
    assert (found["included_maps"], found["auto_formats"]) == (["blocks"], ["YOLO"])
