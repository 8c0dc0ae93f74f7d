"""A job that is cancelled or stopped ends at once, says so, and can be started again.

Again means by a new upload: the emulator has no RedriveExecution, so that the rule of the epoch, which orders redrives
as it orders attempts, is tested on the table alone.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from cli_tools import archives
from e2e_service import Place, assert_made

from labelmill_aws.names import execution_arn

BOTH = ("COCO", "YOLO")
MOMENTS: dict[str, dict[str, Any]] = {
    "queued": {"caller": "receive", "service": "states", "operation": "StartExecution"},
    "planning": {"caller": "plan", "operation": "PutObject", "resource": ".shards"},
    "running": {"caller": "plan", "service": "dynamodb", "operation": "UpdateItem"},
    "converting": {"caller": "convert", "operation": "PutObject", "resource": ".part"},
    "assembling": {"caller": "assemble", "operation": "PutObject", "resource": ".zip"},
    "concluding": {"caller": "conclude", "service": "dynamodb", "operation": "UpdateItem"},
}


@pytest.mark.parametrize("moment", MOMENTS)
def test_one_format_is_cancelled_and_the_other_goes_on(place: Place, packed: Path, tmp_path: Path, moment: str) -> None:
    place.service.fault("delay", delay_s=4, **MOMENTS[moment])
    place.service.put(place.key("toys.zip"), packed.read_bytes())
    place.service.wait_for_fault()
    coco = next(row for row in place.rows() if row.format == "COCO")
    left = place.cancel(coco)
    assert (left.status, left.reason) == ("cancelled", "cancelled by ann")
    rows = {row.format: row for row in place.rest(2)}
    assert rows["COCO"].status == "cancelled"
    [message] = [found["body"] for found in place.messages() if found["body"]["annotation"] == coco.id]
    assert (message["status"], message["reason"]) == ("cancelled", "cancelled by ann")
    assert "cancelled by ann" in [line["message"] for line in place.lines(coco)]
    expected = archives(packed, tmp_path / "out", BOTH)
    assert_made(place, [rows["YOLO"]], {"YOLO": expected["YOLO"]}, 3)


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_whole_job_is_cancelled_and_a_new_upload_makes_it(
    place: Place, packed: Path, tmp_path: Path, moment: str
) -> None:
    place.service.fault("delay", delay_s=4, **MOMENTS[moment])
    place.service.put(place.key("toys.zip"), packed.read_bytes())
    place.service.wait_for_fault()
    for row in place.rows():
        place.cancel(row)
    rows = place.rest(2)
    assert {row.status for row in rows} == {"cancelled"}
    place.service.deliver(place.key("toys.zip"))
    place.service.cloud.wait_for(place.service.is_idle)
    assert place.rest(2) == rows, "a repeat of the event is no new upload"
    place.put(packed)
    rows = place.rest(2)
    assert {row.attempt for row in rows} == {1}
    assert_made(place, rows, archives(packed, tmp_path / "out", BOTH), 3)


def test_too_late_to_cancel(place: Place, packed: Path) -> None:
    place.put(packed)
    rows = place.rest(2)
    assert [place.cancel(row) for row in rows] == rows


@pytest.mark.parametrize("moment", ["planning", "converting", "assembling"])
def test_a_stopped_execution_is_a_failure_that_a_new_upload_repairs(
    place: Place, packed: Path, tmp_path: Path, moment: str
) -> None:
    service = place.service
    service.fault("delay", delay_s=4, **MOMENTS[moment])
    place.put(packed)
    service.wait_for_fault()
    [name] = {row.execution for row in place.rows()}
    service.states.stop_execution(executionArn=execution_arn(service.machine, name), cause="maintenance")
    rows = place.rest(2)
    for row in rows:
        assert (row.status, row.reason) == (
            "failed",
            "the job was stopped: maintenance; upload it again to try once more",
        )
        assert row.reason in [line["message"] for line in place.lines(row)]
        [message] = [found["body"] for found in place.messages() if found["body"]["annotation"] == row.id]
        assert (message["status"], message["reason"]) == ("failed", row.reason)
    assert place.execution(rows[0])["status"] == "ABORTED"
    service.cloud.clear_faults()
    service.deliver(place.key("toys.zip"))
    service.cloud.wait_for(service.is_idle)
    assert [row.attempt for row in place.rest(2)] == [0, 0], "a repeat of the event is no new upload"
    place.put(packed)
    repaired = place.rest(2)
    jobs = service.jobs()
    for _ in range(2):
        service.deliver(place.key("toys.zip"))
    service.cloud.wait_for(service.is_idle)
    assert (place.rest(2), service.jobs()) == (repaired, jobs)
    assert [row.attempt for row in repaired] == [1, 1]
    assert_made(place, repaired, archives(packed, tmp_path / "out", BOTH), 3)
