"""Maps that are made, changed and deleted by request.

A file goes into the inbox and is registered by the very code that registers an upload, so that S3's event for it finds
nothing left to do. What else a map has lies in its row. Who is first, when several come at once:

* two that create one name: the one whose row is written first; the other hears that the name is taken;
* one that creates, and an upload of the name: the upload keeps its place when it is in the inbox first; one that comes
  later is the newer version;
* two that change a map: both that named no revision, the file that S3 has last; of two that named the same revision,
  one;
* one that deletes, and a workspace that includes: whoever writes first. A map is marked before the workspaces are
  looked at, and a marked map can't be included;
* one that deletes, and an upload: an upload that comes after the deletion has looked through the inbox stays.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import quote

import msgspec
from botocore.exceptions import ClientError

from labelmill.errors import TransientError
from labelmill_aws.errors import code_of
from labelmill_aws.records.annotation import now_text
from labelmill_aws.records.catalog import MapRow, version_prefix
from labelmill_aws.records.outcomes import ChangedError, GoneError, InUseError, TakenError
from labelmill_aws.services import Services
from labelmill_aws.settings import ApiSettings
from labelmill_aws.uploads.inbox import MapKey, read_key
from labelmill_aws.uploads.inbox_objects import BY
from labelmill_aws.uploads.maps_inbox import register_map

TRIES: Final = 8
CLAIM_GOOD_FOR: Final = timedelta(seconds=60)
"""Longer than any request lasts: a name that was claimed and got no file is free again."""
MAX_BY_CHARS: Final = 600


@dataclass(frozen=True, slots=True)
class MapChange:
    """What is to change; ``None`` leaves as it is.

    Attributes:
        by: Name of the token that asks.
        data: The file.
        expected: The revision that the sender has seen; ``None`` when it did not say.
    """

    by: str
    data: bytes | None = None
    description: str | None = None
    tags: dict[str, str] | None = None
    expected: int | None = None


class MapEdits:
    """Changes maps of one organization."""

    def __init__(self, control: Services[ApiSettings], organization: str) -> None:
        self._control = control
        self._catalog = control.catalog
        self._organization = organization
        self._bucket = control.settings.inbox_bucket

    def create(self, name: str, change: MapChange) -> MapRow:
        """Make a map.

        Raises:
            MapError: With every problem of the file.
            TakenError: If there is one of this name.
            TransientError: If others kept changing it.
        """
        key = self._key(name, ".yaml")
        data = _checked(change.data or b"", key)
        stored = self._catalog.map(self._organization, name)
        if stored is not None and not _is_free(stored):
            raise TakenError(name)
        claim = MapRow(
            organization=self._organization,
            name=name,
            description=change.description or "",
            tags=change.tags or {},
            claimed=now_text(),
        )
        if not self._catalog.put_map(claim, stored):
            raise TakenError(name)
        if not self._upload(key, data, change.by, if_new=True):
            self._control.table.delete(*_place(claim), "#claimed = :claimed AND #seen = :none", _claimed(claim))
            raise TakenError(name)
        return self._register(key)

    def change(self, name: str, change: MapChange) -> MapRow:
        """Change a map.

        Raises:
            GoneError: If there is none.
            ChangedError: If it is not at the expected revision.
            MapError: With every problem of the file.
            TransientError: If others kept changing it.
        """
        row = self.there(name)
        _expect(row, change.expected)
        key = self._file_key(row, change.data)
        if change.data is not None:
            _checked(change.data, key)
        for _ in range(TRIES):
            new = msgspec.structs.replace(
                row,
                description=row.description if change.description is None else change.description,
                tags=row.tags if change.tags is None else change.tags,
            )
            # With a revision named, a file is a change of the row, too: of two senders, one writes it.
            if (new == row and (change.data is None or change.expected is None)) or self._catalog.put_map(new, row):
                break
            row = self.there(name)
            _expect(row, change.expected)
        else:
            raise TransientError(f"{name}: others are changing it at the same time")
        if change.data is None:
            return self.there(name)
        self._upload(key, change.data, change.by)
        return self._register(key)

    def delete(self, name: str, expected: int | None) -> None:
        """Delete a map, its versions too; jobs that run keep reading the bytes they were started for.

        Raises:
            GoneError: If there is none.
            ChangedError: If it is not at the expected revision.
            InUseError: If workspaces include it by name; those that include all maps do without it.
            TransientError: If others kept changing it.
        """
        for _ in range(TRIES):
            row = self.there(name)
            _expect(row, expected)
            self._refuse_used(name)
            if self._catalog.put_map(msgspec.structs.replace(row, deleting=now_text()), row):
                break
        else:
            raise TransientError(f"{name}: others are changing it at the same time")
        try:
            self._refuse_used(name)  # those that included it since: from now on nobody can
        except InUseError:
            self._unmark(name)
            raise
        for _ in range(TRIES):
            marked = self._catalog.map(self._organization, name)
            if marked is None or (not marked.deleting and any(True for _ in self._files(name))):
                return  # gone, or uploaded anew meanwhile
            for key in self._files(name):
                self._control.clients.s3.delete_object(Bucket=self._bucket, Key=key)
            self._delete_versions(marked)
            if self._control.table.delete(*_place(marked), "#revision = :revision", {"revision": marked.revision}):
                return
        raise TransientError(f"{name}: others are changing it at the same time")

    def there(self, name: str) -> MapRow:
        """A map. Raises GoneError when there is none."""
        row = self._catalog.map(self._organization, name)
        if row is None or not row.is_there:
            raise GoneError(name)
        return row

    def _refuse_used(self, name: str) -> None:
        every = self._catalog.workspaces_including(self._organization, name)
        used_in = [workspace.name for workspace in every if workspace.names(name)]
        if used_in:
            raise InUseError(used_in)

    def _unmark(self, name: str) -> None:
        row = self._catalog.map(self._organization, name)
        while row is not None and row.deleting:
            if self._catalog.put_map(msgspec.structs.replace(row, deleting=""), row):
                return
            row = self._catalog.map(self._organization, name)

    def _delete_versions(self, row: MapRow) -> None:
        pk, _ = _place(row)
        last = f"{version_prefix(row.name)}{row.revision:010}"
        versions = self._control.table.query(pk, version_prefix(row.name))
        self._control.table.delete_many([(pk, item["sk"]) for item in versions if item["sk"] <= last])

    def _files(self, name: str) -> Iterator[str]:
        """Keys of a map's files in the inbox: there may be a ``.yaml`` beside a ``.json``."""
        prefix = f"maps/{self._organization}/{name}."
        pages = self._control.clients.s3.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix)
        for page in pages:
            for found in page.get("Contents", []):
                key = read_key(found["Key"])
                if isinstance(key, MapKey) and key.name == name:
                    yield found["Key"]

    def _key(self, name: str, suffix: str) -> MapKey:
        file = f"{name}{suffix}"
        return MapKey(f"maps/{self._organization}/{file}", self._organization, name, file)

    def _file_key(self, row: MapRow, data: bytes | None) -> MapKey:
        """Where a map's new file goes: to the old one's place, unless that is JSON's and the file is YAML."""
        suffix = row.seen_key[len(f"maps/{self._organization}/{row.name}") :]
        is_json = (data or b"").lstrip()[:1] == b"{"
        return self._key(row.name, ".yaml" if suffix.lower() == ".json" and not is_json else suffix)

    def _upload(self, key: MapKey, data: bytes, by: str, *, if_new: bool = False) -> bool:
        """Write a file; False when it may not replace one and there is one."""
        request: dict[str, Any] = {"IfNoneMatch": "*"} if if_new else {}
        try:
            self._control.clients.s3.put_object(
                Bucket=self._bucket,
                Key=key.key,
                Body=data,
                ContentType="application/yaml",
                Metadata={BY: quote(by[:MAX_BY_CHARS])[:MAX_BY_CHARS]},
                **request,
            )
        except ClientError as error:
            if if_new and code_of(error) in {"PreconditionFailed", "412", "ConditionalRequestConflict"}:
                return False
            raise
        return True

    def _register(self, key: MapKey) -> MapRow:
        register_map(key, self._control)
        return self.there(key.name)


def _checked(data: bytes, key: MapKey) -> bytes:
    from labelmill.maps import parse_map

    parse_map(data, key.file)
    return data


def _expect(row: MapRow, revision: int | None) -> None:
    if revision is not None and row.revision != revision:
        raise ChangedError(row.revision)


def _is_free(row: MapRow) -> bool:
    """Tell whether a name was only claimed, by somebody who has died since."""
    if row.is_there or not row.claimed:
        return False
    return datetime.fromisoformat(row.claimed) < datetime.now(UTC) - CLAIM_GOOD_FOR


def _place(row: MapRow) -> tuple[str, str]:
    return f"ORG#{row.organization}", f"MAP#{row.name}"


def _claimed(row: MapRow) -> dict[str, str]:
    return {"claimed": row.claimed, "none": ""}
