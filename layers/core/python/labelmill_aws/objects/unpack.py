"""A ``.tar.gz`` can't be read at random: its gzip is taken off once, into the outbox, in bounded memory."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from labelmill.archive.gzip_unpack import iter_gunzip
from labelmill.archive.member import Limits
from labelmill.archive.open_archive import TAR_GZ, check_kind
from labelmill_aws.messages import DatasetSource, Job, LooseSource, PackedSource
from labelmill_aws.objects.listing import restore_listing
from labelmill_aws.objects.multipart import ObjectWriter
from labelmill_aws.objects.object_store import Bucket, ReadAheadFile, S3File

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def readable_source(s3: S3Client, outbox: Bucket, job: Job) -> DatasetSource:
    """Where the dataset can be read by ranges: the ``.tar`` inside a ``.tar.gz``, else the source itself.

    Raises:
        DatasetError: If it is no archive, damaged, or unpacks to too much; if it is loose and no more what it was.
        TransientError: If S3 refuses for now.
    """
    source = job.source
    if isinstance(source, LooseSource):
        restore_listing(s3, source, job.dataset, job.dataset_version)
        return source
    name = PurePosixPath(source.key).name
    file = ReadAheadFile(S3File(s3, source.bucket, source.key, source.size_bytes, source.version_id or None))
    if check_kind(file, name) != TAR_GZ:
        return source
    key = f"work/{job.name}/{name.removesuffix('.gz').removesuffix('.tgz').removesuffix('.tar')}.tar"
    done = next((size for found, size in outbox.list(key) if found == key), None)
    if done is None:
        limits, done = Limits(), 0
        with ObjectWriter(outbox, key, expected_bytes=source.size_bytes * 10) as out:
            for piece in iter_gunzip(file, name):
                done += len(piece)
                limits.check_expanded(name, done, source.size_bytes)
                out.write(piece)
    return PackedSource(outbox.name, key, "", "", done)
