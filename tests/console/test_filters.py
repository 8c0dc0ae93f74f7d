"""What a map drops, ignores, and asks in vain, where people look for it: the dialog, the effect, an image."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from console_tools import Console, Opener
from house import House
from playwright.sync_api import expect
from story import Story

MORE = "drop:\n  - ann['width'] < 30\nignore:\n  - ann['width'] > 60\n"


def filtered(sample_map: Path) -> str:
    """The sample's map with filters, and a rule that takes everything by a slip."""
    slip = "  obj['type'] == 'Ring' or 'Box': "
    text = sample_map.read_text()
    number = re.findall(r"^  (\d+):", text, re.M)[0]
    return text.rstrip("\n") + f"\n{slip}{number}\n{MORE}"


def test_a_slip_is_told_at_its_line_and_filters_are_listed(
    window: Opener, empty_house: House, sample_map: Path
) -> None:
    console = window(empty_house.token)
    console.open("/maps")
    story = Story(console)
    dialog = story.begin_map()
    story.choose_map(dialog, "filtered", filtered(sample_map))
    expect(dialog.get_by_text("this file is fine")).to_be_visible()
    expect(dialog.get_by_text("1 rule to look at again")).to_be_visible()
    doubtful = (
        dialog.get_by_role("region", name="Text of filtered.yml").get_by_role("listitem").filter(has_text="Line ")
    )
    expect(doubtful).to_have_count(1)
    expect(doubtful).to_contain_text("did you mean obj['type'] in ['Ring', 'Box']?")
    dialog.get_by_role("tab", name="Dropped, ignored (2)").click()
    expect(dialog.get_by_role("table", name="Dropped, ignored")).to_contain_text("ann['width'] > 60")
    assert console.findings() == []
    story.create_map(dialog, "filtered")


@pytest.mark.parametrize("width", [360, 1280])
def test_the_effect_and_the_image_tell_them_apart(
    width: int, window: Opener, empty_house: House, sample_map: Path
) -> None:
    house = empty_house
    house.put_map("filtered", filtered(sample_map))
    house.put_workspace(house.workspace, ["filtered"])
    house.dataset = house.put_dataset(sample_map.parent.with_suffix(".zip"))
    console = window(house.token, viewport={"width": width, "height": 800})
    console.open(f"/datasets/{house.dataset}/look?map=filtered")
    console.page.get_by_role("tab", name="What a map does").click()
    table = console.named("table", "Dropped or ignored")
    expect(table.get_by_role("row").filter(has_text="drop")).to_contain_text("ann['width'] < 30")
    expect(table.get_by_role("row").filter(has_text="ignore")).to_contain_text("ann['width'] > 60")
    expect(console.page.get_by_text("is always true: it asks nothing")).to_be_visible()
    assert console.findings() == []
    look_at_image(console, house)


def look_at_image(console: Console, house: House) -> None:
    images = f"/datasets/{house.dataset}/images"
    for image in house.ask("GET", images)["items"]:
        objects = house.ask("GET", f"{images}/{image['name']}/labels?map=filtered")["objects"]
        wanted = {kind: sum(one["filter"] == kind for one in objects) for kind in ("drop", "ignore")}
        if all(wanted.values()):
            break
    else:
        pytest.fail("no image of the sample has both")
    console.open(f"/datasets/{house.dataset}/look/{image['name']}?map=filtered")
    for kind, said in (("drop", "Dropped"), ("ignore", "Ignored")):
        group = console.page.locator(".legend li").filter(has_text=said)
        expect(group).to_contain_text(str(wanted[kind]))
    expect(console.page.locator(".object.out")).to_have_count(sum(wanted.values()))
    assert console.findings() == []
