"""Annotations as they are answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final, cast

from labelmill_aws.api.models.annotations import AnnotationAnswer, AnnotationList, ProgressAnswer, Status
from labelmill_aws.api.paging import read_cursor, write_cursor
from labelmill_aws.api.parts import parts
from labelmill_aws.api.problems import Problem
from labelmill_aws.jobs.downloads import name_of
from labelmill_aws.names import dataset_id, short_digest
from labelmill_aws.records.annotation import CANCELLED, COMPLETE, QUEUED, RUNNING, Annotation
from labelmill_aws.records.catalog import dataset_key
from labelmill_aws.records.table import Key

AT_ONCE: Final = 8


def annotation_answer(row: Annotation, *, current: bool | None = None) -> AnnotationAnswer:
    """An annotation with its progress of now; ``current`` where it is known whether its dataset is at this version."""
    if current is None:
        current = _is_current(row, _versions_of([row]))
    return AnnotationAnswer(
        id=row.id,
        organization=row.organization,
        workspace=row.workspace,
        dataset=row.dataset,
        dataset_id=dataset_id(row.workspace, row.dataset),
        dataset_version=row.dataset_version,
        dataset_number=row.dataset_number,
        is_current=current,
        format=row.format,
        map=row.map,
        map_version=row.map_version,
        options=row.options,
        tags=row.tags,
        status=cast(Status, row.status),
        progress=_progress(row),
        warnings=row.warnings,
        errors=row.errors,
        reason=row.reason,
        created=row.created,
        started=row.started,
        finished=row.finished,
        asked_by=row.asked_by,
        size_bytes=row.size_bytes,
        download_name=name_of(row, current=current),
    )


def annotation_page(
    index: str, partition: str, limit: int, cursor: str | None, where: Mapping[str, str], *, current_only: bool = False
) -> AnnotationList:
    """A page of an index' partition.

    Args:
        index: One of the table's.
        partition: Which dataset's, workspace's or organization's.
        limit: At most.
        cursor: As it came.
        where: What they must have.
        current_only: Leave those of older versions of their datasets out.
    """
    position = read_cursor(cursor)
    try:
        rows, last = parts().store.page(index, partition, limit, position[0] if position else "", where)
    except ValueError as error:
        raise Problem("bad-cursor", "Expected a `next` of this list as it was answered.") from error
    return AnnotationList(items=_answers(rows, current_only=current_only), next=write_cursor(last) if last else None)


def tags_revision(row: Annotation) -> str:
    """What the ETag says: it changes with the tags, which are all that is edited."""
    return short_digest([row.id, sorted(row.tags.items())], 16)


def _answers(rows: Sequence[Annotation], *, current_only: bool) -> list[AnnotationAnswer]:
    """Those that run are asked for their progress side by side."""
    versions = _versions_of(rows)
    found = [(row, _is_current(row, versions)) for row in rows]
    shown = [one for one in found if one[1] or not current_only]
    if sum(row.status in {RUNNING, CANCELLED} for row, _ in shown) < 2:
        return [annotation_answer(row, current=current) for row, current in shown]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(lambda one: annotation_answer(one[0], current=one[1]), shown))


def _versions_of(rows: Sequence[Annotation]) -> dict[Key, str]:
    """The versions at which the datasets of some annotations are now, by the places of their rows."""
    found = parts().table.get_many(sorted({dataset_key(row.workspace, row.dataset) for row in rows}))
    return {place: item["version"] for place, item in found.items()}


def _is_current(row: Annotation, versions: Mapping[Key, str]) -> bool:
    return versions.get(dataset_key(row.workspace, row.dataset)) == row.dataset_version


def _progress(row: Annotation) -> ProgressAnswer:
    if row.status in {RUNNING, CANCELLED}:
        images, errors, _ = parts().store.progress(row)
    else:
        images, errors = (row.converted, row.errors) if row.status != QUEUED else (0, 0)
    share = min(1.0, (images + errors) / row.images) if row.images else 0.0
    return ProgressAnswer(
        images=images, of=row.images, errors=errors, fraction=1.0 if row.status == COMPLETE else round(share, 4)
    )
