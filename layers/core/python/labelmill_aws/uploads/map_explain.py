"""What a map would do to a dataset: as many images as can be read in some seconds, evenly spread over all."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path, PurePosixPath
from threading import Lock
from typing import TYPE_CHECKING, Final

from labelmill.archive.open_archive import TAR_GZ, check_kind
from labelmill.convert.map_effect import classify_shard
from labelmill.convert.shard_plan import plan_shard
from labelmill.convert.survey import survey_names
from labelmill.errors import DatasetError
from labelmill.maps import AnnotationMap, MapReport
from labelmill.source.dataset import Entry, Source
from labelmill.source.open_source import open_source
from labelmill.source.plan import Listing, NamesDifferError, Plan, list_dataset, plan_by_filename, plan_by_stem
from labelmill_aws.messages import DatasetSource, PackedSource
from labelmill_aws.objects.object_store import ReadAheadFile, S3File
from labelmill_aws.objects.sources import open_dataset, open_shard

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_Read = Callable[[Plan, Sequence[Entry]], MapReport]

READ_FOR_S: Final = 15.0
IMAGES_A_TIME: Final = 16
READERS: Final = 8
MAX_UNPACKED_BYTES: Final = 128 << 20
"""A .tar.gz has to be read from its beginning: above this size it takes too long, and too much room."""
MAX_NAMES_READ: Final = 4_000
"""Where the files' own names contradict their joins, all of them have to be read first."""


@dataclass(frozen=True, slots=True)
class Explained:
    """What was found.

    Attributes:
        images: Images of the dataset.
        images_read: Those that were looked at.
        report: The counts over them.
    """

    images: int
    images_read: int
    report: MapReport


def explain_dataset(
    s3: S3Client, name: str, source: DatasetSource, annotation_map: AnnotationMap, read_for_s: float = READ_FOR_S
) -> Explained:
    """Classify the objects of some images.

    Args:
        s3: S3.
        name: The dataset's name.
        source: Where it lies.
        annotation_map: The map.
        read_for_s: When to stop, in seconds; a few images are read in any case.

    Raises:
        DatasetError: If it is no dataset, or can't be read in that time.
        TransientError: If S3 refuses for now.
    """
    ends = time.monotonic() + read_for_s
    if isinstance(source, PackedSource):
        file = ReadAheadFile(S3File(s3, source.bucket, source.key, source.size_bytes, source.version_id or None))
        if check_kind(file, PurePosixPath(source.key).name) == TAR_GZ:
            return _explain_unpacked(s3, source, annotation_map, ends)
    with closing(open_dataset(s3, name, source)) as dataset:
        listing = list_dataset(dataset)

        def read(plan: Plan, entries: Sequence[Entry]) -> MapReport:
            shard = plan_shard(entries, dataset.root, dataset.places)
            with closing(open_shard(s3, name, source, shard, masks=False)) as opened:
                return classify_shard((opened, annotation_map, plan.by_filename), 0, shard.entries, None)

        return _explain(dataset, listing, read, ends, READERS)


def _explain_unpacked(s3: S3Client, source: PackedSource, annotation_map: AnnotationMap, ends: float) -> Explained:
    if source.size_bytes > MAX_UNPACKED_BYTES:
        most = MAX_UNPACKED_BYTES >> 20
        raise DatasetError(f"a .tar.gz of more than {most} MiB can't be looked into: expected a .zip or .tar")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / PurePosixPath(source.key).name
        version = {"VersionId": source.version_id} if source.version_id else {}
        s3.download_file(source.bucket, source.key, str(path), ExtraArgs=version)
        with closing(open_source(path)) as opened:

            def read(plan: Plan, entries: Sequence[Entry]) -> MapReport:
                return classify_shard((opened, annotation_map, plan.by_filename), 0, entries, None)

            return _explain(opened, list_dataset(opened), read, ends, 1)


def _explain(dataset: Source, listing: Listing, read: _Read, ends: float, readers: int) -> Explained:
    plan = plan_by_stem(listing)
    if plan is not None:
        try:
            return _read_some(plan, read, ends, readers)
        except NamesDifferError:
            pass
    if len(listing.annotations) > MAX_NAMES_READ:
        raise DatasetError(
            f"the files' own names differ from their file names: only up to {MAX_NAMES_READ:,} can be looked into"
        )
    names = survey_names(dataset, listing, 1)
    return _read_some(plan_by_filename(listing, names.annotations, names.metadata), read, ends, readers)


def _read_some(plan: Plan, read: _Read, ends: float, readers: int) -> Explained:
    """Read runs of images side by side until the time is over; each reader at least one."""
    report, images_read = MapReport(), 0
    lock = Lock()
    runs = iter(_spread(plan.entries))

    def read_on() -> None:
        nonlocal images_read
        while True:
            with lock:
                entries = next(runs, None)
            if entries is None:
                return
            found = read(plan, entries)
            with lock:
                report.merge(found)
                images_read += len(entries)
            if time.monotonic() > ends:
                return

    with ThreadPoolExecutor(readers, "explain") as pool:
        for done in [pool.submit(read_on) for _ in range(readers)]:
            done.result()
    return Explained(len(plan.entries), images_read, report)


def _spread(entries: Sequence[Entry]) -> Iterator[list[Entry]]:
    """All images in runs, in an order whose every beginning is evenly spread: numbers with their bits reversed."""
    count = len(entries)
    bits = max(1, (count - 1).bit_length())
    reversed_bits = (int(f"{number:0{bits}b}"[::-1], 2) for number in range(1 << bits))
    numbers = (number for number in reversed_bits if number < count)
    while run := list(islice(numbers, IMAGES_A_TIME)):
        yield [entries[number] for number in sorted(run)]
