"""All resources of the API, in the order in which the document shows them."""

from __future__ import annotations

from labelmill_aws.api.routes import (
    annotation,
    datasets,
    docs,
    formats,
    logs,
    look,
    map_checks,
    maps,
    me,
    reports,
    sessions,
    subscriptions,
    tokens,
    uploads,
    workspaces,
)

RESOURCES = (
    me.routes,
    sessions.routes,
    formats.routes,
    maps.routes,
    map_checks.routes,
    workspaces.routes,
    datasets.routes,
    uploads.routes,
    look.routes,
    annotation.routes,
    logs.routes,
    reports.routes,
    subscriptions.routes,
    tokens.routes,
    docs.routes,
)
