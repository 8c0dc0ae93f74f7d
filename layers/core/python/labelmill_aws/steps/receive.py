"""The first step of every upload: see what it is, register it, and start what it makes possible.

An event only says where to look. What is done follows from the object that is there now and from the rows of the
table, so late, repeated and mixed-up events all end in the same state, and whoever dies on the way is finished by the
repeat.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec

from labelmill.errors import TransientError
from labelmill_aws.jobs.jobs import Jobs, Wanted
from labelmill_aws.messages import Answer, Settle, done
from labelmill_aws.names import listing_key, packed_version, short_digest
from labelmill_aws.records.catalog import DatasetRow, MapRow, Workspace
from labelmill_aws.services import Services
from labelmill_aws.settings import ReceiveSettings
from labelmill_aws.uploads.inbox import LooseKey, MapKey, PackedKey, RefusedKey, read_key
from labelmill_aws.uploads.inbox_event import read_event
from labelmill_aws.uploads.inbox_objects import look_at
from labelmill_aws.uploads.maps_inbox import register_map
from labelmill_aws.uploads.refusals import Refusal

LOOK_TRIES: Final = 5
LISTING_GOOD_FOR: Final = timedelta(days=5)
"""Listings lie under ``work/`` and expire after 7 days; a job that starts now should not lose its own."""

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
            return _receive_packed(meaning, control, jobs)
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
    for found in maps:
        wanted = Wanted(
            organization=workspace.organization,
            workspace=row.workspace,
            dataset=row.name,
            dataset_version=row.version,
            source=source,
            map=found.ref(settings.inbox_bucket) if found else None,
            format_ids=workspace.auto_formats,
            cause=f"{row.version_id}|{found.version_id if found else ''}",
        )
        started += jobs.ensure(wanted)
    return started


def is_older(row: DatasetRow, stored: DatasetRow | None) -> bool:
    """Tell whether another object of the same dataset name (``toys.zip`` and ``toys/``) came later than this one."""
    return stored is not None and stored.key != row.key and (stored.arrived, stored.key) > (row.arrived, row.key)


def _receive_packed(key: PackedKey, control: Control, jobs: Jobs) -> Answer:
    for _ in range(LOOK_TRIES):
        stored = control.catalog.dataset(key.workspace, key.dataset)
        present = look_at(control.clients.s3, control.settings.inbox_bucket, key.key)
        if present is None:
            return done()  # deleted meanwhile
        workspace = control.catalog.ensure_workspace(key.workspace)
        row = DatasetRow(
            workspace=key.workspace,
            name=key.dataset,
            kind="packed",
            key=key.key,
            version=packed_version(present.etag, present.size_bytes),
            version_id=present.version_id,
            etag=present.etag,
            size_bytes=present.size_bytes,
            arrived=present.arrived,
        )
        known = stored is not None and (stored.key, stored.version_id) == (row.key, row.version_id)
        if known or is_older(row, stored) or control.catalog.put_dataset(row, stored):
            # The row comes first, then the maps are read; a map is registered in the other order: one sees the other.
            return done(start_dataset(row, workspace, control.catalog.maps_for(workspace), control, jobs))
    raise TransientError(f"{key.key}: others are registering it at the same time")


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
    listing = look_at(control.clients.s3, control.settings.outbox_bucket, key)
    return listing is not None and listing.modified > datetime.now(UTC) - LISTING_GOOD_FOR


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
