"""Rules that are true for every object, or for none, are told, with their line and what was probably meant."""

from __future__ import annotations

import ast
import json

import pytest

from labelmill.maps import doubts, map_from_types, parse_map
from labelmill.maps.doubts import truth_of

HEAD = "classes:\n  1: [toy, Car]\n  2: [toy, Bus]\nproperties:\n"


def told(*rules: str, more: str = "") -> list[str]:
    lines = "".join(f"  ? {json.dumps(rule)}\n  : {1 + index % 2}\n" for index, rule in enumerate(rules))
    return [doubt.text for doubt in doubts(parse_map((HEAD + lines + more).encode(), "map.yml"))]


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        (
            "obj['type'] == 'Car' or 'Bus'",
            "always true: it asks nothing; did you mean obj['type'] in ['Car', 'Bus']?",
        ),
        (
            "obj['type'] in ['Car'] or 'Bus' or 'Van'",
            "always true: it asks nothing; did you mean obj['type'] in ['Car', 'Bus', 'Van']?",
        ),
        ("obj['type'] == 'Car' or 'Bus' or obj['wheels'] == 4", "always true: it asks nothing"),
        ("obj['type'] == 'Car' or not ''", "always true: it asks nothing"),
        ("obj['type'] == 'Car' and ''", "never true: it asks nothing"),
        ("not (obj['type'] == 'Car' or 'Bus')", "never true: it asks nothing"),
        ("[obj['type'] == 'Car']", "always true: it asks nothing"),
        ("'Car' if obj['type'] == 'Car' else 'Bus'", "always true: it asks nothing"),
        ("1", "always true: it asks nothing"),
        ("1 == 1", "always true: it asks nothing"),
        ("obj['type'] == 'Car' or -1", "always true: it asks nothing"),
        ("'a' in ['b'] and obj['type'] == 'Car'", "never true: it asks nothing"),
        ("all([x > 0 for x in [1, 2]])", "always true: it asks nothing"),
        ("len('abc') > 3", "never true: it asks nothing"),
    ],
)
def test_a_rule_that_asks_nothing_is_told(rule: str, says: str) -> None:
    assert told("obj['type'] == 'Van'", rule) == [f'rule "{rule}" (line 7) is {says}']


@pytest.mark.parametrize(
    "rule",
    [
        "True",
        "False",
        "obj['type'] == 'Car' or obj['type'] == 'Bus'",
        "obj['type'] and 'Car'",
        "obj['wheels'] or 0",
        "obj['type'] in ['Car', 'Bus']",
        "'Car' if obj['type'] == 'Car' else ''",
        "not obj['type']",
        "obj['type'] == obj['type']",
        "1 / 0 > 1 or obj['type'] == 'Car'",
        "all([x > 0 for x in obj['sizes']])",
    ],
)
def test_a_rule_that_asks_something_is_not(rule: str) -> None:
    assert told(rule) == []


def test_filters_are_looked_at_and_all_come_by_line() -> None:
    more = "ignore:\n  - ann['obstruction'] > 0.5 or 1\ndrop:\n  - ann['pixels'] < 9 and 0\n"
    assert told("obj['type'] == 'Car' or 'Bus'", more=more) == [
        "rule \"obj['type'] == 'Car' or 'Bus'\" (line 5) is always true: it asks nothing; "
        "did you mean obj['type'] in ['Car', 'Bus']?",
        "ignore \"ann['obstruction'] > 0.5 or 1\" (line 8) is always true: it asks nothing",
        "drop \"ann['pixels'] < 9 and 0\" (line 10) is never true: it asks nothing",
    ]


def test_a_map_of_types_has_none() -> None:
    assert doubts(map_from_types(["Car", "'); or 'x"])) == []


@pytest.mark.parametrize("value", [True, False, 0, 1, "", "x", None, 1.5, 0.0])
@pytest.mark.parametrize("text", ["{0!r}", "not {0!r}", "{0!r} or x", "{0!r} and x", "x or {0!r}", "x and {0!r}"])
def test_what_is_proved_is_what_python_says(text: str, value: object) -> None:
    expression = text.format(value)
    truth = truth_of(ast.parse(expression, mode="eval").body)
    answers = {bool(eval(expression, {"x": x})) for x in (0, 1)}  # noqa: S307  of this test's own making
    assert truth == (answers.pop() if len(answers) == 1 else None)
