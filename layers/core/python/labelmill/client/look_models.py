"""What the service says of a dataset's content: its images, their labels, and their numbers.

A later service may send more than this: what is not known here is passed over.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from labelmill.client.models import Record, TypeCount


class ImageItem(Record, frozen=True):
    """An image of a dataset; ``size_bytes`` is ``None`` where there are labels but no file."""

    name: str
    size_bytes: int | None
    has_mask: bool


class LabelClass(Record, frozen=True):
    """The class of an object; it has a number under a map only."""

    number: int | None
    name: str
    supercategory: str


class LabelledObject(Record, frozen=True):
    """An object of an image; ``box`` is left, top, right, bottom, contours are flat rings by the even-odd rule.

    ``filter`` is ``drop`` or ``ignore`` where the map has such an expression for it, else empty.
    """

    id: int
    type: str | None
    label: LabelClass | None = msgspec.field(name="class")
    left_out: bool
    box: list[float]
    contours: list[list[float]]
    filter: Literal["", "drop", "ignore"]


class Finding(Record, frozen=True):
    """Something worth a line, counted."""

    what: str
    count: int
    examples: list[str]


class Labels(Record, frozen=True):
    """The objects of an image under a map (``""`` for none), in pixels of the image."""

    image: str
    width: int
    height: int
    map: str
    map_version: str
    objects: list[LabelledObject]
    total: int
    without_contours: int
    skipped: list[Finding]
    warnings: list[Finding]


class Types(Record, frozen=True):
    """The types of a dataset's objects, seen on ``images_read`` of its ``images``."""

    images: int
    images_read: int
    types: list[TypeCount]


class SizeBin(Record, frozen=True):
    """Boxes of some sizes, in pixels of the side of a square that is as large."""

    from_px: int
    to_px: int | None
    objects: int


class ClassNumbers(Record, frozen=True):
    """What there is of a class; ``box_sizes`` go with the bins of all."""

    number: int | None
    name: str
    supercategory: str
    objects: int
    images: int
    box_sizes: list[int]


class Statistics(Record, frozen=True):
    """A dataset in numbers under a map (``""`` for none), seen on ``images_read`` of its ``images``."""

    map: str
    map_version: str
    images: int
    images_read: int
    images_empty: int
    images_unreadable: int
    example: str
    objects: int
    classes: list[ClassNumbers]
    more_classes: int
    box_sizes: list[SizeBin]
    left_out: list[TypeCount]
