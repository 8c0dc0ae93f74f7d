"""Turns values into text: ``str(...)`` and ``%`` formatting, never longer than allowed on the way."""

from __future__ import annotations

import re
from typing import Any, Final

from labelmill.maps.budget import CONTAINERS, ITEMS, KEYS, VALUES, BudgetError, Frame, check_length
from labelmill.maps.limits import MAX_RESULT

_BRACKETS: Final[dict[type, tuple[str, str]]] = {
    list: ("[", "]"),
    tuple: ("(", ")"),
    set: ("{", "}"),
    dict: ("{", "}"),
    KEYS: ("dict_keys([", "])"),
    VALUES: ("dict_values([", "])"),
    ITEMS: ("dict_items([", "])"),
}
_CONVERSION: Final = re.compile(r"([#0\- +]*)(\*|[0-9]*)(?:\.(\*|[0-9]*))?[hlL]?(.)", re.DOTALL)
_TEXTS: Final = "sra"


class _Pieces:
    """Text made piece by piece, stopped when it gets too long."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._length = 0

    def add(self, piece: str) -> None:
        self._length += len(piece)
        check_length(self._length)
        self._pieces.append(piece)

    def text(self) -> str:
        return "".join(self._pieces)


def to_text(frame: Frame, value: Any) -> str:
    """``str(value)``; sets come in one order in every process."""
    if type(value) is str:
        return value
    return _represent(frame, value)


def _represent(frame: Frame, value: Any) -> str:
    """``repr(value)``, paid for."""
    frame.pay_value(value)
    if type(value) is str:
        check_length(len(value))
    pieces = _Pieces()
    _write(frame, value, pieces)
    return pieces.text()


def _write(frame: Frame, value: Any, pieces: _Pieces) -> None:
    kind = type(value)
    if kind not in CONTAINERS:
        if kind is str and len(value) > MAX_RESULT:
            raise BudgetError
        _pay_digits(frame, value)
        pieces.add(repr(value))
        return
    if kind is set and not value:
        pieces.add("set()")
        return
    start, end = _BRACKETS[kind]
    pieces.add(start)
    held = frame.ordered(value) if kind is set else value
    for index, element in enumerate(held):
        if index:
            pieces.add(", ")
        _write(frame, element, pieces)
        if kind is dict:
            pieces.add(": ")
            _write(frame, value[element], pieces)
    pieces.add("," + end if kind is tuple and len(value) == 1 else end)


def _pay_digits(frame: Frame, value: Any) -> None:
    """Decimal digits cost the square of their number."""
    if type(value) is int:
        frame.pay((value.bit_length() >> 6) ** 2 >> 4)


class _Arguments:
    """The values of a format: a tuple's one after the other, or one value, or a dict's by name."""

    def __init__(self, values: Any) -> None:
        self._values: tuple[Any, ...] = values if type(values) is tuple else (values,)
        self._names: dict[Any, Any] | None = values if type(values) is dict else None
        self._spare = type(values) in (dict, list)  # Python asks whether the value could be read by name
        self._at = 0

    def next(self) -> Any:
        if self._at >= len(self._values):
            raise TypeError("not enough arguments for format string")
        self._at += 1
        return self._values[self._at - 1]

    def named(self, name: str) -> Any:
        if self._names is None:
            raise TypeError("format requires a mapping")
        self._at = len(self._values)  # as in Python, names and positions do not mix
        return self._names[name]

    def number(self) -> int:
        value = self.next()
        if not isinstance(value, int):
            raise TypeError("* wants int")
        check_length(abs(value))
        return int(value)

    def finish(self) -> None:
        if self._at < len(self._values) and not self._spare:
            raise TypeError("not all arguments converted during string formatting")


def format_text(frame: Frame, pattern: str, values: Any) -> str:
    """``pattern % values``, one conversion at a time, so that no width is taken on trust.

    Raises:
        BudgetError: If a width, a precision or the result is too long.
    """
    frame.pay(len(pattern) >> 2)
    check_length(len(pattern))
    arguments = _Arguments(values)
    pieces = _Pieces()
    at = 0
    while (sign := pattern.find("%", at)) >= 0:
        pieces.add(pattern[at:sign])
        frame.pay(4)
        at = sign + 1
        name = None
        if pattern.startswith("(", at):
            end = _closing(pattern, at)
            name, at = pattern[at + 1 : end], end + 1
        match = _CONVERSION.match(pattern, at)
        if match is None:
            raise ValueError("incomplete format")
        at = match.end()
        pieces.add(_convert(frame, match, name, arguments))
    pieces.add(pattern[at:])
    arguments.finish()
    made = pieces.text()
    frame.pay(len(made) >> 4)
    return made


def _closing(pattern: str, start: int) -> int:
    depth = 0
    for match in re.compile("[()]").finditer(pattern, start):
        depth += 1 if match[0] == "(" else -1
        if depth == 0:
            return match.start()
    raise ValueError("incomplete format key")


def _convert(frame: Frame, match: re.Match[str], name: str | None, arguments: _Arguments) -> str:
    flags, width, precision, kind = match.groups()
    value = arguments.named(name) if name is not None else None
    sizes = [flags]
    for size, dot in ((width, ""), (precision, ".")):
        if size is None:
            continue
        if size == "*":
            number = arguments.number()
            # A negative width means "to the left", a negative precision none at all.
            size = str(number) if number >= 0 or not dot else "0"
        elif len(size) > 6 or (size and int(size) > MAX_RESULT):
            raise BudgetError
        sizes.append(dot + size)
    if kind == "%":
        return "%"
    if name is None:
        value = arguments.next()
    if kind in _TEXTS:
        value = to_text(frame, value) if kind == "s" else _represent(frame, value)
        if kind == "a":
            value = value.encode("ascii", "backslashreplace").decode("ascii")
        check_length(len(value))
        kind = "s"
    elif type(value) not in (int, float, bool, str):
        raise TypeError("a number is required")
    frame.pay_value(value)
    _pay_digits(frame, value)
    text: str = ("%" + "".join(sizes) + kind) % (value,)
    if type(value) is float:  # hundreds of digits, each of which is reckoned
        frame.pay(len(text) >> 2)
    return text
