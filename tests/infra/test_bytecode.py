"""The layers' bytecode is that of Lambda's Python, whatever Python builds them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from infra.components import layers
from infra.components.layers import PYTHON_VERSION, _compile, build_core

SOURCE = "ANSWER = 6 * 7\nKNOWN = frozenset({'b', 'a', 'c'})\nLARGE = 1 << 70\n"
MAGIC_OF_3_13 = (3571).to_bytes(2, "little") + b"\r\n"  # Include/internal/pycore_magic_number.h


def made(folder: Path) -> dict[str, bytes]:
    place = folder / "python" / "package"
    place.mkdir(parents=True)
    (place / "module.py").write_text(SOURCE)
    (place / "of_another_version.py").write_text("print 'Python 2'\n")
    _compile(folder, "lambda")
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*.pyc")}


def test_a_layer_is_compiled_for_the_runtime_and_the_same_each_time(tmp_path: Path) -> None:
    first, second = made(tmp_path / "one"), made(tmp_path / "two")
    assert first == second
    [(name, data)] = first.items()
    assert name == "python/package/__pycache__/module.cpython-313.pyc"
    assert data[:4] == MAGIC_OF_3_13
    assert data[4:8] == b"\1\0\0\0", "by the hash of its source, which is not compared: layers are read-only"
    assert b"/opt/python/package/module.py" in data, "tracebacks name the file as Lambda sees it"


def test_every_module_of_ours_is_compiled_whoever_builds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version", "3.99.0 (of somebody else)")
    folder = build_core("lambda")
    modules = sorted(path for path in folder.rglob("*.py"))
    assert len(modules) > 200
    for module in modules:
        compiled = module.parent / "__pycache__" / f"{module.stem}.cpython-313.pyc"
        assert compiled.read_bytes()[:4] == MAGIC_OF_3_13, module
    monkeypatch.undo()
    assert build_core("lambda") == folder, "its name doesn't tell who built it"


def test_a_compiler_of_another_version_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert PYTHON_VERSION == "3.13"
    monkeypatch.setattr(layers, "PYTHON_VERSION", "3.12")
    with pytest.raises(RuntimeError, match=r"expected Python 3\.12, found 3\.13"):
        _compile(tmp_path, "lambda")
