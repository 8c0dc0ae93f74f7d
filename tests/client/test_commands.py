"""The commands of the service: what they send, print and exit with, in a pipe and on a terminal."""

from __future__ import annotations

import io
import json
import os
import pty
import re
import select
import signal
import stat
import subprocess
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from cli_tools import Result, command, labelmill
from fake_service import TOKEN, Answer, Asked, FakeService, annotation, dataset, me, problem

from labelmill.cli.main import SERVICE_COMMANDS, cli
from labelmill.cli.remote import changed_tags, read_options, size_of
from labelmill.cli.workspaces_command import chosen_maps
from labelmill.client.config import Profile, load, save_profile

TIME = "2026-01-01T00:00:00Z"
MAP = {
    "organization": "acme",
    "name": "toys",
    "description": "",
    "tags": {"team": "a"},
    "version": "v1",
    "classes": 1,
    "rules": 1,
    "status": "ready",
    "problems": [],
    "updated": TIME,
    "updated_by": "ci",
    "used_in": ["ws"],
    "revision": 3,
    "class_names": [{"number": 5, "name": "Globe", "supercategory": "toy"}],
}
WORKSPACE = {
    "name": "ws",
    "organization": "acme",
    "description": "for tests",
    "tags": {},
    "auto_formats": ["COCO", {"format": "YOLO", "options": {"images": True, "split": "a=0.5,b=0.5"}}],
    "included_maps": ["*"],
    "created": TIME,
    "revision": 2,
}
SUBSCRIPTION = {
    "id": "sub-1",
    "protocol": "sqs",
    "endpoint": "arn:q",
    "workspaces": [],
    "formats": ["COCO"],
    "statuses": [],
    "status": "confirmed",
    "queue_policy": {"Effect": "Allow"},
    "created": TIME,
    "created_by": "ci",
}
TOKEN_RECORD = {
    "id": "tok1",
    "name": "ci",
    "role": "reader",
    "status": "active",
    "created": TIME,
    "created_by": "root",
    "expires": TIME,
    "revoked": "",
}
LOG_LINE = {"time": TIME, "level": "ERROR", "format": "COCO", "shard": 0, "file": "a.json", "message": "bad\x1b[31m"}
NOTICE = {
    "code": "field-shape",
    "message": "odd fields",
    "count": 1200,
    "file": "a.json",
    "examples": ["a.json: x\x1b"],
}
FILE = {"url": "http://127.0.0.1/file", "name": "toys-coco-report.json", "size_bytes": 5, "expires": TIME}
REPORT = {
    "annotation": "an-3",
    "images": 9,
    "failed": 1,
    "objects": 30,
    "classes": [{"name": "Block", "objects": 20}, {"name": "Globe", "objects": 10}],
    "more_classes": 0,
    "split_by": "run",
    "splits": [
        {"name": "train", "share": 0.8, "images": 7, "objects": 25, "groups": 4, "class_objects": [16, 9]},
        {"name": "val", "share": 0.2, "images": 2, "objects": 5, "groups": 1, "class_objects": [4, 1]},
    ],
    "leaks": 0,
    "ignored": [{"rule": "ann['pixels'] < 9", "objects": 2, "examples": []}],
    "dropped": [],
    "left_out": [{"type": "Tree", "objects": 4}],
    "more_left_out": 3,
    "skipped": [NOTICE | {"code": "box-outside", "message": "box outside the image", "count": 2}],
    "warnings": [NOTICE],
    "losses": [NOTICE | {"code": "no-contours", "message": "objects without contours", "examples": [], "file": ""}],
    "more_warnings": 0,
    "report_file": FILE,
    "errors_file": FILE,
}
BAD_FILE = {"image": "a.png", "file": "annotations/a.json", "reason": "expected a list\x1b"}
VERSION = {"version": "v1", "updated": TIME, "updated_by": "ci", "classes": 1, "rules": 1, "in_force": True}
CHECK: dict[str, Any] = {
    "ok": True,
    "errors": [],
    "classes": MAP["class_names"],
    "rules": [{"line": 3, "rule": "obj", "class": 5}],
    "filters": [{"line": 5, "filter": "drop", "rule": "ann"}],
    "stuff": [],
    "warnings": [{"line": 3, "message": "is always true"}],
    "explain": {
        "images": 100,
        "images_read": 10,
        "rules": [{"line": 3, "rule": "obj", "class": 5, "objects": 7, "types": [{"type": "Ball", "objects": 7}]}],
        "left_out": [{"type": "Cube", "objects": 2}],
        "filters": [
            {"line": 5, "filter": "drop", "rule": "ann", "objects": 3, "types": [], "examples": ["a.json: id 1"]}
        ],
        "warnings": ["a warning"],
    },
}
DATASET = "ds-" + "0" * 20


def listed(*items: object) -> Answer:
    return Answer(200, {"items": items, "next": None})


