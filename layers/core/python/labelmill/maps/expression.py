"""Parses one rule and checks it against the allow-list, before anything of it is run."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator
from typing import NamedTuple

from labelmill.maps.limits import MAX_LOOP_LEVELS, MAX_REFUSALS_PER_RULE, MAX_RULE_CHARS, MAX_RULE_LEVELS
from labelmill.maps.names import ARITHMETIC, FUNCTIONS, LOOPING, METHODS, OTHER_OPERATORS, REFUSED, ROOTS
from labelmill.maps.scan import Scan, scan
from labelmill.maps.wording import Speller, quote

_SPELLINGS = {"&&": "and", "||": "or", "<>": "!=", "===": "==", "!==": "!="}
_LINES = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|$)")  # as Python's tokenizer counts them
_Scope = tuple[str, ...]


class Refusal(NamedTuple):
    """Why a rule is refused: ``column`` counts the rule's characters from 1, 0 means the whole rule."""

    column: int
    reason: str


class Checked(NamedTuple):
    """A parsed rule: ``tree`` may be run only when ``refusals`` is empty."""

    tree: ast.expr | None
    refusals: list[Refusal]
    scan: Scan | None = None


def check_rule(text: str, speller: Speller, roots: tuple[str, ...] = ROOTS) -> Checked:
    """Parse a rule and compare it with the allow-list.

    Args:
        text: The rule without surrounding blanks.
        speller: Finds the nearest right spellings.
        roots: The names that it may use, beside those of its own loops.

    Returns:
        Its tree, and every reason to refuse it, the leftmost first.
    """
    if not text:
        return Checked(None, [Refusal(0, "is empty")])
    if len(text) > MAX_RULE_CHARS:
        return Checked(None, [Refusal(0, f"has {len(text):,} characters, allowed are {MAX_RULE_CHARS:,}")])
    try:
        tree = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        return Checked(None, [_no_python(text, error)])
    scanned = scan(tree)
    if scanned.levels > MAX_RULE_LEVELS:
        return Checked(
            None, [Refusal(0, f"has {scanned.levels} levels of the syntax tree, allowed are {MAX_RULE_LEVELS}")]
        )
    check = _Check(text, speller, roots)
    check.expression(tree, ())
    refusals = sorted(check.refusals)
    if len(refusals) > MAX_REFUSALS_PER_RULE:
        more = len(refusals) - MAX_REFUSALS_PER_RULE
        refusals[MAX_REFUSALS_PER_RULE:] = [Refusal(0, f"has {more} more such mistakes")]
    return Checked(tree, refusals, scanned)


def _no_python(text: str, error: Exception) -> Refusal:
    column, detail = 0, "nested too deep"
    if isinstance(error, SyntaxError):
        column, detail = _column(text, error.lineno or 1, (error.offset or 1) - 1), error.msg
    elif isinstance(error, ValueError):
        detail = "it holds characters that Python does not read"
    right = [f"{word!r} for {wrong!r}" for wrong, word in _SPELLINGS.items() if wrong in text]
    hint = f"; did you mean {', '.join(right)}?" if right else ""
    return Refusal(column, f"is not an expression in Python syntax ({detail}){hint}")


def _column(text: str, line: int, chars: int) -> int:
    before = sum(map(len, _LINES.findall(text)[: line - 1]))
    return min(before + max(chars, 0), len(text)) + 1


