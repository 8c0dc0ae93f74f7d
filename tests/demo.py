"""`make demo`: the whole service on this machine, end to end, with a dataset made for it or one of yours.

Brings the local cloud up, drops an annotation map and a dataset into its bucket, watches the jobs, takes messages,
downloads the labels and draws previews.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from typing import Any

from infra.local.cloud import LocalCloud
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn

from labelmill_aws.records.annotation import Annotation
from labelmill_aws.records.job_store import JobStore
from labelmill_aws.records.table import Table

IMAGES = "120"
SHARD_IMAGES = "20"  # a few shards, so that there is progress to see
WORKSPACE = "demo"
WAIT_S = 600
PATIENCE_S = 0.2
WORDS = {"queued": "waiting", "running": "running", "complete": "done", "failed": "failed", "cancelled": "cancelled"}


def labelmill(*arguments: object) -> None:
    """Run the command as a user would."""
    print(f"\n$ labelmill {' '.join(map(str, arguments))}", flush=True)
    subprocess.run([sys.executable, "-m", "labelmill", *map(str, arguments)], check=True)


def pack(dataset: Path, out: Path) -> Path:
    """A folder as one zip; an archive as it is."""
    if dataset.is_file():
        return dataset
    archive = out / f"{dataset.resolve().name}.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        for path in sorted(path for path in dataset.rglob("*") if path.is_file()):
            packed.write(path, path.relative_to(dataset))
    return archive


class Demo:
    """One run against a local cloud."""

    def __init__(self, cloud: LocalCloud) -> None:
        self.cloud = cloud
        self.s3 = cloud.client("s3")
        self.inbox, self.outbox = cloud.outputs["InboxBucket"], cloud.outputs["OutboxBucket"]
        self.table = Table(cloud.client("dynamodb"), cloud.outputs["TableName"])
        self.store = JobStore(self.table)
        self.queue = self._subscribe()

    def upload(self, path: Path, key: str) -> None:
        """Drop a file into the inbox."""
        print(f"\n$ aws s3 cp {path} s3://{self.inbox}/{key}", flush=True)
        self.s3.upload_file(str(path), self.inbox, key)

    def wait_for_map(self, name: str) -> None:
        """Until the map is registered: a dataset that came first would be made without it, too."""
        self.cloud.wait_for(lambda: self.table.get("ORG#default", f"MAP#{name}"), 60)

    def watch(self, dataset: str) -> list[Annotation]:
        """Show the jobs of the dataset until all have ended."""
        shown = TextColumn("{task.fields[status]}")
        columns = (TextColumn("{task.description:14}"), BarColumn(40), MofNCompleteColumn(), shown)
        console = Console()
        tasks: dict[str, TaskID] = {}
        deadline = time.monotonic() + WAIT_S
        with Progress(*columns, console=console, disable=not console.is_terminal) as bars:
            while time.monotonic() < deadline:
                rows = sorted(self.store.annotations_of(WORKSPACE, dataset), key=lambda row: row.format)
                for row in rows:
                    done = self.store.progress(row)
                    if row.id not in tasks:
                        tasks[row.id] = bars.add_task(row.format, total=None, status="")
                    counted = done.images + done.errors
                    bars.update(tasks[row.id], completed=counted, total=row.images or None, status=WORDS[row.status])
                if rows and not any(row.is_open for row in rows):
                    return rows
                time.sleep(PATIENCE_S)
        raise SystemExit(f"not done after {WAIT_S} s")

    def messages(self, expected: int) -> list[dict[str, Any]]:
        """The notifications that a subscriber gets."""
        found: list[dict[str, Any]] = []
        deadline = time.monotonic() + 20
        while len(found) < expected and time.monotonic() < deadline:
            sqs = self.cloud.client("sqs")
            for message in sqs.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10).get("Messages", []):
                found.append(json.loads(json.loads(message["Body"])["Message"]))
                sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=message["ReceiptHandle"])
        return found

    def download(self, row: Annotation, out: Path) -> Path:
        """Fetch an annotation's zip and unpack it."""
        folder = out / row.format.lower()
        folder.mkdir(parents=True)
        archive = folder.with_suffix(".zip")
        self.s3.download_file(self.outbox, row.download_key, str(archive))
        with zipfile.ZipFile(archive) as packed:
            packed.extractall(folder)
        return archive

    def _subscribe(self) -> str:
        """A queue that gets every notification."""
        sqs = self.cloud.client("sqs")
        url: str = sqs.create_queue(QueueName="demo-messages")["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        policy = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": arn}
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps({"Statement": [policy]})})
        self.cloud.client("sns").subscribe(TopicArn=self.cloud.outputs["TopicArn"], Protocol="sqs", Endpoint=arn)
        return url


def main() -> int:
    """Run the main job end to end; 1 if a job failed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path, help="folder for everything")
    parser.add_argument("--dataset", type=Path, help="a dataset of yours: folder, .zip, .tar or .tar.gz")
    parser.add_argument("--map", type=Path, help="its annotation map")
    options = parser.parse_args()
    out: Path = options.out
    shutil.rmtree(out, ignore_errors=True)  # a demo before this one
    out.mkdir(parents=True)
    dataset, map_file = options.dataset, options.map
    if dataset is None:
        dataset = out / "toys"
        labelmill("sample", dataset, "--images", IMAGES)
        map_file = map_file or dataset / "map.yml"
    if map_file:
        labelmill("map", "explain", map_file, dataset)
    archive = pack(dataset, out)
    print("\nBringing the local cloud up ...", flush=True)
    with LocalCloud(context={"shard_images": SHARD_IMAGES}) as cloud:
        demo = Demo(cloud)
        if map_file:
            demo.upload(map_file, f"maps/default/{map_file.name}")
            demo.wait_for_map(map_file.stem)
        demo.upload(archive, f"datasets/{WORKSPACE}/{archive.name}")
        rows = demo.watch(archive.name.split(".")[0])
        for row in rows:
            took = f"{row.converted} of {row.images} images, {row.size_bytes:,} bytes"
            print(f"  {row.format:14} {row.status:9} {took}  {row.reason}")
            if row.download_key:
                demo.download(row, out / "labels")
        messages = demo.messages(len(rows))
        print(f"\n{len(messages)} notifications came; the first one:")
        print(json.dumps(messages[0], indent=2) if messages else "  none")
    options_of_map = ("--map", map_file) if map_file else ()
    labelmill("preview", dataset, *options_of_map, "--out", out / "previews")
    command = Path(sys.executable).with_name("labelmill")
    print(
        f"""
Done. Look at
  {out}/previews/   images with their labels drawn on them
  {out}/labels/     what the service made: one zip a format, and unpacked

Next
  make up                                       the same cloud, for as long as you like
  make demo DATASET=your.zip MAP=your-map.yml   this, with a dataset of yours
  {command} convert DATASET --format coco --format yolo --map MAP --out labels   without any cloud"""
    )
    return int(any(row.status != "complete" for row in rows))


if __name__ == "__main__":
    sys.exit(main())
