"""What the steps of the state machine hand to each other: checked where it comes in, unknown keys refused."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from labelmill_aws.names import epoch_of


class PackedSource(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="packed"):
    """A dataset in one object, of exactly this version."""

    bucket: str
    key: str
    version_id: str
    etag: str
    size_bytes: int


class ObjectRef(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An object of S3."""

    bucket: str
    key: str


class LooseSource(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="loose"):
    """A dataset in many objects, those of the listing.

    Attributes:
        prefix: What their keys begin with, ending in ``/``; then come folder, ``/`` and name.
    """

    bucket: str
    prefix: str
    listing: ObjectRef


DatasetSource = PackedSource | LooseSource


class MapRef(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The snapshot of a map that a job works with."""

    name: str
    bucket: str
    key: str
    version_id: str
    version: str


class AnnotationRef(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One annotation of a job."""

    id: str
    format: str


class Job(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one execution makes: some formats of one dataset under one map or none."""

    name: str
    attempt: int
    organization: str
    workspace: str
    dataset: str
    dataset_version: str
    source: DatasetSource
    map: MapRef | None
    options: dict[str, Any]
    annotations: list[AnnotationRef]
    cause: str
    asked_by: str

    def epoch(self, redrives: int) -> int:
        """The epoch of this execution after so many redrives."""
        return epoch_of(self.attempt, redrives)


class JobInput(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The input of an execution that is a job."""

    job: Job


class Settle(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A loose dataset that is waited for.

    Attributes:
        key: The file that told of it: ``…/_SUCCESS`` or ``…/dataset.yaml``.
        wait_s: Seconds to wait before it is looked at.
    """

    bucket: str
    key: str
    wait_s: int = 0


MAX_STARTED = 1000


class Answer(msgspec.Struct, frozen=True, omit_defaults=True):
    """What Receive and Settle answer.

    Attributes:
        next: ``settle`` (wait, then look) or ``done``.
        settle: What to wait for.
        started: Names of executions that were started or found started, at most 1,000: a state holds 256 KiB.
    """

    next: str
    settle: Settle | None = None
    started: list[str] | None = None


def done(started: list[str] | None = None) -> Answer:
    """The answer that ends an upload's execution."""
    return Answer("done", started=(started or [])[:MAX_STARTED])


T = TypeVar("T")


def read_message(kind: type[T], payload: object) -> T:
    """Check a payload.

    Raises:
        ValueError: Naming the key that is missing, unknown or of another type.
    """
    try:
        return msgspec.convert(payload, kind)
    except msgspec.ValidationError as error:
        raise ValueError(f"the payload is no {kind.__name__}: {error}") from error
