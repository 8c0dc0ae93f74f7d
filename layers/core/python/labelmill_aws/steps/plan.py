"""Plans a job: which images there are, which shards, which of them make what. The first step of a job.

A plan may need to look through the dataset first (``survey``): for its types where no map gives the classes, for the
files' own names where joining by stems does not hold. Then it answers with a manifest of that survey and is called
again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

import msgspec

from labelmill.convert.job import check_names
from labelmill.convert.shard_plan import ShardPlan, cut, encode_shard_plan, plan_shard
from labelmill.errors import DatasetError, FormatError
from labelmill.formats import format_by_id
from labelmill.maps.annotation_map import AnnotationMap, parse_map
from labelmill.source.dataset import ANNOTATIONS, FOLDERS, MASKS, METADATA, Entry
from labelmill.source.plan import Listing, Plan, list_dataset, plan_by_filename, plan_by_stem
from labelmill.source.tally import Tally
from labelmill_aws.jobs.job_file import JobFile, ShardRef, write_job_file
from labelmill_aws.jobs.options import AnnotationOptions
from labelmill_aws.messages import AnnotationRef, Job, PackedSource
from labelmill_aws.names import names_differ_key
from labelmill_aws.objects.multipart import ObjectWriter
from labelmill_aws.objects.object_store import Bucket, S3File
from labelmill_aws.objects.sources import OpenDataset, open_dataset
from labelmill_aws.objects.unpack import readable_source
from labelmill_aws.records.catalog import Catalog
from labelmill_aws.records.job_store import JobStore
from labelmill_aws.records.table import Table
from labelmill_aws.steps.survey import NAMES, TYPES, read_names, read_types

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from labelmill_aws.clients import Clients
    from labelmill_aws.settings import PlanSettings


class PlanAnswer(msgspec.Struct, frozen=True):
    """What the workflow is told.

    Attributes:
        job_key: The job's file in the outbox.
        images: All images.
        shards: How many shards there are.
        survey: Whether the manifest is one of a survey, after which the plan has to be called again.
        surveyed: Surveys so far, the one asked for included: what for -> the survey's job file.
        manifest: JSON Lines, one line a shard (survey) or a (format, shard).
        runs: Where the workflow writes what became of the lines.
        annotations: What is made.
        pass_number: 1 joined by stems, 2 by names.
    """

    job_key: str
    images: int
    shards: int
    survey: bool
    surveyed: dict[str, str]
    manifest: str
    runs: str
    annotations: list[AnnotationRef]
    pass_number: int = msgspec.field(name="pass")


class PlanJob(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the workflow asks for.

    Attributes:
        job: The job.
        redrives: How often its execution was redriven.
        survey: The answer that asked for a survey or gave a plan that does not hold; ``None`` at first.
    """

    job: Job
    redrives: int
    survey: PlanAnswer | None


class PlanStep:
    """Plans jobs, and says that they run; one a function's environment."""

    def __init__(self, planner: Planner, store: JobStore, catalog: Catalog) -> None:
        self._planner = planner
        self._store = store
        self._catalog = catalog

    @classmethod
    def of(cls, clients: Clients, settings: PlanSettings) -> PlanStep:
        """With what a function is given."""
        outbox = Bucket(clients.s3, settings.outbox_bucket)
        planner = Planner(clients.s3, outbox, shard_images=settings.shard_images, shard_bytes=settings.shard_bytes)
        table = Table(clients.dynamodb, settings.table_name)
        return cls(planner, JobStore(table), Catalog(table))

    def run(self, wanted: PlanJob) -> PlanAnswer:
        """Plan a job. Raises what ``Planner.plan`` raises."""
        answer = self._planner.plan(wanted.job, wanted.survey.surveyed if wanted.survey else {})
        epoch = wanted.job.epoch(wanted.redrives)
        for ref in wanted.job.annotations:
            self._store.start_running(ref.id, epoch, answer.images, answer.pass_number)
        job = wanted.job
        if isinstance(job.source, PackedSource) and not answer.survey:
            self._catalog.count_images(job.workspace, job.dataset, job.dataset_version, answer.images)
        return answer


