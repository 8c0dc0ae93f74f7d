"""A fake service for each test, and a client that does not wait."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # pytest's importlib mode leaves it to us

from fake_service import TOKEN, FakeService, running

from labelmill.client import transfers, transport
from labelmill.client.client import Client
from labelmill.client.resources import datasets


@pytest.fixture(autouse=True)
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of this machine's: no profile, no proxy; waits pass a hundred times as fast."""
    for name in ("LABELMILL_URL", "LABELMILL_TOKEN", "LABELMILL_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LABELMILL_CONFIG", str(tmp_path / "new" / "config.json"))
    monkeypatch.setattr(transport, "FIRST_WAIT_S", 0.0025)
    monkeypatch.setattr(datasets, "check_dataset", lambda path: None)  # what is sent here is only bytes
    monkeypatch.setattr(
        transfers, "wait_before", lambda attempt, after=None: transport.wait_before(attempt, after) / 50
    )


@pytest.fixture
def service() -> Iterator[FakeService]:
    yield from running()


@pytest.fixture
def client(service: FakeService) -> Iterator[Client]:
    with Client(service.url, TOKEN) as made:
        yield made
