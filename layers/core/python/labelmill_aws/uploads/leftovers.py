"""What is left of a workspace beside its row: files that became no dataset, labels, uploads not finished."""

from __future__ import annotations

from typing import Any

from labelmill_aws.names import listings_of, results_of
from labelmill_aws.objects.deletion import keys_below
from labelmill_aws.objects.versions import Below, uploads, versions
from labelmill_aws.records.annotation import workspace_partition
from labelmill_aws.records.table import WORKSPACE_INDEX
from labelmill_aws.services import Services


def of_workspace(name: str) -> Below:
    """All keys of the inbox that name a workspace."""
    prefix = f"datasets/{name}/"
    return Below(prefix, deep=True, owns=lambda key: key != prefix)  # that is the folder that S3's console makes


def leftover(name: str, control: Services[Any]) -> str:
    """A key, or an annotation's id, that is left of a workspace; empty when there are but marks of deletions."""
    s3, settings, below = control.clients.s3, control.settings, of_workspace(name)
    found = next((one.key for one in versions(s3, settings.inbox_bucket, below) if not one.is_mark), "")
    found = found or next((one["Key"] for one in uploads(s3, settings.inbox_bucket, below)), "")
    for prefix in (results_of(name), listings_of(name)):
        found = found or next((one["Key"] for one in keys_below(s3, settings.outbox_bucket, prefix)), "")
    if not found:
        rows, _ = control.store.page(WORKSPACE_INDEX, workspace_partition(name), 1)
        found = rows[0].id if rows else ""
    return found
