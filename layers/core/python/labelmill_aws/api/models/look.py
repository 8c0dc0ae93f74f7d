"""What a dataset holds: images, labels, numbers."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from labelmill_aws.api.models.base import Answered, Next
from labelmill_aws.api.models.map_checks import TypeCount

Images = Field(description="Images of the dataset.")
ImagesRead = Field(
    description="Those that were looked at, evenly spread over all: as many as some seconds allow. The counts are of "
    "these."
)


class ImageItem(Answered):
    """An image of a dataset."""

    name: str = Field(examples=["0000000000-RGBCamera.png"])
    size_bytes: int | None = Field(description="Of its file; none where the dataset has labels but no file for it.")
    has_mask: bool


class ImageList(Answered):
    """Images of a dataset, by name."""

    items: list[ImageItem]
    next: Next
    first: int = Field(description="How many come before these.")
    total: int = Field(description="How many there are on all pages.")
    version: str = Field(description="Of the dataset, for the addresses of pixels.")


class DatasetTypes(Answered):
    """The types of a dataset's objects."""

    images: int = Images
    images_read: int = ImagesRead
    types: list[TypeCount] = Field(description="The most frequent first.")


class LabelClass(Answered):
    """The class of an object."""

    number: int | None = Field(description="None without a map: numbers follow from the types of all objects then.")
    name: str
    supercategory: str


class LabelledObject(Answered):
    """An object of an image."""

    id: int = Field(description="Its number in the image and its mask.")
    type: str | None = Field(description="What the metadata calls it; none where that is no text.")
    class_: LabelClass | None = Field(alias="class", description="None when it is left out.")
    left_out: bool = Field(description="No rule of the map takes it, or `drop` does: no label is made of it.")
    filter: Literal["", "drop", "ignore"] = Field(
        description="What the map does with it beside giving it a class: nothing, `drop` it or `ignore` it."
    )
    box: list[float] = Field(
        min_length=4, max_length=4, description="Left, top, right, bottom edge in pixels, clipped to the image."
    )
    contours: list[list[float]] = Field(
        description="Rings `[x, y, x, y, …]` on pixel edges; what is inside follows from the even-odd rule."
    )


class Finding(Answered):
    """Something worth a line, counted."""

    what: str
    count: int
    examples: list[str]


class LabelsAnswer(Answered):
    """The objects of an image, as a conversion sees them."""

    image: str
    width: int = Field(description="In pixels, of which all coordinates are.")
    height: int
    map: str = Field(description="Empty where types are classes.")
    map_version: str
    objects: list[LabelledObject] = Field(description="Those with a class first.")
    total: int = Field(description="Objects of the image: more than are listed where there are very many.")
    without_contours: int = Field(description="Objects listed without their contours, as there is too much of it.")
    skipped: list[Finding] = Field(description="Objects that could not be placed.")
    warnings: list[Finding]


class SizeBin(Answered):
    """Boxes of some sizes; the size of a box is the side of the square that is as large."""

    from_px: int
    to_px: int | None = Field(description="Boxes of just this size are in the next bin; none for the last.")
    objects: int


class ClassNumbers(Answered):
    """What there is of a class."""

    number: int | None = Field(description="None without a map.")
    name: str
    supercategory: str
    objects: int
    images: int = Field(description="With at least one of them.")
    box_sizes: list[int] = Field(description="Objects in each of the bins of `box_sizes` of all.")


class Statistics(Answered):
    """A dataset in numbers."""

    map: str = Field(description="Empty where types are classes.")
    map_version: str
    images: int = Images
    images_read: int = ImagesRead
    images_empty: int = Field(description="Without an object that has a class.")
    images_unreadable: int = Field(description="That a conversion would leave out.")
    example: str = Field(description="Why one of these is.")
    objects: int = Field(description="Those with a class.")
    classes: list[ClassNumbers] = Field(
        description="By number, all classes of the map; without a map by frequency, those of the images read."
    )
    more_classes: int = Field(description="Classes that are not listed, the least frequent ones.")
    box_sizes: list[SizeBin] = Field(description="From the smallest box to the largest.")
    left_out: list[TypeCount] = Field(description="Objects that no rule takes.")
