"""Reads the tree of a map: classes, rules' texts with their classes, and lists. All problems, not the first."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from typing import Final

from labelmill.maps.limits import MAX_CLASS_NUMBER, MAX_RULES
from labelmill.maps.names import FILTERS
from labelmill.maps.tree import Listing, Mapping, Node, Problems, Scalar
from labelmill.maps.wording import Speller, quote
from labelmill.model import Category

_SECTIONS: Final = ("classes", "properties")
_LISTS: Final = (*FILTERS, "stuff")
_KEYS: Final = (*_SECTIONS, *_LISTS)
_DECIMAL: Final = re.compile(r"0|[1-9][0-9]*")
_BROKEN: Final = frozenset({"Cc", "Cs", "Zl", "Zp"})
"""Control characters, lone surrogates, line and paragraph separators."""


@dataclass(slots=True)
class WrittenRule:
    """A rule as the file has it.

    Attributes:
        line: 1-based.
        text: The expression without surrounding blanks.
        number: Its class, ``None`` when that is wrong (a problem was noted), and of a filter, which gives none.
    """

    line: int
    text: str
    number: int | None = None


@dataclass(slots=True)
class Document:
    """What could be read of a map."""

    categories: list[Category] = field(default_factory=list)
    rules: list[WrittenRule] = field(default_factory=list)
    filters: dict[str, list[WrittenRule]] = field(default_factory=lambda: {key: [] for key in FILTERS})
    stuff: list[int] = field(default_factory=list)


def read_document(root: Node | None, problems: Problems, speller: Speller) -> Document:
    """Read a map; expressions are not looked at here."""
    if root is None or (isinstance(root, Scalar) and root.kind == "null"):
        problems.add(0, "the file is empty, expected the keys classes and properties")
        return Document()
    if not isinstance(root, Mapping):
        problems.add(root.line, f"expected a mapping with the keys classes and properties, found {root.describe()}")
        return Document()
    sections: dict[str, Mapping | None] = {}
    lists: dict[str, list[Scalar]] = {}
    for key, value in root.entries:
        if key.text in _SECTIONS:
            sections[key.text] = _section(key, value, problems)
        elif key.text in _LISTS:
            lists[key.text] = _list(key, value, problems)
        else:
            allowed = f"allowed are {', '.join(_KEYS[:-1])} and {_KEYS[-1]}"
            problems.add(key.line, f"unknown key {quote(key.text)}, {allowed}{speller.hint(key.text, _KEYS)}")
    for name in _SECTIONS:
        if name not in sections:
            problems.add(0, f"the key {name} is missing")
    document = Document()
    classes, properties = sections.get("classes"), sections.get("properties")
    numbers: dict[int, str] | None = None
    if classes is not None:
        numbers = _Classes(problems, document).read(classes)
    known = _KnownClasses(numbers, problems, speller)
    if properties is not None:
        _read_rules(properties, known, document, problems)
    for name in FILTERS:
        document.filters[name] = [WrittenRule(item.line, item.text.strip()) for item in lists.get(name, ())]
    document.stuff = _read_stuff(lists.get("stuff", []), known, problems)
    return document


def _section(key: Scalar, value: Node, problems: Problems) -> Mapping | None:
    wanted = "class numbers and names" if key.text == "classes" else "rules and class numbers"
    if isinstance(value, Mapping) and (value.entries or value.refused):
        return value
    if isinstance(value, Mapping) or (isinstance(value, Scalar) and value.kind == "null"):
        problems.add(key.line, f"{key.text} is empty, expected a mapping of {wanted}")
    else:
        problems.add(value.line, f"{key.text}: expected a mapping of {wanted}, found {value.describe()}")
    return None


def _number(node: Node) -> int | str:
    """A class number, or what is wrong with it."""
    if not isinstance(node, Scalar) or node.kind not in ("integer", "text"):
        return f"a class number must be an integer, found {node.describe()}"
    if not _DECIMAL.fullmatch(node.text):
        plain = "written in decimal without sign or leading zeros, " if node.kind == "integer" else ""
        return f"a class number must be an integer, {plain}found {node.describe()}"
    if len(node.text) > 10 or int(node.text) > MAX_CLASS_NUMBER:
        return f"a class number must be at most {MAX_CLASS_NUMBER}, found {quote(node.text, 40)}"
    return int(node.text)


class _Classes:
    def __init__(self, problems: Problems, document: Document) -> None:
        self._problems = problems
        self._document = document
        self._taken: dict[str, tuple[int, int]] = {}

    def read(self, section: Mapping) -> dict[int, str]:
        """Fill the document's categories; all numbers that the file names, with the class's name if it has one."""
        numbers: dict[int, str] = {}
        found: list[tuple[int, str, str]] = []
        for key, value in section.entries:
            number = _number(key)
            if isinstance(number, str):
                self._problems.add(key.line, number)
            names = self._names(key, value)
            if not isinstance(number, str):
                numbers[number] = names[-1] if names else ""
            if not names:
                continue
            if names[-1] in self._taken:
                other, line = self._taken[names[-1]]
                self._problems.add(
                    key.line,
                    f"class {quote(key.text, 40)[1:-1]}: duplicate class name {quote(names[-1])}, "
                    f"first of class {other} on line {line}",
                )
            elif not isinstance(number, str):
                self._taken[names[-1]] = (number, key.line)
                found.append((number, names[-1], names[0]))
        found.sort()
        self._document.categories = [Category(number, index, *names) for index, (number, *names) in enumerate(found)]
        return numbers

    def _names(self, key: Scalar, value: Node) -> list[str]:
        entries = value.items if isinstance(value, Listing) else [value]
        shown = f"class {quote(key.text, 40)[1:-1]}"
        if not entries:
            self._problems.add(value.line, f"{shown}: empty list of names, expected at least one name")
        good: list[str] = []
        for entry in entries:
            reason = _wrong_name(entry)
            if reason:
                self._problems.add(entry.line, f"{shown}: {reason}")
            elif isinstance(entry, Scalar):
                good.append(entry.text)
        return good if len(good) == len(entries) else []


def _wrong_name(entry: Node) -> str:
    if not isinstance(entry, Scalar):
        return f"a name must be a text, found {entry.describe()}"
    if entry.kind != "text":
        hint = "" if entry.kind == "null" else "; put it in quotes"
        return f"a name must be a text, found {entry.describe()}{hint}"
    if not entry.text.strip():
        return f"empty name {quote(entry.text)}"
    for char in entry.text:
        if unicodedata.category(char) in _BROKEN:
            kind = "the lone surrogate" if unicodedata.category(char) == "Cs" else "the control character"
            return f"the name {quote(entry.text)} holds {kind} U+{ord(char):04X}"
    return ""


class _KnownClasses:
    """Looks class numbers up among those of the file."""

    def __init__(self, numbers: dict[int, str] | None, problems: Problems, speller: Speller) -> None:
        self._numbers = numbers
        self._names = {name: number for number, name in (numbers or {}).items() if name}
        self._right = [str(number) for number in numbers or ()]
        self._problems = problems
        self._speller = speller

    def number(self, value: Node, where: str) -> int | None:
        """A class number; ``None`` when it is wrong, which was noted."""
        number = _number(value)
        if isinstance(number, str):
            near = self._speller.nearest(value.text, self._names) if isinstance(value, Scalar) else None
            hint = f"; did you mean {self._names[near]}, the class {quote(near)}?" if near is not None else ""
            self._problems.add(value.line, f"{where}: {number}{hint}")
        elif self._numbers is not None and number not in self._numbers:
            near = self._speller.nearest(str(number), self._right)
            hint = f"; did you mean {near}?" if near is not None else ""
            self._problems.add(value.line, f"{where}: class {number} is not in classes{hint}")
        else:
            return number
        return None


def _read_rules(section: Mapping, known: _KnownClasses, document: Document, problems: Problems) -> None:
    for index, (key, value) in enumerate(section.entries):
        if index == MAX_RULES:
            problems.add(key.line, f"{len(section.entries):,} rules, allowed are {MAX_RULES:,}")
            return
        text = key.text.strip()
        document.rules.append(WrittenRule(key.line, text, known.number(value, f"rule {quote(text)}")))


def _list(key: Scalar, value: Node, problems: Problems) -> list[Scalar]:
    """The entries of a list, those of a wrong kind left out."""
    wanted = "class numbers" if key.text == "stuff" else "expressions"
    if isinstance(value, Scalar) and value.kind == "null":
        return []
    if not isinstance(value, Listing):
        problems.add(value.line, f"{key.text}: expected a list of {wanted}, found {value.describe()}")
        return []
    if len(value.items) > MAX_RULES:
        problems.add(key.line, f"{key.text}: {len(value.items):,} entries, allowed are {MAX_RULES:,}")
        return []
    entries: list[Scalar] = []
    for item in value.items:
        if isinstance(item, Scalar) and item.kind != "null":
            entries.append(item)
            continue
        quotes = "; put it in quotes" if key.text != "stuff" and not isinstance(item, Scalar) else ""
        one = "a class number" if key.text == "stuff" else "an expression"
        problems.add(item.line, f"{key.text}: expected {one}, found {item.describe()}{quotes}")
    return entries


def _read_stuff(entries: list[Scalar], known: _KnownClasses, problems: Problems) -> list[int]:
    first: dict[int, int] = {}
    for entry in entries:
        number = known.number(entry, "stuff")
        if number in first:
            problems.add(entry.line, f"stuff: duplicate class {number}, first on line {first[number]}")
        elif number is not None:
            first[number] = entry.line
    return list(first)
