from __future__ import annotations

import json
import time

import pytest
from cloud_tools import Cloud

from labelmill_aws.messages import LooseSource, Settle, done
from labelmill_aws.names import ListingVersion
from labelmill_aws.objects import listing
from labelmill_aws.records.catalog import Workspace

PREFIX = "datasets/ws/toys/"
YAML = f"{PREFIX}dataset.yaml"
SUCCESS = f"{PREFIX}_SUCCESS"
MAP = "maps/default/toys.yaml"
TOYS = b"classes:\n  1: [none, Toys]\nproperties:\n  obj['type'] == 'Toy': 1\n"
COUNTED = ["annotations/1-ana.json", "images/1 +%.png", "images/ä.png", "metadata/1-metadata.json"]
NOT_COUNTED = ["images/", "images/sub/2.png", "notes/1.txt", "graph.yaml", "imagesx/1.png"]


def put_files(cloud: Cloud) -> None:
    for number, name in enumerate([*COUNTED, *NOT_COUNTED]):
        cloud.put(PREFIX + name, b"x" * number)


@pytest.fixture
def one_format(cloud: Cloud) -> None:
    cloud.catalog.create_workspace(Workspace(name="ws", auto_formats=("COCO",)))


def test_complete_is_settled_at_once(cloud: Cloud, one_format: None) -> None:
    put_files(cloud)
    mark = cloud.put(SUCCESS, b"")
    answer = cloud.receive(SUCCESS)
    assert (answer.next, answer.settle) == ("settle", Settle(bucket=cloud.inbox, key=SUCCESS, wait_s=0))
    answer = cloud.settle(SUCCESS)
    (row,) = cloud.rows()
    assert answer == done([row.execution])
    job = cloud.store.job(row.execution)
    assert job is not None and isinstance(job.source, LooseSource) and job.source.prefix == PREFIX
    listed = cloud.clients.s3.get_object(Bucket=job.source.listing.bucket, Key=job.source.listing.key)["Body"].read()
    files = [json.loads(line) for line in listed.splitlines()]
    assert [f"{file['folder']}/{file['name']}" for file in files] == COUNTED
    assert [file["size"] for file in files] == [0, 1, 2, 3]
    version = ListingVersion()
    for file in files:
        version.add(file["folder"], file["name"], file["size"], file["etag"])
    assert job.source.listing.key == f"work/listings/ws/toys/{version.text()}.jsonl"
    dataset = cloud.catalog.dataset("ws", "toys")
    assert dataset is not None
    assert (dataset.kind, dataset.images, dataset.size_bytes, dataset.version_id) == ("loose", 2, 6, mark)
    assert cloud.settle(SUCCESS) == answer
    assert len(cloud.executions()) == 1


def test_arriving_waits_until_nothing_new_comes(cloud: Cloud, one_format: None) -> None:
    cloud.put(YAML)
    assert cloud.receive(YAML).settle == Settle(bucket=cloud.inbox, key=YAML, wait_s=2)
    put_files(cloud)
    answer = cloud.settle(YAML)
    assert answer.settle is not None and 0 < answer.settle.wait_s <= 2
    assert cloud.rows() == []
    deadline = time.monotonic() + 6
    while answer.next == "settle" and time.monotonic() < deadline:
        time.sleep(0.25)
        answer = cloud.settle(YAML)
    assert len(answer.started or []) == len(cloud.rows()) == 1


def test_both_marks_make_one_job(cloud: Cloud, one_format: None) -> None:
    put_files(cloud)
    cloud.put(YAML)
    cloud.put(SUCCESS)
    quiet = type(cloud.control.settings).from_env(cloud.environment(quiet_s=0))
    cloud.control.settings = quiet
    for key in (SUCCESS, YAML, SUCCESS, YAML):
        cloud.settle(key)
    assert len(cloud.rows()) == len(cloud.executions()) == 1


