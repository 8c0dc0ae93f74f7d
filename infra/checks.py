"""Check the sources: ``python -m infra.checks`` runs all judges of the template, tsc and prettier.

The judges are asl-validator, cfn-lint, cdk-nag, which runs while the stack is synthesized, and those in
``infra.judges``: statelint, parliament, and the complexity of event patterns. What passed is not checked again until
its sources change.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from infra.components.console import check_types, format_sources
from infra.components.node import node_folder, node_modules, run
from infra.judges.event_patterns import judge_rules
from infra.judges.policies import judge_policies
from infra.judges.workflow import judge_machines
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
    judge(json.loads(template(assembly).read_text()))
    passed.touch()


def judge(document: dict[str, Any]) -> None:
    """Ask the judges in ``infra.judges`` about a template.

    Raises:
        RuntimeError: If one refuses it; with a line for each reason.
    """
    found = [line for judge_one in (judge_machines, judge_rules, judge_policies) for line in judge_one(document)]
    if found:
        raise RuntimeError("\n".join(found))


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
