"""What a rule may name: the tables of the allow-list, shared by the check and the evaluation."""

from __future__ import annotations

import ast
from typing import Final

ROOTS: Final = ("obj", "metadata", "ann")

RECKONED: Final = ("pixels", "width", "height", "image_width", "image_height")
"""Keys of ``ann`` that are reckoned; they win over an entry's own."""

FILTERS: Final = ("drop", "ignore")
"""Lists of rules that are asked of objects with a class, in the order in which they are asked: keys of the file."""

FUNCTIONS: Final[dict[str, tuple[int, int | None]]] = {
    "abs": (1, 1),
    "all": (1, 1),
    "any": (1, 1),
    "bool": (1, 1),
    "float": (1, 1),
    "int": (1, 2),
    "len": (1, 1),
    "max": (1, None),
    "min": (1, None),
    "round": (1, 2),
    "sorted": (1, 1),
    "str": (1, 1),
    "sum": (1, 2),
}
"""Function to its least and most arguments."""

LOOPING: Final = frozenset({"all", "any", "max", "min", "sorted", "sum"})
"""Functions that may take a generator, as their only values."""

METHODS: Final[dict[str, tuple[int, int]]] = {
    "count": (1, 3),
    "endswith": (1, 3),
    "get": (1, 2),
    "items": (0, 0),
    "keys": (0, 0),
    "lower": (0, 0),
    "replace": (2, 3),
    "split": (0, 2),
    "startswith": (1, 3),
    "strip": (0, 1),
    "upper": (0, 0),
    "values": (0, 0),
}
"""Method to its least and most arguments."""

ARITHMETIC: Final[dict[type[ast.operator], str]] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.Mod: "%",
}

OTHER_OPERATORS: Final[dict[type[ast.AST], str]] = {
    ast.Pow: "**",
    ast.LShift: "<<",
    ast.RShift: ">>",
    ast.BitAnd: "&",
    ast.BitOr: "|",
    ast.BitXor: "^",
    ast.MatMult: "@",
    ast.Invert: "~",
}
"""Python's operators that are refused, for the error message."""

REFUSED: Final[dict[type[ast.AST], str]] = {
    ast.Await: "await",
    ast.DictComp: "a dict comprehension",
    ast.JoinedStr: "an f-string",
    ast.Lambda: "a lambda",
    ast.NamedExpr: "an assignment with :=",
    ast.SetComp: "a set comprehension",
    ast.Slice: "a slice inside a tuple",
    ast.Starred: "an argument list with *",
    ast.Yield: "yield",
    ast.YieldFrom: "yield",
}
"""Python's expressions that are refused, for the error message."""
