"""Status, log, errors and messages: what a job tells while it runs and when it ends."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cli_tools import Dataset, archives, zip_of
from e2e_service import Place, assert_made

from labelmill_aws.jobs.jobs import Jobs, Wanted

BOTH = ("COCO", "YOLO")
BAD = {"annotations/b-ana.json", "annotations/d-ana.json"}


@pytest.fixture
def spoiled(toys: Dataset, tmp_path: Path) -> Path:
    """A zip of five images, two of them bad, in shards of their own."""
    toys.add("d", ("Cube", 1, 1, 5, 5))
    toys.add("e", ("Ball", 1, 1, 5, 5))
    toys.write("annotations/b-ana.json", "{")
    toys.write("annotations/d-ana.json", "[]")
    return zip_of(toys.path, tmp_path / "toys.zip")


def test_progress_is_seen_shard_by_shard(place: Place, packed: Path) -> None:
    place.service.fault("delay", "convert", operation="PutObject", resource="000001.part", delay_s=4.0, times=2)
    place.put(packed)
    seen = set()

    def has_ended() -> bool:
        rows = place.rows()
        for row in rows:
            progress = place.service.store.progress(row)
            seen.add((row.status, progress.images, row.images))
        return bool(rows) and all(not row.is_open for row in rows)

    place.service.cloud.wait_for(has_ended, timeout_s=30, every_s=0.01)
    assert ("running", 2, 3) in seen, "the first shard's images count before the second is done"
    assert ("complete", 3, 3) in seen
    place.rest(2)


def test_message_on_sns_and_event_on_eventbridge(place: Place, packed: Path) -> None:
    place.put_map("toys.yaml")
    place.put(packed)
    for row in place.rest(2):
        [message] = [found for found in place.messages() if found["body"]["annotation"] == row.id]
        body = message["body"]
        assert message["attributes"] == {
            "organization": place.organization,
            "workspace": place.name,
            "dataset": "toys",
            "format": row.format,
            "status": "complete",
        }
        assert (body["images"], body["errors"], body["map"]) == (3, 0, "toys")
        head = place.service.s3.head_object(Bucket=body["bucket"], Key=body["download_key"])
        assert head["ContentLength"] == row.size_bytes > 0
        report = json.loads(place.service.s3.get_object(Bucket=body["bucket"], Key=body["report_key"])["Body"].read())
        assert report["images"] == 3
        assert body["log_stream"] == row.id
        [event] = [found for found in place.service.events() if found["detail"].get("annotation") == row.id]
        assert (event["source"], event["detail-type"], event["detail"]) == ("labelmill", "Annotation Finished", body)


def test_subscribers_filter_by_attributes(place: Place, packed: Path) -> None:
    cloud = place.service.cloud
    url, arn = place.service.queue()
    policy = json.dumps({"workspace": [place.name], "format": ["YOLO"], "status": ["complete"]})
    cloud.client("sns").subscribe(
        TopicArn=place.service.outputs["TopicArn"], Protocol="sqs", Endpoint=arn, Attributes={"FilterPolicy": policy}
    )
    place.put(packed)
    place.rest(2)
    found = cloud.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    assert [json.loads(json.loads(message["Body"])["Message"])["format"] for message in found] == ["YOLO"]


def test_bad_images_fail_the_annotation_and_the_others_can_be_downloaded(
    place: Place, spoiled: Path, map_file: Path, tmp_path: Path
) -> None:
    place.put_map("toys.yaml")
    place.put(spoiled)
    rows = place.rest(2)
    expected = archives(spoiled, tmp_path / "out", BOTH, map_file)
    for row in rows:
        assert (row.status, row.images, row.converted, row.errors) == ("failed", 5, 3, 2)
        assert row.reason.startswith("2 of 5 images could not be converted;")
        assert place.archive(row) == expected[row.format]
        assert set(place.errors(row)) == BAD
        named = {line["file"]: line for line in place.lines(row) if line["file"] and not line.get("code")}
        assert {file: line["message"] for file, line in named.items()} == place.errors(row)
        assert {(line["level"], line["format"]) for line in named.values()} == {("ERROR", row.format)}
        last = place.lines(row)[-1]
        assert (last["level"], last["message"]) == (
            "ERROR",
            f"failed: 3 of 5 images, 2 errors, {row.warnings} warnings",
        )
        assert place.report(row)["failed"] == 2
        [message] = [found["body"] for found in place.messages() if found["body"]["annotation"] == row.id]
        assert (message["status"], message["errors"], message["reason"]) == ("failed", 2, row.reason)
        assert place.failed_tasks(row) == 0, "a bad image is no reason to try again"
    assert place.execution(rows[0])["status"] == "SUCCEEDED", "what a user has given is no alarm of the operator's"


@pytest.mark.parametrize(("tolerated", "status"), [(2, "complete"), (1, "failed")])
def test_as_many_bad_images_as_are_tolerated(place: Place, spoiled: Path, tolerated: int, status: str) -> None:
    place.put(spoiled)
    place.rest(2)
    dataset = place.service.catalog.dataset(place.name, "toys")
    assert dataset is not None
    wanted = Wanted(
        organization=place.organization,
        workspace=place.name,
        dataset="toys",
        dataset_version=dataset.version,
        source=dataset.source(place.service.inbox, place.service.outbox),
        map=None,
        format_ids=["COCO"],
        cause="asked",
        asked_by="ann",
        options={"tolerated_errors": tolerated},
    )
    Jobs(place.service.store, place.service.states, place.service.machine).ensure(wanted)
    [row] = [row for row in place.rest(3) if row.options]
    assert (row.status, row.converted, row.errors, row.asked_by) == (status, 3, 2, "ann")
    assert set(place.errors(row)) == BAD
    assert {line["file"] for line in place.lines(row)} > BAD


def test_a_shard_that_always_crashes_is_named_file_by_file(
    place: Place, packed: Path, map_file: Path, toys: Dataset, tmp_path: Path
) -> None:
    place.service.fault("kill-before", "convert", operation="PutObject", resource="000001.part", times=99)
    place.put_map("toys.yaml")
    place.put(packed)
    rows = place.rest(2)
    for name in ("annotations/c-ana.json", "metadata/c-metadata.json", "images/c.png", "masks/c.png"):
        toys.remove(name)
    (tmp_path / "rest").mkdir()
    rest = zip_of(toys.path, tmp_path / "rest" / "toys.zip")
    expected = archives(rest, tmp_path / "out", BOTH, map_file)
    for row in rows:
        assert (row.status, row.images, row.converted, row.errors) == ("failed", 3, 2, 1)
        assert row.reason.startswith("1 of 3 images could not be converted (1 of them because their shard failed)")
        [reason] = place.errors(row).values()
        assert reason.startswith("was not converted: its shard failed")
        [line] = [line for line in place.lines(row) if line["file"] and not line.get("code")]
        assert (line["file"], line["shard"], line["message"]) == ("annotations/c-ana.json", 1, reason)
        assert place.archive(row) == expected[row.format]
    place.service.cloud.clear_faults()
    place.put(packed)
    assert_made(place, place.rest(2), archives(packed, tmp_path / "again", BOTH, map_file), 3)
