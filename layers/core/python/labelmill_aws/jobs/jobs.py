"""Which annotations are to be made, and starting their executions, once whatever is repeated.

A repeat reads what is stored: rows that are missing are claimed with their job's input in one transaction, rows that
are queued have their execution started (again: the name is taken, nothing happens), and rows that ended in vain are
tried once more only for an upload, or a request, that no attempt has answered yet.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count
from random import uniform
from time import sleep
from typing import TYPE_CHECKING, Any, Final

import msgspec
from botocore.exceptions import ClientError

from labelmill.errors import TransientError
from labelmill_aws.errors import code_of
from labelmill_aws.messages import AnnotationRef, DatasetSource, Job, JobInput, MapRef
from labelmill_aws.names import annotation_id, epoch_of, execution_name
from labelmill_aws.records.annotation import COMPLETE, QUEUED, Annotation, now_text
from labelmill_aws.records.job_store import JobStore

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

CLAIM_TRIES: Final = 12
LONGEST_WAIT_S: Final = 1.0
"""Before another try; the first waits are shorter. All together they stay below what a request may take."""
REQUEST: Final = "request|"
"""What the causes of requests begin with: each is made once, so a row need not remember those of the past."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A dataset under one map, or none, in some formats.

    Attributes:
        cause: Tells uploads of the same bytes apart: S3's versions of dataset and map; of a request, what names it.
        asked_by: Who wants it: ``upload``, or the user of the API.
        since: When it was asked for, ISO 8601: what was made since then answers it. Empty for an upload.
        force: Make again what is complete.
        tags: Of annotations that are new.
        dataset_number: Number of the dataset's version, for people.
    """

    organization: str
    workspace: str
    dataset: str
    dataset_version: str
    source: DatasetSource
    map: MapRef | None
    format_ids: Sequence[str]
    cause: str
    asked_by: str = "upload"
    options: dict[str, Any] = field(default_factory=dict)
    since: str = ""
    force: bool = False
    tags: dict[str, str] = field(default_factory=dict)
    dataset_number: int = 0

    def annotation_id(self, format_id: str) -> str:
        """Identity of the annotation in a format."""
        return annotation_id(
            self.workspace, self.dataset, self.dataset_version, format_id, *self._map_names(), self.options
        )

    def job(self, format_ids: Sequence[str], attempt: int) -> Job:
        """The job that makes some of the formats."""
        name = execution_name(
            self.workspace,
            self.dataset,
            self.dataset_version,
            format_ids,
            *self._map_names(),
            self.options,
            attempt,
        )
        return Job(
            name=name,
            attempt=attempt,
            organization=self.organization,
            workspace=self.workspace,
            dataset=self.dataset,
            dataset_version=self.dataset_version,
            source=self.source,
            map=self.map,
            options=self.options,
            annotations=[AnnotationRef(self.annotation_id(format_id), format_id) for format_id in format_ids],
            cause=self.cause,
            asked_by=self.asked_by,
        )

    def _map_names(self) -> tuple[str, str]:
        return (self.map.name, self.map.version) if self.map else ("", "")


class Jobs:
    """Claims and starts jobs."""

    def __init__(self, store: JobStore, client: SFNClient, state_machine_arn: str) -> None:
        self._store = store
        self._client = client
        self._state_machine = state_machine_arn

    def ensure(self, wanted: Wanted) -> list[str]:
        """See to it that every wanted annotation is made, being made, or has failed for this very cause.

        Returns:
            Names of the executions that were started, or found claimed and started again.

        Raises:
            TransientError: If others kept claiming at the same time.
        """
        formats = sorted(set(wanted.format_ids))
        ids = {wanted.annotation_id(format_id): format_id for format_id in formats}
        started: dict[str, None] = {}
        for tried in range(CLAIM_TRIES):
            rows = self._store.get_many(list(ids))
            groups: dict[int, list[str]] = {}
            for annotation, format_id in ids.items():
                attempt = _next_attempt(rows.get(annotation), wanted)
                if attempt is not None:
                    groups.setdefault(attempt, []).append(format_id)
            lost = False
            for attempt, group in sorted(groups.items()):
                job = wanted.job(group, attempt) if not tried else self._unused(wanted, group, attempt)
                if self._store.claim(job, _rows(job, rows, wanted), redo=wanted.force):
                    self.start(job)
                    started[job.name] = None
                else:
                    lost = True
            if not lost:
                break
            sleep(uniform(0, min(LONGEST_WAIT_S, 0.02 * 2**tried)))  # so that those who collided do not again
        else:
            raise TransientError(f"others are claiming {wanted.workspace}/{wanted.dataset} at the same time")
        for row in rows.values():
            if row.status == QUEUED and row.execution not in started:
                claimed = self._store.job(row.execution)
                if claimed is not None:
                    self.start(claimed)
                    started[row.execution] = None
            if row.is_open and wanted.cause not in row.causes and not wanted.cause.startswith(REQUEST):
                self._store.see_cause(row.id, wanted.cause)
        return list(started)

    def start(self, job: Job) -> None:
        """Start a job's execution; one that was started before is left alone."""
        self._start(job.name, msgspec.json.encode(JobInput(job)).decode())

    def look_again(self, bucket: str, key: str, name: str) -> None:
        """Start the execution that an upload of this key would start, once a name."""
        event = {"detail": {"bucket": {"name": bucket}, "object": {"key": key}}}
        self._start(name, msgspec.json.encode(event).decode())

    def _start(self, name: str, document: str) -> None:
        try:
            self._client.start_execution(stateMachineArn=self._state_machine, name=name, input=document)
        except ClientError as error:
            if code_of(error) != "ExecutionAlreadyExists":
                raise

    def _unused(self, wanted: Wanted, group: Sequence[str], attempt: int) -> Job:
        """The job of the first attempt whose name was never used: rows may have been deleted and made anew."""
        jobs = (wanted.job(group, number) for number in count(attempt))
        return next(job for job in jobs if not self._store.is_used(job.name))


