"""Annotation maps."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from labelmill_aws.api.models.base import Answered, Asked, Description, MapText, Name, Next, Tags, Time


class NewMap(Asked):
    """A map that is to be made."""

    name: Name
    file: MapText
    description: Description = ""
    tags: Tags = {}


class MapEdit(Asked):
    """What is to change of a map; what is left out stays."""

    file: MapText | None = None
    description: Description | None = None
    tags: Tags | None = None


class MapItem(Answered):
    """A map of a list."""

    organization: str
    name: str
    description: str
    tags: dict[str, str]
    version: str = Field(description="Of the file in force, from its bytes; empty when none ever was good.")
    classes: int = Field(description="How many the file in force has.")
    rules: int = Field(description="How many the file in force has.")
    status: Literal["ready", "refused"] = Field(
        description="`ready` when a file is in force, even if a newer one was refused; `refused` when none ever was."
    )
    problems: list[str] = Field(description="Why the file that came last is refused; empty when it is in force.")
    updated: Time = Field(description="When the file that came last was made.")
    updated_by: str = Field(description="Who made it: the name of a token, or `upload`.")
    used_in: list[str] = Field(description="Workspaces that include the map by name.")
    revision: int = Field(description="Grows with every change; the ETag.")


class ClassName(Answered):
    """A class of a map."""

    number: int
    name: str
    supercategory: str = Field(description="The most general name; the class's own where the map gives none.")


class Map(MapItem):
    """A map."""

    class_names: list[ClassName] = Field(description="The classes of the file in force, in the order of numbers.")


class MapList(Answered):
    """A page of maps, in the order of names."""

    items: list[MapItem]
    next: Next


class MapVersion(Answered):
    """A file of a map that was good."""

    version: str = Field(description="From its bytes: what came twice has one version.")
    updated: Time
    updated_by: str
    classes: int
    rules: int
    in_force: bool


class MapVersionList(Answered):
    """A page of versions, the newest first."""

    items: list[MapVersion]
    next: Next
