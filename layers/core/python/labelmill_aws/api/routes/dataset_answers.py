"""Datasets and uploads as they are answered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from labelmill_aws.api.models.datasets import AnnotationCounts, DatasetAnswer, DatasetStatus, Kind
from labelmill_aws.api.models.uploads import DonePart, UploadAnswer
from labelmill_aws.uploads.datasets import Dataset
from labelmill_aws.uploads.unfinished import Part, Upload


def dataset_answer(dataset: Dataset) -> DatasetAnswer:
    """A dataset as it is answered."""
    row, upload = dataset.row, dataset.upload
    return DatasetAnswer(
        id=dataset.id,
        workspace=dataset.workspace,
        name=dataset.name,
        status=cast(DatasetStatus, dataset.status),
        kind=cast(Kind, row.kind if row else ""),
        images=row.images if row else 0,
        size_bytes=row.size_bytes if row else upload.size_bytes if upload else 0,
        version=row.version if row else "",
        number=row.number if row else 0,
        arrived=row.arrived if row else "",
        problem=row.problem if row else "",
        formats=dataset.formats,
        annotations=AnnotationCounts(**{name: dataset.annotations[name] for name in AnnotationCounts.model_fields}),
        upload=upload_answer(upload, dataset.parts) if upload else None,
    )


def upload_answer(upload: Upload, done: Sequence[Part]) -> UploadAnswer:
    """An upload as it is answered."""
    return UploadAnswer(
        id=upload.id,
        dataset=upload.dataset,
        name=upload.name,
        size_bytes=upload.size_bytes,
        part_bytes=upload.part_bytes,
        parts=upload.parts,
        done=[DonePart(**part._asdict()) for part in done],
        created=upload.created,
        expires=upload.expires,
    )
