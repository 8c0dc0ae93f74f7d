"""Datasets as people see them: what has arrived or is arriving, and what was made of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Final

from labelmill_aws.names import dataset_id
from labelmill_aws.records.annotation import COMPLETE
from labelmill_aws.records.catalog import DatasetRow
from labelmill_aws.services import Services
from labelmill_aws.uploads.unfinished import Part, Upload, Uploads

UPLOADING: Final = "uploading"
READY: Final = "ready"
REFUSED: Final = "refused"
DELETING: Final = "deleting"
AT_ONCE: Final = 8


@dataclass(frozen=True, slots=True)
class Dataset:
    """A dataset.

    Attributes:
        row: What has arrived; ``None`` while the first upload is under way.
        upload: The unfinished upload; ``None`` without one.
        parts: Those of its parts that have arrived.
        formats: Ids of the formats that the present version is complete in.
        annotations: Status -> annotations, of all versions.
    """

    workspace: str
    name: str
    row: DatasetRow | None
    upload: Upload | None
    parts: Sequence[Part] = ()
    formats: list[str] = field(default_factory=list)
    annotations: Counter[str] = field(default_factory=Counter)

    @property
    def id(self) -> str:
        """What the API calls it."""
        return dataset_id(self.workspace, self.name)

    @property
    def status(self) -> str:
        """Whether it can be worked with."""
        if self.row is None:
            return UPLOADING
        if self.row.deleting:
            return DELETING
        return REFUSED if self.row.problem else READY

    @property
    def why_not_ready(self) -> str:
        """One line for people, of one that is not ready."""
        if self.row is not None and self.status == REFUSED:
            return f"{self.name!r} was refused: {self.row.problem}"
        return f"{self.name!r} is {self.status}, expected a dataset that is {READY}"


class Datasets:
    """Finds and lists datasets."""

    def __init__(self, control: Services[Any]) -> None:
        self._control = control
        self.uploads = Uploads(control)

    def at(self, workspace: str, name: str, *, counted: bool = True) -> Dataset | None:
        """A dataset.

        Args:
            workspace: Where it is.
            name: What it is called there.
            counted: Whether to look at its annotations, too.
        """
        row, upload = self._control.catalog.dataset(workspace, name), self.uploads.of_dataset(workspace, name)
        if row is None and upload is None:
            return None
        found = Dataset(workspace, name, row, upload)
        return self._counted(found) if counted else found

    def page(self, workspace: str, limit: int, after: str = "") -> tuple[list[Dataset], bool]:
        """Some datasets of a workspace by name, and whether there are more.

        Those that have arrived and those that are arriving are two lists in the same order, read side by side.
        """
        rows, _ = self._control.catalog.datasets_page(workspace, limit + 1, after)
        uploads, _ = self.uploads.page(workspace, limit + 1, after)
        by_name = {row.name: row for row in rows}
        arriving = {upload.name: upload for upload in uploads}
        names = sorted({*by_name, *arriving}, key=str.encode)  # as DynamoDB sorts
        found = [Dataset(workspace, name, by_name.get(name), arriving.get(name)) for name in names[:limit]]
        return self._all_counted(found), len(names) > limit

    def _all_counted(self, found: Sequence[Dataset]) -> list[Dataset]:
        if len(found) < 2:
            return [self._counted(one) for one in found]
        with ThreadPoolExecutor(min(AT_ONCE, len(found))) as pool:
            return list(pool.map(self._counted, found))

    def _counted(self, found: Dataset) -> Dataset:
        rows = list(self._control.store.annotations_of(found.workspace, found.name))
        version = found.row.version if found.row else ""
        formats = {row.format for row in rows if row.status == COMPLETE and row.dataset_version == version}
        counts = Counter(row.status for row in rows)
        parts = (self.uploads.done(found.upload) or ()) if found.upload else ()
        return Dataset(found.workspace, found.name, found.row, found.upload, parts, sorted(formats), counts)
