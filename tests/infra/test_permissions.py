"""Least privilege, as a table: all that each role may do. A right more or less than here is a failure."""

from __future__ import annotations

from typing import Any

import pytest
from infra_template import Template, as_list

LOG = {"logs:CreateLogStream", "logs:PutLogEvents"}
READ_INBOX = {
    "inbox/maps/*": {"s3:GetObject", "s3:GetObjectVersion"},
    "inbox/datasets/*": {"s3:GetObject", "s3:GetObjectVersion"},
}
READ_WRITE = {"s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload"}
JOB_LOG = {"jobs": LOG, "jobs:*": LOG}  # a stream is named after the group's "*", its creation by the group itself
CLAIMS = {"dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:UpdateItem", "dynamodb:Query"}
OF_A_START = {
    **READ_INBOX,
    "inbox": {"s3:ListBucket"},
    "outbox/work/listings/*": {"s3:GetObject"},
    "outbox": {"s3:ListBucket"},
    "table": {
        *CLAIMS,
        "dynamodb:PutItem",
        "dynamodb:DeleteItem",
        "dynamodb:BatchWriteItem",
        "dynamodb:ConditionCheckItem",
    },
    "machine": {"states:StartExecution"},
    **JOB_LOG,
    "own log": LOG,
    "topic": {"sns:Publish"},
    "default bus": {"events:PutEvents"},
    "purge": {"lambda:InvokeFunction"},
}
OF_A_SHARD = {"inbox/datasets/*": READ_INBOX["inbox/datasets/*"], "own log": LOG}
ALLOWED: dict[str, dict[str, set[str]]] = {
    "receive": OF_A_START,
    "settle": {**OF_A_START, "outbox/work/listings/*": READ_WRITE},
    "plan": {
        **READ_INBOX,
        "inbox": {"s3:ListBucket"},
        "outbox/work/*": READ_WRITE,
        "outbox": {"s3:ListBucket"},
        "table": {"dynamodb:UpdateItem"},
        "own log": LOG,
    },
    "survey": {**OF_A_SHARD, "outbox/work/*": {"s3:GetObject", "s3:PutObject"}},
    "convert": {
        **OF_A_SHARD,
        "outbox/work/*": {*READ_WRITE, "s3:DeleteObject"},
        "table": {"dynamodb:GetItem", "dynamodb:PutItem"},
        **JOB_LOG,
    },
    "assemble": {
        "outbox/work/*": READ_WRITE,
        "outbox/annotations/*": {*READ_WRITE, "s3:DeleteObject"},
        "outbox": {"s3:ListBucket"},
        "table": {"dynamodb:GetItem"},
        "jobs": {*LOG, "logs:GetLogEvents"},
        "jobs:*": {*LOG, "logs:GetLogEvents"},
        "own log": LOG,
    },
    "conclude": {
        "table": {*CLAIMS, "dynamodb:PutItem"},
        "executions:*": {"states:DescribeExecution"},
        "topic": {"sns:Publish"},
        "default bus": {"events:PutEvents"},
        "undelivered": {"sqs:SendMessage"},
        **JOB_LOG,
        "own log": LOG,
    },
    "api": {
        "table": {
            *CLAIMS,
            "dynamodb:PutItem",
            "dynamodb:DeleteItem",
            "dynamodb:ConditionCheckItem",
            "dynamodb:BatchWriteItem",
        },
        **{f"table/index/gsi{n}": {"dynamodb:Query"} for n in (1, 2, 3)},
        "inbox/maps/*": {*READ_INBOX["inbox/maps/*"], "s3:PutObject", "s3:DeleteObject"},
        "inbox/datasets/*": {*READ_WRITE, "s3:GetObjectVersion", "s3:ListMultipartUploadParts"},
        "inbox": {"s3:ListBucket", "s3:ListBucketVersions", "s3:ListBucketMultipartUploads"},
        "outbox/annotations/*": {"s3:GetObject", "s3:DeleteObject"},
        "outbox/work/listings/*": {"s3:GetObject"},
        "outbox": {"s3:ListBucket"},
        "machine": {"states:StartExecution"},
        "executions:*": {"states:StopExecution"},
        **{name: {*LOG, "logs:GetLogEvents", "logs:DeleteLogStream"} for name in JOB_LOG},
        "own log": LOG,
        "topic": {"sns:Publish", "sns:Subscribe", "sns:ListSubscriptionsByTopic"},
        "*": {"sns:GetSubscriptionAttributes", "sns:Unsubscribe"},  # SNS knows no resource for these
        "default bus": {"events:PutEvents"},
        "purge": {"lambda:InvokeFunction"},
    },
    "authorize": {"table": {"dynamodb:GetItem"}, "own log": LOG},
    "console": {"own log": LOG},
    "purge": {
        "table": {
            "dynamodb:GetItem",
            "dynamodb:BatchGetItem",
            "dynamodb:Query",
            "dynamodb:PutItem",
            "dynamodb:UpdateItem",
            "dynamodb:DeleteItem",
            "dynamodb:BatchWriteItem",
        },
        **{f"table/index/gsi{n}": {"dynamodb:Query"} for n in (1, 2)},
        "inbox/datasets/*": {"s3:DeleteObject", "s3:DeleteObjectVersion", "s3:AbortMultipartUpload"},
        "inbox": {"s3:ListBucketVersions", "s3:ListBucketMultipartUploads"},
        "outbox/annotations/*": {"s3:DeleteObject"},
        "outbox/work/*": {"s3:DeleteObject"},
        "purge": {"lambda:InvokeFunction"},
        "outbox": {"s3:ListBucket"},
        **{name: {"logs:DeleteLogStream"} for name in JOB_LOG},
        "own log": LOG,
        "undelivered": {"sqs:SendMessage"},
    },
}
OF_API = {"api", "authorize", "console", "purge"}
MACHINE = {
    **{name: {"lambda:InvokeFunction"} for name in ALLOWED.keys() - OF_API},
    "machine": {"states:StartExecution"},
    "executions/*": {"states:DescribeExecution", "states:StopExecution", "states:RedriveExecution"},
    "executions:*": {"states:DescribeExecution", "states:StopExecution", "states:RedriveExecution"},
    "outbox/work/*": {*READ_WRITE, "s3:ListMultipartUploadParts"},
    # AWS lets neither be bound to a resource.
    "*": {
        "logs:CreateLogDelivery",
        "logs:GetLogDelivery",
        "logs:UpdateLogDelivery",
        "logs:DeleteLogDelivery",
        "logs:ListLogDeliveries",
        "logs:PutResourcePolicy",
        "logs:DescribeResourcePolicies",
        "logs:DescribeLogGroups",
        "xray:PutTraceSegments",
        "xray:PutTelemetryRecords",
        "xray:GetSamplingRules",
        "xray:GetSamplingTargets",
    },
}


