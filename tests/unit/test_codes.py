"""Codes of findings: each is used, each use has one, and words and codes belong together."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import get_args

import zoo

from labelmill.codes import Code
from labelmill.convert.notices import Notice
from labelmill.convert.report import Report

PACKAGE = Path(__file__).parents[2] / "layers/core/python/labelmill"
CODES = set(get_args(Code))


def texts_in_code() -> Iterator[str]:
    for path in PACKAGE.rglob("*.py"):
        if path.name != "codes.py":
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    yield node.value


def test_each_code_is_used() -> None:
    assert CODES - set(texts_in_code()) == set()


def test_every_finding_of_the_zoo_has_a_code(zoo_output: Callable[[str], tuple[Path, Report]]) -> None:
    seen = set()
    for name in zoo.ZOO:
        report = zoo_output(name)[1]
        findings = [*report.warnings.values(), *report.skipped.values()]
        assert {finding.code for finding in findings} <= CODES
        assert {notice.code for notice in report.notices} <= CODES
        counted = sum(finding.count for finding in report.warnings.values())
        counted += sum(count for losses in report.lost.values() for count in losses.values())
        of_map = [notice for notice in report.notices if notice.code.startswith(("rule-", "filter-"))]
        assert [notice.message for notice in of_map] == report.map_warnings
        assert sum(notice.count for notice in report.notices if notice not in of_map) == counted
        seen |= {notice.code for notice in report.notices}
    assert {"field-shape", "no-contours", "channel-empty", "camera-unknown"} <= seen


def test_files_of_examples() -> None:
    examples = ["annotations/a: b.json: object 1: NaN", "c.png", "images/d.png: cut"]
    notice = Notice("field-shape", "", 3, examples)
    assert notice.file == "annotations/a"  # cut at the first one, as a name may hold what separates
    assert list(notice.files())[1:] == ["c.png", "images/d.png"]
    assert Notice("split-empty", "", 1, ["test: 10 % asked for"]).file == ""
    assert Notice("rule-failed", "", 1).file == ""
