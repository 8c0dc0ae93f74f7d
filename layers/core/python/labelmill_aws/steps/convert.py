"""Converts one shard into one format: the step that runs a thousand times side by side."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from labelmill.convert.part_file import write_part
from labelmill.convert.parts import NoTurn
from labelmill.convert.shard import ShardReport, convert_shard
from labelmill.convert.shard_plan import decode_shard_plan
from labelmill.formats import format_by_id
from labelmill.images.memory import keep_freed_memory
from labelmill.source.plan import NamesDifferError
from labelmill_aws.errors import transient_errors
from labelmill_aws.jobs.job_file import JobFile, conversion_of, part_key, read_job_file
from labelmill_aws.names import names_differ_key
from labelmill_aws.objects.multipart import MOST_PART_BYTES
from labelmill_aws.objects.object_store import Bucket
from labelmill_aws.objects.sources import open_shard
from labelmill_aws.records.annotation import CANCELLED
from labelmill_aws.records.job_store import JobStore
from labelmill_aws.records.table import Table
from labelmill_aws.telling.job_log import JobLog, LogEntry

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from labelmill_aws.clients import Clients
    from labelmill_aws.settings import ConvertSettings

NAMES_DIFFER = "names differ"
CONVERTED = "converted"


class ConvertShard(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One line of the manifest."""

    job_key: str
    annotation: str
    format: str
    shard: int


class ShardAnswer(msgspec.Struct, frozen=True):
    """What the workflow is told: counts only.

    Attributes:
        status: ``converted``, ``cancelled`` or ``names differ``.
        images: Images converted.
        errors: Images left out.
    """

    status: str
    images: int = 0
    errors: int = 0


class ShardConverter:
    """Converts shards; one a function's environment."""

    def __init__(self, s3: S3Client, outbox: Bucket, store: JobStore, log: JobLog) -> None:
        self._s3 = s3
        self._outbox = outbox
        self._store = store
        self._log = log

    @classmethod
    def of(cls, clients: Clients, settings: ConvertSettings) -> ShardConverter:
        """With what a function is given."""
        store = JobStore(Table(clients.dynamodb, settings.table_name))
        log = JobLog(clients.logs, settings.job_log_group)
        return cls(clients.s3, Bucket(clients.s3, settings.outbox_bucket), store, log)

    def convert(self, line: ConvertShard) -> ShardAnswer:
        """Convert a shard: write its part, log its bad files, count it. A repeat writes the same again.

        Raises:
            TransientError: If AWS refuses for now.
            FormatError: If the format can't hold the classes.
        """
        job_file = read_job_file(self._outbox, line.job_key)
        if self._store.is_cancelled(line.annotation):
            return ShardAnswer(CANCELLED)
        try:
            report = self._make_part(job_file, line)
        except NamesDifferError:
            self._outbox.put(names_differ_key(job_file.job.name), b"")
            return ShardAnswer(NAMES_DIFFER)
        if self._store.is_cancelled(line.annotation):
            # A deletion that has looked through the work before this part came would not find it.
            part = part_key(job_file.parts_prefix(line.annotation), line.shard)
            with transient_errors():
                self._outbox.client.delete_object(Bucket=self._outbox.name, Key=part)
            return ShardAnswer(CANCELLED)
        with transient_errors():
            self._log.write(
                line.annotation,
                [
                    LogEntry(
                        level="ERROR",
                        message=failure.reason,
                        format=line.format,
                        shard=line.shard,
                        file=failure.file,
                    )
                    for failure in report.failures
                ],
            )
            errors = len(report.failures)
            done = job_file.shards[line.shard].images - errors
            self._store.put_progress(
                line.annotation, job_file.pass_number, line.shard, done, errors, job_file.job.attempt
            )
        return ShardAnswer(CONVERTED, done, errors)

    def _make_part(self, job_file: JobFile, line: ConvertShard) -> ShardReport:
        spec = format_by_id(line.format)
        annotation_map = job_file.annotation_map()
        if spec.works_on_pixels or annotation_map.reads_pixels:
            keep_freed_memory()
        plan = decode_shard_plan(self._outbox.get_slice(job_file.shard_slice(line.shard)))
        masks = spec.needs.contours_without_mask
        source = open_shard(self._s3, job_file.job.dataset, job_file.source, plan, masks=masks)
        staging = Path(tempfile.mkdtemp(prefix="shard-"))
        try:
            conversion = conversion_of(job_file, line.format, source, annotation_map, staging)
            folder = conversion.parts_folder(spec)
            folder.mkdir(parents=True)
            report = convert_shard(conversion, line.shard, plan.entries, NoTurn())
            part = staging / "part"
            with part.open("wb") as out:
                size = write_part(folder, line.shard, report, out)
            self._upload(part, size, part_key(job_file.parts_prefix(line.annotation), line.shard))
        finally:
            source.close()
            shutil.rmtree(staging, ignore_errors=True)
        return report

    def _upload(self, part: Path, size: int, key: str) -> None:
        """One request; a part beyond what one takes (images are in it) goes up in several."""
        with transient_errors(), part.open("rb") as data:
            if size <= MOST_PART_BYTES:
                self._outbox.client.put_object(Bucket=self._outbox.name, Key=key, Body=data)
            else:
                self._outbox.client.upload_fileobj(data, self._outbox.name, key)
