"""``/v1/formats``."""

from __future__ import annotations

from labelmill_aws.api.caller import READER
from labelmill_aws.api.models.formats import Format, FormatList
from labelmill_aws.api.option_schema import format_options_schema
from labelmill_aws.api.routing import Routes

routes = Routes("formats", "What datasets can be turned into.")


@routes.get("/v1/formats", READER)
def list_formats() -> FormatList:
    """List the formats."""
    from labelmill.formats import formats  # numpy and all writers: half a second that other routes need not pay

    return FormatList(
        items=[
            Format(
                id=spec.id,
                name=spec.title,
                task=spec.task,
                holds=list(spec.files),
                options=format_options_schema(spec.id),
            )
            for spec in formats().values()
        ]
    )
