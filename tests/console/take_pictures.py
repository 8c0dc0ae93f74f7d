"""The README's pictures of the console: the documentation's story, walked in a browser against the local cloud.

Run by ``make pictures``. The window is fixed, the local cloud is fresh, and its names are chosen.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

TESTS = Path(__file__).parents[1]
sys.path[:0] = [str(TESTS / folder) for folder in ("cli", "console", "e2e")]

from chromium import HOW, find_chromium  # noqa: E402
from console_tools import DARK, LIGHT, Console  # noqa: E402
from e2e_service import Service  # noqa: E402
from house import MAP, House  # noqa: E402
from infra.local.cloud import LocalCloud  # noqa: E402
from PIL import Image  # noqa: E402
from playwright.sync_api import Browser, expect, sync_playwright  # noqa: E402
from story import BAD_MAP, Story  # noqa: E402

SIZE = {"width": 1320, "height": 760}
COLOURS = 128


class Camera:
    """Takes pictures of windows."""

    def __init__(self, browser: Browser, house: House, folder: Path) -> None:
        self.browser, self.house, self.folder = browser, house, folder

    def window(self, theme: str) -> Console:
        """A window, signed in."""
        console = Console(
            self.browser, self.house.service.cloud.api_url, self.house.token, viewport=SIZE, color_scheme=theme
        )
        console.sign_in()
        return console

    def take(self, console: Console, name: str) -> None:
        """Write ``console-NAME.png``, with few colours: it is to be small."""
        console.page.mouse.move(0, 0)
        path = self.folder / f"console-{name}.png"
        console.page.screenshot(path=path, animations="disabled", caret="hide")
        with Image.open(path) as picture:
            picture.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)


def story(camera: Camera) -> None:
    """The steps that the README tells of."""
    house = camera.house
    console = camera.window(LIGHT)
    steps = Story(console)
    console.open("/maps")
    dialog = steps.begin_map()
    steps.choose_map(dialog, "week-48", BAD_MAP)
    expect(dialog.get_by_text("nothing is made of this file")).to_be_visible()
    camera.take(console, "map")
    console.open(house.path("/datasets/{id}"))
    house.service.fault("delay", "convert", delay_s=3, times=9)
    row = steps.request("YOLO", MAP)
    expect(row.get_by_role("progressbar", name="Running")).to_be_visible()
    camera.take(console, "dataset")
    house.service.cloud.clear_faults()
    console.open(f"/annotations/{house.failed}/log?by=reason")
    camera.take(console, "log")
    console.close()


def looks(camera: Camera) -> None:
    """An image with its labels, in the dark."""
    house = camera.house
    console = camera.window(DARK)
    console.open(f"{house.path('/datasets/{id}/look/{image}')}?map={MAP}")
    expect(console.page.get_by_text("Worth knowing")).to_be_visible()
    expect(console.page.get_by_text("Loading the image")).to_have_count(0)
    camera.take(console, "image")
    console.close()


def main(folder: Path) -> None:
    """Write the pictures."""
    path = find_chromium()
    if path is None:
        sys.exit(HOW)
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright, LocalCloud(faults=True) as cloud:
        house = House(Service(cloud), name="Toy factory", tag="")
        house.furnish(Path(scratch))
        browser = playwright.chromium.launch(executable_path=path)
        camera = Camera(browser, house, folder)
        story(camera)
        looks(camera)
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else TESTS / "pictures")
