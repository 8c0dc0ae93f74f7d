"""Writing one object of any size in order, with bytes of other objects that S3 copies by itself.

Source: S3's limits on multipart uploads: parts of 5 MiB to 5 GiB (the last one may be shorter), 10,000 of them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor

from labelmill_aws.errors import transient_errors
from labelmill_aws.objects.object_store import CHUNK_BYTES, Bucket, Slice

LEAST_PART_BYTES = 5 << 20
MOST_PART_BYTES = 5 << 30
MOST_PARTS = 10_000
UPLOADS_AT_ONCE = 4


class ObjectWriter:
    """Writes an object; nothing of it can be seen before ``close``.

    Attributes:
        size: Bytes so far.
    """

    def __init__(self, bucket: Bucket, key: str, *, expected_bytes: int = 0) -> None:
        """Begin.

        Args:
            bucket: Where it will lie.
            key: Its name there.
            expected_bytes: About how long it gets: parts are chosen so that their number suffices.
        """
        self.size = 0
        self._bucket = bucket
        self._key = key
        self._part_bytes = max(CHUNK_BYTES, -(-expected_bytes // (MOST_PARTS // 2)))
        # Beyond 44 GiB, parts of 5 MiB would be too many: shorter copies go through memory then, joined with others.
        self._least_bytes = max(LEAST_PART_BYTES, -(-expected_bytes // (MOST_PARTS * 9 // 10)))
        self._buffer: list[bytes] = []
        self._buffered = 0
        self._upload_id = ""
        self._parts = 0
        self._etags: dict[int, Future[str]] = {}
        self._running: deque[Future[str]] = deque()
        self._held: tuple[int, list[bytes]] | None = None
        self._gap: list[bytes] | None = None
        self._pool = ThreadPoolExecutor(UPLOADS_AT_ONCE, "upload")

    def write(self, data: bytes) -> int:
        """Append bytes; returns how many they were."""
        self._buffer.append(data)
        self._buffered += len(data)
        self.size += len(data)
        if self._buffered >= self._part_bytes:
            self._flush()
        return len(data)

    def copy(self, part: Slice) -> None:
        """Append bytes of another object of the bucket; S3 copies them unless they are few."""
        lacking = max(0, self._least_bytes - self._buffered) if self._buffered else 0
        if self._gap is not None or part.length - lacking < self._least_bytes:
            for data in self._bucket.slices(_chunks(part), UPLOADS_AT_ONCE):
                self.write(data)
            return
        if lacking:
            self.write(self._bucket.get_slice(Slice(part.key, part.offset, lacking)))
        if self._buffered:
            self._flush()
        offset, length = part.offset + lacking, part.length - lacking
        while length:
            # the last piece must not be shorter than S3 takes
            taken = length if length <= MOST_PART_BYTES else min(MOST_PART_BYTES, length - self._least_bytes)
            self._copy(Slice(part.key, offset, taken))
            offset, length = offset + taken, length - taken
        self.size += part.length - lacking

    def leave_gap(self) -> None:
        """Leave room here for some bytes that are known later; what lies around it stays in memory until then."""
        self._gap, self._buffer, self._buffered = self._buffer, [], 0

    def fill_gap(self, data: bytes) -> None:
        """Write what belongs into the gap."""
        before, self._gap = self._gap or [], None
        self.size += len(data)
        if self._held is None:  # all that followed is still in the buffer
            self._buffer[:0] = [*before, data]
            self._buffered = sum(map(len, self._buffer))
            if self._buffered >= self._part_bytes:
                self._flush()
            return
        number, after = self._held
        self._held = None
        self._upload(number, b"".join([*before, data, *after]))

    def close(self) -> None:
        """Make the object appear. Raises TransientError."""
        try:
            if not self._parts:
                self._bucket.put(self._key, b"".join(self._buffer))
                return
            if self._buffered:
                self._flush()
            parts = [{"PartNumber": number, "ETag": etag.result()} for number, etag in sorted(self._etags.items())]
            with transient_errors():
                self._bucket.client.complete_multipart_upload(
                    Bucket=self._bucket.name,
                    Key=self._key,
                    UploadId=self._upload_id,
                    MultipartUpload={"Parts": parts},  # type: ignore[typeddict-item]
                )
        finally:
            self._pool.shutdown(cancel_futures=True)

    def abandon(self) -> None:
        """Give up: nothing appears."""
        self._pool.shutdown(cancel_futures=True)
        if self._upload_id:
            with transient_errors():
                self._bucket.client.abort_multipart_upload(
                    Bucket=self._bucket.name, Key=self._key, UploadId=self._upload_id
                )

    def __enter__(self) -> ObjectWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self.close()
        else:
            self.abandon()

    def _flush(self) -> None:
        """Send what is buffered as the next part, or keep it if the gap is before it."""
        number, data = self._next_part(), self._buffer
        self._buffer, self._buffered = [], 0
        if self._gap is not None and self._held is None:
            self._held = (number, data)
            return
        self._upload(number, b"".join(data))

    def _upload(self, number: int, data: bytes) -> None:
        self._start(number, self._pool.submit(self._send, number, data))

    def _send(self, number: int, data: bytes) -> str:
        with transient_errors():
            answer = self._bucket.client.upload_part(
                Bucket=self._bucket.name, Key=self._key, UploadId=self._upload_id, PartNumber=number, Body=data
            )
        return answer["ETag"]

    def _copy(self, part: Slice) -> None:
        number = self._next_part()
        self._start(number, self._pool.submit(self._send_copy, number, part))

    def _send_copy(self, number: int, part: Slice) -> str:
        with transient_errors():
            answer = self._bucket.client.upload_part_copy(
                Bucket=self._bucket.name,
                Key=self._key,
                UploadId=self._upload_id,
                PartNumber=number,
                CopySource={"Bucket": self._bucket.name, "Key": part.key},
                CopySourceRange=f"bytes={part.offset}-{part.offset + part.length - 1}",
            )
        return answer["CopyPartResult"]["ETag"]

    def _start(self, number: int, upload: Future[str]) -> None:
        """Note an upload; memory holds only as many parts as are sent at once."""
        self._etags[number] = upload
        self._running.append(upload)
        if len(self._running) > UPLOADS_AT_ONCE:
            self._running.popleft().result()

    def _next_part(self) -> int:
        if not self._upload_id:
            with transient_errors():
                answer = self._bucket.client.create_multipart_upload(Bucket=self._bucket.name, Key=self._key)
            self._upload_id = answer["UploadId"]
        self._parts += 1
        return self._parts


def _chunks(part: Slice) -> Iterable[Slice]:
    for at in range(0, part.length, CHUNK_BYTES):
        yield Slice(part.key, part.offset + at, min(CHUNK_BYTES, part.length - at))
