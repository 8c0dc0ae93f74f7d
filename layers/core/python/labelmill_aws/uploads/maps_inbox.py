"""Registering a map: read once, checked, in force from then on; or refused with every problem."""

from __future__ import annotations

from typing import Final

import msgspec

from labelmill.errors import MapError, TransientError
from labelmill_aws.names import map_version
from labelmill_aws.records.catalog import MapRow
from labelmill_aws.services import Services
from labelmill_aws.settings import ReceiveSettings
from labelmill_aws.uploads.inbox import MapKey
from labelmill_aws.uploads.inbox_objects import Present, read_small
from labelmill_aws.uploads.refusals import Refusal

LOOK_TRIES: Final = 5
MAX_ROW_PROBLEMS: Final = 100
"""A row holds 400 KB; the log has all of them."""
MAX_ROW_PROBLEM_CHARS: Final = 500


def register_map(key: MapKey, control: Services[ReceiveSettings]) -> MapRow | None:
    """Bring a map's row to what the inbox holds now.

    Returns:
        The row when the map that is there is the one in force; ``None`` when it is gone, refused (which was then
        said), or older than another file of the same map.

    Raises:
        TransientError: If others kept changing the row.
    """
    from labelmill.maps.limits import MAX_FILE_BYTES

    checked: dict[str, tuple[MapRow, list[str]]] = {}  # by S3's version: checking can take a second
    for _ in range(LOOK_TRIES):
        stored = control.catalog.map(key.organization, key.name)
        found = read_small(control.clients.s3, control.settings.inbox_bucket, key.key, MAX_FILE_BYTES)
        if found is None:
            return None
        present, data = found
        if stored and stored.seen_key != key.key and (stored.updated, stored.seen_key) > (present.arrived, key.key):
            return stored if (stored.key, stored.version_id) == (key.key, present.version_id) else None
        if present.version_id not in checked:
            checked[present.version_id] = _check(key, present, data)
        row, reasons = checked[present.version_id]
        if reasons:
            row = _keep_good(stored, row, reasons)
        known = stored is not None and (stored.seen_key, stored.seen) == (row.seen_key, row.seen)
        if not known:
            control.catalog.ensure_organization(key.organization)
            if not control.catalog.put_map(row, stored):
                continue
        if not reasons:
            return row
        control.refusals.refuse(
            Refusal(
                organization=key.organization,
                workspace="",
                name=key.name,
                key=key.key,
                version_id=present.version_id,
                reasons=reasons,
            )
        )
        return None
    raise TransientError(f"{key.key}: others are registering it at the same time")


def _check(key: MapKey, present: Present, data: bytes | None) -> tuple[MapRow, list[str]]:
    """The row that a map gives, and every reason why it is refused."""
    from labelmill.maps import parse_map
    from labelmill.maps.limits import MAX_FILE_BYTES

    row = MapRow(
        organization=key.organization,
        name=key.name,
        seen=present.version_id,
        seen_key=present.key,
        updated=present.arrived,
    )
    if data is None:
        too_large = f"the file is {present.size_bytes:,} bytes, allowed are {MAX_FILE_BYTES:,} (1 MiB)"
        return row, [f"{key.file}: {too_large}"]
    try:
        read = parse_map(data, key.file)
    except MapError as error:
        return row, [str(problem) for problem in error.problems]
    good = msgspec.structs.replace(
        row,
        key=present.key,
        version_id=present.version_id,
        version=map_version(data),
        classes=len(read.categories),
        rules=len(read.rules),
    )
    return good, []


def _keep_good(stored: MapRow | None, refused: MapRow, reasons: list[str]) -> MapRow:
    """A refused map's row: what was in force stays, the problems stand beside it."""
    problems = tuple(reason[:MAX_ROW_PROBLEM_CHARS] for reason in reasons[:MAX_ROW_PROBLEMS])
    return msgspec.structs.replace(
        stored or refused,
        problems=problems,
        seen=refused.seen,
        seen_key=refused.seen_key,
        updated=refused.updated,
    )
