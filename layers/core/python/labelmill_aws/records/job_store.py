"""Rows of annotations: claimed once, then only ever moved forward.

The rule of the epoch, which makes any order and number of deliveries end in the same row: within an epoch
``queued -> running -> complete | failed | cancelled`` and never back; a greater epoch (a new attempt, or a redrive) may
open or end a ``failed`` or ``cancelled`` row again; ``complete`` stays. Every write states this as its condition, so
that a stale event changes nothing and is answered False or None.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

import msgspec

from labelmill_aws.messages import Job, JobInput
from labelmill_aws.records.annotation import (
    CANCELLED,
    COMPLETE,
    DELETION_TAKES,
    FAILED,
    FINAL,
    QUEUED,
    RUNNING,
    Annotation,
    annotation_key,
    now_text,
    time_before,
)
from labelmill_aws.records.table import Item, Table

JOB_TTL_S: Final = 120 * 86400
"""Longer than Step Functions keeps the names of executions (90 days), so that none is given twice."""
SHARD_TTL_S: Final = 7 * 86400

FILTERED_READ: Final = 500
MOST_READS: Final = 3
"""For one page: a filter that lets little pass answers a short page with a way on."""
POSITION: Final = re.compile(r"[0-9TZ:.+-]{1,40}#(an-[0-9a-f]{20})")

OPEN_OR_OLDER: Final = (
    "(#status IN (:queued, :running) AND #epoch <= :epoch) OR (#status IN (:failed, :cancelled) AND #epoch < :epoch)"
)
STATUSES: Final = {"queued": QUEUED, "running": RUNNING, "failed": FAILED, "cancelled": CANCELLED}


class Progress(NamedTuple):
    """How far an annotation is, each shard counted once.

    Attributes:
        images: Images converted so far.
        errors: Images that could not be converted.
        shards: Shards done.
    """

    images: int
    errors: int
    shards: int


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """How an annotation ended.

    Attributes:
        status: ``complete``, ``failed`` or ``cancelled``.
        images: Images converted.
        errors: Images that could not be converted.
        warnings: Things that a format could not hold, and the like.
        reason: Why it failed, one line in the user's words; empty when complete.
        download_key: Key of the archive in the outbox; empty when there is none.
        size_bytes: Size of the archive.
    """

    status: str
    images: int = 0
    errors: int = 0
    warnings: int = 0
    reason: str = ""
    download_key: str = ""
    size_bytes: int = 0


class JobStore:
    """Annotations, their shards' progress, and the inputs of their executions."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def get(self, annotation_id: str) -> Annotation | None:
        """An annotation as it is now."""
        item = self._table.get(*annotation_key(annotation_id))
        return Annotation.read(item) if item else None

    def get_many(self, annotation_ids: Sequence[str]) -> dict[str, Annotation]:
        """Those that exist, as they are now, by their id."""
        items = self._table.get_many([annotation_key(annotation_id) for annotation_id in annotation_ids])
        return {row.id: row for row in map(Annotation.read, items.values())}

    def annotations_of(self, workspace: str, dataset: str) -> Iterator[Annotation]:
        """All annotations of a dataset, the newest first; one claimed a moment ago may be missing."""
        rows = self._table.query(f"DS#{workspace}/{dataset}", index=True, newest_first=True)
        return (Annotation.read(item) for item in rows if item["sk"] == "AN")

    def page(
        self, index: str, partition: str, limit: int, after: str = "", where: Mapping[str, str] | None = None
    ) -> tuple[list[Annotation], str]:
        """Some annotations of an index, the newest first.

        Args:
            index: ``gsi1`` by dataset, ``gsi2`` by workspace, ``gsi3`` those of an organization that are open.
            partition: Which dataset, workspace or organization.
            limit: At most; where ``where`` lets few pass there may be fewer though more follow.
            after: The position of the one before; empty begins.
            where: Attribute -> what it must be.

        Returns:
            The annotations, and the position behind them; empty at the end.

        Raises:
            ValueError: If the position is none.
        """
        found: list[Item] = []
        for tried in range(MOST_READS):
            # One more tells whether there is another page; a filter that lets little pass is given more to look at.
            chunk = FILTERED_READ if tried else limit + 1
            start = _start(index, partition, after) if after else None
            items, after = self._table.select(partition, index, limit=chunk, where=where or {}, after=start)
            found += items
            if len(found) > limit:
                found, after = found[:limit], found[limit - 1][f"{index}sk"]
            if len(found) >= limit or not after:
                break
        return [Annotation.read(item) for item in found], after

    # Claims.

    def claim(self, job: Job, rows: Sequence[Annotation], *, redo: bool = False) -> bool:
        """Claim all annotations of a job, or none: queued, for its attempt.

        Args:
            job: What its execution is to be given; kept, so that a repeat starts the same.
            rows: The rows to write, each either new or the next attempt of one that has ended in vain.
            redo: A row that is complete may be claimed for its next attempt, too.

        Returns:
            False when another delivery was faster, the execution's name was used before, or a row is being deleted.
        """
        document = msgspec.json.encode(JobInput(job)).decode()
        kept: Item = {"pk": f"JOB#{job.name}", "sk": "JOB", "input": document, "created": now_text()}
        kept |= {"expires_at": int(time.time()) + JOB_TTL_S, "gsi1pk": _jobs(job.workspace, job.dataset)}
        kept["gsi1sk"] = job.name
        absent = "attribute_not_exists(#pk)"
        puts: list[tuple[Item, str, dict[str, Any]]] = [(kept, absent, {})]
        for row in rows:
            condition = absent
            values: dict[str, Any] = {}
            if row.attempt:
                values = {"failed": FAILED, "cancelled": CANCELLED, "attempt": row.attempt, "cause": row.cause}
                values |= {"complete": COMPLETE} if redo else {}
                values["failed_deletion"] = time_before(DELETION_TAKES)
                condition += (
                    f" OR (#status IN (:failed, :cancelled{', :complete' if redo else ''}) AND #attempt < :attempt"
                    " AND NOT contains(#causes, :cause) AND #deleting < :failed_deletion)"
                )
            puts.append((row.item(), condition, values))
        return self._table.put_all(puts)

    def job(self, execution: str) -> Job | None:
        """What an execution was claimed for; ``None`` when the name is no job's, or its dataset was deleted."""
        item = self._table.get(f"JOB#{execution}", "JOB")
        return msgspec.json.decode(item["input"], type=JobInput).job if item and "input" in item else None

    def is_used(self, execution: str) -> bool:
        """Tell whether an execution's name was given: Step Functions does not take it again for a while."""
        return self._table.get(f"JOB#{execution}", "JOB") is not None

    def jobs_of(self, workspace: str, dataset: str) -> list[str]:
        """Names of all executions of a dataset that were claimed and not forgotten; the index may lag behind."""
        return [item["pk"].removeprefix("JOB#") for item in self._table.query(_jobs(workspace, dataset), index=True)]

    def forget_job(self, execution: str) -> None:
        """Forget what an execution was for; its name stays used."""
        self._table.update(f"JOB#{execution}", "JOB", "REMOVE #input, #gsi1pk, #gsi1sk", "attribute_exists(#pk)")

    def see_cause(self, annotation_id: str, cause: str) -> None:
        """Note an upload that changes nothing, so that its late repeat does not count as a new one."""
        values = {"causes": {cause}, "cause": cause}
        condition = "attribute_exists(#pk) AND NOT contains(#causes, :cause)"
        self._table.update(*annotation_key(annotation_id), "ADD #causes :causes", condition, values)

    def set_tags(self, row: Annotation, tags: dict[str, str]) -> Annotation | None:
        """Change an annotation's tags, on condition that they are those that were read.

        Returns:
            The row as it was left; ``None`` when somebody else was faster, or it is gone.
        """
        values = {"tags": tags, "before": row.tags}
        item = self._table.update(*annotation_key(row.id), "SET #tags = :tags", "#tags = :before", values)
        return Annotation.read(item) if item else None

    # The end of it all.

    def begin_deletion(self, row: Annotation) -> bool:
        """See to it that an annotation is not claimed again; a repeat is fine.

        Returns:
            False when it is open (again), or gone.
        """
        values = {"now": now_text(), "epoch": row.epoch, "complete": COMPLETE, "failed": FAILED, "cancelled": CANCELLED}
        condition = "#epoch = :epoch AND #status IN (:complete, :failed, :cancelled)"
        return self._table.update(*annotation_key(row.id), "SET #deleting = :now", condition, values) is not None

    def delete(self, annotation_id: str) -> None:
        """Delete an annotation's rows, its own the last; work on it stops when it sees that."""
        pk, sk = annotation_key(annotation_id)
        self._table.delete_many([(pk, item["sk"]) for item in self._table.query(pk, "SHARD#")])
        self._table.delete(pk, sk)

    # The way forward.

    def start_running(self, annotation_id: str, epoch: int, images: int, pass_: int = 1) -> bool:
        """Say that an annotation is being made; a repeat says it again.

        Args:
            annotation_id: Which.
            epoch: That of the execution: ``job.epoch(redrives)``.
            images: Images of the dataset.
            pass_: 2 when it had to be planned again.

        Returns:
            False when this execution has no say any more: cancelled, final, or a later attempt owns it.
        """
        changes = "SET #status = :running, #epoch = :epoch, #images = :images, #pass = :pass"
        values = {"running": RUNNING, "epoch": epoch, "images": images, "pass": pass_}
        opened = self._table.update(
            *annotation_key(annotation_id),
            f"{changes}, #started = :now, #finished = :none, #reason = :none, #gsi3pk = #open_pk, #gsi3sk = #gsi2sk",
            "(#status = :queued AND #epoch <= :epoch) OR (#status <> :complete AND #epoch < :epoch)",
            values | {"queued": QUEUED, "complete": COMPLETE, "now": now_text(), "none": ""},
        )
        if opened is not None:
            return True
        condition = "#status = :running AND #epoch = :epoch"
        return self._table.update(*annotation_key(annotation_id), changes, condition, values) is not None

    def finish(self, annotation_id: str, epoch: int, outcome: Outcome) -> Annotation | None:
        """Record how an annotation ended, once an epoch.

        Returns:
            The row as it was left; ``None`` when it had ended before, or a later attempt owns it.
        """
        if outcome.status not in FINAL:
            raise ValueError(f"expected a final status, found {outcome.status!r}")
        values = STATUSES | {
            "epoch": epoch,
            "status": outcome.status,
            "converted": outcome.images,
            "errors": outcome.errors,
            "warnings": outcome.warnings,
            "reason": outcome.reason,
            "download_key": outcome.download_key,
            "size_bytes": outcome.size_bytes,
            "now": now_text(),
        }
        item = self._table.update(
            *annotation_key(annotation_id),
            "SET #status = :status, #epoch = :epoch, #converted = :converted, #errors = :errors, "
            "#warnings = :warnings, #reason = :reason, #download_key = :download_key, #size_bytes = :size_bytes, "
            "#finished = :now REMOVE #gsi3pk, #gsi3sk",
            OPEN_OR_OLDER,
            values,
        )
        return Annotation.read(item) if item else None

    def cancel(self, annotation_id: str, asked_by: str) -> Annotation | None:
        """Cancel an annotation that is queued or running, at whatever epoch it is.

        Returns:
            The row as it was left; ``None`` when there is none or it had ended before.
        """
        values = {
            "queued": QUEUED,
            "running": RUNNING,
            "cancelled": CANCELLED,
            "now": now_text(),
            "reason": f"cancelled by {asked_by}",
        }
        item = self._table.update(
            *annotation_key(annotation_id),
            "SET #status = :cancelled, #finished = :now, #reason = :reason REMOVE #gsi3pk, #gsi3sk",
            "#status IN (:queued, :running)",
            values,
        )
        return Annotation.read(item) if item else None

    def is_cancelled(self, annotation_id: str, epoch: int | None = None) -> bool:
        """Tell whether work on an annotation should stop: it is cancelled, or gone.

        Args:
            annotation_id: Which.
            epoch: That of the execution that asks: a cancelled row of an earlier epoch does not stop a redrive.
        """
        row = self.get(annotation_id)
        if row is None:
            return True
        return row.status == CANCELLED and (epoch is None or row.epoch >= epoch)

    def mark_notified(self, annotation_id: str, epoch: int) -> None:
        """Say that the end of an epoch was published."""
        values = {"epoch": epoch}
        condition = "attribute_exists(#pk) AND #notified < :epoch"
        self._table.update(*annotation_key(annotation_id), "SET #notified = :epoch", condition, values)

    # Progress.

    def put_progress(
        self, annotation_id: str, pass_: int, shard: int, images: int, errors: int, attempt: int = 0
    ) -> None:
        """Say that a shard is done; one write, and a repeat writes the same.

        Args:
            annotation_id: Which.
            pass_: The pass of the plan.
            shard: Index of the shard.
            images: Images of the shard that were converted.
            errors: Images of the shard that were not.
            attempt: That of the job: shards of an earlier attempt do not count.
        """
        self._table.put({
            "pk": annotation_key(annotation_id)[0],
            "sk": f"SHARD#{pass_}#{shard:06d}",
            "images": images,
            "errors": errors,
            "attempt": attempt,
            "expires_at": int(time.time()) + SHARD_TTL_S,
        })  # fmt: skip

    def progress(self, annotation: Annotation) -> Progress:
        """How far an annotation is: the sum over its shards, or what was recorded at its end."""
        if annotation.status == COMPLETE:
            return Progress(annotation.converted, annotation.errors, 0)
        images = errors = shards = 0
        for item in self._table.query(annotation_key(annotation.id)[0], f"SHARD#{annotation.pass_}#"):
            if item["attempt"] == annotation.attempt:
                images, errors, shards = images + item["images"], errors + item["errors"], shards + 1
        return Progress(images, errors, shards)


def _jobs(workspace: str, dataset: str) -> str:
    """Of ``gsi1``: all executions of a dataset."""
    return f"JOBS#{workspace}/{dataset}"


def _start(index: str, partition: str, position: str) -> dict[str, str]:
    """All keys of the row at a position: the partition is never taken from outside."""
    match = POSITION.fullmatch(position)
    if match is None:
        raise ValueError(f"{position!a} is no position in a list of annotations")
    pk, sk = annotation_key(match[1])
    return {"pk": pk, "sk": sk, f"{index}pk": partition, f"{index}sk": position}
