"""What AWS refuses or silently never does, and the emulator takes: said before a stack is made."""

import json
from collections.abc import Iterator
from typing import Any

from infra.judges.event_patterns import judge_rules
from infra.judges.policies import resolved

OF_JSONPATH = ("InputPath", "Parameters", "ResultSelector", "ResultPath", "OutputPath")
PUBLISHERS = {"AWS::CloudWatch::Alarm": "cloudwatch.amazonaws.com", "AWS::Events::Rule": "events.amazonaws.com"}


def refused(template: dict[str, Any]) -> list[str]:
    """Answer one line for each reason for which this template would fail on AWS, or tell nobody there."""
    return [*_fields_of_jsonpath(template), *judge_rules(template), *_publishers_without_rights(template)]


def _fields_of_jsonpath(template: dict[str, Any]) -> Iterator[str]:
    for name, resource in template["Resources"].items():
        if resource["Type"] == "AWS::StepFunctions::StateMachine":
            definition = json.loads(resolved(template, resource["Properties"]["DefinitionString"]))
            yield from (f"{name}: {line}" for line in _of_states(definition, definition.get("QueryLanguage")))


def _of_states(machine: dict[str, Any], language: str | None) -> Iterator[str]:
    for name, state in machine["States"].items():
        spoken = state.get("QueryLanguage", language)
        for part in (state, *state.get("Catch", [])) if spoken == "JSONata" else ():
            yield from (f"{name}: {field} is no field of JSONata" for field in OF_JSONPATH if field in part)
        for inner in (state.get("ItemProcessor"), *state.get("Branches", [])):
            if inner:
                yield from _of_states(inner, spoken)


def _publishers_without_rights(template: dict[str, Any]) -> Iterator[str]:
    """A topic policy replaces the default one, which lets alarms publish; EventBridge needs one always."""
    resources = template["Resources"]
    for name, resource in resources.items():
        service = PUBLISHERS.get(resource["Type"], "")
        for topic in _topics(resource["Properties"], resources) if service else ():
            policies = [
                other["Properties"]
                for other in resources.values()
                if other["Type"] == "AWS::SNS::TopicPolicy" and {"Ref": topic} in other["Properties"]["Topics"]
            ]
            by_default = service.startswith("cloudwatch") and not policies
            if not by_default and not any(_allows(policy["PolicyDocument"], service) for policy in policies):
                yield f"{name}: {service} may not publish to {topic}: expected a topic policy that allows it"


def _topics(properties: dict[str, Any], resources: dict[str, Any]) -> Iterator[str]:
    actions = ("AlarmActions", "OKActions", "InsufficientDataActions")
    named = [arn for key in actions for arn in properties.get(key, [])]
    for arn in (*named, *(target["Arn"] for target in properties.get("Targets", []))):
        topic = arn.get("Ref") if isinstance(arn, dict) else None
        if topic in resources and resources[topic]["Type"] == "AWS::SNS::Topic":
            yield topic


def _allows(document: dict[str, Any], service: str) -> bool:
    for statement in document["Statement"]:
        principal = statement.get("Principal")
        services = principal.get("Service", []) if isinstance(principal, dict) else []
        actions = statement.get("Action", [])
        publishes = {"sns:Publish", "sns:*", "*"} & {*([actions] if isinstance(actions, str) else actions)}
        if statement["Effect"] == "Allow" and publishes and service in services:
            return True
    return False
