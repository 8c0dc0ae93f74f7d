"""A loose dataset: wait until it is complete, write down what it consists of, start its jobs.

``_SUCCESS`` says that it is complete. ``dataset.yaml`` only says that it is arriving: synchronising tools send files in
any order, so it counts as complete when nothing newer than the quiet time is there.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

import msgspec

from labelmill_aws.jobs.jobs import Jobs
from labelmill_aws.messages import Answer, Settle, done
from labelmill_aws.names import listing_key
from labelmill_aws.objects.listing import Listing, list_dataset, write_listing
from labelmill_aws.records.catalog import DatasetRow
from labelmill_aws.records.outcomes import DeletingError
from labelmill_aws.steps.receive import Control, after_deletion, receive_packed, start_dataset
from labelmill_aws.uploads.arrival import problem_of_listing, refuse
from labelmill_aws.uploads.inbox import ARRIVING, COMPLETE, LooseKey, PackedKey, read_key
from labelmill_aws.uploads.inbox_objects import Present, look_at, time_text
from labelmill_aws.uploads.packed_inbox import is_older, note_overtaken
from labelmill_aws.uploads.replaced import following, purge_replaced

AGAIN_S: Final = 1
"""Wait after another delivery was faster with the row."""


class Settling(msgspec.Struct, frozen=True):
    """What Settle is given.

    Attributes:
        settle: What Receive, or Settle the time before, has answered.
        state_machine: ARN of the machine that asks.
    """

    settle: Settle
    state_machine: str


def settle(message: Settling, control: Control) -> Answer:
    """Look whether a loose dataset is complete, and start its jobs if so.

    Returns:
        To wait again, or nothing more.

    Raises:
        ValueError: If the message is of no dataset.
    """
    key = read_key(message.settle.key)
    if isinstance(key, PackedKey) and message.settle.bucket == control.settings.inbox_bucket:
        # It waited for a deletion.
        return receive_packed(key, control, control.jobs(message.state_machine), message.settle.wait_s)
    if not isinstance(key, LooseKey) or message.settle.bucket != control.settings.inbox_bucket:
        raise ValueError(f"{message.settle.key}: expected a key of a loose dataset in the inbox")
    stored = control.catalog.dataset(key.workspace, key.dataset)
    if stored is not None and stored.is_going:
        return after_deletion(message.settle)
    marks = _marks(key, control)
    if not marks:
        return done()  # deleted meanwhile
    wait_s = 0 if key.complete else _missing_quiet_s(max(mark.modified for mark in marks), control)
    if wait_s:
        return _again(message.settle, wait_s)
    with list_dataset(control.clients.s3, control.settings.inbox_bucket, key.prefix) as listing:
        newest = max([mark.modified for mark in marks] + ([listing.newest] if listing.newest else []))
        wait_s = 0 if key.complete else _missing_quiet_s(newest, control)
        if wait_s:
            return _again(message.settle, wait_s)
        row = _row(key, listing, marks, newest)
        _write_listing(row, listing, control)
    try:
        control.catalog.ensure_workspace(row.workspace)
    except DeletingError:
        return after_deletion(message.settle)
    if not _register(row, stored, control):
        return _again(message.settle, AGAIN_S)
    if row.problem:
        refuse(row, control)
        return done()
    return done(_start(row, control, control.jobs(message.state_machine)))


def _register(row: DatasetRow, stored: DatasetRow | None, control: Control) -> bool:
    """Write the row, with what it replaces; False when others have changed it meanwhile."""
    if stored is not None and is_older(row, stored):
        return note_overtaken(row, stored, control)
    row = following(row, stored)
    known = stored is not None and msgspec.structs.replace(stored, revision=0, mark=row.mark) == row
    if not known and not control.catalog.put_dataset(row, stored):
        return False
    purge_replaced(row, control)
    return True


def _start(row: DatasetRow, control: Control, jobs: Jobs) -> list[str]:
    workspace = control.catalog.ensure_workspace(row.workspace)
    return start_dataset(row, workspace, control.catalog.maps_for(workspace), control, jobs)


def _marks(key: LooseKey, control: Control) -> list[Present]:
    """The files that tell of the dataset, those that are there; one that says it is whole as the key writes it."""
    complete = key.key.rpartition("/")[2] if key.complete else COMPLETE
    found = (
        look_at(control.clients.s3, control.settings.inbox_bucket, f"{key.prefix}{name}")
        for name in (ARRIVING, complete)
    )
    return [mark for mark in found if mark is not None]


def _missing_quiet_s(newest: datetime, control: Control) -> int:
    """Seconds that the dataset has yet to be quiet, whole; S3 tells times in whole seconds, rounded down."""
    age_s = (datetime.now(UTC) - newest).total_seconds()
    return max(0, math.ceil(control.settings.quiet_s - age_s))


def _again(message: Settle, wait_s: int) -> Answer:
    return Answer("settle", msgspec.structs.replace(message, wait_s=wait_s))


def _row(key: LooseKey, listing: Listing, marks: Sequence[Present], newest: datetime) -> DatasetRow:
    return DatasetRow(
        workspace=key.workspace,
        name=key.dataset,
        kind="loose",
        key=key.prefix,
        version=listing.version,
        version_id="+".join(mark.version_id for mark in marks),
        size_bytes=listing.size_bytes,
        images=listing.images,
        arrived=time_text(newest),
        mark=marks[-1].key,
        problem=problem_of_listing(key.prefix, listing),
    )


def _write_listing(row: DatasetRow, listing: Listing, control: Control) -> None:
    key = listing_key(row.workspace, row.name, row.version)
    write_listing(control.clients.s3, control.settings.outbox_bucket, key, listing)
