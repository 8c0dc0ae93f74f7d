"""A request that would take longer than the gateway waits is stopped and answered in words, whatever takes so long."""

from __future__ import annotations

import io
import json
import time
import zipfile
from types import SimpleNamespace
from typing import Any

import api_tools
import pytest
from api_tools import ApiCaller
from cloud_tools import Cloud
from map_texts import MAPS
from test_map_checks import CHECKS, know_dataset, ranges

from labelmill_aws.looking import sampling
from labelmill_aws.looking.directories import DIRECTORIES

__all__ = ["ranges"]

OBJECTS = 400
RULES = 40
WORST = "sum([len(str(obj)) for a in str(obj) for b in str(obj)]) > {}"
"""Each object takes as long as rules may."""


def put_heavy(cloud: Cloud) -> None:
    """One image of many objects, no two alike."""
    objects = [{"id": number, "type": f"T{number}", "text": "x" * 3000} for number in range(1, OBJECTS)]
    entries = [{"id": one["id"], "bbox": [1, 1, 2, 2]} for one in objects]
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("annotations/a-ana.json", json.dumps({"filename": "a.png", "annotations": entries}))
        metadata = {"filename": "a.png", "sensor": {"resolution": [9, 9]}, "objects": objects}
        archive.writestr("metadata/a-metadata.json", json.dumps(metadata))
    cloud.put("datasets/ws/toys.zip", data.getvalue())
    cloud.receive("datasets/ws/toys.zip")
    know_dataset(cloud)


def worst_map() -> str:
    rules = [f"  {json.dumps(WORST.format(-number))}: 1" for number in range(1, RULES + 1)]
    return "\n".join(["classes:\n  1: a", "properties:", *rules])


@pytest.fixture
def heavy(cloud: Cloud, api: ApiCaller, monkeypatch: pytest.MonkeyPatch) -> str:
    DIRECTORIES.clear()
    put_heavy(cloud)
    monkeypatch.setattr("labelmill_aws.looking.look.RULES_FOR_S", 1.0)
    monkeypatch.setattr("labelmill_aws.uploads.map_explain.RULES_FOR_S", 1.0)
    monkeypatch.setattr("labelmill_aws.uploads.map_explain.explain_dataset.__defaults__", (0.0,))
    assert api.post(MAPS, json={"name": "worst", "file": worst_map()}).status == 201
    return worst_map()


def test_forty_of_the_worst_rules(api: ApiCaller, heavy: str) -> None:
    began = time.monotonic()
    answer = api.post(CHECKS, json={"file": heavy, "dataset": "ds-1"})
    assert (answer.status, answer.slug) == (422, "too-slow")
    assert answer.json["detail"] == (
        "the map's rules take too long: not one image was done in time; "
        "'labelmill map explain' takes as long as it needs."
    )
    assert time.monotonic() - began < 20


@pytest.mark.parametrize("below", ["images/a.png/labels", "statistics"])
def test_looking_under_such_a_map(api: ApiCaller, heavy: str, below: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from labelmill_aws.looking.look import Look

    monkeypatch.setattr(Look.__init__, "__defaults__", (0.0,))
    answer = api.get(f"/v1/datasets/ds-1/{below}", query={"map": "worst"})
    assert (answer.status, answer.slug) == (422, "too-slow")
    assert answer.json["detail"].startswith("the map's rules take too long")


def test_a_sensible_map_is_not_stopped(api: ApiCaller, heavy: str) -> None:
    answer = api.post(CHECKS, json={"file": "classes: {1: a}\nproperties:\n  obj['id'] > 3: 1\n", "dataset": "ds-1"})
    assert answer.status == 200 and answer.json["explain"]["images_read"] == 1


def test_anything_else_that_takes_long(api: ApiCaller, cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """What can't know of a limit is stopped by one for all, even where it takes every error for its own."""
    context = SimpleNamespace(**{**vars(api_tools.CONTEXT), "get_remaining_time_in_millis": lambda: 1_700})
    monkeypatch.setattr(api_tools, "CONTEXT", context)

    def stay(**_: Any) -> None:
        while True:
            try:
                time.sleep(30)
            except Exception:  # noqa: BLE001
                continue

    monkeypatch.setattr(cloud.clients.dynamodb, "query", stay)
    answer = api.get(MAPS)
    assert (answer.status, answer.slug) == (422, "too-slow")
    assert answer.json["title"] == "It takes longer than a request may"
    assert sampling.READ_FOR_S + sampling.RULES_FOR_S < 27
