"""One browser and one furnished house a worker, in the local cloud that the end-to-end tests use, too."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from chromium import HOW, find_chromium
from cli_tools import Dataset
from console_tools import Console, Opener
from e2e_service import Service
from house import House
from playwright.sync_api import Browser, sync_playwright


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = find_chromium()
    if path is None:
        pytest.fail(HOW)
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=path)
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def house(service: Service, tmp_path_factory: pytest.TempPathFactory) -> House:
    """An organization that has something of everything; for tests that only look."""
    house = House(service)
    house.furnish(tmp_path_factory.mktemp("house"))
    return house


@pytest.fixture
def empty_house(service: Service) -> House:
    """An organization with a token and nothing else."""
    return House(service)


@pytest.fixture
def window(browser: Browser, service: Service) -> Iterator[Opener]:
    opened: list[Console] = []

    def open_window(token: str, **options: Any) -> Console:
        opened.append(Console(browser, service.cloud.api_url, token, **options))
        return opened[-1]

    yield open_window
    for one in opened:
        one.close()


@pytest.fixture
def mended(service: Service) -> Iterator[None]:
    """For tests that break something: nothing is broken afterwards."""
    yield
    service.mend()


@pytest.fixture
def sample_map(house: House) -> Path:
    return house.sample / "map.yml"


@pytest.fixture
def toys(tmp_path: Path) -> Dataset:
    """A folder of three tiny images."""
    return Dataset(tmp_path / "toys")
