"""Which images are one group: by the run in their names, or by an expression about their metadata."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelmill.convert.choices import check_option
from labelmill.errors import OptionError
from labelmill.source.grouping import EXPECTED, NO_VALUE, GroupExpression, group_expression, run_of

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda held: st.lists(held, max_size=3) | st.dictionaries(st.text(max_size=3), held, max_size=3),
    max_leaves=6,
)


@pytest.mark.parametrize(
    ("name", "run"),
    [
        ("0000000000-0-RGBCamera.png", "0000000000"),
        ("0000000012-250-Cam.v1-left.jpg", "0000000012"),
        ("9999999999-00-Panacam", "9999999999"),
        ("0000000012-250-a\nb.png", "0000000012"),
        ("000000012-0-Cam.png", ""),
        ("00000000012-0-Cam.png", ""),
        ("x0000000012-0-Cam.png", ""),
        ("0000000012-a-Cam.png", ""),
        ("0000000012--Cam.png", ""),
        ("0000000012-0-", ""),
        ("0000000012-0.png", ""),
        ("0000000012", ""),
        ("\u0660" * 10 + "-0-Cam.png", ""),
        ("a.png", ""),
    ],
)
def test_run_of_a_name(name: str, run: str) -> None:
    assert run_of(name) == run


def key(expression: str, metadata: Any) -> str:
    return GroupExpression(expression).group(json.dumps(metadata).encode())


@pytest.mark.parametrize(
    ("expression", "metadata", "expected"),
    [
        ("metadata['environment']['name']", {"environment": {"name": "Île"}}, '"\\u00cele"'),
        ("metadata['a']", {"a": "1"}, '"1"'),
        ("metadata['a']", {"a": 1}, "1"),
        ("metadata['a']", {"a": 1.0}, "1"),
        ("metadata['a']", {"a": 1.5}, "1.5"),
        ("metadata['a']", {"a": -0.0}, "0"),
        ("metadata['a']", {"a": True}, "true"),
        ("metadata['a']", {"a": 2**70}, str(2**70)),
        ("metadata['a']", {"a": ""}, '""'),
        ("metadata['a']", {"a": [1, None, "x"]}, '[1,null,"x"]'),
        ("metadata['a']", {"a": {"z": 1.0, "b": [2.0]}}, '{"b":[2],"z":1}'),
        ("(metadata['a'], metadata['b'])", {"a": 1, "b": "x"}, '[1,"x"]'),
        ("{metadata['b'], metadata['a']}", {"a": 1, "b": "x"}, '[1,"x"]'),
        ("{'k': metadata['a']}", {"a": 1}, '{"k":1}'),
        ("metadata.keys()", {"b": 1, "a": 2}, '["b","a"]'),
        ("metadata['a'] > 3", {"a": 4}, "true"),
        ("[o['type'] for o in metadata['objects']]", {"objects": [{"type": "A"}, {"type": "B"}]}, '["A","B"]'),
        ("metadata.get('a', 'none')", {}, '"none"'),
        ("metadata['a']", {"a": None}, NO_VALUE),
        ("metadata.get('a')", {}, NO_VALUE),
        ("metadata['a']", {}, NO_VALUE),
        ("metadata['a']['b']", {"a": "text"}, NO_VALUE),
        ("metadata['a'] / 0", {"a": 1}, NO_VALUE),
        ("float(metadata['a'])", {"a": "nan"}, NO_VALUE),
        ("[float(metadata['a'])]", {"a": "inf"}, NO_VALUE),
        ("{metadata['a']: 1}", {"a": 5}, NO_VALUE),
        ("'a' * 70000 + metadata['a']", {"a": "x"}, NO_VALUE),
        ("[[metadata['a']] * 60000] * 60000", {"a": "x"}, NO_VALUE),
    ],
)
def test_key_of_a_value(expression: str, metadata: Any, expected: str) -> None:
    assert key(expression, metadata) == expected


def test_images_without_metadata_have_no_value() -> None:
    assert GroupExpression("metadata.get('a', 1)").group(b"") == NO_VALUE


@pytest.mark.parametrize(
    "data",
    [
        b'\xef\xbb\xbf{"a": "x", "b": 2}',
        b'{"a": "x", "b": NaN}',
        b'{"b": 1, "a": "w", "b": 3, "a": "x"}',
        b'{"b": ' + b"[" * 100 + b"]" * 100 + b', "a": "x"}',
    ],
)
def test_files_as_they_come(data: bytes) -> None:
    assert GroupExpression("metadata['a']").group(data) == '"x"'


def test_not_finite_is_absent() -> None:
    assert GroupExpression("metadata['a']").group(b'{"a": NaN}') == NO_VALUE


@given(st.dictionaries(st.sampled_from("abcd"), VALUES))
def test_what_an_expression_reads_is_all_it_needs(metadata: dict[str, Any]) -> None:
    """The fields alone and the whole file give one key."""
    data = json.dumps(metadata).encode()
    for field in "ab":
        whole = f"[metadata][0]['{field}']"
        assert GroupExpression(f"metadata['{field}']").group(data) == GroupExpression(whole).group(data)


@given(VALUES, VALUES)
def test_keys_are_equal_for_equal_values_only(a: Any, b: Any) -> None:
    same = _typed(a) == _typed(b)
    assert (key("[metadata['a']]", {"a": a}) == key("[metadata['a']]", {"a": b})) is same


def _typed(value: Any) -> Any:
    """A value of which Python's own ``==`` tells true from 1."""
    if isinstance(value, list):
        return [_typed(held) for held in value]
    if isinstance(value, dict):
        return {name: _typed(held) for name, held in value.items()}
    return (isinstance(value, bool), value)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("runs", f': {EXPECTED}; found "runs"'),
        ("Run", f': {EXPECTED}; found "Run"'),
        ("", f': {EXPECTED}; found ""'),
        ("1", f': {EXPECTED}; found "1"'),
        ("'metadata'", f": {EXPECTED}; found \"'metadata'\""),
        ("obj['type']", f": {EXPECTED}; found \"obj['type']\""),
        ("metadata['a'] + obj['b']", ', column 17: found the name "obj"; allowed is metadata'),
        ("metadata.a", ", column 1: found the attribute \".a\"; allowed is metadata['a']"),
        ("metadata[", ", column 9: is not an expression in Python syntax ('[' was never closed)"),
        ("__import__(metadata)", None),
        ("metadata and " * 500 + "1", ": has 6,501 characters, allowed are 2,000"),
        (5, f": {EXPECTED}; found 5"),
    ],
)
def test_refused(text: Any, reason: str | None) -> None:
    with pytest.raises(OptionError) as caught:
        check_option("split_by", text)
    assert "\n" not in str(caught.value)
    if reason is not None:
        assert str(caught.value) == f"split_by{reason}"


def test_words_and_blanks() -> None:
    assert group_expression("run") is None
    assert group_expression("image") is None
    spaced = group_expression(" metadata['a'] ")
    assert spaced is not None
    assert spaced.group(b'{"a": 1}') == "1"


@pytest.mark.parametrize(
    ("name", "good", "bad", "expected"),
    [
        ("segmentation", ["polygons", "rle"], ["RLE", "", None, 1], "polygons or rle"),
        ("first_category", ["map", "1"], [1, "0", ""], "map or 1"),
        ("layout", ["", "voc2012"], ["voc", None], "voc2012"),
        ("simplify", [0, 0.0, 2.5], [-1, float("nan"), float("inf"), "1", True, None], "pixels from 0"),
    ],
)
def test_choices(name: str, good: list[Any], bad: list[Any], expected: str) -> None:
    for value in good:
        check_option(name, value)
    for value in bad:
        with pytest.raises(OptionError) as caught:
            check_option(name, value)
        assert str(caught.value) == f"{name}: expected {expected}, found {value!r}"
