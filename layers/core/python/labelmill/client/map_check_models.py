"""What the service says of a map that it looks at without keeping it."""

from __future__ import annotations

from typing import Literal

import msgspec

from labelmill.client.models import ClassName, Record, TypeCount


class MapProblem(Record, frozen=True):
    """Something wrong with a map; line 0 is the whole file."""

    line: int
    message: str


class MapRule(Record, frozen=True):
    """A rule of a map and the number of its class."""

    line: int
    rule: str
    class_number: int = msgspec.field(name="class")


class MapFilter(Record, frozen=True):
    """An expression of ``drop`` or ``ignore``, which ``filter`` tells."""

    line: int
    filter: Literal["drop", "ignore"]
    rule: str


class FilterEffect(MapFilter, frozen=True):
    """What an expression of ``drop`` or ``ignore`` took; its objects are counted at their rules, too."""

    objects: int
    types: list[TypeCount]
    examples: list[str]


class RuleEffect(MapRule, frozen=True):
    """What a rule took."""

    objects: int
    types: list[TypeCount]


class Explanation(Record, frozen=True):
    """What a map does to a dataset, seen on ``images_read`` of its ``images``, evenly spread."""

    images: int
    images_read: int
    rules: list[RuleEffect]
    left_out: list[TypeCount]
    warnings: list[str]
    filters: list[FilterEffect]


class MapCheck(Record, frozen=True):
    """A map, looked at without keeping it."""

    ok: bool
    errors: list[MapProblem]
    classes: list[ClassName]
    rules: list[MapRule]
    explain: Explanation | None
    filters: list[MapFilter]
    stuff: list[int]
    warnings: list[MapProblem]
