"""Classifies the objects of a whole dataset under a map, without converting anything."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from labelmill.convert.batches import in_batches
from labelmill.convert.planning import Progress, Quiet, with_plan
from labelmill.convert.survey import FILES_A_SHARD
from labelmill.convert.workers import in_shards, run_in_workers
from labelmill.maps.annotation_map import AnnotationMap
from labelmill.maps.report import MapReport
from labelmill.source.dataset import Entry, Source
from labelmill.source.plan import Plan
from labelmill.source.reader import ImageReader, Needs


def classify_dataset(
    source: Source, annotation_map: AnnotationMap, *, workers: int = 1, progress: Progress | None = None
) -> MapReport:
    """What a map does to a dataset; images that can't be converted are passed over.

    Raises:
        DatasetError: If there is no dataset.
    """
    return with_plan(
        source, workers, lambda plan: _classify(source, annotation_map, plan, workers, progress or Quiet())
    )


def _classify(source: Source, annotation_map: AnnotationMap, plan: Plan, workers: int, progress: Progress) -> MapReport:
    shards = in_shards(plan.entries, FILES_A_SHARD)
    progress.start(len(plan.entries))
    report = MapReport()
    for part in run_in_workers(
        classify_shard,
        (source, annotation_map, plan.by_filename),
        shards,
        workers,
        lambda shard: progress.advance(len(shards[shard])),
    ):
        report.merge(part)
    return report


def classify_shard(
    shared: tuple[Source, AnnotationMap, bool], shard: int, entries: Sequence[Entry], turn: Any
) -> MapReport:
    """The same for some images."""
    source, annotation_map, by_filename = shared
    reader = ImageReader(source, annotation_map, Needs(), by_filename=by_filename)
    for _ in in_batches(reader, entries, lambda entry, error: None):
        pass
    return reader.labeller.report()
