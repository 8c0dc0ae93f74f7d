"""The local cloud's profile comes and goes; nobody else's is touched."""

import json

import pytest
from infra.local.profile import ProfileError, remove_profile

WORK = {"url": "https://example.com", "token": "lm_work", "organization": "default"}
OURS = {"url": "http://127.0.0.1:4566", "token": "lm_local", "organization": "default"}


@pytest.fixture
def config(tmp_path, monkeypatch):
    path = tmp_path / "config.json"
    path.write_text(json.dumps({"current": "local", "profiles": {"work": WORK, "local": OURS}}))
    monkeypatch.setenv("LABELMILL_CONFIG", str(path))
    return path


def test_it_is_taken_away_and_the_others_stay(config):
    remove_profile(OURS["url"])
    assert json.loads(config.read_text()) == {"current": "", "profiles": {"work": WORK}}
    remove_profile(OURS["url"])  # once more does nothing


def test_that_of_a_cloud_that_was_started_later_stays(config):
    before = config.read_text()
    remove_profile("http://127.0.0.1:9999")
    assert config.read_text() == before


def test_a_broken_file_is_said_and_left_alone(config):
    config.write_text("{")
    with pytest.raises(ProfileError, match=r"^/.*config\.json: "):
        remove_profile(OURS["url"])
    assert config.read_text() == "{"
