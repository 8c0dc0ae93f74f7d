"""The parts that routes work with: made once an environment, each when it is first used."""

from __future__ import annotations

from functools import cache

from labelmill_aws.clients import Clients
from labelmill_aws.services import Services
from labelmill_aws.settings import ApiSettings


@cache
def parts() -> Services[ApiSettings]:
    """The parts of this environment."""
    return Services(Clients(), ApiSettings.from_env())
