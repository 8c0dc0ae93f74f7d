"""Converts one shard: a run of images, in all formats of the job, in one pass over the source."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import msgspec

from labelmill.convert.batch import Batch
from labelmill.convert.batches import in_batches
from labelmill.convert.job import Job
from labelmill.convert.parts import ArchivePart, FolderPart, PartSummary, Turn
from labelmill.errors import ImageError
from labelmill.formats.base import FormatSpec, FormatWriter, Part
from labelmill.maps.annotation_map import AnnotationMap
from labelmill.maps.report import MapReport
from labelmill.model import Sample
from labelmill.source.dataset import IMAGES, Entry, Source
from labelmill.source.division import Groups
from labelmill.source.reader import ImageReader
from labelmill.source.tally import Tally

RECURSION_LIMIT = 1000
IGNORED = "ignored objects: the format can't mark them, so they are left out"
NEGATIVE = "images that become negatives, as all their objects are ignored"
MISSING = "image files missing: their labels are written, no image lies beside them"


class ImageFailure(msgspec.Struct, frozen=True):
    """An image that was left out.

    Attributes:
        image: Its name.
        file: The offending file in the dataset.
        reason: What was expected and found.
        formats: Ids of the formats that lack the image.
    """

    image: str
    file: str
    reason: str
    formats: tuple[str, ...]


class SplitCounts(msgspec.Struct):
    """What a split got of a shard.

    Attributes:
        images: Images.
        objects: Labelled objects of each class, by index, without ignored ones.
    """

    images: int
    objects: list[int]


class ShardReport(msgspec.Struct):
    """What became of a shard; reports are merged in the order of the shards.

    Attributes:
        images: Images that were read.
        failures: Images left out.
        tally: Findings.
        map_report: What the rules took.
        parts: By format id.
        splits: By name; all under ``""`` when the dataset is not divided.
        groups: What the splits are made of; ``None`` when there are none.
    """

    images: int
    failures: list[ImageFailure]
    tally: Tally
    map_report: MapReport
    parts: dict[str, PartSummary]
    splits: dict[str, SplitCounts]
    groups: Groups | None = None


def convert_shard(job: Job, shard: int, entries: Sequence[Entry], turn: Turn) -> ShardReport:
    """Convert some images.

    Args:
        job: What to do.
        shard: Number of the shard, which names its parts.
        entries: Its images, in order.
        turn: Held while files are created.

    Raises:
        ImageError: With ``fail_on_error``, for the first image that can't be converted.
        NamesDifferError: The plan by stems does not hold; nothing of it is used.
        UnknownTypeError: The guessed classes don't hold; nothing is used.
        OSError: The output can't be written.
    """
    reader = ImageReader(
        job.source,
        job.annotation_map,
        job.needs,
        by_filename=job.by_filename,
        guessed_types=job.guessed_types,
        splits=job.options.splits,
        split_by=job.options.split_by,
    )
    writers = [(spec, spec.writer(job.context), _open_part(job, spec, shard, turn)) for spec in job.specs]
    splits: dict[str, SplitCounts] = {}
    failures: list[ImageFailure] = []
    images, ignores = 0, job.annotation_map.ignores

    def failed(entry: Entry, error: ImageError) -> None:
        if job.options.fail_on_error:
            raise error
        failures.append(ImageFailure(entry.name, error.file, error.reason, job.options.format_ids))

    with _steady_interpreter():
        for samples in in_batches(reader, entries, failed):
            images += len(samples)
            _count(samples, splits, job.annotation_map)
            batch = Batch(samples, job.source, job.needs)
            traced = _with_true_sizes(batch, reader)
            for spec, writer, part in writers:
                given = _batch_for(spec, batch, traced)
                if ignores and not spec.keeps_ignored:
                    given = _without_ignored(writer, given)
                _write(job, spec, writer, part, given, failures)
            if job.options.images:
                _copy_images(job, samples, writers, failures, reader.tally)
    parts = {
        spec.id: PartSummary(writer.facts, writer.lost, part.finish(), writer.warnings)
        for spec, writer, part in writers
    }
    report = reader.labeller.report()
    groups = reader.divider.groups() if reader.divider is not None else None
    return ShardReport(images, failures, reader.tally, report, parts, splits, groups)


def _count(samples: list[Sample], splits: dict[str, SplitCounts], annotation_map: AnnotationMap) -> None:
    """Count images and objects; ignored ones are counted by their filter alone, in the map's report."""
    ignores = annotation_map.ignores
    for sample in samples:
        counts = splits.get(sample.split)
        if counts is None:
            counts = splits[sample.split] = SplitCounts(0, [0] * len(annotation_map.categories))
        counts.images += 1
        objects = counts.objects
        for instance in [i for i in sample.instances if not i.ignored] if ignores else sample.instances:
            objects[instance.category] += 1


