"""Report and errors of an annotation: read in bounds from what the steps leave beside its download."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from api_tools import ApiCaller
from cloud_tools import Cloud
from job_steps import finish, make_dataset, request, write_results

from labelmill.convert.notices import Notice
from labelmill_aws.jobs import reports
from labelmill_aws.jobs.reports import BadFile, StoredReport, StoredSplit

MOST_ANSWER_BYTES = 6_000_000
LOSS = Notice("no-contours", "objects without contours", 7, [], "COCO")
REPORT = StoredReport(
    images=9,
    failed=1,
    objects=30,
    classes={"Block": 20, "Globe": 10},
    split_by="run",
    splits={
        "train": StoredSplit(0.8, 7, 25, 4, {"Block": 16, "Globe": 9}),
        "val": StoredSplit(0.2, 2, 5, 1, {"Block": 4}),
    },
    leaks=2,
    left_out={"Tree": 4},
    lost={"COCO": {LOSS.message: 7}},
    notices=[Notice("field-shape", "odd fields", 1, ["annotations/a.json: object 1: NaN"]), LOSS],
)


@pytest.fixture
def annotation(api: ApiCaller, cloud: Cloud) -> str:
    """One that has ended, with a report and two bad files."""
    found: str = request(api, make_dataset(cloud))["id"]
    finish(cloud, found)
    write_results(cloud, found, REPORT, [BadFile("a.png", "annotations/a.json", "bad"), BadFile("ü.png", "b", "worse")])
    return found


def walk(api: ApiCaller, annotation: str, limit: int) -> list[str]:
    files: list[str] = []
    query: dict[str, Any] = {"limit": limit}
    for _ in range(1_000):
        answer = api.get(f"/v1/annotations/{annotation}/errors", query=query)
        assert answer.status == 200, answer
        assert 0 < len(answer.json["items"]) <= limit
        files += [item["file"] for item in answer.json["items"]]
        if answer.json["next"] is None:
            return files
        query["cursor"] = answer.json["next"]
    raise AssertionError("the list has no end")


def test_the_report(api: ApiCaller, annotation: str) -> None:
    found = api.as_("reader").get(f"/v1/annotations/{annotation}/report").json
    files = found.pop("report_file"), found.pop("errors_file")
    assert found == {
        "annotation": annotation,
        "images": 9,
        "failed": 1,
        "objects": 30,
        "classes": [{"name": "Block", "objects": 20}, {"name": "Globe", "objects": 10}],
        "more_classes": 0,
        "split_by": "run",
        "splits": [
            {"name": "train", "share": 0.8, "images": 7, "objects": 25, "groups": 4, "class_objects": [16, 9]},
            {"name": "val", "share": 0.2, "images": 2, "objects": 5, "groups": 1, "class_objects": [4, 0]},
        ],
        "leaks": 2,
        "ignored": [],
        "dropped": [],
        "left_out": [{"type": "Tree", "objects": 4}],
        "more_left_out": 0,
        "skipped": [],
        "warnings": [
            {
                "code": "field-shape",
                "message": "odd fields",
                "count": 1,
                "file": "annotations/a.json",
                "examples": ["annotations/a.json: object 1: NaN"],
            }
        ],
        "losses": [
            {"code": "no-contours", "message": "objects without contours", "count": 7, "file": "", "examples": []}
        ],
        "more_warnings": 0,
    }
    assert [file["name"] for file in files] == ["toys-coco-report.json", "toys-coco-errors.jsonl"]
    whole, lines = (httpx.get(file["url"]) for file in files)
    assert whole.headers["content-disposition"] == 'attachment; filename="toys-coco-report.json"'
    assert whole.json()["images"] == 9 and len(whole.content) == files[0]["size_bytes"]
    assert [json.loads(line)["image"] for line in lines.text.splitlines()] == ["a.png", "ü.png"]


def test_every_bad_file(api: ApiCaller, annotation: str) -> None:
    found = api.as_("reader").get(f"/v1/annotations/{annotation}/errors").json
    assert found == {
        "items": [
            {"image": "a.png", "file": "annotations/a.json", "reason": "bad"},
            {"image": "ü.png", "file": "b", "reason": "worse"},
        ],
        "next": None,
    }


@pytest.mark.parametrize(("limit", "window"), [(1, 400), (7, 200), (50, 999), (200, 1 << 20)])
def test_pages_of_any_size(
    api: ApiCaller, cloud: Cloud, annotation: str, limit: int, window: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever is read at a time: each file once, in order, and never the whole list."""
    names = [f"annotations/{number:03}-ü.json" for number in range(230)]
    write_results(
        cloud, annotation, REPORT, [BadFile("a.png", name, "x" * (number % 60)) for number, name in enumerate(names)]
    )
    monkeypatch.setattr(reports, "WINDOW_BYTES", window)
    assert walk(api, annotation, limit) == names


