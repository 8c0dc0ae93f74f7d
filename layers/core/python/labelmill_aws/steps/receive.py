"""The first step of every upload: see what it is, register it, and start what it makes possible.

An event only says where to look. What is done follows from the object that is there now and from the rows of the
table, so late, repeated and mixed-up events all end in the same state, and whoever dies on the way is finished by the
repeat.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any, Final

import msgspec

from labelmill_aws.jobs.jobs import Jobs, Wanted
from labelmill_aws.messages import Answer, ObjectRef, Settle, done
from labelmill_aws.names import listing_key, short_digest
from labelmill_aws.objects.listing import is_fresh
from labelmill_aws.records.auto_formats import by_options
from labelmill_aws.records.catalog import DatasetRow, MapRow, Workspace
from labelmill_aws.records.outcomes import DeletingError
from labelmill_aws.services import Services
from labelmill_aws.settings import ReceiveSettings
from labelmill_aws.uploads.arrival import refuse
from labelmill_aws.uploads.inbox import LooseKey, MapKey, PackedKey, RefusedKey, read_key
from labelmill_aws.uploads.inbox_event import read_event
from labelmill_aws.uploads.inbox_objects import look_at
from labelmill_aws.uploads.maps_inbox import register_map
from labelmill_aws.uploads.packed_inbox import register_packed
from labelmill_aws.uploads.refusals import Refusal

GOING_S: Final = 5
LONGEST_GOING_S: Final = 300
"""Waits for the end of a deletion that an upload has overtaken, the first and the longest: it may take hours, and an
execution has 25,000 events."""

Control = Services[ReceiveSettings]


class Received(msgspec.Struct, frozen=True):
    """What Receive is given.

    Attributes:
        event: The event of S3, as EventBridge delivers it.
        state_machine: ARN of the machine that asks.
    """

    event: dict[str, Any]
    state_machine: str


def receive(message: Received, control: Control) -> Answer:
    """Handle an upload.

    Returns:
        What to do next: wait for a loose dataset, or nothing more.

    Raises:
        TransientError: If others kept changing the same rows.
        ValueError: If the event is none of S3.
    """
    bucket, key, version_id = read_event(message.event)
    meaning = read_key(key) if bucket == control.settings.inbox_bucket else None
    jobs = control.jobs(message.state_machine)
    match meaning:
        case MapKey():
            return _receive_map(meaning, control, jobs)
        case PackedKey():
            return receive_packed(meaning, control, jobs)
        case LooseKey():
            return _receive_loose(meaning, control)
        case RefusedKey():
            if look_at(control.clients.s3, bucket, key) is not None:
                _refuse_key(meaning, version_id, control)
    return done()


def start_dataset(
    row: DatasetRow, workspace: Workspace, maps: Sequence[MapRow | None], control: Control, jobs: Jobs
) -> list[str]:
    """Make a dataset into the workspace's formats under some maps, as far as that is not done.

    Returns:
        Names of the executions that were started.
    """
    settings = control.settings
    source = row.source(settings.inbox_bucket, settings.outbox_bucket)
    started: list[str] = []
    ids: list[str] = []
    for found, (options, format_ids) in product(maps, by_options(workspace.auto_formats)):
        wanted = Wanted(
            organization=workspace.organization,
            workspace=row.workspace,
            dataset=row.name,
            dataset_version=row.version,
            dataset_number=row.number,
            source=source,
            map=found.ref(settings.inbox_bucket) if found else None,
            format_ids=format_ids,
            cause=f"{row.version_id}|{found.version_id if found else ''}",
            options=options,
        )
        started += jobs.ensure(wanted)
        ids += map(wanted.annotation_id, wanted.format_ids)
    drop_if_deleted(row.workspace, row.name, ids, control)
    return started


def drop_if_deleted(workspace: str, name: str, annotations: Sequence[str], control: Services[Any]) -> bool:
    """Take annotations back that were claimed while somebody deleted their dataset.

    The claim came first, then the dataset is looked at; a deletion is noted first, then it looks for annotations: one
    of the two sees the other. Their executions stop when they find no rows.
    """
    stored = control.catalog.dataset(workspace, name)
    if stored is not None and not stored.is_going:
        return False
    for annotation in annotations:
        control.store.delete(annotation)
    return True


def after_deletion(settle: Settle) -> Answer:
    """To look again when what an upload has overtaken may be deleted."""
    wait_s = min(LONGEST_GOING_S, max(GOING_S, 2 * settle.wait_s))
    return Answer("settle", msgspec.structs.replace(settle, wait_s=wait_s))


def receive_packed(key: PackedKey, control: Control, jobs: Jobs, waited_s: int = 0) -> Answer:
    """Register a packed dataset as it is now, and start its jobs.

    Returns:
        Nothing more to do, or to look again when the dataset or workspace of this name has been deleted.
    """
    try:
        row = register_packed(key, control)
    except DeletingError:
        return after_deletion(Settle(bucket=control.settings.inbox_bucket, key=key.key, wait_s=waited_s))
    if row is None:
        return done()  # deleted meanwhile
    if row.problem:
        refuse(row, control)
        return done()
    workspace = control.catalog.ensure_workspace(key.workspace)
    # The row came first, then the maps are read; a map is registered in the other order: one sees the other.
    return done(start_dataset(row, workspace, control.catalog.maps_for(workspace), control, jobs))


def _receive_loose(key: LooseKey, control: Control) -> Answer:
    settings = control.settings
    if look_at(control.clients.s3, settings.inbox_bucket, key.key) is None:
        return done()
    wait_s = 0 if key.complete else settings.quiet_s
    return Answer("settle", Settle(bucket=settings.inbox_bucket, key=key.key, wait_s=wait_s))


def _receive_map(key: MapKey, control: Control, jobs: Jobs) -> Answer:
    row = register_map(key, control)
    started: list[str] = []
    if row is None:
        return done()
    for workspace in control.catalog.workspaces_including(row.organization, row.name):
        for dataset in control.catalog.datasets(workspace.name):
            if dataset.is_going or dataset.problem:
                continue
            if look_at(control.clients.s3, control.settings.inbox_bucket, dataset.mark or dataset.key) is None:
                continue  # its owner has taken it away
            if _is_readable(dataset, control):
                started += start_dataset(dataset, workspace, [row], control, jobs)
            else:
                name = f"again-{short_digest([dataset.workspace, dataset.name, dataset.revision, row.version_id])}"
                jobs.look_again(control.settings.inbox_bucket, dataset.mark, name)
                started.append(name)
    return done(started)


def _is_readable(dataset: DatasetRow, control: Control) -> bool:
    """Tell whether a dataset's listing is still there: an old loose dataset has to be listed again."""
    if dataset.kind == "packed":
        return True
    key = listing_key(dataset.workspace, dataset.name, dataset.version)
    try:
        return is_fresh(control.clients.s3, ObjectRef(control.settings.outbox_bucket, key))
    except KeyError:
        return False


def _refuse_key(key: RefusedKey, version_id: str, control: Control) -> None:
    is_map = key.key.startswith("maps/")
    control.refusals.refuse(
        Refusal(
            organization=key.owner if is_map else "",
            workspace="" if is_map else key.owner,
            name=key.name,
            key=key.key,
            version_id=version_id,
            reasons=[key.reason],
        )
    )
