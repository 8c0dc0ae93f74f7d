"""Opening the dataset of a job: all of it to plan, or one shard's files to convert."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import msgspec

from labelmill.archive.open_archive import open_ranged
from labelmill.archive.windows import WindowedMembers
from labelmill.convert.shard_plan import ShardPlan
from labelmill.source.dataset import ANNOTATIONS, IMAGES, MASKS, METADATA
from labelmill.source.packed import PackedSource as OpenArchive
from labelmill.source.packed import member_at
from labelmill_aws.messages import DatasetSource, LooseSource, PackedSource
from labelmill_aws.objects.listing import ListedFile
from labelmill_aws.objects.loose_objects import LooseObjects, places_of, reading_order
from labelmill_aws.objects.object_store import Bucket, ReadAheadFile, S3File

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

OpenDataset = OpenArchive | LooseObjects

READ_TOGETHER = ((ANNOTATIONS, METADATA), (MASKS,), (IMAGES,))
"""Folders whose files are read side by side: no image is fetched for the sake of the JSON around it."""


def open_dataset(s3: S3Client, dataset: str, source: DatasetSource) -> OpenDataset:
    """Open a whole dataset, to plan it.

    Raises:
        DatasetError: If it is none.
        TransientError: If S3 refuses for now.
    """
    if isinstance(source, LooseSource):
        listing = Bucket(s3, source.listing.bucket).get(source.listing.key)
        files = msgspec.json.Decoder(ListedFile).decode_lines(listing)
        return LooseObjects(dataset, Bucket(s3, source.bucket), source.prefix, places_of(files))
    return OpenArchive.of(open_ranged(ReadAheadFile(_file_of(s3, source)), PurePosixPath(source.key).name))


def open_shard(s3: S3Client, dataset: str, source: DatasetSource, plan: ShardPlan, *, masks: bool) -> OpenDataset:
    """Open one shard's files.

    Args:
        s3: S3.
        dataset: The dataset's name.
        source: Where it lies.
        plan: The shard.
        masks: Whether all masks will be read.
    """
    if isinstance(source, LooseSource):
        loose = LooseObjects(dataset, Bucket(s3, source.bucket), plan.root, plan.places)
        loose.expect(reading_order(plan, masks=masks))
        return loose
    groups = [
        [member_at(plan.root, folder, name, place) for folder in folders for name, place in plan.places[folder].items()]
        for folders in READ_TOGETHER
    ]
    return OpenArchive(dataset, WindowedMembers(_file_of(s3, source), groups), plan.root, plan.places)


def _file_of(s3: S3Client, source: PackedSource) -> S3File:
    return S3File(s3, source.bucket, source.key, source.size_bytes, source.version_id or None)
