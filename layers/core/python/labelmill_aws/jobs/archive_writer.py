"""Joins an annotation's parts into one zip in the outbox, byte for byte the one that the command line makes."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from itertools import chain

from zlib_ng import zlib_ng

from labelmill.archive.zip_join import write_directory
from labelmill.archive.zip_write import entry_record, local_header
from labelmill.convert.parts import RUNS
from labelmill.formats.base import Context, FormatSpec
from labelmill_aws.jobs.part_objects import PartObjects
from labelmill_aws.objects.multipart import LEAST_PART_BYTES, ObjectWriter
from labelmill_aws.objects.object_store import Bucket, Slice, read_ahead

FETCHES_AHEAD = 8
COPY_BYTES = 2 * LEAST_PART_BYTES
"""Runs of members from this length on are copied by S3 itself."""


def write_archive(bucket: Bucket, key: str, spec: FormatSpec, context: Context, parts: PartObjects) -> int:
    """Write the zip: all labels, all images, then the files of the whole dataset, then the directory.

    Returns:
        Its length in bytes.

    Raises:
        TransientError: If S3 refuses for now; nothing appears.
    """
    runs = [part.section(f"{run}.members") for run in RUNS for part in parts.parts]
    with ObjectWriter(bucket, key, expected_bytes=_expected_bytes(parts)) as out:
        for run, data in zip(runs, _short_runs(bucket, runs), strict=True):
            if data is None:
                out.copy(run)
            else:
                out.write(data)
        tail = _TailMembers(out)
        start = out.size
        spec.writer.join(context, parts, tail)
        records = chain(
            chain.from_iterable(parts.entries(run) for run in RUNS),
            [(io.BytesIO(b"".join(tail.records)), out.size - start)],
        )
        write_directory(records, out, out.size)
    return out.size


def _expected_bytes(parts: PartObjects) -> int:
    return sum(length for part in parts.parts for _, length in part.sections.values())


def _short_runs(bucket: Bucket, runs: Iterable[Slice]) -> Iterator[bytes | None]:
    """The bytes of short runs, fetched ahead; ``None`` for long ones."""
    return read_ahead(lambda run: None if run.length >= COPY_BYTES else bucket.get_slice(run), runs, FETCHES_AHEAD)


class _TailMembers:
    """Files of the whole dataset, as members whose length is known only when they were written.

    Attributes:
        records: What the directory needs to know of them.
    """

    def __init__(self, out: ObjectWriter) -> None:
        self._out = out
        self.records: list[bytes] = []

    def write(self, path: str, chunks: Iterable[bytes]) -> None:
        """A whole file."""
        name = path.encode()
        start, crc = self._out.size, 0
        self._out.leave_gap()
        for chunk in chunks:
            crc = zlib_ng.crc32(chunk, crc)
            self._out.write(chunk)
        size = self._out.size - start
        self._out.fill_gap(local_header(name, size, crc))
        self.records.append(entry_record(name, size, crc))
