"""Finding what a path names, as far as the token's organization has it: everything else is not found."""

from __future__ import annotations

from typing import Annotated

from aws_lambda_powertools.event_handler import Request
from aws_lambda_powertools.event_handler.openapi.params import Path

from labelmill_aws.api.answers import caller_of
from labelmill_aws.api.parts import parts
from labelmill_aws.api.problems import not_found
from labelmill_aws.records.annotation import Annotation
from labelmill_aws.records.catalog import Workspace
from labelmill_aws.uploads.datasets import Dataset, Datasets
from labelmill_aws.uploads.unfinished import Upload, Uploads

WorkspaceName = Annotated[str, Path(description="The workspace's name.")]
DatasetId = Annotated[str, Path(description="The dataset's id.")]
UploadId = Annotated[str, Path(description="The upload's id.")]
NOBODYS = "\x00"
"""No workspace can be called so."""
AnnotationId = Annotated[str, Path(description="The annotation's id.")]


def workspace_of(request: Request, name: str) -> Workspace:
    """A workspace."""
    workspace = parts().catalog.workspace(name)
    if workspace is None or workspace.organization != caller_of(request).organization:
        raise not_found()
    return workspace


def dataset_of(request: Request, dataset_id: str, *, counted: bool = False) -> tuple[Dataset, Workspace]:
    """A dataset and its workspace.

    Args:
        request: Who asks.
        dataset_id: Which.
        counted: Whether its annotations are counted.
    """
    place = parts().catalog.dataset_place(dataset_id)
    # Ids follow from names, so strangers can guess them. They get the same answer after the same work for what is
    # another's and for what nobody has, and can't tell them apart by the time it takes.
    workspace = workspace_of(request, place[0] if place else NOBODYS)
    dataset = Datasets(parts()).at(*place, counted=counted) if place else None
    if dataset is None:
        raise not_found()
    return dataset, workspace


def upload_of(request: Request, upload_id: str, *, finished: bool = False) -> Upload:
    """An upload that is under way.

    Args:
        request: Who asks.
        upload_id: Which.
        finished: Whether one that has become its dataset will do.
    """
    upload = Uploads(parts()).find(upload_id)
    if upload is None or (upload.finished and not finished):
        raise not_found()
    workspace_of(request, upload.workspace)
    return upload


def annotation_of(request: Request, annotation_id: str) -> Annotation:
    """An annotation."""
    row = parts().store.get(annotation_id)
    if row is None or row.organization != caller_of(request).organization:
        raise not_found()
    return row
