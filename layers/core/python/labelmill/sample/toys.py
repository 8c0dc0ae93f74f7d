"""The toys: what each is made of, its size and colours.

A part's place is given in its toy's own frame: metres, origin on the floor below the middle, x along the
toy's width, y along its depth, z up.
"""

from __future__ import annotations

from typing import NamedTuple

from labelmill.sample.camera import Point
from labelmill.sample.dice import Dice

Colour = tuple[int, int, int]

COLOURS: dict[str, Colour] = {
    "red": (214, 62, 56),
    "orange": (238, 142, 46),
    "yellow": (244, 204, 66),
    "green": (84, 168, 92),
    "teal": (46, 158, 166),
    "blue": (64, 110, 196),
    "violet": (140, 92, 182),
    "white": (236, 234, 226),
}
_GREY: Colour = (120, 124, 132)
_DARK: Colour = (58, 60, 70)


class Block(NamedTuple):
    """A cuboid: middle, and its extent along the toy's x, y and z, metres."""

    middle: Point
    extent: Point
    colour: Colour


class Ball(NamedTuple):
    """A ball, metres."""

    middle: Point
    radius: float
    colour: Colour


class Hoop(NamedTuple):
    """An upright ring in the toy's x-z plane, metres."""

    middle: Point
    outer: float
    inner: float
    colour: Colour


class Cone(NamedTuple):
    """An upright cone on the floor; ``low`` and ``high`` cut it (a stripe), metres."""

    base: float
    height: float
    low: float
    high: float
    colour: Colour


Part = Block | Ball | Hoop | Cone


class Toy(NamedTuple):
    """One object of a scene.

    Attributes:
        kind: Its type in the metadata.
        colour: Name of its main colour.
        size: Width, depth and height, metres.
        parts: What it is made of.
        keypoints: Points of interest in its own frame.
    """

    kind: str
    colour: str
    size: Point
    parts: tuple[Part, ...]
    keypoints: tuple[Point, ...] = ()


KINDS = ("Box", "Ball", "Ring", "Robot", "Cone", "Fence", "Dumbbell", "Train")


def make_toy(kind: str, dice: Dice) -> Toy:
    """Make a toy of random size and colour.

    Args:
        kind: One of ``KINDS``, or ``Battery`` or ``Pebble``.
        dice: Where choices come from.

    Returns:
        The toy.
    """
    name = dice.pick(tuple(COLOURS))
    paint = COLOURS[name]
    s = dice.between(0.8, 1.25)
    if kind == "Box":
        size = (0.7 * s, 0.7 * s, dice.between(0.4, 0.8))
        lid = Block((0.0, 0.0, size[2] - 0.05), (size[0], size[1], 0.1), _mix(paint, 70))
        body = Block((0.0, 0.0, (size[2] - 0.1) / 2), (size[0], size[1], size[2] - 0.1), paint)
        return Toy(kind, name, size, (body, lid))
    if kind == "Ball":
        r = 0.3 * s
        return Toy(kind, name, (2 * r, 2 * r, 2 * r), (Ball((0.0, 0.0, r), r, paint),))
    if kind == "Ring":
        r = 0.42 * s
        hoops = tuple(
            Hoop((0.0, d, r), r, 0.58 * r, c)
            for d, c in ((0.1, _mix(paint, 65)), (0.05, _mix(paint, 65)), (0.0, paint))
        )
        return Toy(kind, name, (2 * r, 0.1, 2 * r), hoops)
    if kind == "Robot":
        return _robot(name, paint, s)
    if kind == "Cone":
        b, h = 0.26 * s, 0.75 * s
        stripes = tuple(
            Cone(b, h, h * low, h * high, c)
            for low, high, c in (
                (0.0, 0.3, paint),
                (0.3, 0.52, COLOURS["white"]),
                (0.52, 0.74, paint),
                (0.74, 1.0, COLOURS["white"]),
            )
        )
        return Toy(kind, name, (2 * b, 2 * b, h), (Block((0.0, 0.0, 0.02), (2 * b, 2 * b, 0.04), paint), *stripes))
    if kind == "Fence":
        w, h = 1.5 * s, 0.75 * s
        posts = tuple(Block((w * (i / 4 - 0.5) * 0.92, 0.0, h / 2), (0.11, 0.06, h), paint) for i in range(5))
        rails = tuple(Block((0.0, 0.06, h * at), (w, 0.05, 0.09), _mix(paint, 78)) for at in (0.3, 0.75))
        return Toy(kind, name, (w, 0.15, h), (*rails, *posts))
    if kind == "Dumbbell":
        r, w = 0.22 * s, 1.0 * s
        balls = tuple(Ball((side * (w / 2 - r), 0.0, r), r, paint) for side in (-1, 1))
        return Toy(kind, name, (w, 2 * r, 2 * r), (Block((0.0, 0.0, r), (w - 2 * r, 0.1, 0.1), _GREY), *balls))
    if kind == "Train":
        return _train(name, paint, s)
    if kind == "Battery":
        return Toy(kind, "white", (0.1, 0.1, 0.1), (Block((0.0, 0.0, 0.15), (0.1, 0.1, 0.1), COLOURS["white"]),))
    r = dice.between(0.006, 0.012)
    return Toy("Pebble", name, (2 * r, 2 * r, 2 * r), (Ball((0.0, 0.0, r), r, _GREY),))


