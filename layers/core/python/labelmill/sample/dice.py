"""Random choices that stay the same on every machine and Python version."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TypeVar

Item = TypeVar("Item")


class Dice:
    """A stream of choices named by a text: the same name gives the same stream.

    Only ``random.Random.random()`` is used: Python promises that its values never change, which it does not
    for ``choice`` or ``shuffle``.
    """

    def __init__(self, name: str) -> None:
        self._next = random.Random(name).random

    def between(self, low: float, high: float) -> float:
        """Draw a number, evenly between ``low`` and ``high``."""
        return low + (high - low) * self._next()

    def count(self, low: int, high: int) -> int:
        """Draw an integer from ``low`` to ``high``, both included."""
        return low + int(self._next() * (high - low + 1))

    def pick(self, items: Sequence[Item]) -> Item:
        """Draw one of the items."""
        return items[int(self._next() * len(items))]
