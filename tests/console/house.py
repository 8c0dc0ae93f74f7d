"""What an organization has in the console's tests: made through the API as people make it, rare states by rows."""

from __future__ import annotations

import json
import uuid
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
from cli_tools import zip_of
from e2e_service import Service

from labelmill.sample import write_sample
from labelmill_aws.access.tokens import Tokens
from labelmill_aws.records.annotation import Annotation, now_text

MAP, WORKSPACE, DATASET, SPOILT = "toys", "playroom", "playroom-week-47", "playroom-spoilt"
IMAGES = 6


class House:
    """An organization of its own, and how to put things into it.

    Args:
        service: The local cloud.
        name: Of the organization.
        tag: Behind the names that are the service's, not the organization's; "" where the house is the only one.
    """

    def __init__(self, service: Service, name: str = "", tag: str | None = None) -> None:
        self.service = service
        self.tag = f"-{uuid.uuid4().hex[:6]}" if tag is None else tag
        self.organization = name or f"house{self.tag}"
        service.catalog.ensure_organization(self.organization)
        self.token = self.new_token("a laptop")
        self.workspace = f"{WORKSPACE}{self.tag}"
        self.dataset = self.spoilt = self.image = self.annotation = self.failed = self.warned = ""
        self.sample = Path()

    def new_token(self, name: str, role: str = "admin", days: float = 30) -> str:
        """Make a token of the organization."""
        tokens = Tokens(self.service.parts.table)
        made = tokens.create(organization=self.organization, role=role, name=name, created_by="operator", days=days)
        return made.text

    def ask(self, method: str, path: str, **options: Any) -> Any:
        """Ask the API; ``{org}`` in the path is this organization."""
        url = f"{self.service.cloud.api_url}/v1{path.replace('{org}', self.organization)}"
        answer = httpx.request(method, url, headers={"Authorization": f"Bearer {self.token}"}, timeout=60, **options)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    def put_map(self, name: str, text: str) -> None:
        """Make a map."""
        self.ask(
            "POST",
            "/organizations/{org}/maps",
            json={"name": name, "file": text, "description": "Things to play with."},
        )

    def put_workspace(self, name: str, maps: list[str]) -> None:
        """Make a workspace that makes nothing by itself."""
        body = {"name": name, "auto_formats": [], "included_maps": maps}
        self.ask("POST", "/organizations/{org}/workspaces", json=body)

    def put_dataset(self, packed: Path, workspace: str = "", name: str = "") -> str:
        """Upload a zip; the dataset's id."""
        path = f"/workspaces/{workspace or self.workspace}/datasets"
        body = {"name": name or packed.stem, "size_bytes": packed.stat().st_size, "suffix": ".zip"}
        upload = self.ask("POST", path, json=body)["upload"]
        data, size = packed.read_bytes(), upload["part_bytes"]
        numbers = list(range(1, upload["parts"] + 1))
        for part in self.ask("POST", f"/uploads/{upload['id']}/parts", json={"numbers": numbers})["parts"]:
            content = data[(part["number"] - 1) * size : part["number"] * size]
            httpx.put(part["url"], content=content, timeout=60).raise_for_status()
        found: str = self.ask("POST", f"/uploads/{upload['id']}/complete")["id"]
        return found

    def request(self, dataset: str, format_: str, map_: str = "", **options: Any) -> str:
        """Request an annotation; its id."""
        body = {"format": format_, "options": options} | ({"map": map_} if map_ else {})
        found: str = self.ask("POST", f"/datasets/{dataset}/annotations", json=body)["id"]
        return found

    def wait_for(self, annotation: str, status: str) -> None:
        """Wait until an annotation has a status."""
        self.service.cloud.wait_for(lambda: self.ask("GET", f"/annotations/{annotation}")["status"] == status)

    def put_row(self, number: int, **values: Any) -> None:
        """Write an annotation straight into the table: no job belongs to it."""
        self.service.parts.table.put(self._row(number, {"dataset_version": self._version(), **values}))

    def put_rows(self, rows: Iterable[dict[str, Any]]) -> None:
        """Write very many."""
        version = self._version()
        resource = self.service.cloud.session().resource("dynamodb", endpoint_url=self.service.cloud.endpoint)
        with resource.Table(self.service.outputs["TableName"]).batch_writer() as batch:
            for number, values in enumerate(rows):
                batch.put_item(self._row(number, {"dataset_version": version, **values}))

    def _version(self) -> str:
        found: str = self.ask("GET", f"/datasets/{self.dataset}")["version"]
        return found

    def _row(self, number: int, values: dict[str, Any]) -> dict[str, Any]:
        row = {
            "id": f"an-{number:020x}",
            "organization": self.organization,
            "workspace": self.workspace,
            "dataset": f"{DATASET}{self.tag}",
            "format": "YOLO",
            "created": now_text(),
            "asked_by": "a laptop",
        }
        return Annotation(**(row | values)).item()

    def furnish(self, folder: Path) -> None:
        """A map, a workspace, a good dataset with annotations of every kind, and a dataset that can't be read."""
        self.sample = folder / f"{DATASET}{self.tag}"
        write_sample(self.sample, IMAGES)
        packed = zip_of(self.sample, folder / f"{self.sample.name}.zip")
        self.put_map(MAP, (self.sample / "map.yml").read_text())
        self.put_workspace(self.workspace, [MAP])
        self.dataset = self.put_dataset(packed)
        self.spoilt = self.put_dataset(spoilt(packed, folder / f"{SPOILT}{self.tag}.zip"))
        self.annotation = self.request(self.dataset, "COCO", MAP)
        self.warned = self.request(self.dataset, "SAGEMAKER_OD", split="train=0.7,test=0.3", split_by="image")
        self.failed = self.request(self.spoilt, "COCO", MAP)
        self.put_row(1, status="cancelled", finished=now_text())
        self.image = self.ask("GET", f"/datasets/{self.dataset}/images")["items"][0]["name"]
        self.wait_for(self.annotation, "complete")
        self.wait_for(self.warned, "complete")
        self.wait_for(self.failed, "failed")

    def path(self, pattern: str) -> str:
        """The address of one of the console's pages, filled with something of this house."""
        values = {
            "/workspaces/{ws}": {"ws": self.workspace},
            "/annotations/{id}/log": {"id": self.failed},
            "/annotations/{id}/report": {"id": self.warned},
        }
        found = values.get(pattern, {"id": self.dataset, "image": self.image})
        for name, value in found.items():
            pattern = pattern.replace(f"{{{name}}}", quote(value, safe=""))
        assert "{" not in pattern, pattern
        return pattern


def spoilt(good: Path, target: Path) -> Path:
    """A copy of a packed dataset in which no annotation file can be read, for two reasons."""
    with zipfile.ZipFile(good) as source, zipfile.ZipFile(target, "w") as packed:
        for number, name in enumerate(source.namelist()):
            data = source.read(name)
            if name.startswith("annotations/"):
                data = data[: len(data) // 2] if number % 2 else json.dumps({"filename": 7}).encode()
            packed.writestr(name, data)
    return target
