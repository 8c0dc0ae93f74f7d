"""The rules of the house that can be read off the source of the layer and the functions."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LAYER = ROOT / "layers" / "core" / "python"
AWS = sorted((LAYER / "labelmill_aws").rglob("*.py"))
HANDLERS = sorted((ROOT / "functions").glob("*/*.py"))
MAX_LINES = 400


def imports_of(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.partition(".")[0])
    return found


def test_there_are_sources() -> None:
    assert len(AWS) > 20 and len(HANDLERS) > 2


@pytest.mark.parametrize("path", [*AWS, *HANDLERS], ids=lambda path: f"{path.parent.name}/{path.name}")
def test_source(path: Path) -> None:
    text = path.read_text("utf-8")
    assert len(text.splitlines()) <= MAX_LINES
    assert ("os.environ" in text or "getenv" in text) == (path.name == "settings.py")
    forbidden = {"infra", "tests"} if path in AWS else {"infra", "tests", "boto3", "botocore"}
    assert not imports_of(path) & forbidden


def test_library_knows_nothing_of_aws() -> None:
    for path in (LAYER / "labelmill").rglob("*.py"):
        assert not imports_of(path) & {"labelmill_aws", "boto3", "botocore", "aws_lambda_powertools"}, path
