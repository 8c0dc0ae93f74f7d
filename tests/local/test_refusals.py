"""The local cloud refuses the first template for the reasons for which AWS would have."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from infra.local.deploy import DeployError, deploy
from infra.local.refusals import refused
from infra.synth import synthesized, template

OF_THE_FIRST_TEMPLATE = [
    *(f"maps/*/*.{suffix}" for suffix in ("yaml", "yml", "json")),
    *(f"datasets/*/*.{suffix}" for suffix in ("zip", "tar", "tar.gz", "tgz")),
    "datasets/*/*/_SUCCESS",
    "datasets/*/*/dataset.yaml",
]


@pytest.fixture
def document() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(Path(template(synthesized(target="local"))).read_text())
    return loaded


def one(document: dict[str, Any], beginning: str, kind: str) -> dict[str, Any]:
    [found] = [r for n, r in document["Resources"].items() if n.startswith(beginning) and r["Type"] == kind]
    of_it: dict[str, Any] = found["Properties"]
    return of_it


def test_the_template_of_today_is_taken(document: dict[str, Any]) -> None:
    assert refused(document) == []


def test_the_first_template_is_refused_before_anything_is_made(document: dict[str, Any], tmp_path: Path) -> None:
    parts = one(document, "WorkflowMachine", "AWS::StepFunctions::StateMachine")["DefinitionString"]["Fn::Join"][1]
    before = '"ErrorEquals": ["States.ALL"], '
    parts[:] = [
        part.replace(before, before + '"ResultPath": "$.error", ') if isinstance(part, str) else part for part in parts
    ]
    rule = one(document, "WorkflowUploads", "AWS::Events::Rule")
    rule["EventPattern"]["detail"]["object"]["key"] = [{"wildcard": text} for text in OF_THE_FIRST_TEMPLATE]
    (tmp_path / "Old.template.json").write_text(json.dumps(document))
    with pytest.raises(DeployError) as refusal:
        deploy(no_client, tmp_path, "Old", "eu-central-1", tmp_path)
    said = str(refusal.value)
    assert "Plan: ResultPath is no field of JSONata" in said
    assert "AssembleFormat: ResultPath is no field of JSONata" in said
    assert "detail.object.key are too complex: 20, expected at most 10" in said


def no_client(service: str) -> Any:
    raise AssertionError(f"{service} was asked")


def test_an_alarm_that_may_not_publish_is_refused(document: dict[str, Any]) -> None:
    policy = one(document, "NotificationsAlarms", "AWS::SNS::TopicPolicy")["PolicyDocument"]
    policy["Statement"] = [s for s in policy["Statement"] if s["Effect"] == "Deny"]
    assert any("cloudwatch.amazonaws.com may not publish to NotificationsAlarms" in line for line in refused(document))


def test_a_rule_needs_a_topic_policy_where_an_alarm_needs_none(document: dict[str, Any]) -> None:
    resources = document["Resources"]
    resources["Plain"] = {"Type": "AWS::SNS::Topic", "Properties": {}}
    alarm = {"Type": "AWS::CloudWatch::Alarm", "Properties": {"AlarmActions": [{"Ref": "Plain"}]}}
    rule = {"Type": "AWS::Events::Rule", "Properties": {"Targets": [{"Id": "t", "Arn": {"Ref": "Plain"}}]}}
    resources |= {"AnAlarm": alarm, "ARule": rule}
    assert refused(document) == [
        "ARule: events.amazonaws.com may not publish to Plain: expected a topic policy that allows it"
    ]
