"""The look at a dataset when it arrives: one that no format can be made of is refused once, with its reason."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

import msgspec

from labelmill.errors import DatasetError
from labelmill_aws.objects.object_store import ReadAheadFile, S3File
from labelmill_aws.records.catalog import DatasetRow
from labelmill_aws.services import Services
from labelmill_aws.uploads.refusals import Refusal

if TYPE_CHECKING:
    from labelmill_aws.objects.listing import Listing
    from labelmill_aws.uploads.inbox_objects import Present


def problem_of_archive(present: Present, control: Services[Any]) -> str:
    """Why no format can be made of a packed dataset; empty where nothing is wrong.

    Raises:
        TransientError: If S3 refuses for now.
    """
    from labelmill.source.arrival import look_at  # archives, for few requests of the API

    name = PurePosixPath(present.key).name
    version = None if "@" in present.version_id else present.version_id
    file = S3File(control.clients.s3, control.settings.inbox_bucket, present.key, present.size_bytes, version)
    try:
        look_at(ReadAheadFile(file), name)
    except DatasetError as error:
        return str(error).encode("utf-8", "backslashreplace").decode()  # a name in it may be no text
    return ""


def problem_of_listing(prefix: str, listing: Listing) -> str:
    """Why no format can be made of a loose dataset; empty where nothing is wrong. The document is read from its start.

    Args:
        prefix: What its keys begin with, ending in ``/``.
        listing: Its files.
    """
    from labelmill.source.dataset import ANNOTATIONS
    from labelmill.source.plan import is_annotation_file, none_recognised
    from labelmill_aws.objects.listing import ListedFile

    if not listing.files:
        return f"{prefix}: expected files in annotations/, metadata/, images/ and masks/, found none"
    names: list[str] = []
    count = 0
    decode = msgspec.json.Decoder(ListedFile).decode
    try:
        for line in listing.document:
            file = decode(line)
            if file.folder != ANNOTATIONS:
                break  # they come first
            if is_annotation_file(file.name):
                return ""
            count += 1
            names += [file.name] if count <= 3 else []
    finally:
        listing.document.seek(0)
    return str(none_recognised(f"{prefix}{ANNOTATIONS}", names, count))


def refuse(row: DatasetRow, control: Services[Any]) -> None:
    """Tell why a dataset was refused: a line of the log and a message, once an upload."""
    control.refusals.refuse(
        Refusal(
            organization="",
            workspace=row.workspace,
            name=row.name,
            key=row.key,
            version_id=row.version_id,
            reasons=[row.problem],
        )
    )
