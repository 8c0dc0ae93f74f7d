"""Looks through a dataset without writing labels: what is in it, and what is wrong with it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import msgspec

from labelmill.convert.batch import Batch
from labelmill.convert.batches import IMAGES_A_BATCH
from labelmill.convert.planning import Progress, Quiet, with_plan
from labelmill.convert.survey import survey_types
from labelmill.convert.workers import in_shards, run_in_workers
from labelmill.errors import ImageError
from labelmill.maps.annotation_map import AnnotationMap, map_from_types
from labelmill.maps.report import MapReport
from labelmill.source.dataset import ANNOTATIONS, FOLDERS, IMAGES, MASKS, METADATA, Entry, Source
from labelmill.source.plan import Plan
from labelmill.source.reader import ImageReader, Needs
from labelmill.source.tally import Finding, Tally

IMAGES_A_SHARD = 1000
EVERYTHING = Needs(
    frozenset({"truncated", "obstruction", "centroid", "distance", "size", "rotation", "bbox3d", "keypoints"}),
    contours=True,
    environment=True,
)


class Inspection(msgspec.Struct):
    """What is in a dataset.

    Attributes:
        dataset: Its name.
        images: Images with an annotation file.
        image_files: Of them, those whose image is there.
        masks: Of them, those with a mask.
        bytes: Bytes in each of its folders, of the files of these images.
        objects: Objects with an annotation entry.
        types: Type -> such objects.
        sizes: ``width x height`` -> images.
        sensors: The last part of the usual names -> images.
        empty_images: Images without an object.
        objects_with_contours: Objects with contours.
        skipped: Why objects would be in no output.
        problems: What is odd -> how often, with examples.
        errors: Images that can't be converted: file and reason.
        lone_images: Image files without an annotation file: not part of the dataset.
        ignored: Files that belong to no image.
    """

    dataset: str
    images: int
    image_files: int
    masks: int
    bytes: dict[str, int]
    objects: int
    types: dict[str, int]
    sizes: dict[str, int]
    sensors: dict[str, int]
    empty_images: int
    objects_with_contours: int
    skipped: dict[str, Finding]
    problems: dict[str, Finding]
    errors: list[tuple[str, str]]
    lone_images: list[str]
    ignored: list[str]


class ShardInspection(msgspec.Struct):
    """What is in a shard."""

    sizes: Counter[str]
    empty: int
    contours: int
    bytes: Counter[str]
    errors: list[tuple[str, str]]
    tally: Tally
    map_report: MapReport


def inspect(source: Source, *, workers: int = 1, progress: Progress | None = None) -> Inspection:
    """Look through a dataset.

    Raises:
        DatasetError: If there is none.
    """
    return with_plan(source, workers, lambda plan: _inspect(source, plan, workers, progress or Quiet()))


def _inspect(source: Source, plan: Plan, workers: int, progress: Progress) -> Inspection:
    progress.start(len(plan.entries))
    annotation_map = map_from_types(survey_types(source, plan.entries, workers))
    shards = in_shards(plan.entries, IMAGES_A_SHARD)
    results = run_in_workers(
        inspect_shard,
        (source, annotation_map, plan.by_filename),
        shards,
        workers,
        lambda shard: progress.advance(len(shards[shard])),
    )
    total = ShardInspection(Counter(), 0, 0, Counter(), [], Tally(), MapReport())
    for result in results:
        total.sizes.update(result.sizes)
        total.bytes.update(result.bytes)
        total.empty += result.empty
        total.contours += result.contours
        total.errors += result.errors
        total.tally.merge(result.tally)
        total.map_report.merge(result.map_report)
    total.tally.merge(plan.findings())
    types: Counter[str] = Counter()
    for counts in (*total.map_report.taken.values(), total.map_report.left_out):
        types.update(dict(counts.ranked()))
    return Inspection(
        source.name,
        len(plan.entries),
        sum(entry.image is not None for entry in plan.entries),
        sum(entry.mask is not None for entry in plan.entries),
        {folder: total.bytes[folder] for folder in FOLDERS},
        total.map_report.objects,
        dict(types.most_common()),
        dict(total.sizes.most_common()),
        dict(
            Counter(entry.stem.split("-", 2)[-1] for entry in plan.entries if entry.stem.count("-") >= 2).most_common()
        ),
        total.empty,
        total.contours,
        total.tally.skipped,
        total.tally.warnings,
        total.errors,
        plan.lone_images(),
        plan.ignored(),
    )


def inspect_shard(
    shared: tuple[Source, AnnotationMap, bool], shard: int, entries: Sequence[Entry], turn: Any
) -> ShardInspection:
    """Look through some images."""
    source, annotation_map, by_filename = shared
    reader = ImageReader(source, annotation_map, EVERYTHING, by_filename=by_filename)
    result = ShardInspection(Counter(), 0, 0, Counter(), [], reader.tally, MapReport())
    for first in range(0, len(entries), IMAGES_A_BATCH):
        samples = []
        for entry in entries[first : first + IMAGES_A_BATCH]:
            names = (entry.annotation, entry.metadata, entry.image, entry.mask)
            for folder, name in zip((ANNOTATIONS, METADATA, IMAGES, MASKS), names, strict=True):
                with suppress(OSError, ImageError):  # a link to nowhere: an error when it is read
                    result.bytes[folder] += source.size_bytes(folder, name) if name is not None else 0
            try:
                samples.append(reader.read(entry))
            except ImageError as error:
                result.errors.append((error.file, error.reason))
        batch = Batch(samples, source, EVERYTHING)
        for rank in sorted(batch.beyond_stated_size()):
            samples[rank] = reader.resized(samples[rank])
        for sample in samples:
            result.sizes[f"{sample.width} x {sample.height}"] += 1
            result.empty += not sample.instances
            result.contours += sum(bool(instance.attributes.segmentation) for instance in sample.instances)
    result.map_report = reader.labeller.report()
    return result
