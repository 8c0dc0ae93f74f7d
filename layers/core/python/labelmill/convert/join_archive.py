"""Joins the parts of one format into one zip."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from labelmill.archive.zip_join import Part, join_parts
from labelmill.archive.zip_write import PartWriter
from labelmill.convert.job import Job
from labelmill.convert.parts import RUNS, FormatParts, run_paths
from labelmill.convert.shard import ShardReport
from labelmill.formats.base import FormatSpec


def join_archive(job: Job, spec: FormatSpec, parts: FormatParts, shards: list[ShardReport], path: Path) -> None:
    """Write the archive: all labels, all images, then the files of the whole dataset."""
    folder = job.parts_folder(spec)
    runs = [
        Part(*run_paths(folder, number, run), shard.parts[spec.id].runs_bytes[i])
        for i, run in enumerate(RUNS)
        for number, shard in enumerate(shards)
    ]
    tail = Part(folder / "tail.members", folder / "tail.entries", 0)
    with tail.data.open("wb") as data, tail.entries.open("wb") as entries:
        writer = PartWriter(data, entries)
        spec.writer.join(job.context, parts, ArchiveOutput(writer, folder / "member"))
        runs.append(tail._replace(size_bytes=writer.finish().size_bytes))
    with path.open("w+b") as out:
        join_parts(runs, out)


class ArchiveOutput:
    """Files of the whole dataset, into an archive's last part."""

    def __init__(self, writer: PartWriter, spool: Path) -> None:
        self._writer = writer
        self._spool = spool

    def write(self, path: str, chunks: Iterable[bytes]) -> None:
        """A whole file; it is spooled, as a member's size has to be known first."""
        with self._spool.open("w+b") as file:
            file.writelines(chunks)
            size = file.tell()
            file.seek(0)
            self._writer.add_stream(path, size, iter(lambda: file.read(1 << 20), b""))
