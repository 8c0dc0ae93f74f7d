"""The annotation map: read, checked and compiled once.

What the map's document leaves open is read like this:

* The key of a rule is the scalar as written: ``True: 5`` is the rule that is always true. So is an entry of ``drop``
  and ``ignore``.
* A class number is written in decimal without sign or leading zeros everywhere; ``010`` and ``0x10`` are refused.
* Names that are blank, or hold control characters, line separators or lone surrogates, are refused.
* Two rules that differ only in blanks, brackets or quotes are duplicates, and so are two entries of a list.
* A list of which all is commented out (``ignore:`` and nothing) is empty.
* A list, tuple, set or dict may hold any allowed expression, and so may square brackets.
* A generator is allowed where all of it is read at once: in ``all any max min sorted sum``, after ``in`` and in
  another comprehension. Elsewhere it would only ever be true.
* ``is`` compares texts and numbers by type and value, since Python leaves open which of them are one object.
* Sets are looped over and turned into text in one order in every process; ``sum`` adds one after the other.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import chain
from os import PathLike, fspath
from pathlib import Path
from typing import Any

from labelmill.errors import MapError, MapProblem
from labelmill.maps.document import WrittenRule, read_document
from labelmill.maps.expression import Checked, check_rule
from labelmill.maps.limits import MAX_FILE_BYTES
from labelmill.maps.names import FILTERS
from labelmill.maps.rules import IGNORE, NO_RULES, RuleSet, compile_rules, rule_of_type
from labelmill.maps.tree import Node, Problems, decode
from labelmill.maps.wording import Speller, quote
from labelmill.model import Category


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnotationMap(RuleSet):
    """A checked map, immutable; it can be pickled. Its rules are those that give classes.

    Attributes:
        name: File name as given.
        categories: Ordered by class number; ``Category.index`` is the position.
        filters: What is asked of objects that have a class: ``drop``, then ``ignore``, each in the order of the file.
        stuff: Numbers of classes that are regions, not things, in the order of the file.
    """

    name: str
    categories: tuple[Category, ...]
    filters: RuleSet = NO_RULES
    stuff: tuple[int, ...] = ()

    @property
    def reads_pixels(self) -> bool:
        """Whether a rule or filter may ask how many pixels of an object can be seen: contours are read for it."""
        return self.reads_of_ann("pixels") or self.filters.reads_of_ann("pixels")

    @property
    def ignores(self) -> bool:
        """Whether an object can be ignored."""
        return any(rule.category == IGNORE for rule in self.filters.rules)

    def within(self, seconds: float) -> AnnotationMap:
        """The map, whose rules raise RuleTimeError when they are asked later than in so many seconds from now."""
        until = time.monotonic() + seconds
        return replace(self, until=until, filters=replace(self.filters, until=until))


def load_map(path: str | PathLike[str]) -> AnnotationMap:
    """Read a map from a file.

    Raises:
        MapError: If the file can't be read, or the map breaks its rules: with every problem.
    """
    name = fspath(path)
    try:
        with Path(name).open("rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
            size = len(data) if len(data) <= MAX_FILE_BYTES else Path(name).stat().st_size
    except (OSError, ValueError) as error:
        detail = error.strerror if isinstance(error, OSError) else None
        raise MapError([MapProblem(name, 0, f"the file can't be read: {detail or error}")]) from error
    if len(data) > MAX_FILE_BYTES:
        raise MapError([_too_large(name, size)])
    return parse_map(data, name)


def _too_large(name: str, size: int) -> MapProblem:
    return MapProblem(name, 0, f"the file is {size:,} bytes, allowed are {MAX_FILE_BYTES:,} (1 MiB)")


def parse_map(data: bytes, name: str) -> AnnotationMap:
    """Read a map.

    Args:
        data: The file's bytes: JSON when ``name`` ends in ``.json``, else YAML.
        name: The file's name as the user gave it, for messages.

    Returns:
        The checked and compiled map.

    Raises:
        MapError: If the map breaks its rules: with every problem, in the order of lines.
    """
    problems = Problems(name)
    speller = Speller()
    if len(data) > MAX_FILE_BYTES:
        raise MapError([_too_large(name, len(data))])
    text = decode(data, problems)
    root = _read_json(text, problems) if name.lower().endswith(".json") else _read_yaml(text, problems)
    document = read_document(root, problems, speller)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Python's advice on a stranger's rule is not for our user's terminal
        checked = _check_rules("rule", document.rules, problems, speller)
        checked_filters = [_check_rules(key, document.filters[key], problems, speller) for key in FILTERS]
    if problems.found:
        raise problems.error()
    index = {category.number: category.index for category in document.categories}
    written = [(rule.text, rule.line, index[rule.number]) for rule in document.rules if rule.number is not None]
    rules = compile_rules(written, checked)
    filters = [(rule.text, rule.line, kind) for kind, key in enumerate(FILTERS) for rule in document.filters[key]]
    return AnnotationMap(
        rules.rules,
        rules.fields,
        rules.metadata_fields,
        rules.ann_fields,
        name=name,
        categories=tuple(document.categories),
        filters=compile_rules(filters, chain.from_iterable(checked_filters), first_only=True),
        stuff=tuple(document.stuff),
    )


def _read_json(text: str, problems: Problems) -> Node | None:
    from labelmill.maps.json_tree import read_json  # one of the two is needed, seldom both

    return read_json(text, problems)


def _read_yaml(text: str, problems: Problems) -> Node | None:
    from labelmill.maps.yaml_tree import read_yaml

    return read_yaml(text, problems)


def _check_rules(kind: str, rules: list[WrittenRule], problems: Problems, speller: Speller) -> list[Checked]:
    checked: list[Checked] = []
    first: dict[tuple[Any, ...], int] = {}
    for rule in rules:
        result = check_rule(rule.text, speller)
        checked.append(result)
        for column, reason in result.refusals:
            where = f", column {column}:" if column else ""
            problems.add(rule.line, f"{kind} {quote(rule.text)}{where} {reason}")
        if result.scan is None:
            continue
        signature = result.scan.signature
        if signature in first:
            what = "duplicate rule" if kind == "rule" else f"{kind}: duplicate expression"
            problems.add(rule.line, f"{what} {quote(rule.text)}, first on line {first[signature]}")
        else:
            first[signature] = rule.line
    return checked


def map_from_types(types: Iterable[str]) -> AnnotationMap:
    """The map that stands for "no map at all": the class of an object is its type.

    Args:
        types: The types of all objects that have an annotation entry, in any order, repeated or not.

    Returns:
        A map with one class a type, sorted by name, numbered from 1, supercategory ``"none"``, and one rule each.
        Objects without a text type, or of another type, have no class.
    """
    names = sorted(set(types))
    index = {name: position for position, name in enumerate(names)}
    categories = tuple(Category(position + 1, position, name, "none") for name, position in index.items())
    rules = tuple(rule_of_type(f"obj['type'] == {name!r}", position) for name, position in index.items())
    return AnnotationMap(rules, ("type",), types=index, name="", categories=categories)
