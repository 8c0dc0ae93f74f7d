"""Rules: what is allowed gives Python's own results, everything else is refused with its place."""

from __future__ import annotations

from typing import Any

import pytest

from labelmill.maps.budget import Frame
from labelmill.maps.evaluate import FAILURES, compile_rule
from labelmill.maps.expression import check_rule
from labelmill.maps.limits import RULE_BUDGET
from labelmill.maps.wording import Speller

OBJ: dict[str, Any] = {
    "type": "YoYo",
    "name": " Red YoYo ",
    "size": [3, 1, 2],
    "scale": 1.5,
    "count": 7,
    "flag": True,
    "none": None,
    "tags": {"color": "red", "shape": "round"},
    "parts": [{"x": 1, "y": 2}, {"x": 3, "y": 4}],
}
METADATA: dict[str, Any] = {"sensor": {"frame": 12}, "objects": [OBJ, {"type": "Cube"}]}
ANN: dict[str, Any] = {"id": 3, "obstruction": 0.75, "bbox": [1, 2, 30, 40], "pixels": 900, "width": 31, "height": 41}

ALLOWED = [
    "obj['type'] == 'YoYo'",
    "obj['type'] in ['YoYo', 'Cube']",
    "obj['type'] in ('Yo', 'Cube')",
    "obj['type'] not in {'YoYo', 'Cube'}",
    "obj['count'] in [7.0, 'a']",
    "obj['size'] in [[3, 1, 2]]",
    "'Yo' in obj['name'] and 'x' not in obj['name']",
    "'none' in obj",
    "'k' not in obj",
    "obj['none'] is None",
    "obj['type'] is not None",
    "obj['flag'] is True",
    "metadata['sensor']['frame'] > 10",
    "metadata['objects'][1]['type']",
    "ann['obstruction'] > 0.7",
    "ann['pixels'] < 16 or ann['width'] < 3",
    "ann.get('truncated', False)",
    "'obstruction' in ann and ann['obstruction'] is not None",
    "ann['width'] * ann['height'] - ann['pixels']",
    "[key for key in ann if key != 'id' and ann[key] == obj['count']]",
    "len(ann) > len(obj) or ann == obj",
    "obj.get('missing')",
    "obj.get('missing', 5) + 1",
    "obj['size'][0]",
    "obj['size'][-1]",
    "obj['size'][1:3]",
    "obj['size'][::2]",
    "obj['name'][::-1]",
    "obj['size'][:]",
    "obj['tags']['color'] if obj['flag'] else 0",
    "obj['none'] or obj['count'] and obj['scale']",
    "not obj['none']",
    "1 < obj['count'] <= 7 != 3",
    "1 < obj['count'] < 5",
    "[1, 'a', 2.5, True, None]",
    "(1, 2)",
    "()",
    "{1, 2}",
    "{'a': 1, 'b': [2]}",
    "{}",
    "[obj['count'], [obj['scale']]]",
    "{obj['type']: obj['count']}",
    "1 + 2 - 3 * 4 / 5 // 6 % 7",
    "-obj['count']",
    "+obj['scale']",
    "-True",
    "7 % 3.5",
    "-7 // 2",
    "'a' + 'b'",
    "[1] + [2]",
    "(1,) + (2,)",
    "'ab' * 3",
    "3 * [1]",
    "(1,) * -1",
    "{1, 2} - {2}",
    "obj.keys() - {'type'} == {'x'}",
    "obj['name'].lower()",
    "obj['name'].upper()",
    "obj['name'].strip()",
    "obj['name'].strip(' o')",
    "obj['type'].startswith('Yo')",
    "obj['type'].startswith(('a', 'Y'), 0, 2)",
    "obj['type'].endswith('Yo', 2)",
    "obj['type'].replace('Yo', 'x')",
    "obj['type'].replace('Yo', 'x', 1)",
    "obj['type'].replace('', '-')",
    "obj['name'].split()",
    "'a,b,c'.split(',')",
    "'a,b,c'.split(',', 1)",
    "'a b  c'.split(None, 1)",
    "obj['type'].count('Yo')",
    "'aaa'.count('a', 1, 2)",
    "obj['size'].count(1)",
    "(1, 1).count(1)",
    "'color' in obj['tags'].keys()",
    "'red' in obj['tags'].values()",
    "('color', 'red') in obj['tags'].items()",
    "len(obj['size'])",
    "len(obj['tags'].keys())",
    "min(obj['size'])",
    "max(1, obj['count'])",
    "min([], default=3)",
    "max((x for x in [1]), default=3)",
    "abs(-3)",
    "round(2.567, 1)",
    "round(2.5)",
    "round(1234, -2)",
    "sum(obj['size'])",
    "sum([[1], [2]], [])",
    "sum((x for x in [1, 2]), 3)",
    "any(p['x'] == 3 for p in obj['parts'])",
    "all(p['x'] > 0 for p in obj['parts'])",
    "any(o['x'] for o in [{'x': 1}, {}])",
    "int('12')",
    "int('ff', 16)",
    "int(2.9)",
    "float('1.5')",
    "float(3)",
    "str(obj['size'])",
    "str([1, 'a', (1,), (), {'a': None}, 1.5, 'it\\'s'])",
    "str({'a': {1}})",
    "str(obj['tags'].items())",
    "str(obj['tags'].keys())",
    "bool([])",
    "sorted(obj['size'])",
    "sorted('bca')",
    "sorted(obj['tags'])",
    "[x * 2 for x in obj['size'] if x > 1]",
    "[x for x in 'abc']",
    "[k + v for k, v in obj['tags'].items()]",
    "[(x, y) for x in [1, 2] for y in [x, 3] if x < y if y]",
    "[[y for y in [x, x]] for x in [1, 2]]",
    "[x for x in [x for x in [1, 2]]]",
    "[len(a) for a, in [['x']]]",
    "3 in (x for x in [1, 2, 3])",
    "[x for x in (y for y in obj['size'])]",
    "[v for v in obj['tags'].values()]",
    "[k for k in obj['tags']]",
    "'%s is %d, %5.2f %%' % (obj['type'], obj['count'], obj['scale'])",
    "'%-5s|%05d|%+d|%x' % ('a', 3, 4, 255)",
    "'%*d|%.*f' % (5, 3, 2, 1.5)",
    "'%(color)s %(shape)r' % obj['tags']",
    "'%s' % obj['size']",
    "'%a' % 'é'",
    "'%c%c' % (65, 'b')",
    "'%.2s' % 'abc'",
    "'a' 'b' == 'ab'",
    "True",
    "0x1F + 0b1 + 1_000",
    "1e999",
    "obj['a b'] if 'a b' in obj else 'é' == 'é'",
]


