"""What the end-to-end tests work with; each has a workspace and an organization of its own."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cli_tools import Dataset, zip_of
from e2e_service import MAP_TEXT, Place, Service

from labelmill.sample import write_sample


@pytest.fixture(autouse=True)
def mended(service: Service) -> Iterator[None]:
    yield
    service.mend()


@pytest.fixture
def place(service: Service) -> Place:
    return service.place()


@pytest.fixture
def toys(tmp_path: Path) -> Dataset:
    """A folder of three images, which are two shards."""
    return Dataset(tmp_path / "toys")


@pytest.fixture
def packed(toys: Dataset, tmp_path: Path) -> Path:
    """The same as a zip."""
    return zip_of(toys.path, tmp_path / "toys.zip")


@pytest.fixture
def map_file(tmp_path: Path) -> Path:
    """A map on this disk, for the command line."""
    path = tmp_path / "toys.yaml"
    path.write_text(MAP_TEXT)
    return path


def sample_names() -> list[str]:
    """Datasets below the folder that LABELMILL_SAMPLES names, each with its ``-map.yml``; else two of our own."""
    folder = os.environ.get("LABELMILL_SAMPLES")
    if not folder:
        return ["playroom", "attic"]
    return sorted(path.name.removesuffix("-map.yml") for path in Path(folder).glob("*-map.yml"))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "sample_name" in metafunc.fixturenames:
        metafunc.parametrize("sample_name", sample_names())


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], tuple[Path, Path]]:
    """Folder and map of a sample dataset."""

    def find(name: str) -> tuple[Path, Path]:
        folder = os.environ.get("LABELMILL_SAMPLES")
        if folder:
            return Path(folder) / name, Path(folder) / f"{name}-map.yml"
        made = tmp_path_factory.mktemp("samples") / name
        write_sample(made, 4, seed=len(name))
        return made, made / "map.yml"

    return find
