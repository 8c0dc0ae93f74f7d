"""The end of a job: a final status for every annotation, log lines, one notification each.

Whichever way the end is told (by the machine's own last step, by its Catch, or by the event of an execution that
failed, timed out or was aborted), the same three writes follow for each annotation: the status on condition of the
epoch, the notification, the mark that it was sent. A repeat goes on where the one before died.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import msgspec
from botocore.exceptions import ClientError

from labelmill_aws.errors import code_of
from labelmill_aws.jobs.failure import explain, explain_end, explain_reason, is_users
from labelmill_aws.messages import Job, read_message
from labelmill_aws.names import epoch_of
from labelmill_aws.records.annotation import CANCELLED, COMPLETE, FAILED, FINAL, Annotation
from labelmill_aws.records.job_store import Outcome
from labelmill_aws.services import Services
from labelmill_aws.settings import ConcludeSettings
from labelmill_aws.telling.job_log import Level, LogEntry
from labelmill_aws.uploads.inbox import LooseKey, MapKey, PackedKey, RefusedKey, read_key
from labelmill_aws.uploads.inbox_event import read_event
from labelmill_aws.uploads.refusals import Refusal

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions.type_defs import DescribeExecutionOutputTypeDef

Ending = Services[ConcludeSettings]
LEVELS: Final[dict[str, Level]] = {COMPLETE: "INFO", FAILED: "ERROR", CANCELLED: "WARNING"}
REFUSED: Final = "refused"
UNSTARTED: Final = "FAILED", "TIMED_OUT", "ABORTED"


class Result(msgspec.Struct, frozen=True):
    """What AssembleFormats answers for one annotation."""

    annotation: str
    format: str
    status: str
    images: int = 0
    errors: int = 0
    warnings: int = 0
    reason: str | None = ""
    download_key: str | None = ""
    size_bytes: int | None = 0
    by_user: bool = False


class Caught(msgspec.Struct, frozen=True):
    """What a Catch hands over."""

    Error: str = ""
    Cause: str = ""


class Concluded(msgspec.Struct, frozen=True):
    """What Conclude (with results) or RecordFailure (with an error) is given.

    Attributes:
        redrives: How often the execution was redriven.
    """

    job: Job
    redrives: int
    results: list[Result] | None = None
    error: Caught | None = None


class ExecutionEnd(msgspec.Struct, frozen=True):
    """The detail of Step Functions' status event, as far as it is needed."""

    executionArn: str  # noqa: N815
    name: str
    status: str
    input: str | None = None
    redriveCount: int = 0  # noqa: N815
    error: str | None = None
    cause: str | None = None


def conclude(payload: dict[str, Any], ending: Ending) -> str:
    """Record how an execution ended.

    Args:
        payload: ``Concluded``, or EventBridge's event with an ``ExecutionEnd`` as its detail.
        ending: The parts to work with.

    Returns:
        ``complete``, ``failed``, ``refused`` or ``cancelled`` for a job; ``ignored`` where nothing was to be recorded.
        Refused is what failed for reasons that stand in the dataset, the map or the options.

    Raises:
        ValueError: If the payload is neither.
    """
    if "detail" in payload:
        return _conclude_execution(read_message(ExecutionEnd, payload["detail"]), ending)
    message = read_message(Concluded, payload)
    if (message.results is None) == (message.error is None):
        raise ValueError("the payload is no Concluded: expected either results or an error")
    epoch = message.job.epoch(message.redrives)
    if message.error is not None:
        reason = explain(message.error.Error, message.error.Cause)
        status = _fail_open(message.job, epoch, reason, ending)
        return REFUSED if status == FAILED and is_users(message.error.Error, message.error.Cause) else status
    by_id = {result.annotation: result for result in message.results or []}

    def outcome(row: Annotation) -> Outcome | None:
        result = by_id.get(row.id)
        cancelled_before = row.status == CANCELLED and result is not None and result.status == CANCELLED
        is_due = row.is_open or (row.epoch < epoch and row.status != COMPLETE and not cancelled_before)
        return _outcome(row, result, ending) if is_due else None

    status = _end_job(message.job, epoch, outcome, ending)
    due = [by_id.get(ref.id) for ref in message.job.annotations]
    by_user = all(result and (result.by_user or result.status in (COMPLETE, CANCELLED)) for result in due)
    return REFUSED if status == FAILED and by_user else status


def publish_end(row: Annotation, ending: Ending) -> None:
    """Log and publish the end of an annotation, unless that was done for this epoch."""
    if row.is_open or row.notified >= row.epoch:
        return
    ending.log.write(row.id, _entries(row))
    ending.notifier.annotation_finished(row)
    ending.store.mark_notified(row.id, row.epoch)


