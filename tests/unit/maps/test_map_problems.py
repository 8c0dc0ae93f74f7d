"""Every problem of a map: its line and its wording."""

from __future__ import annotations

import pytest

from labelmill.errors import MapError
from labelmill.maps import parse_map
from labelmill.maps.tree import Problems
from labelmill.maps.yaml_tree import read_yaml


def problems(text: str | bytes, name: str = "m.yml") -> list[str]:
    data = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
    with pytest.raises(MapError) as caught:
        parse_map(data, name)
    lines = str(caught.value).splitlines()
    assert len(lines) == len(caught.value.problems)
    return lines


BAD = [
    ("", ["m.yml: the file is empty, expected the keys classes and properties"]),
    ("# nothing\n", ["m.yml: the file is empty, expected the keys classes and properties"]),
    ("- a\n", ["m.yml:1: expected a mapping with the keys classes and properties, found a list"]),
    ("{}", ["m.yml: the key classes is missing", "m.yml: the key properties is missing"]),
    (
        "clases: {0: a}\nproperties: {True: 0}\n",
        [
            "m.yml: the key classes is missing",
            'm.yml:1: unknown key "clases", allowed are classes, properties, drop, ignore and stuff; '
            'did you mean "classes"?',
        ],
    ),
    (
        "classes:\nproperties: {}\n",
        [
            "m.yml:1: classes is empty, expected a mapping of class numbers and names",
            "m.yml:2: properties is empty, expected a mapping of rules and class numbers",
        ],
    ),
    (
        "classes: [a]\nproperties: 5\n",
        [
            "m.yml:1: classes: expected a mapping of class numbers and names, found a list",
            'm.yml:2: properties: expected a mapping of rules and class numbers, found the integer "5"',
        ],
    ),
    (
        "classes:\n  a: x\n  -1: y\n  1.5: z\n  010: w\n  '01': v\n  2147483648: u\n  +3: t\n  true: s\n"
        "properties: {True: 2147483647}\n",
        [
            'm.yml:2: a class number must be an integer, found the text "a"',
            "m.yml:3: a class number must be an integer, written in decimal without sign or leading zeros, "
            'found the integer "-1"',
            'm.yml:4: a class number must be an integer, found the number "1.5"',
            "m.yml:5: a class number must be an integer, written in decimal without sign or leading zeros, "
            'found the integer "010"',
            'm.yml:6: a class number must be an integer, found the text "01"',
            'm.yml:7: a class number must be at most 2147483647, found "2147483648"',
            "m.yml:8: a class number must be an integer, written in decimal without sign or leading zeros, "
            'found the integer "+3"',
            'm.yml:9: a class number must be an integer, found the boolean "true"',
            'm.yml:10: rule "True": class 2147483647 is not in classes',
        ],
    ),
    (
        "classes:\n  0: []\n  1: ['']\n  2: [none, 3]\n  3: [none, [a]]\n  4:\n  5: \"a\\tb\"\n"
        "  6: [no, A]\n  7: '  '\n"
        "properties: {True: 4}\n",
        [
            "m.yml:2: class 0: empty list of names, expected at least one name",
            'm.yml:3: class 1: empty name ""',
            'm.yml:4: class 2: a name must be a text, found the integer "3"; put it in quotes',
            "m.yml:5: class 3: a name must be a text, found a list",
            "m.yml:6: class 4: a name must be a text, found nothing",
            'm.yml:7: class 5: the name "a\\tb" holds the control character U+0009',
            'm.yml:8: class 6: a name must be a text, found the boolean "no"; put it in quotes',
            'm.yml:9: class 7: empty name "  "',
        ],
    ),
    (
        "classes:\n  0: [none, A]\n  1: [a, B]\n  2: A\nproperties: {True: 0}\n",
        ['m.yml:4: class 2: duplicate class name "A", first of class 0 on line 2'],
    ),
    (
        'classes:\n  0: a\n  "0": b\nproperties: {True: 0}\n',
        ['m.yml:3: duplicate key "0", first on line 2'],
    ),
    (
        "classes: {0: Cube, 99: Toy}\nproperties:\n  obj['a']: 98\n  obj['b']: Cubes\n  obj['c']: [0]\n  obj['d']:\n"
        "  obj['e']: 1.0\n",
        [
            "m.yml:3: rule \"obj['a']\": class 98 is not in classes; did you mean 99?".replace(
                "; did you mean 99?", ""
            ),
            'm.yml:4: rule "obj[\'b\']": a class number must be an integer, found the text "Cubes"; '
            'did you mean 0, the class "Cube"?',
            "m.yml:5: rule \"obj['c']\": a class number must be an integer, found a list",
            "m.yml:6: rule \"obj['d']\": a class number must be an integer, found nothing",
            'm.yml:7: rule "obj[\'e\']": a class number must be an integer, found the number "1.0"',
        ],
    ),
    (
        "classes: {0: a, 1: b}\nproperties:\n  obj['a'] == 1: 0\n  obj['a'] == 1: 1\n  (obj[\"a\"]  == 1): 1\n",
        [
            "m.yml:4: duplicate key \"obj['a'] == 1\", first on line 3",
            'm.yml:5: duplicate rule "(obj[\\"a\\"]  == 1)", first on line 3'.replace('\\"', '"'),
        ],
    ),
    (
        "classes: {0: a}\nproperties:\n  obj.type == 'X': 0\n  a + obj['x'] = 1: 5\n  ' ': 0\n",
        [
            "m.yml:3: rule \"obj.type == 'X'\", column 1: found the attribute \".type\"; allowed is obj['type']",
            "m.yml:4: rule \"a + obj['x'] = 1\": class 5 is not in classes",
            None,
            'm.yml:5: rule "" is empty',
        ],
    ),
    (
        "classes: &c {0: a}\nproperties: {True: 0}\n<<: *c\nextra: !!str x\n",
        [
            "m.yml:3: found the merge key <<: merge keys are not allowed",
            'm.yml:4: found the tag "tag:yaml.org,2002:str": tags are not allowed',
            'm.yml:4: unknown key "extra", allowed are classes, properties, drop, ignore and stuff',
        ],
    ),
    (
        "classes: {0: a}\nproperties: {True: 0, [a]: 0}\n",
        ["m.yml:2: a key must be a text, found a list; put it in quotes"],
    ),
    (
        "classes: {0: a}\nproperties:\n  ['a'] == obj['b']: 0\n",
        [
            "m.yml:3: a key must be a text, found a list; put it in quotes",
            "m.yml:3: not YAML: did not find expected key; "
            "a rule that begins with [ needs quotes around the whole of it",
        ],
    ),
    (
        "classes: {0: a}\nproperties:\n  ? ['a']\n  : 0\n",
        ["m.yml:3: a key must be a text, found a list; put it in quotes"],
    ),
    ("a: 1\n---\nb: 2\n", ["m.yml:2: expected one document, found the start of a second"]),
    ("a: 1\n...\n# fine\n%TAG ! x\n", ["m.yml:4: expected one document, found the start of a second"]),
    ("%TAG ! tag:x,2000:\n---\na: 1\n", ['m.yml:1: found the directive "%TAG ! tag:x,2000:": tags are not allowed']),
    ("a: *b\n", ['m.yml:1: the alias "*b" has no anchor before it']),
    ("a: &b [*b]\n", ['m.yml:1: the alias "*b" stands inside what it stands for']),
    ("[" * 100_000, ["m.yml:1: more than 20 levels of lists and mappings"]),
    ("{a: " * 100_000, ["m.yml:1: more than 20 levels of lists and mappings"]),
    ("- " * 100_000, ["m.yml:1: more than 20 levels of lists and mappings"]),
    ("? " * 100_000, ["m.yml:1: more than 20 levels of lists and mappings"]),
    ("a: &a " + "[" * 12 + "]" * 12 + "\nb: " + "[" * 9 + "*a", ["m.yml:2: more than 20 levels of lists and mappings"]),
    (
        "a: &a [1,1,1,1,1,1,1,1,1]\n"
        + "".join(f"{n}: &{n} [{f'*{p},' * 9}]\n" for p, n in zip("abcdef", "bcdefg", strict=True)),
        ["m.yml:6: more than 200,000 values, aliases counted by what they stand for"],
    ),
    ("x: \x01\n", ["m.yml:1: not YAML: the character U+0001 is not allowed in it"]),
    (b"a: 1\nb: \xff\n", ["m.yml:2: expected UTF-8 text, found the byte 0xff"]),
    (b"\xff\xfea\x00\n", ["m.yml:1: expected UTF-16 text, found the byte 0x0a"]),
    (b" " * (2**20 + 1), ["m.yml: the file is 1,048,577 bytes, allowed are 1,048,576 (1 MiB)"]),
]


