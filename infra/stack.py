"""The stack: it only composes."""

from __future__ import annotations

from dataclasses import dataclass

from aws_cdk import CfnOutput, RemovalPolicy, Stack, Tags
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.components.api import Api
from infra.components.functions import Concurrency, Functions
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
        concurrency: How many functions at once are kept for shards and for the API.
        api_rate: Requests a second that the HTTP API takes in the long run.
        api_burst: Requests that it takes at once.
        oidc: ``issuer``, ``audience``, ``organization_claim`` and ``role_claim`` of the JWTs that are taken as tokens;
            no JWT is where the issuer is empty.
    """

    target: str
    wheels: str
    quiet_s: int
    max_concurrency: int
    shard_images: int
    shard_bytes: int
    concurrency: Concurrency
    api_rate: int
    api_burst: int
    oidc: dict[str, str]


class LabelmillStack(Stack):
    """All of labelmill's service."""

    def __init__(self, scope: Construct, construct_id: str, *, choices: Choices) -> None:
        super().__init__(scope, construct_id, description="labelmill: labels for image datasets")
        # People's data outlives the stack; the local cloud has nothing that must.
        # A first deployment that fails takes its empty buckets and table along; what was deployed once stays.
        keep = RemovalPolicy.DESTROY if choices.target == "local" else RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
        retention = logs.RetentionDays.THREE_MONTHS
        machine_name = f"{self.stack_name}-ConvertDataset"

        storage = Storage(self, "Storage", removal_policy=keep)
        table = Table(self, "Data", removal_policy=keep).table
        notifications = Notifications(self, "Notifications", log_retention=retention)
        functions = Functions(
            self,
            "Functions",
            layers=Layers(self, "Layers", wheels=choices.wheels),
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
            concurrency=choices.concurrency,
            oidc=choices.oidc,
            # The local cloud serves pages and buckets at one address.
            upload_origins=storage.origins if choices.target == "aws" else [],
            log_retention=retention,
        )
        machine = Workflow(
            self,
            "Workflow",
            name=machine_name,
            functions=functions.of_workflow,
            inbox=storage.inbox,
            outbox=storage.outbox,
            undelivered=notifications.undelivered,
            max_concurrency=choices.max_concurrency,
            log_retention=retention,
        ).machine
        api = Api(
            self,
            "Api",
            function=functions.api,
            console=functions.console,
            authorizer=functions.authorize,
            rate=choices.api_rate,
            burst=choices.api_burst,
            log_retention=retention,
        )
        storage.let_pages_upload(api.api.api_endpoint)
        Monitoring(
            self,
            "Monitoring",
            functions=functions.by_name,
            machine=machine,
            api=api.api,
            undelivered=notifications.undelivered,
            topic=notifications.alarms,
        )

        Tags.of(self).add("application", "labelmill")
        Tags.of(self).add("stack", self.stack_name)
        for name, value in {
            "ApiUrl": api.api.api_endpoint,
            "InboxBucket": storage.inbox.bucket_name,
            "OutboxBucket": storage.outbox.bucket_name,
            "TableName": table.table_name,
            "StateMachineArn": machine.state_machine_arn,
            "TopicArn": notifications.topic.topic_arn,
            "AlarmTopicArn": notifications.alarms.topic_arn,
            "JobLogGroup": notifications.job_log.log_group_name,
        }.items():
            CfnOutput(self, name, value=value)
