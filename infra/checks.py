"""Check the sources: ``python -m infra.checks`` runs asl-validator, cdk-nag, cfn-lint, tsc and prettier.

cdk-nag runs while the stack is synthesized. What passed is not checked again until its sources change.
"""

from __future__ import annotations

import sys
from pathlib import Path

from infra.components.console import check_types, format_sources
from infra.components.node import node_folder, node_modules, run
from infra.synth import ROOT, synthesized, template

WORKFLOWS = ROOT / "infra" / "workflows"


def check() -> None:
    """Run all checks.

    Raises:
        RuntimeError: If one has something to say; with what it said.
    """
    check_types()
    format_sources(check=True)
    assembly = synthesized()
    passed = assembly / ".passed"
    if passed.exists():
        return
    check_workflows(WORKFLOWS)
    run([str(Path(sys.executable).with_name("cfn-lint")), str(template(assembly))])
    passed.touch()


def check_workflows(folder: Path) -> None:
    """Run asl-validator over the workflows in a folder.

    Raises:
        RuntimeError: If it finds a fault.
    """
    program = node_modules(ROOT / "infra") / "asl-validator" / "dist" / "bin" / "asl-validator.js"
    paths = [f"--json-path={path}" for path in sorted(folder.glob("*.asl.json"))]
    run([str(node_folder() / "node"), str(program), *paths])


if __name__ == "__main__":
    try:
        check()
    except RuntimeError as error:
        sys.exit(str(error))