def evaluate(text: str, obj: Any = OBJ, metadata: Any = METADATA) -> Any:
    checked = check_rule(text, Speller())
    assert checked.tree is not None, checked.refusals
    assert checked.refusals == []
    program = compile_rule(checked.tree)
    frame = Frame(obj, metadata, program.loops, ANN)
    frame.left = RULE_BUDGET
    frame.pay(program.steps)
    return program.run(frame)


@pytest.mark.parametrize("text", ALLOWED)
def test_an_allowed_rule_gives_pythons_result(text: str) -> None:
    # In a function's own scope Python reads obj in a comprehension as a global.
    wanted = eval(text, {"obj": OBJ, "metadata": METADATA, "ann": ANN})  # noqa: S307
    got = evaluate(text)
    assert got == wanted
    assert type(got) is type(wanted)


REFUSED = [
    ("obj.type == 'X'", 1, "found the attribute \".type\"; allowed is obj['type']"),
    ("obj.__class__", 1, "found the attribute \".__class__\"; allowed are keys in brackets, like ['type']"),
    ("obj['a'].lower", 1, "found the method .lower without brackets; allowed is .lower(...)"),
    ("len", 1, "found the function len without brackets; allowed is len(...)"),
    ("objct['type'] == 'X'", 1, 'found the name "objct"; allowed are obj, metadata and ann; did you mean "obj"?'),
    ("obj['a'] == true", 13, 'found the name "true"; allowed are obj, metadata and ann; did you mean "True"?'),
    ("_x", 1, 'found the name "_x", which begins with an underscore; allowed are obj, metadata and ann'),
    ("[x + z for x in obj['a']]", 6, 'found the name "z"; allowed are obj, metadata, ann and x'),
    (
        "open('x')",
        1,
        "found the function open(); allowed are the functions "
        "abs all any bool float int len max min round sorted str sum",
    ),
    (
        "__import__('os')",
        1,
        "found the function __import__(); allowed are the functions "
        "abs all any bool float int len max min round sorted str sum",
    ),
    (
        "'a'.lowercase()",
        1,
        "found the method .lowercase(); allowed are the methods count endswith get items keys lower replace split "
        'startswith strip upper values; did you mean "lower"?',
    ),
    ("1 and '{}'.format(1)", 7, None),
    ("2 ** 3", 1, "found the operator **; allowed are + - * / // %"),
    ("1 << 3", 1, "found the operator <<; allowed are + - * / // %"),
    ("~1", 1, "found the operator ~; allowed are + - * / // %"),
    ("1 | 2", 1, "found the operator |; allowed are + - * / // %"),
    ("2j", 1, "found a complex number; allowed are strings, numbers, True, False and None"),
    ("b'a'", 1, "found bytes; allowed are strings, numbers, True, False and None"),
    ("...", 1, "found ...; allowed are strings, numbers, True, False and None"),
    ("lambda: 1", 1, "found a lambda; allowed are comparisons, arithmetic, comprehensions and the listed functions"),
    ("f'{obj}'", 1, None),
    ("(x := 1)", 2, None),
    ("{x for x in obj['a']}", 1, None),
    ("{x: 1 for x in obj['a']}", 1, None),
    ("[*obj['a']]", 2, None),
    ("{**obj}", 1, "found a dict with **; allowed are dicts of keys and values"),
    ("len(*obj)", 5, None),
    ("len(obj, obj)", 1, "found the function len() with 2 arguments; allowed are 1"),
    ("min()", 1, "found the function min() with 0 arguments; allowed are 1 or more"),
    ("'a'.lower(1)", 1, "found the method .lower() with 1 argument; allowed are 0"),
    ("sorted(obj['a'], reverse=True)", 18, None),
    ("'a'.split(sep=',')", 11, 'found the keyword "sep="; allowed is only default= for min and max of one list'),
    ("min(1, 2, default=3)", 11, None),
    ("max([1], **obj)", 10, None),
    ("(lambda: 1)()", 1, None),
    ("obj['f']()", 1, "found a call of a value; allowed are calls of the listed functions and methods"),
    ("[len for len in obj['a']]", 10, 'found the loop name "len", which is taken; allowed are other names'),
    ("[obj for obj in [1]]", 10, 'found the loop name "obj", which is taken; allowed are other names'),
    ("[1 for ann in [1]]", 8, 'found the loop name "ann", which is taken; allowed are other names'),
    ("ann.pixels < 16", 1, "found the attribute \".pixels\"; allowed is ann['pixels']"),
    ("anno['a']", 1, 'found the name "anno"; allowed are obj, metadata and ann; did you mean "ann"?'),
    ("[_a for _a in [1]]", 9, 'found the loop name "_a", which begins with an underscore; allowed are other names'),
    ("[1 for a, (b, c) in obj['a']]", 11, None),
    ("[1 for x.a in obj['a']]", 8, None),
    ("[1 for a in [1] for b in [2] for c in [3]]", 1, "found 3 levels of loops; allowed are 2"),
    ("[[1 for b in [2] for c in [3]] for a in [1]]", 2, "found 3 levels of loops; allowed are 2"),
    ("[y for x in y for y in [1]]", 13, None),
    ("[y for x in [1] for y in y]", 26, None),
    ("[1 async for x in obj['a']]", 19, None),
    ("(x for x in obj['a'])", 1, None),
    ("len(x for x in obj['a'])", 4, None),
    ("min((x for x in [1]), 2)", 5, None),
    ("1 in (x for x in [1]) in [1]", 6, None),
    ("obj['a'][1:2, 3]", 10, None),
    ("'é' + x", 7, None),
    ("['é',\n x]", 8, None),
]


