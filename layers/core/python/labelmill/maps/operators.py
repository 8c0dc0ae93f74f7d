"""Arithmetic, comparison and access for the values of a rule: Python's own, with every cost looked at before."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from typing import Any, Final

from labelmill.maps.budget import CONTAINERS, ITEMS, KEYS, NUMBERS, SEQUENCES, Frame, check_length, check_number
from labelmill.maps.limits import MAX_INT_BITS
from labelmill.maps.text import format_text

Binary = Callable[[Frame, Any, Any], Any]
_SETS: Final = frozenset({set, KEYS, ITEMS})
LONG_BITS: Final = 512
"""Longer integers are paid by their length: below, an operation costs no more than a step."""
_ORDERED: Final = NUMBERS | {str, list, tuple} | _SETS


def _numbers(frame: Frame, left: Any, right: Any) -> bool:
    """Whether both are numbers; pays for long ones, whose product or quotient costs their
    product, and whose quotient by a short one costs their length.
    """
    if type(left) not in NUMBERS or type(right) not in NUMBERS:
        return False
    if type(left) is int and type(right) is int:
        longer = max(left.bit_length(), right.bit_length())
        if longer > LONG_BITS:
            check_number(left)
            check_number(right)
            frame.pay((left.bit_length() * right.bit_length() >> 14) + (longer >> 9))
    return True


def add(frame: Frame, left: Any, right: Any) -> Any:
    """``left + right`` for numbers, texts, lists and tuples."""
    if _numbers(frame, left, right):
        return check_number(left + right)
    if type(left) is type(right) and (type(left) in SEQUENCES or type(left) is str):
        check_length(len(left) + len(right))
        made = left + right
        frame.pay_value(made)
        return made
    raise TypeError("+")


def subtract(frame: Frame, left: Any, right: Any) -> Any:
    """``left - right`` for numbers and sets."""
    if _numbers(frame, left, right):
        return check_number(left - right)
    if type(left) in _SETS and type(right) in _SETS:
        frame.pay_value(left)
        frame.pay_value(right)
        made = left - right
        check_length(len(made))
        return made
    raise TypeError("-")


def multiply(frame: Frame, left: Any, right: Any) -> Any:
    """``left * right`` for numbers, and for a text, list or tuple with an integer."""
    if _numbers(frame, left, right):
        if type(left) is int and type(right) is int and left.bit_length() + right.bit_length() > MAX_INT_BITS:
            check_number(1 << MAX_INT_BITS)
        return left * right
    if isinstance(left, int):
        left, right = right, left
    if (type(left) in SEQUENCES or type(left) is str) and isinstance(right, int):
        check_length(len(left) * max(right, 0))
        made = left * right
        frame.pay_value(made)
        return made
    raise TypeError("*")


def divide(frame: Frame, left: Any, right: Any) -> Any:
    """``left / right`` for numbers."""
    if _numbers(frame, left, right):
        return left / right
    raise TypeError("/")


def floor_divide(frame: Frame, left: Any, right: Any) -> Any:
    """``left // right`` for numbers."""
    if _numbers(frame, left, right):
        return left // right
    raise TypeError("//")


def remainder(frame: Frame, left: Any, right: Any) -> Any:
    """``left % right`` for numbers, and ``%`` formatting for a text."""
    if type(left) is str:
        return format_text(frame, left, right)
    if _numbers(frame, left, right):
        return left % right
    raise TypeError("%")


def negate(value: Any) -> Any:
    """``-value`` for numbers."""
    if type(value) in NUMBERS:
        return -value
    raise TypeError("-")


def plus(value: Any) -> Any:
    """``+value`` for numbers."""
    if type(value) in NUMBERS:
        return +value
    raise TypeError("+")


def pay_comparison(frame: Frame, left: Any, right: Any) -> None:
    """Spend what comparing two values may cost."""
    if type(left) is str:
        if type(right) is str:
            frame.pay(min(len(left), len(right)) >> 4)
    elif type(left) in CONTAINERS and type(right) in CONTAINERS:
        frame.pay_value(left)
        frame.pay_value(right)


def _comparison(compare: Callable[[Any, Any], Any], ordered: bool) -> Binary:
    def run(frame: Frame, left: Any, right: Any) -> bool:
        if ordered and not (type(left) in _ORDERED and type(right) in _ORDERED):
            raise TypeError("not ordered")
        pay_comparison(frame, left, right)
        return bool(compare(left, right))

    return run


def same(frame: Frame, left: Any, right: Any) -> bool:
    """``left is right``; texts and numbers are the same when type and value are.

    Python leaves open which equal texts and numbers are one object: a rule must not depend on that.
    """
    if left is right:
        return True
    if type(left) is not type(right) or not (type(left) is str or type(left) in NUMBERS):
        return False
    pay_comparison(frame, left, right)
    return bool(left == right)


def contains(frame: Frame, item: Any, container: Any) -> bool:
    """``item in container``."""
    kind = type(container)
    if kind is str:
        if type(item) is not str:
            raise TypeError("in")
        frame.pay((len(item) + len(container)) >> 2)
        return item in container
    if kind is dict or kind is set or kind is KEYS:
        frame.pay_key(item)
        return item in container
    if kind in CONTAINERS:
        frame.pay_value(container)
        frame.pay_key(item)
        return item in container
    if isinstance(container, Iterator):
        return any(held is item or _equal(frame, held, item) for held in container)
    raise TypeError("in")


def _not_in(frame: Frame, item: Any, container: Any) -> bool:
    return not contains(frame, item, container)


def _not_same(frame: Frame, left: Any, right: Any) -> bool:
    return not same(frame, left, right)


def get_item(frame: Frame, value: Any, key: Any) -> Any:
    """``value[key]`` for dicts, and for texts, lists and tuples with an integer."""
    if type(value) is dict:
        frame.pay_key(key)
        return value[key]
    if (type(value) in SEQUENCES or type(value) is str) and isinstance(key, int):
        return value[key]
    raise TypeError("[]")


def get_slice(frame: Frame, value: Any, part: slice) -> Any:
    """``value[start:stop:step]`` for texts, lists and tuples."""
    if type(value) not in SEQUENCES and type(value) is not str:
        raise TypeError("[:]")
    check_length(len(range(*part.indices(len(value)))))
    made = value[part]
    frame.pay_value(made)
    return made


_equal: Final = _comparison(operator.eq, False)

BINARY: Final[dict[str, Binary]] = {
    "Add": add,
    "Sub": subtract,
    "Mult": multiply,
    "Div": divide,
    "FloorDiv": floor_divide,
    "Mod": remainder,
    "Eq": _equal,
    "NotEq": _comparison(operator.ne, False),
    "Lt": _comparison(operator.lt, True),
    "LtE": _comparison(operator.le, True),
    "Gt": _comparison(operator.gt, True),
    "GtE": _comparison(operator.ge, True),
    "Is": same,
    "IsNot": _not_same,
    "In": contains,
    "NotIn": _not_in,
}
"""Binary operators and comparisons by the name of their class in :mod:`ast`."""
