"""What a dataset holds, in numbers: objects and images of each class, and how large their boxes are."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import chain, pairwise
from math import sqrt
from typing import Final

import msgspec

from labelmill.convert.batches import in_batches
from labelmill.convert.survey import types_in_shard
from labelmill.errors import ImageError
from labelmill.maps.annotation_map import AnnotationMap, map_from_types
from labelmill.maps.report import MapReport, TypeCounts
from labelmill.model import Instance
from labelmill.source.dataset import Entry, Source
from labelmill.source.reader import ImageReader, Needs

EDGES_PX: Final = (0, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 1536, 2048, 3072)
"""Where bins of box sizes begin: about two to an octave, with 32 and 96, which people tell small from large by."""
BINS: Final = len(EDGES_PX)
MAX_CLASSES: Final = 5_000

ClassKey = tuple[int | None, str, str]
"""Number (none where there is no map), name, supercategory."""


class ClassTally(msgspec.Struct):
    """One class.

    Attributes:
        objects: Their number.
        images: Images with at least one.
        sizes: Objects in each bin of box sizes.
    """

    objects: int = 0
    images: int = 0
    sizes: list[int] = msgspec.field(default_factory=lambda: [0] * BINS)

    def add(self, other: ClassTally) -> None:
        """Add another's counts."""
        self.objects += other.objects
        self.images += other.images
        self.sizes = [mine + theirs for mine, theirs in zip(self.sizes, other.sizes, strict=True)]


class DatasetTally(msgspec.Struct):
    """Some images.

    Attributes:
        classes: Those that were met.
        empty: Images without an object that has a class.
        unreadable: Images that a conversion would leave out.
        example: One of these, and why.
        report: What no rule took.
    """

    classes: dict[ClassKey, ClassTally] = {}
    empty: int = 0
    unreadable: int = 0
    example: str = ""
    report: MapReport = msgspec.field(default_factory=MapReport)

    def merge(self, other: DatasetTally) -> None:
        """Add what was counted over other images."""
        for key, counts in other.classes.items():
            self.classes.setdefault(key, ClassTally()).add(counts)
        self.empty += other.empty
        self.unreadable += other.unreadable
        self.example = self.example or other.example
        self.report.merge(other.report)


class TypeTally(msgspec.Struct):
    """Objects of each type over some images."""

    report: MapReport = msgspec.field(default_factory=MapReport)

    @property
    def types(self) -> TypeCounts:
        """Types with their counts."""
        return self.report.left_out

    def merge(self, other: TypeTally) -> None:
        """Add what was counted over other images."""
        self.report.merge(other.report)


def size_bin(instance: Instance) -> int:
    """The bin of a box: its size is the side of the square of the same area, in pixels."""
    size_px = sqrt((instance.x1 - instance.x0) * (instance.y1 - instance.y0))
    return bisect_right(EDGES_PX, size_px) - 1


def bin_bounds() -> list[tuple[int, int | None]]:
    """Where each bin begins and ends, pixels; the last one has no end."""
    return [*pairwise(EDGES_PX), (EDGES_PX[-1], None)]


def count_images(
    source: Source, entries: Sequence[Entry], annotation_map: AnnotationMap | None, *, by_filename: bool
) -> DatasetTally:
    """Count the objects of some images.

    Args:
        source: The dataset.
        entries: The images.
        annotation_map: Gives objects their classes; without one, each type is a class.
        by_filename: The plan was made by filename.

    Raises:
        NamesDifferError: If the plan does not hold.
        TransientError: If storage refused.
    """
    used = annotation_map or map_from_types(types_in_shard(source, 0, entries, None))
    reader = ImageReader(source, used, Needs(), by_filename=by_filename)
    tally = DatasetTally({})
    numbered = annotation_map is not None
    keys: list[ClassKey] = [(one.number if numbered else None, one.name, one.supercategory) for one in used.categories]

    def failed(entry: Entry, error: ImageError) -> None:
        tally.unreadable += 1
        tally.example = tally.example or str(error)

    for sample in chain.from_iterable(in_batches(reader, entries, failed)):
        seen = set()
        for instance in sample.instances:
            if instance.ignored:
                continue
            counts = tally.classes.setdefault(keys[instance.category], ClassTally())
            counts.objects += 1
            counts.sizes[size_bin(instance)] += 1
            if instance.category not in seen:
                seen.add(instance.category)
                counts.images += 1
        tally.empty += not seen
    tally.report = MapReport(left_out=reader.labeller.report().left_out)
    return tally


def count_types(source: Source, entries: Sequence[Entry], *, by_filename: bool) -> TypeTally:
    """Count the types of all objects that have an annotation entry, as the survey of a conversion meets them.

    Raises:
        NamesDifferError: If the plan does not hold.
        TransientError: If storage refused.
    """
    reader = ImageReader(source, map_from_types(()), Needs(), by_filename=by_filename)
    for entry in entries:
        try:
            reader.read(entry)
        except ImageError:
            continue
    return TypeTally(reader.labeller.report())