@pytest.mark.parametrize(("text", "column", "reason"), REFUSED)
def test_everything_else_is_refused_with_its_column(text: str, column: int, reason: str | None) -> None:
    checked = check_rule(text, Speller())
    assert checked.refusals, text
    found = checked.refusals[0]
    assert found.column == column, found
    assert "; allowed" in found.reason
    if reason is not None:
        assert found.reason == reason


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("", "is empty"),
        ("obj['type'] = 'X'", "is not an expression in Python syntax"),
        ("obj['type'] == 'X' && 1", "is not an expression in Python syntax"),
        ("import os", "is not an expression in Python syntax"),
        ("1; 2", "is not an expression in Python syntax"),
        ("\x00", "is not an expression in Python syntax"),
        ("'\ud800'", "is not an expression in Python syntax"),
        ("(" * 1_000, "is not an expression in Python syntax"),
        ("9" * 1_999 + "." + "x", "has 2,001 characters, allowed are 2,000"),
        ("not " * 50 + "1", "has 51 levels of the syntax tree, allowed are 50"),
        ("-" * 1_500 + "1", ""),
        ("[" * 150 + "]" * 150, "has 150 levels of the syntax tree, allowed are 50"),
    ],
)
def test_what_does_not_parse_or_is_too_large(text: str, start: str) -> None:
    checked = check_rule(text, Speller())
    assert checked.tree is None
    assert checked.refusals[0].reason.startswith(start)


