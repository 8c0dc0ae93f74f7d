"""What all tests share: the zoo, written and converted once a session, and one local cloud a worker."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from labelmill.convert.report import Report

if TYPE_CHECKING:
    from e2e_service import Service

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE / "formats")]  # pytest's importlib mode leaves it to us

from zoo import ZOO, convert_dataset  # noqa: E402

Converted = tuple[Path, Report]
CLOUD_CONTEXT = {"target": "local", "shard_images": "2", "quiet_s": "1"}
WAIT_SCALE = "0.1"
"""Retries and quiet times of the workflow pass ten times as fast."""


@pytest.fixture(scope="session")
def service() -> Iterator[Service]:
    """The whole service in a local cloud, for the end-to-end tests and the console's."""
    from e2e_service import Service
    from infra.local.cloud import LocalCloud

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SFN_WAIT_SCALE", WAIT_SCALE)
        with LocalCloud(faults=True, context=CLOUD_CONTEXT) as cloud:
            yield Service(cloud)


@pytest.fixture(scope="session")
def zoo_folder(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The folder of a zoo dataset; read only."""
    root = tmp_path_factory.mktemp("zoo")

    def folder(name: str) -> Path:
        if not (root / name).exists():
            ZOO[name].build(root / name)
        return root / name

    return folder


@pytest.fixture(scope="session")
def zoo_output(
    zoo_folder: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], Converted]:
    """A zoo dataset in all formats that take it, with images, and the report; read only."""
    root = tmp_path_factory.mktemp("converted")
    made: dict[str, Converted] = {}

    def output(name: str) -> Converted:
        if name not in made:
            animal = ZOO[name]
            report = convert_dataset(zoo_folder(name), root / name, animal.format_ids, animal.map_text, images=True)
            made[name] = root / name, report
        return made[name]

    return output
