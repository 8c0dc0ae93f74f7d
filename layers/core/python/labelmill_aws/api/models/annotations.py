"""Annotations: a dataset in a format, under a map or none."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from labelmill_aws.api.models.base import Answered, Asked, AskedOptions, FormatId, Name, Next, Tags, Time

Status = Literal["queued", "running", "complete", "failed", "cancelled"]
MaybeTime = Annotated[str, Field(description="ISO 8601, UTC; empty before.", examples=["2026-01-31T12:00:00.000Z"])]


class NewAnnotation(Asked):
    """What is requested."""

    format: FormatId
    map: Annotated[Name | None, Field(description="An included map; none makes the objects' types the classes.")] = None
    options: AskedOptions = {}
    tags: Annotated[Tags, Field(description="Of an annotation that is new; one that is there keeps its own.")] = {}
    force: Annotated[bool, Field(description="Make it again though it is complete.")] = False


class AnnotationEdit(Asked):
    """What can be changed."""

    tags: Tags


class ProgressAnswer(Answered):
    """How far it is."""

    images: int = Field(description="Images that are converted.")
    of: int = Field(description="Images of the dataset; 0 until they are counted.")
    errors: int = Field(description="Images that could not be converted.")
    fraction: float = Field(description="0 to 1.", ge=0, le=1)


class AnnotationAnswer(Answered):
    """An annotation."""

    id: str = Field(examples=["an-0123456789abcdef0123"])
    organization: str
    workspace: str
    dataset: str = Field(description="The dataset's name.")
    dataset_id: str
    dataset_version: str
    dataset_number: int = Field(description="The version's number, from 1; 0 where nobody has counted.")
    is_current: bool = Field(description="Whether the dataset is at this version now.")
    format: str
    map: str = Field(description="Empty without a map.")
    map_version: str
    options: dict[str, Any] = Field(description="Those that differ from what holds anyway.")
    tags: dict[str, str]
    status: Status
    progress: ProgressAnswer
    warnings: int = Field(description="What the log warns of, counted: what the format could not hold, and the like.")
    errors: int = Field(description="Images that could not be converted, once it has ended.")
    reason: str = Field(description="Why it failed; empty otherwise.")
    created: Time
    started: MaybeTime
    finished: MaybeTime
    asked_by: str = Field(description="Name of the token, or `upload`.")
    size_bytes: int = Field(description="Size of the download; 0 before.")
    download_name: str


class AnnotationList(Answered):
    """Annotations, the newest first."""

    items: list[AnnotationAnswer]
    next: Next


class LogLineAnswer(Answered):
    """A line of the job log."""

    time: Time
    level: Literal["INFO", "WARNING", "ERROR"]
    format: str
    shard: int | None = Field(description="Which part of the work; none for all.")
    file: str = Field(description="The dataset's file that is meant; empty for none.")
    message: str
    code: str = Field(description="Stable name of a finding; empty for other lines.", examples=["field-shape"])
    count: int = Field(description="For how many images, objects or files the line stands.")
    examples: list[str] = Field(description="The first few of them: a file, or a file and what is wrong there.")


class LogList(Answered):
    """Lines of the job log, in the order that was asked for."""

    items: list[LogLineAnswer]
    next: Next


class Range(Answered):
    """Some bytes of a download."""

    offset: int
    length: int


class DownloadAnswer(Answered):
    """Where to GET an archive."""

    url: str = Field(description="Needs no token, and takes `Range`.")
    name: str
    size_bytes: int
    etag: str
    expires: Time
    ranges: list[Range] | None = Field(description="With `part_bytes`: what to fetch side by side.")
