"""All resources of the API, in the order in which the document shows them."""

from __future__ import annotations

from labelmill_aws.api.routes import formats, me

RESOURCES = (me.routes, formats.routes)
