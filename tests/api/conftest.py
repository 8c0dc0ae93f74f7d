"""The API's function in this process, over one test's resources in the emulator."""

from __future__ import annotations

import importlib.util
import io
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest
from api_tools import ApiCaller
from cloud_fixtures import bytes_are_datasets, cloud, emulator, region
from cloud_tools import Cloud

__all__ = ["api", "bytes_are_datasets", "cloud", "emulator", "logged", "region"]

ROOT = Path(__file__).parents[2]


@cache
def load_handler() -> ModuleType:
    """The handler as Lambda loads it; once, since nothing of a test is in it."""
    spec = importlib.util.spec_from_file_location("handler_api", ROOT / "functions/api/handler.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def api(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> ApiCaller:
    """Calls the API with an admin's token of the organization ``default``; ``api.as_("reader")`` for others."""
    from labelmill_aws.api.parts import parts

    more = {"STATE_MACHINE_ARN": cloud.state_machine, "PURGE_FUNCTION": "purge"}
    for name, value in (cloud.environment() | more).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "api")
    parts.cache_clear()
    parts().clients = cloud.clients  # making them takes a while
    cloud.catalog.ensure_organization("default")
    return ApiCaller(load_handler())


@pytest.fixture
def logged(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """What the function logs: its logger keeps the stream that it found when it was loaded."""
    stream = io.StringIO()
    for handler in load_handler().logger.handlers:
        monkeypatch.setattr(handler, "stream", stream)
    return stream
