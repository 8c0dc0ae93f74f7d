from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest
from cloud_tools import Cloud

from labelmill_aws.jobs.jobs import Jobs
from labelmill_aws.messages import JobInput, done, read_message
from labelmill_aws.records.auto_formats import AutoItem, auto_item
from labelmill_aws.records.catalog import CLASSIC_FORMATS, Workspace
from labelmill_aws.records.job_store import Outcome
from labelmill_aws.steps.receive import Received, receive

TOYS = b"classes:\n  1: [none, Toys]\nproperties:\n  obj['type'] == 'Toy': 1\n"
OTHER = TOYS.replace(b"Toys", b"Things")
BAD = b"classes:\n  1: [none, Toys]\nproperties:\n  obj['type'] = 'Toy': 1\n  obj.type: 2\n"
KEY = "datasets/ws/toys.zip"
MAP = "maps/default/toys.yaml"


def fail(cloud: Cloud) -> None:
    for row in cloud.rows():
        cloud.store.finish(row.id, row.epoch, Outcome(status="failed", reason="no"))


def small_workspace(cloud: Cloud, *maps: str, formats: tuple[AutoItem, ...] = ("COCO",)) -> None:
    cloud.catalog.create_workspace(Workspace(name="ws", auto_formats=formats, included_maps=maps))


def test_first_upload_creates_all_and_starts_one_job(cloud: Cloud) -> None:
    version_id = cloud.put(KEY, b"bytes")
    answer = cloud.receive(KEY)
    rows = cloud.rows()
    assert [row.format for row in rows] == sorted(CLASSIC_FORMATS)
    assert {(row.status, row.organization, row.map, row.epoch) for row in rows} == {("queued", "default", "", 0)}
    (name,) = {row.execution for row in rows}
    assert answer == done([name])
    arn = cloud.state_machine.replace("stateMachine", "execution") + f":{name}"
    started = cloud.clients.stepfunctions.describe_execution(executionArn=arn)["input"]
    job = read_message(JobInput, json.loads(started)).job
    assert job == cloud.store.job(name)
    assert [ref.id for ref in job.annotations] == [row.id for row in rows]
    source = {"kind": "packed", "bucket": cloud.inbox, "key": KEY, "version_id": version_id, "size_bytes": 5}
    assert json.loads(started)["job"]["source"].items() >= source.items()
    workspace = cloud.catalog.workspace("ws")
    assert workspace is not None and workspace.included_maps == ("*",)
    dataset = cloud.catalog.dataset("ws", "toys")
    assert dataset is not None and (dataset.version_id, dataset.size_bytes) == (version_id, 5)


def test_same_delivery_does_nothing_twice(cloud: Cloud) -> None:
    cloud.put(KEY)
    for _ in range(3):
        cloud.receive(KEY)
    assert len(cloud.rows()) == 6 and len(cloud.executions()) == 1


def test_same_bytes_do_nothing_until_they_failed(cloud: Cloud) -> None:
    small_workspace(cloud)
    cloud.put(KEY)
    cloud.receive(KEY)
    cloud.put(KEY)
    cloud.receive(KEY)
    assert len(cloud.executions()) == 1
    fail(cloud)
    cloud.receive(KEY)  # the late repeat of an upload that came while the job ran
    assert len(cloud.executions()) == 1
    cloud.put(KEY)
    cloud.receive(KEY)
    cloud.receive(KEY)
    (row,) = cloud.rows()
    assert (row.status, row.attempt, row.epoch) == ("queued", 1, 1000)
    assert len(cloud.executions()) == 2


def test_complete_stays(cloud: Cloud) -> None:
    small_workspace(cloud)
    cloud.put(KEY)
    cloud.receive(KEY)
    cloud.store.finish(cloud.rows()[0].id, 0, Outcome(status="complete"))
    cloud.put(KEY)
    assert cloud.receive(KEY) == done()
    assert cloud.rows()[0].status == "complete"


def test_late_event_finds_the_present_object(cloud: Cloud) -> None:
    small_workspace(cloud)
    cloud.put(KEY, b"old")
    cloud.put(KEY, b"new bytes")
    cloud.receive(KEY)
    cloud.receive(KEY)
    (row,) = cloud.rows()
    dataset = cloud.catalog.dataset("ws", "toys")
    assert dataset is not None and dataset.size_bytes == 9 and dataset.version == row.dataset_version


