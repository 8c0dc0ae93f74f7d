"""One walk over a rule's syntax tree, without recursion: the tree may be as deep as the rule is long."""

from __future__ import annotations

import ast
from typing import Any, Final, NamedTuple

_SKIPPED: Final = frozenset({"ctx", "kind"})
_FIELDS: Final[dict[type[ast.AST], tuple[str, ...]]] = {}


class Scan(NamedTuple):
    """What a walk finds.

    Attributes:
        levels: Nested expressions; a single name has one.
        nodes: All expressions, parents before their children.
        signature: Equal for two rules that parse to the same tree, and only for them.
    """

    levels: int
    nodes: list[ast.expr]
    signature: tuple[Any, ...]


def scan(tree: ast.expr) -> Scan:
    """Walk a tree."""
    levels = 0
    nodes: list[ast.expr] = []
    signature: list[Any] = []
    stack: list[tuple[Any, int]] = [(tree, 0)]
    while stack:
        node, level = stack.pop()
        kind = type(node)
        signature.append(kind)
        if isinstance(node, ast.expr):
            level += 1
            levels = max(levels, level)
            nodes.append(node)
        for name in _fields(kind):
            value = getattr(node, name)
            if isinstance(value, ast.AST):
                stack.append((value, level))
            elif isinstance(value, list):
                signature.append(len(value))
                stack.extend([(part, level) for part in value])
            else:
                signature.append(value if type(value) is str else (type(value), repr(value)))
    return Scan(levels, nodes, tuple(signature))


def _fields(kind: type[ast.AST]) -> tuple[str, ...]:
    known = _FIELDS.get(kind)
    if known is None:
        known = _FIELDS[kind] = tuple(name for name in getattr(kind, "_fields", ()) if name not in _SKIPPED)
    return known