def test_none_is_bad(api: ApiCaller, cloud: Cloud, annotation: str) -> None:
    write_results(cloud, annotation, REPORT, [])
    assert api.get(f"/v1/annotations/{annotation}/errors").json == {"items": [], "next": None}


def test_foreign_cursors(api: ApiCaller, cloud: Cloud, annotation: str) -> None:
    path = f"/v1/annotations/{annotation}/errors"
    after = api.get(path, query={"limit": 1}).json["next"]
    from labelmill_aws.api.paging import read_cursor, write_cursor

    version, at = read_cursor(after, 2) or ("", "")
    for position in ("1", "0", str(10**9), "-1", "x", "²", "9" * 40):
        assert api.get(path, query={"cursor": write_cursor(version, position)}).slug == "bad-cursor", position
    assert api.get(path, query={"cursor": write_cursor(version, at)}).status == 200
    write_results(cloud, annotation, REPORT, [BadFile("other.png", "c", "made again")] * 5)
    assert api.get(path, query={"cursor": after}).slug == "bad-cursor"


def test_no_report(api: ApiCaller, cloud: Cloud) -> None:
    dataset = make_dataset(cloud)
    running = request(api, dataset)["id"]
    failed = request(api, dataset, format="YOLO")["id"]
    finish(cloud, failed, "failed", reason="no zip")
    gone = request(api, dataset, format="KITTI")["id"]
    finish(cloud, gone)
    for id_, said in ((running, "The annotation is queued; its"), (failed, "its log says why"), (gone, "is gone")):
        for what in ("report", "errors"):
            answer = api.get(f"/v1/annotations/{id_}/{what}")
            assert (answer.status, answer.slug) == (409, "no-report")
            assert said in answer.json["detail"]
    assert api.as_("admin", "other").get(f"/v1/annotations/{gone}/report").slug == "not-found"
    assert api.get("/v1/annotations/an-none/errors").slug == "not-found"


def test_an_older_report(api: ApiCaller, cloud: Cloud, annotation: str) -> None:
    """It knew no notices, and findings had no codes."""
    old = {
        "images": 1,
        "failed": 0,
        "objects": 1,
        "classes": {"A": 1},
        "skipped": {"why": {"count": 1, "examples": []}},
    }
    write_results(cloud, annotation, old, [])
    found = api.get(f"/v1/annotations/{annotation}/report").json
    assert (found["warnings"], found["skipped"][0]["message"]) == ([], "why")


def test_hostile_sizes_fit(api: ApiCaller, cloud: Cloud, annotation: str) -> None:
    """As much as a map and names can make of it: an answer holds 6 MB."""
    long = "\U0001f600" * 2_000
    notices = [Notice("rule-conflict", f"{number} {long}", 2, [long] * 5) for number in range(20_000)]
    classes = {f"{number}{long[:300]}": number for number in range(3_000)}
    splits = {f"s{number}": StoredSplit(0.1, 1, 1, 1, classes) for number in range(20)}
    from labelmill.source.tally import Finding

    filters = {f"{number}{long}": Finding(1, [long] * 5) for number in range(200)}
    report = StoredReport(
        1,
        1,
        1,
        classes,
        "run",
        splits,
        0,
        filters,
        filters,
        {f"{n}{long[:199]}": 1 for n in range(20_000)},
        {},
        {},
        notices,
    )
    write_results(cloud, annotation, report, [BadFile(long[:200], long[:200], "\u00fc" * 8_000)] * 300)
    for path in ("report", "errors?limit=200"):
        path, _, query = path.partition("?")
        answer = api.get(f"/v1/annotations/{annotation}/{path}", query={"limit": 200} if query else None)
        assert answer.status == 200
        assert len(json.dumps(answer.body.decode())) < MOST_ANSWER_BYTES, path
    found = api.get(f"/v1/annotations/{annotation}/report").json
    assert (found["more_classes"], found["more_warnings"], found["more_left_out"]) == (2_500, 19_950, 19_700)
