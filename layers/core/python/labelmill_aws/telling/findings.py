"""What a finished conversion found, as lines of its job log: written once, whatever is repeated."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from typing import Final

import msgspec

from labelmill.convert.notices import Notice, notices_of
from labelmill.convert.report import Report
from labelmill_aws.errors import transient_errors
from labelmill_aws.names import found_key
from labelmill_aws.objects.object_store import Bucket
from labelmill_aws.telling.job_log import JobLog, Level, LogEntry

MOST_LINES: Final = 200
"""Of one annotation; the report has the rest. Only maps with very many contradicting rules come near it."""
MOST_TYPES: Final = 20
BEGUN: Final = b"begun"
DONE: Final = b"done"


def warnings_in(report: Report) -> int:
    """What the lines count together."""
    return sum(notice.count for notice in report.notices)


def entries_of(report: Report, format_id: str) -> Iterator[LogEntry]:
    """The lines: first what is no fault, then a warning for each kind of thing.

    Args:
        report: Of one annotation.
        format_id: Its format.
    """
    if report.left_out:
        types = [f"{type_} {count:,}" for type_, count in report.left_out.items()]
        more = [f"{len(types) - MOST_TYPES:,} more types"] if len(types) > MOST_TYPES else []
        what = f"objects left out by the map: {', '.join([*types[:MOST_TYPES], *more])}"
        yield _entry("INFO", Notice("left-out", what, sum(report.left_out.values())), format_id)
    for notice in notices_of(report.skipped):
        said = msgspec.structs.replace(notice, message=f"objects skipped: {notice.message}")
        yield _entry("INFO", said, format_id)
    for notice in report.notices[:MOST_LINES]:
        yield _entry("WARNING", notice, format_id)
    rest = report.notices[MOST_LINES:]
    if rest:
        what = f"{len(rest):,} more kinds of warnings; the report has them all"
        yield _entry("WARNING", Notice("more", what, sum(notice.count for notice in rest)), format_id)


def tell_findings(log: JobLog, outbox: Bucket, job: str, annotation: str, entries: list[LogEntry]) -> None:
    """Write the lines unless this was done before, by whichever try of the step or redrive of the job.

    A mark in the outbox says how far it was. Where one who began never ended, the log itself is asked.

    Args:
        log: The job log.
        outbox: Where marks are kept, beside the annotation's parts.
        job: Name of the job: another attempt writes anew.
        annotation: Whose stream.
        entries: The lines.

    Raises:
        TransientError: If AWS refuses for now.
    """
    if not entries:
        return
    digest = sha256(msgspec.json.encode([job, entries])).hexdigest()[:16]
    key = found_key(annotation, digest)
    mark = outbox.get(key) if outbox.exists(key) else b""
    if mark == DONE:
        return
    with transient_errors():
        if mark != BEGUN or not log.ends_with(annotation, entries[-1]):
            outbox.put(key, BEGUN)
            log.write(annotation, entries)
    outbox.put(key, DONE)


def _entry(level: Level, notice: Notice, format_id: str) -> LogEntry:
    return LogEntry(
        level=level,
        message=notice.message,
        format=format_id,
        file=notice.file,
        code=notice.code,
        count=notice.count,
        examples=notice.examples,
    )
