"""Deleting at once what is small: an annotation with its results and its log; asking for the rest."""

from __future__ import annotations

from time import sleep, time
from typing import Any, Final

from labelmill.errors import TransientError
from labelmill_aws.names import result_prefix
from labelmill_aws.objects.deletion import delete_below
from labelmill_aws.records.annotation import Annotation, now_text
from labelmill_aws.records.workspaces import Workspaces
from labelmill_aws.services import Services
from labelmill_aws.steps.cancel import cancel
from labelmill_aws.uploads.datasets import Dataset, Datasets
from labelmill_aws.uploads.leftovers import leftover
from labelmill_aws.uploads.replaced import ask_for_purge

MARK_TRIES: Final = 5


class StillOpenError(Exception):
    """The annotation is queued or running: it has to be cancelled first."""


def delete_annotation(row: Annotation, control: Services[Any]) -> None:
    """Delete an annotation that has ended; a repeat finishes what the one before left.

    The row goes last: while it is there, its deletion can be asked for again.

    Raises:
        StillOpenError: If it is open, or has become so.
    """
    if row.is_open or not control.store.begin_deletion(row):
        raise StillOpenError("It is queued or running: cancel it first.")
    prefix = result_prefix(row.workspace, row.dataset, row.id)
    delete_below(control.clients.s3, control.settings.outbox_bucket, prefix)
    control.log.forget(row.id)
    control.store.delete(row.id)


def delete_dataset(dataset: Dataset, asked_by: str, control: Services[Any]) -> None:
    """Cancel what is being made of a dataset and have the function ``purge`` delete all that there is of it.

    A repeat asks for it again, in case the function has failed for good.

    Raises:
        TransientError: If others kept changing the dataset.
    """
    uploads = Datasets(control).uploads
    if dataset.upload is not None:
        uploads.give_up(dataset.upload)
    if not _mark(dataset, control):
        return
    for row in control.store.annotations_of(dataset.workspace, dataset.name):
        if row.is_open:
            cancel(row.id, asked_by, control.settings.state_machine_arn, control)
    ask_for_purge(control, dataset=dataset.id)


def delete_workspace(name: str, expected: int | None, organization: str, control: Services[Any]) -> bool:
    """Delete a workspace without datasets; one that has left anything behind goes with it, by the function ``purge``.

    Returns:
        Whether it is gone; until then its name is taken.

    Raises:
        GoneError, ChangedError, InUseError, TransientError: As ``Workspaces.begin_deletion`` does.
    """
    marked = Workspaces(control.table, organization).begin_deletion(name, expected, now_text())
    if not leftover(name, control) and control.catalog.delete_workspace(marked):
        return True
    sleep(1 - time() % 1)  # as above
    ask_for_purge(control, workspace=name)
    return False


def _mark(dataset: Dataset, control: Services[Any]) -> bool:
    """Note that the dataset is to go; False when it has never arrived, or is gone."""
    for _ in range(MARK_TRIES):
        row = control.catalog.dataset(dataset.workspace, dataset.name)
        if row is None or row.is_going:
            return row is not None
        if control.catalog.begin_deletion(row, now_text()):
            sleep(1 - time() % 1)  # S3 tells whole seconds: what comes after the answer is in a later one
            return True
    raise TransientError(f"{dataset.name}: others are changing it at the same time")
