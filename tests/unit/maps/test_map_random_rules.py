"""Random rules give Python's own results."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labelmill.maps.budget import Frame
from labelmill.maps.evaluate import FAILURES, compile_rule
from labelmill.maps.expression import check_rule
from labelmill.maps.limits import RULE_BUDGET
from labelmill.maps.wording import Speller

NAMES = ["obj['i']", "obj['f']", "obj['s']", "obj['l']", "obj['d']", "obj['t']", "obj['n']"]
LITERALS = ["0", "1", "-3", "2.5", "True", "None", "''", "'ab'", "'a b'", "[]", "[1, 2]", "('a', 1)", "{'a': 1}"]
BINARY = ["+", "-", "*", "/", "//", "%", "==", "!=", "<", "<=", ">", ">=", "in", "not in", "and", "or"]
CALLS = [
    *(f"{name}({{0}})" for name in ("len", "min", "max", "abs", "round", "sum", "any", "all", "int", "float", "str")),
    *("bool({0})", "sorted({0})", "max({0}, {1})", "min({0}, default={1})", "round({0}, {1})", "sum({0}, {1})"),
    *("({0}).lower()", "({0}).strip({1})", "({0}).startswith({1})", "({0}).replace({1}, 'x')", "({0}).split({1})"),
    *("({0}).count({1})", "({0}).get({1})", "({0}).keys()", "({0}).values()", "({0}).items()"),
    *("({0})[{1}]", "({0})[{1}:]", "({0})[::{1}]", "({0}) if ({1}) else 0", "not ({0})", "-({0})", "({0}) < {1} < 3"),
    *("[x for x in ({0}) if x]", "[({1}) for x in ({0})]", "any(x == ({1}) for x in ({0}))", "[[{0}], ({1},)]"),
    *("'%s|%5s' % (({0}), ({1}))", "'%d' % ({0})", "'%r' % ({0},)", "{{'a': {0}}}", "{{({0})}}"),
]


def expressions() -> st.SearchStrategy[str]:
    leaves = st.sampled_from(NAMES + LITERALS)
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.builds("({1}) {0} ({2})".format, st.sampled_from(BINARY), inner, inner),
            st.builds(lambda shape, a, b: shape.format(a, b), st.sampled_from(CALLS), inner, inner),
        ),
        max_leaves=8,
    )


VALUES = st.fixed_dictionaries(
    {
        "i": st.integers(-5, 5),
        "f": st.sampled_from([0.0, -1.5, 2.25, 1e300]),
        "s": st.text("ab ,%", max_size=6),
        "l": st.lists(st.integers(0, 3) | st.text("ab", max_size=2), max_size=4),
        "d": st.dictionaries(st.sampled_from(["a", "ab"]), st.integers(0, 3), max_size=2),
        "t": st.booleans(),
        "n": st.none(),
    }
)


def run(tree: Any, obj: dict[str, Any]) -> Any:
    program = compile_rule(tree)
    frame = Frame(obj, {}, program.loops)
    frame.left = RULE_BUDGET
    return program.run(frame)


@pytest.mark.filterwarnings("ignore::SyntaxWarning")
@settings(max_examples=400, deadline=None)
@given(expressions(), VALUES)
def test_random_rules_give_pythons_result(text: str, obj: dict[str, Any]) -> None:
    checked = check_rule(text, Speller())
    if checked.refusals:  # too many levels of loops
        assert all("levels" in refusal.reason for refusal in checked.refusals), (text, checked.refusals)
        return
    try:
        wanted, failed = eval(text, {"obj": obj, "metadata": {}}), False  # noqa: S307
    except Exception:  # noqa: BLE001
        wanted, failed = None, True
    try:
        got = run(checked.tree, obj)
    except FAILURES:
        assert failed, text
        return
    assert not failed, (text, got)
    assert type(got) is type(wanted)
    both = isinstance(got, float) and math.isnan(got)
    assert str(got) == str(wanted) if both or not isinstance(got, set) else got == wanted
