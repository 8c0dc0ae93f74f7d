"""What the command prints of others' texts, and of names that are nearly right."""

from __future__ import annotations

import json

import pytest

from labelmill.cli.main import run
from labelmill.cli.show import json_of, print_json_line, say
from labelmill.client.paths import dataset_id, name_given

HOSTILE = "a\x1b[2Jb\x7fc\x9bd\u202ee\u200bf\u2066g\U000e0041h"


def is_harmless(text: str) -> bool:
    return all(char.isprintable() or char == "\n" for char in text)


def test_json_does_nothing_to_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """And what is read from it is what was written; letters stay letters."""
    value = {HOSTILE: [HOSTILE, "Küche 東京", "\x7f", 'a"\\b']}
    text = json_of(value).decode()
    assert is_harmless(text) and json.loads(text) == value and "Küche 東京" in text
    assert "\\u001b" in text and "\\u202e" in text
    print_json_line(value)
    line = capsys.readouterr().out
    assert is_harmless(line) and json.loads(line) == value


def test_lines_do_nothing_to_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    say(HOSTILE)
    assert is_harmless(capsys.readouterr().out)


@pytest.mark.parametrize(
    ("typed", "meant"), [("conver", "convert"), ("dataset", "datasets"), ("anotation", "annotations")]
)
def test_a_command_that_is_nearly_right(typed: str, meant: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([typed]) == 2
    assert f"No such command '{typed}'. Did you mean '{meant}'?" in capsys.readouterr().err


def test_a_command_that_is_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["\x1b[2Jqqqq"]) == 2
    told = capsys.readouterr().err
    assert is_harmless(told) and "Did you mean" not in told


def test_a_dataset_is_called_what_it_was_called() -> None:
    assert name_given(dataset_id("training/nope")) == "training/nope"
    assert name_given("ds-" + "0" * 20) == "ds-" + "0" * 20
