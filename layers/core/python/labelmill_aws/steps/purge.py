"""Deletes a dataset with everything that was made from it. A repeat goes on where the one before died.

The row says that it is going; meanwhile uploads of its name wait, so whatever is found belongs to what is to go. What
came into the inbox after the deletion was asked for is left alone in any case. The row goes last, and only if it is
still the one that was read. What was said of refused uploads stays until the log forgets it: the name of that stream
may be another organization's as well (a workspace may be called as an organization is).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from time import sleep
from typing import TYPE_CHECKING, Any, Final

import msgspec

from labelmill_aws.names import listings_prefix, results_prefix
from labelmill_aws.objects.deletion import delete_below, delete_objects
from labelmill_aws.records.catalog import DatasetRow
from labelmill_aws.services import Services
from labelmill_aws.settings import PurgeSettings
from labelmill_aws.uploads.unfinished import Uploads

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import ObjectIdentifierTypeDef

INDEX_TRIES: Final = 20
INDEX_LAG_S: Final = 0.25
"""The index may show rows that were deleted a moment ago, and hide those that were just claimed."""

Control = Services[PurgeSettings]


class Purge(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the function is given: a dataset's id."""

    dataset: str


class Purged(msgspec.Struct, frozen=True):
    """What was deleted.

    Attributes:
        status: ``deleted``, or ``nothing`` when it was done before or an upload has taken the name.
        objects: Versions of objects in the inbox.
        annotations: Rows.
    """

    status: str
    objects: int = 0
    annotations: int = 0


def purge(message: Purge, control: Control) -> Purged:
    """Delete a dataset that is marked as going."""
    place = control.catalog.dataset_place(message.dataset)
    row = control.catalog.dataset(*place) if place else None
    if row is None or not row.deleting:
        return Purged("nothing")
    uploads = Uploads(control)
    unfinished = uploads.of_dataset(row.workspace, row.name)
    if unfinished is not None:
        uploads.give_up(unfinished)
    s3, settings = control.clients.s3, control.settings
    objects = delete_objects(s3, settings.inbox_bucket, _inbox_versions(row, control))
    annotations = _delete_annotations(row, control)
    delete_below(s3, settings.outbox_bucket, results_prefix(row.workspace, row.name))
    delete_below(s3, settings.outbox_bucket, listings_prefix(row.workspace, row.name))
    if not control.catalog.delete_dataset(row):
        return Purged("nothing", objects, annotations)
    return Purged("deleted", objects, annotations)


def _delete_annotations(row: DatasetRow, control: Control) -> int:
    """Delete all annotations of a dataset, also those whose claim was under way; how many."""
    deleted: set[str] = set()
    for _ in range(INDEX_TRIES):
        listed = list(control.store.annotations_of(row.workspace, row.name))
        present = control.store.get_many([found.id for found in listed])
        for annotation in present:
            control.log.forget(annotation)
            control.store.delete(annotation)
        deleted |= set(present)
        if not listed:
            break
        sleep(INDEX_LAG_S if not present else 0)
    return len(deleted)


def _inbox_versions(row: DatasetRow, control: Control) -> Iterator[ObjectIdentifierTypeDef]:
    """The versions of a dataset's objects that were there when its deletion was asked for."""
    found = _versions(row.key, control)
    if row.kind == "loose":
        chosen: Any = (version for version in found if _was_there(version, row))
    else:
        chosen = _packed_versions([version for version in found if version["Key"] == row.key], row)
    return ({"Key": version["Key"], "VersionId": version["VersionId"]} for version in chosen)


def _packed_versions(newest_first: list[Any], row: DatasetRow) -> list[Any]:
    """The version that was registered and those before it, oldest first.

    Deleting only the newest would put the one before in its place.
    """
    ids = [version["VersionId"] for version in newest_first]
    if row.version_id not in ids:
        return [version for version in newest_first if _was_there(version, row)][::-1]
    return newest_first[ids.index(row.version_id) :][::-1]


def _versions(prefix: str, control: Control) -> Iterator[Any]:
    """Versions and the marks of deletions, key by key, the newest of each key first."""
    pages = control.clients.s3.get_paginator("list_object_versions").paginate(
        Bucket=control.settings.inbox_bucket, Prefix=prefix
    )
    for page in pages:
        found: list[Any] = [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
        yield from sorted(found, key=lambda version: version["LastModified"], reverse=True)


def _was_there(version: Any, row: DatasetRow) -> bool:
    """Tell whether a version belongs to what was registered, or came before the second of the deletion."""
    modified: datetime = version["LastModified"].replace(microsecond=0)
    asked = datetime.fromisoformat(row.deleting).replace(microsecond=0)
    return modified < asked or modified <= datetime.fromisoformat(row.arrived)