class _Check:
    def __init__(self, text: str, speller: Speller, roots: tuple[str, ...]) -> None:
        self.refusals: list[Refusal] = []
        self._roots = roots
        self._text = text
        self._lines = _LINES.findall(text)
        self._speller = speller

    def _refuse(self, node: ast.expr | ast.keyword, found: str, allowed: str) -> None:
        line = self._lines[node.lineno - 1] if node.lineno <= len(self._lines) else ""
        chars = len(line.encode("utf-8", "surrogatepass")[: node.col_offset].decode("utf-8", "replace"))
        self.refusals.append(Refusal(_column(self._text, node.lineno, chars), f"found {found}; allowed {allowed}"))

    def _hint(self, word: str, right: Collection[str]) -> str:
        return self._speller.hint(word, right)

    def expression(self, node: ast.expr, scope: _Scope, loops: int = 0, consumed: bool = False) -> None:
        """Check one expression.

        Args:
            node: The expression; its depth was checked before.
            scope: Loop names that it may use.
            loops: Comprehension clauses around it.
            consumed: Whether a generator may stand here: something reads all of it at once.
        """
        match node:
            case ast.Constant(value=value):
                self._constant(node, value)
            case ast.Name():
                self._name(node, scope)
            case ast.Attribute():
                self._attribute(node)
            case ast.Call():
                self._call(node, scope, loops)
            case ast.Subscript(value=value, slice=key):
                self.expression(value, scope, loops)
                parts = [key.lower, key.upper, key.step] if isinstance(key, ast.Slice) else [key]
                self._each((part for part in parts if part is not None), scope, loops)
            case ast.List(elts=parts) | ast.Tuple(elts=parts) | ast.Set(elts=parts):
                self._each(parts, scope, loops)
            case ast.Dict(keys=keys, values=values):
                if None in keys:
                    self._refuse(node, "a dict with **", "are dicts of keys and values")
                self._each((part for part in [*keys, *values] if part is not None), scope, loops)
            case ast.BoolOp(values=values):
                self._each(values, scope, loops)
            case ast.UnaryOp(op=ast.Not() | ast.USub() | ast.UAdd(), operand=operand):
                self.expression(operand, scope, loops)
            case ast.BinOp(left=left, op=op, right=right) if type(op) in ARITHMETIC:
                self._each((left, right), scope, loops)
            case ast.Compare(left=left, ops=ops, comparators=comparators):
                self.expression(left, scope, loops)
                for op_, value in zip(ops, comparators, strict=True):
                    # A chain would hand a generator on to its next comparison.
                    last = value is comparators[-1]
                    self.expression(value, scope, loops, last and isinstance(op_, ast.In | ast.NotIn))
            case ast.IfExp(test=test, body=body, orelse=orelse):
                self._each((test, body, orelse), scope, loops)
            case ast.ListComp(elt=element, generators=clauses):
                self._loop(node, element, clauses, scope, loops)
            case ast.GeneratorExp(elt=element, generators=clauses) if consumed:
                self._loop(node, element, clauses, scope, loops)
            case ast.GeneratorExp():
                where = ", ".join(sorted(LOOPING))
                self._refuse(node, "a generator", f"inside {where} and after in; write [...] for a list")
            case ast.BinOp(op=op) | ast.UnaryOp(op=op):
                self._refuse(node, f"the operator {OTHER_OPERATORS.get(type(op), '?')}", "are + - * / // %")
            case _:
                found = REFUSED.get(type(node), type(node).__name__)
                self._refuse(node, found, "are comparisons, arithmetic, comprehensions and the listed functions")

    def _each(self, nodes: Collection[ast.expr] | Iterator[ast.expr], scope: _Scope, loops: int) -> None:
        for node in nodes:
            self.expression(node, scope, loops)

    def _constant(self, node: ast.expr, value: object) -> None:
        if value is None or isinstance(value, str | int | float):
            return
        found = {bytes: "bytes", complex: "a complex number"}.get(type(value), "...")
        self._refuse(node, found, "are strings, numbers, True, False and None")

    def _name(self, node: ast.Name, scope: _Scope) -> None:
        name = node.id
        if name in scope or name in self._roots:
            return
        allowed = _names_allowed(self._roots, scope)
        if name in FUNCTIONS:
            self._refuse(node, f"the function {name} without brackets", f"is {name}(...)")
        elif name.startswith("_"):
            self._refuse(node, f"the name {quote(name)}, which begins with an underscore", allowed)
        else:
            right = (*self._roots, *scope, "True", "False", "None")
            self._refuse(node, f"the name {quote(name)}", allowed + self._hint(name, right))

    def _attribute(self, node: ast.Attribute) -> None:
        name = node.attr
        if name in METHODS:
            self._refuse(node, f"the method .{name} without brackets", f"is .{name}(...)")
            return
        value = node.value.id if isinstance(node.value, ast.Name) else "..."
        allowed = f"is {value}['{name}']" if not name.startswith("_") else "are keys in brackets, like ['type']"
        self._refuse(node, f"the attribute {quote('.' + name)}", f"{allowed}{self._hint(name, METHODS)}")

    def _call(self, node: ast.Call, scope: _Scope, loops: int) -> None:
        function = node.func
        if isinstance(function, ast.Attribute):
            name, shown = function.attr, f"the method .{function.attr}()"
            least: int
            most: int | None
            self.expression(function.value, scope, loops)
            if name not in METHODS:
                allowed = "are the methods " + " ".join(sorted(METHODS))
                self._refuse(node, quote_name(shown), allowed + self._hint(name, METHODS))
                return
            least, most = METHODS[name]
        elif isinstance(function, ast.Name) and function.id not in scope:
            name, shown = function.id, f"the function {function.id}()"
            if name not in FUNCTIONS:
                allowed = "are the functions " + " ".join(sorted(FUNCTIONS))
                self._refuse(node, quote_name(shown), allowed + self._hint(name, FUNCTIONS))
                return
            least, most = FUNCTIONS[name]
        else:
            self._refuse(node, "a call of a value", "are calls of the listed functions and methods")
            return
        self._arguments(node, name, isinstance(function, ast.Name), scope, loops)
        count = len(node.args)
        if count < least or (most is not None and count > most):
            wanted = f"{least} or more" if most is None else f"{least}" if least == most else f"{least} to {most}"
            found = f"{count} argument" if count == 1 else f"{count} arguments"
            self._refuse(node, f"{shown} with {found}", f"are {wanted}")

    def _arguments(self, node: ast.Call, name: str, function: bool, scope: _Scope, loops: int) -> None:
        alone = len(node.args) == 1 or name == "sum"
        for index, argument in enumerate(node.args):
            self.expression(argument, scope, loops, function and name in LOOPING and alone and index == 0)
        for keyword in node.keywords:
            if function and name in ("min", "max") and keyword.arg == "default" and len(node.args) == 1:
                self.expression(keyword.value, scope, loops)
            else:
                found = "**" if keyword.arg is None else f"the keyword {quote(keyword.arg + '=')}"
                self._refuse(keyword, found, "is only default= for min and max of one list")

    def _loop(
        self, node: ast.expr, element: ast.expr, clauses: list[ast.comprehension], scope: _Scope, loops: int
    ) -> None:
        if loops + len(clauses) > MAX_LOOP_LEVELS:
            self._refuse(node, f"{loops + len(clauses)} levels of loops", f"are {MAX_LOOP_LEVELS}")
            return
        targets = [list(self._targets(clause)) for clause in clauses]
        unbound = {name for names in targets for name in names}
        inner = scope
        for index, (clause, names) in enumerate(zip(clauses, targets, strict=True)):
            # Python reads the first list outside the loop, the others inside it, where all its names are its own.
            visible = inner if index == 0 else tuple(name for name in inner if name not in unbound)
            self.expression(clause.iter, visible, loops + len(clauses), consumed=True)
            unbound.difference_update(names)
            inner = (*inner, *names)
            visible = tuple(name for name in inner if name not in unbound)
            self._each(clause.ifs, visible, loops + len(clauses))
            if clause.is_async:
                self._refuse(clause.iter, "async", "is for ... in ...")
        self.expression(element, inner, loops + len(clauses))

    def _targets(self, clause: ast.comprehension) -> Iterator[str]:
        target = clause.target
        for name in target.elts if isinstance(target, ast.Tuple) else [target]:
            if not isinstance(name, ast.Name):
                self._refuse(name, "a loop over something else than names", "are for k in ... and for k, v in ...")
            elif name.id.startswith("_"):
                found = f"the loop name {quote(name.id)}, which begins with an underscore"
                self._refuse(name, found, "are other names")
                yield name.id
            elif name.id in ROOTS or name.id in FUNCTIONS:
                self._refuse(name, f"the loop name {quote(name.id)}, which is taken", "are other names")
                yield name.id
            else:
                yield name.id


def quote_name(shown: str) -> str:
    """Make a name that the user wrote safe to print."""
    return quote(shown)[1:-1]


def _names_allowed(roots: tuple[str, ...], scope: _Scope) -> str:
    *first, last = [*roots, *dict.fromkeys(scope)]
    return f"are {', '.join(first)} and {last}" if first else f"is {last}"
