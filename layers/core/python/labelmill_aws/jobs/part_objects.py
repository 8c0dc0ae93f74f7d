"""The parts of one annotation in the outbox, read back in the order of the shards."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO, NamedTuple

from labelmill.convert.part_file import REPORT, Sections, decode_report, read_sections
from labelmill.convert.shard import ShardReport
from labelmill_aws.jobs.job_file import JobFile, part_key
from labelmill_aws.objects.object_store import CHUNK_BYTES, Bucket, Slice, read_ahead

TAIL_BYTES = 16 << 10
READS_AHEAD = 8


class PartObject(NamedTuple):
    """One part.

    Attributes:
        shard: Its shard.
        key: Its object.
        sections: Where everything lies in it.
    """

    shard: int
    key: str
    sections: Sections

    def section(self, name: str) -> Slice:
        """The bytes of a section; none where the part lacks it."""
        offset, length = self.sections.get(name, (0, 0))
        return Slice(self.key, offset, length)


class PartObjects:
    """All parts that there are (``labelmill.formats.base.Parts``).

    Attributes:
        parts: In the order of the shards.
        missing: Shards that left no part.
    """

    def __init__(self, outbox: Bucket, job_file: JobFile, annotation: str, format_id: str) -> None:
        """Find the parts and read their tables. Raises TransientError."""
        self._outbox = outbox
        self._format_id = format_id
        prefix = job_file.parts_prefix(annotation)
        sizes = dict(outbox.list(prefix))
        keys = [part_key(prefix, shard) for shard in range(len(job_file.shards))]
        self.missing = [shard for shard, key in enumerate(keys) if key not in sizes]
        there = [(shard, key, sizes[key]) for shard, key in enumerate(keys) if key in sizes]
        self.parts = list(read_ahead(self._open, there, READS_AHEAD))

    def _open(self, found: tuple[int, str, int]) -> PartObject:
        shard, key, size = found
        wanted = TAIL_BYTES
        while True:
            length = min(wanted, size)
            sections = read_sections(self._outbox.get_slice(Slice(key, size - length, length)), size)
            if not isinstance(sections, int):
                return PartObject(shard, key, sections)
            wanted = sections

    def reports(self) -> Iterator[ShardReport]:
        """What became of each shard."""
        return map(decode_report, self._outbox.slices((part.section(REPORT) for part in self.parts), READS_AHEAD))

    def facts(self) -> Iterable[dict[str, Any]]:
        """What each part's writer noted."""
        return (report.parts[self._format_id].facts for report in self.reports())

    def stream(self, stream: str) -> Iterator[bytes]:
        """A stream's bytes over all parts."""
        return self._outbox.slices(_chunks(part.section(f"{stream}.lines") for part in self.parts), READS_AHEAD)

    def stream_lines(self, stream: str) -> Iterator[Iterator[bytes]]:
        """A stream's lines, part by part; a part without the stream has none."""
        rest = b""
        for chunk in self.stream(stream):
            lines = (rest + chunk).split(b"\n")
            rest = lines.pop()
            yield iter([line + b"\n" for line in lines])

    def entries(self, name: str) -> Iterator[tuple[BinaryIO, int]]:
        """The records of a run's members, part by part, and the length of the run."""
        sections = self._outbox.slices((part.section(f"{name}.entries") for part in self.parts), READS_AHEAD)
        for part, records in zip(self.parts, sections, strict=True):
            yield io.BytesIO(records), part.section(f"{name}.members").length


def _chunks(sections: Iterable[Slice]) -> Iterator[Slice]:
    for section in sections:
        for at in range(0, section.length, CHUNK_BYTES):
            yield Slice(section.key, section.offset + at, min(CHUNK_BYTES, section.length - at))