@pytest.mark.parametrize(("text", "wanted"), BAD, ids=range(len(BAD)))
def test_every_problem_of_a_yaml_map(text: str | bytes, wanted: list[str | None]) -> None:
    found = problems(text)
    assert len(found) == len(wanted), found
    for line, expected in zip(found, wanted, strict=True):
        if expected is not None:
            assert line == expected


def test_a_class_number_is_suggested() -> None:
    assert problems("classes: {1000: a, 20: b}\nproperties: {True: 1001}\n") == [
        'm.yml:2: rule "True": class 1001 is not in classes; did you mean 1000?'
    ]


@pytest.mark.parametrize("pure", [False, True])
def test_yaml_syntax_errors_come_with_the_usual_cure(pure: bool) -> None:
    def reason(text: str) -> str:
        with pytest.raises(MapError) as caught:
            read_yaml(text, Problems("m.yml"), pure)
        return str(caught.value)

    start = "classes: {0: a}\nproperties:\n  True: 0\n  "
    long = "obj['type'] in [" + "'a', " * 300 + "]"
    found = reason(start + long + ": 0\n")
    assert found.startswith("m.yml:4: not YAML: ")
    assert found.endswith(
        "; YAML ends a plain key at 1,024 characters: a longer rule needs the form '? rule' with ': number' on the "
        "next line"
    )
    assert reason(start + "'Yo' in obj['type']: 0\n").endswith(
        "; a rule that begins with ' needs quotes around the whole of it"
    )
    assert reason(start + "obj['a'] == {'a': 1}: 0\n").endswith(
        "; a rule that holds ': ' or ' #' needs quotes around the whole of it"
    )
    assert "not YAML: " in reason('a: "\\Uffffffff"')
    assert "not YAML: " in reason("%YAML " + "9" * 5_000 + ".1\n--- a")
    assert reason('a: "\\ud800"') == "m.yml:1: not YAML: found invalid Unicode character escape code"


