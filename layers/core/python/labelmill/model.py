"""The neutral model that readers fill and formats read.

Coordinate frame: pixels, origin at the outer corner of the image's top-left pixel, x to the right, y
down, continuous: the pixel in column ``c`` and row ``r`` covers ``[c, c+1) x [r, r+1)``. Each format
converts at its own border.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Protocol

import msgspec

if TYPE_CHECKING:
    from labelmill.source.masks import MaskObjects


class Category(msgspec.Struct, frozen=True):
    """One class of a map.

    Attributes:
        number: The map's own class number, 0 ... 2**31 - 1.
        index: 0-based rank of ``number`` among the map's classes.
        name: Class name, unique in the map.
        supercategory: The most general name, ``"none"`` when the map gives none.
    """

    number: int
    index: int
    name: str
    supercategory: str


class Attributes(Protocol):
    """What the source says of an object, as it says it; absent is ``None``.

    Only the fields that the formats of a job declare are decoded. Source: the ana format's field table.

    Attributes:
        truncated: Touches the image border.
        obstruction: 0 in full view ... 1 hidden.
        centroid: ``(y, x)`` of the projected 3-D box centre, pixel centres, may lie outside the image.
        distance: Depth of that centre along the optical axis, metres.
        size: Object dimensions x, y, z, metres.
        rotation: Roll, pitch, yaw, radians, world frame; entries may be ``None``.
        bbox3d: 8 corners x (px x, px y, depth).
        segmentation: Contours as flat lists of pixel centres (or one flat list).
        keypoints: Channel extra, ``[x, y, ...]`` or ``[[x, y], ...]``, pixel centres.
        classification: Channel extra, text.
    """

    truncated: bool | int | None
    obstruction: float | None
    centroid: tuple[float, float] | None
    distance: float | None
    size: tuple[float, float, float] | None
    rotation: tuple[float | None, float | None, float | None] | None
    bbox3d: tuple[float, ...] | None
    segmentation: Any
    keypoints: Any
    classification: Any


Pixels = Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]


class Sensor(msgspec.Struct, frozen=True, gc=False):
    """The camera of an image, as the metadata gives it.

    Attributes:
        resolution: ``(width, height)``, pixels.
        lens_type: Free text; beginning with ``ortho`` (any case) is orthographic.
        focal_length: Millimetres.
        camera_size: Sensor width, millimetres.
        gsd_at_nadir: Ground sample distance, metres.
        look_angle: Degrees.
        azimuth: Degrees.
        meters_per_pixel: Metres.
    """

    resolution: tuple[Pixels, Pixels] | None = None
    lens_type: str | None = None
    focal_length: float | None = None
    camera_size: float | None = None
    gsd_at_nadir: float | None = None
    look_angle: float | None = None
    azimuth: float | None = None
    meters_per_pixel: float | None = None


class Environment(msgspec.Struct, frozen=True, gc=False):
    """Where and when an image was taken, as the metadata gives it.

    Attributes:
        lat: Latitude of the top-left corner, degrees.
        lon: Longitude of the top-left corner, degrees.
        bottom: Latitude of the bottom-right corner, degrees.
        right: Longitude of the bottom-right corner, degrees.
        sun_angle: Sun altitude, degrees.
        sun_azimuth: Degrees.
    """

    lat: float | None = None
    lon: float | None = None
    bottom: float | None = None
    right: float | None = None
    name: str | None = None
    checksum: str | None = None
    mimetype: str | None = None
    image_type: str | None = None
    datetime: str | None = None
    sun_angle: float | None = None
    sun_azimuth: float | None = None
    renderer: str | None = None
    cloud_cover: float | str | None = None
    platform: str | None = None
    classification: str | None = None


class Instance(msgspec.Struct, frozen=True, gc=False):
    """One labelled object of an image.

    Attributes:
        id: Instance id, unique in its image; the mask's pixel value.
        category: Index of its class.
        x0: Left edge of the true box, clipped to the image, pixels.
        y0: Top edge.
        x1: Right edge, ``x1 > x0``.
        y1: Bottom edge, ``y1 > y0``.
        attributes: What the source says of it.
        ignored: It is there, but neither learnt nor counted against a detector.
    """

    id: int
    category: int
    x0: float
    y0: float
    x1: float
    y1: float
    attributes: Attributes
    ignored: bool = False


class Sample(msgspec.Struct, frozen=True, gc=False):
    """One image with its labelled objects.

    Attributes:
        entry: Where its files lie in the source.
        name: File name of the image, unique in the dataset.
        stem: ``name`` up to its last dot.
        width: Pixels.
        height: Pixels.
        depth: Bands of the image where its header was read for its size, else 3.
        size_stated: The size is the metadata's resolution; no file was opened.
        date: As the metadata gives it, ``""`` when absent.
        instances: In the source's order.
        sensor: Camera.
        environment: ``None`` unless a format needs it and the metadata has it.
        mask_objects: Pixels of the objects without contours, where formats need them and there is a mask.
        split: The split it goes to, ``""`` when the dataset is not divided.
    """

    entry: Any
    name: str
    stem: str
    width: int
    height: int
    depth: int
    size_stated: bool
    date: str
    instances: list[Instance]
    sensor: Sensor | None
    environment: Environment | None
    mask_objects: MaskObjects | None
    split: str = ""


def stem_of(name: str) -> str:
    """A file name up to its last dot (the whole name when it has none or only a leading one)."""
    dot = name.rfind(".")
    return name[:dot] if dot > 0 else name
