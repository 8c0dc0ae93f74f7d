"""What is asked of a dataset's content: its images, one image's pixels and labels, its numbers."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from functools import lru_cache
from hashlib import sha256
from threading import Lock
from typing import Any, Final

from labelmill.errors import ImageError
from labelmill.images.errors import ImageDataError
from labelmill.look.labels import ImageLabels, read_labels
from labelmill.look.numbers import DatasetTally, TypeTally, count_images, count_types
from labelmill.look.pixels import Picture, scale
from labelmill.maps.annotation_map import AnnotationMap, parse_map
from labelmill.source.dataset import IMAGES, Entry
from labelmill_aws.looking.directories import DIRECTORIES
from labelmill_aws.looking.opened import OpenedDataset, look_into
from labelmill_aws.looking.sampling import READ_FOR_S, RULES_FOR_S, Sampled, sample
from labelmill_aws.records.catalog import DatasetRow, MapRow
from labelmill_aws.services import Services
from labelmill_aws.settings import ApiSettings
from labelmill_aws.uploads.map_files import read_map_file

PICTURES_MADE: Final = "1"
"""Changes with the way in which pictures are made, so that caches ask again."""
REMEMBERED_MAPS: Final = 16
REMEMBERED_COUNTS: Final = 32


class NoMapError(Exception):
    """The organization has no such map, or nothing of it is in force."""


class Counted:
    """Counts of this process, by what they were made of: they take some seconds each."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[str, ...], Sampled[Any]] = OrderedDict()
        self._lock = Lock()

    def get(self, key: tuple[str, ...], count: Callable[[], Sampled[Any]]) -> Sampled[Any]:
        """Counts, made if they are not there."""
        with self._lock:
            found = self._known.get(key)
        if found is None:
            found = count()
        with self._lock:
            self._known[key] = found
            self._known.move_to_end(key)
            while len(self._known) > REMEMBERED_COUNTS:
                self._known.popitem(last=False)
        return found

    def clear(self) -> None:
        """Forget all."""
        with self._lock:
            self._known.clear()


COUNTED: Final = Counted()


class Look:
    """Looks into one version of a dataset.

    Every method raises DatasetError when it can't be looked into, TransientError when S3 refuses for now.
    """

    def __init__(self, control: Services[ApiSettings], row: DatasetRow, read_for_s: float = READ_FOR_S) -> None:
        """Take a dataset.

        Args:
            control: The parts.
            row: The dataset.
            read_for_s: How long counting may take, in seconds.
        """
        self._control, self._row, self._read_for_s = control, row, read_for_s
        self._key = (control.settings.inbox_bucket, row.workspace, row.name, row.version, row.version_id)

    @property
    def version(self) -> str:
        """The version that is looked into."""
        return self._row.version

    def images(
        self, after: str, at: str, offset: int, limit: int, begins: str
    ) -> tuple[list[tuple[Entry, int | None]], int, int]:
        """Some images by name, each with its file's size in bytes; the rank of the first one; how many there are.

        Args:
            after: The name before the first one; empty begins.
            at: The first one's name, where ``after`` is empty; empty begins.
            offset: How many to pass over then.
            limit: At most.
            begins: How their names begin.
        """
        opened = self._opened()
        entries: Sequence[Entry] = opened.entries
        if begins:
            entries = entries[first_after(entries, begins, equal=True) :]
            entries = entries[: first_after(entries, begins + "\U0010ffff", equal=True)]
        total = len(entries)
        start = first_after(entries, after or at, equal=not after) + offset
        chosen = entries[start : start + limit]
        sizes = [opened.files.size_bytes(IMAGES, entry.image) if entry.image else None for entry in chosen]
        return list(zip(chosen, sizes, strict=True)), start, total

    def tag(self, image: str, width: int) -> str:
        """What the picture of an image is known by; it follows from its origin, so nothing is read for it."""
        text = "\0".join((*self._key[1:4], image, str(width), PICTURES_MADE))
        return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]

    def has(self, image: str) -> bool:
        """Whether there is such an image."""
        try:
            self._opened().entry(image)
        except KeyError:
            return False
        return True

    def picture(self, image: str, width: int) -> Picture:
        """An image's pixels.

        Raises:
            KeyError: If there is no such image.
            ImageError: If it can't be shown.
        """
        opened = self._opened()
        entry = opened.entry(image)
        if entry.image is None:
            raise ImageError(f"{IMAGES}/{image}", "is missing in the dataset")
        try:
            return scale(opened.files.read(IMAGES, entry.image), width)
        except ImageDataError as error:
            raise ImageError(f"{IMAGES}/{entry.image}", str(error)) from error

    def labels(self, image: str, annotation_map: AnnotationMap | None) -> ImageLabels:
        """An image's objects.

        Raises:
            KeyError: If there is no such image.
            ImageError: If a conversion would leave it out.
            RuleTimeError: If the map's rules take too long.
        """
        opened, limited = self._opened(), annotation_map and annotation_map.within(self._read_for_s + RULES_FOR_S)
        return opened.with_plan(
            lambda plan: read_labels(opened.files, opened.entry(image), limited, by_filename=plan.by_filename)
        )

    def types(self) -> Sampled[TypeTally]:
        """Objects of each type."""

        def count() -> Sampled[TypeTally]:
            return sample(
                self._opened(),
                lambda files, entries, by_filename: count_types(files, entries, by_filename=by_filename),
                TypeTally,
                self._read_for_s,
            )

        return COUNTED.get((*self._key, "types"), count)

    def statistics(self, annotation_map: AnnotationMap | None, map_version: str) -> Sampled[DatasetTally]:
        """Objects of each class, and their sizes."""

        def count() -> Sampled[DatasetTally]:
            opened, limited = self._opened(), annotation_map and annotation_map.within(self._read_for_s + RULES_FOR_S)
            return sample(
                opened,
                lambda files, entries, by_filename: count_images(files, entries, limited, by_filename=by_filename),
                DatasetTally,
                self._read_for_s,
            )

        return COUNTED.get((*self._key, "statistics", map_version), count)

    def _opened(self) -> OpenedDataset:
        settings = self._control.settings
        source = self._row.source(settings.inbox_bucket, settings.outbox_bucket)
        return DIRECTORIES.get(
            self._key, lambda: look_into(self._control.clients.s3, self._row.name, source, self._row.version)
        )


def first_after(entries: Sequence[Entry], name: str, *, equal: bool = False) -> int:
    """Rank of the first image after a name in the order of names.

    Args:
        entries: Images, sorted.
        name: The name.
        equal: Whether an image of just this name is the one.
    """
    low, high = 0, len(entries)
    while low < high:
        middle = (low + high) // 2
        found = entries[middle].name
        if found < name or (found == name and not equal):
            low = middle + 1
        else:
            high = middle
    return low


def map_in_force(control: Services[ApiSettings], organization: str, name: str) -> tuple[AnnotationMap, str]:
    """A map of an organization, and its version.

    Raises:
        NoMapError: If there is none, or it was refused.
        GoneError: If its bytes were taken away meanwhile.
    """
    row = control.catalog.map(organization, name)
    if row is None or not row.version:
        raise NoMapError(name)
    known = _remembered(organization, name, row.version)
    if not known:
        known.append(_parse(control, row))
    return known[0], row.version


@lru_cache(REMEMBERED_MAPS)
def _remembered(organization: str, name: str, version: str) -> list[AnnotationMap]:
    """Room for a version; a version is its bytes, so it never changes."""
    return []


def _parse(control: Services[ApiSettings], row: MapRow) -> AnnotationMap:
    file = read_map_file(control, row)
    return parse_map(file.data, file.name)
