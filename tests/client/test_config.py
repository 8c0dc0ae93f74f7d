"""Profiles: who may read the file, what comes before what, and that no token goes to a stranger."""

from __future__ import annotations

import json
import os
import stat
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

from labelmill.client.address import checked_url
from labelmill.client.config import Config, Profile, config_path, find_profile, load, remove_profile, save_profile
from labelmill.errors import OptionError, OutputError

WORK = Profile("https://work.example", "lm_work", "acme")
HOME = Profile("http://127.0.0.1:4566", "lm_home")


@pytest.fixture(autouse=True)
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A configuration file that is not there yet, and nothing in the environment."""
    for name in ("LABELMILL_URL", "LABELMILL_TOKEN", "LABELMILL_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LABELMILL_CONFIG", str(tmp_path / "new" / "config.json"))
    return tmp_path / "new" / "config.json"


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_file_of_profiles(path: Path) -> None:
    assert load() == Config()
    assert save_profile("work", WORK) == path
    save_profile("home", HOME)
    assert json.loads(path.read_text()) == {
        "current": "work",
        "profiles": {
            "work": {"url": "https://work.example", "token": "lm_work", "organization": "acme"},
            "home": {"url": "http://127.0.0.1:4566", "token": "lm_home", "organization": ""},
        },
    }
    assert load() == Config("work", {"work": WORK, "home": HOME})
    save_profile("home", HOME, make_current=True)
    assert load().current == "home"
    assert remove_profile("home")
    assert not remove_profile("home")
    assert load() == Config("", {"work": WORK})
    save_profile("home", HOME, make_current=False)
    assert load().current == ""
    save_profile("home", HOME)
    assert load().current == "home"  # nothing was current: the next one is


def test_nobody_else_can_read_it(path: Path) -> None:
    old = os.umask(0)
    try:
        save_profile("work", WORK)
    finally:
        os.umask(old)
    assert (mode(path), mode(path.parent)) == (0o600, 0o700)
    path.chmod(0o644)
    path.parent.chmod(0o755)
    save_profile("home", HOME)
    assert (mode(path), mode(path.parent)) == (0o600, 0o755)  # a folder that was there is somebody's own affair
    assert [entry.name for entry in path.parent.iterdir()] == ["config.json"]


def test_a_link_to_the_file_stays_one(path: Path, tmp_path: Path) -> None:
    path.parent.mkdir()
    path.symlink_to(tmp_path / "elsewhere.json")
    save_profile("work", WORK)
    assert path.is_symlink()
    assert (load(), mode(tmp_path / "elsewhere.json")) == (Config("work", {"work": WORK}), 0o600)


def _save(number: int) -> None:
    save_profile(f"p{number}", WORK)


def test_two_processes_lose_nothing(path: Path) -> None:
    with ProcessPoolExecutor(4) as pool:
        list(pool.map(_save, range(24)))
    assert len(load().profiles) == 24


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"profiles": {"a": {"token": "lm_secret"}}}', '{"current": 7}', "\xff"]
)
def test_a_broken_file_is_told_not_overwritten(text: str, path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(text.encode("latin-1"))
    for use in (load, find_profile, lambda: save_profile("work", WORK), lambda: remove_profile("work")):
        with pytest.raises(OptionError) as told:
            use()
        assert str(told.value).startswith(f"{path}: ")
        assert str(told.value).endswith("; correct or delete it, then log in again")
        assert "secret" not in str(told.value)
        assert "\n" not in str(told.value)
    assert path.read_bytes() == text.encode("latin-1")


def test_a_place_that_can_not_be_written(path: Path) -> None:
    path.parent.write_text("a file, no folder")
    with pytest.raises(OutputError, match="can't be written: "):
        save_profile("work", WORK)


def test_where_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LABELMILL_CONFIG")
    monkeypatch.setenv("HOME", "/home/someone")
    monkeypatch.setenv("XDG_CONFIG_HOME", "/home/someone/.config")
    assert config_path().parts[-2:] == ("labelmill", "config.json")


def test_what_comes_before_what(monkeypatch: pytest.MonkeyPatch) -> None:
    save_profile("work", WORK)
    save_profile("home", HOME)
    assert find_profile() == WORK
    monkeypatch.setenv("LABELMILL_PROFILE", "home")
    assert find_profile() == HOME
    assert find_profile(profile="work") == WORK
    monkeypatch.setenv("LABELMILL_URL", "https://env.example/v1/")
    monkeypatch.setenv("LABELMILL_TOKEN", "lm_env")
    assert find_profile() == Profile("https://env.example", "lm_env")
    assert find_profile(profile="work") == WORK
    assert find_profile("https://flag.example") == Profile("https://flag.example", "lm_env")
    assert find_profile("https://flag.example", "lm_flag") == Profile("https://flag.example", "lm_flag")
    monkeypatch.delenv("LABELMILL_URL")
    assert find_profile() == Profile("http://127.0.0.1:4566", "lm_env", "")
    assert find_profile(token="lm_flag", profile="work").token == "lm_flag"


def test_a_profile_s_token_goes_to_its_own_url_only() -> None:
    save_profile("work", WORK)
    assert find_profile("https://work.example/v1") == WORK
    with pytest.raises(OptionError, match=r"^no token for https://other\.example: give one with --token or"):
        find_profile("https://other.example")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({}, "no profile of a labelmill service: run 'labelmill login --url URL', or set LABELMILL_URL and"),
        ({"url": "https://a.example"}, "no token of a labelmill service: run 'labelmill login"),
        ({"token": "lm_x"}, "no URL of a labelmill service: run 'labelmill login"),
        ({"profile": "nowhere"}, "no profile 'nowhere' in "),
        ({"url": "https://a.example", "token": "a b"}, "not a token: expected up to 8192 printable characters"),
        ({"url": "https://a.example", "token": "é"}, "not a token: "),
        ({"url": "https://a.example", "token": "x" * 8193}, "not a token: "),
        ({"url": "ftp://a.example", "token": "lm_x"}, "ftp://a.example: expected a URL like https://"),
    ],
)
def test_what_is_missing_is_told(arguments: dict[str, str], expected: str) -> None:
    with pytest.raises(OptionError) as told:
        find_profile(**arguments)
    assert str(told.value).startswith(expected)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://a.example", "https://a.example"),
        (" https://a.example/v1/ ", "https://a.example"),
        ("https://a.example:8443/prod/v1", "https://a.example:8443/prod"),
        ("http://127.0.0.1:80", "http://127.0.0.1:80"),
        ("http://localhost:4566/", "http://localhost:4566"),
        ("http://[::1]:4566", "http://[::1]:4566"),
    ],
)
def test_urls_that_are_taken(url: str, expected: str) -> None:
    assert checked_url(url) == expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://a.example", "http://a.example: tokens are sent by https only; http is for 127.0.0.1 and localhost"),
        ("http://127.0.0.1.evil.example", "http://127.0.0.1.evil.example: tokens are sent by https only; http is "),
        ("http://localhost.evil.example", "http://localhost.evil.example: tokens are sent by https only; "),
        ("http://127.0.0.1@evil.example", "evil.example: a user name or password in the URL is not used; remove it"),
        ("https://me:secret@a.example", "a.example: a user name or password in the URL is not used; remove it"),
        ("ftp://me:secret@a.example", "ftp://…@a.example: expected a URL like https://api.example.com"),
        ("a.example", "a.example: expected a URL like https://api.example.com"),
        ("", "(empty): expected a URL like https://api.example.com"),
        ("https://", "https://: expected a URL like https://api.example.com"),
        ("https://a b", "https://a b: expected a URL like https://api.example.com"),
        ("https://a.example?x=1", "a.example: expected a URL without '?' and '#'"),
        ("https://a.example:port", "https://a.example:port: not a URL"),
        ("https://[::1", "https://[::1: not a URL"),
    ],
)
def test_urls_that_are_refused(url: str, expected: str) -> None:
    with pytest.raises(OptionError) as told:
        checked_url(url)
    assert str(told.value).startswith(expected)


def test_tokens_stay_out_of_what_is_shown() -> None:
    assert "lm_work" not in repr(WORK) + repr(Config("work", {"work": WORK}))
