"""Classifying, its memory, the report and the explanation."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from labelmill.maps import Classifier, ExplainRow, MapReport, TypeCounts, explain, map_from_types, parse_map
from labelmill.maps import classify as classify_module
from labelmill.maps import report as report_module
from labelmill.maps.annotation_map import AnnotationMap

CLASSES = {"0": ["none", "Cubes"], "99": ["none", "Toys"]}


def make(rules: dict[str, int], classes: dict[str, Any] = CLASSES) -> AnnotationMap:
    return parse_map(json.dumps({"classes": classes, "properties": rules}, indent=0).encode(), "m.json")


def test_the_first_true_rule_decides_and_later_ones_are_conflicts() -> None:
    classifier = Classifier(
        make(
            {
                "obj['missing']": 0,
                "obj['type'] == 'A'": 99,
                "obj['type'] in ['A', 'B']": 99,
                "obj['type'] in ['A', 'C']": 0,
                "'x' * obj['n']": 0,
            }
        )
    )
    outcome = classifier.classify({"type": "A", "n": 2}, {})
    assert (outcome.category, outcome.rule, outcome.type) == (1, 1, "A")
    assert outcome.failed == (0,)
    assert outcome.conflicts == ((1, 3), (1, 4))
    assert outcome.count == 0
    outcome = classifier.classify({"type": "D"}, {})
    assert (outcome.category, outcome.rule, outcome.failed, outcome.conflicts) == (None, None, (0, 4), ())


def test_any_true_value_is_true() -> None:
    classifier = Classifier(make({"obj['v']": 0}))
    true = [1, -1, 0.5, "a", [0], {"a": 0}, True]
    false: list[Any] = [0, 0.0, "", [], {}, False, None]
    assert [classifier.classify({"v": value}, {}).category for value in true] == [0] * len(true)
    assert [classifier.classify({"v": value}, {}).category for value in false] == [None] * len(false)


def test_results_are_remembered_by_the_exact_values_that_rules_read() -> None:
    classifier = Classifier(make({"str(obj['v']) == '1'": 0, "obj.get('w') is None": 99}))
    values: list[Any] = [1, 1.0, True, "1", None, [1], ["1"], {"a": 1}, {"a": [1.0]}, -0.0, 0.0, "", 2**70]
    outcomes = [classifier.classify({"type": "T", "v": value, "other": 1}, {}) for value in values]
    assert len(set(map(id, outcomes))) == len(values)
    assert [outcome.rule for outcome in outcomes] == [0 if value in ("1", 1) and type(value) in (int, str) else 1
                                                      for value in values]  # fmt: skip
    again = [classifier.classify({"type": "T", "v": value, "other": 2}, {}) for value in values]
    assert all(first is second for first, second in zip(outcomes[:-1], again[:-1], strict=True))
    assert classifier.classify({"type": "T"}, {}) is not classifier.classify({"type": "T", "v": None}, {})
    assert classifier.classify({"type": "U", "v": 1}, {}) is not outcomes[0]


def test_metadata_is_part_of_the_key() -> None:
    classifier = Classifier(make({"metadata['sensor']['frame'] > obj['n']": 0}))
    first, second, third = {"sensor": {"frame": 5}}, {"sensor": {"frame": 1}}, {"sensor": {"frame": 5}, "x": 1}
    a = classifier.classify({"n": 3}, first)
    assert a.category == 0
    assert classifier.classify({"n": 3}, first) is a
    assert classifier.classify({"n": 3}, second).category is None
    assert classifier.classify({"n": 3}, third) is a
    assert classifier.classify({"n": 9}, third).category is None


def test_whole_objects_and_whole_metadata() -> None:
    classifier = Classifier(make({"len(obj) > len(metadata)": 0}))
    assert classifier.classify({"type": "a", "b": 1}, {"c": [0] * 5_000}).category == 0
    assert classifier.classify({"type": "a"}, {"c": [0] * 5_000}).category is None
    assert classifier.classify({"type": "a", "b": 1}, {"c": [0] * 5_000}).category == 0


def test_values_that_have_no_key_are_evaluated_without_memory() -> None:
    classifier = Classifier(make({"obj['v'] == 'a'": 0}))
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    outcome = classifier.classify({"type": "\ud800", "v": deep}, {})
    assert outcome.category is None
    assert classifier.classify({"type": "T", "v": 2**80}, {}).category is None
    assert classifier.classify({"type": "T", "v": "a"}, {}).category == 0
    while deep:  # taken apart by hand: CPython would recurse
        deep = deep.pop()


def test_the_simple_path_is_the_same_as_the_general_one() -> None:
    classifier = Classifier(make({"obj['type'] == 'A'": 99, "obj['type'].startswith('B')": 0}))
    assert classifier.simple
    for type_ in ("A", "Bx", "C"):
        assert classifier.outcome_of_type(type_) is classifier.classify({"type": type_, "x": 1}, {"y": 1})
    missing = classifier.classify({"x": 1}, {})
    assert (missing.failed, missing.type, missing.category) == ((0, 1), None, None)
    number = classifier.classify({"type": 5}, {})
    assert (number.failed, number.type) == ((1,), None)
    assert not Classifier(make({"obj['x']": 0})).simple
    assert not Classifier(make({"metadata['x']": 0})).simple
    assert Classifier(make({"True": 0})).simple


def test_ten_thousand_rules_are_evaluated_for_each_type() -> None:
    classifier = Classifier(
        make({f"obj['type'] == 'T{n}' or obj['type'] == 'all'": 99 * (n % 2) for n in range(10_000)})
    )
    assert [classifier.outcome_of_type(f"T{n}").rule for n in range(0, 40)] == list(range(40))
    assert len(classifier.outcome_of_type("all").conflicts) == 5_000


def count(classifier: Classifier, objects: list[dict[str, Any]], metadata: dict[str, Any] | None = None) -> MapReport:
    for obj in objects:
        classifier.classify(obj, metadata or {}).count += 1
    return MapReport.of(classifier)


RULES = {"obj['n'] > 0": 99, "obj['type'] == 'A'": 0}
OBJECTS: list[dict[str, Any]] = [
    *[{"type": f"T{number % 7}", "n": number} for number in range(-30, 30)],
    *[{"type": "A", "n": 1}] * 5,
    {"type": "A"},
    {"type": "B"},
    {"n": 0},
    {"type": 5, "n": 1},
    {"type": "x" * 2_000, "n": 0},
    {"type": "\ud800", "n": 0},
]


def test_counts_are_right_beyond_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = count(Classifier(make(RULES)), OBJECTS)
    assert wanted.objects == len(OBJECTS)
    monkeypatch.setattr(classify_module, "MAX_REMEMBERED", 12)
    classifier = Classifier(make(RULES))
    found = count(classifier, OBJECTS)
    assert len(list(classifier.outcomes)) <= 30
    assert found.objects == wanted.objects
    assert (found.failed, found.conflicts) == (wanted.failed, wanted.conflicts)
    assert {rule: counts.total for rule, counts in found.taken.items()} == {
        rule: counts.total for rule, counts in wanted.taken.items()
    }
    assert found.left_out.total == wanted.left_out.total
    monkeypatch.setattr(classify_module, "MAX_REMEMBERED", 100_000)
    monkeypatch.setattr(classify_module, "MAX_REMEMBERED_RULES", 0)
    found = count(Classifier(make(RULES)), OBJECTS)
    assert (found.failed, found.conflicts, found.objects) == (wanted.failed, wanted.conflicts, wanted.objects)


def test_a_million_types_do_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(classify_module, "MAX_REMEMBERED", 50)
    monkeypatch.setattr(report_module, "MAX_REPORTED", 20)
    classifier = Classifier(make({"obj['type'] != 'x'": 0}))
    for number in range(1_000):
        classifier.outcome_of_type(f"type {number}").count += 1
    assert len(list(classifier.outcomes)) == 101
    report = MapReport.of(classifier)
    assert len(report.taken[0].types) == 20
    assert (report.taken[0].others, report.objects) == (980, 1_000)


def test_a_report_travels_as_json_and_merges() -> None:
    annotation_map = make(RULES)
    whole = count(Classifier(annotation_map), OBJECTS)
    merged = MapReport()
    for start in range(0, len(OBJECTS), 10):
        part = count(Classifier(annotation_map), OBJECTS[start : start + 10])
        merged.merge(msgspec.json.decode(msgspec.json.encode(part), type=MapReport))
    assert merged == whole
    assert msgspec.json.decode(msgspec.json.encode(whole), type=MapReport) == whole
    assert MapReport() == MapReport(taken={}, left_out=TypeCounts({}), failed={}, conflicts=[])


def test_a_report_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report_module, "MAX_REPORTED", 2)
    annotation_map = make({f"obj['type'] != '{letter}'": 99 * (index % 2) for index, letter in enumerate("abcdef")})
    objects = [{"type": letter} for letter in "xxxyyz"]
    report = count(Classifier(annotation_map), objects)
    assert report.taken == {0: TypeCounts({"x": 3, "y": 2}, 0, 1)}
    assert report.conflicts == [(0, 1, 6), (0, 3, 6)]
    assert report.other_conflicts == 6
    assert report.warnings(annotation_map)[-1] == "other pairs of rules are both true with different classes 6 times"


def test_warnings_are_one_line_each_with_their_count() -> None:
    annotation_map = make(RULES)
    report = count(Classifier(annotation_map), [{"type": "A", "n": 1}] * 1_234 + [{"type": "A"}, {"type": "B"}, {}])
    assert report.warnings(annotation_map) == [
        "rule \"obj['n'] > 0\" (line 13) could not be evaluated for 3 objects: it is not true for them",
        "rule \"obj['type'] == 'A'\" (line 14) could not be evaluated for 1 object: it is not true for them",
        "rule \"obj['n'] > 0\" (line 13) and rule \"obj['type'] == 'A'\" (line 14) are both true for 1,234 objects: "
        "the first one decides, class 99 (Toys) and not 0 (Cubes)",
    ]


def test_explain_has_a_row_for_each_rule_and_one_for_what_is_left_out() -> None:
    annotation_map = make({**RULES, "obj['type'] == 'never'": 0})
    objects = [{"type": "A", "n": 1}] * 3 + [{"type": "B", "n": 2}, {"type": "A"}, {"type": "C"}, {"n": 5}, {"n": 0}]
    rows = explain(annotation_map, count(Classifier(annotation_map), objects))
    first, second, third, left_out = rows
    assert isinstance(first, ExplainRow)
    assert (first.rule, first.line, first.class_number, first.class_name) == ("obj['n'] > 0", 13, 99, "Toys")
    assert (first.objects, first.types, first.failed) == (5, (("A", 3), ("B", 1), ("(no type)", 1)), 2)
    assert [
        (conflict.rule, conflict.line, conflict.class_number, conflict.objects) for conflict in first.conflicts
    ] == [("obj['type'] == 'A'", 14, 0, 3)]
    assert (second.objects, second.types, second.failed) == (1, (("A", 1),), 2)
    assert (third.objects, third.types) == (0, ())
    assert (left_out.rule, left_out.class_number, left_out.objects) == (None, None, 2)
    assert left_out.types == (("C", 1), ("(no type)", 1))
    assert json.loads(msgspec.json.encode(rows))[0]["objects"] == 5


def test_explain_without_a_map() -> None:
    annotation_map = map_from_types(["YoYo", "Cube"])
    report = count(Classifier(annotation_map), [{"type": "Cube"}, {"type": "YoYo"}, {"type": "YoYo"}, {"type": None}])
    rows = explain(annotation_map, report)
    assert [(row.rule, row.class_number, row.objects) for row in rows] == [
        ("obj['type'] == 'Cube'", 1, 1),
        ("obj['type'] == 'YoYo'", 2, 2),
        (None, None, 1),
    ]
    assert report.warnings(annotation_map) == []
