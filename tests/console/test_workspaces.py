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


def test_automatic_formats_have_options(window: Opener, shop: House) -> None:
    path = f"/workspaces/{shop.workspace}"
    before = ["KITTI", {"format": "COCO", "options": {"split": "train=0.8,val=0.2", "segmentation": "rle"}}]
    shop.ask("PATCH", path, json={"auto_formats": before})
    console = window(shop.token)
    console.open("/workspaces")
    story = Story(console)
    dialog = story.open_resources(shop.workspace)
    region = dialog.get_by_role("region", name="Their options")
    coco = region.locator("details").filter(has_text="COCO")
    expect(coco.locator("summary")).to_have_text("COCO split train=0.8,val=0.2, segmentation rle")
    coco.locator("summary").click()
    coco.get_by_role("radio", name="Polygons").check()
    coco.get_by_label("Split", exact=True).fill("train=2")
    with console.expecting("422"):
        dialog.get_by_role("button", name="Save", exact=True).click()
        expect(coco.get_by_text("expected a share above 0 and at most 1")).to_be_visible()
    coco.get_by_label("Split", exact=True).fill("train=0.5,val=0.5")
    assert console.findings() == []
    story.save_resources(dialog)
    after = ["KITTI", {"format": "COCO", "options": {"split": "train=0.5,val=0.5"}}]
    assert sorted(map(str, shop.ask("GET", path)["auto_formats"])) == sorted(map(str, after))


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
