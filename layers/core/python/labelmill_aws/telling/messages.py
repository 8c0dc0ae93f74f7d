"""The bodies of the messages that subscribers get; their JSON Schemas come from here.

They say where things are, never what is in them, and hold nothing of another organization.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

ANNOTATION_FINISHED: Final = "Annotation Finished"
UPLOAD_REFUSED: Final = "Upload Refused"

Organization = Annotated[str, Meta(description="Whom it concerns.", examples=["default"])]
Reason = Annotated[str, Meta(description="What went wrong, a line a problem, cut after 4,000 characters; or empty.")]
LogGroup = Annotated[str, Meta(description="CloudWatch Logs group of the job log.")]
LogStream = Annotated[str, Meta(description="Its stream that holds all of it.")]
Id = Annotated[str, Meta(description="The same when a message comes twice.")]
Time = Annotated[str, Meta(description="ISO 8601, UTC; empty if it never came to that.")]


class AnnotationFinished(msgspec.Struct, frozen=True, kw_only=True):
    """A dataset was made into a format, or could not be."""

    annotation: Annotated[str, Meta(description="The annotation's id.", examples=["an-0123456789abcdef0123"])]
    organization: Organization
    workspace: Annotated[str, Meta(examples=["training"])]
    dataset: Annotated[str, Meta(examples=["toys"])]
    format: Annotated[str, Meta(examples=["COCO"])]
    map: Annotated[str, Meta(description="The annotation map's name; empty for none.")]
    status: Literal["complete", "failed", "cancelled"]
    reason: Reason
    images: Annotated[int, Meta(description="Images that were converted.")]
    errors: Annotated[int, Meta(description="Images that were not.")]
    warnings: int
    bucket: Annotated[str, Meta(description="The outbox, where the keys are.")]
    download_key: Annotated[str, Meta(description="The archive; empty if there is none.")]
    report_key: Annotated[str, Meta(description="Counts and warnings; empty if there is no archive.")]
    log_group: LogGroup
    log_stream: LogStream
    created: Time
    finished: Time
    id: Id


class UploadRefused(msgspec.Struct, frozen=True, kw_only=True):
    """A map or a dataset that arrived in the inbox can't be used."""

    organization: Organization
    workspace: Annotated[str, Meta(description="Where the dataset was meant to be; empty for a map.")]
    dataset: Annotated[str, Meta(description="Its name; empty for a map.")]
    map: Annotated[str, Meta(description="The map's name; empty for a dataset.")]
    status: Literal["refused"]
    key: Annotated[str, Meta(description="The object in the inbox.")]
    reason: Reason
    log_group: LogGroup
    log_stream: LogStream
    id: Id


Message = AnnotationFinished | UploadRefused
MESSAGES: Final = {ANNOTATION_FINISHED: AnnotationFinished, UPLOAD_REFUSED: UploadRefused}
"""By the detail type that EventBridge knows them under."""


def message_schemas(ref_template: str = "#/components/schemas/{name}") -> dict[str, dict[str, Any]]:
    """JSON Schemas of the messages, by the names of their classes.

    Args:
        ref_template: How one refers to another where they will stand.
    """
    _, components = msgspec.json.schema_components(MESSAGES.values(), ref_template=ref_template)
    return dict(sorted(components.items()))