def _next_attempt(row: Annotation | None, wanted: Wanted) -> int | None:
    """The attempt that is due for a row; ``None`` when nothing is."""
    if row is None:
        return 0
    if row.is_going:
        return row.attempt + 1  # which can be claimed as soon as it is gone
    if row.is_open or wanted.cause in row.causes:
        return None
    if row.status == COMPLETE and not wanted.force:
        return None
    done = row.started if row.status == COMPLETE else row.finished
    if wanted.since and done >= wanted.since:
        return None  # others have asked for it at the same time, and here it is
    return row.attempt + 1


def _rows(job: Job, before: dict[str, Annotation], wanted: Wanted) -> list[Annotation]:
    now = now_text()
    rows = []
    for ref in job.annotations:
        old = before.get(ref.id)
        rows.append(
            Annotation(
                id=ref.id,
                organization=job.organization,
                workspace=job.workspace,
                dataset=job.dataset,
                dataset_version=job.dataset_version,
                dataset_number=wanted.dataset_number,
                format=ref.format,
                map=job.map.name if job.map else "",
                map_version=job.map.version if job.map else "",
                options=job.options,
                epoch=epoch_of(job.attempt, 0),
                attempt=job.attempt,
                execution=job.name,
                cause=job.cause,
                causes=tuple(sorted({job.cause, *_uploads(old)})),
                asked_by=job.asked_by,
                created=old.created if old else now,
                notified=old.notified if old else -1,
                tags=old.tags if old else wanted.tags,
            )
        )
    return rows


def _uploads(row: Annotation | None) -> list[str]:
    """The causes of a row that may come again."""
    return [cause for cause in row.causes if not cause.startswith(REQUEST)] if row else []


def is_settled(row: Annotation, job: Job) -> bool:
    """Tell whether a job has nothing more to do for an annotation: it has ended, or a later attempt owns it."""
    return row.execution != job.name or not row.is_open
