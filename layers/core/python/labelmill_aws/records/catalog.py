"""Organizations, workspaces, maps and datasets: what uploads have told, and what a workspace makes by itself.

A row of a map or dataset mirrors the object that is present in the inbox. Its writer reads the row, then looks at S3,
then writes on condition that the row is the one it read: whoever looked at S3 before a newer upload came is refused and
looks again. So the last state of S3 wins, in whatever order events arrive.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final, TypeVar

import msgspec

from labelmill_aws.messages import DatasetSource, LooseSource, MapRef, ObjectRef, PackedSource
from labelmill_aws.names import dataset_id, listing_key
from labelmill_aws.records.annotation import now_text, time_before
from labelmill_aws.records.auto_formats import AutoItem
from labelmill_aws.records.outcomes import DeletingError
from labelmill_aws.records.table import Check, Delete, Item, Key, Put, Table

DEFAULT_ORGANIZATION: Final = "default"
CLASSIC_FORMATS: Final = ("COCO", "PASCAL", "YOLO", "KITTI", "SAGEMAKER_OD", "SAGEMAKER_SS")
ALL_MAPS: Final = "*"
DELETION_TAKES: Final = timedelta(hours=1)
"""Between two signs of a deletion, at most; after that an upload of the same name takes the place."""


class Workspace(msgspec.Struct, frozen=True, kw_only=True):
    """Where datasets arrive.

    Attributes:
        auto_formats: Formats that every dataset is made into, some with options.
        included_maps: Names of maps that may be used; ``("*",)`` stands for every map of the organization.
        created: ISO 8601; empty until it is written.
        deleting: When its deletion was asked for, ISO 8601; empty where it was not.
        revision: Grows with every change.
    """

    name: str
    organization: str = DEFAULT_ORGANIZATION
    auto_formats: tuple[AutoItem, ...] = CLASSIC_FORMATS
    included_maps: tuple[str, ...] = (ALL_MAPS,)
    description: str = ""
    tags: dict[str, str] = msgspec.field(default_factory=dict)
    created: str = ""
    deleting: str = ""
    revision: int = 0

    def includes(self, map_name: str) -> bool:
        """Tell whether a map of the organization may be used here."""
        return ALL_MAPS in self.included_maps or map_name in self.included_maps

    def names(self, map_name: str) -> bool:
        """Tell whether it includes a map by name: only that holds the map back from being deleted."""
        return map_name in self.included_maps and map_name != ALL_MAPS


class MapRow(msgspec.Struct, frozen=True, kw_only=True):
    """A map of an organization.

    Attributes:
        key, version_id, version: The version in force; ``version`` is empty when none ever was good.
        problems: Why the upload seen last is refused; empty when it is the version in force.
        seen, seen_key: S3's version and the key of the upload seen last.
        updated: When the upload seen last was made, ISO 8601.
        updated_by: Who made it: the name of a token, or ``upload``.
        claimed: When its name was claimed for a file that is to be written, ISO 8601.
        deleting: When its deletion began, ISO 8601; an upload that comes later ends that.
        revision: Grows with every write of this row.
    """

    organization: str
    name: str
    key: str = ""
    version_id: str = ""
    version: str = ""
    classes: int = 0
    rules: int = 0
    problems: tuple[str, ...] = ()
    seen: str = ""
    seen_key: str = ""
    updated: str = ""
    updated_by: str = ""
    description: str = ""
    tags: dict[str, str] = msgspec.field(default_factory=dict)
    claimed: str = ""
    deleting: str = ""
    revision: int = 0

    @property
    def is_there(self) -> bool:
        """Whether there is a file: a name that is being taken has none yet."""
        return bool(self.seen)

    def ref(self, bucket: str) -> MapRef:
        """The version in force, for a job."""
        return MapRef(name=self.name, bucket=bucket, key=self.key, version_id=self.version_id, version=self.version)


class Replaced(msgspec.Struct, frozen=True):
    """What an upload of another key has replaced and nobody has deleted yet.

    Attributes:
        key: Its object; of a loose dataset, its prefix ending in ``/``.
        until: When its newest object was made, ISO 8601: what lies there and is newer is another upload.
    """

    key: str
    until: str


class DatasetRow(msgspec.Struct, frozen=True, kw_only=True):
    """A dataset of a workspace.

    Attributes:
        kind: ``packed`` or ``loose``.
        key: Its object; of a loose one, its prefix ending in ``/``.
        version: From its content, ``names.packed_version`` or ``names.ListingVersion``.
        version_id: S3's version; of a loose one, those of its marks joined by ``+``. It tells uploads apart.
        etag: S3's, of a packed one.
        images: Files in ``images/`` of a loose one; of a packed one, what Plan has found.
        arrived: When its newest object was made, ISO 8601.
        mark: Key of the file that told of a loose one.
        problem: Why no format can be made of it, one line; empty for one that can be used.
        deleting: When its deletion was asked for, ISO 8601; empty where it was not.
        purging: When its deletion last showed that it goes on, ISO 8601.
        replaced: What lies under other keys of its name since before this one came.
        numbers: Versions -> their numbers, from 1, in the order in which they came; the newest 50.
        revision: Grows with every write of this row.
    """

    workspace: str
    name: str
    kind: str
    key: str
    version: str
    version_id: str
    etag: str = ""
    size_bytes: int = 0
    images: int = 0
    arrived: str = ""
    mark: str = ""
    problem: str = ""
    deleting: str = ""
    purging: str = ""
    replaced: tuple[Replaced, ...] = ()
    numbers: dict[str, int] = msgspec.field(default_factory=dict)
    revision: int = 0

    @property
    def id(self) -> str:
        """What the API calls it."""
        return dataset_id(self.workspace, self.name)

    @property
    def number(self) -> int:
        """Number of the version, for people; 0 where it has none."""
        return self.numbers.get(self.version, 0)

    @property
    def is_going(self) -> bool:
        """Its deletion is under way, and has not been silent for so long that it must have failed for good."""
        return bool(self.deleting) and max(self.deleting, self.purging) > time_before(DELETION_TAKES)

    def source(self, inbox: str, outbox: str) -> DatasetSource:
        """Where a job reads it."""
        if self.kind == "packed":
            return PackedSource(
                bucket=inbox, key=self.key, version_id=self.version_id, etag=self.etag, size_bytes=self.size_bytes
            )
        listing = ObjectRef(bucket=outbox, key=listing_key(self.workspace, self.name, self.version))
        return LooseSource(bucket=inbox, prefix=self.key, listing=listing)


Row = TypeVar("Row", Workspace, MapRow, DatasetRow)


class Catalog:
    """Reads and writes these rows."""

    def __init__(self, table: Table) -> None:
        self._table = table

    # Organizations and workspaces.

    def ensure_organization(self, name: str) -> None:
        """Create an organization that is not there yet."""
        item = {"pk": f"ORG#{name}", "sk": "ORG", "name": name, "created": now_text()}
        self._table.put(item, "attribute_not_exists(#pk)")

    def workspace(self, name: str) -> Workspace | None:
        """A workspace."""
        return _read(self._table.get(f"WS#{name}", "WS"), Workspace)

    def ensure_workspace(self, name: str) -> Workspace:
        """A workspace; one that is not there yet is created with the defaults.

        Raises:
            DeletingError: If it is being deleted.
        """
        found = self.workspace(name)
        if found is None:
            self.create_workspace(Workspace(name=name))
            found = self.workspace(name)
        if found is None:
            raise RuntimeError(f"workspace {name!r} is gone while it was being created")
        if found.deleting:
            raise DeletingError(f"The workspace {name!r} is being deleted.")
        return found

    def create_workspace(self, workspace: Workspace, checks: Sequence[Check] = ()) -> bool:
        """Create a workspace, and its organization where that is new.

        Args:
            workspace: All of it.
            checks: What must hold beside.

        The row has a twin, the same in all, in the organization's partition, as the index lags behind: a map that is
        registered at the same time has to find the workspace for sure.

        Returns:
            False when there is one of this name, or a check does not hold.
        """
        self.ensure_organization(workspace.organization)
        made = msgspec.structs.replace(workspace, created=now_text(), revision=1)
        return not self._table.write_all([*workspace_puts(made, "attribute_not_exists(#pk)"), *checks])

    def delete_workspace(self, workspace: Workspace) -> bool:
        """Delete the row of a workspace and its twin, on condition that the row is the one that was read."""
        row = Delete((f"WS#{workspace.name}", "WS"), "#revision = :revision", {"revision": workspace.revision})
        return not self._table.write_all([row, Delete(workspace_twin(workspace))])

    def workspaces_including(self, organization: str, map_name: str) -> Iterator[Workspace]:
        """The workspaces of an organization in which a map may be used."""
        twins = map(read_workspace, self._table.query(f"ORG#{organization}", "WS#"))
        return (found for found in twins if found.includes(map_name))

    # Maps.

    def map(self, organization: str, name: str) -> MapRow | None:
        """A map, in force or not."""
        return _read(self._table.get(f"ORG#{organization}", f"MAP#{name}"), MapRow)

    def put_map(self, row: MapRow, read: MapRow | None) -> bool:
        """Write a map, on condition that its row is still the one that was read.

        What comes into force is noted as a version of it, in the same transaction.
        """
        pk = f"ORG#{row.organization}"
        put = _put(row, read, pk, f"MAP#{row.name}")
        if not row.version_id or (read is not None and read.version_id == row.version_id):
            return self._table.put(*put)
        version = {
            "pk": pk,
            "sk": f"{version_prefix(row.name)}{put.item['revision']:010}",
            **{name: getattr(row, name) for name in ("version", "version_id", "key", "classes", "rules")},
            **{name: getattr(row, name) for name in ("updated", "updated_by")},
        }
        return not self._table.write_all([put, Put(version)])

    def maps_for(self, workspace: Workspace) -> list[MapRow | None]:
        """The maps under which a workspace's datasets are made.

        Returns:
            The maps that it names and that have a version in force; where it includes all, only the one that was
            uploaded last, since jobs would else be multiplied by every map that was ever made. ``[None]``, no map,
            where there is none. A workspace that names maps which are not there yet waits for them: it gets an
            empty list.
        """
        rows = (_some(item, MapRow) for item in self._table.query(f"ORG#{workspace.organization}", "MAP#"))
        usable: list[MapRow | None] = [row for row in rows if row.version and workspace.includes(row.name)]
        if ALL_MAPS in workspace.included_maps:
            usable = sorted(usable, key=lambda row: (row.updated, row.name) if row else ("", ""))[-1:]
        waits = any(name != ALL_MAPS for name in workspace.included_maps)
        return usable if usable or waits else [None]

    # Datasets.

    def dataset(self, workspace: str, name: str) -> DatasetRow | None:
        """A dataset."""
        return _read(self._table.get(*dataset_key(workspace, name)), DatasetRow)

    def datasets(self, workspace: str) -> Iterator[DatasetRow]:
        """All datasets of a workspace."""
        return (_some(item, DatasetRow) for item in self._table.query(f"WS#{workspace}", "DS#"))

    def put_dataset(self, row: DatasetRow, read: DatasetRow | None) -> bool:
        """Write a dataset, on condition that its row is still the one that was read.

        A new one needs a workspace that is there and not being deleted, in the same transaction.
        """
        put = _put(row, read, *dataset_key(row.workspace, row.name))
        if read is not None:
            return self._table.put(*put)
        self.point_to_dataset(row.workspace, row.name)
        return not self._table.write_all([put, in_force(row.workspace)])

    def point_to_dataset(self, workspace: str, name: str) -> str:
        """Let a dataset be found by its id, before there is a row of it; the id."""
        found = dataset_id(workspace, name)
        self._table.put({"pk": f"DSID#{found}", "sk": "DS", "workspace": workspace, "name": name})
        return found

    def dataset_place(self, dataset_id: str) -> tuple[str, str] | None:
        """Workspace and name behind a dataset's id; whether it is (still) there is another question."""
        item = self._table.get(f"DSID#{dataset_id}", "DS")
        return (item["workspace"], item["name"]) if item else None

    def datasets_page(self, workspace: str, limit: int, after: str = "") -> tuple[list[DatasetRow], bool]:
        """Some datasets of a workspace by name, behind the name before, and whether there may be more."""
        start = {"pk": f"WS#{workspace}", "sk": f"DS#{after}"} if after else None
        items, more = self._table.page(f"WS#{workspace}", prefix="DS#", limit=limit, after=start)
        return [_some(item, DatasetRow) for item in items], more

    def count_images(self, workspace: str, name: str, version: str, images: int) -> None:
        """Note how many images a packed dataset has: nobody knows before it is planned."""
        values = {"images": images, "version": version, "packed": "packed"}
        condition = "#version = :version AND #kind = :packed"
        self._table.update(*dataset_key(workspace, name), "SET #images = :images", condition, values)

    def begin_deletion(self, row: DatasetRow, now: str) -> DatasetRow | None:
        """Say that a dataset is to go, on condition that its row is still the one that was read."""
        going = msgspec.structs.replace(row, deleting=now)
        return msgspec.structs.replace(going, revision=row.revision + 1) if self.put_dataset(going, row) else None

    def note_purging(self, row: DatasetRow, now: str) -> None:
        """Say that a deletion goes on."""
        values = {"now": now, "deleting": row.deleting}
        self._table.update(
            *dataset_key(row.workspace, row.name), "SET #purging = :now", "#deleting = :deleting", values
        )

    def delete_dataset(self, row: DatasetRow) -> bool:
        """Delete the row of a dataset and what points to it, on condition that the row is the one that was read."""
        key, pointer = dataset_key(row.workspace, row.name), (f"DSID#{row.id}", "DS")
        unchanged = Delete(key, "#revision = :revision", {"revision": row.revision})
        return not self._table.write_all([unchanged, Delete(pointer)])


