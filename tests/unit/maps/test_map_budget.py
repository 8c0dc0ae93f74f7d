"""Hostile rules run out of budget, instead of hanging a worker or filling its memory."""

from __future__ import annotations

import tracemalloc
from typing import Any

import pytest

from labelmill.maps import Classifier, parse_map
from labelmill.maps.budget import BudgetError, Frame
from labelmill.maps.evaluate import FAILURES, compile_rule
from labelmill.maps.expression import check_rule
from labelmill.maps.limits import OBJECT_BUDGET, RULE_BUDGET
from labelmill.maps.wording import Speller

DEEP: list[Any] = []
for _ in range(5_000):
    DEEP = [DEEP]

OBJ: dict[str, Any] = {
    "big": list(range(10_000)),
    "s": "a" * 1_000_000,
    "wide": "\U0001f600" * 60_000,
    "n": 10**4_000,
    "strs": ["a" * 60_000 + str(i) for i in range(10)],
    "deep": DEEP,
    "deeper": [DEEP],
}
METADATA: dict[str, Any] = {"s": "".join(["a"] * 1_000_000), "objects": [OBJ] * 100}

HOSTILE = [
    "'a'*1000000000",
    "'a' * 65537",
    "[0] * 65537",
    "1000000000 * (1,)",
    "'a' * 65536 + 'a'",
    "[0] * 65536 + [0]",
    "[obj['big']] * 60000",
    "[[obj['big']]*60000]*60000 == [[obj['big']]*60000]*60000",
    "str([obj['big']]*10000)",
    "str(obj['big'] * 5)",
    "'%1000000000d' % 1",
    "'%.1000000000f' % 1",
    "'%*d' % (1000000000, 1)",
    "'%.*f' % (1000000000, 1)",
    "'%65000d%65000d' % (1, 2)",
    "'%s' % obj['s']",
    "'%s%s' % (obj['wide'], obj['wide'])",
    "'%(a)s%(a)s' % {'a': obj['wide']}",
    "obj['s'] % ()",
    "any('%%'*30000 % () == '' for x in obj['big'])",
    "obj['n'] * obj['n'] * obj['n'] * obj['n'] * 1",
    "int('9'*60000)",
    "int('z'*4200, 36)",
    "[str(x) for x in [obj['n']]*60000]",
    "any(str(obj['n']) == '' for x in obj['big'])",
    "any(('%d' % obj['n']) == '' for x in obj['big'])",
    "any(obj['n'] / (obj['n'] + 1) < 0 for x in obj['big'])",
    "any(round(obj['n'], -1000) < 0 for x in obj['big'])",
    "any(round(obj['n'], 1000) < 0 for x in obj['big'])",
    "any(round(1.5e300, 300) < 0 for x in obj['big'] for y in (1, 2, 3))",
    "any(obj['n'] // 7 < 0 for x in obj['big'] for y in (1, 2, 3))",
    "any(obj['n'] % 7 < 0 for x in obj['big'] for y in (1, 2, 3))",
    "any('%.300f' % 1.5e300 == '' for x in obj['big'])",
    "round(1.5, 1001)",
    "round(15, -1001)",
    "round(1.5, 10 * 1000000000)",
    "sorted(obj['s'])",
    "sorted([obj['s']] * 60000)",
    "sum([[0]*60000]*60000, [])",
    "sum([obj['big'], obj['big'], obj['big'], obj['big'], obj['big'], obj['big'], obj['big']], [])",
    "min([obj['big']] * 1000)",
    "('a'*60000).replace('', 'b'*60000)",
    "('a'*60000).replace('a', 'bb')",
    "obj['s'].replace('b', '')",
    "obj['s'].lower()",
    "(obj['wide'] + 'ß' * 5000).upper() + 'ß'",
    "obj['s'].split('a')",
    "obj['s'].split('b')",
    "obj['s'][::2]",
    "obj['s'].strip('b'*60000+'a')",
    "any('a'.strip('b'*60000+'a') for x in obj['big'])",
    "[x for x in obj['big'] for y in obj['big']]",
    "any(False for x in obj['big'] for y in obj['big'])",
    "any(any(x == y and False for y in obj['s']) for x in obj['s'])",
    "all(x == y or True for x in obj['big'] for y in obj['big'])",
    "any(obj['s'] in obj['s'] and False for x in obj['big'])",
    "any(obj['s'].count('ab') > 1 for x in obj['big'])",
    "any(obj['s'] == metadata['s'] and False for x in obj['big'])",
    "any(obj['s'] is metadata['s'] and False for x in obj['big'])",
    "any(obj['strs'] == obj['strs'] and False for x in obj['big'])",
    "any(1.5 in obj['big'] for x in obj['big'])",
    "any(obj['big'].count(1.5) for x in obj['big'])",
    "any(x < y for x in [obj['big']]*100 for y in [obj['big']]*100)",
    "any({1: obj['big']} == {1: x} for x in [obj['big']]*1000)",
    "['\U0001f600'*65536 for x in obj['big']]",
    "[obj['wide'][::-1] for x in obj['big']]",
    "[obj for x in obj['big']]",
    "[metadata for x in obj['big'] for y in obj['big']]",
    "metadata == metadata",
    "str(metadata)",
    "obj['deep'] == obj['deeper']",
    "str(obj['deep'])",
    "sorted([obj['deep'], obj['deeper']])",
    "obj['deep'] in [obj['deeper']]",
    "{(1, obj['deep'])}",
    "[1 for a, b in [obj['s']]]",
]


