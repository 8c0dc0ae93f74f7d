"""Trying a map without keeping it."""

from __future__ import annotations

from pydantic import Field

from labelmill_aws.api.models.base import Answered, Asked, MapText
from labelmill_aws.api.models.maps import ClassName


class MapCheckRequest(Asked):
    """A map to be tried."""

    file: MapText
    dataset: str | None = Field(
        None,
        max_length=200,
        description="Id of a dataset whose objects are counted under the map.",
        examples=["ds-0123456789abcdef0123"],
    )


class MapErrorLine(Answered):
    """One reason why a map would be refused."""

    line: int = Field(description="Of the file, from 1; 0 when the whole file is meant.")
    message: str


class MapRule(Answered):
    """A rule of a map."""

    line: int
    rule: str
    class_: int = Field(alias="class", description="The class that it gives.")


class TypeCount(Answered):
    """Objects of one type."""

    type: str = Field(description="`(no type)` and `(other types)` stand for what has none of its own.")
    objects: int


class RuleEffect(MapRule):
    """What a rule did."""

    objects: int = Field(description="Objects that it decided.")
    types: list[TypeCount]


class MapEffect(Answered):
    """What a map does to a dataset."""

    images: int = Field(description="Images of the dataset.")
    images_read: int = Field(
        description="Those that were looked at, evenly spread over all: as many as some seconds allow."
    )
    rules: list[RuleEffect]
    left_out: list[TypeCount] = Field(description="Objects that no rule takes.")
    warnings: list[str]


class MapCheck(Answered):
    """What was found."""

    ok: bool
    errors: list[MapErrorLine]
    classes: list[ClassName]
    rules: list[MapRule]
    explain: MapEffect | None = Field(description="With a dataset, and when the map is good.")
