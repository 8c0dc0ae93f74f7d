"""What steps find changed under them: a listing that has expired, an annotation or a dataset that was deleted."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from cli_tools import MAP_TEXT, Dataset, archives, zip_of
from cloud_tools import Cloud
from data_tools import Run, start

from labelmill.errors import DatasetError
from labelmill_aws.messages import LooseSource
from labelmill_aws.objects import listing as listings
from labelmill_aws.objects.listing import list_dataset
from labelmill_aws.settings import PlanSettings
from labelmill_aws.steps.plan import PlanJob, PlanStep


@pytest.fixture
def toys(tmp_path: Path) -> Dataset:
    return Dataset(tmp_path / "toys")


@pytest.fixture
def map_file(tmp_path: Path) -> Path:
    path = tmp_path / "blocks.yaml"
    path.write_text(MAP_TEXT)
    return path


def start_loose(cloud: Cloud, toys: Dataset, map_file: Path) -> Run:
    """A job on a loose dataset, of the version that its files give."""
    run = start(cloud, toys.path, ["COCO"], map_file)
    with list_dataset(cloud.clients.s3, cloud.inbox, "datasets/ws/toys/") as found:
        run.job = msgspec.structs.replace(run.job, dataset_version=found.version)
    return run


def listing_of(run: Run) -> str:
    assert isinstance(run.job.source, LooseSource)
    return run.job.source.listing.key


@pytest.mark.parametrize("gone", [True, False])
def test_expired_listing_is_written_again(
    cloud: Cloud, toys: Dataset, map_file: Path, tmp_path: Path, gone: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = start_loose(cloud, toys, map_file)
    before = run.outbox.get(listing_of(run))
    if gone:
        cloud.clients.s3.delete_object(Bucket=cloud.outbox, Key=listing_of(run))
    else:
        run.outbox.put(listing_of(run), before + b"\n")
        monkeypatch.setattr(listings, "LISTING_GOOD_FOR", listings.timedelta(0))  # it would expire while the job runs
    assert run.run().archives() == archives(toys.path, tmp_path / "out", ["COCO"], map_file)
    assert sorted(run.outbox.get(listing_of(run)).splitlines()) == sorted(before.splitlines())


def test_files_that_changed_since_fail_the_job(cloud: Cloud, toys: Dataset, map_file: Path) -> None:
    run = start_loose(cloud, toys, map_file)
    cloud.put("datasets/ws/toys/images/another.png", b"x")
    run.plan()  # the listing is there: what it says is what is made
    cloud.clients.s3.delete_object(Bucket=cloud.outbox, Key=listing_of(run))
    with pytest.raises(DatasetError) as refused:
        run.plan()
    assert str(refused.value) == (
        "toys: its files have changed since it was registered; upload _SUCCESS to register it anew"
    )


def test_annotation_that_is_deleted_while_it_is_joined_leaves_nothing(
    cloud: Cloud, toys: Dataset, map_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = start(cloud, toys.path, ["COCO", "YOLO"], map_file)
    plan = run.plan()
    run.convert(plan)
    deleted = run.job.annotations[0].id
    original = type(run.outbox).put

    def put(bucket: object, key: str, data: bytes) -> None:
        if key.endswith("report.json") and deleted in key:
            cloud.store.delete(deleted)
        original(run.outbox, key, data)

    monkeypatch.setattr(type(run.outbox), "put", put)
    run.assemble(plan)
    assert {name: answer.status for name, answer in run.answers.items()} == {"COCO": "cancelled", "YOLO": "complete"}
    left = {key.split("/")[3] for key, _ in run.outbox.list("annotations/")}
    assert left == {run.job.annotations[1].id}


def test_plan_counts_a_packed_dataset(cloud: Cloud, toys: Dataset, map_file: Path, tmp_path: Path) -> None:
    packed = zip_of(toys.path, tmp_path / "toys.zip")
    run = start(cloud, packed, ["COCO"], map_file)
    cloud.receive("datasets/ws/toys.zip")
    row = cloud.catalog.dataset("ws", "toys")
    assert row is not None and row.images == 0
    job = msgspec.structs.replace(run.job, dataset_version=row.version)
    more = {"SHARD_IMAGES": "2", "SHARD_BYTES": "1000000"}
    PlanStep.of(cloud.clients, PlanSettings.from_env(cloud.environment() | more)).run(PlanJob(job, 0, None))
    counted = cloud.catalog.dataset("ws", "toys")
    assert counted == msgspec.structs.replace(row, images=3)
