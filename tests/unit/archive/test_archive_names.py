"""Names inside archives: cleaned, passed over, found twice."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelmill.archive.names import NameLedger, are_plain, clean_name, is_ignored, shown
from labelmill.errors import DatasetError


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("a/b.c", "a/b.c"),
        ("./a/./b", "a/b"),
        ("a/.", "a/"),
        ("./", ""),
        (".", ""),
        ("a/", "a/"),
        ("...", "..."),
        ("a..b/..c", "a..b/..c"),
        ("12:30.png", "12:30.png"),
        ("a b/\u00a0", "a b/\u00a0"),
        (".hidden/a", ".hidden/a"),
    ],
)
def test_clean_name(name: str, clean: str) -> None:
    assert clean_name("x", name) == clean


@pytest.mark.parametrize("name", ["", "/", "//", "..", "../", "a/..", "a//b", "C:", "c:/x", "\\", "a\x85b", "n" * 1025])
def test_refused_names(name: str) -> None:
    with pytest.raises(DatasetError):
        clean_name("x", name)


@given(st.lists(st.text(alphabet="ab/.\\:\x00\u00e9\u2028 _MACOSX", max_size=9), min_size=1, max_size=4))
def test_plain_names_need_no_second_look(names: list[str]) -> None:
    if are_plain(names):
        assert [clean_name("x", name) for name in names] == names
        assert not any(name.endswith("/") or is_ignored(name) for name in names)


def test_ignored() -> None:
    for name in ("__MACOSX/a", "a/.DS_Store", ".DS_Store", "a/._b.json"):
        assert is_ignored(name)
    for name in ("a/__MACOSX/b", "DS_Store", "a/.b", "_"):
        assert not is_ignored(name)


def test_shown_is_one_short_line() -> None:
    assert shown("a\nb\u202e") == "a\\nb\\u202e"
    assert len(shown("x" * 9999)) == 183


def test_equal_hashes_of_unlike_names_are_no_double() -> None:
    # -1 and -2 are the values of which Python promises one hash.
    names: list[str] = [-1, -2]  # type: ignore[list-item]
    ledger = NameLedger()
    ledger.add(names)
    ledger.check("x", lambda: names)
    ledger.add(["a"])
    ledger.add(["a"])
    with pytest.raises(DatasetError, match=r"^x: a: two members have this name: pack the dataset again$"):
        ledger.check("x", lambda: [*names, "a", "a"])
