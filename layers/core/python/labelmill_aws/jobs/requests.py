"""A person's request for a dataset in a format: checked, then claimed and started as an upload's jobs are."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import Any, Final
from uuid import uuid4

from labelmill.errors import TransientError
from labelmill_aws.jobs.jobs import REQUEST, Wanted
from labelmill_aws.jobs.options import plain_options, problems_of
from labelmill_aws.records.annotation import COMPLETE, Annotation, now_text
from labelmill_aws.records.catalog import DatasetRow, MapRow, Workspace, read_map
from labelmill_aws.services import Services
from labelmill_aws.steps.receive import drop_if_deleted
from labelmill_aws.uploads.datasets import READY, REFUSED, Dataset

MOST_NAMES: Final = 500
"""Of maps, one of which may have been meant."""


class BadOptionsError(Exception):
    """Options can't be used; ``problems`` are all reasons, by option."""

    def __init__(self, problems: list[tuple[str, str]]) -> None:
        super().__init__(f"{len(problems)} options can't be used")
        self.problems = problems


class MapNotIncludedError(Exception):
    """The workspace does not include the map, or nothing of the map is in force."""


class NotReadyError(Exception):
    """The dataset is still arriving, or on its way out."""


class RefusedError(Exception):
    """No format can be made of the dataset."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked for.

    Attributes:
        map: Name of an included map; empty for none.
        tags: For an annotation that is new.
        force: Make it again though it is complete.
        asked_by: Name of the token.
    """

    format: str
    map: str
    options: dict[str, Any]
    tags: dict[str, str]
    force: bool
    asked_by: str


def request_annotation(
    asked: Request, dataset: Dataset, workspace: Workspace, control: Services[Any]
) -> tuple[Annotation, bool]:
    """See to it that an annotation is made.

    Returns:
        It, and whether it was complete already.

    Raises:
        BadOptionsError, MapNotIncludedError, NotReadyError, RefusedError: If it can't be made.
        TransientError: If others kept claiming it.
    """
    since = now_text()
    problems = problems_of(asked.options, asked.format)
    if problems:
        raise BadOptionsError(problems)
    if dataset.row is None or dataset.status != READY:
        raise (RefusedError if dataset.status == REFUSED else NotReadyError)(dataset.why_not_ready)
    map_row = _map(asked.map, workspace, control) if asked.map else None
    wanted = _wanted(asked, dataset.row, workspace, map_row, since, control)
    annotation = wanted.annotation_id(asked.format)
    before = control.store.get(annotation)
    if before is not None and before.status == COMPLETE and not asked.force and not before.is_going:
        return before, True
    control.jobs(control.settings.state_machine_arn).ensure(wanted)
    row = control.store.get(annotation)
    if drop_if_deleted(dataset.workspace, dataset.name, [annotation], control):
        raise NotReadyError(f"{dataset.name!r} was deleted meanwhile")
    if row is None:
        raise TransientError("the annotation was deleted at the same time")
    return row, False


def _map(name: str, workspace: Workspace, control: Services[Any]) -> MapRow:
    row = control.catalog.map(workspace.organization, name)
    if row is None or not workspace.includes(name):
        items, _ = control.table.page(f"ORG#{workspace.organization}", prefix="MAP#", limit=MOST_NAMES)
        names = [row.name for row in map(read_map, items) if row.is_there]
        near = difflib.get_close_matches(name, filter(workspace.includes, names), 1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise MapNotIncludedError(f"The workspace {workspace.name!r} includes no map {name!r}.{hint}")
    if not row.version:
        raise MapNotIncludedError(f"The map {name!r} was refused and has no version in force.")
    return row


def _wanted(
    asked: Request, row: DatasetRow, workspace: Workspace, map_row: MapRow | None, since: str, control: Services[Any]
) -> Wanted:
    settings = control.settings
    return Wanted(
        organization=workspace.organization,
        workspace=row.workspace,
        dataset=row.name,
        dataset_version=row.version,
        dataset_number=row.number,
        source=row.source(settings.inbox_bucket, settings.outbox_bucket),
        map=map_row.ref(settings.inbox_bucket) if map_row else None,
        format_ids=[asked.format],
        cause=f"{REQUEST}{uuid4()}",
        asked_by=asked.asked_by,
        options=plain_options(asked.options),
        since=since,
        force=asked.force,
        tags=asked.tags,
    )
