"""What all models share."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class Asked(BaseModel):
    """A request's body: as the document says and nothing else, no text where a number is meant."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Answered(BaseModel):
    """An answer: exactly what the document says."""

    model_config = ConfigDict(extra="forbid")


Tags = Annotated[
    dict[
        Annotated[str, Field(min_length=1, max_length=128)],
        Annotated[str, Field(max_length=256)],
    ],
    Field(max_length=50, description="Up to 50 names with values, for whatever you need.", examples=[{"team": "road"}]),
]
Description = Annotated[str, Field(max_length=2000, description="Free text.")]
Next = Annotated[str | None, Field(description="`cursor` of the next page; none after the last page.")]
Time = Annotated[str, Field(description="ISO 8601, UTC.", examples=["2026-01-31T12:00:00Z"])]
