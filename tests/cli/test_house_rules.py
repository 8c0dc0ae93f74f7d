"""The rules of the house that can be checked by reading the library's source."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import labelmill
from labelmill.cli.main import COMMANDS
from labelmill.formats import FORMAT_IDS

ROOT = Path(labelmill.__file__).parent
MODULES = {
    ".".join(("labelmill", *path.relative_to(ROOT).with_suffix("").parts)).removesuffix(".__init__"): path
    for path in sorted(ROOT.rglob("*.py"))
}
MAX_LINES = 400
HEAVY = ("boto3", "botocore", "PIL", "httpx", "numpy", "yaml", "rich", "zlib_ng")
SETTINGS = "labelmill.client.config"
"""The one module that may read the environment, and ask click where settings are kept."""


@cache
def tree_of(name: str) -> ast.Module:
    return ast.parse(MODULES[name].read_text("utf-8"))


def imports_of(name: str) -> set[str]:
    """Every module that a module imports, wherever in it the statement stands."""
    found = set()
    for node in ast.walk(tree_of(name)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                package = name.split(".") if MODULES[name].name == "__init__.py" else name.split(".")[:-1]
                base = ".".join([*package[: len(package) - node.level + 1], *filter(None, [node.module])])
            found.add(base)
            found |= {f"{base}.{alias.name}" for alias in node.names if f"{base}.{alias.name}" in MODULES}
    return found


def is_below(module: str, *packages: str) -> bool:
    return any(module == package or module.startswith(f"{package}.") for package in packages)


def loaded_by(statement: str) -> set[str]:
    """Top-level names of the modules that a statement loads in a fresh interpreter."""
    code = f"import sys; before = set(sys.modules); {statement}; print(*(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return {name.partition(".")[0] for name in done.stdout.split()}


def test_there_are_modules() -> None:
    assert len(MODULES) > 100
    assert {"labelmill.convert.convert", "labelmill.formats", "labelmill.source.reader"} <= set(MODULES)


def test_importing_labelmill_is_cheap() -> None:
    loaded = loaded_by("import labelmill")
    assert not loaded.intersection(HEAVY)
    assert loaded.intersection(("labelmill",))
    assert not loaded.intersection(("click", "msgspec", "importlib.metadata", "multiprocessing"))


@pytest.mark.parametrize("module", ["labelmill.cli.main", *(f"labelmill.cli.{name}_command" for name in COMMANDS)])
def test_help_is_cheap(module: str) -> None:
    assert not loaded_by(f"import {module}").intersection(HEAVY)


def test_the_client_is_light() -> None:
    assert not loaded_by("import labelmill; labelmill.Client").intersection(("boto3", "PIL", "numpy", "yaml"))
    assert not loaded_by("import labelmill.client.config").intersection(HEAVY)


def test_box_formats_load_neither_numpy_nor_pillow(tmp_path: Path) -> None:
    """What a short run with YOLO takes is mostly imports."""
    from cli_tools import Dataset

    dataset = Dataset(tmp_path / "tiny")
    run = f"from labelmill.cli.main import run; run(['convert', {str(dataset.path)!r}, '--format', 'kitti', "
    run += f"'--out', {str(tmp_path / 'out')!r}, '--workers', '1', '--report', {str(tmp_path / 'r')!r}])"
    assert not loaded_by(run).intersection(("boto3", "PIL", "numpy", "rich"))
    assert (tmp_path / "r").exists()


def all_nodes() -> Iterator[tuple[str, ast.AST]]:
    """Every node of every module."""
    for name in MODULES:
        for node in ast.walk(tree_of(name)):
            yield name, node


def test_the_library_never_prints_nor_exits() -> None:
    found = []
    for name, node in all_nodes():
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            if called in ("print", "exit", "quit", "input", "breakpoint", "sys.stdout.write", "sys.stderr.write"):
                found.append((name, node.lineno, called))
            if called in ("sys.exit", "click.echo") and not is_below(name, "labelmill.cli"):
                found.append((name, node.lineno, called))
            if called == "sys.exit" and name != "labelmill.cli.start":
                found.append((name, node.lineno, called))
        if isinstance(node, ast.Raise) and node.exc is not None and "SystemExit" in ast.unparse(node.exc):
            found.append((name, node.lineno, "raise SystemExit"))
    assert not found


def test_no_assert_no_bare_except_no_environment() -> None:
    found = []
    for name, node in all_nodes():
        if isinstance(node, ast.Assert):
            found.append((name, node.lineno, "assert"))
        if isinstance(node, ast.ExceptHandler) and node.type is None:
            found.append((name, node.lineno, "bare except"))
        if isinstance(node, ast.Attribute) and ast.unparse(node) in ("os.environ", "os.getenv") and name != SETTINGS:
            found.append((name, node.lineno, "environment"))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("eval", "exec", "pickle.loads", "os.system"):
            found.append((name, node.lineno, ast.unparse(node.func)))
    assert not found


def test_modules_are_short() -> None:
    lines = {name: len(path.read_text("utf-8").splitlines()) for name, path in MODULES.items()}
    assert not {name: count for name, count in lines.items() if count > MAX_LINES}


@pytest.mark.parametrize("format_id", FORMAT_IDS)
def test_formats_do_not_import_each_other(format_id: str) -> None:
    others = {f"labelmill.formats.{other.lower()}" for other in FORMAT_IDS if other != format_id}
    assert not imports_of(f"labelmill.formats.{format_id.lower()}") & others


def test_what_formats_share_imports_no_format() -> None:
    modules = {f"labelmill.formats.{format_id.lower()}" for format_id in FORMAT_IDS}
    for name in MODULES:
        if not is_below(name, "labelmill.formats") or name in modules:
            continue
        assert not imports_of(name) & modules, name


@pytest.mark.parametrize(
    ("package", "above"),
    [
        ("labelmill.source", ("labelmill.convert", "labelmill.formats", "labelmill.cli", "labelmill.preview")),
        ("labelmill.maps", ("labelmill.convert", "labelmill.formats", "labelmill.source", "labelmill.archive")),
        ("labelmill.archive", ("labelmill.convert", "labelmill.formats", "labelmill.source", "labelmill.maps")),
        ("labelmill.images", ("labelmill.convert", "labelmill.formats", "labelmill.source", "labelmill.maps")),
        ("labelmill.geometry", ("labelmill.convert", "labelmill.formats", "labelmill.source", "labelmill.maps")),
        ("labelmill.formats", ("labelmill.preview", "labelmill.sample")),
        ("labelmill.convert", ("labelmill.preview", "labelmill.sample")),
        ("labelmill.sample", ("labelmill.preview", "labelmill.formats", "labelmill.source", "labelmill.maps")),
        ("labelmill", ("labelmill_aws", "boto3", "botocore", "infra", "functions", "tests")),
    ],
)
def test_imports_point_one_way(package: str, above: tuple[str, ...]) -> None:
    wrong = {
        f"{name} imports {imported}"
        for name in MODULES
        if is_below(name, package)
        for imported in imports_of(name)
        if is_below(imported, *above)
    }
    assert not wrong


def test_only_the_command_line_imports_the_command_line() -> None:
    assert not {
        f"{name} imports {imported}"
        for name in MODULES
        if not is_below(name, "labelmill.cli", "labelmill.__main__", SETTINGS)
        for imported in imports_of(name)
        if is_below(imported, "labelmill.cli", "click", "rich")
    }


def _public(body: list[ast.stmt]) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef]:
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            yield node
            if isinstance(node, ast.ClassDef):
                yield from _public(node.body)


def test_public_functions_and_classes_have_docstrings() -> None:
    assert not [
        f"{name}.{node.name} (line {node.lineno})"
        for name in MODULES
        for node in _public(tree_of(name).body)
        if not ast.get_docstring(node)
    ]


def test_modules_have_docstrings() -> None:
    assert not [name for name in MODULES if tree_of(name).body and not ast.get_docstring(tree_of(name))]
