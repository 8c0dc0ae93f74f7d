"""What the plan hands on to the shards by reference: one JSON object and one file of shards in the outbox."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

import msgspec

from labelmill.convert.job import Job as Conversion
from labelmill.maps.annotation_map import AnnotationMap, map_from_types, parse_map
from labelmill.source.dataset import Source
from labelmill.source.tally import Tally
from labelmill_aws.jobs.options import AnnotationOptions
from labelmill_aws.messages import DatasetSource, Job
from labelmill_aws.objects.object_store import Bucket, Slice


class ShardRef(msgspec.Struct, frozen=True, array_like=True):
    """Where a shard's plan lies in the file of shards, and how many images it has."""

    offset: int
    length: int
    images: int


class JobFile(msgspec.Struct, frozen=True):
    """Everything that the shards of a job share.

    Attributes:
        job: What was asked for.
        source: Where the dataset is read: a ``.tar.gz`` was unpacked to another place.
        pass_number: 1 joined by stems, 2 by the files' own names.
        by_filename: Whether it is the latter.
        map_name: The map's file name; empty without a map.
        map_text: Its text.
        types: Without a map: the types that are the classes.
        shards_key: The file of shards.
        shards: Where each one lies in it.
        images: All images.
        tally: Findings of the plan.
        refused: Annotation -> why its format can't hold this dataset.
        survey: What the shards are looked through for (``names`` or ``types``); empty in a plan that is converted.
    """

    job: Job
    source: DatasetSource
    pass_number: int
    by_filename: bool
    map_name: str
    map_text: str
    types: list[str] | None
    shards_key: str
    shards: list[ShardRef]
    images: int
    tally: Tally
    survey: str = ""
    refused: dict[str, str] = {}

    def annotation_map(self) -> AnnotationMap:
        """The classes. Raises MapError."""
        if self.types is not None:
            return _map_of_types(tuple(self.types))
        return _map_of_text(self.map_text, self.map_name)

    def shard_slice(self, shard: int) -> Slice:
        """The bytes of a shard's plan."""
        ref = self.shards[shard]
        return Slice(self.shards_key, ref.offset, ref.length)

    def parts_prefix(self, annotation: str) -> str:
        """Where the parts of an annotation lie.

        The shards' cut is in it: parts that were made by another cut are never mixed in.
        """
        cut = hashlib.sha256(msgspec.json.encode((self.shards, self.types, self.by_filename))).hexdigest()[:12]
        return f"work/{annotation}/p{self.pass_number}-{cut}/"


@lru_cache(maxsize=1)  # a warm environment converts many shards of one job: its map is compiled once
def _map_of_text(text: str, name: str) -> AnnotationMap:
    return parse_map(text.encode(), name)


@lru_cache(maxsize=1)
def _map_of_types(types: tuple[str, ...]) -> AnnotationMap:
    return map_from_types(types)


def part_key(prefix: str, shard: int) -> str:
    """The key of a shard's part below ``JobFile.parts_prefix``."""
    return f"{prefix}{shard:06d}.part"


_decode = msgspec.json.Decoder(JobFile).decode
_known: dict[str, JobFile] = {}
"""The last one that was read: a warm environment converts many shards of one job."""


def read_job_file(outbox: Bucket, key: str) -> JobFile:
    """Read it; keys name content, so that what was read once stays right."""
    if key not in _known:
        job_file = _decode(outbox.get(key))
        _known.clear()
        _known[key] = job_file
    return _known[key]


def write_job_file(outbox: Bucket, job_file: JobFile) -> str:
    """Write it under a name made of its content; returns the key."""
    data = msgspec.json.encode(job_file)
    key = f"work/{job_file.job.name}/job-{hashlib.sha256(data).hexdigest()[:16]}.json"
    outbox.put(key, data)
    return key


def conversion_of(
    job_file: JobFile, format_id: str, source: Source, annotation_map: AnnotationMap, staging: Path
) -> Conversion:
    """What the library is asked to do for one format."""
    return Conversion(
        source,
        annotation_map,
        AnnotationOptions.read(job_file.job.options).for_format(format_id),
        staging,
        by_filename=job_file.by_filename,
        guessed_types=False,
    )
