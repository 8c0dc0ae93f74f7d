"""Trying a map without keeping it."""

from __future__ import annotations

from typing import Literal

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


class MapFilter(Answered):
    """An expression of `drop` or `ignore`."""

    line: int
    filter: Literal["drop", "ignore"] = Field(
        description="`drop`: as if the object were not labelled. `ignore`: there, but neither learnt nor counted."
    )
    rule: str


class TypeCount(Answered):
    """Objects of one type."""

    type: str = Field(description="`(no type)` and `(other types)` stand for what has none of its own.")
    objects: int


class RuleEffect(MapRule):
    """What a rule did."""

    objects: int = Field(description="Objects that it decided.")
    types: list[TypeCount]


class FilterEffect(MapFilter):
    """What an expression of `drop` or `ignore` did."""

    objects: int = Field(description="Objects that it took; a rule has given them their class, and counts them, too.")
    types: list[TypeCount]
    examples: list[str] = Field(description="A few of them: file and id.")


class MapEffect(Answered):
    """What a map does to a dataset."""

    images: int = Field(description="Images of the dataset.")
    images_read: int = Field(
        description="Those that were looked at, evenly spread over all: as many as some seconds allow."
    )
    rules: list[RuleEffect]
    filters: list[FilterEffect]
    left_out: list[TypeCount] = Field(description="Objects that no rule takes.")
    warnings: list[str]


class MapCheck(Answered):
    """What was found."""

    ok: bool
    errors: list[MapErrorLine]
    classes: list[ClassName]
    rules: list[MapRule]
    filters: list[MapFilter]
    stuff: list[int] = Field(description="Classes that are regions, not things.")
    warnings: list[MapErrorLine] = Field(description="What is allowed and hardly meant: rules that ask nothing.")
    explain: MapEffect | None = Field(description="With a dataset, and when the map is good.")