def test_row_read_before_a_newer_upload_is_not_written(cloud: Cloud) -> None:
    cloud.put(KEY, b"1")
    cloud.receive(KEY)
    read = cloud.catalog.dataset("ws", "toys")
    cloud.put(KEY, b"22")
    cloud.receive(KEY)
    assert read is not None and not cloud.catalog.put_dataset(read, read)
    assert not cloud.catalog.put_dataset(read, None)


def test_deleted_object_is_nothing_to_do(cloud: Cloud) -> None:
    for key in (KEY, MAP, "datasets/ws/toys/_SUCCESS", "datasets/ws/toys/dataset.yaml", "datasets/../toys.zip"):
        assert cloud.receive(key) == done()
    assert cloud.rows() == [] and cloud.messages() == []


def test_other_buckets_and_keys_are_ignored(cloud: Cloud) -> None:
    cloud.put("datasets/ws/toys/images/1.png")
    assert cloud.receive("datasets/ws/toys/images/1.png") == done()
    with pytest.raises(ValueError, match="no event of S3"):
        receive(Received(event={"detail": {}}, state_machine=cloud.state_machine), cloud.control)


def test_queued_rows_whose_execution_never_started_are_started(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    cloud.put(KEY)

    def die(self: Jobs, name: str, document: str) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Jobs, "_start", die)
        with pytest.raises(KeyboardInterrupt):
            cloud.receive(KEY)
    assert len(cloud.rows()) == 6 and cloud.executions() == {}
    answer = cloud.receive(KEY)
    assert answer.started == list(cloud.executions())


def test_only_missing_formats_are_made(cloud: Cloud) -> None:
    small_workspace(cloud, formats=("COCO",))
    cloud.put(KEY)
    cloud.receive(KEY)
    cloud.table.update("WS#ws", "WS", "SET #auto_formats = :formats", values={"formats": ["COCO", "YOLO", "KITTI"]})
    cloud.receive(KEY)
    rows = cloud.rows()
    assert [row.format for row in rows] == ["COCO", "KITTI", "YOLO"]
    assert rows[0].execution != rows[1].execution == rows[2].execution


def test_formats_with_options_are_jobs_of_their_own(cloud: Cloud) -> None:
    split = {"split": "train=0.5,val=0.5"}
    finer = split | {"simplify": 0.5}
    small_workspace(
        cloud, "toys", "other", formats=("KITTI", auto_item("COCO", split), "CLASSIFICATION", auto_item("YOLO", split),
                             auto_item("YOLO_SEG", finer), auto_item("PASCAL", {})),
    )  # fmt: skip
    for name in ("toys", "other"):
        cloud.put(f"maps/default/{name}.yaml", TOYS if name == "toys" else OTHER)
        cloud.receive(f"maps/default/{name}.yaml")
    cloud.put(KEY)
    answer = cloud.receive(KEY)
    groups: dict[str, list[str]] = {}
    for row in cloud.rows():
        groups.setdefault(row.execution, []).append(row.format)
        job = cloud.store.job(row.execution)
        assert job is not None and job.options == row.options
    expected = [["CLASSIFICATION", "KITTI", "PASCAL"], ["COCO", "YOLO"], ["YOLO_SEG"]]
    assert sorted(map(sorted, groups.values())) == sorted(expected * 2)  # under each of the two maps
    options = {row.format: row.options for row in cloud.rows()}
    plain: dict[str, Any] = {name: {} for name in expected[0]}
    assert options == plain | {"COCO": split, "YOLO": split, "YOLO_SEG": finer}
    assert sorted(answer.started or []) == sorted(cloud.executions()) == sorted(groups)
    cloud.receive(KEY)
    assert len(cloud.rows()) == 12 and len(cloud.executions()) == 6


def test_deleted_rows_are_made_anew_under_a_new_name(cloud: Cloud) -> None:
    small_workspace(cloud)
    cloud.put(KEY)
    cloud.receive(KEY)
    (row,) = cloud.rows()
    cloud.clients.dynamodb.delete_item(TableName=cloud.table.name, Key={"pk": {"S": f"AN#{row.id}"}, "sk": {"S": "AN"}})
    cloud.receive(KEY)
    (again,) = cloud.rows()
    assert (again.id, again.attempt) == (row.id, 1)
    assert set(cloud.executions()) == {row.execution, again.execution}


