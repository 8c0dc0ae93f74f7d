"""The lists of a map: ``drop``, ``ignore`` and ``stuff``, what they read, and every mistake in them."""

from __future__ import annotations

import json
import pickle
from typing import Any

import pytest

from labelmill.errors import MapError
from labelmill.maps import AnnotationMap, Classifier, MapReport, parse_map
from labelmill.maps.rules import DROP, IGNORE

CLASSES = {"0": ["none", "Cube"], "3": ["ground", "Road"], "7": "Sky"}
RULES = {"obj['type'] == 'Cube'": 0, "obj['type'] == 'Road'": 3, "obj['type'] == 'Sky'": 7}
YAML = """\
classes: {0: [none, Cube], 3: [ground, Road], 7: Sky}
properties:
  obj['type'] == 'Cube': 0
"""


def make(properties: dict[str, int] = RULES, **lists: Any) -> AnnotationMap:
    return parse_map(json.dumps({"classes": CLASSES, "properties": properties, **lists}).encode(), "m.json")


def problems(text: str, name: str = "m.yml") -> list[str]:
    with pytest.raises(MapError) as caught:
        parse_map(text.encode(), name)
    return str(caught.value).splitlines()


def test_lists_are_read_from_yaml_and_from_json_alike() -> None:
    text = YAML + (
        "ignore:\n  - ann['obstruction'] > 0.7\n  - True\n"
        "drop:\n- ann['pixels'] < 16 or ann['width'] < 3\n- \"'x' in obj['type']\"\n"
        "stuff: [7, '3']\n"
    )
    found = parse_map(text.encode(), "m.yml")
    assert [(rule.text, rule.line, rule.category) for rule in found.filters.rules] == [
        ("ann['pixels'] < 16 or ann['width'] < 3", 8, DROP),
        ("'x' in obj['type']", 9, DROP),
        ("ann['obstruction'] > 0.7", 5, IGNORE),
        ("True", 6, IGNORE),
    ]
    assert found.stuff == (7, 3)
    tree = {
        "classes": CLASSES,
        "properties": {"obj['type'] == 'Cube'": 0},
        "ignore": ["ann['obstruction'] > 0.7", "True"],
        "drop": ["ann['pixels'] < 16 or ann['width'] < 3", "'x' in obj['type']"],
        "stuff": [7, "3"],
    }
    same = parse_map(json.dumps(tree).encode(), "m.json")
    assert [(rule.text, rule.category) for rule in same.filters.rules] == [
        (rule.text, rule.category) for rule in found.filters.rules
    ]
    assert (same.rules[0].text, same.stuff) == (found.rules[0].text, found.stuff)
    for one in (found, same):
        again = pickle.loads(pickle.dumps(one))
        assert again == one
        assert Classifier(again.filters).classify({"type": "ax"}, {}, {"pixels": 99, "width": 9}).rule == 1


@pytest.mark.parametrize("text", ["[]", "", " null", "\n  # - ann['pixels'] < 16"])
@pytest.mark.parametrize("key", ["drop", "ignore", "stuff"])
def test_lists_may_be_empty(key: str, text: str) -> None:
    found = parse_map(f"{YAML}{key}: {text}\n".encode(), "m.yml")
    assert (found.filters.rules, found.stuff) == ((), ())
    assert make(**{key: []}).filters == found.filters


@pytest.mark.parametrize(
    ("expressions", "reads_ann", "reads_pixels", "entry_fields"),
    [
        (["obj['type'] == 'Cube'"], False, False, ()),
        (["ann['obstruction'] > 0.7"], True, False, ("obstruction",)),
        (["ann['width'] < 3", "ann['image_height'] > 1"], True, False, ()),
        (["ann['pixels'] < 16"], True, True, ()),
        (["ann.get('pixels', 0) < 16 and 'truncated' in ann"], True, True, ("truncated",)),
        (["ann[obj['type']]"], True, True, None),
        (["len(ann) > 5"], True, True, None),
        (["[k for k in ann]"], True, True, None),
    ],
)
def test_what_of_an_entry_is_read(
    expressions: list[str], reads_ann: bool, reads_pixels: bool, entry_fields: tuple[str, ...] | None
) -> None:
    wanted = (reads_ann, reads_pixels, entry_fields)
    for filters in (make(drop=expressions).filters, make(ignore=expressions).filters):
        assert (filters.reads_ann, filters.reads_of_ann("pixels"), filters.entry_fields) == wanted
    rules = make(dict.fromkeys(expressions, 0))
    assert (rules.reads_ann, rules.reads_of_ann("pixels"), rules.entry_fields) == wanted
    assert not rules.filters.reads_ann


