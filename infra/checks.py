"""Check the workflow and the template: ``python -m infra.checks`` runs asl-validator, cdk-nag and cfn-lint.

cdk-nag runs while the stack is synthesized. What passed is not checked again until its sources change.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from infra.components.node import node_folder, npm_command, put_node_on_path
from infra.synth import ROOT, synthesized, template

WORKFLOWS = ROOT / "infra" / "workflows"
NODE_PACKAGES = (ROOT / "infra" / "package.json", ROOT / "infra" / "package-lock.json")


def check() -> None:
    """Run all checks.

    Raises:
        RuntimeError: If one has something to say; with what it said.
    """
    assembly = synthesized()
    passed = assembly / ".passed"
    if passed.exists():
        return
    check_workflows(WORKFLOWS)
    _run([str(Path(sys.executable).with_name("cfn-lint")), str(template(assembly))])
    passed.touch()


def check_workflows(folder: Path) -> None:
    """Run asl-validator over the workflows in a folder.

    Raises:
        RuntimeError: If it finds a fault.
    """
    program = _node_modules() / "asl-validator" / "dist" / "bin" / "asl-validator.js"
    paths = [f"--json-path={path}" for path in sorted(folder.glob("*.asl.json"))]
    _run([str(node_folder() / "node"), str(program), *paths])


def node_packages() -> Path:
    """Return where the packages of ``infra/package-lock.json`` are, or will be once a check has installed them."""
    lock = b"".join(path.read_bytes() for path in NODE_PACKAGES)
    return ROOT / "build" / "node" / hashlib.sha256(lock).hexdigest()[:16]


def _node_modules() -> Path:
    folder = node_packages()
    if not folder.exists():
        unfinished = folder.with_name(f"{folder.name}.{os.getpid()}")
        unfinished.mkdir(parents=True)
        try:
            for path in NODE_PACKAGES:
                shutil.copy(path, unfinished)
            put_node_on_path()  # for what npm itself runs
            options = ["--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"]
            _run([*npm_command(), "ci", *options], cwd=unfinished)
            if not folder.exists():
                unfinished.rename(folder)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)
    return folder / "node_modules"


def _run(command: list[str], cwd: Path = ROOT) -> None:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError((done.stdout + done.stderr).strip())


if __name__ == "__main__":
    try:
        check()
    except RuntimeError as error:
        sys.exit(str(error))