def names(stack: Template) -> dict[str, str]:
    """What the table above calls each ARN."""
    account = "<AWS::Region>:<AWS::AccountId>"
    job_log, _ = stack.one("AWS::Logs::LogGroup", "NotificationsJobLog")
    machine = f"{account}:%s:Labelmill-ConvertDataset"
    found = {
        stack.one("AWS::S3::Bucket", "StorageInbox")[0] + ".Arn": "inbox",
        stack.one("AWS::S3::Bucket", "StorageOutbox")[0] + ".Arn": "outbox",
        stack.one("AWS::DynamoDB::Table")[0] + ".Arn": "table",
        stack.one("AWS::SNS::Topic", "NotificationsTopic")[0]: "topic",
        stack.one("AWS::SQS::Queue")[0] + ".Arn": "undelivered",
        stack.one("AWS::Logs::LogGroup", "NotificationsJobLog")[0] + ".Arn": "jobs:*",
        **{n + ".Arn": "own log" for n in stack.of_type("AWS::Logs::LogGroup") if n.startswith("Functions")},
        **{
            name + ".Arn": p["Environment"]["Variables"]["POWERTOOLS_SERVICE_NAME"]
            for name, p in stack.of_type("AWS::Lambda::Function").items()
        },
    }
    return {
        **{f"<{arn}>": name for arn, name in found.items()},
        f"arn:<AWS::Partition>:states:{machine % 'stateMachine'}": "machine",
        f"arn:<AWS::Partition>:states:{machine % 'execution'}": "executions",
        f"arn:<AWS::Partition>:logs:{account}:log-group:<{job_log}>": "jobs",
        f"arn:<AWS::Partition>:events:{account}:event-bus/default": "default bus",
        "*": "*",
    }


def allowed(stack: Template, role: str) -> dict[str, set[str]]:
    """Actions by resource, in the table's words."""
    known = sorted(names(stack).items(), key=lambda pair: -len(pair[0]))
    found: dict[str, set[str]] = {}
    for statement in stack.allowed(role):
        assert statement["Effect"] == "Allow"
        for resource in as_list(statement["Resource"]):
            arn, name = next(pair for pair in known if resource.startswith(pair[0]))
            found.setdefault(name + resource[len(arn) :], set()).update(as_list(statement["Action"]))
    return found


