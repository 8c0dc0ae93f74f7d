"""Annotations: requested of a dataset, listed of a dataset, a workspace or an organization, watched, fetched."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from aws_lambda_powertools.event_handler import Request, Response
from aws_lambda_powertools.event_handler.openapi.params import Query

from labelmill_aws.api.answers import IfMatch, Organization, answer, caller_of, etag_of, nothing, path_of
from labelmill_aws.api.caller import EDITOR, READER
from labelmill_aws.api.models.annotations import (
    AnnotationAnswer,
    AnnotationEdit,
    AnnotationList,
    DownloadAnswer,
    NewAnnotation,
    Range,
    Status,
)
from labelmill_aws.api.models.base import FormatId
from labelmill_aws.api.paging import DEFAULT_LIMIT, Cursor, Limit
from labelmill_aws.api.parts import parts
from labelmill_aws.api.problems import Problem
from labelmill_aws.api.routes.annotation_answers import annotation_answer, annotation_page, tags_revision
from labelmill_aws.api.routes.found import (
    AnnotationId,
    DatasetId,
    WorkspaceName,
    annotation_of,
    dataset_of,
    workspace_of,
)
from labelmill_aws.api.routing import Routes
from labelmill_aws.jobs.deletion import StillOpenError, delete_annotation
from labelmill_aws.jobs.downloads import (
    LEAST_RANGE_BYTES,
    MOST_RANGE_BYTES,
    NotCompleteError,
    TooManyRangesError,
    download,
    ranges,
)
from labelmill_aws.jobs.requests import (
    BadOptionsError,
    MapNotIncludedError,
    NotReadyError,
    RefusedError,
    request_annotation,
)
from labelmill_aws.jobs.requests import Request as Asked
from labelmill_aws.records.annotation import Annotation, dataset_partition, open_partition, workspace_partition
from labelmill_aws.records.table import INDEX, OPEN_INDEX, WORKSPACE_INDEX
from labelmill_aws.steps.cancel import cancel

routes = Routes("annotations", "Labels: a dataset in a format, under a map or none.")
OF_DATASET = "/v1/datasets/<ds>/annotations"
OF_WORKSPACE = "/v1/workspaces/<ws>/annotations"
OF_ORGANIZATION = "/v1/organizations/<org>/annotations"
ONE = "/v1/annotations/<id>"

StatusFilter = Annotated[Status | None, Query(description="Only of this status.")]
FormatFilter = Annotated[FormatId | None, Query(description="Only of this format.")]
MapFilter = Annotated[str | None, Query(description="Only under this map; empty: only those without a map.")]
VersionFilter = Annotated[
    Literal["current", "all"], Query(description="`current`: only of the version at which the dataset is now.")
]
DatasetFilter = Annotated[str | None, Query(description="Only of the dataset of this name.")]


@routes.get(OF_DATASET, READER, problems=("bad-cursor",))
def list_dataset_annotations(
    request: Request,
    ds: DatasetId,
    status: StatusFilter = None,
    format: FormatFilter = None,
    map: MapFilter = None,
    version: VersionFilter = "all",
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> AnnotationList:
    """List the annotations of a dataset

    The newest first. With filters a page may be short though more follow.
    """
    dataset, _ = dataset_of(request, ds)
    current = (dataset.row.version if dataset.row else "") if version == "current" else None
    where = _where(status=status, format=format, map=map, dataset_version=current)
    return annotation_page(INDEX, dataset_partition(dataset.workspace, dataset.name), limit, cursor, where)


@routes.get(OF_WORKSPACE, READER, problems=("bad-cursor",))
def list_workspace_annotations(
    request: Request,
    ws: WorkspaceName,
    status: StatusFilter = None,
    format: FormatFilter = None,
    map: MapFilter = None,
    dataset: DatasetFilter = None,
    version: VersionFilter = "all",
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> AnnotationList:
    """List the annotations of a workspace

    The newest first. With filters a page may be short though more follow.
    """
    workspace = workspace_of(request, ws)
    where = _where(status=status, format=format, map=map, dataset=dataset)
    partition, current_only = workspace_partition(workspace.name), version == "current"
    return annotation_page(WORKSPACE_INDEX, partition, limit, cursor, where, current_only=current_only)


@routes.get(OF_ORGANIZATION, READER, problems=("bad-cursor",))
def list_open_annotations(
    org: Organization,
    status: Annotated[Literal["open"], Query(description="Queued or running.")] = "open",
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> AnnotationList:
    """List what is being made in an organization

    The newest first.
    """
    return annotation_page(OPEN_INDEX, open_partition(org), limit, cursor, {})


@routes.post(
    OF_DATASET,
    EDITOR,
    status=202,
    also={200: "It was complete already."},
    problems=("bad-options", "map-not-included", "conflict", "bad-dataset"),
)
def request_annotations(request: Request, ds: DatasetId, new: NewAnnotation) -> Response[AnnotationAnswer]:
    """Request a dataset in a format

    What is complete for the same version of the dataset, version of the map and options is answered as it is, unless
    `force` says otherwise. What is being made is answered as well; what has failed or was cancelled is tried again.
    """
    dataset, workspace = dataset_of(request, ds)
    asked = Asked(new.format, new.map or "", new.options, new.tags, new.force, caller_of(request).name)
    try:
        row, was_complete = request_annotation(asked, dataset, workspace, parts())
    except BadOptionsError as error:
        reasons = [(f"body.options.{name}".rstrip("."), reason) for name, reason in error.problems]
        raise Problem("bad-options", errors=reasons) from error
    except MapNotIncludedError as error:
        raise Problem("map-not-included", str(error)) from error
    except NotReadyError as error:
        raise Problem("conflict", f"{error}.") from error
    except RefusedError as error:
        raise Problem("bad-dataset", f"{error}.") from error
    status = 200 if was_complete else 202
    return _answer(row, status=status, location=path_of("annotations", row.id))


@routes.get(ONE, READER)
def get_annotation(request: Request, id: AnnotationId) -> Response[AnnotationAnswer]:
    """Get an annotation and how far it is"""
    return _answer(annotation_of(request, id))


@routes.patch(ONE, EDITOR)
def edit_annotation(
    request: Request, id: AnnotationId, edit: AnnotationEdit, if_match: IfMatch = None
) -> Response[AnnotationAnswer]:
    """Change an annotation's tags

    All of them are replaced. The ETag is that of the tags: progress does not change it.
    """
    row = annotation_of(request, id)
    _check_unchanged(if_match, row)
    made = parts().store.set_tags(row, edit.tags)
    if made is None:
        row = annotation_of(request, id)
        raise Problem("changed", "Somebody was faster.", headers={"ETag": etag_of(tags_revision(row))})
    return _answer(made)


@routes.delete(ONE, EDITOR, status=204, problems=("annotation-open",))
def delete_one_annotation(request: Request, id: AnnotationId, if_match: IfMatch = None) -> Response[None]:
    """Delete an annotation with its download and its log

    Refused while it is queued or running.
    """
    row = annotation_of(request, id)
    _check_unchanged(if_match, row)
    try:
        delete_annotation(row, parts())
    except StillOpenError as error:
        raise Problem("annotation-open", str(error)) from error
    return nothing()


@routes.post(f"{ONE}/cancel", EDITOR)
def cancel_annotation(request: Request, id: AnnotationId) -> Response[AnnotationAnswer]:
    """Cancel an annotation

    One that has ended is answered as it is.
    """
    row = annotation_of(request, id)
    services: Any = parts()
    made = cancel(id, caller_of(request).name, parts().settings.state_machine_arn, services)
    return _answer(made or row)


@routes.get(f"{ONE}/download", READER, problems=("not-complete",))
def download_annotation(
    request: Request,
    id: AnnotationId,
    part_bytes: Annotated[
        int | None,
        Query(
            ge=LEAST_RANGE_BYTES,
            le=MOST_RANGE_BYTES,
            description="Also say which ranges of so many bytes it is made of, to fetch them side by side.",
        ),
    ] = None,
) -> DownloadAnswer:
    """Get the address of an annotation's archive"""
    try:
        found = download(annotation_of(request, id), parts())
        pieces = None
        if part_bytes is not None:
            pieces = [Range(offset=offset, length=length) for offset, length in ranges(found.size_bytes, part_bytes)]
    except NotCompleteError as error:
        raise Problem("not-complete", str(error)) from error
    except TooManyRangesError as error:
        raise Problem("bad-request", errors=[("query.part_bytes", str(error))]) from error
    return DownloadAnswer(
        url=found.url,
        name=found.name,
        size_bytes=found.size_bytes,
        etag=found.etag,
        expires=found.expires,
        ranges=pieces,
    )


def _answer(row: Annotation, *, status: int = 200, location: str = "") -> Response[AnnotationAnswer]:
    return answer(annotation_answer(row), status=status, revision=tags_revision(row), location=location)


def _where(**wanted: str | None) -> dict[str, str]:
    """What rows have to have."""
    return {name: value for name, value in wanted.items() if value is not None}


def _check_unchanged(if_match: str | None, row: Annotation) -> None:
    etag = etag_of(tags_revision(row))
    if if_match is not None and not {"*", etag} & {text.strip() for text in if_match.split(",")}:
        raise Problem("changed", f"If-Match names {if_match!a}, the ETag is {etag} now.", headers={"ETag": etag})
