"""The loops of comprehensions: every turn is paid for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from labelmill.maps.budget import Frame, check_length

Bind = Callable[[Frame, Any], None]


class Clause(NamedTuple):
    """One ``for ... in ... if ...``.

    Attributes:
        values: Gives what is looped over.
        bind: Puts one value into the loop's names.
        tests: The conditions.
        steps: Units that one turn costs, its own nested loops left out.
    """

    values: Callable[[Frame], Any]
    bind: Bind
    tests: list[Callable[[Frame], Any]]
    steps: int


def bind(slots: list[int], several: bool) -> Bind:
    """How ``for k in`` or ``for k, v in`` puts a value into its places in the frame."""
    first = slots[0] if slots else 0

    def one(frame: Frame, value: Any) -> None:
        frame.loops[first] = value

    def unpack(frame: Frame, value: Any) -> None:
        # A text or container knows its length: it is not copied to find out that it does not fit.
        check_length(len(value))
        held = list(frame.iterate(value))
        if len(held) != len(slots):
            raise ValueError("wrong number of values to unpack")
        frame.pay(len(held))
        for slot, part in zip(slots, held, strict=True):
            frame.loops[slot] = part

    return unpack if several else one


class Loop:
    """The clauses of one comprehension, turned lazily as Python does."""

    def __init__(self, clauses: list[Clause], element: Callable[[Frame], Any]) -> None:
        self._clauses = clauses
        self._element = element

    def __call__(self, frame: Frame, depth: int = 0) -> Iterator[Any]:
        values, bind_value, tests, steps = self._clauses[depth]
        inner = depth + 1 < len(self._clauses)
        for value in frame.iterate(values(frame)):
            frame.pay(steps)
            bind_value(frame, value)
            if all(test(frame) for test in tests):
                if inner:
                    yield from self(frame, depth + 1)
                else:
                    yield self._element(frame)