def run(text: str) -> Any:
    checked = check_rule(text, Speller())
    assert checked.tree is not None
    assert checked.refusals == []
    program = compile_rule(checked.tree)
    frame = Frame(OBJ, METADATA, program.loops)
    frame.left = RULE_BUDGET
    return program.run(frame)


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_rule_fails(text: str) -> None:
    with pytest.raises(FAILURES):
        run(text)


@pytest.mark.parametrize("text", [text for text in HOSTILE if not text.startswith(("any", "all", "metadata"))])
def test_a_rule_that_makes_large_values_fails_within_bounded_memory(text: str) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(FAILURES):
            run(text)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 64 << 20


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("len('a' * 65536)", 65_536),
        ("len([0] * 65536)", 65_536),
        ("len(['x' for x in [0] * 65536])", 65_536),
        ("sum([1] * 65536)", 65_536),
        ("len('%65536d' % 1)", 65_536),
        ("len(('a' * 32768).replace('a', 'bb'))", 65_536),
        ("round(1.5, 1000)", 1.5),
        ("round(15, -1000)", 0),
        ("len(str(obj['n']))", 4_001),
        ("int('9' * 4200) > 0", True),
        ("len(obj['s'])", 1_000_000),
        ("'b' in obj['s']", False),
        ("obj['s'] == 'b'", False),
        ("obj['s'].startswith('aa')", True),
        ("obj['s'][:3]", "aaa"),
        ("len(metadata['objects'])", 100),
    ],
)
def test_what_is_within_the_limits_works(text: str, value: object) -> None:
    assert run(text) == value


def test_a_walk_stops_at_the_budget_and_pays_shared_values_as_often_as_they_are_held() -> None:
    frame = Frame({}, {}, 0)
    frame.left = 1_000
    frame.pay_value([[1] * 10] * 10)
    assert frame.left == 1_000 - 1 - 10 - 100
    with pytest.raises(BudgetError):
        frame.pay_value([[1] * 10] * 100)


def test_each_rule_has_a_budget_of_its_own_and_all_have_one_together() -> None:
    loop = "any(False for x in obj['big'] for y in obj['big'])"
    rules = [f"{loop} or {number}" for number in range(1, 9)]
    text = "classes: {0: a}\nproperties:\n" + "".join(f'  "{rule}": 0\n' for rule in [*rules, "obj['ok'] == 1"])
    exhausted = OBJECT_BUDGET // RULE_BUDGET
    outcome = Classifier(parse_map(text.encode(), "m.yml")).classify({"big": list(range(10_000)), "ok": 1}, {})
    assert exhausted < len(rules)
    assert outcome.failed == tuple(range(9))
    assert outcome.category is None
    text = text.replace("".join(f'  "{rule}": 0\n' for rule in rules[exhausted - 1 :]), "")
    outcome = Classifier(parse_map(text.encode(), "m.yml")).classify({"big": list(range(10_000)), "ok": 1}, {})
    assert outcome.failed == tuple(range(exhausted - 1))
    assert outcome.category == 0
