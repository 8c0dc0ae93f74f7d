"""JSON text to a tree with line numbers.

The structure (brackets, commas, colons) is walked here, which gives each key its line, sees duplicate keys
and stops at the allowed depth; every text, number and literal is read by :mod:`json`'s own decoder.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from typing import Any, NoReturn

from labelmill.errors import MapError
from labelmill.maps.limits import MAX_LEVELS, MAX_NODES
from labelmill.maps.tree import Listing, Mapping, Node, Problems, Scalar
from labelmill.maps.wording import quote

_BLANK = re.compile(r"[ \t\n\r]*")


def read_json(text: str, problems: Problems) -> Node:
    """Read one JSON document.

    Args:
        text: The file's text without a byte order mark.
        problems: Takes what does not stop the reading: duplicate keys.

    Raises:
        MapError: If it is not JSON, too deep or too large.
    """
    return _Reader(text, problems).document()


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


class _Reader:
    def __init__(self, text: str, problems: Problems) -> None:
        self._text = text
        self._problems = problems
        self._at = 0
        self._nodes = 0
        self._breaks = [match.start() for match in re.finditer("\n", text)]
        self._scalar = json.JSONDecoder(
            parse_int=lambda text: ("integer", text),
            parse_float=lambda text: ("number", text),
            parse_constant=_refuse_constant,
        )

    def document(self) -> Node:
        node = self._value(0)
        if self._peek():
            raise self._stop(f"expected the end of the file, found {quote(self._peek())}")
        return node

    def _line(self, at: int) -> int:
        return bisect_right(self._breaks, at - 1) + 1

    def _stop(self, reason: str) -> MapError:
        return self._problems.stop(self._line(self._at), f"not JSON: {reason}")

    def _peek(self) -> str:
        match = _BLANK.match(self._text, self._at)
        if match is not None:
            self._at = match.end()
        return self._text[self._at : self._at + 1]

    def _take(self, wanted: str) -> bool:
        if self._peek() == wanted:
            self._at += 1
            return True
        return False

    def _value(self, depth: int) -> Node:
        char = self._peek()
        line = self._line(self._at)
        self._nodes += 1
        if self._nodes > MAX_NODES:
            raise self._problems.stop(line, f"more than {MAX_NODES:,} values")
        if char not in ("[", "{"):
            return self._read_scalar(line)
        if depth >= MAX_LEVELS:
            raise self._problems.stop(line, f"more than {MAX_LEVELS} levels of lists and mappings")
        self._at += 1
        return self._list(line, depth + 1) if char == "[" else self._object(line, depth + 1)

    def _read_scalar(self, line: int) -> Scalar:
        try:
            value, self._at = self._scalar.raw_decode(self._text, self._at)
        except json.JSONDecodeError as error:
            self._at = error.pos
            found = "the end of the file" if error.pos >= len(self._text) else quote(self._text[error.pos])
            raise self._stop(f"{error.msg[:1].lower()}{error.msg[1:]}, found {found}") from error
        except ValueError as error:
            raise self._stop(str(error)) from error
        return _scalar(line, value)

    def _list(self, line: int, depth: int) -> Listing:
        node = Listing(line)
        if self._take("]"):
            return node
        while True:
            node.items.append(self._value(depth))
            if self._take("]"):
                return node
            self._expect(",", "',' or ']'")

    def _object(self, line: int, depth: int) -> Mapping:
        node = Mapping(line)
        seen: dict[str, int] = {}
        if self._take("}"):
            return node
        while True:
            if self._peek() != '"':
                self._expect('"', "a key in double quotes")
            key = self._read_scalar(self._line(self._at))
            self._expect(":", "':'")
            value = self._value(depth)
            if key.text in seen:
                self._problems.add(key.line, f"duplicate key {quote(key.text)}, first on line {seen[key.text]}")
            else:
                seen[key.text] = key.line
                node.entries.append((key, value))
            if self._take("}"):
                return node
            self._expect(",", "',' or '}'")

    def _expect(self, wanted: str, words: str) -> None:
        if not self._take(wanted):
            found = self._peek()
            raise self._stop(f"expected {words}, found {quote(found) if found else 'the end of the file'}")


def _scalar(line: int, value: Any) -> Scalar:
    if isinstance(value, str):
        return Scalar(line, "text", value)
    if isinstance(value, tuple):
        return Scalar(line, *value)
    if value is None:
        return Scalar(line, "null", "null")
    return Scalar(line, "boolean", "true" if value else "false")
