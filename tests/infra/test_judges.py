"""Each judge passes the template as it is, and refuses it with the fault for which it was hired."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from infra.checks import judge
from infra.judges.event_patterns import LIMIT, complexity, judge_rules
from infra.judges.policies import judge_policies
from infra.judges.workflow import judge_machines
from infra.synth import synthesized, template

OF_THE_FIRST_TEMPLATE = [
    *(f"maps/*/*.{suffix}" for suffix in ("yaml", "yml", "json")),
    *(f"datasets/*/*.{suffix}" for suffix in ("zip", "tar", "tar.gz", "tgz")),
    "datasets/*/*/_SUCCESS",
    "datasets/*/*/dataset.yaml",
]


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(Path(template(synthesized(wheels="installed"))).read_text())
    return loaded


@pytest.fixture
def broken(document: dict[str, Any]) -> dict[str, Any]:
    """A copy to break."""
    return copy.deepcopy(document)


def properties(document: dict[str, Any], beginning: str, kind: str) -> dict[str, Any]:
    [found] = [r for n, r in document["Resources"].items() if n.startswith(beginning) and r["Type"] == kind]
    of_it: dict[str, Any] = found["Properties"]
    return of_it


def test_all_judges_pass_the_template(document: dict[str, Any]) -> None:
    judge(document)


@pytest.mark.parametrize("field", ["ResultPath", "InputPath", "Parameters", "ResultSelector", "OutputPath"])
@pytest.mark.parametrize("of_catch", [False, True])
def test_a_field_that_jsonata_does_not_know_is_refused(broken: dict[str, Any], field: str, of_catch: bool) -> None:
    parts = properties(broken, "WorkflowMachine", "AWS::StepFunctions::StateMachine")["DefinitionString"]["Fn::Join"][1]
    before = '"ErrorEquals": ["States.ALL"], ' if of_catch else '"Type": "Task", '
    value = "{}" if field in ("Parameters", "ResultSelector") else '"$.error"'
    at = next(n for n, part in enumerate(parts) if isinstance(part, str) and before in part)
    parts[at] = parts[at].replace(before, f'{before}"{field}": {value}, ', 1)
    assert any(field in line for line in judge_machines(broken))
    with pytest.raises(RuntimeError, match=field):
        judge(broken)


def test_the_first_template_s_wildcards_are_refused(broken: dict[str, Any]) -> None:
    rule = properties(broken, "WorkflowUploads", "AWS::Events::Rule")
    rule["EventPattern"]["detail"]["object"]["key"] = [{"wildcard": text} for text in OF_THE_FIRST_TEMPLATE]
    [line] = judge_rules(broken)
    assert "detail.object.key are too complex" in line


@pytest.mark.parametrize("wrap", [lambda w: {"anything-but": w}, lambda w: w])
def test_wildcards_are_found_wherever_a_pattern_has_them(broken: dict[str, Any], wrap: Any) -> None:
    rule = properties(broken, "WorkflowUploads", "AWS::Events::Rule")
    rule["EventPattern"]["$or"] = [{"detail": {"x": [wrap({"wildcard": text}) for text in OF_THE_FIRST_TEMPLATE]}}]
    assert judge_rules(broken)


def test_complexity_counts_what_one_value_matches_at_a_time() -> None:
    assert complexity([]) == 0
    assert complexity(["*.zip"]) <= complexity(["*.zip", "*.tar"]) <= complexity(OF_THE_FIRST_TEMPLATE)
    assert complexity(["a*", "b*"]) == complexity(["a*"])  # no value begins with both
    assert complexity([r"a\*b"]) == 1
    assert complexity(OF_THE_FIRST_TEMPLATE) == 20 > LIMIT  # as event-ruler itself scores them


@pytest.mark.parametrize(
    ("change", "issue"),
    [
        ({"Action": "s3:GetObjekt"}, "UNKNOWN_ACTION"),
        ({"Action": "dynamodb:GetItem", "Resource": "arn:aws:s3:::inbox/*"}, "RESOURCE_MISMATCH"),
        ({"Condition": {"StringEqualz": {"s3:prefix": "x"}}}, "UNKNOWN_OPERATOR"),
        ({"Condition": {"StringEquals": {"s3:prefixx": "x"}}}, "UNKNOWN_CONDITION"),
        ({"Effect": "Alow"}, "MALFORMED"),
    ],
)
def test_a_policy_that_says_what_iam_does_not_know_is_refused(
    broken: dict[str, Any], change: dict[str, Any], issue: str
) -> None:
    statements = properties(broken, "FunctionsPlanRole", "AWS::IAM::Policy")["PolicyDocument"]["Statement"]
    statements[0] |= change
    assert any(issue in line for line in judge_policies(broken)), judge_policies(broken)
