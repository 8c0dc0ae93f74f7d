"""Registering a map: read once, checked, in force from then on; or refused with every problem."""

from __future__ import annotations

from typing import Final, NamedTuple

import msgspec

from labelmill.errors import MapError, TransientError
from labelmill_aws.names import map_version
from labelmill_aws.records.catalog import MapRow
from labelmill_aws.services import Services
from labelmill_aws.settings import ApiSettings, ReceiveSettings
from labelmill_aws.uploads.inbox import MapKey
from labelmill_aws.uploads.inbox_objects import Present, read_small
from labelmill_aws.uploads.refusals import Refusal

LOOK_TRIES: Final = 5
MAX_ROW_PROBLEMS: Final = 100
"""A row holds 400 KB; the log has all of them."""
MAX_ROW_PROBLEM_CHARS: Final = 500


Control = Services[ReceiveSettings] | Services[ApiSettings]


class Checked(NamedTuple):
    """What a map's file holds.

    Attributes:
        reasons: Why it is refused; the rest is empty then.
    """

    version: str
    classes: int
    rules: int
    reasons: list[str]


def register_map(key: MapKey, control: Control) -> MapRow | None:
    """Bring a map's row to what the inbox holds now.

    Returns:
        The row when the map that is there is the one in force; ``None`` when it is gone, refused (which was then
        said), or older than another file of the same map.

    Raises:
        TransientError: If others kept changing the row.
    """
    from labelmill.maps.limits import MAX_FILE_BYTES

    checked: dict[str, Checked] = {}  # by S3's version: checking can take a second
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
        reasons = checked[present.version_id].reasons
        row = _row(key, stored, present, checked[present.version_id])
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


def _check(key: MapKey, present: Present, data: bytes | None) -> Checked:
    """Read a map, or say every reason why it is refused."""
    from labelmill.maps import parse_map
    from labelmill.maps.limits import MAX_FILE_BYTES

    if data is None:
        too_large = f"the file is {present.size_bytes:,} bytes, allowed are {MAX_FILE_BYTES:,} (1 MiB)"
        return Checked("", 0, 0, [f"{key.file}: {too_large}"])
    try:
        read = parse_map(data, key.file)
    except MapError as error:
        return Checked("", 0, 0, [str(problem) for problem in error.problems])
    return Checked(map_version(data), len(read.categories), len(read.rules), [])


def _row(key: MapKey, stored: MapRow | None, present: Present, found: Checked) -> MapRow:
    """The row that a map's upload gives.

    Description and tags stay. Where the upload is refused, what was in force stays, and the problems stand beside it.
    """
    row = msgspec.structs.replace(
        stored or MapRow(organization=key.organization, name=key.name),
        seen=present.version_id,
        seen_key=present.key,
        updated=present.arrived,
        updated_by=present.by,
        problems=tuple(reason[:MAX_ROW_PROBLEM_CHARS] for reason in found.reasons[:MAX_ROW_PROBLEMS]),
        deleting="",
    )
    if found.reasons:
        return row
    return msgspec.structs.replace(
        row,
        key=present.key,
        version_id=present.version_id,
        version=found.version,
        classes=found.classes,
        rules=found.rules,
    )
