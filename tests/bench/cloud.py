"""`make bench-cloud`: what the service costs over the bare library, and what a million images would cost on AWS.

Uploads one packed and one loose dataset into the local cloud, times the jobs against `labelmill convert`, counts the
requests that the functions make, and puts counts and processor time into AWS' prices (all assumptions are printed).
"""

from __future__ import annotations

import argparse
import math
import os
import re
import subprocess
import sys
import tempfile
import time
import zipfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from infra.local.cloud import LocalCloud
from run import data_of

from labelmill_aws.records.job_store import JobStore
from labelmill_aws.records.table import Table

FORMATS = ("COCO", "KITTI", "PASCAL", "SAGEMAKER_OD", "SAGEMAKER_SS", "YOLO")
Counts = Counter[tuple[str, str, str]]
"""Service, operation, function -> requests."""
FUNCTIONS = ("Receive", "Settle", "Plan", "Survey", "Convert", "Assemble", "Conclude")
READS = {"GetObject", "HeadObject"}
LISTS = {"ListObjectsV2", "ListObjects"}

# Dollars, us-east-1, 2026-11: arm64 GB-seconds, Lambda and S3 requests, transitions, on-demand writes and reads.
GB_SECOND = 0.0000133334
INVOCATION = 0.20e-6
TRANSITION = 25e-6
S3_PUT = 5e-6
S3_GET = 0.4e-6
WRITE = 0.625e-6
READ = 0.125e-6
MEMORY_GB = {"convert": 1769 / 1024, "assemble": 3008 / 1024, "plan": 3008 / 1024}
ARM_FACTOR = 1.5  # a Graviton vCPU against this machine's, taken high
S3_BYTES_S = 80e6  # one Lambda's stream from S3, taken low
WORKERS = 1000
LONGEST_S = 900
PLAN_US = 12  # an image, by `make bench-scale`
PLACE_BYTES = 400  # of an archive's directory an image, which is read three times
TRANSITIONS_A_SHARD = 3  # the Map's item, the child's start and its one task


def pack(dataset: Path) -> Path:
    """One zip, as channels pack: folder by folder, stored."""
    archive = dataset.with_suffix(".zip")
    if not archive.exists():
        with zipfile.ZipFile(archive.with_suffix(".part"), "w") as packed:
            for path in sorted(path for path in dataset.rglob("*") if path.is_file()):
                packed.write(path, path.relative_to(dataset))
        archive.with_suffix(".part").rename(archive)
    return archive


def bare(archive: Path, map_file: Path) -> tuple[float, dict[str, float]]:
    """Seconds of the command for all formats in one pass, and processor microseconds of each alone."""
    alone: dict[str, float] = {}
    wall = 0.0
    for formats in (FORMATS, *((name,) for name in FORMATS)):
        with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as out:
            options = [part for name in formats for part in ("--format", name)]
            command = [sys.executable, "-m", "labelmill", "convert", str(archive), *options, "--archive"]
            start = time.monotonic()
            process = subprocess.Popen([*command, "--map", str(map_file), "--out", out], stdout=subprocess.DEVNULL)
            _, _, usage = os.wait4(process.pid, 0)
            if len(formats) > 1:
                wall = time.monotonic() - start
            else:
                alone[formats[0]] = usage.ru_utime + usage.ru_stime
    return wall, alone


class Service:
    """One local cloud that is measured."""

    def __init__(self, cloud: LocalCloud) -> None:
        self.cloud = cloud
        self.table = Table(cloud.client("dynamodb"), cloud.outputs["TableName"])
        self.store = JobStore(self.table)

    def put(self, path: Path, key: str) -> None:
        """Upload one file."""
        self.cloud.client("s3").upload_file(str(path), self.cloud.outputs["InboxBucket"], key)

    def job(self, workspace: str, dataset: str) -> float:
        """Wait for a dataset's jobs; seconds until the last has ended."""
        start = time.monotonic()
        while True:
            rows = list(self.store.annotations_of(workspace, dataset))
            if len(rows) == len(FORMATS) and not any(row.is_open for row in rows):
                bad = [f"{row.format}: {row.status}: {row.reason}" for row in rows if row.status != "complete"]
                if bad:
                    raise SystemExit("\n".join(bad))
                return time.monotonic() - start
            time.sleep(0.05)

    def put_loose(self, folder: Path, images: int, prefix: str) -> None:
        """Upload the files of a dataset's first images one by one, then say that they are all."""
        stems = {path.name.removesuffix("-ana.json") for path in sorted((folder / "annotations").iterdir())[:images]}
        chosen = [
            path
            for path in sorted(folder.rglob("*"))
            if path.is_file() and path.stem.removesuffix("-ana").removesuffix("-metadata") in stems
        ]
        with ThreadPoolExecutor(16) as pool:
            list(pool.map(lambda path: self.put(path, f"{prefix}/{path.relative_to(folder)}"), chosen))
        self.cloud.client("s3").put_object(Bucket=self.cloud.outputs["InboxBucket"], Key=f"{prefix}/_SUCCESS")

    def sizes(self, workspace: str, dataset: str) -> dict[str, int]:
        """Bytes of each format's archive."""
        return {row.format: row.size_bytes for row in self.store.annotations_of(workspace, dataset)}

    def counts(self) -> Counts:
        """Requests so far: (service, operation, function)."""
        found: Counts = Counter()
        for (service, operation, caller), number in self.cloud.request_counts().items():
            name = next((function for function in FUNCTIONS if function in caller), "")
            if name:
                found[service, operation, name] += number
        return found

    def cold_starts_ms(self) -> list[float]:
        """Milliseconds that Convert's environments took to be ready."""
        found = []
        for line in self.cloud.function_log("Convert"):
            if match := re.search(r'"initDurationMs": ([0-9.]+)', line):
                found.append(float(match[1]))
        return found