def test_two_objects_of_one_dataset_the_newer_counts(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    purge = SimpleNamespace(invoke=lambda FunctionName, **_: asked.append(FunctionName))  # noqa: N803 - Lambda's name
    monkeypatch.setitem(cloud.clients.__dict__, "lambda_", purge)
    small_workspace(cloud)
    for name in ("toys.tar", "toys.zip"):
        cloud.put(f"datasets/ws/{name}", name.encode())
    for order in (("toys.tar", "toys.zip"), ("toys.zip", "toys.tar")):
        for name in order:
            cloud.receive(f"datasets/ws/{name}")
        dataset = cloud.catalog.dataset("ws", "toys")
        assert dataset is not None and dataset.key == "datasets/ws/toys.zip"
        assert [replaced.key for replaced in dataset.replaced] == ["datasets/ws/toys.tar"]
    assert len(cloud.rows()) == 2 and set(asked) == {"purge"}


# Maps.


def test_map_makes_the_datasets_again(cloud: Cloud) -> None:
    small_workspace(cloud, "*", formats=("COCO", "YOLO"))
    cloud.put(KEY)
    cloud.receive(KEY)
    version_id = cloud.put(MAP, TOYS)
    first = cloud.receive(MAP).started
    assert first is not None and len(first) == 1
    assert cloud.receive(MAP).started == first  # they are queued still
    row = cloud.catalog.map("default", "toys")
    assert row is not None and (row.version_id, row.classes, row.rules, row.problems) == (version_id, 1, 1, ())
    assert [(row.map, row.format) for row in cloud.rows()] == [
        ("", "COCO"), ("", "YOLO"), ("toys", "COCO"), ("toys", "YOLO"),
    ]  # fmt: skip
    job = cloud.store.job(first[0])
    assert job is not None and job.map is not None
    assert (job.map.key, job.map.version_id, job.map.version) == (MAP, version_id, row.version)
    cloud.put(MAP, OTHER)
    cloud.receive(MAP)
    assert len(cloud.rows()) == 6
    cloud.put("datasets/ws/more.zip")
    cloud.receive("datasets/ws/more.zip")
    assert {row.map for row in cloud.rows() if row.dataset == "more"} == {"toys"}


def test_map_counts_where_it_is_included(cloud: Cloud) -> None:
    cloud.catalog.create_workspace(Workspace(name="with", auto_formats=("COCO",), included_maps=("toys",)))
    cloud.catalog.create_workspace(Workspace(name="without", auto_formats=("COCO",), included_maps=()))
    cloud.catalog.create_workspace(Workspace(name="else", organization="other", auto_formats=("COCO",)))
    for workspace in ("with", "without", "else"):
        cloud.put(f"datasets/{workspace}/toys.zip")
        cloud.receive(f"datasets/{workspace}/toys.zip")
    assert {(row.workspace, row.map) for row in cloud.rows()} == {("without", ""), ("else", "")}
    cloud.put(MAP, TOYS)
    cloud.receive(MAP)
    assert {row.workspace for row in cloud.rows() if row.map} == {"with"}


def test_map_of_an_unknown_organization_creates_it(cloud: Cloud) -> None:
    cloud.put("maps/new org+1%/größe.json", json.dumps({"classes": {"1": "a"}, "properties": {"True": 1}}).encode())
    assert cloud.receive("maps/new org+1%/größe.json") == done()
    assert cloud.table.get("ORG#new org+1%", "ORG") is not None
    assert cloud.catalog.map("new org+1%", "größe") is not None


def test_same_map_again_retries_what_failed_once(cloud: Cloud) -> None:
    small_workspace(cloud, "*")
    cloud.put(MAP, TOYS)
    cloud.receive(MAP)
    cloud.put(KEY)
    cloud.receive(KEY)
    fail(cloud)
    assert cloud.receive(MAP) == done()
    cloud.put(MAP, TOYS)
    for key in (MAP, KEY, MAP, KEY):
        cloud.receive(key)
    (row,) = cloud.rows()
    assert (row.status, row.attempt) == ("queued", 1)
    fail(cloud)
    for key in (KEY, MAP):
        assert cloud.receive(key) == done()


def test_refused_map_says_all_and_the_good_one_stays(cloud: Cloud) -> None:
    small_workspace(cloud, "*")
    cloud.put(MAP, TOYS)
    cloud.receive(MAP)
    good = cloud.catalog.map("default", "toys")
    version_id = cloud.put(MAP, BAD)
    for _ in range(2):
        assert cloud.receive(MAP) == done()
    row = cloud.catalog.map("default", "toys")
    assert good is not None and row is not None
    assert (row.version, row.version_id, row.seen) == (good.version, good.version_id, version_id)
    lines = cloud.lines("uploads/default/toys")
    assert [line["message"] for line in lines] == list(row.problems)
    assert len(lines) > 1 and all(line.startswith("toys.yaml:") for line in row.problems)
    (message,) = cloud.messages()
    assert message["body"]["reason"] == "\n".join(row.problems)
    assert message["attributes"] == {"organization": "default", "status": "refused"}
    cloud.put(KEY)
    cloud.receive(KEY)
    assert {row.map_version for row in cloud.rows()} == {good.version}
    cloud.put(MAP, OTHER)
    cloud.receive(MAP)
    row = cloud.catalog.map("default", "toys")
    assert row is not None and row.problems == () and row.version != good.version


def test_too_big_map_is_refused_unread(cloud: Cloud) -> None:
    cloud.put(MAP, b"#" * (1 << 20) + b"#")
    cloud.receive(MAP)
    row = cloud.catalog.map("default", "toys")
    assert row is not None and row.version == ""
    assert row.problems == ("toys.yaml: the file is 1,048,577 bytes, allowed are 1,048,576 (1 MiB)",)
    assert len(cloud.messages()) == 1


def test_deleted_dataset_is_not_made_again(cloud: Cloud) -> None:
    small_workspace(cloud, "*")
    cloud.put(KEY)
    cloud.receive(KEY)
    cloud.clients.s3.delete_object(Bucket=cloud.inbox, Key=KEY)
    cloud.put(MAP, TOYS)
    assert cloud.receive(MAP) == done()


# Refused keys.


@pytest.mark.parametrize(
    ("key", "stream", "status"),
    [
        ("maps/org/toys.txt", "uploads/org/toys.txt", {"organization": "org", "status": "refused"}),
        (
            "datasets/w s+1%20/" + "ä" * 120 + ".zip",
            "uploads/w s+1%20/" + "ä" * 120,
            {"organization": "default", "workspace": "w s+1%20", "dataset": "ä" * 120, "status": "refused"},
        ),
    ],
)
def test_refused_keys_are_told_once(cloud: Cloud, key: str, stream: str, status: dict[str, str]) -> None:
    cloud.put(key)
    for _ in range(2):
        assert cloud.receive(key) == done()
    (line,) = cloud.lines(stream)
    assert line["level"] == "ERROR" and line["file"] == key and "expected" in line["message"]
    (message,) = cloud.messages()
    assert message["attributes"] == status
    assert message["body"]["log_stream"] == stream and message["body"]["reason"] == line["message"]
    assert cloud.rows() == []


@pytest.mark.parametrize("name", ["100%", "a b+c", "a%20b", "Größe 東京 🧸", "...", "-", "#&?=", "a'b\"c<d>"])
def test_hostile_names_work(cloud: Cloud, name: str) -> None:
    cloud.put(f"datasets/{name}/{name}.zip")
    assert len(cloud.receive(f"datasets/{name}/{name}.zip").started or []) == 1
    assert {(row.workspace, row.dataset) for row in cloud.rows()} == {(name, name)}
    assert len(list(cloud.store.annotations_of(name, name))) == 6


def test_all_maps_do_not_multiply_the_jobs_of_a_dataset(cloud: Cloud) -> None:
    """Where all maps are included, what arrives is made under the newest; a map that arrives, of all datasets."""
    small_workspace(cloud, "*")
    for number in (1, 2):
        cloud.put(f"maps/default/map-{number}.yaml", TOYS)
        cloud.receive(f"maps/default/map-{number}.yaml")
    cloud.put("datasets/ws/toys.zip")
    cloud.receive("datasets/ws/toys.zip")
    assert {row.map for row in cloud.rows()} == {"map-2"}
    cloud.put("maps/default/map-3.yaml", TOYS)
    cloud.receive("maps/default/map-3.yaml")
    assert {row.map for row in cloud.rows()} == {"map-2", "map-3"}
    cloud.put("datasets/ws/cars.zip")
    cloud.receive("datasets/ws/cars.zip")
    assert {row.map for row in cloud.rows() if row.dataset == "cars"} == {"map-3"}
