"""The function ``purge`` in the tests of the API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from cloud_tools import Cloud

from labelmill_aws.api.parts import parts
from labelmill_aws.services import Services
from labelmill_aws.settings import PurgeSettings
from labelmill_aws.steps.purge import Purge, Purged, purge


class Invoked:
    """Stands for Lambda: what was invoked, to be done when the test says so."""

    def __init__(self, cloud: Cloud) -> None:
        self.payloads: list[Any] = []
        self.control = Services(cloud.clients, PurgeSettings.from_env(cloud.environment()))

    def invoke(self, FunctionName: str, InvocationType: str, Payload: bytes) -> None:  # noqa: N803 - Lambda's names
        assert (FunctionName, InvocationType) == ("purge", "Event")
        self.payloads.append(Payload)

    def purge(self, dataset: str, has_time: Callable[[], bool] = lambda: True) -> Purged:
        return purge(Purge(dataset), self.control, has_time)

    def all(self) -> list[Purged]:
        """Do what was asked for."""
        asked, self.payloads = self.payloads, []
        return [purge(msgspec.json.decode(payload, type=Purge), self.control) for payload in asked]


def stand_in(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Invoked:
    """Stand for Lambda in the API and in the steps of the workflow."""
    found = Invoked(cloud)
    monkeypatch.setitem(parts().clients.__dict__, "lambda_", found)
    monkeypatch.setitem(cloud.clients.__dict__, "lambda_", found)
    return found
