"""Which toys stand where: a scene for each run, moved on a little from frame to frame."""

from __future__ import annotations

from math import atan
from typing import NamedTuple

from labelmill.sample.camera import CAMERAS, Camera, Point
from labelmill.sample.dice import Dice
from labelmill.sample.toys import KINDS, Toy, make_toy

FRAMES = (0, 250)
IMAGES_A_RUN = len(FRAMES) * len(CAMERAS)


class Shot(NamedTuple):
    """Which image of the dataset: its place in the order of names."""

    run: int
    frame: int
    camera: Camera

    @property
    def stem(self) -> str:
        """The image's name without its suffix."""
        return f"{self.run:010}-{self.frame}-{self.camera.name}"


class Thing(NamedTuple):
    """A toy in its place.

    Attributes:
        id: Instance id, 1 ... 65,535, unique in the run, with gaps.
        toy: What it is.
        place: Where its origin stands, metres.
        half_turn: Tangent of half its yaw: cosine and sine follow from it without a sine being computed.
        velocity: How far it moves until the next frame, metres along x and y.
    """

    id: int
    toy: Toy
    place: Point
    half_turn: float
    velocity: tuple[float, float]

    @property
    def turn(self) -> tuple[float, float]:
        """Cosine and sine of the yaw."""
        square = self.half_turn * self.half_turn
        return (1 - square) / (1 + square), 2 * self.half_turn / (1 + square)

    @property
    def yaw(self) -> float:
        """Rotation about the vertical, radians, anticlockwise seen from above, to six decimals."""
        return round(2 * atan(self.half_turn), 6)

    def to_world(self, point: Point) -> Point:
        """Turn a point of the toy's own frame into the world's."""
        cos, sin = self.turn
        x, y, z = point
        return self.place[0] + x * cos - y * sin, self.place[1] + x * sin + y * cos, self.place[2] + z

    def after(self, frame: int) -> Thing:
        """Give the same thing at a frame."""
        part = frame / 250
        x, y, z = self.place
        moved = (x + self.velocity[0] * part, y + self.velocity[1] * part, z)
        return self._replace(place=moved, half_turn=self.half_turn + 0.2 * self.velocity[0] * part)


def shot_of(index: int) -> Shot:
    """Tell which image is the ``index``-th (from 0): sensors within frames within runs."""
    run, rest = divmod(index, IMAGES_A_RUN)
    return Shot(run, FRAMES[rest // len(CAMERAS)], CAMERAS[rest % len(CAMERAS)])


def scene_of(seed: int, run: int) -> list[Thing]:
    """Set up the scene of a run.

    Args:
        seed: The dataset's seed.
        run: The run, from 0. Every eighth (the third first) is an empty room but for a pebble and a battery.

    Returns:
        Its things, ids ascending. Beside the toys: a battery inside the first toy, never visible, and a pebble
        too small to be annotated.
    """
    dice = Dice(f"labelmill sample {seed} {run}")
    next_id = 1 if run % 8 != 4 else 1000
    things: list[Thing] = []
    spots: list[tuple[float, float]] = []
    for _ in range(0 if run % 8 == 2 else dice.count(7, 11)):
        kind = "Box" if not things else dice.pick(KINDS)
        toy = make_toy(kind, dice)
        spot = _free_spot(spots, dice)
        spots.append(spot)
        half_turn = dice.between(-0.45, 0.45) if kind in ("Ring", "Fence", "Robot") else dice.between(-0.9, 0.9)
        velocity = (
            (dice.between(-0.5, 0.5), dice.between(-0.4, 0.4)) if kind in ("Ball", "Robot", "Train") else (0.0, 0.0)
        )
        things.append(Thing(next_id, toy, (*spot, 0.0), half_turn, velocity))
        next_id += dice.pick((1, 1, 1, 2, 3, 5))
    inside = things[0].place if things else (0.0, -5.0, 0.0)
    things.append(Thing(next_id, make_toy("Battery", dice), inside, 0.0, (0.0, 0.0)))
    pebble = (dice.between(-1.0, 1.0), dice.between(9.0, 10.0) if len(things) > 1 else -4.0, 0.0)
    things.append(Thing(next_id + 2, make_toy("Pebble", dice), pebble, 0.0, (0.0, 0.0)))
    return things


def _free_spot(taken: list[tuple[float, float]], dice: Dice) -> tuple[float, float]:
    """Find a place on the floor with some room around it; after 30 attempts any will do."""
    for _ in range(30):
        y = dice.between(2.7, 7.4)
        x = dice.between(-0.62, 0.62) * y
        if all((x - a) * (x - a) + (y - b) * (y - b) > 0.72 for a, b in taken):
            break
    return x, y
