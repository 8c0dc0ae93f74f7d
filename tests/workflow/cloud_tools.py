"""Resources in the emulator for one test, and what tests do with them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import boto3

from labelmill_aws.clients import Clients
from labelmill_aws.messages import AnnotationRef, Answer, Job, PackedSource, Settle
from labelmill_aws.names import annotation_id, epoch_of, execution_name
from labelmill_aws.records.annotation import Annotation, now_text
from labelmill_aws.records.catalog import Catalog
from labelmill_aws.records.job_store import JobStore
from labelmill_aws.records.table import Table
from labelmill_aws.services import Services
from labelmill_aws.settings import ConcludeSettings, ReceiveSettings
from labelmill_aws.steps.receive import Received, receive
from labelmill_aws.steps.settle import Settling, settle
from labelmill_aws.telling.job_log import JobLog

# Ends at once, or waits for good when its input says so, as an execution that does not end by itself.
MACHINE = {
    "QueryLanguage": "JSONata",
    "StartAt": "Begin",
    "States": {
        "Begin": {
            "Type": "Choice",
            "Choices": [{"Condition": "{% $states.input.job.options.wait = true %}", "Next": "Stay"}],
            "Default": "End",
        },
        "Stay": {"Type": "Wait", "Seconds": 600, "Next": "End"},
        "End": {"Type": "Succeed"},
    },
}


def make_table(clients: Clients, name: str) -> Table:
    """The table, by hand until the template is there."""
    keys = [("pk", "HASH"), ("sk", "RANGE")]
    indexes = [[(f"gsi{number}pk", "HASH"), (f"gsi{number}sk", "RANGE")] for number in (1, 2, 3)]

    def schema(pairs: list[tuple[str, str]]) -> Any:
        return [{"AttributeName": attribute, "KeyType": kind} for attribute, kind in pairs]

    names = [attribute for pairs in (keys, *indexes) for attribute, _ in pairs]
    attributes: Any = [{"AttributeName": name, "AttributeType": "S"} for name in names]
    clients.dynamodb.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=attributes,
        KeySchema=schema(keys),
        GlobalSecondaryIndexes=[
            {"IndexName": index[0][0][:-2], "KeySchema": schema(index), "Projection": {"ProjectionType": "ALL"}}
            for index in indexes
        ],
    )
    return Table(clients.dynamodb, name)


@dataclass(frozen=True)
class Cloud:
    """One test's resources."""

    tag: str
    clients: Clients
    table: Table
    inbox: str
    outbox: str
    log_group: str
    topic_arn: str
    sqs: Any
    queue_url: str
    state_machine: str

    @cached_property
    def store(self) -> JobStore:
        return JobStore(self.table)

    @cached_property
    def log(self) -> JobLog:
        return JobLog(self.clients.logs, self.log_group)

    def environment(self, quiet_s: int = 2) -> dict[str, str]:
        """What the functions read."""
        return {
            "TABLE_NAME": self.table.name,
            "OUTBOX_BUCKET": self.outbox,
            "INBOX_BUCKET": self.inbox,
            "JOB_LOG_GROUP": self.log_group,
            "TOPIC_ARN": self.topic_arn,
            "QUIET_S": str(quiet_s),
            "PURGE_FUNCTION": "purge",
        }

    @cached_property
    def control(self) -> Services[ReceiveSettings]:
        return Services(self.clients, ReceiveSettings.from_env(self.environment()))

    @cached_property
    def ending(self) -> Services[ConcludeSettings]:
        return Services(self.clients, ConcludeSettings.from_env(self.environment()))

    @property
    def catalog(self) -> Catalog:
        return self.control.catalog

    def receive(self, key: str) -> Answer:
        """Deliver the event of a key."""
        return receive(Received(event=self.event(key), state_machine=self.state_machine), self.control)

    def settle(self, key: str) -> Answer:
        """Look at a loose dataset."""
        return settle(
            Settling(settle=Settle(bucket=self.inbox, key=key), state_machine=self.state_machine), self.control
        )

    def put(self, key: str, data: bytes = b"x") -> str:
        """Upload into the inbox; the version."""
        return self.clients.s3.put_object(Bucket=self.inbox, Key=key, Body=data)["VersionId"]

    def event(self, key: str, **more: Any) -> dict[str, Any]:
        """The event that S3 sends for an upload."""
        detail = {"bucket": {"name": self.inbox}, "object": {"key": key, **more}}
        return {"source": "aws.s3", "detail-type": "Object Created", "detail": detail}

    def lines(self, stream: str) -> list[dict[str, Any]]:
        """What a stream of the job log holds."""
        try:
            events = self.clients.logs.get_log_events(
                logGroupName=self.log_group, logStreamName=stream, startFromHead=True
            )["events"]
        except self.clients.logs.exceptions.ResourceNotFoundException:
            return []
        return [json.loads(event["message"]) for event in events]

    def messages(self) -> list[dict[str, Any]]:
        """What was notified since the last call: body and attributes."""
        found = []
        while True:
            batch = self.sqs.receive_message(QueueUrl=self.queue_url, MaxNumberOfMessages=10).get("Messages", [])
            if not batch:
                return found
            for message in batch:
                envelope = json.loads(message["Body"])
                attributes = {name: value["Value"] for name, value in envelope["MessageAttributes"].items()}
                found.append({"body": json.loads(envelope["Message"]), "attributes": attributes})
                self.sqs.delete_message(QueueUrl=self.queue_url, ReceiptHandle=message["ReceiptHandle"])

    def executions(self) -> dict[str, str]:
        """Status of every execution, by its name."""
        listed = self.clients.stepfunctions.list_executions(stateMachineArn=self.state_machine)["executions"]
        return {execution["name"]: execution["status"] for execution in listed}

    def rows(self) -> list[Annotation]:
        """All annotations, sorted by format."""
        items = self.clients.dynamodb.scan(TableName=self.table.name, ConsistentRead=True)["Items"]
        ids = [item["pk"]["S"][3:] for item in items if item["sk"]["S"] == "AN"]
        return sorted(self.store.get_many(ids).values(), key=lambda row: (row.dataset, row.map, row.format))


