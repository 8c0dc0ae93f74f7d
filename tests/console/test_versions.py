"""A dataset that has come again: the annotations of its older versions are folded, and tell which they are."""

from __future__ import annotations

import zipfile

from cli_tools import Dataset, zip_of
from console_tools import Opener
from house import House
from playwright.sync_api import expect


def test_rows_of_older_versions_are_folded(window: Opener, empty_house: House, toys: Dataset) -> None:
    house = empty_house
    house.put_workspace(house.workspace, [])
    packed = zip_of(toys.path, toys.path.with_suffix(".zip"))
    house.dataset = house.put_dataset(packed)
    house.wait_for(house.request(house.dataset, "KITTI"), "complete")
    with zipfile.ZipFile(packed, "a") as archive:
        archive.writestr(f"{toys.path.name}/metadata/more.txt", "more")
    house.put_dataset(packed)
    house.wait_for(house.request(house.dataset, "COCO"), "complete")
    console = window(house.token)
    console.open(f"/datasets/{house.dataset}")
    table = console.named("table", "Annotations")
    expect(table.get_by_text("COCO", exact=True)).to_be_visible()
    expect(table.get_by_text("KITTI")).to_have_count(0)
    console.page.get_by_role("button", name="Show 1 older").click()
    expect(table.get_by_text("KITTI")).to_be_visible()
    expect(table.get_by_text("v1")).to_have_count(1)
    expect(console.page.get_by_text("v2", exact=False)).to_have_count(1)
    console.page.get_by_role("button", name="Hide older").click()
    expect(table.get_by_text("KITTI")).to_have_count(0)
