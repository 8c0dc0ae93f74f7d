"""Uploads that people send in parts: S3's multipart uploads, with a row that says what they are to become.

S3 knows which parts there are; nothing of that is written down here. A row is found by its dataset, one a name, and by
its id. After the end its pointer stays for a while, so that a repeated end is answered as the first was.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from secrets import token_hex
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec
from botocore.exceptions import ClientError

from labelmill.errors import TransientError
from labelmill_aws.errors import code_of
from labelmill_aws.names import dataset_id, plain_etag
from labelmill_aws.objects.deletion import give_up
from labelmill_aws.objects.multipart import MOST_PARTS
from labelmill_aws.records.annotation import now_text
from labelmill_aws.records.catalog import DatasetRow, in_force
from labelmill_aws.records.outcomes import DeletingError
from labelmill_aws.records.table import Check, Put
from labelmill_aws.services import Services
from labelmill_aws.uploads.inbox import PackedKey, read_key
from labelmill_aws.uploads.inbox_objects import look_at, time_text
from labelmill_aws.uploads.packed_inbox import register_packed

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef

MIB: Final = 1 << 20
LEAST_PART_BYTES: Final = 8 * MIB
MOST_BYTES: Final = 5 << 40
"""S3 holds no larger object."""
KEPT_S: Final = 7 * 86400
"""The inbox' lifecycle gives unfinished uploads up after as long."""
URL_S: Final = 3600
CREATE_TRIES: Final = 5


