"""Reading maps again: the very bytes that were uploaded, and the classes in them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError

from labelmill_aws.errors import is_missing
from labelmill_aws.records.catalog import MapRow, version_prefix
from labelmill_aws.records.outcomes import GoneError

if TYPE_CHECKING:
    from labelmill.model import Category
    from labelmill_aws.services import Services
    from labelmill_aws.settings import ApiSettings

MAX_SERVED_BYTES: Final = 4 << 20
"""A function answers with 6 MB at most; maps that are larger than 1 MiB were refused anyway."""
REMEMBERED_MAPS: Final = 64


@dataclass(frozen=True, slots=True)
class MapFile:
    """A file as it was uploaded.

    Attributes:
        name: With its suffix.
    """

    name: str
    data: bytes


def read_map_file(control: Services[ApiSettings], row: MapRow, version: str = "") -> MapFile:
    """A version of a map; without one, that in force, or what was refused where none ever was good.

    Raises:
        GoneError: If there is no such version, or its bytes were taken away.
    """
    if not version or version == row.version:
        key, version_id = (row.key, row.version_id) if row.version else (row.seen_key, row.seen)
    else:
        items = control.table.query(f"ORG#{row.organization}", version_prefix(row.name), newest_first=True)
        found = next((item for item in items if item["version"] == version), None)
        if found is None:
            raise GoneError(version)
        key, version_id = found["key"], found["version_id"]
    try:
        answer = control.clients.s3.get_object(Bucket=control.settings.inbox_bucket, Key=key, VersionId=version_id)
    except ClientError as error:
        if is_missing(error):
            raise GoneError(version) from error
        raise
    with answer["Body"] as body:
        if answer["ContentLength"] > MAX_SERVED_BYTES:
            raise GoneError(version)
        return MapFile(PurePosixPath(key).name, body.read())


def categories_of(control: Services[ApiSettings], row: MapRow) -> tuple[Category, ...]:
    """The classes of the version in force; of a version that was read before, without reading it again."""
    if not row.version:
        return ()
    known = _remembered(row.organization, row.name, row.version)
    if not known:
        known.append(_read_categories(control, row))
    return known[0]


@lru_cache(REMEMBERED_MAPS)
def _remembered(organization: str, name: str, version: str) -> list[tuple[Category, ...]]:
    """Room for a version's classes; a version is its bytes, so it never changes."""
    return []


def _read_categories(control: Services[ApiSettings], row: MapRow) -> tuple[Category, ...]:
    from labelmill.maps import parse_map

    file = read_map_file(control, row)
    return parse_map(file.data, file.name).categories
