"""Which top-level keys of ``obj``, ``metadata`` and ``ann`` a rule reads, known without running it."""

from __future__ import annotations

import ast

from labelmill.maps.names import ROOTS

Fields = tuple[str, ...] | None
"""Sorted keys; ``None`` when a rule needs the whole."""


def either(first: Fields, second: Fields) -> Fields:
    """The keys that one or the other reads."""
    return None if first is None or second is None else tuple(sorted({*first, *second}))


class FieldReader:
    """Collects the keys that rules read of each root.

    Known are ``root['k']``, ``root.get('k', ...)``, ``'k' in root`` and ``'k' not in root``; with any other use
    of the name a rule may see the whole.
    """

    def __init__(self) -> None:
        self._keys: dict[str, set[str]] = {root: set() for root in ROOTS}
        self._whole: set[str] = set()

    def add(self, nodes: list[ast.expr]) -> None:
        """Look at one checked rule.

        Args:
            nodes: Its expressions, parents before their children.
        """
        known: set[int] = set()
        for node in nodes:
            if isinstance(node, ast.Name):
                if node.id in self._keys and id(node) not in known:
                    self._whole.add(node.id)
                continue
            use = _keyed_use(node)
            if use is not None and use[0].id in self._keys:
                self._keys[use[0].id].add(use[1])
                known.add(id(use[0]))

    def fields(self, root: str) -> Fields:
        """The keys of ``"obj"``, ``"metadata"`` or ``"ann"``, sorted; ``None`` when the whole is needed."""
        return None if root in self._whole else tuple(sorted(self._keys[root]))


def _keyed_use(node: ast.expr) -> tuple[ast.Name, str] | None:
    """The name and the key, when an expression reads one known key of a name."""
    use: ast.expr | None = None
    key: ast.expr | None = None
    if isinstance(node, ast.Subscript):
        use, key = node.value, node.slice
    elif isinstance(node, ast.Call):
        if isinstance(node.func, ast.Attribute) and node.func.attr == "get" and node.args:
            use, key = node.func.value, node.args[0]
    elif isinstance(node, ast.Compare) and len(node.ops) == 1 and isinstance(node.ops[0], ast.In | ast.NotIn):
        use, key = node.comparators[0], node.left
    if isinstance(use, ast.Name) and isinstance(key, ast.Constant) and isinstance(key.value, str):
        return use, key.value
    return None
