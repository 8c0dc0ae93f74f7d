"""``/v1/uploads``."""

from __future__ import annotations

from aws_lambda_powertools.event_handler import Request, Response

from labelmill_aws.api.answers import nothing
from labelmill_aws.api.caller import EDITOR
from labelmill_aws.api.models.datasets import DatasetAnswer
from labelmill_aws.api.models.uploads import PartAnswer, PartList, PartsWanted, UploadAnswer
from labelmill_aws.api.parts import parts
from labelmill_aws.api.problems import Problem, not_found
from labelmill_aws.api.routes.dataset_answers import dataset_answer, upload_answer
from labelmill_aws.api.routes.found import UploadId, dataset_of, upload_of
from labelmill_aws.api.routing import Routes
from labelmill_aws.uploads.unfinished import PartsMissingError, Upload, Uploads

routes = Routes("uploads", "Datasets on their way: parts go straight to storage, in any order, and can go on later.")
ONE = "/v1/uploads/<up>"


@routes.get(ONE, EDITOR)
def get_upload(request: Request, up: UploadId) -> UploadAnswer:
    """Get an upload and the parts that have arrived"""
    upload = upload_of(request, up)
    done = Uploads(parts()).done(upload)
    if done is None:
        raise not_found()  # finished or given up a moment ago
    return upload_answer(upload, done)


@routes.post(f"{ONE}/parts", EDITOR)
def address_parts(request: Request, up: UploadId, wanted: PartsWanted) -> PartList:
    """Get addresses to put parts to

    A part may be put again; the last one counts.
    """
    upload = upload_of(request, up)
    beyond = [number for number in wanted.numbers if number > upload.parts]
    if beyond:
        reasons = [("body.numbers", f"{number}: the last part is {upload.parts}") for number in beyond]
        raise Problem("bad-request", "There are not so many parts.", reasons)
    found, expires = Uploads(parts()).addresses(upload, list(dict.fromkeys(wanted.numbers)))
    return PartList(parts=[PartAnswer(**address._asdict()) for address in found], expires=expires)


@routes.post(f"{ONE}/complete", EDITOR, problems=("upload-incomplete", "conflict"))
def complete_upload(request: Request, up: UploadId) -> DatasetAnswer:
    """Finish an upload

    All parts have to be there in their sizes. The workspace's formats are made from now on. A repeat answers the same.
    """
    upload = upload_of(request, up, finished=True)
    try:
        row = Uploads(parts()).finish(upload)
    except PartsMissingError as error:
        raise Problem("upload-incomplete", f"Of {upload.parts:,} parts {error}.", _reasons(upload, error)) from error
    if row is None:
        raise not_found()
    dataset, _ = dataset_of(request, upload.dataset, counted=True)
    return dataset_answer(dataset)


@routes.delete(ONE, EDITOR, status=204)
def delete_upload(request: Request, up: UploadId) -> Response[None]:
    """Give an upload up

    The parts that have arrived are deleted.
    """
    Uploads(parts()).give_up(upload_of(request, up))
    return nothing()


def _reasons(upload: Upload, error: PartsMissingError) -> list[tuple[str, str]]:
    missing = [(f"part {number}", "missing") for number in error.missing]
    wrong = [
        (
            f"part {part.number}",
            f"expected {upload.size_of(part.number):,} bytes, found {part.size_bytes:,}"
            if part.number <= upload.parts
            else f"the last part is {upload.parts}",
        )
        for part in error.wrong
    ]
    return missing + wrong
