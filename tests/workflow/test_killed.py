"""Who dies before any call to AWS is finished by the repeat, and the end is the same.

To die after a call is answered is to die before the next one, as far as AWS can tell.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

import msgspec
import pytest
from cloud_tools import Cloud, claim, make_cloud, make_job

from labelmill.errors import TransientError
from labelmill_aws.errors import transient_errors
from labelmill_aws.jobs.jobs import Jobs
from labelmill_aws.records.catalog import Workspace
from labelmill_aws.steps.cancel import cancel
from labelmill_aws.steps.conclude import conclude

TOYS = b"classes:\n  1: [none, Toys]\nproperties:\n  obj['type'] == 'Toy': 1\n"
BAD = b"classes: {}\n"
SERVICES = ("s3", "dynamodb", "logs", "sns", "events", "stepfunctions")


class Killed(BaseException):
    """The environment is gone: no handler of ours may catch it."""


@contextmanager
def before_calls(cloud: Cloud, act: Callable[[int], Any]) -> Iterator[None]:
    """Do something before each call to AWS, by its number; what it returns stands for the answer."""
    numbers = count()

    def hook(**_: Any) -> Any:
        return act(next(numbers))

    for service in SERVICES:
        getattr(cloud.clients, service).meta.events.register("before-call", hook, unique_id="hook")
    try:
        yield
    finally:
        for service in SERVICES:
            getattr(cloud.clients, service).meta.events.unregister("before-call", unique_id="hook")


def prepare_packed(cloud: Cloud) -> Callable[[], object]:
    cloud.catalog.create_workspace(Workspace(name="ws", auto_formats=("COCO", "YOLO")))
    cloud.put("maps/default/toys.yaml", TOYS)
    cloud.receive("maps/default/toys.yaml")
    cloud.put("datasets/ws/toys.zip")
    return lambda: cloud.receive("datasets/ws/toys.zip")


def prepare_first(cloud: Cloud) -> Callable[[], object]:
    cloud.put("datasets/ws/toys.zip")
    return lambda: cloud.receive("datasets/ws/toys.zip")


def prepare_map(cloud: Cloud) -> Callable[[], object]:
    cloud.catalog.create_workspace(Workspace(name="ws", auto_formats=("COCO",)))
    for name in ("toys", "more"):
        cloud.put(f"datasets/ws/{name}.zip")
        cloud.receive(f"datasets/ws/{name}.zip")
    cloud.put("maps/default/toys.yaml", TOYS)
    return lambda: cloud.receive("maps/default/toys.yaml")


def prepare_refused(cloud: Cloud) -> Callable[[], object]:
    cloud.put("maps/default/toys.yaml", BAD)
    return lambda: cloud.receive("maps/default/toys.yaml")


def prepare_loose(cloud: Cloud) -> Callable[[], object]:
    for name in ("annotations/1.json", "images/1.png", "_SUCCESS"):
        cloud.put(f"datasets/ws/toys/{name}")
    return lambda: cloud.settle("datasets/ws/toys/_SUCCESS")


def prepare_conclude(cloud: Cloud) -> Callable[[], object]:
    job = make_job(cloud, ("COCO", "YOLO"))
    claim(cloud, job)
    results = [
        {"annotation": ref.id, "format": ref.format, "status": status}
        for ref, status in zip(job.annotations, ("complete", "failed"), strict=True)
    ]
    payload = {"job": msgspec.to_builtins(job), "redrives": 0, "results": results}
    return lambda: conclude(payload, cloud.ending)


def prepare_cancel(cloud: Cloud) -> Callable[[], object]:
    job = make_job(cloud, options={"wait": True})
    annotation = claim(cloud, job)
    Jobs(cloud.store, cloud.clients.stepfunctions, cloud.state_machine).start(job)
    return lambda: cancel(annotation, "ann", cloud.state_machine, cloud.ending)


def end_of(cloud: Cloud) -> dict[str, Any]:
    """All that should be the same, without times and the resources' own names."""
    rows = cloud.rows()
    started = set(cloud.executions())
    registered = cloud.catalog.map("default", "toys")
    messages = (message["body"] for message in cloud.messages())
    return {
        "rows": [(row.dataset, row.map, row.format, row.status, row.attempt, row.reason, row.notified) for row in rows],
        "started": len(started),
        "orphans": {row.execution for row in rows if row.status == "queued"} - started,
        "told": {(body["status"], body["dataset"], body.get("format")) for body in messages},
        "map": (registered.version, registered.problems, registered.classes) if registered else None,
        "dataset": cloud.catalog.dataset("ws", "toys") is not None,
    }


PREPARE = [
    prepare_packed, prepare_first, prepare_map, prepare_refused, prepare_loose, prepare_conclude, prepare_cancel,
]  # fmt: skip


@pytest.mark.parametrize("prepare", PREPARE)
def test_repeat_finishes_what_a_killed_one_left(
    cloud: Cloud, emulator: str, prepare: Callable[[Cloud], Callable[[], object]]
) -> None:
    calls: list[int] = []
    step = prepare(cloud)
    with before_calls(cloud, calls.append):
        step()
    expected = end_of(cloud)
    assert expected["orphans"] == set()
    step()
    assert end_of(cloud) == expected | {"told": set()}
    for number in calls:

        def die(at: int, number: int = number) -> None:
            if at == number:
                raise Killed

        other = make_cloud(f"{cloud.tag}{number}", emulator)
        step = prepare(other)
        with before_calls(other, die), pytest.raises(Killed):
            step()
        step()
        assert end_of(other) == expected, f"killed before call {number}"


def test_throttling_is_transient(cloud: Cloud) -> None:
    """Every call of a step, refused for good, ends in the one error that the workflow retries."""
    step = prepare_map(cloud)
    refused = {
        "Error": {"Code": "ThrottlingException", "Message": "Rate exceeded"},
        "ResponseMetadata": {"HTTPStatusCode": 400, "HTTPHeaders": {}},
    }
    answer = type("Raw", (), {"status_code": 400, "headers": {}})(), refused
    for number in count():
        try:
            with before_calls(cloud, lambda at, number=number: answer if at == number else None), transient_errors():  # type: ignore[misc]
                step()
            break
        except TransientError as error:
            assert "ThrottlingException: Rate exceeded" in str(error)
    assert number > 5
    assert len(cloud.rows()) == 4 and len(cloud.executions()) == 4
