"""``/v1/workspaces/{ws}/datasets`` and ``/v1/datasets/{ds}``."""

from __future__ import annotations

from aws_lambda_powertools.event_handler import Request, Response

from labelmill_aws.api.answers import answer, caller_of, path_of
from labelmill_aws.api.caller import EDITOR, READER
from labelmill_aws.api.models.datasets import DatasetAnswer, DatasetCreated, DatasetGoing, DatasetList
from labelmill_aws.api.models.uploads import NewDataset
from labelmill_aws.api.paging import DEFAULT_LIMIT, Cursor, Limit, read_cursor, write_cursor
from labelmill_aws.api.parts import parts
from labelmill_aws.api.problems import Problem
from labelmill_aws.api.routes.dataset_answers import dataset_answer, upload_answer
from labelmill_aws.api.routes.found import DatasetId, WorkspaceName, dataset_of, workspace_of
from labelmill_aws.api.routing import Routes
from labelmill_aws.jobs.deletion import delete_dataset as delete_all_of
from labelmill_aws.uploads.datasets import Datasets
from labelmill_aws.uploads.inbox import PackedKey, read_key

routes = Routes("datasets", "Images with what is known of them, of which labels are made.")
PATH = "/v1/workspaces/<ws>/datasets"
ONE = "/v1/datasets/<ds>"


@routes.get(PATH, READER, problems=("bad-cursor",))
def list_datasets(
    request: Request, ws: WorkspaceName, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None
) -> DatasetList:
    """List the datasets of a workspace

    By name, those that are being uploaded among them.
    """
    position = read_cursor(cursor)
    found, more = Datasets(parts()).page(workspace_of(request, ws).name, limit, position[0] if position else "")
    last = write_cursor(found[-1].name) if more and found else None
    return DatasetList(items=[dataset_answer(dataset) for dataset in found], next=last)


@routes.post(PATH, EDITOR, status=201, problems=("conflict",))
def create_dataset(request: Request, ws: WorkspaceName, new: NewDataset) -> Response[DatasetCreated]:
    """Begin to upload a dataset

    Ask for the addresses of its parts, put each part there, then complete the upload. An upload of the same name, size
    and fingerprint that was broken off is answered as it stands, to go on with. A dataset of the name that is there
    stays as it is until the upload is complete.
    """
    workspace = workspace_of(request, ws)
    key = read_key(f"datasets/{workspace.name}/{new.name}{new.suffix}")
    if not isinstance(key, PackedKey) or key.dataset != new.name:
        raise Problem("bad-request", errors=[("body.name", f"{new.name!a} can't be used with {new.suffix}")])
    datasets = Datasets(parts())
    upload = datasets.uploads.begin(key, new.size_bytes, new.fingerprint, caller_of(request).name)
    dataset, _ = dataset_of(request, upload.dataset, counted=True)
    body = DatasetCreated(dataset=dataset_answer(dataset), upload=upload_answer(upload, dataset.parts))
    return answer(body, status=201, location=path_of("datasets", dataset.id))


@routes.get(ONE, READER)
def get_dataset(request: Request, ds: DatasetId) -> DatasetAnswer:
    """Get a dataset"""
    return dataset_answer(dataset_of(request, ds, counted=True)[0])


@routes.delete(ONE, EDITOR, status=202)
def delete_dataset(request: Request, ds: DatasetId) -> Response[DatasetGoing]:
    """Delete a dataset with everything made from it

    What is being made of it is cancelled. The rest goes in the background; until then its status is `deleting`.
    """
    dataset, _ = dataset_of(request, ds)
    delete_all_of(dataset, caller_of(request).name, parts())
    return answer(DatasetGoing(id=dataset.id, status="deleting"), status=202)
