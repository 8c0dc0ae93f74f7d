"""A dataset that is looked into: its directory is read once, then each file by a range or a request of its own."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from threading import Lock
from typing import TYPE_CHECKING, Final, TypeVar

import msgspec

from labelmill.archive.member import Member
from labelmill.archive.open_archive import TAR, TAR_GZ, check_kind
from labelmill.archive.ranged import RangedBytes
from labelmill.archive.zip_member import iter_member, read_member, read_member_range
from labelmill.convert.shard_plan import plan_shard
from labelmill.convert.survey import survey_names
from labelmill.errors import DatasetError
from labelmill.source.dataset import FOLDERS, Entry, Source
from labelmill.source.open_source import open_source
from labelmill.source.packed import PackedSource as OpenArchive
from labelmill.source.plan import NamesDifferError, Plan, list_dataset, plan_by_filename, plan_by_stem
from labelmill_aws.messages import DatasetSource, LooseSource, PackedSource
from labelmill_aws.objects.listing import ListedFile
from labelmill_aws.objects.listing import list_dataset as list_loose
from labelmill_aws.objects.loose_objects import LooseObjects, places_of
from labelmill_aws.objects.object_store import Bucket, ReadAheadFile, S3File
from labelmill_aws.objects.sources import open_dataset, open_shard

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

MAX_UNPACKED_BYTES: Final = 128 << 20
"""A .tar.gz has to be read from its beginning: above this size it takes too long, and too much room."""
MAX_TAR_BYTES: Final = 1 << 30
"""A .tar has no directory: its headers lie all over it."""
MAX_NAMES_READ: Final = 4_000
"""Where the files' own names contradict their joins, all of them have to be read first."""
Result = TypeVar("Result")


class OpenedDataset:
    """A dataset, open.

    Attributes:
        name: Its name.
        files: Reads any file of it, each by itself.
        unpacked: It lies unpacked on this machine.
    """

    def __init__(self, s3: S3Client, name: str, source: DatasetSource, files: Source, *, unpacked: bool) -> None:
        """Plan it: which images there are.

        Raises:
            DatasetError: If that can't be told.
            TransientError: If S3 refuses for now.
        """
        self.name, self.files, self.unpacked = name, files, unpacked
        self._s3, self._source = s3, source
        self._lock = Lock()
        self._listing = list_dataset(files)
        plan = plan_by_stem(self._listing)
        self._plan = plan if plan is not None else self._plan_by_filename()
        self._rank: dict[str, int] = {}

    @property
    def entries(self) -> Sequence[Entry]:
        """Its images, by name."""
        return self._plan.entries

    @property
    def size(self) -> int:
        """Number of its files: what it costs to keep open."""
        return sum(len(self.files.list_names(folder)) for folder in FOLDERS)

    def entry(self, name: str) -> Entry:
        """An image by its name. Raises KeyError."""
        if not self._rank:
            self._rank = {entry.name: number for number, entry in enumerate(self.entries)}
        return self.entries[self._rank[name]]

    def with_plan(self, use: Callable[[Plan], Result]) -> Result:
        """Use the plan; again with one by filename, if the files contradict that by stems.

        Raises:
            DatasetError: If too many names would have to be read for that.
        """
        plan = self._plan
        try:
            return use(plan)
        except NamesDifferError:
            with self._lock:
                if self._plan is plan:
                    self._plan, self._rank = self._plan_by_filename(), {}
            return use(self._plan)

    @contextmanager
    def some(self, entries: Sequence[Entry]) -> Iterator[Source]:
        """The files of several images, to be read in order: neighbours come together."""
        files = self.files
        if self.unpacked or not isinstance(files, OpenArchive | LooseObjects):
            yield files
            return
        shard = plan_shard(entries, files.root, files.places)
        opened = open_shard(self._s3, self.name, self._source, shard, masks=False)
        try:
            yield opened
        finally:
            opened.close()

    def close(self) -> None:
        """Let go of it."""
        self.files.close()

    def _plan_by_filename(self) -> Plan:
        if len(self._listing.annotations) > MAX_NAMES_READ:
            raise DatasetError(
                f"the files' own names differ from their file names: only up to {MAX_NAMES_READ:,} can be looked into"
            )
        names = survey_names(self.files, self._listing, 1)
        return plan_by_filename(self._listing, names.annotations, names.metadata)


class _EachByItself:
    """Reads members of an archive by a range each (``MemberReader``)."""

    def __init__(self, file: RangedBytes) -> None:
        self._file = file

    def read(self, member: Member) -> bytes:
        return read_member(self._file, member)

    def read_range(self, member: Member, offset: int, length: int) -> bytes:
        return read_member_range(self._file, member, offset, length)

    def chunks(self, member: Member) -> Iterator[bytes]:
        return iter_member(self._file, member)

    def close(self) -> None:
        self._file.close()


def look_into(s3: S3Client, name: str, source: DatasetSource, version: str = "") -> OpenedDataset:
    """Open a dataset.

    Args:
        s3: S3.
        name: The dataset's name.
        source: Where it lies.
        version: The dataset's: the listing of a loose one that has expired is made again if it gives this version.

    Raises:
        DatasetError: If it is no dataset, or none that can be looked into.
        KeyError: If a loose one's listing has expired, and no version was given.
        TransientError: If S3 refuses for now.
    """
    if isinstance(source, LooseSource):
        try:
            return OpenedDataset(s3, name, source, open_dataset(s3, name, source), unpacked=False)
        except KeyError:
            if not version:
                raise
        return OpenedDataset(s3, name, source, _listed_again(s3, name, source, version), unpacked=False)
    file = S3File(s3, source.bucket, source.key, source.size_bytes, source.version_id or None)
    kind = check_kind(ReadAheadFile(file), PurePosixPath(source.key).name)
    if kind == TAR_GZ:
        return OpenedDataset(s3, name, source, _unpacked(s3, source), unpacked=True)
    if kind == TAR and source.size_bytes > MAX_TAR_BYTES:
        raise DatasetError(f"a .tar of more than {MAX_TAR_BYTES >> 30} GiB can't be looked into: expected a .zip")
    archive = open_dataset(s3, name, source)
    reader = OpenArchive(name, _EachByItself(file), archive.root, archive.places)
    return OpenedDataset(s3, name, source, reader, unpacked=False)


def _listed_again(s3: S3Client, name: str, source: LooseSource, version: str) -> LooseObjects:
    with list_loose(s3, source.bucket, source.prefix) as listing:
        if listing.version != version:
            raise DatasetError(
                "its files have changed since it was registered; upload _SUCCESS to register it as it is now"
            )
        files = msgspec.json.Decoder(ListedFile).decode_lines(listing.document.read())
    return LooseObjects(name, Bucket(s3, source.bucket), source.prefix, places_of(files))


def _unpacked(s3: S3Client, source: PackedSource) -> Source:
    if source.size_bytes > MAX_UNPACKED_BYTES:
        most = MAX_UNPACKED_BYTES >> 20
        raise DatasetError(f"a .tar.gz of more than {most} MiB can't be looked into: expected a .zip or .tar")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / PurePosixPath(source.key).name
        version = {"VersionId": source.version_id} if source.version_id else {}
        s3.download_file(source.bucket, source.key, str(path), ExtraArgs=version)
        return open_source(path)  # unpacked, it is a file without a name