@cache
def clients_of(endpoint: str) -> tuple[Clients, Any]:
    """The clients of a session, and one of SQS: they take a while to be made."""
    return Clients(), boto3.client("sqs", endpoint_url=endpoint)


def make_cloud(tag: str, endpoint: str) -> Cloud:
    clients, sqs = clients_of(endpoint)
    table = make_table(clients, f"table-{tag}")
    s3 = clients.s3
    for bucket in (f"inbox-{tag}", f"outbox-{tag}"):
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    s3.put_bucket_versioning(Bucket=f"inbox-{tag}", VersioningConfiguration={"Status": "Enabled"})
    clients.logs.create_log_group(logGroupName=f"/jobs/{tag}")
    topic_arn = clients.sns.create_topic(Name=f"topic-{tag}")["TopicArn"]
    queue_url = sqs.create_queue(QueueName=f"queue-{tag}")["QueueUrl"]
    queue_arn = sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    clients.sns.subscribe(TopicArn=topic_arn, Protocol="sqs", Endpoint=queue_arn)
    machine = clients.stepfunctions.create_state_machine(
        name=f"machine-{tag}", definition=json.dumps(MACHINE), roleArn="arn:aws:iam::000000000000:role/machine"
    )
    return Cloud(
        tag=tag,
        clients=clients,
        table=table,
        inbox=f"inbox-{tag}",
        outbox=f"outbox-{tag}",
        log_group=f"/jobs/{tag}",
        topic_arn=topic_arn,
        sqs=sqs,
        queue_url=queue_url,
        state_machine=machine["stateMachineArn"],
    )


def make_job(cloud: Cloud, formats: tuple[str, ...] = ("COCO",), attempt: int = 0, **changes: Any) -> Job:
    """A job as Receive makes it, of a packed dataset without a map."""
    options = changes.pop("options", {})
    return Job(
        name=execution_name("ws", "toys", "v1", formats, "", "", options, attempt),
        attempt=attempt,
        organization="default",
        workspace="ws",
        dataset="toys",
        dataset_version="v1",
        source=PackedSource(cloud.inbox, "datasets/ws/toys.zip", "1", "e", 1),
        map=None,
        options=options,
        annotations=[AnnotationRef(annotation_id("ws", "toys", "v1", name, options=options), name) for name in formats],
        cause=changes.pop("cause", f"cause-{attempt}"),
        asked_by="upload",
    )


def make_rows(job: Job) -> list[Annotation]:
    """The rows that claim a job."""
    return [
        Annotation(
            id=ref.id,
            organization=job.organization,
            workspace=job.workspace,
            dataset=job.dataset,
            dataset_version=job.dataset_version,
            format=ref.format,
            options=job.options,
            epoch=epoch_of(job.attempt, 0),
            attempt=job.attempt,
            execution=job.name,
            cause=job.cause,
            causes=(job.cause,),
            asked_by=job.asked_by,
            created=now_text(),
        )
        for ref in job.annotations
    ]


def claim(cloud: Cloud, job: Job) -> str:
    """Claim a job of one format; its annotation's id."""
    assert cloud.store.claim(job, make_rows(job))
    return job.annotations[0].id