BAD: list[tuple[str, list[str]]] = [
    (
        "ignore: ann['pixels'] < 16\ndrop: {a: 1}\nstuff: 3\n",
        [
            "m.yml:4: ignore: expected a list of expressions, found the text \"ann['pixels'] < 16\"",
            "m.yml:5: drop: expected a list of expressions, found a mapping",
            'm.yml:6: stuff: expected a list of class numbers, found the integer "3"',
        ],
    ),
    (
        "drop:\n  - [a]\n  -\n  - obj['a'] == {'a': 1}\n  - ''\n  - obj.x\n  - pixels < 3\n",
        [
            "m.yml:5: drop: expected an expression, found a list; put it in quotes",
            "m.yml:5: drop: expected an expression, found nothing",  # the last line on which something is written
            "m.yml:7: drop: expected an expression, found a mapping; put it in quotes",
            'm.yml:8: drop "" is empty',
            "m.yml:9: drop \"obj.x\", column 1: found the attribute \".x\"; allowed is obj['x']",
            'm.yml:10: drop "pixels < 3", column 1: found the name "pixels"; allowed are obj, metadata and ann',
        ],
    ),
    (
        "ignore:\n  - ann['pixels'] < 16\n  - (ann[\"pixels\"]<16)\n  - ann['pixels'] < 17\n"
        "drop: [\"ann['pixels'] < 16\"]\n",
        ["m.yml:6: ignore: duplicate expression \"(ann[\"pixels\"]<16)\", first on line 5"],
    ),
    (
        "stuff: [3, '3', 5, Road, -1, 7.5, [7], null, 3]\n",
        [
            "m.yml:4: stuff: expected a class number, found a list",
            "m.yml:4: stuff: expected a class number, found nothing",
            "m.yml:4: stuff: duplicate class 3, first on line 4",
            "m.yml:4: stuff: class 5 is not in classes",
            'm.yml:4: stuff: a class number must be an integer, found the text "Road"; '
            'did you mean 3, the class "Road"?',
            "m.yml:4: stuff: a class number must be an integer, written in decimal without sign or leading zeros, "
            'found the integer "-1"',
            'm.yml:4: stuff: a class number must be an integer, found the number "7.5"',
            "m.yml:4: stuff: duplicate class 3, first on line 4",
        ],
    ),
    (
        "ignored: []\nDrop: []\nthings: [0]\n",
        [
            f"m.yml:{line}: unknown key \"{key}\", allowed are classes, properties, drop, ignore and stuff{hint}"
            for line, key, hint in (
                (4, "ignored", '; did you mean "ignore"?'),
                (5, "Drop", '; did you mean "drop"?'),
                (6, "things", ""),
            )
        ],
    ),
    ("drop: []\ndrop: []\n", ['m.yml:5: duplicate key "drop", first on line 4']),
    (
        "drop:\n  - 'a' in obj['type']\n",
        [
            "m.yml:5: not YAML: did not find expected '-' indicator; "
            "a rule that begins with ' needs quotes around the whole of it"
        ],
    ),
    (
        "drop: [ann['pixels'] < 16]\n",
        [
            "m.yml:4: not YAML: did not find expected ',' or ']'; "
            "inside [ ] a rule needs quotes around the whole of it, or put it on a line of its own after '- '"
        ],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("text", "wanted"), BAD, ids=range(len(BAD)))
def test_every_mistake_in_a_list_of_yaml(text: str, wanted: list[str]) -> None:
    assert problems(YAML + text) == wanted


def test_every_mistake_in_a_list_of_json() -> None:
    lists: dict[str, Any] = {
        "ignore": ["ann.x", "ann['x']", "ann['x']", True, None, 5],
        "drop": "ann['x']",
        "stuff": [0, 0, 9, "Sky"],
        "other": 1,
    }
    text = json.dumps({"classes": CLASSES, "properties": RULES, **lists}, indent=0)
    lines = text.splitlines()
    places = {key: lines.index(next(line for line in lines if line.startswith(f'"{key}"'))) + 1 for key in lists}
    assert problems(text, "m.json") == [
        f"m.json:{places['ignore'] + 1}: ignore \"ann.x\", column 1: found the attribute \".x\"; allowed is ann['x']",
        f"m.json:{places['ignore'] + 3}: ignore: duplicate expression \"ann['x']\", "
        f"first on line {places['ignore'] + 2}",
        f'm.json:{places["ignore"] + 4}: ignore "true", column 1: found the name "true"; allowed are obj, metadata and '
        'ann; did you mean "True"?',
        f"m.json:{places['ignore'] + 5}: ignore: expected an expression, found nothing",
        f"m.json:{places['drop']}: drop: expected a list of expressions, found the text \"ann['x']\"",
        f"m.json:{places['stuff'] + 2}: stuff: duplicate class 0, first on line {places['stuff'] + 1}",
        f"m.json:{places['stuff'] + 3}: stuff: class 9 is not in classes",
        f'm.json:{places["stuff"] + 4}: stuff: a class number must be an integer, found the text "Sky"; '
        'did you mean 7, the class "Sky"?',
        f'm.json:{places["other"]}: unknown key "other", allowed are classes, properties, drop, ignore and stuff',
    ]  # fmt: skip


def test_lists_are_bounded_like_rules() -> None:
    entries = [f"ann['pixels'] == {n}" for n in range(10_001)]
    assert make(drop=entries[:-1]).filters.rules[-1].text == entries[-2]
    text = json.dumps({"classes": CLASSES, "properties": RULES, "drop": entries})
    assert problems(text, "m.json") == ["m.json:1: drop: 10,001 entries, allowed are 10,000"]


def test_mistakes_of_lists_are_told_beside_those_of_broken_classes() -> None:
    found = problems("classes: 5\nproperties: {True: 3}\ndrop: [ann.x]\nstuff: [3]\n")
    assert found == [
        'm.yml:1: classes: expected a mapping of class numbers and names, found the integer "5"',
        'm.yml:3: drop "ann.x", column 1: found the attribute ".x"; allowed is ann[\'x\']',
    ]


def test_the_first_filter_decides_and_drop_goes_first() -> None:
    filters = Classifier(
        make(
            ignore=["ann['obstruction'] > 0.7", "obj['type'] == 'Cube'"], drop=["ann['pixels'] < 16", "ann['none']"]
        ).filters
    )
    seen = filters.classify({"type": "Cube"}, {}, {"pixels": 3, "obstruction": 0.9})
    assert (seen.category, seen.rule, seen.failed, seen.conflicts) == (DROP, 0, (), ())
    seen = filters.classify({"type": "Cube"}, {}, {"pixels": 30, "obstruction": 0.9})
    assert (seen.category, seen.rule, seen.failed, seen.conflicts) == (IGNORE, 2, (), ())
    seen = filters.classify({"type": "Cube"}, {}, {"pixels": 30, "obstruction": None})
    assert (seen.category, seen.rule, filters.failed) == (IGNORE, 3, {1: 2, 2: 1})
    assert filters.classify({"type": "Sky"}, {}, {"pixels": 30, "obstruction": 0, "none": 0}).category is None
    assert not list(filters._by_key), "areas differ for nearly every object: nothing is remembered by them"


def test_results_are_remembered_by_what_is_read_of_entries() -> None:
    classifier = Classifier(make({"ann['lit'] < 3": 0, "ann.get('level') == 1": 3}))
    assert not classifier.simple
    entries: list[dict[str, object]] = [
        {"lit": 2}, {"lit": 9, "level": 1}, {"lit": 9, "level": 1.0}, {"lit": 9}, {"lit": "9"}, {"level": 1},
    ]  # fmt: skip
    outcomes = [classifier.classify({"type": "a"}, {}, entry) for entry in entries]
    assert [outcome.category for outcome in outcomes] == [0, 1, 1, None, None, 1]
    assert [outcome.failed for outcome in outcomes] == [(), (), (), (), (0,), (0,)]
    assert len(set(map(id, outcomes))) == len(outcomes)
    again = classifier.classify({"type": "a", "x": 1}, {"y": 1}, {"lit": 9, "level": 1, "pixels": 77})
    assert again is outcomes[1]


def test_what_hardly_two_objects_share_is_counted_right_without_memory() -> None:
    classifier = Classifier(make({"ann['width'] < 3 and ann['level']": 0, "ann['width'] > 1": 3}))
    entries: list[dict[str, object]] = [{"width": n, "level": 1} for n in range(5)] + [{"width": 2}] * 3
    for entry in entries:
        classifier.classify({"type": "T"}, {}, entry).count += 1
    report = MapReport.of(classifier)
    assert {rule: counts.types for rule, counts in report.taken.items()} == {0: {"T": 3}, 1: {"T": 5}}
    assert (report.failed, report.conflicts) == ({0: 3}, [(0, 1, 1)])
    assert len(list(classifier.outcomes)) == 2
