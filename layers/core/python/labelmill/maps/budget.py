"""What a rule may spend on one object.

One unit is about the time of one step of the evaluation. The steps outside loops are paid when a rule starts,
those inside when a loop turns; every value that is made or compared is paid by its expanded size: one unit an
element, nested ones as often as they are held, one more unit for every 16 characters of a text.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from labelmill.maps.limits import MAX_INT_BITS, MAX_RESULT

KEYS: Final[type] = type(dict[str, int]().keys())
VALUES: Final[type] = type(dict[str, int]().values())
ITEMS: Final[type] = type(dict[str, int]().items())
VIEWS: Final = frozenset({KEYS, VALUES, ITEMS})
SEQUENCES: Final = frozenset({list, tuple})
CONTAINERS: Final = frozenset({list, tuple, set, dict}) | VIEWS
NUMBERS: Final = frozenset({int, float, bool})
NO_ENTRY: Final[dict[str, Any]] = {}
"""Stands for ``ann`` where no rule reads it."""


class BudgetError(Exception):
    """A rule went over its budget or made too large a value: it is not true for this object."""


class Frame:
    """One evaluation: the object, its image's metadata, its annotation entry, the loops' values and the units left."""

    __slots__ = ("ann", "left", "loops", "metadata", "obj")

    def __init__(
        self, obj: dict[str, Any], metadata: dict[str, Any], loops: int, ann: dict[str, Any] = NO_ENTRY
    ) -> None:
        self.obj = obj
        self.metadata = metadata
        self.ann = ann
        self.loops: list[Any] = [None] * loops
        self.left = 0

    def pay(self, units: int) -> None:
        """Spend units.

        Raises:
            BudgetError: If there are not so many left.
        """
        self.left -= units
        if self.left < 0:
            raise BudgetError

    def pay_value(self, value: Any) -> None:
        """Spend a value's expanded size; stops walking it as soon as the budget is spent."""
        left = self.left - 1
        stack = [value]
        while stack:
            held = stack.pop()
            kind = type(held)
            if kind is str:
                left -= len(held) >> 4
            elif kind in CONTAINERS:
                left -= 2 * len(held) if kind is dict else len(held)
                if left < 0:
                    break
                stack.extend(held)
                if kind is dict:
                    stack.extend(held.values())
            elif kind is int:
                left -= held.bit_length() >> 6
        self.pay(self.left - left)

    def pay_key(self, key: Any) -> None:
        """Spend what hashing and comparing a key costs."""
        if type(key) in CONTAINERS:
            self.pay_value(key)

    def iterate(self, value: Any) -> Iterator[Any]:
        """Python's ``iter`` for the values of a rule; sets come in one order in every process.

        Raises:
            TypeError: If the value holds no others.
        """
        kind = type(value)
        if kind is set:
            return iter(self.ordered(value))
        if kind is str or kind in CONTAINERS or isinstance(value, Iterator):
            return iter(value)
        raise TypeError(f"{kind.__name__} holds no values")

    def ordered(self, value: set[Any]) -> list[Any]:
        """A set's elements by type and text: the order of hashes would differ between workers."""
        self.pay_value(value)
        self.pay(len(value) * len(value).bit_length())
        return sorted(value, key=lambda held: (type(held).__name__, repr(held)))

    def gather(self, value: Any) -> list[Any]:
        """All of a value's elements, paid for.

        Raises:
            BudgetError: If there are too many.
        """
        if type(value) in CONTAINERS or type(value) is str:
            check_length(len(value))
        held: list[Any] = []
        for element in self.iterate(value):
            held.append(element)
            if len(held) > MAX_RESULT:
                raise BudgetError
        self.pay_value(held)
        return held


def check_length(length: int) -> None:
    """Refuse a text or list that is too long, before it is made."""
    if length > MAX_RESULT:
        raise BudgetError


def check_number(value: Any) -> Any:
    """Refuse an integer that is too long; give back every other number."""
    if type(value) is int and value.bit_length() > MAX_INT_BITS:
        raise BudgetError
    return value
