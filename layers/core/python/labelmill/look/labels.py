"""The labels of one image as a conversion sees them, and the objects that it leaves out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Final

from labelmill.convert.batch import Batch
from labelmill.convert.survey import types_in_shard
from labelmill.errors import ImageError
from labelmill.maps.annotation_map import AnnotationMap, map_from_types, parse_map
from labelmill.maps.names import FILTERS
from labelmill.model import Category, Instance, Sample
from labelmill.source.dataset import METADATA, Entry, Source
from labelmill.source.labelling import is_class_name
from labelmill.source.reader import ImageReader, Needs
from labelmill.source.records import metadata_decoder
from labelmill.source.tally import Tally

NEEDS: Final = Needs(contours=True)
MAX_OBJECTS: Final = 10_000
MAX_CORNERS: Final = 200_000
"""Of all contours together: about 2 MB as text."""

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Label:
    """One object.

    Attributes:
        id: Its id in the image.
        type: What the metadata calls it; ``None`` where that is no text.
        category: Its class; ``None`` of an object that no rule takes, or that is dropped.
        filter: ``drop`` or ``ignore`` where the map has such an expression for it; else empty.
        box: Left, top, right and bottom edge, clipped to the image, pixels.
        contours: Rings ``[x, y, ...]`` in pixel-edge coordinates, by the even-odd rule; empty where there are none.
    """

    id: int
    type: str | None
    category: Category | None
    box: Box
    contours: list[list[float]]
    filter: str = ""


@dataclass(slots=True)
class ImageLabels:
    """What is known of an image.

    Attributes:
        width, height: As a conversion uses them, pixels.
        labels: Its objects, those with a class first.
        objects: Their number, more than are listed where there are very many.
        bare: Objects whose contours are left out, as there are too many corners.
        corners: Those of the contours that are listed.
        tally: What the conversion would report.
    """

    width: int
    height: int
    labels: list[Label] = field(default_factory=list)
    objects: int = 0
    bare: int = 0
    corners: int = 0
    tally: Tally = field(default_factory=Tally)


class KeptFiles:
    """A source that keeps what it has read: one image's files are read several times over."""

    def __init__(self, source: Source) -> None:
        self.name = source.name
        self._source = source
        self._files: dict[tuple[str, str], bytes] = {}

    def list_names(self, folder: str) -> list[str]:
        """As the source."""
        return self._source.list_names(folder)

    def size_bytes(self, folder: str, name: str) -> int:
        """As the source."""
        return self._source.size_bytes(folder, name)

    def read(self, folder: str, name: str) -> bytes:
        """A whole file, from the source the first time."""
        key = (folder, name)
        if key not in self._files:
            self._files[key] = self._source.read(folder, name)
        return self._files[key]

    def read_range(self, folder: str, name: str, offset: int, length: int) -> bytes:
        """As the source."""
        return self._source.read_range(folder, name, offset, length)

    def chunks(self, folder: str, name: str) -> Iterator[bytes]:
        """As the source."""
        return self._source.chunks(folder, name)

    def close(self) -> None:
        """Let go of what was kept; the source stays open."""
        self._files.clear()


def read_labels(
    source: Source, entry: Entry, annotation_map: AnnotationMap | None, *, by_filename: bool
) -> ImageLabels:
    """Read the labels of one image.

    Args:
        source: The dataset.
        entry: The image, of the dataset's plan.
        annotation_map: Gives objects their classes; without one, each type is a class.
        by_filename: The plan was made by filename.

    Raises:
        ImageError: If a conversion would leave the image out.
        NamesDifferError: If the plan does not hold.
        TransientError: If storage refused.
    """
    kept = KeptFiles(source)
    used = annotation_map or map_from_types(types_in_shard(kept, 0, [entry], None))
    reader = ImageReader(kept, used, NEEDS, by_filename=by_filename)
    sample, batch = _read(reader, kept, entry)
    found = ImageLabels(sample.width, sample.height, tally=reader.tally)
    types, taken = _types(kept, entry), {instance.id for instance in sample.instances}
    filtered = _filters(reader)
    for instance, rings in zip(sample.instances, _rings(sample, batch), strict=True):
        _add(found, instance, rings, types, used.categories[instance.category], filtered)
    if _may_leave_out(annotation_map, types):
        # With a class for everything, the same code tells where the others are.
        everything = ImageReader(kept, _everything(), NEEDS, by_filename=by_filename)
        try:
            sample, batch = _read(everything, kept, entry)
        except ImageError as error:
            found.tally.warn("left-out-hidden", "objects that are left out can't be shown", str(error))
            return found
        for instance, rings in zip(sample.instances, _rings(sample, batch), strict=True):
            if instance.id not in taken:
                _add(found, instance, rings, types, None, filtered)
    return found


def _filters(reader: ImageReader) -> dict[int, str]:
    """``drop`` or ``ignore`` of the objects that a filter took of the image that was read last."""
    if reader.visibility is None:
        return {}
    rules = reader.visibility.filters.rules.rules
    return {key: FILTERS[rules[index].category] for key, index in reader.visibility.filtered.items()}


@cache
def _everything() -> AnnotationMap:
    return parse_map(b"classes: {1: all}\nproperties: {'True': 1}\n", "everything.yaml")


def _may_leave_out(annotation_map: AnnotationMap | None, types: dict[int, object]) -> bool:
    return annotation_map is not None or not all(map(is_class_name, types.values()))


def _read(reader: ImageReader, source: Source, entry: Entry) -> tuple[Sample, Batch]:
    sample = reader.read(entry)
    batch = Batch([sample], source, NEEDS)
    if batch.beyond_stated_size():
        sample = reader.resized(sample)
        batch = Batch([sample], source, NEEDS)
    return sample, batch


def _rings(sample: Sample, batch: Batch) -> Iterator[list[list[float]]]:
    """The rings of each instance."""
    for index in range(len(sample.instances)):
        yield [ring.ravel().astype(float).tolist() for ring in batch.outlines.rings(index)]


def _types(source: Source, entry: Entry) -> dict[int, object]:
    """Type of each object by its id; of two with one id the first's."""
    if entry.metadata is None:
        return {}
    decode = metadata_decoder((), environment=False).decode
    metadata = decode(source.read(METADATA, entry.metadata), entry.metadata, [])
    return {item.id: item.type for item in reversed(metadata.objects)}


def _add(
    found: ImageLabels,
    instance: Instance,
    rings: list[list[float]],
    types: dict[int, object],
    category: Category | None,
    filtered: dict[int, str],
) -> None:
    found.objects += 1
    if len(found.labels) >= MAX_OBJECTS:
        return
    corners = sum(map(len, rings)) // 2
    if found.corners + corners > MAX_CORNERS:
        found.bare += 1
        rings, corners = [], 0
    found.corners += corners
    type_ = types.get(instance.id)
    box = (instance.x0, instance.y0, instance.x1, instance.y1)
    name = type_ if isinstance(type_, str) else None
    found.labels.append(Label(instance.id, name, category, box, rings, filtered.get(instance.id, "")))
