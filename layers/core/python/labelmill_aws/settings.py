"""What each function reads from its environment: one dataclass a function, and nothing reads it elsewhere.

The name of a variable is the field's name in capitals; ``variables()`` lists them for the test that compares them with
the template. Powertools reads ``POWERTOOLS_SERVICE_NAME`` by itself.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Any, Self


class SettingError(Exception):
    """A variable is missing or is no number: a fault of the deployment, not of a user."""


@dataclass(frozen=True, slots=True)
class Environment:
    """How settings are read; what is read are the fields of its subclasses."""

    @classmethod
    def variables(cls) -> tuple[str, ...]:
        """Names of the environment variables that are read, sorted."""
        return tuple(sorted(field.name.upper() for field in fields(cls)))

    @classmethod
    def from_env(cls, environment: Mapping[str, str] | None = None) -> Self:
        """Read the settings.

        Args:
            environment: The variables; those of the process where ``None``.

        Raises:
            SettingError: Naming the variable that is missing, empty or no whole number; a field with a default may be
                both.
        """
        found = os.environ if environment is None else environment
        values: dict[str, Any] = {}
        for field in fields(cls):
            variable = field.name.upper()
            text = found.get(variable, "")
            if not text and field.default is not MISSING:
                continue
            if not text:
                raise SettingError(f"the environment variable {variable} is missing")
            values[field.name] = _number(variable, text) if field.type == "int" else text
        return cls(**values)


@dataclass(frozen=True, slots=True)
class Settings(Environment):
    """What every function of the workflow needs.

    Attributes:
        table_name: The one DynamoDB table.
        outbox_bucket: Where work and downloads are written.
        job_log_group: CloudWatch Logs group with one stream an annotation.
    """

    table_name: str
    outbox_bucket: str
    job_log_group: str


@dataclass(frozen=True, slots=True)
class ReceiveSettings(Settings):
    """Function ``receive``.

    Attributes:
        inbox_bucket: Where people drop maps and datasets.
        quiet_s: How long nothing new may have come before a loose dataset counts as complete, in seconds.
        topic_arn: SNS topic of the notifications.
        purge_function: Name of the function that deletes what an upload has replaced.
    """

    inbox_bucket: str
    quiet_s: int
    topic_arn: str
    purge_function: str


@dataclass(frozen=True, slots=True)
class SettleSettings(ReceiveSettings):
    """Function ``settle``: the same, since it refuses empty datasets and starts jobs."""


@dataclass(frozen=True, slots=True)
class PlanSettings(Settings):
    """Function ``plan``.

    Attributes:
        inbox_bucket: Where datasets and maps lie.
        shard_images: Images that a shard may hold.
        shard_bytes: Bytes of input that a shard may hold.
    """

    inbox_bucket: str
    shard_images: int
    shard_bytes: int


@dataclass(frozen=True, slots=True)
class SurveySettings(Settings):
    """Function ``survey``."""


@dataclass(frozen=True, slots=True)
class ConvertSettings(Settings):
    """Function ``convert``."""


@dataclass(frozen=True, slots=True)
class AssembleSettings(Settings):
    """Function ``assemble``."""


@dataclass(frozen=True, slots=True)
class ConcludeSettings(Settings):
    """Function ``conclude``.

    Attributes:
        topic_arn: SNS topic of the notifications.
    """

    topic_arn: str


@dataclass(frozen=True, slots=True)
class AuthorizeSettings(Environment):
    """Function ``authorize``: it sees tokens, so it is given nothing but what checking them takes.

    Attributes:
        table_name: The one DynamoDB table.
        oidc_issuer: Whose JWTs count too, as their ``iss`` names it; none where empty.
        oidc_audience: What their ``aud`` has to name.
        oidc_organization_claim: The claim that holds the organization.
        oidc_role_claim: The claim that holds the role, or a list with it.
    """

    table_name: str
    oidc_issuer: str = ""
    oidc_audience: str = ""
    oidc_organization_claim: str = ""
    oidc_role_claim: str = ""


@dataclass(frozen=True, slots=True)
class ApiSettings(Settings):
    """Function ``api``.

    Attributes:
        inbox_bucket: Where maps and datasets lie.
        topic_arn: SNS topic of the notifications.
        state_machine_arn: ``ConvertDataset``, whose executions are started and stopped.
        purge_function: Name of the function that deletes a dataset and all that was made from it.
    """

    inbox_bucket: str
    topic_arn: str
    state_machine_arn: str
    purge_function: str


@dataclass(frozen=True, slots=True)
class ConsoleSettings(Environment):
    """Function ``console``.

    Attributes:
        upload_origins: Where pages may send parts of datasets beside their own origin, apart by spaces.
    """

    upload_origins: str = ""


@dataclass(frozen=True, slots=True)
class PurgeSettings(Settings):
    """Function ``purge``.

    Attributes:
        inbox_bucket: Where datasets lie.
    """

    inbox_bucket: str


def _number(variable: str, text: str) -> int:
    try:
        return int(text)
    except ValueError as error:
        raise SettingError(f"the environment variable {variable}: expected a whole number, found {text!r}") from error
