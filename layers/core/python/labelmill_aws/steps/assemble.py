"""Joins what the shards of one annotation left into its download, its report and its list of errors."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import msgspec

from labelmill.convert.report import ReportBuilder
from labelmill.convert.shard import ImageFailure
from labelmill.convert.shard_plan import decode_shard_plan
from labelmill.formats import format_by_id
from labelmill_aws.errors import transient_errors
from labelmill_aws.jobs.archive_writer import write_archive
from labelmill_aws.jobs.job_file import JobFile, read_job_file
from labelmill_aws.jobs.options import AnnotationOptions
from labelmill_aws.jobs.part_objects import PartObjects
from labelmill_aws.jobs.reports import MAX_REASON_CHARS, BadFile
from labelmill_aws.names import download_key, errors_key, names_differ_key, report_key, result_prefix
from labelmill_aws.objects.deletion import delete_below
from labelmill_aws.objects.multipart import ObjectWriter
from labelmill_aws.objects.object_store import Bucket
from labelmill_aws.records.annotation import CANCELLED, COMPLETE, FAILED
from labelmill_aws.records.job_store import JobStore
from labelmill_aws.records.table import Table
from labelmill_aws.telling.findings import entries_of, tell_findings, warnings_in
from labelmill_aws.telling.job_log import JobLog, LogEntry

if TYPE_CHECKING:
    from labelmill_aws.clients import Clients
    from labelmill_aws.settings import AssembleSettings

REPLAN = "replan"
ERRORS_IN_REPORT = 1000
SHARD_FAILED = "was not converted: its shard failed even when it was repeated; redrive the execution or upload again"


class AssembleAnnotation(msgspec.Struct, frozen=True):
    """What the workflow asks for (it tells the pass, too, which the job's file knows)."""

    job_key: str
    annotation: str
    format: str


class AssembleAnswer(msgspec.Struct, frozen=True):
    """What became of an annotation.

    Attributes:
        status: ``complete``, ``failed``, ``cancelled``, or ``replan``: the dataset has to be planned again.
        images: Images converted.
        errors: Images left out.
        warnings: What its log warns of, counted.
        reason: Why it failed, one line.
        download_key: The archive; there is one whenever an image was converted.
        size_bytes: Its length.
        by_user: It failed for what stands in the dataset, the map or the options: no operator can help.
    """

    annotation: str
    format: str
    status: str
    images: int = 0
    errors: int = 0
    warnings: int = 0
    reason: str = ""
    download_key: str = ""
    size_bytes: int = 0
    by_user: bool = False


class Assembler:
    """Joins parts; one a function's environment."""

    def __init__(self, outbox: Bucket, store: JobStore, log: JobLog) -> None:
        self._outbox = outbox
        self._store = store
        self._log = log

    @classmethod
    def of(cls, clients: Clients, settings: AssembleSettings) -> Assembler:
        """With what a function is given."""
        store = JobStore(Table(clients.dynamodb, settings.table_name))
        return cls(Bucket(clients.s3, settings.outbox_bucket), store, JobLog(clients.logs, settings.job_log_group))

    def assemble(self, wanted: AssembleAnnotation) -> AssembleAnswer:
        """Join an annotation's parts. A repeat writes the same again.

        Raises:
            TransientError: If AWS refuses for now.
        """
        job_file = read_job_file(self._outbox, wanted.job_key)
        if job_file.pass_number == 1 and self._outbox.exists(names_differ_key(job_file.job.name)):
            return AssembleAnswer(wanted.annotation, wanted.format, REPLAN)
        if self._store.is_cancelled(wanted.annotation):
            return AssembleAnswer(wanted.annotation, wanted.format, CANCELLED)
        if wanted.annotation in job_file.refused:
            why = job_file.refused[wanted.annotation]
            return AssembleAnswer(wanted.annotation, wanted.format, FAILED, reason=why, by_user=True)
        return self._join(job_file, wanted)

    def _join(self, job_file: JobFile, wanted: AssembleAnnotation) -> AssembleAnswer:
        job, spec = job_file.job, format_by_id(wanted.format)
        options = AnnotationOptions.read(job.options)
        annotation_map = job_file.annotation_map()
        conversion = options.for_format(wanted.format)
        context = conversion.context(annotation_map)
        parts = PartObjects(self._outbox, job_file, wanted.annotation, wanted.format)
        place = (job.workspace, job.dataset, wanted.annotation)
        key = download_key(*place, wanted.format, job.map.name if job.map else "")
        size = write_archive(self._outbox, key, spec, context, parts)
        builder = ReportBuilder(job.dataset, annotation_map, conversion, job_file.tally, ERRORS_IN_REPORT)
        errors, lost = self._write_errors(errors_key(*place), self._failures(job_file, parts, builder))
        report = builder.report({wanted.format: key})
        report.failed = errors
        self._outbox.put(report_key(*place), msgspec.json.format(msgspec.json.encode(report)) + b"\n")
        self._log_missing(job_file, wanted, parts.missing)
        if self._store.get(wanted.annotation) is None:  # deleted meanwhile: nobody else would find this
            delete_below(self._outbox.client, self._outbox.name, result_prefix(*place))
            return AssembleAnswer(wanted.annotation, wanted.format, CANCELLED)
        entries = list(entries_of(report, wanted.format))
        tell_findings(self._log, self._outbox, job.name, wanted.annotation, entries)
        images = job_file.images - errors
        reason = _reason(errors, job_file.images, options.tolerated_errors, lost)
        return AssembleAnswer(
            wanted.annotation,
            wanted.format,
            FAILED if reason else COMPLETE,
            images,
            errors,
            warnings_in(report),
            reason,
            key,
            size,
            bool(reason) and not lost,
        )

    def _failures(self, job_file: JobFile, parts: PartObjects, builder: ReportBuilder) -> Iterator[ImageFailure]:
        """Every bad file, in the order of the dataset; the reports are added up on the way."""
        reports = parts.reports()
        there = {part.shard for part in parts.parts}
        for shard in range(len(job_file.shards)):
            if shard in there:
                report = next(reports)
                builder.add(report)
                yield from report.failures
            else:
                plan = decode_shard_plan(self._outbox.get_slice(job_file.shard_slice(shard)))
                for entry in plan.entries:
                    yield ImageFailure(entry.name, f"annotations/{entry.annotation}", SHARD_FAILED, ())

    def _write_errors(self, key: str, failures: Iterable[ImageFailure]) -> tuple[int, int]:
        """Write the list of errors; returns how many there are, and how many of them are of lost shards."""
        count = lost = 0
        with ObjectWriter(self._outbox, key) as out:
            for failure in failures:
                count += 1
                lost += failure.reason is SHARD_FAILED
                line = BadFile(failure.image, failure.file, failure.reason[:MAX_REASON_CHARS])
                out.write(msgspec.json.encode(line) + b"\n")
        return count, lost

    def _log_missing(self, job_file: JobFile, wanted: AssembleAnnotation, missing: list[int]) -> None:
        """The shards that failed could not log their files themselves."""
        entries = (
            LogEntry(
                level="ERROR",
                message=SHARD_FAILED,
                format=wanted.format,
                shard=shard,
                file=f"annotations/{entry.annotation}",
            )
            for shard in missing
            for entry in decode_shard_plan(self._outbox.get_slice(job_file.shard_slice(shard))).entries
        )
        with transient_errors():
            self._log.write(wanted.annotation, entries)


def _reason(errors: int, images: int, tolerated: int, lost: int) -> str:
    """Why the annotation failed; empty when it did not."""
    if errors <= tolerated:
        return ""
    what = f"{errors:,} of {images:,} images could not be converted"
    more = f" ({lost:,} of them because their shard failed)" if lost else ""
    others = "; the others are in the download" if errors < images else ""
    return f"{what}{more}; the log and errors.jsonl name every file{others}"
