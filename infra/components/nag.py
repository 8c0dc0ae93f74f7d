"""Say why a finding of cdk-nag is meant to be as it is."""

from __future__ import annotations

import re
from typing import Any

from aws_cdk import Acknowledgment, Stack, Validations
from aws_cdk import aws_iam as iam
from constructs import IConstruct

SUBSCRIPTIONS = {"sns:GetSubscriptionAttributes", "sns:Unsubscribe"}
"""Actions for which SNS knows no resource (its page in AWS' Service Authorization Reference)."""


def acknowledge(construct: IConstruct, reason: str, *findings: str) -> None:
    """Accept the findings on this construct and below.

    Args:
        construct: Where the findings are; as near to them as can be, so that nothing else is accepted with them.
        reason: Why they are right here.
        findings: Ids without the pack's name, such as ``S1`` or ``IAM5[Resource::*]``.
    """
    rules = [Acknowledgment(id=f"AwsSolutions-{finding}", reason=reason) for finding in findings]
    Validations.of(construct).acknowledge(*rules)


def acknowledge_prefixes(role: iam.Role, statements: list[iam.PolicyStatement]) -> None:
    """Accept that statements name all objects below a prefix, or all executions of one machine.

    Their names come from people and cannot be listed. Only that, and what AWS allows on ``*`` alone: a star anywhere
    else, or right below a bucket, stays a finding.
    """
    for statement in statements:
        for resource in statement.resources:
            written = _as_reported(Stack.of(role).resolve(resource))
            if re.fullmatch(r"<\w+\.Arn>/[\w/]+/\*", written):
                reason = "The objects of one prefix; their names come from people."
                acknowledge(role, reason, f"IAM5[Resource::{written}]")
            if re.fullmatch(r"arn:[^*]+:states:[^*]+:execution:[\w-]+[:/]\*", written):
                reason = "Executions get their names when they are started; the machine is named."
                acknowledge(role, reason, f"IAM5[Resource::{written}]")
            if written == "*" and set(statement.actions) <= SUBSCRIPTIONS:
                acknowledge(role, "SNS has the actions on one subscription allowed on `*` only.", "IAM5[Resource::*]")


def _as_reported(resolved: Any) -> str:
    """Write a resolved ARN as cdk-nag's findings do: references in angle brackets."""
    match resolved:
        case str():
            return resolved
        case {"Fn::Join": [separator, parts]}:
            return str(separator).join(map(_as_reported, parts))
        case {"Fn::GetAtt": [name, attribute]}:
            return f"<{name}.{attribute}>"
        case {"Ref": name}:
            return f"<{name}>"
    raise ValueError(f"an ARN: expected text, a reference or a join of these, got {resolved!r}")
