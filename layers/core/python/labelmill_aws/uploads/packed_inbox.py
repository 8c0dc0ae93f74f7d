"""A packed dataset in the inbox becomes a row: the same for an event of S3 and for an upload that the API completes."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from labelmill.errors import TransientError
from labelmill_aws.names import packed_version
from labelmill_aws.records.catalog import DatasetRow
from labelmill_aws.records.outcomes import DeletingError
from labelmill_aws.services import Services
from labelmill_aws.uploads.arrival import problem_of_archive
from labelmill_aws.uploads.inbox import PackedKey
from labelmill_aws.uploads.inbox_objects import look_at
from labelmill_aws.uploads.replaced import following, overtaken, purge_replaced

LOOK_TRIES: Final = 5


def register_packed(key: PackedKey, control: Services[Any]) -> DatasetRow | None:
    """Look at what is there now and write it down.

    Args:
        key: Where to look.
        control: The parts; its settings name the inbox.

    Returns:
        The row, as it is stored unless something newer of the name is; ``None`` when there is no object.

    Raises:
        DeletingError: If the dataset or its workspace is being deleted.
        TransientError: If others kept changing the row, or S3 refuses for now.
    """
    for _ in range(LOOK_TRIES):
        stored = control.catalog.dataset(key.workspace, key.dataset)
        present = look_at(control.clients.s3, control.settings.inbox_bucket, key.key)
        if present is None:
            return None
        if stored is not None and stored.is_going:
            raise DeletingError(f"The dataset {key.dataset!r} is being deleted.")
        control.catalog.ensure_workspace(key.workspace)
        version = packed_version(present.etag, present.size_bytes)
        row = DatasetRow(
            workspace=key.workspace,
            name=key.dataset,
            kind="packed",
            key=key.key,
            version=version,
            version_id=present.version_id,
            etag=present.etag,
            size_bytes=present.size_bytes,
            images=stored.images if stored and stored.version == version else 0,
            arrived=present.arrived,
        )
        if stored is not None and (stored.key, stored.version_id) == (row.key, row.version_id) and not stored.deleting:
            purge_replaced(stored, control)
            return stored
        if stored is not None and is_older(row, stored):
            if note_overtaken(row, stored, control):
                return row  # without a number: it was never the present version
            continue
        problem = problem_of_archive(present, control)
        if problem and look_at(control.clients.s3, control.settings.inbox_bucket, key.key) != present:
            continue  # it was replaced under the look
        row = following(msgspec.structs.replace(row, problem=problem), stored)
        if control.catalog.put_dataset(row, stored):
            purge_replaced(row, control)
            return msgspec.structs.replace(row, revision=stored.revision + 1 if stored else 1)
    raise TransientError(f"{key.key}: others are registering it at the same time")


def is_older(row: DatasetRow, stored: DatasetRow | None) -> bool:
    """Tell whether another object of the same dataset name (``toys.zip`` and ``toys/``) came later than this one."""
    return stored is not None and stored.key != row.key and (stored.arrived, stored.key) > (row.arrived, row.key)


def note_overtaken(row: DatasetRow, stored: DatasetRow, control: Services[Any]) -> bool:
    """Note that an upload was replaced before it was seen; False when others have changed the row meanwhile."""
    wanted = overtaken(row, stored)
    if wanted != stored and not control.catalog.put_dataset(wanted, stored):
        return False
    purge_replaced(wanted, control)
    return True