def of(counts: Counts, function: str, operations: set[str]) -> int:
    """How often a function asked for some operations."""
    return sum(n for (_, operation, caller), n in counts.items() if caller == function and operation in operations)


def show_counts(counts: Counts, images: int, shards: int) -> None:
    """Requests by function, and those that have a goal."""
    for (service, operation, function), number in sorted(counts.items(), key=lambda item: (item[0][2], item[0])):
        print(f"    {function:9} {service:9} {operation:24} {number:7,}")
    per = len(FORMATS) * images / 1000
    gets = of(counts, "Convert", READS) / per
    puts = of(counts, "Convert", {"PutObject", "UploadPart", "CreateMultipartUpload"}) / per
    writes = of(counts, "Convert", {"PutItem", "UpdateItem", "TransactWriteItems"}) / shards
    print(f"  Convert, a format and 1,000 images: {gets:.1f} GET (goal 10), {puts:.1f} PUT (goal 2)")
    print(f"  Convert, a shard: {writes:.1f} DynamoDB writes (goal 4)")


def cost(
    images: int, cpu_us: dict[str, float], counts: Counts, measured: int, shard: int, sizes: dict[str, int]
) -> None:
    """Dollars and minutes for so many packed images in all formats."""
    shards = math.ceil(images / shard)
    factor = images / measured
    convert_s = sum(cpu_us.values()) * 1e-6 * images * ARM_FACTOR
    gets = sum(of(counts, f, READS) for f in ("Convert", "Plan", "Assemble")) * factor
    puts = of(counts, "Convert", {"PutObject"}) * factor + len(FORMATS) * shards  # the joiner's parts and copies
    items = shards * len(FORMATS)
    prices = {
        "Lambda time": convert_s * MEMORY_GB["convert"] * GB_SECOND * 1.5,  # half more: waiting for S3, plan, joining
        "Lambda invocations": items * INVOCATION,
        "transitions": items * TRANSITIONS_A_SHARD * TRANSITION,
        "S3 reads": gets * S3_GET,
        "S3 writes": puts * S3_PUT,
        "DynamoDB": items * (WRITE + READ),
    }
    for name, dollars in prices.items():
        print(f"    {name:20} ${dollars:10.4f}")
    print(f"    {'together':20} ${sum(prices.values()):10.4f}")
    slowest_s = max(cpu_us.values()) * 1e-6 * shard * ARM_FACTOR
    waves = math.ceil(items / WORKERS)
    plan_s = PLAN_US * 1e-6 * images * ARM_FACTOR + 3 * PLACE_BYTES * images / S3_BYTES_S
    join_s = 2 * max(sizes.values()) * factor / S3_BYTES_S
    gib = max(sizes.values()) * factor / 2**30
    print(
        f"    planning {plan_s:,.0f} s; {items:,} shards in {waves} waves of {WORKERS:,}: {waves * slowest_s:,.0f} s;"
    )
    print(f"    joining the largest format ({gib:,.1f} GiB): {join_s:,.0f} s")
    if max(plan_s, join_s) > LONGEST_S:
        print(f"    a step beyond Lambda's {LONGEST_S} s: cut the dataset into several")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=20_000)
    parser.add_argument("--loose", type=int, default=1_000)
    options = parser.parse_args()
    images = options.images
    data = data_of(f"sparse-{images}", "--images", images, "--masks")
    archive, map_file = pack(data / "ana"), data / "map.yml"
    wall, alone = bare(archive, map_file)
    cpu_us = {name: seconds / images * 1e6 for name, seconds in alone.items()}
    print(f"{images:,} images, six formats; `labelmill convert --archive` from the zip: {wall:.1f} s")
    print("  processor time alone, us an image: " + ", ".join(f"{n} {us:.0f}" for n, us in cpu_us.items()))
    with LocalCloud() as cloud:
        service = Service(cloud)
        service.put(map_file, "maps/default/map.yml")
        cloud.wait_for(lambda: service.table.get("ORG#default", "MAP#map"), 60)
        for turn in ("cold", "warm"):
            cloud.reset_request_counts()
            start = time.monotonic()
            service.put(archive, f"datasets/bench/{turn}.zip")
            sent = time.monotonic() - start
            took = service.job("bench", turn)
            ratio = (took - 5) / wall
            print(f"  packed, {turn}: {took:.1f} s after an upload of {sent:.1f} s, or 5 s + {ratio:.2f} x the command")
        counts = service.counts()
        shards = of(counts, "Convert", {"PutItem"})
        show_counts(counts, images, shards)
        cloud.reset_request_counts()
        service.put_loose(data / "ana", options.loose, "datasets/bench/loose")
        took = service.job("bench", "loose")
        gets = of(service.counts(), "Convert", READS) / len(FORMATS) / options.loose
        print(f"  loose, {options.loose:,} images: {took:.1f} s; Convert, a format and image: {gets:.2f} GET")
        print("    (goal: one a JSON file, which is 2; SAGEMAKER_SS reads the mask, too)")
        starts = sorted(service.cold_starts_ms())
        if starts:
            print(f"  cold start of Convert: {starts[len(starts) // 2]:.0f} ms median of {len(starts)} (goal 400)")
        for many in (1_000_000, 100_000_000):
            print(f"  {many:,} packed images, six formats, on AWS:")
            cost(many, cpu_us, counts, images, images * len(FORMATS) // shards, service.sizes("bench", "warm"))


if __name__ == "__main__":
    main()
