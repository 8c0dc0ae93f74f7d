"""`make bench-scale`: the plan and the joining of very large datasets, without their data.

Plans datasets of growing size from made-up places, each in a process of its own, and tells time, memory and sizes;
joins simulated parts of ten million images into a bucket that only counts, and holds the parts against S3's limits.
"""

from __future__ import annotations

import json
import math
import resource
import subprocess
import sys
import time
from typing import Any

import msgspec

from labelmill.formats import format_by_id
from labelmill.source.dataset import ANNOTATIONS, IMAGES, MASKS, METADATA
from labelmill.source.packed import PLACE, PackedSource
from labelmill.source.plan import list_dataset, plan_by_stem
from labelmill.source.tally import Tally
from labelmill_aws.jobs.job_file import JobFile
from labelmill_aws.messages import AnnotationRef, Job
from labelmill_aws.messages import PackedSource as Source
from labelmill_aws.objects.multipart import LEAST_PART_BYTES, MOST_PART_BYTES, MOST_PARTS, ObjectWriter
from labelmill_aws.objects.object_store import Bucket, Slice
from labelmill_aws.steps.plan import Planner

FORMATS = ("COCO", "KITTI", "PASCAL", "SAGEMAKER_OD", "SAGEMAKER_SS", "YOLO")
SHARD_IMAGES = 2000
LABEL_BYTES = {"KITTI": 900, "PASCAL": 2200, "SAGEMAKER_OD": 3200, "SAGEMAKER_SS": 6400, "YOLO": 300}
STATE_BYTES = 256 << 10


class CountingS3:
    """Takes what is written, keeps lengths only."""

    def __init__(self) -> None:
        self.requests = 0
        self.sizes: dict[str, int] = {}
        self.parts: list[int] = []

    def put_object(self, Bucket: str, Key: str, Body: bytes) -> dict[str, Any]:  # noqa: N803
        self.requests += 1
        self.sizes[Key] = len(Body)
        return {}

    def create_multipart_upload(self, **where: Any) -> dict[str, Any]:
        self.requests += 1
        return {"UploadId": "upload"}

    def upload_part(self, *, PartNumber: int, Body: bytes, **where: Any) -> dict[str, Any]:  # noqa: N803
        return self._part(PartNumber, len(Body))

    def upload_part_copy(self, *, PartNumber: int, CopySourceRange: str, **where: Any) -> dict[str, Any]:  # noqa: N803
        first, last = CopySourceRange.removeprefix("bytes=").split("-")
        return {"CopyPartResult": self._part(PartNumber, int(last) - int(first) + 1)}

    def complete_multipart_upload(self, *, Key: str, **where: Any) -> dict[str, Any]:  # noqa: N803
        self.requests += 1
        self.sizes[Key] = sum(self.parts)
        short = [size for size in self.parts[:-1] if not LEAST_PART_BYTES <= size <= MOST_PART_BYTES]
        if short or len(self.parts) > MOST_PARTS:
            raise SystemExit(f"S3 would refuse this: {len(self.parts):,} parts, {len(short)} of a wrong size")
        return {}

    def get_object(self, *, Range: str, **where: Any) -> dict[str, Any]:  # noqa: N803
        first, last = Range.removeprefix("bytes=").split("-")
        self.requests += 1
        return {"Body": _Zeros(int(last) - int(first) + 1)}

    def _part(self, number: int, size: int) -> dict[str, Any]:
        self.requests += 1
        self.parts += [0] * (number - len(self.parts))
        self.parts[number - 1] = size
        return {"ETag": "tag"}


class _Zeros:
    def __init__(self, size: int) -> None:
        self._size = size

    def read(self) -> bytes:
        return bytes(self._size)


class _Empty(Bucket):
    """A bucket in which nothing lies yet."""

    def exists(self, key: str) -> bool:
        return False


