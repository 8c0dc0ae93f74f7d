"""All resources of the API, in the order in which the document shows them."""

from __future__ import annotations

from labelmill_aws.api.routes import formats, map_checks, maps, me, workspaces

RESOURCES = (me.routes, formats.routes, maps.routes, map_checks.routes, workspaces.routes)
