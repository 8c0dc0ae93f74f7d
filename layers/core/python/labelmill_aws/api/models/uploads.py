"""Uploads: a packed dataset that is sent in parts."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from labelmill_aws.api.models.base import Answered, Asked, Name, Time
from labelmill_aws.objects.multipart import MOST_PARTS
from labelmill_aws.uploads.unfinished import MOST_BYTES

MOST_NUMBERS = 100
Suffix = Literal[".zip", ".tar", ".tar.gz", ".tgz"]
PartNumber = Annotated[int, Field(ge=1, le=MOST_PARTS, description="Parts count from 1.")]


class NewDataset(Asked):
    """A dataset that is to be uploaded."""

    name: Name
    size_bytes: Annotated[int, Field(ge=1, le=MOST_BYTES, description="Size of the archive.")]
    suffix: Suffix
    fingerprint: Annotated[
        str,
        Field(
            max_length=200,
            description="What you know the file by, such as its size and time. An upload that was broken off goes on "
            "when it is begun again with the same; without one it begins anew.",
        ),
    ] = ""


class DonePart(Answered):
    """A part that has arrived."""

    number: int
    size_bytes: int
    etag: str


class UploadAnswer(Answered):
    """An unfinished upload."""

    id: str = Field(examples=["up-0123456789abcdef0123"])
    dataset: str = Field(description="Id of the dataset that it becomes.")
    name: str = Field(description="Name of that dataset.")
    size_bytes: int
    part_bytes: int = Field(description="Size of every part but the last.")
    parts: int = Field(description="How many parts there have to be.")
    done: list[DonePart] = Field(description="The parts that have arrived.")
    created: Time
    expires: Time = Field(description="When it is given up.")


class PartsWanted(Asked):
    """Which parts to send next."""

    numbers: Annotated[list[PartNumber], Field(min_length=1, max_length=MOST_NUMBERS)]


class PartAnswer(Answered):
    """Where to PUT a part."""

    number: int
    url: str = Field(description="Needs no token: send the part's bytes with PUT and no other header.")
    size_bytes: int


class PartList(Answered):
    """Where to PUT parts."""

    parts: list[PartAnswer]
    expires: Time = Field(description="Until when the addresses are good.")
