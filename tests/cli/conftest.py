"""What the tests of the command line share."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # pytest's importlib mode leaves it to us

from cli_tools import MAP_TEXT, Dataset

from labelmill.sample import write_sample


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    """A fresh tiny dataset, to be broken."""
    return Dataset(tmp_path / "tiny")


@pytest.fixture
def map_file(tmp_path: Path) -> Path:
    """A map for the tiny dataset."""
    path = tmp_path / "map.yml"
    path.write_text(MAP_TEXT)
    return path


@pytest.fixture(scope="session")
def sample_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """``labelmill sample`` of a few images, once a session; read only."""
    folder = tmp_path_factory.mktemp("cli_sample") / "sample"
    write_sample(folder, 4)
    return folder


@pytest.fixture
def write_map(tmp_path: Path) -> Callable[[str], Path]:
    """Writes a map file of any text."""

    def write(text: str, name: str = "bad.yml") -> Path:
        path = tmp_path / name
        path.write_bytes(text.encode("utf-8", "surrogateescape"))
        return path

    return write
