"""Build the console's pages: ``python -m infra.components.console`` prints the folder that is deployed.

With ``--types`` types are checked instead, with ``--format`` the sources are written as prettier writes them.

Node, the packages of ``package-lock.json`` and the result are kept by the hashes of what they are made of, so that
nothing is done twice.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from infra.components.node import ROOT, node_folder, node_modules, put_node_on_path, run

FUNCTION = ROOT / "functions" / "console"
WEB = FUNCTION / "web"
API_DOCUMENT = ROOT / "functions" / "api" / "openapi.json"
BUILT = ROOT / "build" / "console"
KEPT = 4
"""Builds that are kept."""


def build_console() -> Path:
    """Return the folder with ``handler.py`` and the built ``site/``, building it if there is none for these sources.

    Raises:
        RuntimeError: If the build fails; with what it said.
    """
    folder = BUILT / _hash_of_sources()
    if not folder.exists():
        with _workshop() as web:
            run([_node(), "build.mjs", str(web / "out")], web)
            made = web / "made"
            made.mkdir()
            shutil.copy(FUNCTION / "handler.py", made)
            (web / "out").rename(made / "site")
            if not folder.exists():
                made.rename(folder)
        _forget_old()
    folder.touch()
    return folder


def check_types() -> None:
    """Check the pages' types against each other and against the API's document.

    Raises:
        RuntimeError: If something is wrong; with what and where.
    """
    passed = BUILT / f"{_hash_of_sources()}.types"
    if not passed.exists():
        with _workshop() as web:
            run([_node(), str(web / "node_modules" / "typescript" / "bin" / "tsc"), "--noEmit"], web)
        passed.touch()


def format_sources(*, check: bool) -> None:
    """Write the sources as prettier does, or check that they are written so.

    Raises:
        RuntimeError: If one is not, or has a fault in its syntax.
    """
    put_node_on_path()
    program = node_modules(WEB) / "prettier" / "bin" / "prettier.cjs"
    options = ["--log-level=warn", "--check" if check else "--write"]
    run([_node(), str(program), *options, "src/**/*.{ts,tsx}", "*.mjs"], WEB)


@contextmanager
def _workshop() -> Iterator[Path]:
    """A copy of the sources with their packages and the API's types beside them."""
    BUILT.mkdir(parents=True, exist_ok=True)
    folder = BUILT / f"workshop.{os.getpid()}"
    shutil.rmtree(folder, ignore_errors=True)
    put_node_on_path()
    packages = node_modules(WEB)
    try:
        shutil.copytree(WEB, folder, ignore=shutil.ignore_patterns("node_modules"))
        (folder / "node_modules").symlink_to(packages)
        program = packages / "openapi-typescript" / "bin" / "cli.js"
        # What has a default may be left out of a request.
        made = ["--output", "src/api/openapi.d.ts", "--default-non-nullable", "false"]
        run([_node(), str(program), str(API_DOCUMENT), *made], folder)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _node() -> str:
    return str(node_folder() / "node")


def _hash_of_sources() -> str:
    digest = hashlib.sha256()
    files = [path for path in sorted(WEB.rglob("*")) if path.is_file() and "node_modules" not in path.parts]
    for path in [FUNCTION / "handler.py", API_DOCUMENT, Path(__file__), *files]:
        digest.update(f"{path.relative_to(ROOT)}\n".encode() + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]


def _forget_old() -> None:
    """Remove all but the newest builds and marks of passed checks."""
    finished = [path for path in BUILT.iterdir() if path.suffix in ("", ".types")]
    for path in sorted(finished, key=lambda path: path.stat().st_mtime, reverse=True)[2 * KEPT :]:
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def main(arguments: list[str]) -> None:
    """Parse the command line, build and print where."""
    parser = argparse.ArgumentParser(prog="python -m infra.components.console", description="Build the console.")
    parser.add_argument("--types", action="store_true", help="check the types instead")
    parser.add_argument("--format", action="store_true", help="write the sources in one style instead")
    parsed = parser.parse_args(arguments)
    try:
        if parsed.types:
            check_types()
        elif parsed.format:
            format_sources(check=False)
        else:
            sys.stdout.write(f"{build_console()}\n")
    except RuntimeError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main(sys.argv[1:])
