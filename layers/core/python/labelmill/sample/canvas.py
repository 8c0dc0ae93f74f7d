"""Where a picture and its mask are painted, far things first.

A pixel belongs to a shape when its centre does. All tests are sums, products and quotients of doubles in
a fixed order, so that every machine decides alike.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from labelmill.sample.camera import Camera, Point

Colour = tuple[int, int, int]
Box = tuple[int, int, int, int]
"""Columns and rows ``left, top, right, bottom``, the latter two excluded."""


class Canvas:
    """The picture and mask of one image.

    Attributes:
        pixels: RGB bytes, shape ``(h, w, 3)``.
        ids: Object ids, shape ``(h, w)``; 0 where no object is.
        touched: Box around all that was painted since ``begin``.
    """

    def __init__(self, background: NDArray[np.uint8]) -> None:
        self.pixels = background.copy()
        self.height, self.width = background.shape[:2]
        self.ids = np.zeros((self.height, self.width), np.uint16)
        self._id = 0
        self.touched: Box = (self.width, self.height, 0, 0)

    def begin(self, object_id: int) -> None:
        """Paint for this object from now on."""
        self._id = object_id
        self.touched = (self.width, self.height, 0, 0)

    def polygon(self, corners: Sequence[tuple[float, float]], colour: Colour) -> None:
        """Fill a convex polygon.

        Args:
            corners: ``(u, v)`` in pixels, either way round.
            colour: Red, green, blue.
        """
        box = self._clip([u for u, _ in corners], [v for _, v in corners])
        if box is None:
            return
        left, top, right, bottom = box
        lines = np.arange(top, bottom) + 0.5
        low = np.full(bottom - top, float(left))
        high = np.full(bottom - top, float(right))
        ring = list(corners)
        turn = sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(ring, [*ring[1:], ring[0]], strict=True))
        if turn < 0:
            ring.reverse()
        for (u0, v0), (u1, v1) in zip(ring, [*ring[1:], ring[0]], strict=True):
            if v0 == v1:
                continue
            crossing = (lines - v0) * ((u1 - u0) / (v1 - v0)) + u0
            if v1 > v0:
                np.minimum(high, crossing, out=high)
            else:
                np.maximum(low, crossing, out=low)
        columns = np.arange(left, right) + 0.5
        inside = (columns >= low[:, None]) & (columns <= high[:, None])
        self._paint(box, inside, colour)

    def disc(self, u: float, v: float, radius: float, tones: Sequence[Colour]) -> None:
        """Fill a ball's outline with four tones around a highlight.

        Args:
            u: Centre, pixels.
            v: Centre, pixels.
            radius: Pixels.
            tones: From the highlight to the shade, four colours.
        """
        box = self._clip((u - radius, u + radius), (v - radius, v + radius))
        if box is None:
            return
        left, top, right, bottom = box
        across = np.arange(left, right) + (0.5 - u)
        down = (np.arange(top, bottom) + (0.5 - v))[:, None]
        inside = across * across + down * down <= radius * radius
        across, down = across + radius * 0.35, down + radius * 0.4
        light = across * across + down * down
        tone = (light > radius * radius * 0.03).astype(np.intp)
        tone += light > radius * radius * 0.6
        tone += light > radius * radius * 1.5
        self._paint(box, inside, np.array(tones, np.uint8)[tone])

    def hoop(
        self, camera: Camera, centre: Point, turn: tuple[float, float], radii: tuple[float, float], colour: Colour
    ) -> None:
        """Fill an upright ring in perspective; what is behind its hole stays.

        Args:
            camera: Whose picture this is.
            centre: Its centre in the world, metres.
            turn: Cosine and sine of its rotation about the vertical; (1, 0) lies along x.
            radii: Outer and inner radius, metres.
            colour: Red, green, blue.
        """
        outer, inner = radii
        cos, sin = turn
        corners = [
            camera.project((centre[0] + a * outer * cos, centre[1] + a * outer * sin, centre[2] + b * outer))
            for a in (-1, 1)
            for b in (-1, 1)
        ]
        if min(depth for _, _, depth in corners) < 0.1:
            return
        box = self._clip([c[0] for c in corners], [c[1] for c in corners])
        if box is None:
            return
        left, top, right, bottom = box
        u = np.arange(left, right) + 0.5
        v = (np.arange(top, bottom) + 0.5)[:, None]
        across = (u - camera.width / 2) / camera.focal_px
        down = (v - camera.height / 2) / camera.focal_px
        ahead = camera.cos_down - down * camera.sin_down
        rise = -camera.sin_down - down * camera.cos_down
        off = [centre[i] - camera.place[i] for i in range(3)]
        # The plane through the centre with the normal (-sin, cos, 0) is met after ``reach`` lengths of the ray.
        reach = (off[1] * cos - off[0] * sin) / (ahead * cos - across * sin)
        along = (across * reach - off[0]) * cos + (ahead * reach - off[1]) * sin
        height = rise * reach - off[2]
        square = along * along + height * height
        self._paint(box, (square <= outer * outer) & (square >= inner * inner) & (reach > 0), colour)

    def shadow(self, camera: Camera, x: float, y: float, radius: float) -> None:
        """Darken a round spot of the floor around ``(x, y)``, metres; the mask is left alone."""
        corners = [camera.project((x + a * radius, y + b * radius, 0.0)) for a in (-1, 1) for b in (-1, 1)]
        if min(depth for _, _, depth in corners) < 0.1:
            return
        box = self._clip([c[0] for c in corners], [c[1] for c in corners])
        if box is None:
            return
        left, top, right, bottom = box
        down = ((np.arange(top, bottom) + 0.5)[:, None] - camera.height / 2) / camera.focal_px
        reach = camera.place[2] / np.maximum(camera.sin_down + down * camera.cos_down, 1e-3)
        across = (np.arange(left, right) + (0.5 - camera.width / 2)) / camera.focal_px
        east = across * reach + (camera.place[0] - x)
        north = (camera.cos_down - down * camera.sin_down) * reach + (camera.place[1] - y)
        dark = east * east + north * north <= radius * radius
        part = self.pixels[top:bottom, left:right]
        np.copyto(part, (part >> 2) * 3, where=dark[:, :, None])

    def _clip(self, across: Sequence[float], down: Sequence[float]) -> Box | None:
        """Box of the pixels whose centres may lie in these ranges, within the picture; None when empty."""
        left, right = max(0, int(max(min(across), 0.0))), min(self.width, int(max(max(across), -1.0)) + 1)
        top, bottom = max(0, int(max(min(down), 0.0))), min(self.height, int(max(max(down), -1.0)) + 1)
        return (left, top, right, bottom) if left < right and top < bottom else None

    def _paint(self, box: Box, inside: NDArray[np.bool_], colour: Colour | NDArray[np.uint8]) -> None:
        left, top, right, bottom = box
        self.ids[top:bottom, left:right][inside] = self._id
        np.copyto(self.pixels[top:bottom, left:right], np.asarray(colour, np.uint8), where=inside[:, :, None])
        known = self.touched
        self.touched = (min(known[0], left), min(known[1], top), max(known[2], right), max(known[3], bottom))