def test_the_limits_themselves_are_allowed() -> None:
    assert check_rule("not " * 49 + "1", Speller()).refusals == []
    assert check_rule("'" + "a" * 1_998 + "'", Speller()).refusals == []


def test_all_mistakes_of_a_rule_are_named_up_to_ten() -> None:
    assert [refusal.column for refusal in check_rule("a + b", Speller()).refusals] == [1, 5]
    many = check_rule("[" + "a," * 30 + "]", Speller()).refusals
    assert len(many) == 11
    assert many[-1].reason == "has 20 more such mistakes"


@pytest.mark.parametrize(
    "text",
    [
        "obj['missing']",
        "obj['type'] + 1",
        "1 / 0",
        "obj['type'] < 1",
        "obj['none'] < 1",
        "obj['size'].keys()",
        "obj['tags'].lower()",
        "obj['size']['a']",
        "obj['size'][99]",
        "obj['type'][0:'a']",
        "1 in 5",
        "1 in 'a'",
        "len(5)",
        "abs('a')",
        "int('x')",
        "int([])",
        "int(1, 10)",
        "int(1e999)",
        "float('x')",
        "round('a')",
        "round(1.5, 'a')",
        "sum(['a'], '')",
        "sum(['a'])",
        "min([])",
        "min(1)",
        "max([1, 'a'])",
        "sorted([1, 'a'])",
        "any(5)",
        "{[]: 1}",
        "{obj['size']}",
        "obj[obj['size']]",
        "[x for x in 5]",
        "[1 for a, b in [1]]",
        "[1 for a, b in [[1]]]",
        "-'a'",
        "+[]",
        "'a' - 'b'",
        "[] * []",
        "[] / 1",
        "[] // 1",
        "[] % 1",
        "'%d' % 'a'",
        "'%d' % [1]",
        "'%s' % ()",
        "'%s' % (1, 2)",
        "'%' % 1",
        "'%(a' % {}",
        "'%(a)s' % 1",
        "'%(a)s' % {}",
        "'%(a)s %s' % {'a': 1}",
        "'%*d' % ('a', 1)",
        "'%y' % 1",
        "'a'.split('')",
        "'a'.replace('a', 'b', 'c')",
        "'a'.startswith(1)",
        "[].count(1, 2)",
        "obj['none'].get('a')",
    ],
)
def test_a_rule_that_python_would_fail_on_fails(text: str) -> None:
    with pytest.raises(Exception):  # noqa: B017 the point is only that Python fails, too
        eval(text, {"obj": OBJ, "metadata": METADATA, "ann": ANN})  # noqa: S307
    with pytest.raises(FAILURES):
        evaluate(text)


def test_is_does_not_depend_on_which_objects_the_interpreter_shares() -> None:
    obj = {"a": "".join(["Yo", "Yo"]), "n": 10**6, "f": 1.5}
    assert evaluate("obj['a'] is 'YoYo'", obj) is True
    assert evaluate("obj['n'] is 1000000", obj) is True
    assert evaluate("obj['n'] is 1000000.0", obj) is False
    assert evaluate("obj['f'] is not 1.5", obj) is False
    assert evaluate("[] is []", obj) is False
    assert evaluate("1 is True", obj) is False


def test_sets_come_in_one_order() -> None:
    assert evaluate("[x for x in {'b', 'a', 2, 1}]") == [1, 2, "a", "b"]
    assert evaluate("str({'b', 'a', (1, 'x')})") == "{'a', 'b', (1, 'x')}"
    assert evaluate("str({1} - {1})") == "set()"
