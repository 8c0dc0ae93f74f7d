"""``/v1/formats``."""

from __future__ import annotations

from functools import cache
from typing import Any

import msgspec

from labelmill_aws.api.caller import READER
from labelmill_aws.api.models.formats import Format, FormatList
from labelmill_aws.api.routing import Routes

routes = Routes("formats", "What datasets can be turned into.")


@routes.get("/v1/formats", READER)
def list_formats() -> FormatList:
    """List the formats."""
    from labelmill.formats import formats  # numpy and all writers: half a second that other routes need not pay

    return FormatList(
        items=[
            Format(id=spec.id, name=spec.title, task=spec.task, holds=list(spec.files), options=options_schema())
            for spec in formats().values()
        ]
    )


@cache
def options_schema() -> dict[str, Any]:
    """JSON Schema of what may be chosen beside format and map."""
    from labelmill_aws.jobs.options import AnnotationOptions

    _, components = msgspec.json.schema_components([AnnotationOptions])
    schema: dict[str, Any] = components[AnnotationOptions.__name__]
    return schema
