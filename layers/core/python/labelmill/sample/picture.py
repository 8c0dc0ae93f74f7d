"""Paints a scene as a camera sees it: the picture, the exact mask, and each object's full outline."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from labelmill.sample.camera import Camera, Point
from labelmill.sample.canvas import Box, Canvas
from labelmill.sample.scene import Thing
from labelmill.sample.toys import Ball, Block, Colour, Cone, Hoop, Part, shade

ROOMS: tuple[tuple[Colour, Colour, Colour], ...] = (
    ((226, 214, 196), (204, 178, 146), (190, 160, 126)),
    ((198, 216, 222), (176, 182, 188), (160, 168, 176)),
    ((214, 222, 200), (196, 182, 160), (180, 166, 142)),
    ((228, 208, 210), (188, 172, 164), (172, 156, 148)),
)
"""Wall, light tile, dark tile."""
_WALL_Y = 11.0
_POSTERS = tuple(
    (middle - half * rim, middle + half * rim, 1.1 - 0.36 * rim, 1.1 + 0.36 * rim, colour)
    for middle, half, paper in (
        (-4.2, 0.5, (232, 190, 120)),
        (-0.6, 0.85, (150, 190, 204)),
        (3.4, 0.5, (206, 140, 124)),
    )
    for rim, colour in ((1.0, (244, 240, 230)), (0.86, paper), (0.3, (250, 246, 236)))
)
"""Pictures on the wall: columns and heights in metres, colour."""
_SIDES = (((1, 0), 88), ((-1, 0), 70), ((0, 1), 78), ((0, -1), 100))
_CIRCLE = ((1.0, 0.0), (0.92387953, 0.38268343), (0.70710678, 0.70710678), (0.38268343, 0.92387953))
"""A quarter of a circle."""


class Seen(NamedTuple):
    """What became of one thing: the box that its paint touched, and the pixels it had before others hid it."""

    thing: Thing
    box: Box
    full_pixels: int


class Picture(NamedTuple):
    """One image: RGB bytes ``(h, w, 3)``, ids ``(h, w)``, and every thing in front of the camera."""

    pixels: NDArray[np.uint8]
    ids: NDArray[np.uint16]
    seen: list[Seen]


def paint(things: list[Thing], camera: Camera, room: int) -> Picture:
    """Paint the scene, far things first.

    Args:
        things: The scene at this frame.
        camera: Who looks.
        room: Which of ``ROOMS``.

    Returns:
        The picture; ``seen`` lacks only what is behind the camera.
    """
    canvas = Canvas(background(camera, room))
    ahead = [(camera.to_camera(thing.place)[2], thing) for thing in things]
    ahead = sorted((pair for pair in ahead if pair[0] > 1.0), key=lambda pair: (-pair[0], -pair[1].id))
    for _, thing in ahead:
        canvas.shadow(
            camera, thing.place[0] + 0.06, thing.place[1] + 0.1, 0.32 * (thing.toy.size[0] + thing.toy.size[1])
        )
    seen = []
    for _, thing in ahead:
        canvas.begin(thing.id)
        parts = [
            (camera.to_camera(thing.to_world(_middle(part)))[2], -i, part) for i, part in enumerate(thing.toy.parts)
        ]
        for _, _, part in sorted(parts, key=lambda entry: entry[:2], reverse=True):
            _paint_part(canvas, camera, thing, part)
        left, top, right, bottom = canvas.touched
        full = int(np.count_nonzero(canvas.ids[top:bottom, left:right] == thing.id)) if left < right else 0
        seen.append(Seen(thing, canvas.touched, full))
    return Picture(canvas.pixels, canvas.ids, seen)


@lru_cache(maxsize=16)
def background(camera: Camera, room: int) -> NDArray[np.uint8]:
    """Paint the empty room: a wall with a wainscot, a tiled floor that fades with distance.

    Args:
        camera: Who looks.
        room: Which of ``ROOMS``.

    Returns:
        RGB bytes, shape ``(h, w, 3)``, read-only.
    """
    wall, light, dark = ROOMS[room % len(ROOMS)]
    v = ((np.arange(camera.height) + 0.5) - camera.height / 2)[:, None] / camera.focal_px
    across = (np.arange(camera.width) + (0.5 - camera.width / 2)) / camera.focal_px
    forward = camera.cos_down - v * camera.sin_down
    fall = camera.sin_down + v * camera.cos_down
    picture = np.empty((camera.height, camera.width, 3), np.uint8)
    height = camera.place[2] - fall / forward * (_WALL_Y - camera.place[1])  # where the ray meets the wall
    bands = (
        (9.0, shade(wall, 94)),
        (1.9, wall),
        (1.82, shade(wall, 76)),
        (0.28, shade(wall, 86)),
        (0.22, (240, 238, 232)),
    )
    for top, colour in bands:
        picture[(height < top)[:, 0]] = colour
    if not (height[0] < 9.0).all():
        picture[(height >= 9.0)[:, 0]] = shade(wall, 94)
    east = across * ((_WALL_Y - camera.place[1]) / forward) + camera.place[0]
    for left, right, bottom, top, colour in _POSTERS:
        picture[(east > left) & (east < right) & (height > bottom) & (height < top)] = colour
    reach = camera.place[2] / np.maximum(fall, 1e-3)
    north = forward * reach + camera.place[1]
    east = across * reach + camera.place[0]
    floor = (height < 0)[:, 0]
    tile = (np.floor(north * 1.25) + np.floor(east * 1.25)).astype(np.int64) & 1
    fade = 2 * ((north > 5).astype(np.intp) + (north > 8)) + tile
    tones = np.array([shade(c, p) for p in (104, 100, 95) for c in (light, dark)], np.uint8)
    picture[floor] = tones[fade[floor]]
    picture.setflags(write=False)
    return picture


def _middle(part: Part) -> Point:
    return (0.0, 0.0, (part.low + part.high) / 2) if isinstance(part, Cone) else part.middle


def _paint_part(canvas: Canvas, camera: Camera, thing: Thing, part: Part) -> None:
    if isinstance(part, Block):
        _paint_block(canvas, camera, thing, part)
    elif isinstance(part, Ball):
        u, v, depth = camera.project(thing.to_world(part.middle))
        tones = [shade(part.colour, percent) for percent in (128, 104, 88, 70)]
        canvas.disc(u, v, part.radius * camera.focal_px / depth, tones)
    elif isinstance(part, Hoop):
        canvas.hoop(camera, thing.to_world(part.middle), thing.turn, (part.outer, part.inner), part.colour)
    else:
        _paint_cone(canvas, camera, thing, part)


def _paint_block(canvas: Canvas, camera: Camera, thing: Thing, part: Block) -> None:
    (x, y, z), (a, b, c) = part.middle, (extent / 2 for extent in part.extent)
    corners = {
        (i, j, k): camera.project(thing.to_world((x + i * a, y + j * b, z + k * c)))
        for i in (-1, 1)
        for j in (-1, 1)
        for k in (-1, 1)
    }
    if min(depth for _, _, depth in corners.values()) < 0.1:
        return
    cos, sin = thing.turn
    for (i, j), percent in _SIDES:
        foot = thing.to_world((x + i * a, y + j * b, z))
        outward = ((i * cos - j * sin), (i * sin + j * cos))
        if (foot[0] - camera.place[0]) * outward[0] + (foot[1] - camera.place[1]) * outward[1] >= 0:
            continue
        ends = ((i, -1), (i, 1)) if i else ((-1, j), (1, j))
        ring = [corners[*ends[0], -1], corners[*ends[1], -1], corners[*ends[1], 1], corners[*ends[0], 1]]
        canvas.polygon([corner[:2] for corner in ring], shade(part.colour, percent))
    if thing.place[2] + z + c < camera.place[2]:
        ring = [corners[i, j, 1] for i, j in ((-1, -1), (1, -1), (1, 1), (-1, 1))]
        canvas.polygon([corner[:2] for corner in ring], shade(part.colour, 118))


def _paint_cone(canvas: Canvas, camera: Camera, thing: Thing, part: Cone) -> None:
    """Fill a slice of a cone: the hull of its two rims as the camera sees them."""
    x, y, _ = thing.place
    points = []
    for z in (part.low, part.high):
        radius = part.base * (1 - z / part.height) * 0.9
        for a, b in _CIRCLE:
            for i, j in ((a, b), (-a, b), (-a, -b), (a, -b)):
                points.append(camera.project((x + radius * i, y + radius * j, thing.place[2] + z))[:2])
    canvas.polygon(_hull(points), part.colour)


def _hull(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Convex hull by Andrew's monotone chain."""
    points = sorted(set(points))
    hull: list[tuple[float, float]] = []
    for line in (points, points[::-1]):
        base = len(hull)
        for point in line:
            while len(hull) >= base + 2 and _turn(hull[-2], hull[-1], point) <= 0:
                hull.pop()
            hull.append(point)
        hull.pop()
    return hull


def _turn(a: tuple[float, float], b: tuple[float, float], c: tuple[float, float]) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