def dataset_key(workspace: str, name: str) -> Key:
    """Where the row of a dataset is."""
    return f"WS#{workspace}", f"DS#{name}"


def version_prefix(name: str) -> str:
    """What the sort keys of a map's versions begin with, in the order in which they came; no name holds a NUL."""
    return f"MAPV#{name}\x00"


def in_force(workspace: str) -> Check:
    """That a workspace is there and is not being deleted."""
    condition = "attribute_exists(#pk) AND (attribute_not_exists(#deleting) OR #deleting = :none)"
    return Check((f"WS#{workspace}", "WS"), condition, {"none": ""})


def workspace_puts(workspace: Workspace, condition: str, values: Mapping[str, Any] | None = None) -> list[Put]:
    """What is written of a workspace, in one transaction: its row, on a condition, and the row's twin."""
    index = {"gsi1pk": f"ORG#{workspace.organization}", "gsi1sk": f"WS#{workspace.name}"}
    row = _write(workspace, f"WS#{workspace.name}", "WS") | index
    return [Put(row, condition, values), Put(_write(workspace, *workspace_twin(workspace)))]


def workspace_twin(workspace: Workspace) -> Key:
    """Where a workspace is among those of its organization."""
    return f"ORG#{workspace.organization}", f"WS#{workspace.name}"


def read_workspace(item: Item) -> Workspace:
    """A workspace from its row."""
    return _some(item, Workspace)


def read_map(item: Item) -> MapRow:
    """A map from its row."""
    return _some(item, MapRow)


def _put(row: MapRow | DatasetRow, read: MapRow | DatasetRow | None, pk: str, sk: str) -> Put:
    revision = read.revision if read else 0
    item = _write(row, pk, sk) | {"revision": revision + 1}
    if read is None:
        return Put(item, "attribute_not_exists(#pk)")
    return Put(item, "#revision = :revision", {"revision": revision})


def _write(row: Any, pk: str, sk: str) -> Item:
    item: Item = msgspec.to_builtins(row)
    plain = {name: list(value) if isinstance(value, tuple) else value for name, value in item.items()}
    return plain | {"pk": pk, "sk": sk}


def _read(item: Item | None, kind: type[Row]) -> Row | None:
    return _some(item, kind) if item else None


def _some(item: Item, kind: type[Row]) -> Row:
    return msgspec.convert(item, kind)
