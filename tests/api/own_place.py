"""One organization with one of everything, made when it is asked for."""

from __future__ import annotations

import io
import json
import uuid
import zipfile
from functools import cache, cached_property
from typing import Any

from api_tools import ApiCaller
from cloud_tools import Cloud
from job_steps import finish
from map_texts import GOOD
from PIL import Image

PLACEHOLDERS = ("org", "map", "ws", "ds", "up", "id", "subscription", "token", "image")


IMAGE = "one.png"


@cache
def one_image() -> bytes:
    """A dataset of one image with one object, packed."""
    picture, packed = io.BytesIO(), io.BytesIO()
    Image.new("RGB", (8, 6), "orange").save(picture, "PNG")
    box = {"id": 1, "bbox": [1, 1, 3, 2], "segmentation": [[1, 1, 4, 1, 4, 3, 1, 3]]}
    files = {
        "annotations/one-ana.json": json.dumps({"filename": IMAGE, "annotations": [box]}).encode(),
        "metadata/one-metadata.json": json.dumps({"filename": IMAGE, "objects": [{"id": 1, "type": "car"}]}).encode(),
        f"images/{IMAGE}": picture.getvalue(),
    }
    with zipfile.ZipFile(packed, "w") as archive:
        for name, data in files.items():
            archive.writestr(f"toys/{name}", data)
    return packed.getvalue()


class Place:
    """An organization and its things. Names are those of no other place."""

    def __init__(self, api: ApiCaller, cloud: Cloud) -> None:
        self.tag = uuid.uuid4().hex[:8]
        self.org = f"org {self.tag}"
        self.admin = api.as_("admin", self.org)
        self.cloud = cloud

    def _post(self, path: str, **body: Any) -> dict[str, Any]:
        answer = self.admin.post(path, json=body)
        assert answer.status in {200, 201, 202}, answer
        made: dict[str, Any] = answer.json
        return made

    @property
    def below(self) -> str:
        return f"/v1/organizations/{self.org}"

    @cached_property
    def map(self) -> str:
        """A map that no workspace includes."""
        name: str = self._post(f"{self.below}/maps", name=f"map {self.tag}", file=GOOD)["name"]
        return name

    @cached_property
    def ws(self) -> str:
        """A workspace that includes no map and makes nothing by itself."""
        body = {"name": f"ws {self.tag}", "auto_formats": [], "included_maps": []}
        name: str = self._post(f"{self.below}/workspaces", **body)["name"]
        return name

    @cached_property
    def ds(self) -> str:
        """A dataset that has arrived."""
        key = f"datasets/{self.ws}/toys.zip"
        self.cloud.put(key, one_image())
        self.cloud.receive(key)
        (item,) = self.admin.get(f"/v1/workspaces/{self.ws}/datasets").json["items"]
        found: str = item["id"]
        return found

    @cached_property
    def image(self) -> str:
        """An image of the dataset, which is one that can be read."""
        assert self.ds
        return IMAGE

    @cached_property
    def up(self) -> str:
        """An upload that has begun."""
        body = {"name": f"up {self.tag}", "size_bytes": 3, "suffix": ".zip"}
        found: str = self._post(f"/v1/workspaces/{self.ws}/datasets", **body)["upload"]["id"]
        return found

    @cached_property
    def id(self) -> str:
        """An annotation that is complete."""
        found: str = self._post(f"/v1/datasets/{self.ds}/annotations", format="COCO")["id"]
        finish(self.cloud, found)
        return found

    @cached_property
    def subscription(self) -> str:
        """A subscription."""
        endpoint = f"https://hooks.example.com/{self.tag}"
        found: str = self._post(f"{self.below}/subscriptions", protocol="https", endpoint=endpoint)["id"]
        return found

    @cached_property
    def token(self) -> str:
        """A token."""
        found: str = self._post(f"{self.below}/tokens", name="ci", role="reader")["id"]
        return found


class Nowhere:
    """What is not there; ids look as real ones do."""

    org = "nobody"
    map = "no map"
    ws = "no workspace"
    ds = "ds-" + "0" * 20
    up = "up-" + "0" * 20
    id = "an-" + "0" * 20
    subscription = "sub-" + "0" * 20
    token = "a" * 12
    image = "no image.png"