def plan(images: int) -> dict[str, float]:
    """Plan so many images whose places are made up; what it took."""
    places: dict[str, dict[str, bytes]] = {ANNOTATIONS: {}, METADATA: {}, IMAGES: {}, MASKS: {}}
    for number in range(images):
        stem = f"{number // 4:010}-{number % 4 * 250}-RGBCamera"
        for rank, (folder, name) in enumerate(
            [
                (ANNOTATIONS, f"{stem}-ana.json"),
                (METADATA, f"{stem}-metadata.json"),
                (IMAGES, f"{stem}.png"),
                (MASKS, f"{stem}.png"),
            ]
        ):
            places[folder][name] = PLACE.pack(number << 16 | rank, 3000, 9000, 8, number & 0xFFFFFFFF)
    s3 = CountingS3()
    outbox: Any = _Empty(s3, "outbox")  # type: ignore[arg-type]
    planner = Planner(s3, outbox, shard_images=SHARD_IMAGES, shard_bytes=1 << 30)  # type: ignore[arg-type]
    source = Source("inbox", "datasets/w/d.zip", "v", "tag", images << 16)
    refs = [AnnotationRef(f"an-{number:020}", name) for number, name in enumerate(FORMATS)]
    job = Job("job-0-0", 0, "o", "w", "d", "v", source, None, {}, refs, "c", "me")
    dataset = PackedSource("d", None, "", places)  # type: ignore[arg-type]
    start = time.monotonic()
    listing = list_dataset(dataset)
    made = plan_by_stem(listing)
    assert made is not None
    base = JobFile(job, source, 1, False, "", "", ["a"], "", [], len(made.entries), Tally())
    answer = planner._finish(base, {}, planner._image_shards(dataset, made))
    return {
        "images": images,
        "seconds": time.monotonic() - start,
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "shards": answer.shards,
        "plan_mib": s3.sizes[f"work/{job.name}/p1.shards"] / 2**20,
        "manifest_mib": s3.sizes[answer.manifest] / 2**20,
        "job_file_mib": s3.sizes[answer.job_key] / 2**20,
        "state_bytes": len(msgspec.json.encode(answer)),
    }


def join(images: int, format_id: str) -> dict[str, float]:
    """Join the parts of so many images into a bucket that counts."""
    shards = math.ceil(images / SHARD_IMAGES)
    run = SHARD_IMAGES * (LABEL_BYTES[format_id] + 60)
    s3 = CountingS3()
    bucket = Bucket(s3, "outbox")  # type: ignore[arg-type]
    start = time.monotonic()
    with ObjectWriter(bucket, "out.zip", expected_bytes=shards * run) as out:
        for shard in range(shards):
            if run >= 2 * LEAST_PART_BYTES:
                out.copy(Slice(f"{shard}.part", 0, run))
            else:
                out.write(bytes(run))
    seconds = time.monotonic() - start
    return {"gib": out.size / 2**30, "parts": len(s3.parts), "requests": s3.requests, "seconds": seconds}


def number(annotations: int) -> float:
    """Seconds to number so many COCO annotations of 500 bytes."""
    from labelmill.formats.base import Context

    line = b'"category_id":1,' + b" " * 480 + b"}\n"
    images = annotations // 8

    class Lines:
        def facts(self) -> Any:
            return [{"splits": {"": {"date": "", "images": images}}}]

        def stream_lines(self, stream: str) -> Any:
            one = b"8\n" if stream == "counts" else line
            count = annotations if stream == "annotations" else images
            for _ in range(0, count, 2000):
                yield iter([one] * 2000)

    class Sink:
        def write(self, path: str, chunks: Any) -> None:
            for _ in chunks:
                pass

    start = time.monotonic()
    format_by_id("COCO").writer.join(Context(()), Lines(), Sink())  # type: ignore[arg-type]
    return time.monotonic() - start


def main() -> None:
    """Measure and print; with a number, only the plan of so many images, as JSON."""
    if len(sys.argv) > 1:
        print(json.dumps(plan(int(sys.argv[1]))))
        return
    print("planning, places made up:")
    for images in (100_000, 400_000, 1_600_000):
        said = subprocess.run(
            [sys.executable, __file__, str(images)], check=True, capture_output=True, text=True
        ).stdout
        f = json.loads(said)
        if f["state_bytes"] > STATE_BYTES:
            raise SystemExit(f"a state of {f['state_bytes']:,} bytes is more than Step Functions takes")
        kib = f["peak_mib"] * 1024 / f["images"]
        print(
            f"  {f['images']:>10,} images: {f['seconds']:6.1f} s, {f['peak_mib']:7,.0f} MiB ({kib:.2f} KiB an image), "
            f"{f['shards']:,.0f} shards, plan {f['plan_mib']:,.0f} MiB, manifest {f['manifest_mib']:.1f} MiB, "
            f"job file {f['job_file_mib']:.2f} MiB, state {f['state_bytes']:,} bytes"
        )
    print("joining 10,000,000 images, parts of 2,000:")
    for format_id in LABEL_BYTES:
        f = join(10_000_000, format_id)
        asked = f"{f['parts']:6,} parts, {f['requests']:,} requests, {f['seconds']:.1f} s without S3"
        print(f"  {format_id:13} {f['gib']:6.1f} GiB in {asked}")
    seconds = number(400_000)
    print(
        f"  COCO: numbering 400,000 annotations takes {seconds:.2f} s; 80,000,000 take {seconds * 200 / 60:.1f} minutes"
    )


if __name__ == "__main__":
    main()
