"""Cancelling an annotation, at any moment."""

from __future__ import annotations

from botocore.exceptions import ClientError

from labelmill_aws.errors import code_of
from labelmill_aws.jobs.jobs import is_settled
from labelmill_aws.names import execution_arn
from labelmill_aws.records.annotation import CANCELLED, Annotation
from labelmill_aws.steps.conclude import Ending, publish_end

NOT_RUNNING = {"ExecutionDoesNotExist", "ValidationException"}
"""Answers to stopping an execution that was never started, or that has ended."""


def cancel(annotation_id: str, asked_by: str, state_machine_arn: str, ending: Ending) -> Annotation | None:
    """Cancel an annotation that is queued or running; a repeat finishes what the one before left.

    The row comes first: Plan, Convert and Assemble look at it, so other formats of the same execution go on. The
    execution is stopped when nothing of it is wanted any more.

    Args:
        annotation_id: Which.
        asked_by: Who wants that, for the log.
        state_machine_arn: The machine that makes it.
        ending: The parts to work with.

    Returns:
        The row afterwards, whose status tells whether it was in time; ``None`` when there is no such annotation.
    """
    row = ending.store.cancel(annotation_id, asked_by) or ending.store.get(annotation_id)
    if row is None or row.status != CANCELLED:
        return row
    job = ending.store.job(row.execution)
    if job is not None:
        rows = ending.store.get_many([ref.id for ref in job.annotations])
        if all(is_settled(other, job) for other in rows.values()):
            _stop(execution_arn(state_machine_arn, job.name), row.reason, ending)
    publish_end(row, ending)
    return ending.store.get(annotation_id)


def _stop(arn: str, cause: str, ending: Ending) -> None:
    try:
        ending.clients.stepfunctions.stop_execution(executionArn=arn, error="Cancelled", cause=cause)
    except ClientError as error:
        if code_of(error) not in NOT_RUNNING:
            raise
