"""Compiles a checked rule to closures and runs it within a budget.

Only what :mod:`labelmill.maps.expression` let through gets here; a node without a compiler is a bug, not a way
around the check.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

from labelmill.maps.budget import BudgetError, Frame, check_length
from labelmill.maps.calls import FUNCTIONS, METHODS
from labelmill.maps.limits import MAX_RESULT
from labelmill.maps.loops import Clause, Loop, bind
from labelmill.maps.operators import BINARY, get_item, get_slice, negate, plus

Run = Callable[[Frame], Any]
Compile = Callable[[ast.expr], Run]

FAILURES: Final = (
    ArithmeticError,
    AttributeError,
    BudgetError,
    LookupError,
    MemoryError,
    RuntimeError,
    TypeError,
    ValueError,
)
"""All that a rule can raise: whatever it is, the rule is not true for that object."""

_SCALARS: Final = (str, int, float, bool, type(None))


class Program(NamedTuple):
    """A compiled rule: ``run`` may raise any of ``FAILURES``; ``steps`` are paid before; ``loops`` names are kept."""

    run: Run
    steps: int
    loops: int


def compile_rule(tree: ast.expr) -> Program:
    """Compile a rule that the check let through."""
    compiler = _Compiler()
    run = compiler.expression(tree)
    return Program(run, compiler.steps, compiler.slots)


class _Compiler:
    def __init__(self) -> None:
        self.slots = 0
        self.steps = 0
        """Expressions compiled so far."""
        self._scope: dict[str, int] = {}

    def expression(self, node: ast.expr) -> Run:
        self.steps += 1
        return getattr(self, f"_{type(node).__name__.lower()}")(node)  # type: ignore[no-any-return]

    def _constant(self, node: ast.Constant) -> Run:
        value = node.value
        return lambda frame: value

    def _name(self, node: ast.Name) -> Run:
        slot = self._scope.get(node.id)
        if slot is not None:
            return lambda frame: frame.loops[slot]
        return _ROOTS[node.id]

    def _boolop(self, node: ast.BoolOp) -> Run:
        *first, last = (self.expression(value) for value in node.values)

        def run_and(frame: Frame) -> Any:
            for part in first:
                value = part(frame)
                if not value:
                    return value
            return last(frame)

        def run_or(frame: Frame) -> Any:
            for part in first:
                value = part(frame)
                if value:
                    return value
            return last(frame)

        return run_and if isinstance(node.op, ast.And) else run_or

    def _unaryop(self, node: ast.UnaryOp) -> Run:
        operand = self.expression(node.operand)
        if isinstance(node.op, ast.Not):
            return lambda frame: not operand(frame)
        operate = negate if isinstance(node.op, ast.USub) else plus
        return lambda frame: operate(operand(frame))

    def _binop(self, node: ast.BinOp) -> Run:
        left, right = self.expression(node.left), self.expression(node.right)
        operate = BINARY[type(node.op).__name__]
        return lambda frame: operate(frame, left(frame), right(frame))

    def _compare(self, node: ast.Compare) -> Run:
        if len(node.ops) > 1:
            return self._chain(node)
        left, operator, right = node.left, type(node.ops[0]).__name__, node.comparators[0]
        if isinstance(right, ast.Constant):
            if operator == "Eq":
                return _equals(left, self.expression(left), right.value)
        elif operator in ("In", "NotIn"):
            values = _literals(right)
            if values is not None and all(isinstance(value, _SCALARS) for value in values):
                return _is_one_of(self.expression(left), self.expression(right), values, operator)
        run_left, run_right, compare = self.expression(left), self.expression(right), BINARY[operator]
        return lambda frame: compare(frame, run_left(frame), run_right(frame))

    def _chain(self, node: ast.Compare) -> Run:
        first = self.expression(node.left)
        others = [
            (BINARY[type(op).__name__], self.expression(value))
            for op, value in zip(node.ops, node.comparators, strict=True)
        ]

        def run(frame: Frame) -> Any:
            left = first(frame)
            for compare, value in others:
                right = value(frame)
                if not compare(frame, left, right):
                    return False
                left = right
            return True

        return run

    def _ifexp(self, node: ast.IfExp) -> Run:
        test, body, orelse = self.expression(node.test), self.expression(node.body), self.expression(node.orelse)
        return lambda frame: body(frame) if test(frame) else orelse(frame)

    def _subscript(self, node: ast.Subscript) -> Run:
        value = self.expression(node.value)
        if isinstance(node.slice, ast.Slice):
            parts = [node.slice.lower, node.slice.upper, node.slice.step]
            start, stop, step = (self.expression(part) if part is not None else _nothing for part in parts)
            return lambda frame: get_slice(frame, value(frame), slice(start(frame), stop(frame), step(frame)))
        if isinstance(node.slice, ast.Constant):
            constant = node.slice.value
            if isinstance(constant, str) and value is _read_obj:
                return lambda frame: frame.obj[constant]
            if isinstance(constant, str) and value is _read_ann:
                return lambda frame: frame.ann[constant]
            return lambda frame: get_item(frame, value(frame), constant)
        key = self.expression(node.slice)
        return lambda frame: get_item(frame, value(frame), key(frame))

    def _list(self, node: ast.List) -> Run:
        return self._literal(node, list)

    def _tuple(self, node: ast.Tuple) -> Run:
        return self._literal(node, tuple)

    def _set(self, node: ast.Set) -> Run:
        return self._literal(node, set)

    def _literal(self, node: ast.List | ast.Tuple | ast.Set, kind: type) -> Run:
        constants = _literals(node)
        if constants is not None:
            value = kind(constants)  # nothing can change it: one for all objects
            return lambda frame: value
        parts = [self.expression(part) for part in node.elts]

        def run(frame: Frame) -> Any:
            made = kind([part(frame) for part in parts])
            frame.pay_value(made)
            return made

        return run

    def _dict(self, node: ast.Dict) -> Run:
        pairs = [
            (self.expression(key), self.expression(value))
            for key, value in zip(node.keys, node.values, strict=True)
            if key is not None
        ]

        def run(frame: Frame) -> Any:
            made = {key(frame): value(frame) for key, value in pairs}
            frame.pay_value(made)
            return made

        return run

    def _call(self, node: ast.Call) -> Run:
        parts = [self.expression(argument) for argument in node.args]
        if isinstance(node.func, ast.Attribute):
            parts.insert(0, self.expression(node.func.value))
            call = METHODS[node.func.attr]
        elif isinstance(node.func, ast.Name):
            call = FUNCTIONS[node.func.id]
        else:
            raise NotImplementedError(type(node.func).__name__)
        if node.keywords:
            default = self.expression(node.keywords[0].value)
            return lambda frame: call(frame, *[part(frame) for part in parts], default=default(frame))
        if len(parts) == 1:
            only = parts[0]
            return lambda frame: call(frame, only(frame))
        return lambda frame: call(frame, *[part(frame) for part in parts])

    def _listcomp(self, node: ast.ListComp) -> Run:
        loop = self._loop(node)

        def run(frame: Frame) -> Any:
            made = []
            for value in loop(frame):
                made.append(value)
                check_length(len(made))
            frame.pay_value(made)
            return made

        return run

    def _generatorexp(self, node: ast.GeneratorExp) -> Run:
        return self._loop(node)

    def _loop(self, node: ast.ListComp | ast.GeneratorExp) -> Callable[[Frame], Iterator[Any]]:
        outer = dict(self._scope)
        clauses = []
        for clause in node.generators:
            values = self.expression(clause.iter)
            names = clause.target.elts if isinstance(clause.target, ast.Tuple) else [clause.target]
            slots = [self._slot(name) for name in names]
            before = self.steps
            tests = [self.expression(test) for test in clause.ifs]
            several = isinstance(clause.target, ast.Tuple)
            clauses.append(Clause(values, bind(slots, several), tests, 1 + self.steps - before))
        before = self.steps
        element = self.expression(node.elt)
        clauses[-1] = clauses[-1]._replace(steps=clauses[-1].steps + self.steps - before)
        self._scope = outer
        return Loop(clauses, element)

    def _slot(self, name: ast.expr) -> int:
        if not isinstance(name, ast.Name):
            raise NotImplementedError(type(name).__name__)
        slot = self._scope[name.id] = self.slots
        self.slots += 1
        return slot


def _read_obj(frame: Frame) -> Any:
    return frame.obj


def _read_metadata(frame: Frame) -> Any:
    return frame.metadata


def _read_ann(frame: Frame) -> Any:
    return frame.ann


_ROOTS: Final[dict[str, Run]] = {"obj": _read_obj, "metadata": _read_metadata, "ann": _read_ann}


def _nothing(frame: Frame) -> None:
    return None


def _literals(node: ast.expr) -> list[Any] | None:
    """The values of a list, tuple or set of plain literals."""
    if not isinstance(node, ast.List | ast.Tuple | ast.Set):
        return None
    values = [part.value for part in node.elts if isinstance(part, ast.Constant)]
    return values if len(values) == len(node.elts) <= MAX_RESULT else None


def _equals(left: ast.expr, run_left: Run, value: Any) -> Run:
    """``left == literal``: no dearer than the literal is long, so nothing is paid."""
    if (
        isinstance(left, ast.Subscript)
        and isinstance(left.value, ast.Name)
        and left.value.id == "obj"
        and isinstance(left.slice, ast.Constant)
        and isinstance(left.slice.value, str)
    ):
        key = left.slice.value
        return lambda frame: frame.obj[key] == value
    return lambda frame: run_left(frame) == value


def _is_one_of(left: Run, right: Run, values: list[Any], operator: str) -> Run:
    """``left in [literals]``: one look-up for a text, however long the list is."""
    known = frozenset(values)
    wanted = operator == "In"
    compare = BINARY[operator]

    def run(frame: Frame) -> Any:
        value = left(frame)
        return (value in known) is wanted if type(value) is str else compare(frame, value, right(frame))

    return run
