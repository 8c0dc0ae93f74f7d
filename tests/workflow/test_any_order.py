"""Whatever the order and number of deliveries, the end is the same."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec
from cloud_tools import Cloud, claim, make_cloud, make_job
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from labelmill.errors import TransientError
from labelmill_aws.names import execution_arn
from labelmill_aws.records.catalog import Workspace
from labelmill_aws.steps.conclude import conclude

TOYS = b"classes:\n  1: [none, Toys]\nproperties:\n  obj['type'] == 'Toy': 1\n"
CHECKS = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
quick = settings(max_examples=8, deadline=None, suppress_health_check=CHECKS, database=None, derandomize=True)


def repeated(items: list[Any]) -> st.SearchStrategy[list[Any]]:
    """The items in any order, each once or more often."""
    more = st.lists(st.sampled_from(items), max_size=4)
    return more.flatmap(lambda extra: st.permutations(items + extra))


def events_of(cloud: Cloud, end: str, again: str) -> dict[str, Callable[[], object]]:
    """What happens to one annotation in an execution that ends, and is then redriven and ends."""
    job = make_job(cloud, options={"end": [end, again]})
    annotation = claim(cloud, job)
    wire = {"job": msgspec.to_builtins(job)}

    def concluded(redrives: int, status: str) -> Callable[[], object]:
        result = {"annotation": annotation, "format": "COCO", "status": status, "images": redrives}
        return lambda: conclude(wire | {"redrives": redrives, "results": [result]}, cloud.ending)

    def status_event() -> object:
        arn = execution_arn(cloud.state_machine, job.name)
        detail = {"executionArn": arn, "name": job.name, "status": "FAILED", "redriveCount": 0}
        return conclude({"detail": detail}, cloud.ending)

    return {
        "start 0": lambda: cloud.store.start_running(annotation, 0, 9),
        "end 0": concluded(0, end),
        "event 0": status_event,
        "start 1": lambda: cloud.store.start_running(annotation, 1, 9),
        "end 1": concluded(1, again),
    }


@quick
@given(
    order=repeated(["start 0", "end 0", "event 0", "start 1", "end 1"]),
    again=st.sampled_from(["complete", "failed", "cancelled"]),
)
def test_final_row_of_a_redriven_execution(region: None, emulator: str, order: list[str], again: str) -> None:
    fresh = make_cloud(uuid.uuid4().hex[:12], emulator)
    events = events_of(fresh, "failed", again)
    for name in order:
        events[name]()
    (row,) = fresh.rows()
    assert (row.status, row.epoch, row.converted, row.notified) == (again, 1, 1, 1)


@quick
@given(order=repeated(["start 0", "end 0", "event 0"]))
def test_final_row_of_one_execution(region: None, emulator: str, order: list[str]) -> None:
    fresh = make_cloud(uuid.uuid4().hex[:12], emulator)
    events = events_of(fresh, "failed", "failed")
    for name in order:
        events[name]()
    (row,) = fresh.rows()
    assert (row.status, row.epoch, row.notified) == ("failed", 0, 0)


KEYS = [
    "maps/default/toys.yaml", "maps/default/bad.yaml", "maps/default/again.yaml",
    "datasets/ws/one.zip", "datasets/ws/two.tar", "datasets/ws/ä +.zip",
]  # fmt: skip


@quick
@given(order=repeated(KEYS))
def test_uploads_in_any_order(region: None, emulator: str, order: list[str]) -> None:
    """A map and its datasets, a map in two versions, a bad one: all are there before the first event arrives."""
    fresh = make_cloud(uuid.uuid4().hex[:12], emulator)
    fresh.catalog.create_workspace(
        Workspace(name="ws", auto_formats=("COCO", "YOLO"), included_maps=("toys", "bad", "again"))
    )
    for key in KEYS:
        fresh.put(key, TOYS)
    fresh.put("maps/default/bad.yaml", b"classes: {}\n")
    fresh.put("maps/default/again.yaml", TOYS + b"  obj['type'] == 'Ball': 1\n")
    for key in order:
        fresh.receive(key)
    rows = fresh.rows()
    names = {(row.dataset, row.map, row.format) for row in rows}
    expected = {(dataset, map_, name) for dataset in ("one", "two", "ä +") for map_ in ("toys", "again")
                for name in ("COCO", "YOLO")}  # fmt: skip
    assert names == expected and len(rows) == len(expected)
    assert {row.execution for row in rows} == set(fresh.executions())
    assert len(fresh.executions()) == 6
    assert len(fresh.messages()) == 1
    refused = fresh.catalog.map("default", "bad")
    assert refused is not None and refused.problems and not refused.version


def test_uploads_side_by_side(cloud: Cloud) -> None:
    """Many deliveries at the same moment: whoever loses a race looks again, or is repeated by the workflow."""
    cloud.catalog.create_workspace(Workspace(name="ws", auto_formats=("COCO", "YOLO"), included_maps=("toys", "again")))
    keys = [key for key in KEYS if "bad" not in key]
    for key in keys:
        cloud.put(key, TOYS)

    def deliver(key: str) -> None:
        for _ in range(20):
            try:
                cloud.receive(key)
                return
            except TransientError:
                continue
        raise AssertionError(f"{key}: refused 20 times")

    with ThreadPoolExecutor(10) as pool:
        list(pool.map(deliver, keys * 4))
    rows = cloud.rows()
    assert len(rows) == 3 * 2 * 2
    assert {(row.status, row.attempt) for row in rows} == {("queued", 0)}
    assert {row.execution for row in rows} == set(cloud.executions())
