"""The annotation map: read, checked and compiled once.

What the map's document leaves open is read like this:

* The key of a rule is the scalar as written: ``True: 5`` is the rule that is always true.
* A class number is written in decimal without sign or leading zeros everywhere; ``010`` and ``0x10`` are refused.
* Names that are blank, or hold control characters, line separators or lone surrogates, are refused.
* Two rules that differ only in blanks, brackets or quotes are duplicates.
* A list, tuple, set or dict may hold any allowed expression, and so may square brackets.
* A generator is allowed where all of it is read at once: in ``all any max min sorted sum``, after ``in`` and in
  another comprehension. Elsewhere it would only ever be true.
* ``is`` compares texts and numbers by type and value, since Python leaves open which of them are one object.
* Sets are looped over and turned into text in one order in every process; ``sum`` adds one after the other.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from os import PathLike, fspath
from pathlib import Path
from typing import Any

from labelmill.errors import MapError, MapProblem
from labelmill.maps.document import Document, read_document
from labelmill.maps.evaluate import Program, compile_rule
from labelmill.maps.expression import Checked, check_rule
from labelmill.maps.fields import FieldReader, Fields
from labelmill.maps.limits import MAX_FILE_BYTES
from labelmill.maps.tree import Node, Problems, decode
from labelmill.maps.wording import Speller, quote
from labelmill.model import Category


@dataclass(frozen=True, slots=True)
class Rule:
    """One checked rule.

    Attributes:
        text: The expression as the map has it.
        line: 1-based line in the file, 0 when the map has none.
        category: Index into the map's categories.
        program: The compiled expression.
    """

    text: str
    line: int
    category: int
    program: Program = field(compare=False, repr=False)

    def __reduce__(self) -> tuple[Any, ...]:
        if self.program is _NEVER:
            return _rule_of_type, (self.text, self.category)
        return _restore_rule, (self.text, self.line, self.category)


def _restore_rule(text: str, line: int, category: int) -> Rule:
    """Compile a rule again in another process: closures do not travel. It is checked again, too."""
    checked = check_rule(text, Speller())
    if checked.tree is None or checked.refusals:
        raise ValueError(f"not a checked rule: {quote(text)}")
    return Rule(text, line, category, compile_rule(checked.tree))


@dataclass(frozen=True, slots=True)
class AnnotationMap:
    """A checked map, immutable; it can be pickled.

    Attributes:
        name: File name as given.
        categories: Ordered by class number; ``Category.index`` is the position.
        rules: In the order of the file.
        fields: Top-level keys of ``obj`` that rules read, sorted; ``None``: rules need the whole object.
        metadata_fields: The same for ``metadata``; ``()`` when no rule names it.
        types: Type to category index for a map made of types, else ``None``: there the rules need no evaluation.
        verdicts: Category and deciding rule of types that a classifier has met, where rules read nothing else and
            all agree: each shard has a classifier of its own, which asks here first.
    """

    name: str
    categories: tuple[Category, ...]
    rules: tuple[Rule, ...]
    fields: Fields
    metadata_fields: Fields
    types: Mapping[str, int] | None = field(default=None, compare=False)
    verdicts: dict[str, tuple[int | None, int | None]] = field(default_factory=dict, compare=False, repr=False)


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
        checked = _check_rules(document, problems, speller)
    if problems.found:
        raise problems.error()
    index = {category.number: category.index for category in document.categories}
    reader = FieldReader()
    rules = []
    for rule, (tree, _, scanned) in zip(document.rules, checked, strict=True):
        if tree is None or scanned is None or rule.number is None:
            raise RuntimeError("a rule with a problem that was not noted")
        reader.add(scanned.nodes)
        rules.append(Rule(rule.text, rule.line, index[rule.number], compile_rule(tree)))
    return AnnotationMap(
        name, tuple(document.categories), tuple(rules), reader.fields("obj"), reader.fields("metadata")
    )


def _read_json(text: str, problems: Problems) -> Node | None:
    from labelmill.maps.json_tree import read_json  # one of the two is needed, seldom both

    return read_json(text, problems)


def _read_yaml(text: str, problems: Problems) -> Node | None:
    from labelmill.maps.yaml_tree import read_yaml

    return read_yaml(text, problems)


def _check_rules(document: Document, problems: Problems, speller: Speller) -> list[Checked]:
    checked: list[Checked] = []
    first: dict[tuple[Any, ...], int] = {}
    for rule in document.rules:
        result = check_rule(rule.text, speller)
        checked.append(result)
        for column, reason in result.refusals:
            where = f", column {column}:" if column else ""
            problems.add(rule.line, f"rule {quote(rule.text)}{where} {reason}")
        if result.scan is None:
            continue
        signature = result.scan.signature
        if signature in first:
            problems.add(rule.line, f"duplicate rule {quote(rule.text)}, first on line {first[signature]}")
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
    rules = tuple(_rule_of_type(f"obj['type'] == {name!r}", position) for name, position in index.items())
    return AnnotationMap("", categories, rules, ("type",), (), index)


_NEVER = Program(lambda frame: False, 1, 0)
"""The program of rules that are decided by a look-up of the type."""


def _rule_of_type(text: str, category: int) -> Rule:
    return Rule(text, 0, category, _NEVER)
