"""The statements that roles are made of: one prefix, one table, one group each.

The CDK's ``grant_…`` methods are not used for data: ``grant_put`` alone hands out six actions.
"""

from __future__ import annotations

from aws_cdk import ArnFormat, Aws, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from constructs import Construct

LIST = "s3:ListBucket"
LIST_VERSIONS = "s3:ListBucketVersions"
READ = ("s3:GetObject",)
WRITE = ("s3:PutObject",)
READ_VERSIONS = ("s3:GetObject", "s3:GetObjectVersion")
# A multipart upload is put with s3:PutObject; giving one up needs an action of its own.
WRITE_PARTS = ("s3:PutObject", "s3:AbortMultipartUpload")
DELETE = ("s3:DeleteObject",)
DELETE_VERSIONS = ("s3:DeleteObject", "s3:DeleteObjectVersion")


def objects(bucket: s3.IBucket, actions: tuple[str, ...], *prefixes: str) -> iam.PolicyStatement:
    """Allow the actions on all keys below the prefixes (each ends in ``/``)."""
    resources = [bucket.arn_for_objects(f"{prefix}*") for prefix in prefixes]
    return iam.PolicyStatement(actions=list(actions), resources=resources)


def keys_below(bucket: s3.IBucket, *prefixes: str, action: str = LIST) -> iam.PolicyStatement:
    """Allow listing below the prefixes, and being told that a key is missing.

    Without ``s3:ListBucket`` S3 answers 403 to a read of a missing key, and such a read names no prefix: hence
    ``IfExists``, under which only a listing is bound to the prefixes.
    """
    patterns = [f"{prefix}*" for prefix in prefixes]
    return iam.PolicyStatement(
        actions=[action],
        resources=[bucket.bucket_arn],
        conditions={"StringLikeIfExists": {"s3:prefix": patterns}},
    )


def uploads_of(bucket: s3.IBucket) -> iam.PolicyStatement:
    """Allow listing the unfinished uploads of a bucket: S3 knows no prefix for this action."""
    return iam.PolicyStatement(actions=["s3:ListBucketMultipartUploads"], resources=[bucket.bucket_arn])


def items(table: dynamodb.ITable, *actions: str) -> iam.PolicyStatement:
    """Allow the actions (``GetItem``, …) on the table's items."""
    return iam.PolicyStatement(actions=[f"dynamodb:{action}" for action in actions], resources=[table.table_arn])


def query_indexes(table: dynamodb.ITable, *indexes: str) -> iam.PolicyStatement:
    """Allow queries of the indexes."""
    return iam.PolicyStatement(
        actions=["dynamodb:Query"], resources=[f"{table.table_arn}/index/{index}" for index in indexes]
    )


def items_of_tokens(table: dynamodb.ITable) -> iam.PolicyStatement:
    """Allow reading the rows of tokens, one at a time, and no other row of the table."""
    return iam.PolicyStatement(
        actions=["dynamodb:GetItem"],
        resources=[table.table_arn],
        conditions={"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["TOKEN#*"]}},
    )


def log_lines(group: logs.ILogGroup) -> iam.PolicyStatement:
    """Allow opening streams in the group and writing to them."""
    return log_streams(group, "logs:CreateLogStream", "logs:PutLogEvents")


def log_streams(group: logs.ILogGroup, *actions: str) -> iam.PolicyStatement:
    """Allow the actions on the group and on its streams (the group's ARN ends in ``:*``, which names these)."""
    group_itself = Stack.of(group).format_arn(
        service="logs",
        resource="log-group",
        resource_name=group.log_group_name,
        arn_format=ArnFormat.COLON_RESOURCE_NAME,
    )
    return iam.PolicyStatement(actions=list(actions), resources=[group_itself, group.log_group_arn])


def publish(topic: sns.ITopic) -> iam.PolicyStatement:
    """Allow messages to the topic."""
    return iam.PolicyStatement(actions=["sns:Publish"], resources=[topic.topic_arn])


def subscribe(topic: sns.ITopic) -> iam.PolicyStatement:
    """Allow new subscriptions of the topic, and looking for those that it has."""
    return iam.PolicyStatement(actions=["sns:Subscribe", "sns:ListSubscriptionsByTopic"], resources=[topic.topic_arn])


def change_subscriptions() -> iam.PolicyStatement:
    """Allow looking at a subscription and ending it: SNS has these two allowed on ``*`` only."""
    return iam.PolicyStatement(actions=["sns:GetSubscriptionAttributes", "sns:Unsubscribe"], resources=["*"])


def put_events(scope: Construct) -> iam.PolicyStatement:
    """Allow events to the account's default bus, in labelmill's name only.

    ``IfExists`` as the local cloud knows no source when it looks at the policy; AWS always does.
    """
    bus = Stack.of(scope).format_arn(service="events", resource="event-bus", resource_name="default")
    return iam.PolicyStatement(
        actions=["events:PutEvents"],
        resources=[bus],
        conditions={"StringEqualsIfExists": {"events:source": "labelmill"}},
    )


def machine_arn(name: str, kind: str = "stateMachine", suffix: str = "") -> str:
    """Write the ARN of the state machine, or of its executions, from its name.

    By name, not by reference: the machine refers to the functions whose roles these statements are for.
    """
    return f"arn:{Aws.PARTITION}:states:{Aws.REGION}:{Aws.ACCOUNT_ID}:{kind}:{name}{suffix}"


def start_executions(name: str) -> iam.PolicyStatement:
    """Allow starting executions of the machine of that name."""
    return iam.PolicyStatement(actions=["states:StartExecution"], resources=[machine_arn(name)])


def describe_executions(name: str) -> iam.PolicyStatement:
    """Allow asking what an execution of the machine of that name was given."""
    return iam.PolicyStatement(actions=["states:DescribeExecution"], resources=[machine_arn(name, "execution", ":*")])


def stop_executions(name: str) -> iam.PolicyStatement:
    """Allow stopping an execution of the machine of that name."""
    return iam.PolicyStatement(actions=["states:StopExecution"], resources=[machine_arn(name, "execution", ":*")])
