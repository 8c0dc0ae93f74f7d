"""Workspaces."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Discriminator, Field, Tag

from labelmill_aws.api.models.base import (
    PLAIN,
    WITH_OPTIONS,
    Answered,
    Asked,
    AskedOptions,
    Description,
    FormatId,
    Name,
    Next,
    Tags,
    Time,
)
from labelmill_aws.records.catalog import ALL_MAPS, CLASSIC_FORMATS
from labelmill_aws.records.workspaces import MAX_NAMED_MAPS


class AutoFormat(Asked):
    """A format with options."""

    format: FormatId
    options: AskedOptions = {}


def _each_once(names: list[str]) -> list[str]:
    if len(set(names)) < len(names):
        raise ValueError("expected each once")
    return names


def _formats_once(items: list[str | AutoFormat]) -> list[str | AutoFormat]:
    _each_once([item if isinstance(item, str) else item.format for item in items])
    return items


def _kind_of(item: Any) -> str:
    return WITH_OPTIONS if isinstance(item, dict | AutoFormat) else PLAIN


def _all_or_named(names: list[str]) -> list[str]:
    if ALL_MAPS in names and len(names) > 1:
        raise ValueError('expected ["*"] alone, or names')
    return _each_once(names)


Formats = Annotated[
    list[
        Annotated[
            Annotated[FormatId, Tag(PLAIN)] | Annotated[AutoFormat, Tag(WITH_OPTIONS)],
            Discriminator(_kind_of),
        ]
    ],
    AfterValidator(_formats_once),
    Field(
        description="What each dataset is made into when it arrives: a format's id, or a format with options.",
        json_schema_extra={"uniqueItems": True},
        examples=[["COCO", "YOLO"], ["KITTI", {"format": "COCO", "options": {"split": "train=0.8,val=0.2"}}]],
    ),
]
IncludedMaps = Annotated[
    list[Annotated[str, Field(min_length=1, max_length=200)]],
    AfterValidator(_all_or_named),
    Field(
        max_length=MAX_NAMED_MAPS,
        description='Names of the maps that may be used, or `["*"]` for all of the organization, later ones too.',
        json_schema_extra={"uniqueItems": True},
        examples=[["*"], ["road-classes"]],
    ),
]


class NewWorkspace(Asked):
    """A workspace that is to be made."""

    name: Name
    description: Description = ""
    tags: Tags = {}
    auto_formats: Formats = list(CLASSIC_FORMATS)
    included_maps: IncludedMaps = [ALL_MAPS]


class WorkspaceEdit(Asked):
    """What is to change of a workspace; what is left out stays."""

    description: Description | None = None
    tags: Tags | None = None
    auto_formats: Formats | None = None


class AutoFormatAnswer(Answered):
    """A format with options."""

    format: str
    options: dict[str, Any]


class WorkspaceAnswer(Answered):
    """A workspace."""

    name: str
    organization: str
    description: str
    tags: dict[str, str]
    auto_formats: list[str | AutoFormatAnswer] = Field(description="Ids of formats, or formats with options.")
    included_maps: list[str] = Field(description='Names of maps, or `["*"]` for all of the organization.')
    created: Time
    status: Literal["ready", "deleting"] = Field(description="`deleting`: until nothing of it is left.")
    revision: int = Field(description="Grows with every change; the ETag.")


class WorkspaceList(Answered):
    """A page of workspaces, in the order of names."""

    items: list[WorkspaceAnswer]
    next: Next


class ResourcesEdit(Asked):
    """Which maps may be used in a workspace."""

    included: IncludedMaps


class Resources(Answered):
    """Which maps there are, and which may be used in a workspace."""

    available: list[str] = Field(description="Names of the organization's maps.")
    included: list[str] = Field(description='Those that may be used; `["*"]` for all.')
