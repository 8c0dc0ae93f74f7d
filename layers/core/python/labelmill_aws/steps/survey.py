"""Looks through one shard of a dataset before the plan is made, and reads back what all shards found."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec

from labelmill.convert.shard_plan import decode_shard_plan
from labelmill.convert.survey import Names, names_in_shard, types_in_shard
from labelmill.source.dataset import ANNOTATIONS, METADATA
from labelmill_aws.jobs.job_file import read_job_file
from labelmill_aws.objects.object_store import Bucket, read_ahead
from labelmill_aws.objects.sources import open_shard

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from labelmill_aws.clients import Clients
    from labelmill_aws.settings import SurveySettings

NAMES = "names"
TYPES = "types"
READS_AHEAD = 16


class Findings(msgspec.Struct, frozen=True):
    """What one shard holds.

    Attributes:
        types: Types of objects that have an annotation entry.
        names: ``(folder, file, filename)`` of the files with a usable name.
    """

    types: list[str] = []
    names: list[tuple[str, str, str]] = []


class SurveyShard(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One line of a survey's manifest."""

    job_key: str
    shard: int


class SurveyStep:
    """Looks through shards; one a function's environment."""

    def __init__(self, s3: S3Client, outbox: Bucket) -> None:
        self._s3 = s3
        self._outbox = outbox

    @classmethod
    def of(cls, clients: Clients, settings: SurveySettings) -> SurveyStep:
        """With what a function is given."""
        return cls(clients.s3, Bucket(clients.s3, settings.outbox_bucket))

    def run(self, line: SurveyShard) -> Findings:
        """Look through a shard and write what was found; the same again on a retry.

        Raises:
            TransientError: If S3 refuses for now.
        """
        job_file = read_job_file(self._outbox, line.job_key)
        plan = decode_shard_plan(self._outbox.get_slice(job_file.shard_slice(line.shard)))
        source = open_shard(self._s3, job_file.job.dataset, job_file.source, plan, masks=False)
        try:
            if job_file.survey == NAMES:
                files = [(folder, name) for folder in (ANNOTATIONS, METADATA) for name in plan.places[folder]]
                findings = Findings(names=names_in_shard(source, line.shard, files, None))
            else:
                findings = Findings(types=sorted(types_in_shard(source, line.shard, plan.entries, None)))
        finally:
            source.close()
        self._outbox.put(_key(line.job_key, line.shard), msgspec.json.encode(findings))
        return findings


def read_types(outbox: Bucket, job_key: str) -> set[str]:
    """The types in all shards of a survey. Raises KeyError if a shard is missing."""
    return {name for findings in _findings(outbox, job_key) for name in findings.types}


def read_names(outbox: Bucket, job_key: str) -> Names:
    """The names in all shards of a survey. Raises KeyError if a shard is missing."""
    names = Names({}, {})
    for findings in _findings(outbox, job_key):
        for folder, file, filename in findings.names:
            (names.annotations if folder == ANNOTATIONS else names.metadata)[file] = filename
    return names


def _findings(outbox: Bucket, job_key: str) -> Iterator[Findings]:
    shards = len(read_job_file(outbox, job_key).shards)
    keys = [_key(job_key, shard) for shard in range(shards)]
    decode = msgspec.json.Decoder(Findings).decode
    return (decode(data) for data in read_ahead(outbox.get, keys, READS_AHEAD))


def _key(job_key: str, shard: int) -> str:
    return f"{job_key.removesuffix('.json')}/{shard:06d}.json"
