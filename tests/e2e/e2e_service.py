"""The service as its users and operators see it: uploads go in; archives, statuses, logs and messages come out."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from cli_tools import Archives
from infra.local.cloud import LocalCloud
from infra.local.faults import Fault

from labelmill_aws.clients import Clients
from labelmill_aws.names import errors_key, execution_arn, report_key
from labelmill_aws.records.annotation import Annotation
from labelmill_aws.records.catalog import Workspace
from labelmill_aws.services import Services
from labelmill_aws.settings import ConcludeSettings
from labelmill_aws.steps.cancel import cancel

MAP_TEXT = """\
classes:
  0: [toy, Block]
  5: [toy, Globe]
properties:
  obj['type'] == 'Cube': 0
  obj['type'] == 'Ball': 5
"""
OTHER_MAP_TEXT = MAP_TEXT.replace("Globe", "Sphere")


class Service:
    """One local cloud with the stack in it, for all tests of a session."""

    def __init__(self, cloud: LocalCloud) -> None:
        self.cloud = cloud
        self.outputs = cloud.outputs
        self.inbox, self.outbox = self.outputs["InboxBucket"], self.outputs["OutboxBucket"]
        self.machine = self.outputs["StateMachineArn"]
        settings = ConcludeSettings(
            table_name=self.outputs["TableName"],
            outbox_bucket=self.outbox,
            job_log_group=self.outputs["JobLogGroup"],
            topic_arn=self.outputs["TopicArn"],
        )
        with pytest.MonkeyPatch.context() as patch:
            for name, value in cloud.environ().items():
                patch.setenv(name, value)
            clients = Clients()
            parts = Services(clients, settings)
            self.s3, self.states = clients.s3, clients.stepfunctions
            _ = (clients.dynamodb, clients.logs, clients.sns, clients.events)  # made while they find the cloud
        self.parts, self.store, self.catalog = parts, parts.store, parts.catalog
        self._events_by_queue: dict[str, list[dict[str, Any]]] = {self._subscribe(): [], self._catch_events(): []}
        self._functions = {
            function["Environment"]["Variables"]["POWERTOOLS_SERVICE_NAME"]: function["FunctionName"]
            for function in cloud.client("lambda").list_functions()["Functions"]
        }

    def place(self, formats: Iterable[str] = ("COCO", "YOLO"), maps: Iterable[str] = ("*",), **names: str) -> Place:
        """A workspace in an organization, for one test."""
        tag = uuid.uuid4().hex[:8]
        workspace = Workspace(
            name=names.get("name", f"ws-{tag}"),
            organization=names.get("organization", f"org-{tag}"),
            auto_formats=tuple(formats),
            included_maps=tuple(maps),
        )
        assert self.catalog.create_workspace(workspace)
        return Place(self, workspace.name, workspace.organization)

    def function(self, name: str) -> str:
        """The deployed name of a function."""
        return self._functions[name]

    def fault(self, action: str, caller: str = "", **rule: Any) -> None:
        """Break something; ``caller`` is the folder of a function."""
        known_by = self.function(caller)[-28:] if caller else ""  # as much of it as travels with a request
        self.cloud.add_fault(Fault(action, caller=known_by, **rule))  # type: ignore[arg-type]

    def wait_for_fault(self, number: int = 0) -> None:
        """Wait until a fault was applied."""
        self.cloud.wait_for(lambda: self.cloud.faults()[number].applied, timeout_s=20, every_s=0.02)

    def upload(self, key: str, data: bytes) -> None:
        """Upload, and wait until the state machine was told."""
        before = self.uploads()
        self.put(key, data)
        self.cloud.wait_for(lambda: self.uploads() > before, timeout_s=20)

    def put(self, key: str, data: bytes = b"") -> None:
        """Write an object into the inbox."""
        self.s3.put_object(Bucket=self.inbox, Key=key, Body=data)

    def deliver(self, key: str) -> None:
        """Deliver the event of an upload once more, as late as now."""
        event = {"detail": {"bucket": {"name": self.inbox}, "object": {"key": key}}}
        self.states.start_execution(stateMachineArn=self.machine, input=json.dumps(event))

    def executions(self, **chosen: Any) -> list[Any]:
        """Executions of the machine, without those that its Maps start."""
        pages = self.states.get_paginator("list_executions").paginate(stateMachineArn=self.machine, **chosen)
        return [execution for page in pages for execution in page["executions"] if "mapRunArn" not in execution]

    def uploads(self) -> int:
        """How many executions began with an upload."""
        return sum(not execution["name"].startswith("job-") for execution in self.executions())

    def jobs(self) -> int:
        """How many executions were started for jobs."""
        return sum(execution["name"].startswith("job-") for execution in self.executions())

    def is_idle(self) -> bool:
        """Whether no execution runs."""
        return not self.executions(statusFilter="RUNNING")

    def mend(self) -> None:
        """Break nothing any more, and end what a failed test has left running."""
        self.cloud.clear_faults()
        for execution in self.executions(statusFilter="RUNNING"):
            self.states.stop_execution(executionArn=execution["executionArn"])

    def stream(self, name: str) -> list[dict[str, Any]]:
        """What a stream of the job log holds."""
        logs = self.cloud.client("logs")
        try:
            found = logs.get_log_events(
                logGroupName=self.outputs["JobLogGroup"], logStreamName=name, startFromHead=True
            )
        except logs.exceptions.ResourceNotFoundException:
            return []
        return [json.loads(event["message"]) for event in found["events"]]

    def messages(self) -> list[dict[str, Any]]:
        """All messages so far: ``{"body", "attributes"}``."""
        return self._received(0)

    def events(self) -> list[dict[str, Any]]:
        """All events of ours so far, as EventBridge delivers them."""
        return self._received(1)

    def _received(self, queue: int) -> list[dict[str, Any]]:
        url = list(self._events_by_queue)[queue]
        sqs, found = self.cloud.client("sqs"), self._events_by_queue[url]
        while batch := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
            for message in batch:
                body = json.loads(message["Body"])
                if queue == 0:
                    attributes = {name: value["Value"] for name, value in body["MessageAttributes"].items()}
                    body = {"body": json.loads(body["Message"]), "attributes": attributes}
                found.append(body)
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return found

    def _subscribe(self) -> str:
        url, arn = self.queue()
        self.cloud.client("sns").subscribe(TopicArn=self.outputs["TopicArn"], Protocol="sqs", Endpoint=arn)
        return url

    def _catch_events(self) -> str:
        url, arn = self.queue()
        events = self.cloud.client("events")
        events.put_rule(Name="caught", EventPattern=json.dumps({"source": ["labelmill"]}))
        events.put_targets(Rule="caught", Targets=[{"Id": "queue", "Arn": arn}])
        return url

    def queue(self) -> tuple[str, str]:
        """A new queue that SNS and EventBridge may send to: its address and ARN."""
        sqs = self.cloud.client("sqs")
        url = sqs.create_queue(QueueName=f"queue-{uuid.uuid4().hex[:8]}")["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        senders = {"Service": ["sns.amazonaws.com", "events.amazonaws.com"]}
        allowed = {"Effect": "Allow", "Principal": senders, "Action": "sqs:SendMessage", "Resource": arn}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
        return url, arn


class Place:
    """One test's workspace and organization."""

    def __init__(self, service: Service, name: str, organization: str) -> None:
        self.service, self.name, self.organization = service, name, organization

    def put(self, path: Path) -> None:
        """Upload a packed dataset."""
        self.service.upload(self.key(path.name), path.read_bytes())

    def put_loose(self, folder: Path, *last: str) -> None:
        """Upload a folder's files, and then some marks of our own."""
        for path in sorted(folder.rglob("*")):
            if path.is_file() and path.name not in last:
                self.service.put(self.key(f"{folder.name}/{path.relative_to(folder).as_posix()}"), path.read_bytes())
        for mark in last:
            self.service.upload(self.key(f"{folder.name}/{mark}"), b"")

    def put_map(self, name: str, text: str | bytes = MAP_TEXT) -> None:
        """Upload a map and wait until it is registered: a dataset that is faster is made without it first."""
        data = text.encode() if isinstance(text, str) else text
        self.service.upload(f"maps/{self.organization}/{name}", data)
        self.service.cloud.wait_for(self.service.is_idle)

    def key(self, rest: str) -> str:
        """A key in the workspace's folder."""
        return f"datasets/{self.name}/{rest}"

    def rows(self) -> list[Annotation]:
        """All annotations of the workspace, as they are now."""
        pages = (
            self.service.cloud.client("dynamodb")
            .get_paginator("scan")
            .paginate(
                TableName=self.service.outputs["TableName"],
                ConsistentRead=True,
                FilterExpression="workspace = :workspace AND sk = :row",
                ExpressionAttributeValues={":workspace": {"S": self.name}, ":row": {"S": "AN"}},
            )
        )
        ids = [item["pk"]["S"].removeprefix("AN#") for page in pages for item in page["Items"]]
        rows = self.service.store.get_many(ids).values()
        return sorted(rows, key=lambda row: (row.dataset, row.map, row.created, row.format))

    def rest(self, rows: int, timeout_s: float = 60) -> list[Annotation]:
        """Wait until so many annotations have ended and were told of, and nothing runs any more."""

        def has_ended() -> list[Annotation]:
            found = self.rows() if self.service.is_idle() else []
            ended = all(not row.is_open and row.notified == row.epoch for row in found)
            return found if ended and len(found) >= rows else []

        try:
            found: list[Annotation] = self.service.cloud.wait_for(has_ended, timeout_s)
        except TimeoutError:
            states = [(row.format, row.map, row.status, row.epoch, row.notified) for row in self.rows()]
            raise AssertionError(f"not at rest: {states}, idle: {self.service.is_idle()}") from None
        assert len(found) == rows
        return found

    def archive(self, row: Annotation) -> tuple[str, bytes]:
        """Name and bytes of a download."""
        answer = self.service.s3.get_object(Bucket=self.service.outbox, Key=row.download_key)
        return row.download_key.rpartition("/")[2], answer["Body"].read()

    def report(self, row: Annotation) -> dict[str, Any]:
        """The report of an annotation."""
        return json.loads(self._read(report_key(row.workspace, row.dataset, row.id)))

    def errors(self, row: Annotation) -> dict[str, str]:
        """The bad files of an annotation, each with its reason."""
        lines = self._read(errors_key(row.workspace, row.dataset, row.id)).splitlines()
        return {line["file"]: line["reason"] for line in map(json.loads, lines)}

    def lines(self, row: Annotation) -> list[dict[str, Any]]:
        """The job log of an annotation."""
        return self.service.stream(row.id)

    def messages(self) -> list[dict[str, Any]]:
        """Messages about this workspace or organization."""
        ours = {("workspace", self.name), ("organization", self.organization)}
        return [message for message in self.service.messages() if ours & set(message["attributes"].items())]

    def cancel(self, row: Annotation) -> Annotation:
        """Cancel an annotation."""
        left = cancel(row.id, "ann", self.service.machine, self.service.parts)
        assert left is not None
        return left

    def execution(self, row: Annotation) -> dict[str, Any]:
        """What Step Functions says of a row's execution."""
        arn = execution_arn(self.service.machine, row.execution)
        return dict(self.service.states.describe_execution(executionArn=arn))

    def failed_tasks(self, row: Annotation) -> int:
        """How often a step of a row's execution failed; more than once where it was tried again."""
        arn = execution_arn(self.service.machine, row.execution)
        pages = self.service.states.get_paginator("get_execution_history").paginate(executionArn=arn)
        return sum(event["type"] == "TaskFailed" for page in pages for event in page["events"])

    def _read(self, key: str) -> bytes:
        return self.service.s3.get_object(Bucket=self.service.outbox, Key=key)["Body"].read()


def assert_made(place: Place, rows: Iterable[Annotation], expected: Archives, images: int) -> None:
    """The rows are complete, told of once or more by one id, and their downloads are the expected ones."""
    rows = list(rows)
    assert {row.format: row.status for row in rows} == dict.fromkeys(expected, "complete"), [r.reason for r in rows]
    assert {row.format: place.archive(row) for row in rows} == expected
    assert {(row.images, row.converted, row.errors) for row in rows} == {(images, images, 0)}
    told = {message["body"]["id"] for message in place.messages() if message["body"]["status"] == "complete"}
    assert told >= {f"{row.id}-{row.epoch}" for row in rows}
