"""What all models share."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from labelmill.formats import FORMAT_IDS
from labelmill_aws.api.option_schema import add_every_option
from labelmill_aws.uploads.given_names import MAX_NAME_CHARS, segment_problem


class Asked(BaseModel):
    """A request's body: as the document says and nothing else, no text where a number is meant."""

    model_config = ConfigDict(extra="forbid", strict=True, defer_build=True)


class Answered(BaseModel):
    """An answer: exactly what the document says."""

    model_config = ConfigDict(extra="forbid", defer_build=True)


def _name(text: str) -> str:
    problem = segment_problem(text)
    if problem:
        raise ValueError(problem)
    return text


def _format(text: str) -> str:
    if text not in FORMAT_IDS:
        raise ValueError(f"expected one of {', '.join(FORMAT_IDS)}")
    return text


VARIANTS = PLAIN, WITH_OPTIONS = "(plain)", "(with options)"
"""Which of a model's variants is meant: a part of places that clients are not told."""
_NEVER = (
    r"/\u0000-\u001f\u007f-\u009f\u00ad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160\u17b4\u17b5"
    r"\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\ufffe\uffff"
)
NAME_PATTERN = rf"^(?!\.{{1,2}}$)[^{_NEVER}\s]([^{_NEVER}]*[^{_NEVER}\s])?$"
"""What ``segment_problem`` says, for readers of the document, as far as regular expressions of all languages can."""

Name = Annotated[
    str,
    AfterValidator(_name),
    Field(
        description="1 to 200 characters, at most 230 bytes in UTF-8, without `/`, control characters, "
        "characters that can't be seen and blanks around it, composed (NFC).",
        json_schema_extra={"minLength": 1, "maxLength": MAX_NAME_CHARS, "pattern": NAME_PATTERN},
        examples=["toys"],
    ),
]
FormatId = Annotated[str, AfterValidator(_format), Field(json_schema_extra={"enum": [*FORMAT_IDS]}, examples=["COCO"])]
MapText = Annotated[
    str,
    Field(
        description="The annotation map: YAML, of which JSON is a part. At most 1 MiB.",
        examples=["classes:\n  1: car\nproperties:\n  obj['type'] == 'car': 1\n"],
    ),
]
Tags = Annotated[
    dict[
        Annotated[str, Field(min_length=1, max_length=128)],
        Annotated[str, Field(max_length=256)],
    ],
    Field(max_length=50, description="Up to 50 names with values, for whatever you need.", examples=[{"team": "road"}]),
]
AskedOptions = Annotated[
    dict[str, Any],
    Field(
        description="What differs from what holds anyway. `GET /v1/formats` says which options a format knows.",
        json_schema_extra=add_every_option,
        examples=[{"split": "train=0.8,val=0.2"}],
    ),
]
Description = Annotated[str, Field(max_length=2000, description="Free text.")]
Next = Annotated[str | None, Field(description="`cursor` of the next page; none after the last page.")]
Time = Annotated[str, Field(description="ISO 8601, UTC.", examples=["2026-01-31T12:00:00Z"])]