def test_changed_file_is_a_new_version(cloud: Cloud, one_format: None) -> None:
    put_files(cloud)
    cloud.put(SUCCESS)
    cloud.settle(SUCCESS)
    cloud.put(PREFIX + COUNTED[0], b"other")
    cloud.settle(SUCCESS)
    assert len({row.dataset_version for row in cloud.rows()}) == 2


def test_empty_is_refused_once(cloud: Cloud) -> None:
    cloud.put(SUCCESS)
    cloud.put(f"{PREFIX}images/", b"")
    for _ in range(2):
        assert cloud.settle(SUCCESS) == done()
    reason = f"{PREFIX}: expected files in annotations/, metadata/, images/ and masks/, found none"
    assert [line["message"] for line in cloud.lines("uploads/ws/toys")] == [reason]
    (message,) = cloud.messages()
    assert message["body"]["reason"] == reason
    whose = {"organization": "default", "workspace": "ws", "dataset": "toys"}
    assert message["attributes"] == whose | {"status": "refused"}
    assert cloud.rows() == []


def test_deleted_meanwhile(cloud: Cloud) -> None:
    put_files(cloud)
    assert cloud.settle(SUCCESS) == done()
    assert cloud.rows() == [] and cloud.messages() == []


def test_other_keys_are_a_bug(cloud: Cloud) -> None:
    with pytest.raises(ValueError, match="expected a key of a loose dataset"):
        cloud.settle("maps/default/toys.yaml")


def test_faster_delivery_is_waited_for(cloud: Cloud, one_format: None, monkeypatch: pytest.MonkeyPatch) -> None:
    put_files(cloud)
    cloud.put(SUCCESS)
    with monkeypatch.context() as patch:
        patch.setattr(type(cloud.catalog), "put_dataset", lambda *_: False)
        answer = cloud.settle(SUCCESS)
    assert answer.settle is not None and answer.settle.wait_s == 1
    assert len(cloud.settle(SUCCESS).started or []) == 1


def test_many_pages_are_listed(cloud: Cloud, one_format: None) -> None:
    for number in range(5):
        cloud.put(f"{PREFIX}images/{number}.png")

    class SmallPages:
        def list_objects_v2(self, **request: object) -> object:
            return cloud.clients.s3.list_objects_v2(**request, MaxKeys=2)  # type: ignore[arg-type]

    with listing.list_dataset(SmallPages(), cloud.inbox, PREFIX) as found:  # type: ignore[arg-type]
        assert (found.files, found.images, len(found.document.readlines())) == (5, 5, 5)


def test_map_uses_the_listing_while_it_is_there(cloud: Cloud, one_format: None) -> None:
    put_files(cloud)
    cloud.put(SUCCESS)
    cloud.settle(SUCCESS)
    cloud.put(MAP, TOYS)
    assert len(cloud.receive(MAP).started or []) == 1
    assert [row.map for row in cloud.rows()] == ["", "toys"]


def test_map_has_an_old_dataset_listed_again(cloud: Cloud, one_format: None, monkeypatch: pytest.MonkeyPatch) -> None:
    put_files(cloud)
    cloud.put(SUCCESS)
    cloud.settle(SUCCESS)
    cloud.put(MAP, TOYS)
    monkeypatch.setattr(listing, "LISTING_GOOD_FOR", listing.timedelta(0))
    for _ in range(2):
        (name,) = cloud.receive(MAP).started or []
        assert name.startswith("again-")
    arn = cloud.state_machine.replace("stateMachine", "execution") + f":{name}"
    event = json.loads(cloud.clients.stepfunctions.describe_execution(executionArn=arn)["input"])
    assert cloud.receive(event["detail"]["object"]["key"]).settle == Settle(bucket=cloud.inbox, key=SUCCESS, wait_s=0)
    cloud.settle(SUCCESS)
    assert [row.map for row in cloud.rows()] == ["", "toys"]
