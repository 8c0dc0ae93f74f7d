"""What the client reads of a dataset's content, from the API's own function."""

from __future__ import annotations

import json
from typing import Any

import httpx
import msgspec
import pytest

from labelmill.client.config import Profile
from labelmill.client.look_models import Labels, Statistics, Types
from labelmill.client.resources.datasets import Datasets
from labelmill.client.transport import Transport

LABELS = {
    "image": "a #1.png",
    "width": 8,
    "height": 6,
    "map": "",
    "map_version": "",
    "objects": [
        {
            "id": 1,
            "type": "car",
            "class": {"number": None, "name": "car", "supercategory": "none"},
            "left_out": False,
            "filter": "ignore",
            "box": [1.0, 1.0, 5.0, 4.0],
            "contours": [[1.0, 1.0, 5.0, 1.0, 5.0, 4.0]],
        },
        {
            "id": 2,
            "type": None,
            "class": None,
            "left_out": True,
            "filter": "",
            "box": [0.0, 0.0, 1.0, 1.0],
            "contours": [],
        },
    ],
    "total": 2,
    "without_contours": 0,
    "skipped": [{"what": "no box", "count": 1, "examples": ["a"]}],
    "warnings": [],
}
TYPES = {"images": 9, "images_read": 4, "types": [{"type": "car", "objects": 7}]}
STATISTICS = {
    "map": "m",
    "map_version": "1",
    "images": 9,
    "images_read": 9,
    "images_empty": 0,
    "images_unreadable": 0,
    "example": "",
    "objects": 7,
    "classes": [{"number": 1, "name": "car", "supercategory": "car", "objects": 7, "images": 9, "box_sizes": [7]}],
    "more_classes": 0,
    "box_sizes": [{"from_px": 3072, "to_px": None, "objects": 7}],
    "left_out": [],
}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[httpx.URL]:
    """The addresses that were asked; each is answered by what stands at its end."""
    seen: list[httpx.URL] = []
    pages = {
        None: {"items": [{"name": "a #1.png", "size_bytes": None, "has_mask": True}], "next": "c"},
        "c": {"items": [{"name": "b.png", "size_bytes": 3, "has_mask": False}], "next": None},
    }

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.url)
        what = request.url.path.rpartition("/")[2]
        if what == "pixels":
            return httpx.Response(200, content=b"RIFF", headers={"content-type": "image/webp"})
        body: Any = {"labels": LABELS, "types": TYPES, "statistics": STATISTICS}.get(what)
        if what == "images":
            body = pages[request.url.params.get("cursor")] | {"total": 2, "version": "v"}
        return httpx.Response(200, content=json.dumps(body))

    made = httpx.Client
    monkeypatch.setattr(
        httpx, "Client", lambda **more: made(**{**more, "transport": httpx.MockTransport(answer), "trust_env": False})
    )
    return seen


@pytest.fixture
def datasets(asked: list[httpx.URL]) -> Datasets:
    profile = Profile(url="http://127.0.0.1:1", token="lm_x_y", organization="default")
    return Datasets(Transport(profile), lambda: "default")


def test_images(datasets: Datasets, asked: list[httpx.URL]) -> None:
    found = list(datasets.images("ds-0123456789abcdef0123", name="a"))
    assert [(one.name, one.size_bytes, one.has_mask) for one in found] == [
        ("a #1.png", None, True),
        ("b.png", 3, False),
    ]
    assert [url.params["name"] for url in asked] == ["a", "a"]


def test_one_image(datasets: Datasets, asked: list[httpx.URL]) -> None:
    assert datasets.pixels("ds-0123456789abcdef0123", "a #1.png", width=160) == b"RIFF"
    labels = datasets.labels("ds-0123456789abcdef0123", "a #1.png", map="my map")
    assert labels == msgspec.convert(LABELS, Labels)
    car, other = labels.objects
    assert car.label is not None and (car.label.name, car.label.number) == ("car", None)
    assert (other.label, other.left_out) == (None, True)
    assert [url.raw_path.decode() for url in asked] == [
        "/v1/datasets/ds-0123456789abcdef0123/images/a%20%231.png/pixels?width=160",
        "/v1/datasets/ds-0123456789abcdef0123/images/a%20%231.png/labels?map=my+map",
    ]


def test_numbers(datasets: Datasets, asked: list[httpx.URL]) -> None:
    assert datasets.types("ds-0123456789abcdef0123") == msgspec.convert(TYPES, Types)
    assert datasets.statistics("ds-0123456789abcdef0123", map="m") == msgspec.convert(STATISTICS, Statistics)
    assert [url.query.decode() for url in asked] == ["", "map=m"]
