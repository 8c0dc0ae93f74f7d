"""Datasets."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from labelmill_aws.api.models.base import Answered, Next
from labelmill_aws.api.models.uploads import UploadAnswer

DatasetStatus = Literal["uploading", "ready", "refused", "deleting"]
Kind = Literal["packed", "loose", ""]


class AnnotationCounts(Answered):
    """How many annotations there are in each status, of all versions of the dataset."""

    queued: int
    running: int
    complete: int
    failed: int
    cancelled: int


class DatasetAnswer(Answered):
    """A dataset."""

    id: str = Field(examples=["ds-0123456789abcdef0123"])
    workspace: str
    name: str
    status: DatasetStatus
    problem: str = Field(description="Why no format can be made of it, where it was refused; else empty.")
    kind: Kind = Field(description="One archive or many files; empty before it has arrived.")
    images: int = Field(description="0 until somebody has counted them: a packed dataset's first job does.")
    size_bytes: int
    version: str = Field(description="Follows from its bytes; empty before it has arrived.")
    number: int = Field(description="The version's number, from 1: other bytes count on. 0 where nobody has counted.")
    arrived: str = Field(description="ISO 8601, UTC; empty before it has arrived.", examples=["2026-01-31T12:00:00Z"])
    formats: list[str] = Field(description="Formats that this version is complete in.")
    annotations: AnnotationCounts
    upload: UploadAnswer | None = Field(description="The unfinished upload, of the dataset or of its next version.")


class DatasetList(Answered):
    """Datasets of a workspace, by name."""

    items: list[DatasetAnswer]
    next: Next


class DatasetCreated(Answered):
    """A dataset that is to be uploaded, and how."""

    dataset: DatasetAnswer
    upload: UploadAnswer


class DatasetGoing(Answered):
    """A dataset whose deletion has begun."""

    id: str
    status: Literal["deleting"]
