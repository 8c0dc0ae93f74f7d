"""YAML text to a tree with line numbers, for files that come from strangers.

Only the parser's events are used, one at a time: nothing is constructed, and the reading stops at the first
event beyond the allowed depth or size, so the parser never gets to see the rest of a hostile file. libyaml's
parser is used where PyYAML has it, PyYAML's own otherwise; both give the same tree for what both accept (they
disagree about a few texts that are not YAML, and a syntax error's wording is the parser's).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from labelmill.maps.limits import MAX_LEVELS, MAX_NODES
from labelmill.maps.tree import Listing, Mapping, Node, Problems, Scalar, ScalarKind
from labelmill.maps.wording import quote

if TYPE_CHECKING:
    import yaml

_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_COLON = re.compile("':'|mapping values|expected key")
_KEY_CHARS: Final = 1_024
_KINDS: Final[dict[str, ScalarKind]] = {
    "bool": "boolean",
    "float": "number",
    "int": "integer",
    "null": "null",
    "timestamp": "date",
}


def read_yaml(text: str, problems: Problems, pure: bool = False) -> Node | None:
    """Read one YAML document.

    Args:
        text: The file's text without a byte order mark.
        problems: Takes what does not stop the reading: duplicate keys, tags, merge keys, keys that are no text.
        pure: Use PyYAML's own parser even where libyaml's is there.

    Returns:
        The document, ``None`` when the file holds none.

    Raises:
        MapError: If it is not YAML, too deep or too large, or holds more than one document.
    """
    import yaml

    _check_text(text, problems)
    loader: type[yaml.SafeLoader | yaml.CSafeLoader] = yaml.SafeLoader
    if not pure and yaml.__with_libyaml__:
        loader = yaml.CSafeLoader
    composer = _Composer(text, problems)
    try:
        return composer.document(yaml.parse(text, Loader=loader))
    except yaml.MarkedYAMLError as error:
        raise problems.stop(*_syntax(error, text)) from error
    except (yaml.YAMLError, ValueError, OverflowError) as error:  # PyYAML's own parser: an escape beyond Unicode
        raise problems.stop(0, f"not YAML: {quote(str(error))}") from error


def _check_text(text: str, problems: Problems) -> None:
    found = _UNPRINTABLE.search(text)
    if found is not None:
        line = text.count("\n", 0, found.start()) + 1
        raise problems.stop(line, f"not YAML: the character U+{ord(found[0]):04X} is not allowed in it")
    # Directives come before the first event, where nothing else limits them.
    for number, directive in enumerate(text.splitlines(), 1):
        if directive.startswith("%") and not directive.startswith("%YAML"):
            raise problems.stop(number, f"found the directive {quote(directive)}: tags are not allowed")
        if directive.strip() and not directive.startswith(("#", "%")):
            return


def _syntax(error: yaml.MarkedYAMLError, text: str) -> tuple[int, str]:
    """The line and the reason of a syntax error, with the mistakes that rules invite."""
    lines = text.splitlines() or [""]
    marks = [mark.line for mark in (error.problem_mark, error.context_mark) if mark is not None]
    numbers = [min(number, len(lines) - 1) for number in marks] or [0]
    reason = f"not YAML: {error.problem or error.context}"
    if _COLON.search(reason):
        for number in numbers:
            if len(lines[number].strip()) > _KEY_CHARS:
                reason += f"; YAML ends a plain key at {_KEY_CHARS:,} characters: a longer rule needs the form '? rule'"
                return number + 1, reason + " with ': number' on the next line"
    line = lines[numbers[0]].strip().removeprefix("- ").lstrip()
    if "',' or ']'" in reason:
        reason += "; inside [ ] a rule needs quotes around the whole of it, or put it on a line of its own after '- '"
    elif line[:1] in tuple("'\"[{&*!%@`|>"):
        reason += f"; a rule that begins with {line[0]} needs quotes around the whole of it"
    elif ": " in line.rpartition(": ")[0] or " #" in line:
        reason += "; a rule that holds ': ' or ' #' needs quotes around the whole of it"
    return numbers[0] + 1, reason


class _Composer:
    """Builds the tree from events, within the limits."""

    def __init__(self, text: str, problems: Problems) -> None:
        import yaml

        self._text = text
        self._problems = problems
        self._yaml = yaml
        self._nodes = 0
        self._line = 1
        self._anchors: dict[str, tuple[Node, int, int] | None] = {}
        """Anchor to its node, its expanded size and its height in levels; ``None`` while it is being read."""

    def document(self, events: Iterator[Any]) -> Node | None:
        root: Node | None = None
        for event in events:
            if isinstance(event, self._yaml.DocumentEndEvent):
                # Nothing after the document is parsed: a second one is refused whatever it holds.
                mark: Any = event.end_mark
                self._check_rest(mark.index, mark.line)
                return root
            if isinstance(event, self._yaml.NodeEvent):
                root, _ = self._node(event, events, 0)
        return root

    def _check_rest(self, start: int, line: int) -> None:
        for offset, rest in enumerate(self._text[start:].splitlines()):
            if rest.strip() not in ("", "...") and not rest.lstrip().startswith("#"):
                raise self._problems.stop(line + offset + 1, "expected one document, found the start of a second")

    def _node(self, event: Any, events: Iterator[Any], depth: int) -> tuple[Node, int]:
        """Read one node: itself and its height in levels (a scalar has none)."""
        if isinstance(event, self._yaml.ScalarEvent) and not event.value and not event.style:
            line = self._line  # where nothing is written, the parsers name different places
        else:
            line = self._line = event.start_mark.line + 1
        anchor = event.anchor
        self._count(1, line)
        if isinstance(event, self._yaml.AliasEvent):
            return self._alias(anchor, line, depth)
        start = self._nodes
        if anchor is not None:
            self._anchors[anchor] = None
        if event.tag is not None:
            self._problems.add(line, f"found the tag {quote(event.tag)}: tags are not allowed")
        if isinstance(event, self._yaml.ScalarEvent):
            node: Node = self._scalar(event, line)
            height = 0
        else:
            self._check_depth(depth + 1, line)
            read = self._mapping if isinstance(event, self._yaml.MappingStartEvent) else self._list
            node, height = read(line, events, depth + 1)
        if anchor is not None:
            self._anchors[anchor] = (node, self._nodes - start + 1, height)
        return node, height

    def _alias(self, anchor: str, line: int, depth: int) -> tuple[Node, int]:
        if anchor not in self._anchors:
            raise self._problems.stop(line, f"the alias {quote('*' + anchor)} has no anchor before it")
        known = self._anchors[anchor]
        if known is None:
            raise self._problems.stop(line, f"the alias {quote('*' + anchor)} stands inside what it stands for")
        node, size, height = known
        self._count(size - 1, line)
        self._check_depth(depth + height, line)
        return (Scalar(line, node.kind, node.text) if isinstance(node, Scalar) else node), height

    def _list(self, line: int, events: Iterator[Any], depth: int) -> tuple[Node, int]:
        node, height = Listing(line), 0
        for event in events:
            if isinstance(event, self._yaml.SequenceEndEvent):
                break
            item, below = self._node(event, events, depth)
            node.items.append(item)
            height = max(height, below)
        return node, height + 1

    def _mapping(self, line: int, events: Iterator[Any], depth: int) -> tuple[Node, int]:
        node, height = Mapping(line), 0
        seen: dict[str, int] = {}
        for event in events:
            if isinstance(event, self._yaml.MappingEndEvent):
                break
            key_line = event.start_mark.line + 1
            merge = isinstance(event, self._yaml.ScalarEvent) and event.value == "<<" and event.implicit[0]
            key, key_height = self._node(event, events, depth)
            key_line = key.line if isinstance(key, Scalar) else key_line
            value, below = self._node(next(events), events, depth)
            height = max(height, key_height, below)
            node.refused |= merge or not isinstance(key, Scalar)
            if not isinstance(key, Scalar):
                self._problems.add(key_line, f"a key must be a text, found {key.describe()}; put it in quotes")
            elif merge:
                self._problems.add(key_line, "found the merge key <<: merge keys are not allowed")
            elif key.text in seen:
                self._problems.add(key_line, f"duplicate key {quote(key.text)}, first on line {seen[key.text]}")
            else:
                seen[key.text] = key_line
                node.entries.append((key, value))
        return node, height + 1

    def _scalar(self, event: Any, line: int) -> Scalar:
        if _SURROGATE.search(event.value):  # libyaml's parser refuses the escape by itself
            raise self._problems.stop(line, "not YAML: found invalid Unicode character escape code")
        kind: ScalarKind = "text"
        if event.implicit[0] and not event.style:
            resolvers = self._yaml.SafeLoader.yaml_implicit_resolvers.get(event.value[:1], [])
            for tag, pattern in resolvers:
                if pattern.match(event.value):
                    kind = _KINDS.get(tag.rpartition(":")[2], "text")
                    break
        return Scalar(line, kind, event.value)

    def _count(self, size: int, line: int) -> None:
        self._nodes += size
        if self._nodes > MAX_NODES:
            raise self._problems.stop(line, f"more than {MAX_NODES:,} values, aliases counted by what they stand for")

    def _check_depth(self, depth: int, line: int) -> None:
        if depth > MAX_LEVELS:
            raise self._problems.stop(line, f"more than {MAX_LEVELS} levels of lists and mappings")
