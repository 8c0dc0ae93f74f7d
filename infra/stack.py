"""The stack: it only composes."""

from __future__ import annotations

from dataclasses import dataclass

from aws_cdk import CfnOutput, RemovalPolicy, Stack, Tags
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.components.functions import Functions
from infra.components.layers import Layers
from infra.components.monitoring import Monitoring
from infra.components.notifications import Notifications
from infra.components.storage import Storage
from infra.components.table import Table
from infra.components.workflow import Workflow


@dataclass(frozen=True, kw_only=True)
class Choices:
    """What differs from one installation to another.

    Attributes:
        target: ``aws``, or ``local`` for the local cloud.
        wheels: Where the dependencies come from, ``lambda`` or ``installed``.
        quiet_s: Seconds without a new file after which a loose dataset counts as whole.
        max_concurrency: Shards worked on at once in one job.
        shard_images: Images a shard holds at most.
        shard_bytes: Bytes of labels and headers a shard reads at most.
    """

    target: str
    wheels: str
    quiet_s: int
    max_concurrency: int
    shard_images: int
    shard_bytes: int


class LabelmillStack(Stack):
    """All of labelmill's service."""

    def __init__(self, scope: Construct, construct_id: str, *, choices: Choices) -> None:
        super().__init__(scope, construct_id, description="labelmill: labels for image datasets")
        # People's data outlives the stack; the local cloud has nothing that must.
        keep = RemovalPolicy.DESTROY if choices.target == "local" else RemovalPolicy.RETAIN
        retention = logs.RetentionDays.THREE_MONTHS
        machine_name = f"{self.stack_name}-ConvertDataset"

        storage = Storage(self, "Storage", removal_policy=keep)
        table = Table(self, "Data", removal_policy=keep).table
        notifications = Notifications(self, "Notifications", log_retention=retention)
        functions = Functions(
            self,
            "Functions",
            layers=Layers(self, "Layers", wheels=choices.wheels).versions,
            inbox=storage.inbox,
            outbox=storage.outbox,
            table=table,
            topic=notifications.topic,
            job_log=notifications.job_log,
            undelivered=notifications.undelivered,
            machine_name=machine_name,
            quiet_s=choices.quiet_s,
            shard_images=choices.shard_images,
            shard_bytes=choices.shard_bytes,
            log_retention=retention,
        ).by_name
        machine = Workflow(
            self,
            "Workflow",
            name=machine_name,
            functions=functions,
            inbox=storage.inbox,
            outbox=storage.outbox,
            undelivered=notifications.undelivered,
            max_concurrency=choices.max_concurrency,
            log_retention=retention,
        ).machine
        Monitoring(
            self,
            "Monitoring",
            functions=functions,
            machine=machine,
            undelivered=notifications.undelivered,
            topic=notifications.alarms,
        )

        Tags.of(self).add("application", "labelmill")
        Tags.of(self).add("stack", self.stack_name)
        for name, value in {
            "InboxBucket": storage.inbox.bucket_name,
            "OutboxBucket": storage.outbox.bucket_name,
            "TableName": table.table_name,
            "StateMachineArn": machine.state_machine_arn,
            "TopicArn": notifications.topic.topic_arn,
            "AlarmTopicArn": notifications.alarms.topic_arn,
            "JobLogGroup": notifications.job_log.log_group_name,
        }.items():
            CfnOutput(self, name, value=value)