def _robot(name: str, paint: Colour, s: float) -> Toy:
    """Build a robot whose antenna ball floats: one object in two pieces."""
    parts: tuple[Part, ...] = (
        *(Block((side * 0.13 * s, 0.0, 0.12 * s), (0.12 * s, 0.2 * s, 0.24 * s), _DARK) for side in (-1, 1)),
        Block((0.0, 0.0, 0.46 * s), (0.46 * s, 0.3 * s, 0.44 * s), paint),
        *(Block((side * 0.29 * s, 0.0, 0.5 * s), (0.1 * s, 0.12 * s, 0.36 * s), _GREY) for side in (-1, 1)),
        Block((0.0, 0.0, 0.86 * s), (0.34 * s, 0.26 * s, 0.26 * s), _mix(paint, 120)),
        *(Ball((side * 0.08 * s, -0.13 * s, 0.88 * s), 0.045 * s, COLOURS["white"]) for side in (-1, 1)),
        Ball((0.0, 0.0, 1.16 * s), 0.07 * s, COLOURS["red"]),
    )
    keypoints = ((0.0, 0.0, 1.16 * s), (-0.08 * s, -0.13 * s, 0.88 * s), (0.08 * s, -0.13 * s, 0.88 * s))
    return Toy("Robot", name, (0.68 * s, 0.3 * s, 1.23 * s), parts, keypoints)


def _train(name: str, paint: Colour, s: float) -> Toy:
    wheels = tuple(Ball((x * s, -0.17 * s, 0.1 * s), 0.1 * s, _DARK) for x in (-0.42, -0.12, 0.18, 0.42))
    parts: tuple[Part, ...] = (
        Block((0.0, 0.0, 0.16 * s), (1.1 * s, 0.3 * s, 0.12 * s), _DARK),
        Block((0.12 * s, 0.0, 0.34 * s), (0.66 * s, 0.26 * s, 0.26 * s), paint),
        Block((-0.36 * s, 0.0, 0.45 * s), (0.3 * s, 0.3 * s, 0.48 * s), _mix(paint, 80)),
        Block((-0.36 * s, 0.0, 0.72 * s), (0.38 * s, 0.36 * s, 0.06 * s), _DARK),
        Block((0.32 * s, 0.0, 0.56 * s), (0.1 * s, 0.1 * s, 0.2 * s), _GREY),
        *wheels,
    )
    return Toy("Train", name, (1.1 * s, 0.54 * s, 0.75 * s), parts)


def _mix(colour: Colour, percent: int) -> Colour:
    """Darken (below 100) or lighten a colour."""
    red, green, blue = (min(255, band * percent // 100) for band in colour)
    return red, green, blue


shade = _mix
