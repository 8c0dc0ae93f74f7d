"""Converts a dataset: plan, convert in shards, join, publish. The laptop's way through the code that the cloud runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from labelmill.convert.job import Job, Options, check_known, check_names
from labelmill.convert.parts import FormatParts
from labelmill.convert.planning import Progress, Quiet, with_plan
from labelmill.convert.publish import publish, refuse_foreign
from labelmill.convert.report import Report, make_report
from labelmill.convert.shard import ShardReport, convert_shard
from labelmill.convert.staging import staging_folder
from labelmill.convert.survey import guess_types, survey_types
from labelmill.convert.workers import in_shards, run_in_workers
from labelmill.errors import OutputError
from labelmill.formats.base import FormatSpec
from labelmill.maps.annotation_map import AnnotationMap, map_from_types
from labelmill.model import stem_of
from labelmill.source.dataset import IMAGES, Source
from labelmill.source.folder import FolderSource
from labelmill.source.labelling import UnknownTypeError
from labelmill.source.plan import Plan

STEM = "<stem>"
"""Stands in ``FormatSpec.files`` for the stem of each image."""
LARGEST_SHARD = 2000
SMALLEST_SHARD = 64
SHARDS_A_WORKER = 4


def convert(
    source: Source,
    annotation_map: AnnotationMap | None,
    options: Options,
    out: Path,
    *,
    workers: int = 1,
    progress: Progress | None = None,
) -> Report:
    """Convert a dataset into all formats asked for, in one pass.

    Args:
        source: The dataset.
        annotation_map: Its classes; without one, each type is a class.
        options: What to make.
        out: Folder for the outputs, ``out/<format id in lower case>/``. What a run made is there whole or not at all.
        workers: Processes.
        progress: Told about images.

    Returns:
        The report; images that could not be converted are in it.

    Raises:
        LabelmillError: Nothing was written then.
    """
    check_known(options)
    conversion = Conversion(source, options, out, workers, progress or Quiet())
    return with_plan(source, workers, lambda plan: conversion.run(plan, annotation_map))


class Conversion:
    """One run over a dataset."""

    def __init__(self, source: Source, options: Options, out: Path, workers: int, progress: Progress) -> None:
        self.source = source
        self.options = options
        self.out = out
        self.workers = workers
        self.progress = progress

    def run(self, plan: Plan, annotation_map: AnnotationMap | None) -> Report:
        """Convert by a plan.

        Without a map the types of some images are taken for all types: a pass over the whole dataset is saved when
        that holds, which every shard checks.
        """
        check_names(plan, self.options)
        if self.options.images and isinstance(self.source, FolderSource):  # what an archive holds is its own
            self.source.require_inside(IMAGES)
        if annotation_map is not None:
            return self._convert(plan, annotation_map, f"-{stem_of(Path(annotation_map.name).name)}")
        try:
            return self._convert(plan, map_from_types(guess_types(self.source, plan.entries)), guessed_types=True)
        except UnknownTypeError:
            return self._convert(plan, map_from_types(survey_types(self.source, plan.entries, self.workers)))

    def _convert(
        self, plan: Plan, annotation_map: AnnotationMap, suffix: str = "", *, guessed_types: bool = False
    ) -> Report:
        """Convert, join, publish."""
        with staging_folder(self.out) as staging:
            job = Job(
                self.source,
                annotation_map,
                self.options,
                staging,
                by_filename=plan.by_filename,
                guessed_types=guessed_types,
            )
            names = {spec.id: f"{self.source.name}-{spec.id.lower()}{suffix}.zip" for spec in job.specs}
            for spec in job.specs:
                spec.writer.check(job.context)
                self._refuse_foreign(spec, plan, names[spec.id])
            try:
                shards = self._convert_shards(job, plan)
                self._join(job, shards, names)
                outputs = self._publish(job, names)
            except OSError as error:
                raise OutputError(f"{self.out}: can't be written: {error.strerror or error}") from error
        return make_report(self.source.name, outputs, plan, annotation_map, self.options, shards)

    def _refuse_foreign(self, spec: FormatSpec, plan: Plan, archive_name: str) -> None:
        """Before the work what can be told before: divided datasets' names can't, and are refused when they appear."""
        folder = self.out / spec.id.lower()
        if self.options.archive:
            refuse_foreign(folder, lambda: [archive_name])
        elif self.options.splits is None:
            refuse_foreign(folder, lambda: self._outputs(spec, plan))

    def _outputs(self, spec: FormatSpec, plan: Plan) -> Iterator[str]:
        """What a format writes of a dataset that is not divided."""
        layout = self.options.layout
        for template in spec.files:
            names = (stem_of(entry.name) for entry in plan.entries) if STEM in template else [STEM]
            yield from (spec.below(layout) + template.replace(STEM, name) for name in names)
        if self.options.images:
            yield from (f"{spec.images_in('', layout)}/{entry.image}" for entry in plan.entries if entry.image)

    def _convert_shards(self, job: Job, plan: Plan) -> list[ShardReport]:
        entries = plan.entries
        size = max(SMALLEST_SHARD, min(LARGEST_SHARD, -(-len(entries) // (self.workers * SHARDS_A_WORKER))))
        shards = in_shards(entries, size)
        for spec in job.specs:
            job.parts_folder(spec).mkdir(parents=True)
            job.staged_folder(spec).mkdir(parents=True)
        self.progress.start(len(entries))
        return run_in_workers(
            convert_shard, job, shards, self.workers, lambda shard: self.progress.advance(len(shards[shard]))
        )

    def _join(self, job: Job, shards: list[ShardReport], archive_names: dict[str, str]) -> None:
        for spec in job.specs:
            parts = FormatParts(job.parts_folder(spec), [shard.parts[spec.id].facts for shard in shards])
            staged = job.staged_folder(spec)
            if self.options.archive:
                from labelmill.convert.join_archive import join_archive

                join_archive(job, spec, parts, shards, staged / archive_names[spec.id])
            else:
                spec.writer.join(job.context, parts, FolderOutput(staged))

    def _publish(self, job: Job, archive_names: dict[str, str]) -> dict[str, str]:
        outputs = {}
        for spec in job.specs:
            folder = self.out / spec.id.lower()
            publish(job.staged_folder(spec), folder, job.staging / "old" / spec.id, archive=self.options.archive)
            outputs[spec.id] = str(folder / archive_names[spec.id] if self.options.archive else folder)
        return outputs


class FolderOutput:
    """Files of the whole dataset, into a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def write(self, path: str, chunks: Iterable[bytes]) -> None:
        """A whole file."""
        target = self._folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("xb") as file:
            file.writelines(chunks)