def _fail_open(job: Job, epoch: int, reason: str, ending: Ending) -> str:
    """Fail what has not ended: what was cancelled stays so, and what has failed keeps its own reason."""

    def outcome(row: Annotation) -> Outcome | None:
        return _failed(row, reason, ending) if row.is_open else None

    return _end_job(job, epoch, outcome, ending)


def _end_job(job: Job, epoch: int, outcome: Callable[[Annotation], Outcome | None], ending: Ending) -> str:
    """Give every annotation of a job its final status and publish it.

    Args:
        job: Whose annotations.
        epoch: That of the execution.
        outcome: How one has ended; ``None`` leaves its status as it is.
        ending: The parts to work with.

    Returns:
        The status of the whole.
    """
    statuses = set()
    rows = ending.store.get_many([ref.id for ref in job.annotations])
    for ref in job.annotations:
        row = rows.get(ref.id)
        if row is None or row.execution != job.name:
            continue  # deleted, or a later attempt owns it
        end = outcome(row)
        if end is not None:
            row = ending.store.finish(row.id, epoch, end) or ending.store.get(row.id)
        if row is None or row.execution != job.name:
            continue
        publish_end(row, ending)
        statuses.add(row.status)
    order = (FAILED, COMPLETE, CANCELLED)  # complete beside cancelled: what was still wanted is there
    return next((status for status in order if status in statuses), CANCELLED)


def _outcome(row: Annotation, result: Result | None, ending: Ending) -> Outcome:
    if result is None:
        return _failed(row, "the service failed: nothing was assembled in this format", ending)
    if result.status not in FINAL:
        return _failed(row, f"the service failed: the last step answered {result.status!r}", ending)
    return Outcome(
        status=result.status,
        images=result.images,
        errors=result.errors,
        warnings=result.warnings,
        reason=explain_reason(result.reason or ""),
        download_key=result.download_key or "",
        size_bytes=result.size_bytes or 0,
    )


def _failed(row: Annotation, reason: str, ending: Ending) -> Outcome:
    """A failure that no step has counted: what the shards have told is what was done."""
    progress = ending.store.progress(row)
    return Outcome(status=FAILED, reason=reason, images=progress.images, errors=progress.errors)


def _entries(row: Annotation) -> list[LogEntry]:
    level = LEVELS[row.status]
    counts = f"{row.converted:,} of {row.images:,} images, {row.errors:,} errors, {row.warnings:,} warnings"
    lines = row.reason.splitlines() if row.reason else []
    entries = [LogEntry(level=level, message=line, format=row.format) for line in lines]
    return [*entries, LogEntry(level=level, message=f"{row.status}: {counts}", format=row.format)]


def _conclude_execution(end: ExecutionEnd, ending: Ending) -> str:
    """The end of an execution that may not have concluded itself."""
    job = ending.store.job(end.name)
    if job is None:
        return _conclude_upload(end, ending)
    now = _describe(end.executionArn, ending)
    if now is not None:
        redrives = int(now.get("redriveCount", end.redriveCount))
        end = msgspec.structs.replace(
            end,
            status=now["status"],
            redriveCount=max(redrives, end.redriveCount),
            error=now.get("error") or end.error,
            cause=now.get("cause") or end.cause,
        )
    if end.status not in UNSTARTED:
        return "ignored"  # it was redriven since
    reason = explain_end(end.status, end.error or "", end.cause or "")
    return _fail_open(job, epoch_of(job.attempt, end.redriveCount), reason, ending)


def _describe(arn: str, ending: Ending) -> DescribeExecutionOutputTypeDef | None:
    """An execution as it is now: an event may be late. ``None`` when it is gone."""
    try:
        return ending.clients.stepfunctions.describe_execution(executionArn=arn)
    except ClientError as error:
        if code_of(error) == "ExecutionDoesNotExist":
            return None
        raise


def _conclude_upload(end: ExecutionEnd, ending: Ending) -> str:
    """An upload that the service failed on: its owner is told, as nobody else would."""
    try:
        _, key, version_id = read_event(msgspec.json.decode(end.input or "{}"))
    except (ValueError, msgspec.DecodeError):
        return "ignored"
    meaning = read_key(key)
    if meaning is None:
        return "ignored"
    organization = workspace = ""
    match meaning:
        case MapKey():
            organization, name = meaning.organization, meaning.name
        case PackedKey() | LooseKey():
            workspace, name = meaning.workspace, meaning.dataset
        case RefusedKey():
            workspace, name = meaning.owner, meaning.name
    reason = explain_end(end.status, end.error or "", end.cause or "")
    ending.refusals.refuse(
        Refusal(
            organization=organization,
            workspace=workspace,
            name=name,
            key=key,
            version_id=f"{version_id} {end.name}",
            reasons=[f"{key}: the upload could not be handled: {reason}"],
        )
    )
    return FAILED
