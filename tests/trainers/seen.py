"""What a consumer saw in labels, in one frame for all: pixels from the image's top-left corner, edges continuous."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Box = tuple[float, float, float, float]  # x0, y0, x1, y1: the right and lower edge lie beyond the last pixel
Mask = NDArray[np.bool_]  # of the image's height and width

NO_OFFSET: Box = (0.0, 0.0, 0.0, 0.0)
OF_CENTRES: Box = (0.5, 0.5, -0.5, -0.5)  # a box of outlines through the centres of pixels

# exact: the object's pixels, all and no others. drawn: as Ultralytics draws, with what the specification grants it.
# loaded: the same by its whole loader, which puts points between in single precision: a pixel or two may go astray.
# told: a drawing of the consumer's own, with edges painted or rounded: shown, not judged.
MaskRule = Literal["", "exact", "drawn", "loaded", "told"]


@dataclass(frozen=True)
class SeenObject:
    """One object: its class by name, what the consumer has of box and pixels, and whether it is to be ignored."""

    name: str
    box: Box | None = None
    mask: Mask | None = None
    ignored: bool = False


@dataclass(frozen=True)
class SeenImage:
    """One image by its file's name."""

    name: str
    objects: list[SeenObject]


@dataclass(frozen=True)
class Labels:
    """Labels that were made.

    Attributes:
        folder: What one format left, images beside the labels.
        splits: Names of the splits; empty where the dataset is undivided.
        source: The dataset's own folder.
        scratch: A folder for a layout that a consumer wants; empty for each.
    """

    folder: Path
    splits: tuple[str, ...]
    source: Path
    scratch: Path


@dataclass(frozen=True)
class Consumer:
    """A program's reader.

    Attributes:
        name: As the table shows it.
        package: The distribution it comes with; empty for rules that were written down here from documentation.
        reads: Keys of ``labels.VARIANTS``.
        read: Gives every image that it sees.
        masks: How its pixels are judged; empty if it gives none.
        box_offset: What the reader's own convention does to each edge of a box, in pixels. Shown, not blamed on us.
        kind: ``classes``: pixels of a class, not of objects.
        opens_images: It sees no image whose file is missing.
        keeps_negatives: False where the reader itself has no place for an image without objects.
        white_space: What stands for a space in class names.
        ignored: Of objects that a map ignores. told: they are marked; mixed: they are there like others; DontCare: they
            are a class of that name; absent: they are not there.
        keeps_thin: False where the reader drops objects a pixel wide or high.
        optional: It need not be installed.
        note: What has to be known of its figures.
    """

    name: str
    package: str
    reads: tuple[str, ...]
    read: Callable[[Labels], Iterable[SeenImage]]
    masks: MaskRule = ""
    box_offset: Box = NO_OFFSET
    kind: Literal["objects", "classes"] = "objects"
    opens_images: bool = False
    keeps_negatives: bool = True
    white_space: str = " "
    ignored: Literal["absent", "told", "mixed", "DontCare"] = "absent"
    keeps_thin: bool = True
    optional: bool = False
    note: str = ""

    @property
    def title(self) -> str:
        """Name and version."""
        return f"{self.name} {version(self.package)}" if self.package and self.is_installed else self.name

    @property
    def is_installed(self) -> bool:
        """Whether its package is there."""
        try:
            return not self.package or bool(version(self.package))
        except PackageNotFoundError:
            return False


def box_of(x: float, y: float, width: float, height: float) -> Box:
    """A box from its corner and extent, as COCO writes it."""
    return (float(x), float(y), float(x) + float(width), float(y) + float(height))