def _open_part(job: Job, spec: FormatSpec, shard: int, turn: Turn) -> FolderPart | ArchivePart:
    if job.options.archive:
        return ArchivePart(job.parts_folder(spec), shard)
    return FolderPart(job.staged_folder(spec), job.parts_folder(spec), shard, turn)


def _with_true_sizes(batch: Batch, reader: ImageReader) -> Batch:
    """The batch for formats that read contours: those may reach beyond a stated resolution that boxes keep to."""
    beyond = batch.beyond_stated_size()
    if not beyond:
        return batch
    samples = [reader.resized(sample) if rank in beyond else sample for rank, sample in enumerate(batch.samples)]
    return Batch(samples, batch.source, batch.needs)


def _batch_for(spec: FormatSpec, batch: Batch, traced: Batch) -> Batch:
    """What a format sees does not depend on those beside it: contours tell a size only to formats that read them."""
    if traced is batch or spec.needs.contours:
        return traced
    pairs = zip(batch.samples, traced.samples, strict=True)
    samples = [true if spec.needs.contours_of(sample.entry) else sample for sample, true in pairs]
    return Batch(samples, batch.source, batch.needs)


def _without_ignored(writer: FormatWriter, batch: Batch) -> Batch:
    """The batch for a format that knows no ignored objects; what it does not get to see is counted."""
    learnt = batch.without_ignored
    for sample, rest in zip(batch.samples, learnt.samples, strict=True) if learnt is not batch else ():
        writer.lose("ignored-lost", IGNORED, len(sample.instances) - len(rest.instances))
        if sample.instances and not rest.instances:
            writer.warn("image-becomes-negative", NEGATIVE, sample.name)
    return learnt


def _write(
    job: Job, spec: FormatSpec, writer: FormatWriter, part: Part, batch: Batch, failures: list[ImageFailure]
) -> None:
    writer.write(batch, part)
    for sample, error in batch.failures:
        if job.options.fail_on_error:
            raise error
        failures.append(ImageFailure(sample.name, error.file, error.reason, (spec.id,)))
    batch.failures.clear()


def _copy_images(
    job: Job,
    samples: list[Sample],
    parts: list[tuple[FormatSpec, FormatWriter, FolderPart | ArchivePart]],
    failures: list[ImageFailure],
    tally: Tally,
) -> None:
    left_out = {(format_id, failure.image) for failure in failures for format_id in failure.formats}
    for sample in samples:
        name = sample.entry.image
        if name is None or not _readable(job.source, name):
            tally.warn("image-missing", MISSING, sample.name)
            continue
        size_bytes = job.source.size_bytes(IMAGES, name)
        for spec, _, part in parts:
            if (spec.id, sample.name) not in left_out:
                part.copy(
                    spec.images_in(sample.split, job.options.layout), name, size_bytes, job.source.chunks(IMAGES, name)
                )


def _readable(source: Source, name: str) -> bool:
    try:
        next(iter(source.chunks(IMAGES, name)), b"")
    except ImageError:
        return False
    return True


@contextmanager
def _steady_interpreter() -> Iterator[None]:
    """Set the interpreter up for a shard, and back again.

    No garbage collection: records hold no cycles, and looking for some costs a tenth of the time. And a limit of
    recursion counted from here: it decides how deeply nested a file may be, which must not depend on who calls.
    """
    frame, depth = sys._getframe(), 0
    while frame.f_back is not None:
        frame, depth = frame.f_back, depth + 1
    limit, collecting = sys.getrecursionlimit(), gc.isenabled()
    sys.setrecursionlimit(depth + RECURSION_LIMIT)
    gc.disable()
    try:
        yield
    finally:
        sys.setrecursionlimit(limit)
        if collecting:
            gc.enable()