@pytest.fixture
def service(service: FakeService, monkeypatch: pytest.MonkeyPatch) -> FakeService:
    """A service that knows one thing of each kind, and a profile for it."""
    own = "/v1/organizations/acme"
    service.answers |= {
        ("GET", f"{own}/maps"): listed({k: v for k, v in MAP.items() if k != "class_names"}),
        ("POST", f"{own}/maps"): Answer(201, MAP),
        ("GET", f"{own}/maps/toys"): Answer(200, MAP),
        ("PATCH", f"{own}/maps/toys"): Answer(200, MAP),
        ("DELETE", f"{own}/maps/toys"): Answer(204),
        ("GET", f"{own}/maps/toys/file"): Answer(
            200, b"classes: {}\r\n# \xc3\xbc", {"content-type": "application/yaml"}
        ),
        ("GET", f"{own}/maps/toys/versions"): listed(VERSION),
        ("POST", f"{own}/map-checks"): Answer(200, CHECK),
        ("GET", f"{own}/workspaces"): listed(WORKSPACE),
        ("POST", f"{own}/workspaces"): Answer(201, WORKSPACE),
        ("GET", "/v1/workspaces/ws"): Answer(200, WORKSPACE),
        ("PATCH", "/v1/workspaces/ws"): Answer(200, WORKSPACE),
        ("DELETE", "/v1/workspaces/ws"): Answer(204),
        ("GET", "/v1/workspaces/ws/resources"): Answer(200, {"available": ["toys", "cars"], "included": ["toys"]}),
        ("PUT", "/v1/workspaces/ws/resources"): Answer(200, {"available": ["toys", "cars"], "included": ["cars"]}),
        ("GET", "/v1/workspaces/ws/datasets"): listed(dataset("ws", "toys")),
        ("GET", f"/v1/datasets/{DATASET}"): Answer(200, dataset("ws", "toys")),
        ("DELETE", f"/v1/datasets/{DATASET}"): Answer(202, {"id": DATASET, "status": "deleting"}),
        ("GET", f"/v1/datasets/{DATASET}/annotations"): listed(annotation()),
        ("POST", f"/v1/datasets/{DATASET}/annotations"): Answer(202, annotation()),
        ("GET", "/v1/workspaces/ws/annotations"): listed(annotation()),
        ("GET", f"{own}/annotations"): listed(annotation()),
        ("GET", "/v1/annotations/an-1"): Answer(200, annotation(1, "complete", 10, tags={"a": "1"}, size_bytes=6)),
        ("GET", "/v1/annotations/an-2"): Answer(200, annotation(2, "failed", 4, reason="1 image is broken")),
        ("PATCH", "/v1/annotations/an-1"): Answer(200, annotation()),
        ("DELETE", "/v1/annotations/an-1"): Answer(204),
        ("POST", "/v1/annotations/an-1/cancel"): Answer(200, annotation(1, "cancelled")),
        ("GET", "/v1/annotations/an-1/log"): listed(LOG_LINE),
        ("GET", "/v1/annotations/an-3"): Answer(200, annotation(3, "complete", 10, warnings=2400)),
        ("GET", "/v1/annotations/an-3/report"): Answer(200, REPORT),
        ("GET", "/v1/annotations/an-3/errors"): listed(BAD_FILE),
        ("GET", f"{own}/subscriptions"): listed(SUBSCRIPTION),
        ("POST", f"{own}/subscriptions"): Answer(201, SUBSCRIPTION),
        ("DELETE", f"{own}/subscriptions/sub-1"): Answer(204),
        ("GET", f"{own}/tokens"): listed(TOKEN_RECORD),
        ("POST", f"{own}/tokens"): Answer(201, {**TOKEN_RECORD, "token": "lm_new"}),
        ("DELETE", f"{own}/tokens/tok1"): Answer(204),
    }
    service.file = b"labels"
    save_profile("here", Profile(service.url, TOKEN, "acme"))
    return service


@pytest.fixture
def map_file(tmp_path: Path) -> Path:
    path = tmp_path / "toys.yml"
    path.write_bytes(b"classes: {5: Globe}\r\n")
    return path


