"""Deletes a dataset or workspace with all that its name owns, or what an upload has replaced. A repeat goes on.

The row says that a dataset is going; meanwhile uploads of its name wait. What the inbox was given after the deletion
was answered is left alone: exact versions go, those that were made until then, in whatever way the dataset was packed
and among its loose files. Uploads that were not finished are given up first, so that none of them becomes an object
afterwards. The row goes last, and only if it is still the one that was read. What was said of refused uploads stays
until the log forgets it: the name of that stream may be another organization's as well (a workspace may be called as
an organization is).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from time import sleep
from typing import TYPE_CHECKING, Final

import msgspec

from labelmill_aws.names import listings_of, listings_prefix, results_of, results_prefix, work_prefix
from labelmill_aws.objects.deletion import TimeIsUpError, delete_objects, keys_below, while_time
from labelmill_aws.objects.versions import Below, give_up_uploads, versions
from labelmill_aws.records.annotation import Annotation, now_text, workspace_partition
from labelmill_aws.records.catalog import DatasetRow, Replaced, Workspace
from labelmill_aws.records.table import WORKSPACE_INDEX
from labelmill_aws.services import Services
from labelmill_aws.settings import PurgeSettings
from labelmill_aws.uploads.inbox import is_of_dataset
from labelmill_aws.uploads.leftovers import of_workspace
from labelmill_aws.uploads.replaced import with_replaced
from labelmill_aws.uploads.unfinished import Uploads

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import ObjectIdentifierTypeDef

ROWS: Final = 100
INDEX_TRIES: Final = 20
INDEX_LAG_S: Final = 0.25
"""The index may show rows that were deleted a moment ago, and hide those that were just claimed."""

MORE: Final = "more"

Control = Services[PurgeSettings]


class Purge(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the function is given: a dataset's id, or the name of a workspace without datasets."""

    dataset: str = ""
    workspace: str = ""


class Purged(msgspec.Struct, frozen=True):
    """What was deleted.

    Attributes:
        status: ``deleted``; ``nothing`` when it was done before or an upload has taken the name; ``more`` when there
            was no time for all.
        objects: Versions of objects in the inbox.
        annotations: Rows.
    """

    status: str
    objects: int = 0
    annotations: int = 0


def purge(message: Purge, control: Control, has_time: Callable[[], bool] = lambda: True) -> Purged:
    """Delete a dataset or workspace that is marked as going, or what the dataset has replaced.

    Args:
        message: Which.
        control: The parts.
        has_time: Whether there is time to go on.
    """
    place = control.catalog.dataset_place(message.dataset) if message.dataset else None
    row = control.catalog.dataset(*place) if place else None
    workspace = control.catalog.workspace(message.workspace) if message.workspace else None
    try:
        if workspace is not None and workspace.deleting:
            return _Purge(control, has_time).workspace(workspace)
        if row is not None and row.deleting:
            return _Purge(control, has_time).dataset(row)
        if row is not None and row.replaced:
            return _Purge(control, has_time).replaced(row)
    except TimeIsUpError:
        return Purged(MORE)
    return Purged("nothing")


def go_on(message: Purge, function: str, control: Control) -> None:
    """Call a function for what there was no time for."""
    payload = msgspec.json.encode(message)
    control.clients.lambda_.invoke(FunctionName=function, InvocationType="Event", Payload=payload)


