"""Workspaces that are made, changed and deleted by request.

Which maps a workspace includes is written in one transaction with a look at these maps: a map that is being deleted,
or is not there, can't be included, and one that is included can't be deleted.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec

from labelmill.errors import TransientError
from labelmill_aws.records.auto_formats import AutoItem
from labelmill_aws.records.catalog import (
    ALL_MAPS,
    Catalog,
    Workspace,
    read_map,
    read_workspace,
    workspace_puts,
)
from labelmill_aws.records.outcomes import (
    ChangedError,
    DeletingError,
    GoneError,
    InUseError,
    OutcomeError,
    TakenError,
)
from labelmill_aws.records.table import Check, Table

TRIES: Final = 8
MAX_NAMED_MAPS: Final = 90
"""A transaction of DynamoDB holds 100 items."""
MAX_SHOWN_DATASETS: Final = 5


class UnknownMapsError(OutcomeError):
    """Maps that a workspace is to include are not there."""

    def __init__(self, names: Iterable[str]) -> None:
        self.names = sorted(names)
        super().__init__(", ".join(self.names))


class WorkspaceChange(msgspec.Struct, frozen=True, kw_only=True):
    """What is to change; ``None`` leaves as it is.

    Attributes:
        expected: The revision that the sender has seen; ``None`` when it did not say.
    """

    description: str | None = None
    tags: dict[str, str] | None = None
    auto_formats: tuple[AutoItem, ...] | None = None
    included_maps: tuple[str, ...] | None = None
    expected: int | None = None


class Workspaces:
    """The workspaces of one organization; those of others are not there."""

    def __init__(self, table: Table, organization: str) -> None:
        self._table = table
        self._catalog = Catalog(table)
        self._organization = organization

    def there(self, name: str) -> Workspace:
        """A workspace. Raises GoneError when there is none."""
        found = self._catalog.workspace(name)
        if found is None or found.organization != self._organization:
            raise GoneError(name)
        return found

    def page(self, limit: int, after: str | None) -> tuple[list[Workspace], bool]:
        """Some workspaces in the order of their names, and whether there may be more."""
        pk = f"ORG#{self._organization}"
        key = None if after is None else {"pk": pk, "sk": f"WS#{after}"}
        twins, more = self._table.page(pk, prefix="WS#", limit=limit, after=key)
        return [read_workspace(twin) for twin in twins], more

    def all(self) -> list[Workspace]:
        """All of them."""
        return [read_workspace(twin) for twin in self._table.query(f"ORG#{self._organization}", "WS#")]

    def create(self, workspace: Workspace) -> Workspace:
        """Make a workspace.

        Raises:
            TakenError, DeletingError: If there is one of this name, of whatever organization.
            UnknownMapsError: Naming the maps that are not there.
            TransientError: If others kept changing these maps.
        """
        for _ in range(TRIES):
            taken = self._catalog.workspace(workspace.name)
            if taken is not None and taken.deleting:
                raise DeletingError(f"The workspace {workspace.name!r} is being deleted: its name is not free yet.")
            if taken is not None:
                raise TakenError(workspace.name)
            self._check_maps(workspace.included_maps)
            if self._catalog.create_workspace(workspace, self._checks(workspace.included_maps)):
                return self.there(workspace.name)
        raise TransientError(f"{workspace.name}: others are changing its maps at the same time")

    def change(self, name: str, change: WorkspaceChange) -> Workspace:
        """Change a workspace.

        Raises:
            GoneError: If there is none.
            ChangedError: If it is not at the expected revision.
            DeletingError: If it is being deleted.
            UnknownMapsError: Naming the maps that are not there.
            TransientError: If others kept changing it.
        """
        for _ in range(TRIES):
            found = self.there(name)
            if change.expected not in {None, found.revision}:
                raise ChangedError(found.revision)
            if found.deleting:
                raise DeletingError(f"The workspace {name!r} is being deleted.")
            wanted = {
                field: value
                for field in ("description", "tags", "auto_formats", "included_maps")
                if (value := getattr(change, field)) is not None
            }
            new = msgspec.structs.replace(found, **wanted)
            if new == found:
                return found
            added = set(new.included_maps) - set(found.included_maps)
            self._check_maps(added)
            new = msgspec.structs.replace(new, revision=found.revision + 1)
            puts = workspace_puts(new, "#revision = :revision", {"revision": found.revision})
            if not self._table.write_all([*puts, *self._checks(added)]):
                return new
        raise TransientError(f"{name}: others are changing it at the same time")

    def begin_deletion(self, name: str, expected: int | None, now: str) -> Workspace:
        """Mark a workspace without datasets as going: from now on none can come into it. A repeat is fine.

        An upload that is registered at the same time wins: the mark is taken away again.

        Raises:
            GoneError: If there is none.
            ChangedError: If it is not at the expected revision.
            InUseError: Naming some of its datasets.
            TransientError: If others kept changing it.
        """
        for _ in range(TRIES):
            found = self.there(name)
            if expected not in {None, found.revision}:
                raise ChangedError(found.revision)
            self._refuse_used(name)
            if found.deleting:
                return found
            marked = self._replace(found, deleting=now)
            if marked is not None:
                break
        else:
            raise TransientError(f"{name}: others are changing it at the same time")
        try:
            self._refuse_used(name)
        except InUseError:
            self._replace(marked, deleting="")
            raise
        return marked

    def _replace(self, found: Workspace, *, deleting: str) -> Workspace | None:
        new = msgspec.structs.replace(found, deleting=deleting, revision=found.revision + 1)
        puts = workspace_puts(new, "#revision = :revision", {"revision": found.revision})
        return None if self._table.write_all(puts) else new

    def _refuse_used(self, name: str) -> None:
        """Datasets that are there, and those that are being uploaded."""
        for prefix in ("DS#", "UP#"):
            items, _ = self._table.page(f"WS#{name}", prefix=prefix, limit=MAX_SHOWN_DATASETS)
            if items:
                raise InUseError([item["sk"].removeprefix(prefix) for item in items])

    def _check_maps(self, names: Iterable[str]) -> None:
        keys = {self._map_key(name): name for name in names if name != ALL_MAPS}
        rows = {key: read_map(item) for key, item in self._table.get_many(list(keys)).items()}
        unknown = [
            name for key, name in keys.items() if key not in rows or not rows[key].is_there or rows[key].deleting
        ]
        if unknown:
            raise UnknownMapsError(unknown)

    def _checks(self, names: Iterable[str]) -> list[Check]:
        condition = "#seen <> :none AND #deleting = :none"
        return [Check(self._map_key(name), condition, {"none": ""}) for name in names if name != ALL_MAPS]

    def _map_key(self, name: str) -> tuple[str, str]:
        return f"ORG#{self._organization}", f"MAP#{name}"