@pytest.mark.parametrize("name", ALLOWED)
def test_a_function_may_do_exactly_this(stack: Template, name: str) -> None:
    assert allowed(stack, role_of(stack, name)) == ALLOWED[name]


def test_the_table_names_every_function(stack: Template) -> None:
    assert ALLOWED.keys() == stack.functions().keys()


def test_the_state_machine_may_do_exactly_this(stack: Template) -> None:
    _, machine = stack.one("AWS::StepFunctions::StateMachine")
    role = machine["RoleArn"].removeprefix("<").removesuffix(".Arn>")
    assert allowed(stack, role) == MACHINE


def test_everything_is_named_only_where_aws_knows_no_less(stack: Template) -> None:
    for name, policy in stack.of_type("AWS::IAM::Policy").items():
        for statement in policy["PolicyDocument"]["Statement"]:
            assert not [action for action in as_list(statement["Action"]) if "*" in action], name
            if "*" in as_list(statement["Resource"]):
                of_subscriptions = statement["Action"] == ["sns:GetSubscriptionAttributes", "sns:Unsubscribe"]
                assert name.startswith("WorkflowRole") or of_subscriptions, name


def test_each_bucket_is_listed_below_prefixes_only(stack: Template) -> None:
    for name, policy in stack.of_type("AWS::IAM::Policy").items():
        for statement in policy["PolicyDocument"]["Statement"]:
            if {"s3:ListBucket", "s3:ListBucketVersions"} & set(as_list(statement["Action"])):
                prefixes = statement["Condition"]["StringLikeIfExists"]["s3:prefix"]
                assert as_list(prefixes) and all(p.endswith("/*") for p in as_list(prefixes)), name


def test_events_are_put_in_our_own_name_only(stack: Template) -> None:
    found = 0
    for policy in stack.of_type("AWS::IAM::Policy").values():
        for statement in policy["PolicyDocument"]["Statement"]:
            if statement["Action"] == "events:PutEvents":
                assert statement["Condition"] == {"StringEqualsIfExists": {"events:source": "labelmill"}}
                found += 1
    assert found == 4


def test_the_authorizer_reads_the_rows_of_tokens_only(stack: Template) -> None:
    [statement] = [s for s in stack.allowed(role_of(stack, "authorize")) if s["Action"] == "dynamodb:GetItem"]
    assert statement["Condition"] == {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["TOKEN#*"]}}


def role_of(stack: Template, function: str) -> str:
    role: str = stack.functions()[function]["Role"]
    return role.removeprefix("<").removesuffix(".Arn>")


def test_only_eventbridge_and_the_api_gateway_call_functions_from_outside(stack: Template) -> None:
    rule, _ = stack.one("AWS::Events::Rule", "WorkflowFailures")
    api, _ = stack.one("AWS::ApiGatewayV2::Api")
    here = f"arn:<AWS::Partition>:execute-api:<AWS::Region>:<AWS::AccountId>:<{api}>"
    names = {n: p["Environment"]["Variables"]["POWERTOOLS_SERVICE_NAME"] for n, p in of_functions(stack).items()}
    called = {
        (names[p["FunctionName"].strip("<>").removesuffix(".Arn")], p["Principal"], p["SourceArn"])
        for p in stack.of_type("AWS::Lambda::Permission").values()
    }
    [authorizer] = stack.of_type("AWS::ApiGatewayV2::Authorizer")
    assert called == {
        ("conclude", "events.amazonaws.com", f"<{rule}.Arn>"),
        ("api", "apigateway.amazonaws.com", f"{here}/*/*/*"),
        ("console", "apigateway.amazonaws.com", f"{here}/*/*/*"),
        ("authorize", "apigateway.amazonaws.com", f"{here}/authorizers/<{authorizer}>"),
    }


def of_functions(stack: Template) -> dict[str, dict[str, Any]]:
    return stack.of_type("AWS::Lambda::Function")


def test_only_uploads_requests_and_the_machine_itself_start_the_machine(stack: Template) -> None:
    starters = [
        name
        for name, policy in stack.of_type("AWS::IAM::Policy").items()
        if any("states:StartExecution" in as_list(s["Action"]) for s in policy["PolicyDocument"]["Statement"])
    ]
    beginnings = ("FunctionsApi", "FunctionsReceive", "FunctionsSettle", "WorkflowMachineEventsRole", "WorkflowRole")
    assert len(starters) == 5 and all(name.startswith(beginnings) for name in starters)