class _Purge:
    def __init__(self, control: Control, has_time: Callable[[], bool]) -> None:
        self._control = control
        self._has_time = has_time
        self._s3 = control.clients.s3
        self._inbox, self._outbox = control.settings.inbox_bucket, control.settings.outbox_bucket

    def dataset(self, row: DatasetRow) -> Purged:
        """Delete everything of a dataset."""
        control = self._control
        control.catalog.note_purging(row, now_text())
        unfinished = Uploads(control).of_dataset(row.workspace, row.name)
        if unfinished is not None:
            Uploads(control).give_up(unfinished)
        until, owned = max(_second(row.deleting), _second(row.arrived)), _owned(row)
        for below in owned:
            give_up_uploads(self._s3, self._inbox, below, until)
        objects = sum(self._versions(below, until) for below in owned)
        annotations = self._annotations(row)
        for job in control.store.jobs_of(row.workspace, row.name):
            self._below(work_prefix(job))
            control.store.forget_job(job)
        self._below(results_prefix(row.workspace, row.name))
        self._below(listings_prefix(row.workspace, row.name))
        gone = control.catalog.delete_dataset(row)
        return Purged("deleted" if gone else "nothing", objects, annotations)

    def workspace(self, workspace: Workspace) -> Purged:
        """Delete what became no dataset, and what may be left of earlier ones; the row goes when nothing is left."""
        control, name, until = self._control, workspace.name, _second(workspace.deleting)
        below = of_workspace(name)
        give_up_uploads(self._s3, self._inbox, below, until)
        objects = self._versions(below._replace(owns=lambda _: True), until)
        annotations = 0
        while listed := control.store.page(WORKSPACE_INDEX, workspace_partition(name), ROWS)[0]:
            present = control.store.get_many([row.id for row in listed])
            annotations += self._delete_rows(present)
            sleep(INDEX_LAG_S if not present else 0)
        self._below(results_of(name))
        self._below(listings_of(name))
        gone = control.catalog.delete_workspace(workspace)
        return Purged("deleted" if gone else "nothing", objects, annotations)

    def replaced(self, row: DatasetRow) -> Purged:
        """Delete what a dataset has replaced, and nothing that came since."""
        objects = sum(self._versions(_at(one), _second(one.until)) for one in row.replaced)
        catalog = self._control.catalog
        now: DatasetRow | None = row
        while now is not None and set(now.replaced) & set(row.replaced):
            left = {one.key: one.until for one in now.replaced if one not in row.replaced}
            if catalog.put_dataset(with_replaced(now, left), now):
                break
            now = catalog.dataset(row.workspace, row.name)
        return Purged("deleted", objects)

    def _versions(self, below: Below, until: datetime) -> int:
        """Delete the versions and marks that were made until then."""
        found = while_time(versions(self._s3, self._inbox, below), self._has_time)
        due: Iterator[ObjectIdentifierTypeDef] = (
            {"Key": one.key, "VersionId": one.version_id} for one in found if one.modified <= until
        )
        return delete_objects(self._s3, self._inbox, due)

    def _below(self, prefix: str) -> None:
        found = while_time(keys_below(self._s3, self._outbox, prefix), self._has_time)
        delete_objects(self._s3, self._outbox, found)

    def _annotations(self, row: DatasetRow) -> int:
        """Delete all annotations of a dataset, also those whose claim was under way; how many."""
        control = self._control
        deleted: set[str] = set()
        for _ in range(INDEX_TRIES):
            listed = list(control.store.annotations_of(row.workspace, row.name))
            present = control.store.get_many([found.id for found in listed])
            self._delete_rows(present)
            deleted |= set(present)
            if not listed:
                break
            sleep(INDEX_LAG_S if not present else 0)
        return len(deleted)

    def _delete_rows(self, rows: Mapping[str, Annotation]) -> int:
        """Delete annotations with the work on them and their logs; how many."""
        control = self._control
        for annotation, row in while_time(rows.items(), self._has_time):
            if row.is_open:
                control.store.cancel(annotation, "the dataset's deletion")  # who works on it deletes what comes now
            self._below(work_prefix(annotation))
            control.log.forget(annotation)
            control.store.delete(annotation)
        return len(rows)


def _owned(row: DatasetRow) -> list[Below]:
    """What the name of a dataset owns: its archives beside it, not those of ``toys.v2``, and its folder."""

    def owns(key: str) -> bool:
        return is_of_dataset(key, row.workspace, row.name)

    start = f"datasets/{row.workspace}/{row.name}"
    return [Below(f"{start}.", deep=False, owns=owns), Below(f"{start}/", deep=True, owns=owns)]


def _at(replaced: Replaced) -> Below:
    if replaced.key.endswith("/"):
        return Below(replaced.key, deep=True, owns=lambda _: True)
    return Below(replaced.key, deep=False, owns=lambda key: key == replaced.key)


def _second(text: str) -> datetime:
    """A time to the second, as S3 tells it."""
    return datetime.fromisoformat(text).replace(microsecond=0)
