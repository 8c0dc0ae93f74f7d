"""The story that the documentation tells, step by step, as a person clicks through it. Tests and pictures walk it."""

from __future__ import annotations

import re
from pathlib import Path

from console_tools import Console
from playwright.sync_api import Locator, expect

BAD_MAP = """\
classes:
  0: [toys, Cube]
  1: [toys, YoYo]
properties:
  obj['type'] == 'Cube': 0
  obj['type'] = 'YoYo': 1
  obj['type'] == 'Ball': 7
"""


class Story:
    """Steps; each begins where the one before has ended."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.page = console.page

    def begin_map(self) -> Locator:
        """Maps → New annotation map."""
        self.console.named("link", "Annotation maps").click()
        self.console.named("button", "New annotation map").first.click()
        return self.console.dialog("New annotation map")

    def choose_map(self, dialog: Locator, name: str, text: str) -> None:
        """Choose a file in the dialog of a new map."""
        file = {"name": f"{name}.yml", "mimeType": "application/yaml", "buffer": text.encode()}
        dialog.get_by_label("File", exact=True).set_input_files([file])

    def create_map(self, dialog: Locator, name: str) -> None:
        """Name it; Create."""
        dialog.get_by_label("Name", exact=True).fill(name)
        dialog.get_by_role("button", name="Create", exact=True).click()
        expect(dialog).to_be_hidden()

    def create_workspace(self, name: str) -> None:
        """Workspaces → New workspace."""
        self.console.named("link", "Workspaces").click()
        self.console.named("button", "New workspace").first.click()
        dialog = self.console.dialog("New workspace")
        dialog.get_by_label("Name", exact=True).fill(name)
        dialog.get_by_role("button", name="Create", exact=True).click()
        expect(dialog).to_be_hidden()

    def open_resources(self, workspace: str) -> Locator:
        """Workspace → ⋮ → Resources."""
        self.console.named("button", f"Actions for {workspace}").click()
        self.console.named("menuitem", "Resources…").click()
        dialog = self.console.dialog(f"Resources of “{workspace}”")
        expect(dialog.get_by_role("button", name="Save")).to_be_visible()
        return dialog

    def save_resources(self, dialog: Locator) -> None:
        """Save."""
        dialog.get_by_role("button", name="Save", exact=True).click()
        expect(dialog).to_be_hidden()

    def upload(self, workspace: str, files: list[Path]) -> None:
        """Workspace → Upload → choose → Upload; until all has arrived."""
        self.console.named("link", workspace).click()
        self.console.named("button", "Upload").first.click()
        dialog = self.console.dialog("Upload datasets")
        dialog.get_by_label("Archives or a folder of a dataset", exact=True).set_input_files(files)
        dialog.get_by_role("button", name="Upload", exact=True).click()
        expect(dialog).to_be_hidden()
        uploads = self.console.named("region", "Uploads")
        expect(uploads.get_by_text(re.compile("^Uploaded · "))).to_have_count(len(files))

    def open_dataset(self, name: str) -> None:
        """Workspace → its dataset."""
        self.console.named("table", "Datasets").get_by_role("link", name=name, exact=True).click()
        expect(self.console.named("heading", name)).to_be_visible()

    def request(self, format_: str, map_: str) -> Locator:
        """Annotations → + → format and map → Create; the row of the new entry."""
        self.console.named("button", "New annotation").click()
        dialog = self.console.dialog("New annotation")
        dialog.get_by_label("Format", exact=True).select_option(format_)
        if map_:
            dialog.get_by_label("Map", exact=True).select_option(map_)
        dialog.get_by_role("button", name="Create", exact=True).click()
        expect(dialog).to_be_hidden()
        return self.row(format_)

    def row(self, format_: str) -> Locator:
        """The entry of an annotation, by its format."""
        rows = self.console.named("table", "Annotations").get_by_role("row")
        return rows.filter(has=self.page.get_by_role("cell", name=re.compile(rf"^{format_}\b")))

    def download(self, name: str, target: Path) -> Path:
        """The download icon; where the file is, under the name that the browser was told."""
        with self.page.expect_download() as download:
            self.console.named("button", f"Download {name}").click()
        path = target / download.value.suggested_filename
        download.value.save_as(path)
        return path
