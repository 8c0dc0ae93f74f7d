"""Imports point one way: functions, then labelmill_aws, then labelmill; infra imports none of them."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
OURS = {"functions", "infra", "labelmill", "labelmill_aws"}
MAY_IMPORT = {
    "functions": {"labelmill_aws", "labelmill"},
    "layers/core/python/labelmill_aws": {"labelmill_aws", "labelmill"},
    "layers/core/python/labelmill": {"labelmill"},
    "infra": {"infra"},
}


def imported(path: Path) -> set[str]:
    """The top names of all modules that a file imports, wherever in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            found.add((node.module or "").split(".")[0])
    return found


@pytest.mark.parametrize(("folder", "allowed"), MAY_IMPORT.items())
def test_imports_point_one_way(folder: str, allowed: set[str]) -> None:
    for path in (ROOT / folder).rglob("*.py"):
        assert imported(path) & OURS <= allowed, path


def test_only_labelmill_aws_speaks_to_aws() -> None:
    for folder in ("functions", "layers/core/python/labelmill"):
        for path in (ROOT / folder).rglob("*.py"):
            assert not imported(path) & {"boto3", "botocore"}, path


def test_no_module_is_too_long() -> None:
    for folder in ("infra", "functions"):
        for path in (ROOT / folder).rglob("*.py"):
            assert len(path.read_text().splitlines()) <= 400, path
