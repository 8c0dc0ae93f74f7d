"""``parliament`` on every policy of the template: actions that exist, resources and conditions that fit them.

It knows no trust policies (it asks for their resources), and can't tell whether a right is needed or missing: that is
a table in tests/infra/test_permissions.py.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

PSEUDO = {
    "AWS::Partition": "aws",
    "AWS::Region": "eu-central-1",
    "AWS::AccountId": "123456789012",
    "AWS::URLSuffix": "amazonaws.com",
}
FORMS = {
    "AWS::S3::Bucket": "arn:aws:s3:::{name}",
    "AWS::DynamoDB::Table": "arn:aws:dynamodb:eu-central-1:123456789012:table/{name}",
    "AWS::SNS::Topic": "arn:aws:sns:eu-central-1:123456789012:{name}",
    "AWS::SQS::Queue": "arn:aws:sqs:eu-central-1:123456789012:{name}",
    "AWS::Lambda::Function": "arn:aws:lambda:eu-central-1:123456789012:function:{name}",
    "AWS::StepFunctions::StateMachine": "arn:aws:states:eu-central-1:123456789012:stateMachine:{name}",
    "AWS::Logs::LogGroup": "arn:aws:logs:eu-central-1:123456789012:log-group:{name}:*",
    "AWS::Events::Rule": "arn:aws:events:eu-central-1:123456789012:rule/{name}",
    "AWS::IAM::Role": "arn:aws:iam::123456789012:role/{name}",
}
"""What ``Arn`` is of a resource that is deployed. A type that is missing here is an error, not passed over."""
REFERENCES = {"AWS::SNS::Topic", "AWS::StepFunctions::StateMachine"}
"""Types whose ``Ref`` is the ARN."""
FALSE_ALARMS = {
    r"^Storage\w+: MISMATCHED_TYPE: .* s3:TlsVersion requires a value of type Numeric but given \['1\.2'\]$": (
        "It takes whole numbers only for numeric; AWS' own guide compares s3:TlsVersion with 1.2."
    ),
    r"^Storage\w+: UNKNOWN_CONDITION_FOR_ACTION: Unknown condition s3:TlsVersion for action s3:": (
        "The buckets refuse `s3:*` over old TLS, which holds actions that know no such condition: a Deny more is none."
    ),
    r"RESOURCE_MISMATCH: \[\{'action': 'states:DescribeExecution', 'required_format': 'arn:\*:states:[^']*:express:": (
        "It asks for express executions beside the standard ones; the machine is a standard one."
    ),
}
"""What it says wrongly here, and why that is wrong."""


def judge_policies(template: dict[str, Any]) -> list[str]:
    """Answer one line for each finding that is not known as a false alarm."""
    parliament = _parliament()
    found = set()  # parliament repeats itself for each action of `s3:*`
    for name, document in _documents(template):
        policy = parliament.analyze_policy_string(json.dumps(_with_text(resolved(template, document))))
        found |= {f"{name}: {finding.issue}: {finding.detail}" for finding in policy.findings}
    return sorted(line for line in found if not any(re.search(alarm, line) for alarm in FALSE_ALARMS))


def resolved(template: dict[str, Any], value: Any) -> Any:
    """Answer a value of the template as it is once it is deployed, with made-up names."""
    match value:
        case {"Fn::Join": [separator, parts]}:
            return separator.join(resolved(template, part) for part in parts)
        case {"Fn::GetAtt": [name, "Arn"]}:
            return FORMS[template["Resources"][name]["Type"]].format(name=name)
        case {"Ref": name} if name in PSEUDO:
            return PSEUDO[name]
        case {"Ref": name}:
            kind = template["Resources"][name]["Type"]
            return FORMS[kind].format(name=name) if kind in REFERENCES else name
        case dict():
            return {key: resolved(template, item) for key, item in value.items()}
        case list():
            return [resolved(template, item) for item in value]
    return value


def _with_text(value: Any) -> Any:
    """Write numbers as text, as IAM does itself: parliament stumbles over them."""
    if isinstance(value, dict):
        return {key: _with_text(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_with_text(item) for item in value]
    return value if isinstance(value, (str, bool)) else str(value)


def _documents(template: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, resource in template["Resources"].items():
        properties = resource.get("Properties", {})
        if "PolicyDocument" in properties:
            yield name, properties["PolicyDocument"]
        for policy in properties.get("Policies", []):
            yield name, policy["PolicyDocument"]


def _parliament() -> Any:
    """Import it with the one function that it takes of ``pkg_resources``, which setuptools has no more."""
    if "parliament" not in sys.modules and find_spec("pkg_resources") is None:
        stand_in: Any = ModuleType("pkg_resources")
        stand_in.resource_filename = _resource_filename
        sys.modules["pkg_resources"] = stand_in
        try:
            import parliament
        finally:
            del sys.modules["pkg_resources"]
    import parliament

    return parliament


def _resource_filename(package: str, name: str) -> str:
    spec = find_spec(package)
    assert spec and spec.origin
    return str(Path(spec.origin).with_name(name))
