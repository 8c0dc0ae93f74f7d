"""The functions: what each one may touch, is told, and costs."""

from __future__ import annotations

from dataclasses import dataclass

from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.components import permissions as may
from infra.components.console import build_console
from infra.components.factory import FunctionFactory, FunctionPlan
from infra.components.layers import Layers
from infra.components.table import INDEXES

LONGEST_S = 900


@dataclass(frozen=True, kw_only=True)
class Concurrency:
    """How many functions at once; all that have no number share what the account has left in its region.

    Attributes:
        of_shards: Of ``convert``, and of ``survey``: so that a big job can't take the API's share.
        of_api: Of ``api``, and of ``authorize``.
    """

    of_shards: int | None
    of_api: int | None


class Functions(Construct):
    """``api``, ``authorize``, ``purge``, ``console``; ``of_workflow`` and ``by_name`` (all).

    Both are keyed by the folders of ``functions/``.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        layers: Layers,
        inbox: s3.IBucket,
        outbox: s3.IBucket,
        table: dynamodb.ITable,
        topic: sns.ITopic,
        job_log: logs.ILogGroup,
        undelivered: sqs.IQueue,
        machine_name: str,
        quiet_s: int,
        shard_images: int,
        shard_bytes: int,
        concurrency: Concurrency,
        oidc: dict[str, str],
        upload_origins: list[str],
        log_retention: logs.RetentionDays,
    ) -> None:
        super().__init__(scope, construct_id)
        self._inbox, self._outbox, self._table = inbox, outbox, table
        self._topic, self._job_log, self._undelivered = topic, job_log, undelivered
        self._machine_name = machine_name
        self._concurrency = concurrency
        self._everywhere = {
            "TABLE_NAME": table.table_name,
            "OUTBOX_BUCKET": outbox.bucket_name,
            "JOB_LOG_GROUP": job_log.log_group_name,
        }
        factory = FunctionFactory(self, layers=layers, log_retention=log_retention)
        self.purge = factory.make(self._purge())
        workflow = [
            self._receive(quiet_s, self.purge),
            self._settle(quiet_s, self.purge),
            self._plan(shard_images, shard_bytes),
            self._survey(),
            self._convert(),
            self._assemble(),
            self._conclude(),
        ]
        self.of_workflow = {plan.name: factory.make(plan) for plan in workflow}
        self.authorize = factory.make(self._authorize(oidc))
        self.api = factory.make(self._api(self.purge))
        self.console = factory.make(self._console(upload_origins))
        of_api = {"authorize": self.authorize, "purge": self.purge, "api": self.api, "console": self.console}
        self.by_name = {**self.of_workflow, **of_api}

    def _receive(self, quiet_s: int, purge: lambda_.IFunction) -> FunctionPlan:
        return FunctionPlan(
            name="receive",
            does="Registers an uploaded map or dataset and starts the jobs that follow from it.",
            memory_mb=1024,
            timeout_s=LONGEST_S,
            statements=self._starts_jobs(purge),
            environment=self._told_of_uploads(quiet_s, purge),
        )

    def _settle(self, quiet_s: int, purge: lambda_.IFunction) -> FunctionPlan:
        return FunctionPlan(
            name="settle",
            does="Waits until a loose dataset is whole, then starts its jobs.",
            memory_mb=512,
            timeout_s=LONGEST_S,
            statements=[
                *self._starts_jobs(purge),
                may.objects(self._outbox, may.WRITE_PARTS, "work/listings/"),
            ],
            environment=self._told_of_uploads(quiet_s, purge),
        )

    def _told_of_uploads(self, quiet_s: int, purge: lambda_.IFunction) -> dict[str, str]:
        return self._told(
            INBOX_BUCKET=self._inbox.bucket_name,
            TOPIC_ARN=self._topic.topic_arn,
            QUIET_S=str(quiet_s),
            PURGE_FUNCTION=purge.function_name,
        )

    def _starts_jobs(self, purge: lambda_.IFunction) -> list[iam.PolicyStatement]:
        return [
            may.objects(self._inbox, may.READ_VERSIONS, "maps/", "datasets/"),
            may.keys_below(self._inbox, "maps/", "datasets/"),
            may.objects(self._outbox, may.READ, "work/listings/"),
            may.keys_below(self._outbox, "work/listings/"),
            may.items(self._table, "GetItem", "BatchGetItem", "PutItem", "UpdateItem", "Query"),
            # What was claimed while somebody deleted its dataset is taken back.
            may.items(self._table, "DeleteItem", "BatchWriteItem", "ConditionCheckItem"),
            may.start_executions(self._machine_name),
            may.log_lines(self._job_log),
            may.publish(self._topic),
            may.put_events(self),
            # An upload may take the place of another one, which goes.
            iam.PolicyStatement(actions=["lambda:InvokeFunction"], resources=[purge.function_arn]),
        ]

    def _plan(self, shard_images: int, shard_bytes: int) -> FunctionPlan:
        return FunctionPlan(
            name="plan",
            does="Cuts a dataset into shards and writes the manifest of the work.",
            memory_mb=3008,
            timeout_s=LONGEST_S,
            disk_mb=2048,
            statements=[
                may.objects(self._inbox, may.READ_VERSIONS, "maps/", "datasets/"),
                may.keys_below(self._inbox, "maps/", "datasets/"),
                may.objects(self._outbox, may.READ, "work/"),
                may.objects(self._outbox, may.WRITE_PARTS, "work/"),
                may.keys_below(self._outbox, "work/"),
                may.items(self._table, "UpdateItem"),
            ],
            environment=self._told(
                INBOX_BUCKET=self._inbox.bucket_name, SHARD_IMAGES=str(shard_images), SHARD_BYTES=str(shard_bytes)
            ),
        )

    def _survey(self) -> FunctionPlan:
        return FunctionPlan(
            name="survey",
            does="Collects the classes of one shard, where no map names them.",
            memory_mb=1769,
            timeout_s=LONGEST_S,
            concurrency=self._concurrency.of_shards,
            statements=[*self._reads_a_shard(), may.objects(self._outbox, may.WRITE, "work/")],
            environment=self._told(),
        )

    def _convert(self) -> FunctionPlan:
        return FunctionPlan(
            name="convert",
            does="Converts one shard into one format.",
            memory_mb=1769,
            timeout_s=LONGEST_S,
            concurrency=self._concurrency.of_shards,
            disk_mb=2048,
            statements=[
                *self._reads_a_shard(),
                # A part that comes after its dataset was deleted goes with it.
                may.objects(self._outbox, (*may.WRITE_PARTS, *may.DELETE), "work/"),
                may.items(self._table, "GetItem", "PutItem"),
                may.log_lines(self._job_log),
            ],
            environment=self._told(),
        )

    def _reads_a_shard(self) -> list[iam.PolicyStatement]:
        return [
            may.objects(self._inbox, may.READ_VERSIONS, "datasets/"),
            may.objects(self._outbox, may.READ, "work/"),
        ]

    def _assemble(self) -> FunctionPlan:
        return FunctionPlan(
            name="assemble",
            does="Joins the parts of one format into the archive that people download.",
            memory_mb=3008,
            timeout_s=LONGEST_S,
            disk_mb=4096,
            statements=[
                may.objects(self._outbox, may.READ, "work/", "annotations/"),
                may.objects(self._outbox, may.WRITE_PARTS, "work/", "annotations/"),
                # An annotation that is deleted while it is joined leaves nothing.
                may.objects(self._outbox, may.DELETE, "annotations/"),
                may.keys_below(self._outbox, "work/", "annotations/"),
                may.items(self._table, "GetItem"),
                may.log_lines(self._job_log),
                may.log_streams(self._job_log, "logs:GetLogEvents"),  # whether one who was stopped had written
            ],
            environment=self._told(),
        )

    def _conclude(self) -> FunctionPlan:
        return FunctionPlan(
            name="conclude",
            does="Records how a job ended and tells whoever wants to know.",
            memory_mb=512,
            timeout_s=LONGEST_S,
            statements=[
                may.items(self._table, "GetItem", "BatchGetItem", "PutItem", "UpdateItem", "Query"),
                may.describe_executions(self._machine_name),
                may.log_lines(self._job_log),
                may.publish(self._topic),
                may.put_events(self),
                iam.PolicyStatement(actions=["sqs:SendMessage"], resources=[self._undelivered.queue_arn]),
            ],
            environment=self._told(TOPIC_ARN=self._topic.topic_arn),
            dead_letters=self._undelivered,
        )

    def _api(self, purge: lambda_.IFunction) -> FunctionPlan:
        return FunctionPlan(
            name="api",
            does="Answers the HTTP API.",
            memory_mb=1769,  # one whole CPU: pictures are scaled, and directories of large datasets are kept
            timeout_s=29,  # API Gateway gives up after 30, and would not say what took so long
            of_api=True,
            concurrency=self._concurrency.of_api,
            statements=[
                *self._reads_and_writes_rows(),
                *self._keeps_maps_and_datasets(),
                may.start_executions(self._machine_name),
                may.stop_executions(self._machine_name),
                may.log_lines(self._job_log),
                may.log_streams(self._job_log, "logs:GetLogEvents", "logs:DeleteLogStream"),
                may.publish(self._topic),
                may.subscribe(self._topic),
                may.change_subscriptions(),
                may.put_events(self),
                iam.PolicyStatement(actions=["lambda:InvokeFunction"], resources=[purge.function_arn]),
            ],
            environment=self._told(
                INBOX_BUCKET=self._inbox.bucket_name,
                TOPIC_ARN=self._topic.topic_arn,
                STATE_MACHINE_ARN=may.machine_arn(self._machine_name),
                PURGE_FUNCTION=purge.function_name,
            ),
        )

    def _reads_and_writes_rows(self) -> list[iam.PolicyStatement]:
        one = ("GetItem", "PutItem", "UpdateItem", "DeleteItem", "ConditionCheckItem")
        many = ("BatchGetItem", "BatchWriteItem", "Query")
        return [
            may.items(self._table, *one, *many),
            may.query_indexes(self._table, *INDEXES),
        ]

    def _keeps_maps_and_datasets(self) -> list[iam.PolicyStatement]:
        """What a presigned address allows is what the role allows that has signed it."""
        return [
            may.objects(self._inbox, (*may.READ_VERSIONS, *may.WRITE, *may.DELETE), "maps/"),
            may.objects(
                self._inbox, (*may.READ_VERSIONS, *may.WRITE_PARTS, "s3:ListMultipartUploadParts"), "datasets/"
            ),
            may.keys_below(self._inbox, "maps/", "datasets/"),
            # Whether anything is left of a workspace.
            may.keys_below(self._inbox, "datasets/", action=may.LIST_VERSIONS),
            may.uploads_of(self._inbox),
            may.objects(self._outbox, (*may.READ, *may.DELETE), "annotations/"),
            may.objects(self._outbox, may.READ, "work/listings/"),
            may.keys_below(self._outbox, "annotations/", "work/listings/"),
        ]

    def _authorize(self, oidc: dict[str, str]) -> FunctionPlan:
        return FunctionPlan(
            name="authorize",
            does="Says whose the token of a request is, and what it may do.",
            memory_mb=512,
            timeout_s=10,  # it may have to fetch an issuer's keys
            of_api=True,
            concurrency=self._concurrency.of_api,
            statements=[may.items_of_tokens(self._table)],
            environment={
                "TABLE_NAME": self._table.table_name,
                **{f"OIDC_{name.upper()}": value for name, value in oidc.items()},
            },
        )

    def _console(self, upload_origins: list[str]) -> FunctionPlan:
        return FunctionPlan(
            name="console",
            does="Serves the console's pages.",
            memory_mb=512,
            timeout_s=10,
            code=build_console(),
            statements=[],
            environment={"UPLOAD_ORIGINS": " ".join(upload_origins)},
        )

    def _purge(self) -> FunctionPlan:
        return FunctionPlan(
            name="purge",
            does="Deletes a dataset with everything that was made from it.",
            memory_mb=512,
            timeout_s=LONGEST_S,
            statements=[
                may.items(self._table, "GetItem", "BatchGetItem", "Query", "PutItem", "UpdateItem"),
                may.items(self._table, "DeleteItem", "BatchWriteItem"),
                may.query_indexes(self._table, "gsi1", "gsi2"),
                may.objects(self._inbox, (*may.DELETE_VERSIONS, "s3:AbortMultipartUpload"), "datasets/"),
                may.keys_below(self._inbox, "datasets/", action=may.LIST_VERSIONS),
                may.uploads_of(self._inbox),
                may.objects(self._outbox, may.DELETE, "annotations/", "work/"),
                may.keys_below(self._outbox, "annotations/", "work/"),
                may.log_streams(self._job_log, "logs:DeleteLogStream"),
                iam.PolicyStatement(actions=["sqs:SendMessage"], resources=[self._undelivered.queue_arn]),
            ],
            environment=self._told(INBOX_BUCKET=self._inbox.bucket_name),
            dead_letters=self._undelivered,
            calls_itself=True,
        )

    def _told(self, **more: str) -> dict[str, str]:
        return {**self._everywhere, **more}
