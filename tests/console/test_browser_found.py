"""The console's tests need a browser, and nothing is installed into the system unasked."""

from __future__ import annotations

import subprocess

import chromium
import pytest


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """A machine as Debian's, without a browser, at which root sits; what would be run."""
    ran: list[list[str]] = []
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setattr(chromium, "find_chromium", lambda: None)
    monkeypatch.setattr("shutil.which", lambda name: "/usr/bin/apt-get" if name == "apt-get" else None)
    monkeypatch.setattr("os.geteuid", lambda: 0)
    monkeypatch.setattr(subprocess, "run", lambda command, **_: ran.append(command))
    return ran


def say(monkeypatch: pytest.MonkeyPatch, answer: str | None) -> None:
    """Sit at a terminal and answer, or be a program."""
    monkeypatch.setattr("sys.stdin.isatty", lambda: answer is not None, raising=False)
    monkeypatch.setattr("sys.stdin.readline", lambda: f"{answer}\n", raising=False)


@pytest.mark.parametrize("answer", [None, "", "n", "what"])
def test_apt_is_not_run_unasked(
    commands: list[list[str]], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], answer: str | None
) -> None:
    say(monkeypatch, answer)
    assert chromium.main([]) == 1
    assert commands == []
    assert "apt-get install chromium" in capsys.readouterr().err


@pytest.mark.parametrize(("arguments", "answer"), [([], "y"), ([], "Yes"), (["--install"], None)])
def test_apt_is_run_when_it_is_wanted(
    commands: list[list[str]], monkeypatch: pytest.MonkeyPatch, arguments: list[str], answer: str | None
) -> None:
    say(monkeypatch, answer)
    chromium.main(arguments)
    assert [command[3] for command in commands] == ["update", "install"]
