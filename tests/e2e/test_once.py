"""Once, whatever happens: functions that die at each of their writes, services that refuse."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cli_tools import Archives, Dataset, archives, zip_of
from e2e_service import Place, Service, assert_made

FORMAT = "YOLO"
WRITES = {
    "PutObject", "CreateMultipartUpload", "UploadPart", "UploadPartCopy", "CompleteMultipartUpload", "PutItem",
    "UpdateItem", "TransactWriteItems", "CreateLogStream", "PutLogEvents", "Publish", "PutEvents", "StartExecution",
}  # fmt: skip


KILLED = {
    "loose": ("receive", "settle", "plan", "convert", "assemble", "conclude"),
    "packed": ("receive", "survey"),
}
"""What is uploaded (loose with a map, packed without one) and whom it gives something to write."""
Write = tuple[str, str, int]


@pytest.fixture
def upload(
    service: Service, toys: Dataset, kind: str, tmp_path: Path, map_file: Path
) -> tuple[Callable[[], Place], Archives]:
    """Uploads three images, in two shards, one of them bad, into a workspace of its own; and what comes of it."""
    toys.write("annotations/b-ana.json", "{")
    source = zip_of(toys.path, tmp_path / "toys.zip") if kind == "packed" else toys.path

    def put() -> Place:
        place = service.place([FORMAT])
        if kind == "packed":
            place.put(source)
        else:
            place.put_map("toys.yaml")
            place.put_loose(source, "_SUCCESS")
        return place

    return put, archives(source, tmp_path / "out", [FORMAT], map_file if kind == "loose" else None)


def writes_of(service: Service, function: str) -> list[Write]:
    """Every write of a function since the counts began: service, operation, how often before."""
    counts = sorted(service.cloud.request_counts().items())
    name = service.function(function)
    found = [(called, operation, n) for (called, operation, by), n in counts if by == name and operation in WRITES]
    return [(called, operation, number) for called, operation, n in found for number in range(n)]


@pytest.mark.parametrize("action", ["kill-before", "kill-after"])
@pytest.mark.parametrize(("kind", "half"), [("loose", 0), ("loose", 1), ("packed", None)])
def test_killed_at_each_write(
    service: Service, upload: tuple[Callable[[], Place], Archives], kind: str, half: int | None, action: str
) -> None:
    """Each round kills every function once, each at the next of its writes."""
    put, expected = upload
    service.cloud.reset_request_counts()
    told = end_of(put(), expected)
    writes = {function: writes_of(service, function) for function in KILLED[kind]}
    if action == "kill-after":  # of several writes of one kind the last: after the others is before the next
        writes = {name: list({write[:2]: write for write in of}.values()) for name, of in writes.items()}
    assert min(map(len, writes.values())) >= 1
    rounds = range(max(map(len, writes.values())))
    for number in rounds if half is None else rounds[half::2]:
        killed = {function: of[number] for function, of in writes.items() if number < len(of)}
        for function, (called, operation, before) in killed.items():
            service.fault(action, function, service=called, operation=operation, skip=before)
        assert end_of(put(), expected) == told, killed
        assert [fault.applied for fault in service.cloud.faults()] == [1] * len(killed), killed
        service.cloud.clear_faults()


def end_of(place: Place, expected: Archives) -> Any:
    """How a job ended; checks that its bytes are right and nothing is left over."""
    [row] = place.rest(1)
    assert place.archive(row) == expected[row.format]
    progress = place.service.store.progress(row)
    assert (progress.images, progress.errors, progress.shards) == (2, 1, 2)
    messages = {message["body"]["id"] for message in place.messages()}
    assert messages == {f"{row.id}-0"}
    bad = {line["file"] for line in place.lines(row) if line["file"] and line["level"] == "ERROR"}
    return row.status, row.attempt, row.images, row.converted, row.errors, row.reason, bad


def test_all_processes_killed_at_once(place: Place, packed: Path, tmp_path: Path) -> None:
    place.service.fault("delay", "convert", operation="PutObject", resource=".part", delay_s=0.5, times=4)
    place.put(packed)
    place.service.wait_for_fault()
    assert place.service.cloud.kill_environments() > 1
    assert_made(place, place.rest(2), archives(packed, tmp_path / "out", ("COCO", "YOLO")), 3)


THROTTLES = {
    "s3": {"service": "s3", "code": "SlowDown", "status": 503},
    "s3-for-long": {"service": "s3", "operation": "PutObject", "code": "OperationAborted", "status": 409},
    "dynamodb": {
        "service": "dynamodb", "code": "ProvisionedThroughputExceededException", "status": 400,
    },
    "dynamodb-for-long": {"service": "dynamodb", "code": "InternalServerError", "status": 400, "times": 2},
    "logs": {"service": "logs", "code": "ServiceUnavailableException", "status": 503},
    "lambda": {
        "service": "lambda", "operation": "Invoke", "code": "Lambda.TooManyRequestsException", "times": 2,
    },
}  # fmt: skip


@pytest.mark.parametrize("refused", THROTTLES)
def test_services_that_refuse_for_now(
    service: Service, packed: Path, map_file: Path, tmp_path: Path, refused: str
) -> None:
    """Some are tried again by the client, those "for long" by the workflow."""
    place = service.place()
    place.put_map("toys.yaml")
    rule = THROTTLES[refused]
    for function in ("receive", "plan", "convert", "assemble", "conclude"):
        by = {"resource": service.function(function)} if refused == "lambda" else {"caller": function}
        service.fault("error", **by, **rule)
    place.put(packed)
    rows = place.rest(2)
    assert sum(fault.applied for fault in service.cloud.faults()) > 0
    assert_made(place, rows, archives(packed, tmp_path / "out", ("COCO", "YOLO"), map_file), 3)
    assert {row.attempt for row in rows} == {0}


def test_a_service_that_refuses_for_good(place: Place, packed: Path, tmp_path: Path) -> None:
    """No right, no labels: but a status, a log and a message, and a new upload when it is mended."""
    place.service.fault("error", "plan", operation="PutObject", code="AccessDenied", status=403, times=99)
    place.put(packed)
    rows = place.rest(2)
    for row in rows:
        assert row.status == "failed" and "AccessDenied" in row.reason
        assert row.reason in [line["message"] for line in place.lines(row)]
    assert place.failed_tasks(rows[0]) == 1
    place.service.cloud.clear_faults()
    place.put(packed)
    assert_made(place, place.rest(2), archives(packed, tmp_path / "out", ("COCO", "YOLO")), 3)


def test_an_upload_that_cannot_be_handled(place: Place, packed: Path) -> None:
    """Nobody would tell its owner otherwise."""
    place.service.fault(
        "error", "receive", operation="TransactWriteItems", code="AccessDeniedException", status=400, times=99
    )
    place.put(packed)
    place.service.cloud.wait_for(lambda: place.service.is_idle() and place.messages(), timeout_s=20)
    [message] = place.messages()
    whose = {"organization": place.organization, "workspace": place.name, "dataset": "toys"}
    assert message["attributes"] == whose | {"status": "refused"}
    assert "the upload could not be handled: " in message["body"]["reason"]
    assert place.rows() == []
    place.service.cloud.clear_faults()
    place.put(packed)
    assert {row.status for row in place.rest(2)} == {"complete"}
