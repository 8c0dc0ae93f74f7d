"""Pixels to longitude and latitude, linear between the corners of an image."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import msgspec

from labelmill.model import Sample

DECIMALS = 9  # of degrees: a tenth of a millimetre


class GeoFrame(msgspec.Struct, frozen=True, gc=False):
    """The corners of an image on the ground.

    Attributes:
        left: Longitude of the left edge, degrees.
        top: Latitude of the top edge, degrees.
        per_x: Degrees of longitude a pixel.
        per_y: Degrees of latitude a pixel, negative where north is up.
        width: Pixels.
        height: Pixels.
    """

    left: float
    top: float
    per_x: float
    per_y: float
    width: int
    height: int

    def positions(self, points: Iterable[float]) -> list[float]:
        """Flat pixel-edge coordinates ``[x, y, ...]`` as flat ``[lon, lat, ...]``, degrees."""
        numbers = iter(points)
        out = []
        for x, y in zip(numbers, numbers, strict=True):
            out += [round(self.left + x * self.per_x, DECIMALS), round(self.top + y * self.per_y, DECIMALS)]
        return out if all(map(math.isfinite, out)) else []

    def bounds(self) -> list[float]:
        """Longitude and latitude of the top-left and the bottom-right corner."""
        return self.positions((0, 0, self.width, self.height))


def geo_frame(sample: Sample) -> GeoFrame | None:
    """The frame of an image, ``None`` when a corner is not known."""
    e = sample.environment
    if e is None or e.lat is None or e.lon is None or e.bottom is None or e.right is None:
        return None
    width, height = sample.width, sample.height
    frame = GeoFrame(e.lon, e.lat, (e.right - e.lon) / width, (e.bottom - e.lat) / height, width, height)
    return frame if frame.bounds() and math.isfinite(frame.per_x) and math.isfinite(frame.per_y) else None


def feature(x0: float, y0: float, x1: float, y1: float) -> dict[str, object]:
    """A rectangle as a GeoJSON Feature: a closed, counter-clockwise ring (RFC 7946, section 3.1.6)."""
    (x0, x1), (y0, y1) = sorted((x0, x1)), sorted((y0, y1))
    ring = [[x0, y0], [x1, y0], [x1, y1], [x0, y1], [x0, y0]]
    return {"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": [ring]}}


def rotated_corners(box: Sequence[float]) -> list[float]:
    """Corners of a rotated box, flat, from its own top-left one on, clockwise as seen at angle 0.

    Args:
        box: ``[cx, cy, w, l, degrees]``, pixels; the angle turns anticlockwise as seen in the image (y down).
    """
    cx, cy, width, length, degrees = box
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    corners: list[float] = []
    half_w, half_l = width / 2, length / 2
    for x, y in ((-half_w, -half_l), (half_w, -half_l), (half_w, half_l), (-half_w, half_l)):
        corners += [cx + x * cos + y * sin, cy - x * sin + y * cos]
    return corners
