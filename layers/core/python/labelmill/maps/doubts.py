"""Rules whose answer is the same for every object, whatever it holds: allowed, and hardly what was meant."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from labelmill.maps.annotation_map import AnnotationMap
from labelmill.maps.budget import Frame
from labelmill.maps.evaluate import FAILURES, compile_rule
from labelmill.maps.limits import RULE_BUDGET
from labelmill.maps.names import FILTERS
from labelmill.maps.rules import Rule
from labelmill.maps.wording import quote


class Doubt(NamedTuple):
    """A rule that asks nothing.

    Attributes:
        line: 1-based.
        kind: ``rule``, ``drop`` or ``ignore``.
        place: Among the map's rules, or among its filters.
        text: One line for people.
    """

    line: int
    kind: str
    place: int
    text: str


def doubts(map: AnnotationMap) -> list[Doubt]:
    """Find the rules and filters that are true, or false, for every object for which they can be evaluated.

    Only what can be proved is told: by what reads nothing of the object, also among the operands of ``and``, ``or``,
    ``not`` and ``if``. The plain ``True``, which says that it takes what is left, is none.

    Returns:
        In the order of lines.
    """
    found = list(_of(((index, "rule", rule) for index, rule in enumerate(map.rules)) if map.types is None else ()))
    found += _of((index, FILTERS[rule.category], rule) for index, rule in enumerate(map.filters.rules))
    return sorted(found)


def _of(rules: Iterator[tuple[int, str, Rule]] | tuple[()]) -> Iterator[Doubt]:
    for index, kind, rule in rules:
        tree = ast.parse(rule.text, mode="eval").body
        truth = truth_of(tree)
        if truth is None or (isinstance(tree, ast.Constant) and isinstance(tree.value, bool)):
            continue
        text = f"{kind} {quote(rule.text)} (line {rule.line}) is {'always' if truth else 'never'} true: it asks nothing"
        meant = _meant(tree)
        yield Doubt(rule.line, kind, index, text + (f"; did you mean {meant}?" if meant else ""))


def truth_of(tree: ast.expr) -> bool | None:
    """Whether an expression is true for every object, or false; ``None`` where that hangs on the object."""
    if not _reads(tree):
        return _evaluated(tree)
    match tree:
        case ast.Constant(value=value):
            return bool(value)
        case ast.List(elts=parts) | ast.Tuple(elts=parts) | ast.Set(elts=parts):
            return bool(parts)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            truth = truth_of(operand)
            return None if truth is None else not truth
        case ast.BoolOp(op=op, values=values):
            decides = isinstance(op, ast.Or)
            truths = [truth_of(value) for value in values]
            if decides in truths:
                return decides
            return None if None in truths else not decides
        case ast.IfExp(body=body, orelse=orelse):
            truth = truth_of(body)
            return truth if truth == truth_of(orelse) else None
    return None


def _reads(tree: ast.expr) -> bool:
    """Whether an expression reads anything but what it makes itself."""
    nodes = list(ast.walk(tree))
    called = {id(node.func) for node in nodes if isinstance(node, ast.Call)}
    names = [node for node in nodes if isinstance(node, ast.Name) and id(node) not in called]
    own = {node.id for node in names if isinstance(node.ctx, ast.Store)}
    return any(node.id not in own for node in names)


def _evaluated(tree: ast.expr) -> bool | None:
    """What an expression that reads nothing of the object gives; ``None`` where it can't be evaluated."""
    program = compile_rule(tree)
    frame = Frame({}, {}, program.loops)
    frame.left = RULE_BUDGET - program.steps
    try:
        return bool(program.run(frame))
    except FAILURES:
        return None


def _meant(tree: ast.expr) -> str:
    """``a in ['x', 'y']`` for ``a == 'x' or 'y'``, the slip that is made most; empty for others."""
    if not (isinstance(tree, ast.BoolOp) and isinstance(tree.op, ast.Or)):
        return ""
    first, *others = tree.values
    match first:
        case ast.Compare(left=left, ops=[ast.Eq()], comparators=[ast.Constant() as value]):
            values = [value, *others]
            if all(isinstance(other, ast.Constant) for other in others):
                return ast.unparse(ast.Compare(left, [ast.In()], [ast.List(values, ast.Load())]))
        case ast.Compare(left=left, ops=[ast.In()], comparators=[ast.List(elts=elements)]):
            if all(isinstance(other, ast.Constant) for other in others):
                return ast.unparse(ast.Compare(left, [ast.In()], [ast.List([*elements, *others], ast.Load())]))
    return ""