class Upload(msgspec.Struct, frozen=True, kw_only=True):
    """An unfinished upload.

    Attributes:
        name: The dataset that it becomes.
        upload_id: S3's.
        part_bytes: Size of every part but the last.
        fingerprint: What its sender knows the file by; empty for none.
        created: ISO 8601.
        by: Who began it.
        finished: It has become the dataset.
    """

    id: str
    workspace: str
    name: str
    upload_id: str
    key: str
    size_bytes: int
    part_bytes: int
    fingerprint: str = ""
    created: str = ""
    by: str = ""
    finished: bool = False

    @property
    def parts(self) -> int:
        """How many there have to be."""
        return -(-self.size_bytes // self.part_bytes)

    @property
    def dataset(self) -> str:
        """Id of the dataset."""
        return dataset_id(self.workspace, self.name)

    @property
    def expires(self) -> str:
        """When it is given up, ISO 8601."""
        return time_text(datetime.fromisoformat(self.created) + timedelta(seconds=KEPT_S))

    def size_of(self, number: int) -> int:
        """Size of a part, in bytes; parts count from 1."""
        return min(self.part_bytes, self.size_bytes - (number - 1) * self.part_bytes)


class Part(NamedTuple):
    """A part that is there."""

    number: int
    size_bytes: int
    etag: str


class PartAddress(NamedTuple):
    """Where a part is to be put, with its size in bytes."""

    number: int
    url: str
    size_bytes: int


class PartsMissingError(Exception):
    """An upload can't be finished yet.

    Attributes:
        missing: Numbers of parts that are not there.
        wrong: Parts of another size than they should have, or beyond the last.
    """

    def __init__(self, missing: Sequence[int], wrong: Sequence[Part]) -> None:
        super().__init__(f"{len(missing):,} parts are missing, {len(wrong):,} have a wrong size")
        self.missing = missing
        self.wrong = wrong


def part_size(size_bytes: int) -> int:
    """Size of parts, in bytes: whole MiB, as few as keep the number of parts in bounds."""
    least = -(-size_bytes // MOST_PARTS)
    return max(LEAST_PART_BYTES, -(-least // MIB) * MIB)


class Uploads:
    """Begins, finds, finishes and gives up uploads."""

    def __init__(self, control: Services[Any]) -> None:
        self._control = control
        self._s3 = control.clients.s3
        self._bucket: str = control.settings.inbox_bucket

    def begin(self, key: PackedKey, size_bytes: int, fingerprint: str, by: str) -> Upload:
        """Begin an upload, or go on with the one of the same file.

        Raises:
            DeletingError: If the dataset of this name, or its workspace, is being deleted.
            TransientError: If others kept beginning uploads of the same name.
        """
        catalog = self._control.catalog
        for _ in range(CREATE_TRIES):
            stored = catalog.dataset(key.workspace, key.dataset)
            if stored is not None and stored.is_going:
                raise DeletingError(f"The dataset {key.dataset!r} is being deleted.")
            catalog.ensure_workspace(key.workspace)
            before = self.of_dataset(key.workspace, key.dataset)
            # Without a fingerprint nothing tells that it is the same file: parts of two files must not mix.
            same = (
                before is not None
                and bool(fingerprint)
                and ((before.key, before.size_bytes, before.fingerprint) == (key.key, size_bytes, fingerprint))
            )
            if before is not None and same and self.done(before) is not None:
                return before
            catalog.point_to_dataset(key.workspace, key.dataset)
            upload = self._create(key, size_bytes, fingerprint, by)
            if self._put(upload, before):
                if before is not None:
                    self._abort(before)
                    self._control.table.delete(f"UPID#{before.id}", "UP")
                return upload
            self._abort(upload)
        raise TransientError(f"{key.key}: others are beginning uploads of it at the same time")

    def find(self, upload_id: str) -> Upload | None:
        """An upload by its id, a finished one too."""
        item = self._control.table.get(f"UPID#{upload_id}", "UP")
        return msgspec.convert(item, Upload) if item else None

    def of_dataset(self, workspace: str, name: str) -> Upload | None:
        """The unfinished upload of a dataset."""
        item = self._control.table.get(f"WS#{workspace}", f"UP#{name}")
        return msgspec.convert(item, Upload) if item else None

    def page(self, workspace: str, limit: int, after: str = "") -> tuple[list[Upload], bool]:
        """Some unfinished uploads of a workspace by the names of their datasets, and whether there may be more."""
        start = {"pk": f"WS#{workspace}", "sk": f"UP#{after}"} if after else None
        items, more = self._control.table.page(f"WS#{workspace}", prefix="UP#", limit=limit, after=start)
        return [msgspec.convert(item, Upload) for item in items], more

    def done(self, upload: Upload) -> list[Part] | None:
        """The parts that are there; ``None`` when S3 has finished it or given it up."""
        try:
            return list(self._parts(upload))
        except ClientError as error:
            if code_of(error) == "NoSuchUpload":
                return None
            raise

    def addresses(self, upload: Upload, numbers: Sequence[int]) -> tuple[list[PartAddress], str]:
        """Where to put parts, and until when, ISO 8601.

        An address takes a body of the part's size alone: it is signed with its length, or who has the address could
        have us keep 5 GiB a part.
        """
        expires = time_text(datetime.now(UTC) + timedelta(seconds=URL_S))
        where = {"Bucket": self._bucket, "Key": upload.key, "UploadId": upload.upload_id}
        sign = self._control.clients.presigner.generate_presigned_url
        addresses = []
        for number in numbers:
            size_bytes = upload.size_of(number)
            params = {**where, "PartNumber": number, "ContentLength": size_bytes}
            addresses.append(PartAddress(number, sign("upload_part", Params=params, ExpiresIn=URL_S), size_bytes))
        return addresses, expires

    def finish(self, upload: Upload) -> DatasetRow | None:
        """Let S3 join the parts, and register the dataset. A repeat goes on where the one before died.

        Returns:
            The dataset; ``None`` when the upload is no more: given up, or its dataset was deleted.

        Raises:
            PartsMissingError: If not all parts are there in their sizes.
            DeletingError: If the dataset is being deleted.
        """
        if upload.finished:
            return self._control.catalog.dataset(upload.workspace, upload.name)
        parts = self.done(upload)
        if parts is not None:
            self._check(upload, parts)
            self._join(upload, parts)
        present = look_at(self._s3, self._bucket, upload.key)
        began = upload.created[:19]  # S3 tells whole seconds
        if present is None or present.size_bytes != upload.size_bytes or present.arrived[:19] < began:
            return None
        key = read_key(upload.key)
        if not isinstance(key, PackedKey):
            raise ValueError(f"{upload.key}: expected the key of a packed dataset")
        row = register_packed(key, self._control)
        self._forget(upload, finished=True)
        return row

    def give_up(self, upload: Upload) -> None:
        """Give an upload up with all its parts."""
        self._abort(upload)
        self._forget(upload, finished=False)

    def _create(self, key: PackedKey, size_bytes: int, fingerprint: str, by: str) -> Upload:
        created = self._s3.create_multipart_upload(Bucket=self._bucket, Key=key.key)
        return Upload(
            id=f"up-{token_hex(10)}",
            workspace=key.workspace,
            name=key.dataset,
            upload_id=created["UploadId"],
            key=key.key,
            size_bytes=size_bytes,
            part_bytes=part_size(size_bytes),
            fingerprint=fingerprint,
            created=now_text(),
            by=by,
        )

    def _put(self, upload: Upload, before: Upload | None) -> bool:
        fields = msgspec.to_builtins(upload) | {"expires_at": int(time.time()) + KEPT_S}
        row = fields | {"pk": f"WS#{upload.workspace}", "sk": f"UP#{upload.name}"}
        pointer = fields | {"pk": f"UPID#{upload.id}", "sk": "UP"}
        if before is None:
            condition, values = "attribute_not_exists(#pk)", {}
        else:
            condition, values = "attribute_not_exists(#pk) OR #id = :id", {"id": before.id}
        writes: list[Put | Check] = [Put(row, condition, values), Put(pointer), in_force(upload.workspace)]
        return not self._control.table.write_all(writes)

    def _forget(self, upload: Upload, *, finished: bool) -> None:
        table = self._control.table
        table.delete(f"WS#{upload.workspace}", f"UP#{upload.name}", "#id = :id", {"id": upload.id})
        if finished:
            exists = "attribute_exists(#pk)"
            table.update(f"UPID#{upload.id}", "UP", "SET #finished = :finished", exists, {"finished": True})
        else:
            table.delete(f"UPID#{upload.id}", "UP")

    def _abort(self, upload: Upload) -> None:
        give_up(self._s3, self._bucket, upload.key, upload.upload_id)

    def _parts(self, upload: Upload) -> Iterator[Part]:
        pages = self._s3.get_paginator("list_parts").paginate(
            Bucket=self._bucket, Key=upload.key, UploadId=upload.upload_id
        )
        for page in pages:
            for part in page.get("Parts", ()):
                yield Part(part["PartNumber"], part["Size"], plain_etag(part["ETag"]))

    def _check(self, upload: Upload, parts: Sequence[Part]) -> None:
        there = {part.number for part in parts}
        missing = [number for number in range(1, upload.parts + 1) if number not in there]
        wrong = [part for part in parts if part.number > upload.parts or part.size_bytes != upload.size_of(part.number)]
        if missing or wrong:
            raise PartsMissingError(missing, wrong)

    def _join(self, upload: Upload, parts: Sequence[Part]) -> None:
        listed: list[CompletedPartTypeDef] = [{"PartNumber": part.number, "ETag": part.etag} for part in parts]
        try:
            self._s3.complete_multipart_upload(
                Bucket=self._bucket, Key=upload.key, UploadId=upload.upload_id, MultipartUpload={"Parts": listed}
            )
        except ClientError as error:
            if code_of(error) != "NoSuchUpload":  # another request has just done it
                raise