def test_a_long_rule_in_its_yaml_form() -> None:
    rule = "obj['type'] in [" + "'a', " * 300 + "'b']"
    found = parse_map(f"classes: {{0: a}}\nproperties:\n  ? {rule}\n  : 0\n".encode(), "m.yml")
    assert found.rules[0].text == rule
    too_long = rule.replace("'b'", "'b', " * 100)
    assert problems(f"classes: {{0: a}}\nproperties:\n  ? {too_long}\n  : 0\n")[0].endswith(
        '…" has 2,018 characters, allowed are 2,000'.replace("2,018", f"{len(too_long):,}")
    )


JSON_BAD = [
    (
        '{"classes": {\n"0": "a",\n"0": "b", "1": "a"},\n"properties": {"obj.x": 0, "True": 5.0, "1": null}}',
        [
            'm.json:3: duplicate key "0", first on line 2',
            'm.json:3: class 1: duplicate class name "a", first of class 0 on line 2',
            'm.json:4: rule "True": a class number must be an integer, found the number "5.0"',
            'm.json:4: rule "1": a class number must be an integer, found nothing',
            'm.json:4: rule "obj.x", column 1: found the attribute ".x"; allowed is obj[\'x\']',
        ],
    ),
    ("", ["m.json:1: not JSON: expecting value, found the end of the file"]),
    ("{\n'a': 1}", ['m.json:2: not JSON: expected a key in double quotes, found "\'"']),
    ('{"a": 1,}', ['m.json:1: not JSON: expected a key in double quotes, found "}"']),
    ('{"a" 1}', ["m.json:1: not JSON: expected ':', found \"1\""]),
    ('{"a": [1 2]}', ["m.json:1: not JSON: expected ',' or ']', found \"2\""]),
    ('{"a": 1', ["m.json:1: not JSON: expected ',' or '}', found the end of the file"]),
    ('{"a": NaN}', ["m.json:1: not JSON: NaN is not JSON"]),
    ('{"a": "\n"}', ['m.json:1: not JSON: invalid control character at, found "\\n"']),
    ("{} {}", ['m.json:1: not JSON: expected the end of the file, found "{"']),
    ("# c\n{}", ['m.json:1: not JSON: expecting value, found "#"']),
    ("[" * 100_000, ["m.json:1: more than 20 levels of lists and mappings"]),
    ("[" + "1," * 300_000 + "1]", ["m.json:1: more than 200,000 values"]),
    (
        '{"classes": {"0": "a\\ud800", "1": ["x\\n", "c"]}, "properties": {"\'\\ud800\'": 0}}',
        [
            'm.json:1: class 0: the name "a\\ud800" holds the lone surrogate U+D800',
            'm.json:1: class 1: the name "x\\n" holds the control character U+000A',
            "m.json:1: rule \"'\\ud800'\" is not an expression in Python syntax "
            "(it holds characters that Python does not read)",
        ],
    ),
]


@pytest.mark.parametrize(("text", "wanted"), JSON_BAD, ids=range(len(JSON_BAD)))
def test_every_problem_of_a_json_map(text: str, wanted: list[str]) -> None:
    assert problems(text, "m.json") == wanted


def test_too_many_rules() -> None:
    text = "classes: {0: a}\nproperties:\n" + "".join(f"  obj['a'] == {n}: 0\n" for n in range(10_001))
    assert problems(text) == ["m.yml:10003: 10,001 rules, allowed are 10,000"]


def test_thousands_of_misspelt_classes_are_all_named() -> None:
    text = "classes:\n" + "".join(f"  {n}: c{n}\n" for n in range(5_000)) + "properties:\n"
    text += "".join(f"  obj['a'] == {n}: {n + 5_000}\n" for n in range(5_000))
    assert len(problems(text)) == 5_000