COMMANDS: list[tuple[str, str, dict[str, Any] | None]] = [
    ("maps create toys {map} --description text --tag a=b=c", "POST /v1/organizations/acme/maps", None),
    ("maps list --name to --limit 5", "GET /v1/organizations/acme/maps?name=to&limit=5", None),
    ("maps get toys", "GET /v1/organizations/acme/maps/toys", None),
    ("maps download toys", "GET /v1/organizations/acme/maps/toys/file", None),
    ("maps download toys --version v1", "GET /v1/organizations/acme/maps/toys/file?version=v1", None),
    ("maps edit toys --file {map}", "PATCH /v1/organizations/acme/maps/toys", {"file": "classes: {5: Globe}\r\n"}),
    ("maps edit toys --tag b=2 --untag team", "PATCH /v1/organizations/acme/maps/toys", {"tags": {"b": "2"}}),
    ("maps edit toys --description ''", "PATCH /v1/organizations/acme/maps/toys", {"description": ""}),
    ("maps versions toys", "GET /v1/organizations/acme/maps/toys/versions?limit=200", None),
    ("maps check {map}", "POST /v1/organizations/acme/map-checks", {"file": "classes: {5: Globe}\r\n"}),
    (f"maps check {{map}} --dataset {DATASET}", "POST /v1/organizations/acme/map-checks", None),
    ("maps delete toys --yes", "DELETE /v1/organizations/acme/maps/toys", None),
    (
        "workspaces create ws --auto-format coco --auto-format yolo-seg --include toys",
        "POST /v1/organizations/acme/workspaces",
        {"name": "ws", "auto_formats": ["COCO", "YOLO_SEG"], "included_maps": ["toys"]},
    ),
    (
        "workspaces create ws --no-auto-formats --include-none",
        "POST /v1/organizations/acme/workspaces",
        {"name": "ws", "auto_formats": [], "included_maps": []},
    ),
    (
        "workspaces create ws --auto-format coco --auto-format kitti --auto-format pascal --split a=0.5,b=0.5 "
        "--simplify 0.5",
        "POST /v1/organizations/acme/workspaces",
        {
            "name": "ws",
            "auto_formats": [
                {"format": "COCO", "options": {"split": "a=0.5,b=0.5", "simplify": 0.5}},
                {"format": "KITTI", "options": {"split": "a=0.5,b=0.5"}},
                {"format": "PASCAL", "options": {"split": "a=0.5,b=0.5"}},
            ],
        },
    ),
    (
        "workspaces edit ws --auto-format yolo --auto-format pascal --layout voc2012",
        "PATCH /v1/workspaces/ws",
        {"auto_formats": ["YOLO", {"format": "PASCAL", "options": {"layout": "voc2012"}}]},
    ),
    ("workspaces create ws", "POST /v1/organizations/acme/workspaces", {"name": "ws"}),
    ("workspaces list", "GET /v1/organizations/acme/workspaces?limit=200", None),
    ("workspaces get ws", "GET /v1/workspaces/ws", None),
    ("workspaces edit ws --no-auto-formats", "PATCH /v1/workspaces/ws", {"auto_formats": []}),
    ("workspaces edit ws --tag a=1", "PATCH /v1/workspaces/ws", {"tags": {"a": "1"}}),
    ("workspaces resources ws", "GET /v1/workspaces/ws/resources", None),
    (
        "workspaces resources ws --include cars --exclude toys",
        "PUT /v1/workspaces/ws/resources",
        {"included": ["cars"]},
    ),
    ("workspaces delete ws -y", "DELETE /v1/workspaces/ws", None),
    ("datasets list ws", "GET /v1/workspaces/ws/datasets?limit=200", None),
    (f"datasets get {DATASET}", f"GET /v1/datasets/{DATASET}", None),
    (f"datasets delete {DATASET} --yes", f"DELETE /v1/datasets/{DATASET}", None),
    ("datasets upload {zip} ws/other", "POST /v1/uploads/up-1/complete", None),
    (
        f"annotations request {DATASET} --format coco --map toys --option images=true --option split=a=1,b=1 --force",
        f"POST /v1/datasets/{DATASET}/annotations",
        {"format": "COCO", "map": "toys", "options": {"images": True, "split": "a=1,b=1"}, "force": True},
    ),
    (
        f"annotations request {DATASET} --format coco --images --split train=0.8,val=0.2 --split-by metadata['a'] "
        "--segmentation rle --first-category 1 --simplify 1.5 --option tolerated_errors=3",
        f"POST /v1/datasets/{DATASET}/annotations",
        {
            "format": "COCO",
            "options": {
                "tolerated_errors": 3,
                "images": True,
                "split": "train=0.8,val=0.2",
                "split_by": "metadata['a']",
                "segmentation": "rle",
                "first_category": "1",
                "simplify": 1.5,
            },
        },
    ),
    (
        f"annotations request {DATASET} --format pascal --layout voc2012",
        f"POST /v1/datasets/{DATASET}/annotations",
        {"format": "PASCAL", "options": {"layout": "voc2012"}},
    ),
    ("annotations list", "GET /v1/organizations/acme/annotations?status=open&limit=200", None),
    (
        "annotations list ws --status failed --format yolo --map ''",
        "GET /v1/workspaces/ws/annotations?status=failed&format=YOLO&map=&version=current&limit=200",
        None,
    ),
    (f"annotations list {DATASET}", f"GET /v1/datasets/{DATASET}/annotations?version=current&limit=200", None),
    (f"annotations list {DATASET} --all-versions", f"GET /v1/datasets/{DATASET}/annotations?limit=200", None),
    ("annotations get an-1", "GET /v1/annotations/an-1", None),
    ("annotations watch an-1", "GET /v1/annotations/an-1", None),
    (
        "annotations log an-1 --newest --level ERROR",
        "GET /v1/annotations/an-1/log?order=newest&level=ERROR&limit=200",
        None,
    ),
    ("annotations report an-3", "GET /v1/annotations/an-3/report", None),
    ("annotations errors an-3 --limit 7", "GET /v1/annotations/an-3/errors?limit=7", None),
    ("annotations download an-1 --out {out}", "GET /storage/file?signature=1", None),
    ("annotations cancel an-1", "POST /v1/annotations/an-1/cancel", None),
    ("annotations tag an-1 --tag b=2", "PATCH /v1/annotations/an-1", {"tags": {"a": "1", "b": "2"}}),
    ("annotations delete an-1 --yes", "DELETE /v1/annotations/an-1", None),
    (
        "subscriptions create sqs arn:q --workspace ws --format coco --status failed",
        "POST /v1/organizations/acme/subscriptions",
        {"protocol": "sqs", "endpoint": "arn:q", "workspaces": ["ws"], "formats": ["COCO"], "statuses": ["failed"]},
    ),
    ("subscriptions list", "GET /v1/organizations/acme/subscriptions?limit=200", None),
    ("subscriptions delete sub-1 --yes", "DELETE /v1/organizations/acme/subscriptions/sub-1", None),
    (
        "tokens create ci --role reader --days 7",
        "POST /v1/organizations/acme/tokens",
        {"name": "ci", "role": "reader", "expires_in_days": 7},
    ),
    ("tokens list", "GET /v1/organizations/acme/tokens?limit=200", None),
    ("tokens revoke tok1 --yes", "DELETE /v1/organizations/acme/tokens/tok1", None),
]
LINES = ("request", "watch", "log", "errors", "download")
"""Sub-commands of ``annotations`` that go on for a while: with --json, a line of JSON at a time."""