class Planner:
    """Plans one job."""

    def __init__(self, s3: S3Client, outbox: Bucket, *, shard_images: int, shard_bytes: int) -> None:
        self._s3 = s3
        self._outbox = outbox
        self._shard_images = shard_images
        self._shard_bytes = shard_bytes

    def plan(self, job: Job, surveyed: dict[str, str]) -> PlanAnswer:
        """Plan, or ask for a survey.

        Args:
            job: What to do.
            surveyed: What was surveyed before, as the last answer told.

        Raises:
            MapError: The map breaks its rules.
            DatasetError: The dataset can't be converted at all.
            OptionError: An option does not fit.
            TransientError: S3 refused for now.
        """
        annotation_map = self._map(job)
        source = readable_source(self._s3, self._outbox, job)
        dataset = open_dataset(self._s3, job.dataset, source)
        listing = list_dataset(dataset)
        plan = plan_by_stem(listing)
        base = JobFile(job, source, 1, False, *annotation_map, None, "", [], 0, Tally())
        if plan is None or self._outbox.exists(names_differ_key(job.name)):
            if NAMES not in surveyed:
                return self._ask(base, NAMES, surveyed, self._file_shards(dataset, listing))
            names = read_names(self._outbox, surveyed[NAMES])
            plan = plan_by_filename(listing, names.annotations, names.metadata)
            base = msgspec.structs.replace(base, pass_number=2, by_filename=True)
        base = msgspec.structs.replace(base, images=len(plan.entries), tally=plan.findings())
        if job.map is None:
            key = f"{TYPES}-{base.pass_number}"
            if key not in surveyed:
                return self._ask(base, key, surveyed, self._image_shards(dataset, plan))
            base = msgspec.structs.replace(base, types=sorted(read_types(self._outbox, surveyed[key])))
        base = msgspec.structs.replace(base, refused=_refusals(job, plan, base.annotation_map()))
        return self._finish(base, surveyed, self._image_shards(dataset, plan))

    def _map(self, job: Job) -> tuple[str, str]:
        """The map's file name and text, checked."""
        if job.map is None:
            return "", ""
        head = {"Bucket": job.map.bucket, "Key": job.map.key}
        size = self._s3.head_object(**head, VersionId=job.map.version_id)["ContentLength"]  # type: ignore[arg-type]
        data = S3File(self._s3, job.map.bucket, job.map.key, size, job.map.version_id).read(0, size)
        name = job.map.key.rpartition("/")[2]
        parse_map(data, name)
        return name, data.decode("utf-8-sig")

    def _image_shards(self, dataset: OpenDataset, plan: Plan) -> Iterator[ShardPlan]:
        sizes: list[tuple[str, Callable[[Entry], str | None]]] = [
            (ANNOTATIONS, lambda entry: entry.annotation),
            (METADATA, lambda entry: entry.metadata),
            (MASKS, lambda entry: entry.mask),
        ]

        def bytes_of(entry: Entry) -> int:
            return sum(dataset.size_bytes(folder, name) for folder, of in sizes if (name := of(entry)) is not None)

        for entries in cut(plan.entries, bytes_of, self._shard_images, self._shard_bytes):
            yield plan_shard(entries, dataset.root, dataset.places)

    def _file_shards(self, dataset: OpenDataset, listing: Listing) -> Iterator[ShardPlan]:
        """Shards of JSON files that nobody has joined to images yet."""
        files = [(ANNOTATIONS, name) for name in listing.annotations.values()]
        files += [(METADATA, name) for name in listing.metadata.values()]
        for first in range(0, len(files), 2 * self._shard_images):
            places: dict[str, dict[str, bytes]] = {folder: {} for folder in FOLDERS}
            for folder, name in files[first : first + 2 * self._shard_images]:
                places[folder][name] = dataset.places[folder][name]
            yield ShardPlan([], dataset.root, places)

    def _ask(self, base: JobFile, kind: str, surveyed: dict[str, str], shards: Iterable[ShardPlan]) -> PlanAnswer:
        job_file, key = self._write(msgspec.structs.replace(base, survey=kind.partition("-")[0]), shards)
        lines = [{"job_key": key, "shard": shard} for shard in range(len(job_file.shards))]
        return self._answer(job_file, key, {**surveyed, kind: key}, lines, survey=True)

    def _finish(self, base: JobFile, surveyed: dict[str, str], shards: Iterable[ShardPlan]) -> PlanAnswer:
        job_file, key = self._write(base, shards)
        lines = [
            {"job_key": key, "annotation": annotation.id, "format": annotation.format, "shard": shard}
            for annotation in job_file.job.annotations
            if annotation.id not in job_file.refused
            for shard in range(len(job_file.shards))
        ]
        return self._answer(job_file, key, surveyed, lines, survey=False)

    def _write(self, base: JobFile, shards: Iterable[ShardPlan]) -> tuple[JobFile, str]:
        """Write the shards, then the job's file that names them."""
        kind = base.survey or f"p{base.pass_number}"
        refs: list[ShardRef] = []
        shards_key = f"work/{base.job.name}/{kind}.shards"
        with ObjectWriter(self._outbox, shards_key) as out:
            for shard in shards:
                data = encode_shard_plan(shard)
                refs.append(ShardRef(out.size, len(data), len(shard.entries)))
                out.write(data)
        job_file = msgspec.structs.replace(base, shards_key=shards_key, shards=refs)
        return job_file, write_job_file(self._outbox, job_file)

    def _answer(
        self, job_file: JobFile, key: str, surveyed: dict[str, str], lines: list[dict[str, Any]], *, survey: bool
    ) -> PlanAnswer:
        manifest = f"{key.removesuffix('.json')}.manifest.jsonl"
        self._outbox.put(manifest, msgspec.json.Encoder().encode_lines(lines))
        return PlanAnswer(
            key,
            job_file.images,
            len(job_file.shards),
            survey,
            surveyed,
            manifest,
            f"{key.removesuffix('.json')}.runs",
            job_file.job.annotations,
            job_file.pass_number,
        )


def _refusals(job: Job, plan: Plan, annotation_map: AnnotationMap) -> dict[str, str]:
    """Annotations whose format can't hold this dataset or these classes; the others are made."""
    refused: dict[str, str] = {}
    choices = AnnotationOptions.read(job.options)
    for ref in job.annotations:
        options = choices.for_format(ref.format)
        try:
            check_names(plan, options)
            format_by_id(ref.format).writer.check(options.context(annotation_map))
        except (FormatError, DatasetError) as error:
            refused[ref.id] = str(error)
    return refused
