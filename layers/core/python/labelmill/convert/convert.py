"""Converts a dataset: plan, convert in shards, join, publish. The laptop's way through the code that the cloud runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

from labelmill.archive.zip_join import Part, join_parts
from labelmill.archive.zip_write import PartWriter
from labelmill.convert.job import Job, Options, check_names, check_options
from labelmill.convert.parts import FormatParts
from labelmill.convert.report import Report, make_report
from labelmill.convert.shard import ShardReport, convert_shard
from labelmill.convert.staging import publish, staging_folder
from labelmill.convert.survey import guess_types, survey_names, survey_types
from labelmill.convert.workers import run_in_workers
from labelmill.errors import OutputError
from labelmill.formats import formats
from labelmill.formats.base import FormatSpec
from labelmill.maps.annotation_map import AnnotationMap, map_from_types
from labelmill.model import stem_of
from labelmill.source.dataset import Entry, Source
from labelmill.source.labelling import UnknownTypeError
from labelmill.source.plan import Listing, NamesDifferError, Plan, list_dataset, plan_by_filename, plan_by_stem

LARGEST_SHARD = 2000
SHARDS_A_WORKER = 4


class Progress(Protocol):
    """Hears how far a conversion is."""

    def start(self, images: int) -> None:
        """Conversion (again) begins from 0."""

    def advance(self, images: int) -> None:
        """So many more are done."""


class Quiet:
    """No progress."""

    def start(self, images: int) -> None: ...
    def advance(self, images: int) -> None: ...


def convert(
    source: Source,
    annotation_map: AnnotationMap | None,
    options: Options,
    out: Path,
    *,
    archive: bool = False,
    workers: int = 1,
    progress: Progress | None = None,
) -> Report:
    """Convert a dataset into all formats asked for, in one pass.

    Args:
        source: The dataset.
        annotation_map: Its classes; without one, each type is a class.
        options: What to make.
        out: Folder for the outputs, ``out/<format id in lower case>/``. What a run made is there whole or not at all.
        archive: One zip a format instead of files.
        workers: Processes.
        progress: Told about images.

    Returns:
        The report; images that could not be converted are in it.

    Raises:
        LabelmillError: Nothing was written then.
    """
    check_options(options)
    listing = list_dataset(source)
    plan = plan_by_stem(listing) or _plan_by_filename(source, listing, workers)
    guessed = annotation_map is None
    used = annotation_map or map_from_types(guess_types(source, plan.entries))
    specs = tuple(formats()[format_id] for format_id in options.format_ids)
    while True:
        check_names(plan.entries, specs, options)
        with staging_folder(out) as staging:
            job = Job(source, used, options, staging, archive=archive, by_filename=plan.by_filename, guessed_types=guessed)
            for spec in specs:
                spec.writer.check(job.context)
            try:
                shards = _convert_shards(job, plan, workers, progress or Quiet())
                outputs = _join_and_publish(job, shards, out, _archive_names(source, annotation_map, specs))
            except NamesDifferError:
                plan = _plan_by_filename(source, listing, workers)
                continue
            except UnknownTypeError:
                used, guessed = map_from_types(survey_types(source, plan.entries, workers)), False
                continue
            except OSError as error:
                raise OutputError(f"{out}: can't be written: {error.strerror or error}") from error
        return make_report(source.name, outputs, plan, used, shards)


def _plan_by_filename(source: Source, listing: Listing, workers: int) -> Plan:
    names = survey_names(source, listing, workers)
    return plan_by_filename(listing, names.annotations, names.metadata)


def _convert_shards(job: Job, plan: Plan, workers: int, progress: Progress) -> list[ShardReport]:
    entries = plan.entries
    size = min(LARGEST_SHARD, max(64, -(-len(entries) // (workers * SHARDS_A_WORKER))))
    shards = [entries[i : i + size] for i in range(0, len(entries), size)]
    for spec in job.specs:
        job.parts_folder(spec).mkdir(parents=True)
        job.staged_folder(spec).mkdir(parents=True)
    progress.start(len(entries))
    return run_in_workers(convert_shard, job, shards, workers, lambda shard: progress.advance(len(shards[shard])))


def _archive_names(source: Source, annotation_map: AnnotationMap | None, specs: tuple[FormatSpec, ...]) -> dict[str, str]:
    suffix = f"-{stem_of(Path(annotation_map.name).name)}" if annotation_map is not None else ""
    return {spec.id: f"{source.name}-{spec.id.lower()}{suffix}.zip" for spec in specs}


def _join_and_publish(job: Job, shards: list[ShardReport], out: Path, archive_names: dict[str, str]) -> dict[str, str]:
    outputs = {}
    for spec in job.specs:
        parts = FormatParts(job.parts_folder(spec), [shard.parts[spec.id].facts for shard in shards])
        if job.archive:
            _join_archive(job, spec, parts, shards, job.staged_folder(spec) / archive_names[spec.id])
        else:
            spec.writer.join(job.context, parts, FolderOutput(job.staged_folder(spec)))
    for spec in job.specs:
        folder = out / spec.id.lower()
        owned = () if job.archive else spec.owns
        publish(job.staged_folder(spec), folder, owned, job.staging / "old" / spec.id)
        outputs[spec.id] = str(folder / archive_names[spec.id] if job.archive else folder)
    return outputs


def _join_archive(job: Job, spec: FormatSpec, parts: FormatParts, shards: list[ShardReport], path: Path) -> None:
    folder = job.parts_folder(spec)
    runs = [
        Part(folder / f"{number}.members", folder / f"{number}.entries", shard.parts[spec.id].members_bytes)
        for number, shard in enumerate(shards)
    ]
    tail = Part(folder / "tail.members", folder / "tail.entries", 0)
    with tail.data.open("wb") as data, tail.entries.open("wb") as entries:
        writer = PartWriter(data, entries)
        spec.writer.join(job.context, parts, ArchiveOutput(writer, folder / "member"))
        runs.append(tail._replace(size_bytes=writer.finish().size_bytes))
    with path.open("w+b") as out:
        join_parts(runs, out)


class FolderOutput:
    """Files of the whole dataset, into a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def write(self, path: str, chunks: Iterator[bytes]) -> None:
        """A whole file."""
        target = self._folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("xb") as file:
            file.writelines(chunks)


class ArchiveOutput:
    """Files of the whole dataset, into an archive's last part."""

    def __init__(self, writer: PartWriter, spool: Path) -> None:
        self._writer = writer
        self._spool = spool

    def write(self, path: str, chunks: Iterator[bytes]) -> None:
        """A whole file; it is spooled, as a member's size has to be known first."""
        with self._spool.open("w+b") as file:
            file.writelines(chunks)
            size = file.tell()
            file.seek(0)
            self._writer.add_stream(path, size, iter(lambda: file.read(1 << 20), b""))