def words(line: str, map_file: Path) -> list[str]:
    packed = map_file.with_name("toys.zip")
    packed.write_bytes(b"a zip")
    known = {"map": map_file, "zip": packed, "out": map_file.parent / "out"}
    return ["" if word == "''" else word.format(**known) for word in line.split(" ")]


@pytest.mark.parametrize(("line", "request_line", "body"), COMMANDS, ids=[one[0] for one in COMMANDS])
def test_each_command(
    line: str,
    request_line: str,
    body: dict[str, Any] | None,
    service: FakeService,
    map_file: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    arguments = words(line, map_file)
    plain = labelmill(capsys, *arguments)
    assert plain.code == 0, plain
    assert plain.out
    assert "\x1b" not in plain.out
    last = service.asked[-1]
    assert f"{last.method} {last.path}" == request_line
    if body is not None:
        assert last.json == body
    if "--tag" in arguments and last.method == "PATCH" and "annotations" not in arguments:
        assert last.headers["if-match"] in ('"2"', '"3"')
    as_json = labelmill(capsys, *arguments, "--json")
    assert (as_json.code, as_json.err) == (0, "")
    texts = as_json.out.splitlines() if arguments[0] == "annotations" and arguments[1] in LINES else [as_json.out]
    assert texts
    for text in texts:
        assert isinstance(json.loads(text), dict | list)
    assert ("list" in arguments) == isinstance(json.loads(texts[0]), list) or arguments[1] in ("versions", "cancel")


def test_each_format_is_given_the_options_that_it_knows(
    service: FakeService, capsys: pytest.CaptureFixture[str]
) -> None:
    options = "--split a=1 --segmentation rle --label-base x/ --option more=1"
    formats = "--format yolo --format geococo --format sagemaker-ss"
    assert labelmill(capsys, "annotations", "request", DATASET, *formats.split(), *options.split()).code == 0
    assert [asked.json for asked in service.asked[-3:]] == [
        {"format": "YOLO", "options": {"more": 1, "split": "a=1"}},
        {"format": "GEOCOCO", "options": {"more": 1, "split": "a=1", "segmentation": "rle"}},
        {"format": "SAGEMAKER_SS", "options": {"more": 1, "split": "a=1", "label_base": "x/"}},
    ]


@pytest.mark.parametrize("arguments", [f"annotations request {DATASET} --format", "workspaces create ws --auto-format"])
def test_an_option_that_no_format_knows_is_refused(
    arguments: str, service: FakeService, capsys: pytest.CaptureFixture[str]
) -> None:
    before = len(service.asked)
    result = labelmill(capsys, *arguments.split(), "yolo", "--segmentation", "rle")
    assert (result.code, result.out) == (2, "")
    assert result.err == ("labelmill: segmentation: expected a format that knows it (COCO, GEOCOCO), found YOLO\n")
    assert len(service.asked) == before


def test_options_of_no_automatic_format(service: FakeService, capsys: pytest.CaptureFixture[str]) -> None:
    for more in ((), ("--no-auto-formats",)):
        result = labelmill(capsys, "workspaces", "edit", "ws", "--split-by", "image", *more)
        assert result.code == 2
        assert "--split-by belongs to --auto-format, which is missing." in result.err


def test_options_are_shown(service: FakeService, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("list", "get ws"):
        shown = labelmill(capsys, "workspaces", *name.split()).out
        assert "COCO, YOLO (images=true, split=a=0.5,b=0.5)" in shown


def leaf_commands() -> Iterator[tuple[str, click.Command]]:
    for name in SERVICE_COMMANDS:
        found = cli.get_command(click.Context(cli), name)
        assert found is not None
        if isinstance(found, click.Group):
            yield from ((f"{name} {below}", one) for below, one in found.commands.items())
        else:
            yield name, found


LEAVES = dict(leaf_commands())


def test_every_command_is_tried_and_speaks_json() -> None:
    tried = {" ".join(line.split()[:2]) for line, _, _ in COMMANDS}
    assert set(LEAVES) == tried | {"login", "logout", "profiles"}
    for name, found in LEAVES.items():
        options = {text for parameter in found.params for text in parameter.opts}
        assert "--json" in options, name
        if name in tried:
            assert {"--profile", "--url", "--token"} <= options, name
        if name.split()[-1] in ("delete", "revoke"):
            assert "--yes" in options, name
        assert all(one.help for one in found.params if isinstance(one, click.Option)), name


@pytest.mark.parametrize("name", ["", *SERVICE_COMMANDS, *LEAVES])
def test_helps(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    result = labelmill(capsys, *name.split(), "--help")
    assert (result.code, result.err) == (0, "")
    assert result.out.startswith(f"Usage: labelmill {name}".rstrip() + " ")
    assert "..." not in result.out.partition("Commands:")[2]  # no sentence is cut off
    assert max(map(len, result.out.splitlines())) <= 80


# --- what is printed ---------------------------------------------------------------------------------------------


def test_what_became_of_an_annotation(service: FakeService, capsys: pytest.CaptureFixture[str]) -> None:
    shown = labelmill(capsys, "annotations", "report", "an-3")
    assert shown.out == (
        "an-3\n                                        count\n"
        "images                                      9\nobjects                                    30\n"
        "images left out                             1\ngroups in several splits                    0\n"
        "objects skipped: box outside the image      2\n\n"
        "Classes\nclass  objects  train  val\nBlock       20     16    4\nGlobe       10      9    1\n\n"
        "Splits by run\nsplit  share  images  objects  groups\n"
        "train  80 %        7       25       4\nval    20 %        2        5       1\n\n"
        "Ignored by the map\nexpression         objects\nann['pixels'] < 9        2\n\n"
        "Left out by the map\ntype  objects\nTree        4\n\nand 3 more types\n\n"
        "Warnings\nwhat        count  code         for example\nodd fields  1,200  field-shape  a.json: x\\x1b\n\n"
        "What the format could not hold\nwhat                      count  code         for example\n"
        "objects without contours  1,200  no-contours\n\n"
    )
    assert shown.err == "labelmill: 'labelmill annotations errors an-3' names every bad file\n"
    assert labelmill(capsys, "annotations", "errors", "an-3").out == "annotations/a.json: expected a list\\x1b\n"
    got = labelmill(capsys, "annotations", "get", "an-3").out
    assert "warnings  2,400\n" in got and got.count("field-shape") == got.count("no-contours") == 1


def test_a_finding_in_the_log(service: FakeService, capsys: pytest.CaptureFixture[str]) -> None:
    line = LOG_LINE | {
        "level": "WARNING",
        "message": "odd",
        "code": "field-shape",
        "count": 12,
        "examples": ["a.json: x"],
    }
    service.answers["GET", "/v1/annotations/an-1/log"] = listed(line)
    shown = labelmill(capsys, "annotations", "log", "an-1").out
    assert shown == f"{TIME}  WARNING  odd (12, e.g. a.json: x) [field-shape]\n"


def test_no_report(service: FakeService, capsys: pytest.CaptureFixture[str]) -> None:
    refused = problem(409, "no-report", "The annotation is running; its report is written at the end.")
    service.answers["GET", "/v1/annotations/an-3/report"] = refused
    result = labelmill(capsys, "annotations", "report", "an-3")
    assert (result.code, result.out) == (1, "")
    assert "The annotation is running; its report is written at the end." in result.err
    assert labelmill(capsys, "annotations", "get", "an-3").code == 0


def test_tables(service: FakeService, map_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert labelmill(capsys, "maps", "list").out == (
        "name  status  classes  rules  updated               by  used in\n"
        "toys  ready         1      1  2026-01-01T00:00:00Z  ci  ws\n\n"
    )
    assert labelmill(capsys, "annotations", "get", "an-1").out == (
        "an-1\ndataset   ws/toys\nversion   v\nformat    COCO\ntags      a=1\nstatus    complete\nimages    10 of 10\n"
        "created   2026-01-01T00:00:00Z by ci\ndownload  toys-coco.zip, 6 B\n"
    )
    assert labelmill(capsys, "workspaces", "resources", "ws").out == "map   included\ntoys  yes\ncars\n\n"
    assert labelmill(capsys, "annotations", "log", "an-1").out == f"{TIME}  ERROR    a.json: bad\\x1b[31m\n"
    checked = labelmill(capsys, "maps", "check", map_file, "--dataset", DATASET)
    assert checked.out == (
        f"{map_file} on 10 of 100 images\nline  rule  class  types     objects\n"
        "   3  obj   Globe  Ball (7)        7\n\n"
        "Of these, dropped or ignored\nline  key   expression  objects  for example\n"
        "   5  drop  ann               3  a.json: id 1\n\n"
        "Left out: no rule takes them\ntype  objects\nCube        2\n\na warning\n"
    )


def test_an_empty_list(service: FakeService, capsys: pytest.CaptureFixture[str]) -> None:
    service.answers["GET", "/v1/organizations/acme/maps"] = listed()
    assert labelmill(capsys, "maps", "list") == (0, "", "no maps\n")
    assert labelmill(capsys, "maps", "list", "--json") == (0, "[]\n", "")


def test_a_map_byte_for_byte(service: FakeService, tmp_path: Path, capsysbinary: Any, capsys: Any = None) -> None:
    from labelmill.cli.main import run

    assert run(["maps", "download", "toys", "--out", str(tmp_path / "got.yml")]) == 0
    assert (tmp_path / "got.yml").read_bytes() == b"classes: {}\r\n# \xc3\xbc"
    capsysbinary.readouterr()
    assert run(["maps", "download", "toys"]) == 0
    assert capsysbinary.readouterr().out == b"classes: {}\r\n# \xc3\xbc"


def test_a_bad_map(service: FakeService, map_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bad = {
        "ok": False,
        "errors": [{"line": 2, "message": "m\x1b"}, {"line": 0, "message": "n"}],
        "classes": [],
        "rules": [],
        "filters": [],
        "stuff": [],
        "warnings": [],
        "explain": None,
    }
    service.answers["POST", "/v1/organizations/acme/map-checks"] = Answer(200, bad)
    told = f"labelmill: {map_file}:2: m\\x1b\nlabelmill: {map_file}: n\n"
    assert labelmill(capsys, "maps", "check", map_file) == (1, "", told)
    assert labelmill(capsys, "maps", "check", map_file, "--json").code == 1
    reasons = (("line 2", "m"), ("line 7", "n"))
    service.answers["POST", "/v1/organizations/acme/maps"] = problem(
        422, "bad-map", "The map breaks its rules.", *reasons
    )
    assert labelmill(capsys, "maps", "create", "toys", map_file) == (
        1,
        "",
        "labelmill: The map breaks its rules.\nlabelmill: line 2: m\nlabelmill: line 7: n\n",
    )


def test_watching_in_a_pipe(service: FakeService, capsys: pytest.CaptureFixture[str]) -> None:
    result = labelmill(capsys, "annotations", "watch", "an-1", "an-2")
    assert result == (
        1,
        "an-1  toys COCO  complete  10 of 10 images\nan-2  toys COCO  failed: 1 image is broken  4 of 10 images\n",
        "labelmill: 'labelmill annotations log an-2' says why\n",
    )


def test_requesting_watching_downloading(
    service: FakeService, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    formats = ["--format", "coco", "--format", "COCO"]
    result = labelmill(capsys, "annotations", "request", DATASET, *formats, "--download", tmp_path / "out")
    assert result.out == f"an-1  toys COCO  complete  10 of 10 images\n{tmp_path}/out/toys-coco.zip\n"
    assert (result.code, (tmp_path / "out" / "toys-coco.zip").read_bytes()) == (0, b"labels")
    assert len(service.seen("POST", "/annotations$")) == 1
    as_json = labelmill(capsys, "annotations", "request", DATASET, *formats, "--download", tmp_path / "out", "--json")
    status, file = map(json.loads, as_json.out.splitlines())
    assert (status["status"], file["file"]) == ("complete", f"{tmp_path}/out/toys-coco.zip")
    service.answers["POST", f"/v1/datasets/{DATASET}/annotations"] = Answer(202, annotation(2))
    failed = labelmill(capsys, "annotations", "request", DATASET, "--format", "coco", "--download", tmp_path / "none")
    assert failed.code == 1
    assert not (tmp_path / "none").exists()


def test_zips_of_one_name_replace_each_other_not(
    service: FakeService, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    service.answers["GET", "/v1/annotations/an-3"] = Answer(200, annotation(3, "complete", 10))
    result = labelmill(capsys, "annotations", "download", "an-1", "an-3", "an-1", "--out", tmp_path / "out")
    assert result.out == f"{tmp_path}/out/an-1/toys-coco.zip\n{tmp_path}/out/an-3/toys-coco.zip\n"


# --- who is asked ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (
            ["maps", "list"],
            "no profile of a labelmill service: run 'labelmill login --url URL', or set LABELMILL_URL and",
        ),
        (["maps", "list", "--profile", "x"], "no profile 'x' in "),
        (
            ["maps", "list", "--url", "http://a.example", "--token", "x"],
            "http://a.example: tokens are sent by https only",
        ),
    ],
)
def test_without_a_service(arguments: list[str], text: str, capsys: pytest.CaptureFixture[str]) -> None:
    result = labelmill(capsys, *arguments)
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith(f"labelmill: {text}")
    assert result.err.count("\n") == 1


def test_flags_and_environment(service: FakeService, capsys: pytest.CaptureFixture[str], monkeypatch: Any) -> None:
    path = load().profiles["here"]
    save_profile("other", Profile("http://127.0.0.1:9", "lm_other"), make_current=True)
    assert labelmill(capsys, "workspaces", "get", "ws", "--profile", "here").code == 0
    assert labelmill(capsys, "workspaces", "get", "ws", "--url", path.url, "--token", TOKEN).code == 0
    monkeypatch.setenv("LABELMILL_URL", path.url)
    monkeypatch.setenv("LABELMILL_TOKEN", TOKEN)
    assert labelmill(capsys, "workspaces", "get", "ws").code == 0
    assert labelmill(capsys, "workspaces", "get", "nope") == (
        1,
        "",
        "labelmill: there is no workspace 'nope' in your organization\n",
    )
    monkeypatch.setenv("LABELMILL_TOKEN", "lm_wrong")
    result = labelmill(capsys, "workspaces", "list")
    assert result == (
        1,
        "",
        "labelmill: 127.0.0.1 refused the token (Forbidden): log in again with 'labelmill login'\n",
    )


def login(*arguments: str, stdin: str) -> Result:
    done = subprocess.run(
        command("login", *arguments), input=stdin, capture_output=True, text=True, timeout=60, check=False
    )
    return Result(done.returncode, done.stdout, done.stderr)


def test_logging_in_and_out(service: FakeService, capsys: pytest.CaptureFixture[str]) -> None:
    result = login("--url", f"{service.url}/v1/", "--token-stdin", stdin=f"{TOKEN}\n")
    assert (result.code, result.out) == (
        0,
        f"ci: admin of organization acme at {service.url} until 2027-01-01T00:00:00Z\n",
    )
    path = Path(os.environ["LABELMILL_CONFIG"])
    assert result.err == f"kept as profile default in {path}\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load().current == "default"
    assert load().profiles["default"] == Profile(service.url, TOKEN, "acme")
    before = path.read_text()
    refused = login("--token-stdin", stdin="lm_wrong\n")
    assert (refused.code, refused.out) == (1, "")
    assert path.read_text() == before
    assert login("--token-stdin", stdin="\n").err == "labelmill: the token is empty\n"
    assert login(stdin=TOKEN).err.endswith("Nobody is there to ask for the token: give --token-stdin.\n")
    assert login("--profile", "new", "--token-stdin", stdin=TOKEN).err.endswith(
        "Missing option '--url': the service's address, like https://api.example.com\n"
    )
    assert login("--token-stdin", "--profile", "again", "--url", service.url, "--json", stdin=TOKEN).code == 0

    assert labelmill(capsys, "profiles").out == (
        f"   name     {'url':{len(service.url)}}  organization\n"
        + f"   here     {service.url}  acme\n   default  {service.url}  acme\n*  again    {service.url}  acme\n\n"
    )
    assert labelmill(capsys, "profiles", "--use", "here").code == 0
    assert load().current == "here"
    assert TOKEN not in labelmill(capsys, "profiles", "--json").out
    assert labelmill(capsys, "profiles", "--use", "x").code == 2
    assert labelmill(capsys, "logout") == (0, "profile here is forgotten\n", "")
    assert labelmill(capsys, "logout") == (1, "", "labelmill: no profile is current\n")
    assert labelmill(capsys, "logout", "--profile", "again", "--json").code == 0
    assert list(load().profiles) == ["default"]
    assert TOKEN not in refused.err + result.err + result.out


# --- deleting ----------------------------------------------------------------------------------------------------

DELETIONS = [
    line.removesuffix(" --yes").removesuffix(" -y") for line, _, _ in COMMANDS if line.endswith((" --yes", " -y"))
]


@pytest.mark.parametrize("line", DELETIONS)
def test_nothing_is_deleted_unasked(line: str, service: FakeService) -> None:
    done = subprocess.run(
        command(*line.split()), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.endswith("? Nobody is there to ask: give --yes.\n")
    assert not service.asked


def test_asked_on_a_terminal(service: FakeService) -> None:
    code, shown = on_terminal(["maps", "delete", "toys"], typed=b"n\n")
    assert code == 1
    assert "Delete map toys? [y/N]" in shown
    assert "nothing was done" in shown
    assert not service.asked
    code, shown = on_terminal(["maps", "delete", "toys"], typed=b"y\n")
    assert (code, len(service.seen("DELETE", "/maps/toys$"))) == (0, 1)
    assert "toys deleted" in shown


def on_terminal(arguments: list[str], typed: bytes = b"", interrupt_at: str = "") -> tuple[int, str]:
    """Run a command on a terminal of its own; tell its exit code and all that was shown."""
    return on_terminal_do(command(*arguments), typed, interrupt_at)


def on_terminal_do(line: list[str], typed: bytes = b"", interrupt_at: str = "") -> tuple[int, str]:
    """Run any program so; type when it asks, interrupt when a text is shown."""
    child, terminal = pty.fork()
    if not child:
        os.environ.update({"COLUMNS": "120", "TERM": "xterm"})
        os.execvp(line[0], line)
    shown = b""
    end = time.monotonic() + 30
    while time.monotonic() < end:
        if not select.select([terminal], [], [], 0.2)[0]:
            continue
        try:
            piece = os.read(terminal, 65536)
        except OSError:
            break
        if not piece:
            break
        shown += piece
        if typed and shown.rstrip().endswith(b":"):
            os.write(terminal, typed)
            typed = b""
        if interrupt_at and interrupt_at in shown.decode(errors="replace"):
            interrupt_at = ""
            os.kill(child, signal.SIGINT)
    else:
        os.kill(child, signal.SIGKILL)
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), shown.decode(errors="replace")


def test_the_token_is_asked_for_without_showing_it(service: FakeService) -> None:
    code, shown = on_terminal(["login", "--url", service.url, "--profile", "typed"], typed=f"{TOKEN}\n".encode())
    assert code == 0
    assert f"Token for {service.url}: " in shown
    assert "typed" in load().profiles
    assert TOKEN not in shown


def test_bars_of_a_watch(service: FakeService) -> None:
    course = iter([("queued", 0), ("running", 3), ("running", 6), ("complete", 10)])
    last: list[dict[str, Any]] = []

    def answer(asked: Asked) -> Answer:
        step = next(course, None)
        if step is not None:
            last[:] = [annotation(1, *step)]
        return Answer(200, last[0])

    service.answers.pop(("GET", "/v1/annotations/an-1"))
    service._upload = lambda asked, path: answer(asked)  # type: ignore[method-assign]
    original = service._answer
    service._answer = (  # type: ignore[method-assign]
        lambda asked: answer(asked) if asked.path == "/v1/annotations/an-1" else original(asked)
    )
    code, shown = on_terminal(["annotations", "watch", "an-1"])
    assert code == 0
    assert "toys COCO" in shown
    for text in ("queued", "running", "complete", "3/10", "6/10", "10/10", "images/s", "━"):
        assert text in shown, text
    assert "an-1  toys COCO  complete  10 of 10 images" in shown


@pytest.mark.parametrize("more", [[], ["--json"]], ids=["lines", "json"])
def test_results_stay_in_a_file_while_bars_are_drawn(more: list[str], service: FakeService, tmp_path: Path) -> None:
    line = " ".join(command("annotations", "watch", "an-1", *more))
    code, shown = on_terminal_do(["bash", "-c", f"{line} > {tmp_path}/out.txt"])
    assert code == 0
    assert "10/10" in shown
    assert "an-1" not in shown
    told = (tmp_path / "out.txt").read_text()
    assert json.loads(told)["id"] == "an-1" if more else told == "an-1  toys COCO  complete  10 of 10 images\n"


def dataset_zip(size_bytes: int) -> bytes:
    """A zip of so many bytes that looks like a dataset."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("annotations/a-ana.json", os.urandom(size_bytes - 142))
    assert len(file.getvalue()) == size_bytes
    return file.getvalue()


def test_bars_of_transfers(service: FakeService, tmp_path: Path) -> None:
    (tmp_path / "toys.zip").write_bytes(dataset_zip(20_000))
    service.part_bytes = 5_000
    for number in range(1, 5):
        service.fault(Answer(503, b"", {"retry-after": "0"}), "PUT", f"/part/{number}")
    code, shown = on_terminal(["datasets", "upload", str(tmp_path / "toys.zip"), "ws"])
    assert code == 0, shown
    for text in ("sending", "━", "/20.0 kB", "ws/toys"):
        assert text in shown, text
    service.file = os.urandom(3_000_000)
    code, shown = on_terminal(["annotations", "download", "an-1", "--out", str(tmp_path / "out")])
    assert code == 0
    assert "fetching" in shown
    assert (tmp_path / "out" / "toys-coco.zip").read_bytes() == service.file


def test_interrupting_an_upload(service: FakeService, tmp_path: Path) -> None:
    data = dataset_zip(20_000)
    (tmp_path / "toys.zip").write_bytes(data)
    for number in range(5, 21):
        service.fault(Answer(503, b"", {"retry-after": "5"}), "PUT", rf"/part/{number}\?", times=1)
    arguments = ["datasets", "upload", str(tmp_path / "toys.zip"), "ws", "--threads", "2"]
    code, shown = on_terminal(arguments, interrupt_at="4.0/20.0 kB")
    assert code == 130, shown
    assert "interrupted; the same command goes on with what has arrived" in shown
    assert "Traceback" not in shown
    assert set(service.parts) == {1, 2, 3, 4}
    service._faults.clear()
    code, shown = on_terminal(arguments)
    assert code == 0
    assert service.complete == data
    assert len(service.seen("PUT", r"/part/[1-4]\?")) == 4


def test_interrupting_a_watch(service: FakeService) -> None:
    service.answers["GET", "/v1/annotations/an-1"] = Answer(200, annotation(1, "running", 1))
    code, shown = on_terminal(["annotations", "watch", "an-1"], interrupt_at="running")
    assert code == 130
    assert "interrupted; the annotations go on: 'labelmill annotations cancel' stops them" in shown
    assert "Traceback" not in shown


# --- small things ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("maps edit toys", "Nothing to change: give --file, --description, --tag or --untag."),
        ("workspaces edit ws", "Nothing to change: give --description, --tag, --untag, --auto-format or "),
        ("annotations tag an-1", "Nothing to change: give --tag or --untag."),
        ("annotations tag an-1 --tag x", "Invalid value for '--tag': expected KEY=VALUE, found 'x'"),
        (
            "workspaces create w --auto-format coco --no-auto-formats",
            "--auto-format and --no-auto-formats exclude each",
        ),
        ("workspaces create w --include x --include-none", "--include and --include-none exclude each other."),
        ("annotations request ds-1 --format nonsense", "unknown format 'nonsense'"),
        ("annotations request toys --format coco", "not a dataset: 'toys'; expected WORKSPACE/NAME or an id that"),
        (
            "annotations list --status failed",
            "name a dataset or a workspace: of all workspaces there is a list of open",
        ),
        ("annotations list ws --limit 0", "Invalid value for '--limit'"),
        (
            "tokens create x --role boss",
            "Invalid value for '--role': 'boss' is not one of 'reader', 'editor', 'admin'.",
        ),
        ("subscriptions create fax x", "Invalid value for '{email|https|sqs}': 'fax' is not one of "),
        ("maps get a/b", "not a name: 'a/b'; expected at least one character and no '/'"),
    ],
)
def test_wrong_usage(line: str, text: str, service: FakeService, capsys: pytest.CaptureFixture[str]) -> None:
    result = labelmill(capsys, *line.split())
    assert (result.code, result.out) == (2, "")
    assert text in result.err
    assert not service.asked


@pytest.mark.parametrize(
    ("included", "include", "exclude", "expected"),
    [
        (["a"], ("b",), (), ["a", "b"]),
        (["a", "b"], (), ("a",), ["b"]),
        (["*"], ("b",), (), ["*"]),
        (["*"], (), ("b",), ["a", "c"]),
        (["a"], ("*",), (), ["*"]),
        (["a", "b"], (), ("*",), []),
        (["*"], ("c",), ("*",), ["c"]),
        (["a"], ("a",), (), ["a"]),
        (["a"], ("a",), ("a",), ["a"]),
        ([], ("new",), (), ["new"]),
    ],
)
def test_including_and_excluding(
    included: list[str], include: tuple[str, ...], exclude: tuple[str, ...], expected: list[str]
) -> None:
    assert chosen_maps(["a", "b", "c"], included, include, exclude) == expected


def test_options_tags_sizes() -> None:
    assert read_options(["a=1", "b=true", "c=x=y", 'd="1"', "e="]) == {"a": 1, "b": True, "c": "x=y", "d": "1", "e": ""}
    assert changed_tags({"a": "1", "b": "2"}, {"c": "3=4", "a": "0"}, ["b", "none"]) == {"a": "0", "c": "3=4"}
    sizes = [0, 1, 999, 1000, 1_234_567, 99_949_999, 123_456_789, 50_000_000_000, 7_000_000_000_000]
    assert [*map(size_of, sizes)] == ["", "1 B", "999 B", "1.0 kB", "1.2 MB", "99.9 MB", "123 MB", "50.0 GB", "7.0 TB"]
    assert re.fullmatch(r"\w+", me()["role"])
