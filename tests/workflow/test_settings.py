from __future__ import annotations

import pytest

from labelmill_aws import settings
from labelmill_aws.settings import PlanSettings, ReceiveSettings, SettingError, Settings, SettleSettings

BASE = {"TABLE_NAME": "t", "OUTBOX_BUCKET": "o", "JOB_LOG_GROUP": "/g"}


def test_settings_are_read_and_listed() -> None:
    environment = BASE | {"INBOX_BUCKET": "i", "SHARD_IMAGES": "1000", "SHARD_BYTES": "5", "OTHER": "x"}
    found = PlanSettings.from_env(environment)
    assert found == PlanSettings("t", "o", "/g", "i", 1000, 5)
    names = ("INBOX_BUCKET", "JOB_LOG_GROUP", "OUTBOX_BUCKET", "SHARD_BYTES", "SHARD_IMAGES", "TABLE_NAME")
    assert PlanSettings.variables() == names
    assert SettleSettings.variables() == ReceiveSettings.variables()


def test_every_function_has_its_settings() -> None:
    for function in ("receive", "settle", "plan", "survey", "convert", "assemble", "conclude", "api", "purge"):
        kind = getattr(settings, f"{function.title()}Settings")
        assert issubclass(kind, Settings)
        assert set(kind.variables()) >= set(BASE)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"SHARD_IMAGES": ""}, "the environment variable SHARD_IMAGES is missing"),
        ({"TABLE_NAME": ""}, "the environment variable TABLE_NAME is missing"),
        ({"SHARD_BYTES": "1 MB"}, "the environment variable SHARD_BYTES: expected a whole number, found '1 MB'"),
    ],
)
def test_what_is_wrong_is_named(changes: dict[str, str], message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    environment = BASE | {"INBOX_BUCKET": "i", "SHARD_IMAGES": "1000", "SHARD_BYTES": "5"} | changes
    with pytest.raises(SettingError) as caught:
        PlanSettings.from_env(environment)
    assert str(caught.value) == message
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingError):
        PlanSettings.from_env()
