"""The cloud as a picture for the README: ``python -m infra.picture`` prints Mermaid made from template and workflow.

A test compares it with the README, so that the picture is what is deployed.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from infra.synth import synthesized, template

WORKFLOW = Path(__file__).parent / "workflows" / "convert_dataset.asl.json"
SHAPES = {"Choice": ("{{", "}}"), "Succeed": ("([", "])"), "Fail": ("([", "])"), "Wait": ("[/", "/]")}


def picture(resources: dict[str, Any], workflow: dict[str, Any]) -> str:
    """Mermaid text.

    Args:
        resources: The template's resources.
        workflow: The state machine's definition.
    """
    kinds = Counter(resource["Type"] for resource in resources.values())
    names = sorted(
        resource["Properties"]["Environment"]["Variables"]["POWERTOOLS_SERVICE_NAME"]
        for resource in resources.values()
        if resource["Type"] == "AWS::Lambda::Function"
    )
    return "\n".join(
        [
            "flowchart TB",
            '  people(["people and programs"])',
            _gateway(resources),
            *_storage(kinds),
            '  subgraph machine ["Step Functions: ConvertDataset"]',
            *(f"    {line}" for line in _states(workflow["States"], workflow["StartAt"])),
            "  end",
            f'  functions["{len(names)} Lambda functions: {", ".join(names)}"]',
            "  people -- requests with a token --> gateway --> functions",
            "  functions -- start and stop jobs --> machine",
            "  people -- maps, datasets --> inbox -- Object Created --> machine --> functions",
            "  functions -- labels --> outbox -- downloads --> people",
            "  functions -- status --> table",
            "  functions -- job log --> logs",
            "  functions -- messages --> topics --> people",
            "  machine -- failed, aborted, timed out --> functions",
        ]
    )


def _gateway(resources: dict[str, Any]) -> str:
    [stage] = [r["Properties"] for r in resources.values() if r["Type"] == "AWS::ApiGatewayV2::Stage"]
    limit = stage["DefaultRouteSettings"]["ThrottlingRateLimit"]
    return f'  gateway["API Gateway: HTTP API /v1, an authorizer, {limit} requests a second"]'


def _storage(kinds: Counter[str]) -> Iterator[str]:
    if kinds["AWS::S3::Bucket"] != 2:
        raise ValueError(f"expected an inbox and an outbox, got {kinds['AWS::S3::Bucket']} buckets")
    yield '  inbox[("S3 inbox")]'
    yield '  outbox[("S3 outbox")]'
    yield f'  table[("DynamoDB: {kinds["AWS::DynamoDB::Table"]} table")]'
    yield f'  logs["CloudWatch: {kinds["AWS::CloudWatch::Alarm"]} alarms, a dashboard, logs"]'
    yield f'  topics["SNS: {kinds["AWS::SNS::Topic"]} topics; EventBridge"]'


def _states(states: dict[str, Any], start: str) -> Iterator[str]:
    """The states, then the ways between them; a Pass state is drawn as the way that leads through it."""
    for name, state in states.items():
        if state["Type"] != "Pass":
            left, right = SHAPES.get(state["Type"], ("[", "]"))
            shown = f"{name} (many at once)" if state["Type"] == "Map" else name
            yield f'{name}{left}"{shown}"{right}'
    seen = set()
    for name, state in states.items():
        for target in _targets(state):
            line = f"{name} --> {_through(states, target)}"
            if state["Type"] != "Pass" and line not in seen:
                seen.add(line)
                yield line


def _targets(state: dict[str, Any]) -> Iterator[str]:
    yield from (rule["Next"] for rule in state.get("Choices", []))
    yield from (state[key] for key in ("Default", "Next") if key in state)
    yield from (catch["Next"] for catch in state.get("Catch", []))


def _through(states: dict[str, Any], name: str) -> str:
    while states[name]["Type"] == "Pass":
        name = states[name]["Next"]
    return name


def main() -> None:
    """Print the picture of this project's cloud."""
    resources = json.loads(template(synthesized(target="aws")).read_text())["Resources"]
    print(picture(resources, json.loads(WORKFLOW.read_text())))  # noqa: T201


if __name__ == "__main__":
    main()
