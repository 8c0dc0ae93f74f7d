"""What the service answers, as typed records. Times are ISO 8601 in UTC, sizes in bytes.

A later service may send more than this: what is not known here is passed over.
"""

from __future__ import annotations

from typing import Any, Generic, Literal, TypeVar

import msgspec

Tags = dict[str, str]
Role = Literal["reader", "editor", "admin"]
AnnotationStatus = Literal["queued", "running", "complete", "failed", "cancelled"]
MessageStatus = Literal["complete", "failed", "cancelled", "refused"]
OPEN_STATUSES = ("queued", "running")
"""An annotation of another status stays as it is."""


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """The base of all answers."""


ItemT = TypeVar("ItemT")


class Page(msgspec.Struct, Generic[ItemT], frozen=True):
    """A piece of a list; ``next`` is where the following one begins, ``None`` at the end."""

    items: list[ItemT]
    next: str | None = None


class Format(Record, frozen=True):
    """A format that the service makes; ``holds`` are its files, ``options`` a JSON schema of what can be chosen."""

    id: str
    name: str
    task: str
    holds: list[str]
    options: dict[str, Any]


class MyToken(Record, frozen=True):
    """Which token a request was made with; ``expires`` is ``""`` when it does not say."""

    id: str
    name: str
    expires: str


class Limits(Record, frozen=True):
    """Bounds of requests."""

    body_bytes: int
    map_bytes: int
    page_items: int
    tags: int


class Me(Record, frozen=True):
    """Who the service takes us for, and what it allows."""

    organization: str
    role: Role
    token: MyToken
    limits: Limits


class ClassName(Record, frozen=True):
    """A class of a map."""

    number: int
    name: str
    supercategory: str


class MapSummary(Record, frozen=True):
    """An annotation map, as lists show it; one that is ``refused`` has ``problems`` and can't be used."""

    organization: str
    name: str
    description: str
    tags: Tags
    version: str
    classes: int
    rules: int
    status: Literal["ready", "refused"]
    problems: list[str]
    updated: str
    updated_by: str
    used_in: list[str]
    revision: int


class Map(MapSummary, frozen=True):
    """An annotation map with its classes."""

    class_names: list[ClassName]


class MapVersion(Record, frozen=True):
    """A map as it was at some time; ``in_force`` is the one that is used now."""

    version: str
    updated: str
    updated_by: str
    classes: int
    rules: int
    in_force: bool


class TypeCount(Record, frozen=True):
    """How many objects of a type."""

    type: str
    objects: int


class AutoFormat(Record, frozen=True):
    """A format that is made of each dataset that arrives, with options."""

    format: str
    options: dict[str, Any]


class Workspace(Record, frozen=True):
    """A place for datasets; ``included_maps`` of ``["*"]`` are all of the organization.

    ``auto_formats`` are ids of formats, or formats with options.
    """

    name: str
    organization: str
    description: str
    tags: Tags
    auto_formats: list[str | AutoFormat]
    included_maps: list[str]
    created: str
    revision: int
    status: Literal["ready", "deleting"] = "ready"


class Resources(Record, frozen=True):
    """Maps that the organization has, and those of them that the workspace includes."""

    available: list[str]
    included: list[str]


class AnnotationCounts(Record, frozen=True):
    """How many annotations of a dataset are in which status."""

    queued: int
    running: int
    complete: int
    failed: int
    cancelled: int


class UploadedPart(Record, frozen=True):
    """A part of an upload that has arrived; ``etag`` is the MD5 of its bytes."""

    number: int
    size_bytes: int
    etag: str


class Upload(Record, frozen=True):
    """A dataset on its way: ``parts`` pieces of ``part_bytes``, the last one shorter; numbers begin with 1."""

    id: str
    dataset: str
    name: str
    size_bytes: int
    part_bytes: int
    parts: int
    done: list[UploadedPart]
    created: str
    expires: str


class Dataset(Record, frozen=True):
    """A dataset.

    ``images`` is 0 until they are counted, ``kind`` ``""`` until it has arrived, ``problem`` says why one was refused.
    """

    id: str
    workspace: str
    name: str
    status: Literal["uploading", "ready", "refused", "deleting"]
    kind: Literal["packed", "loose", ""]
    images: int
    size_bytes: int
    version: str
    arrived: str
    formats: list[str]
    annotations: AnnotationCounts
    upload: Upload | None = None
    number: int = 0
    problem: str = ""


class CreatedDataset(Record, frozen=True):
    """A dataset that was announced, and how to send it."""

    dataset: Dataset
    upload: Upload


class PartUrl(Record, frozen=True):
    """Where to PUT a part; whoever has the URL may do so until it expires."""

    number: int
    url: str
    size_bytes: int

    def __repr__(self) -> str:
        return f"PartUrl(number={self.number})"


class PartUrls(Record, frozen=True):
    """Where to put some parts."""

    parts: list[PartUrl]
    expires: str


class Progress(Record, frozen=True):
    """How far an annotation is: images done ``of`` all; ``fraction`` is 0..1."""

    images: int
    of: int
    errors: int
    fraction: float


class Annotation(Record, frozen=True):
    """A dataset in one format under one map (``map`` is ``""`` for none): the job, and what it made."""

    id: str
    organization: str
    workspace: str
    dataset: str
    dataset_id: str
    dataset_version: str
    format: str
    map: str
    map_version: str
    options: dict[str, Any]
    tags: Tags
    status: AnnotationStatus
    progress: Progress
    warnings: int
    errors: int
    reason: str
    created: str
    started: str
    finished: str
    asked_by: str
    size_bytes: int
    download_name: str
    dataset_number: int = 0
    is_current: bool = True

    @property
    def is_final(self) -> bool:
        """Whether it stays as it is."""
        return self.status not in OPEN_STATUSES


class LogLine(Record, frozen=True):
    """What the service said of a file; ``shard`` is ``None`` where the whole annotation is meant.

    Where there is a ``code``, which stays the same whatever the words, the line stands for ``count`` images, objects or
    files; ``examples`` are the first few.
    """

    time: str
    level: Literal["INFO", "WARNING", "ERROR"]
    format: str
    shard: int | None
    file: str
    message: str
    code: str = ""
    count: int = 1
    examples: list[str] = []


class ByteRange(Record, frozen=True):
    """A piece of a file."""

    offset: int
    length: int


class Download(Record, frozen=True):
    """Where an annotation's zip is; whoever has the URL may read it until it expires."""

    url: str
    name: str
    size_bytes: int
    etag: str
    expires: str
    ranges: list[ByteRange] | None = None

    def __repr__(self) -> str:
        return f"Download(name={self.name!r}, size_bytes={self.size_bytes})"


class Subscription(Record, frozen=True):
    """Who is told when an annotation ends or an upload is refused; empty lists mean all.

    ``queue_policy`` is the statement that a queue's policy needs, or nothing arrives there.
    """

    id: str
    protocol: Literal["email", "https", "sqs"]
    endpoint: str
    workspaces: list[str]
    formats: list[str]
    statuses: list[MessageStatus]
    status: Literal["pending", "confirmed", "gone"]
    created: str
    created_by: str
    queue_policy: dict[str, Any] | None = None


class Token(Record, frozen=True):
    """A token, without the token itself."""

    id: str
    name: str
    role: Role
    status: Literal["active", "revoked", "expired"]
    created: str
    created_by: str
    expires: str
    revoked: str


class CreatedToken(Token, frozen=True):
    """A new token; ``token`` is told this once."""

    token: str

    def __repr__(self) -> str:
        return f"CreatedToken(id={self.id!r}, name={self.name!r}, role={self.role!r})"
