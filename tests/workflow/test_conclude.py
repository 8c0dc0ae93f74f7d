from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from cloud_tools import Cloud, claim, make_job, make_rows

from labelmill_aws.jobs.jobs import Jobs
from labelmill_aws.messages import Job
from labelmill_aws.names import execution_arn
from labelmill_aws.records.job_store import Outcome
from labelmill_aws.steps.cancel import cancel
from labelmill_aws.steps.conclude import conclude


def results(job: Job, *statuses: str) -> list[dict[str, Any]]:
    counts = {"images": 9, "errors": 1, "warnings": 2, "download_key": "a/b.zip", "size_bytes": 5}
    reasons = {"failed": "images/1.png: bad"}
    return [
        {"annotation": ref.id, "format": ref.format, "status": status, "reason": reasons.get(status, "")} | counts
        for ref, status in zip(job.annotations, statuses, strict=True)
    ]


def payload(job: Job, redrives: int = 0, **more: Any) -> dict[str, Any]:
    return {"job": msgspec.to_builtins(job), "redrives": redrives} | more


def event(cloud: Cloud, job: Job, status: str, **more: Any) -> dict[str, Any]:
    arn = execution_arn(cloud.state_machine, job.name)
    detail = {"executionArn": arn, "name": job.name, "status": status, "redriveCount": 0} | more
    return {"source": "aws.states", "detail": detail}


def running(cloud: Cloud, *formats: str, start: bool = False, **more: Any) -> Job:
    job = make_job(cloud, formats or ("COCO",), **more)
    claim(cloud, job)
    for ref in job.annotations:
        cloud.store.start_running(ref.id, job.epoch(0), 10)
    if start:
        Jobs(cloud.store, cloud.clients.stepfunctions, cloud.state_machine).start(job)
    return job


def statuses(cloud: Cloud) -> list[str]:
    return [row.status for row in cloud.rows()]


def test_complete(cloud: Cloud) -> None:
    job = running(cloud)
    for _ in range(3):
        assert conclude(payload(job, results=results(job, "complete")), cloud.ending) == "complete"
    (row,) = cloud.rows()
    assert (row.status, row.converted, row.errors, row.warnings, row.size_bytes) == ("complete", 9, 1, 2, 5)
    (line,) = cloud.lines(row.id)
    assert (line["level"], line["format"]) == ("INFO", "COCO")
    assert line["message"] == "complete: 9 of 10 images, 1 errors, 2 warnings"
    (message,) = cloud.messages()
    assert message["body"] == {
        "annotation": row.id, "organization": "default", "workspace": "ws", "dataset": "toys", "format": "COCO",
        "map": "", "status": "complete", "reason": "", "images": 9, "errors": 1, "warnings": 2,
        "bucket": cloud.outbox, "download_key": "a/b.zip", "report_key": f"annotations/ws/toys/{row.id}/report.json",
        "log_group": cloud.log_group, "log_stream": row.id, "created": row.created, "finished": row.finished,
        "id": f"{row.id}-0",
    }  # fmt: skip
    assert message["attributes"] == {
        "organization": "default", "workspace": "ws", "dataset": "toys", "format": "COCO", "status": "complete",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("ends", "whole"),
    [
        (("complete", "failed"), "failed"),
        (("complete", "cancelled"), "complete"),
        (("cancelled", "cancelled"), "cancelled"),
        (("cancelled", "failed"), "failed"),
    ],
)
def test_status_of_the_whole(cloud: Cloud, ends: tuple[str, str], whole: str) -> None:
    job = running(cloud, "COCO", "YOLO")
    assert conclude(payload(job, results=results(job, *ends)), cloud.ending) == whole
    assert statuses(cloud) == list(ends)
    assert len(cloud.messages()) == 2


@pytest.mark.parametrize(
    ("ends", "by_user", "whole"),
    [
        (("failed",), (True,), "refused"),
        (("complete", "failed"), (False, True), "refused"),
        (("failed", "failed"), (True, False), "failed"),
        (("complete", "failed"), (True, False), "failed"),
        (("complete",), (False,), "complete"),
    ],
)
def test_what_a_user_has_given_is_told_apart(
    cloud: Cloud, ends: tuple[str, ...], by_user: tuple[bool, ...], whole: str
) -> None:
    job = running(cloud, *("COCO", "YOLO")[: len(ends)])
    told = [result | {"by_user": by} for result, by in zip(results(job, *ends), by_user, strict=True)]
    assert conclude(payload(job, results=told), cloud.ending) == whole
    assert statuses(cloud) == list(ends)  # the annotation's own status says no more than before


@pytest.mark.parametrize(
    ("error", "whole"), [("DatasetError", "refused"), ("KeyError", "failed"), ("States.Timeout", "failed")]
)
def test_an_error_of_the_user_s_is_told_apart(cloud: Cloud, error: str, whole: str) -> None:
    job = running(cloud)
    cause = json.dumps({"errorType": error, "errorMessage": "toys.zip: is encrypted"})
    assert conclude(payload(job, error={"Error": error, "Cause": cause}), cloud.ending) == whole
    assert statuses(cloud) == ["failed"]


def test_missing_and_odd_results_fail(cloud: Cloud) -> None:
    job = running(cloud, "COCO", "YOLO")
    odd = results(job, "complete", "replan")[1:]
    assert conclude(payload(job, results=odd), cloud.ending) == "failed"
    assert [row.reason for row in cloud.rows()] == [
        "the service failed: nothing was assembled in this format",
        "the service failed: the last step answered 'replan'",
    ]


def test_caught_error_of_assemble_is_put_into_words(cloud: Cloud) -> None:
    job = running(cloud)
    cause = json.dumps({"errorType": "DatasetError", "errorMessage": "toys.zip: is encrypted", "stackTrace": []})
    broken = [{"annotation": job.annotations[0].id, "format": "COCO", "status": "failed", "reason": cause}]
    conclude(payload(job, results=broken), cloud.ending)
    assert cloud.rows()[0].reason == "toys.zip: is encrypted"


def test_recorded_failure(cloud: Cloud) -> None:
    job = running(cloud, "COCO", "YOLO")
    cloud.store.put_progress(job.annotations[0].id, 1, 0, 4, 1)
    cancel(job.annotations[1].id, "ann", cloud.state_machine, cloud.ending)
    cause = json.dumps({"errorType": "MapError", "errorMessage": "toys.yaml:1: bad\ntoys.yaml:2: worse"})
    error = {"Error": "MapError", "Cause": cause}
    for _ in range(2):
        assert conclude(payload(job, error=error), cloud.ending) == "refused"
    assert statuses(cloud) == ["failed", "cancelled"]
    row = cloud.rows()[0]
    assert (row.reason, row.converted, row.errors) == ("toys.yaml:1: bad\ntoys.yaml:2: worse", 4, 1)
    levels = [(line["level"], line["message"]) for line in cloud.lines(row.id)]
    assert levels[:2] == [("ERROR", "toys.yaml:1: bad"), ("ERROR", "toys.yaml:2: worse")]
    assert sorted(message["body"]["status"] for message in cloud.messages()) == ["cancelled", "failed"]


def test_payload_is_checked(cloud: Cloud) -> None:
    job = make_job(cloud)
    for bad in ({}, {"detail": {}}, payload(job), payload(job, results=[], error={}), {"job": {}, "redrives": 0}):
        with pytest.raises(ValueError, match="the payload is no"):
            conclude(bad, cloud.ending)


def test_later_attempt_is_left_alone(cloud: Cloud) -> None:
    first = running(cloud, cause="a")
    conclude(payload(first, results=results(first, "failed")), cloud.ending)
    second = running(cloud, attempt=1, cause="b")
    conclude(payload(first, redrives=5, results=results(first, "complete")), cloud.ending)
    conclude(event(cloud, first, "ABORTED"), cloud.ending)
    (row,) = cloud.rows()
    assert (row.status, row.execution) == ("running", second.name)


def test_redrive_repairs_and_is_told_again(cloud: Cloud) -> None:
    job = running(cloud, "COCO", "YOLO", "KITTI")
    conclude(payload(job, results=results(job, "complete", "failed", "cancelled")), cloud.ending)
    assert len(cloud.messages()) == 3
    for _ in range(2):
        conclude(payload(job, redrives=1, results=results(job, "complete", "complete", "cancelled")), cloud.ending)
    rows = {row.format: (row.status, row.epoch) for row in cloud.rows()}
    assert rows == {"COCO": ("complete", 0), "YOLO": ("complete", 1), "KITTI": ("cancelled", 0)}
    (message,) = cloud.messages()
    assert message["body"]["format"] == "YOLO" and message["body"]["id"].endswith("-1")
    assert cloud.rows()[2].reason == ""


@pytest.mark.parametrize(
    ("status", "more", "reason"),
    [
        ("TIMED_OUT", {}, "the job took longer than it may and was stopped; upload it again to try once more"),
        (
            "ABORTED",
            {"cause": "maintenance"},
            "the job was stopped: maintenance; upload it again to try once more",
        ),
        (
            "FAILED",
            {"error": "DatasetError", "cause": '{"errorType": "DatasetError", "errorMessage": "toys.zip: empty"}'},
            "toys.zip: empty",
        ),
        ("FAILED", {}, "the service failed and did not say why; upload it again to try once more"),
    ],
)
def test_broken_execution_fails_what_is_open(cloud: Cloud, status: str, more: dict[str, str], reason: str) -> None:
    job = running(cloud, "COCO", "YOLO")
    done = results(job, "complete", "complete")[0]
    cloud.store.finish(done["annotation"], 0, Outcome(status="complete"))
    for _ in range(2):
        conclude(event(cloud, job, status, **more), cloud.ending)
    assert statuses(cloud) == ["complete", "failed"]
    assert cloud.rows()[1].reason == reason
    assert len(cloud.messages()) == 2  # the complete one had not been told yet


def test_late_event_of_an_execution_that_runs_again(cloud: Cloud) -> None:
    job = running(cloud, start=True, options={"wait": True})
    assert conclude(event(cloud, job, "FAILED"), cloud.ending) == "ignored"
    assert statuses(cloud) == ["running"]
    cloud.clients.stepfunctions.stop_execution(executionArn=execution_arn(cloud.state_machine, job.name))
    assert conclude(event(cloud, job, "ABORTED"), cloud.ending) == "failed"
    assert statuses(cloud) == ["failed"]


def test_upload_that_the_service_failed_on_is_told(cloud: Cloud) -> None:
    upload = json.dumps(cloud.event("datasets/ws/toys.zip", **{"version-id": "7"}))
    detail = {"executionArn": "arn:a:states:r:1:execution:m:x", "name": "x", "status": "FAILED", "error": "KeyError"}
    for _ in range(2):
        assert conclude({"detail": detail | {"input": upload, "cause": "'a'"}}, cloud.ending) == "failed"
    (message,) = cloud.messages()
    expected = "datasets/ws/toys.zip: the upload could not be handled: the service failed: KeyError: 'a'"
    assert message["body"]["reason"] == expected
    assert [line["message"] for line in cloud.lines("uploads/ws/toys")] == [expected]
    for other in ("{}", "nonsense", None, json.dumps(cloud.event("x"))):
        assert conclude({"detail": detail | {"input": other}}, cloud.ending) == "ignored"


# Cancel.


def test_cancel_stops_the_execution_when_nothing_is_wanted(cloud: Cloud) -> None:
    job = running(cloud, "COCO", "YOLO", start=True, options={"wait": True})
    coco, yolo = (ref.id for ref in job.annotations)
    row = cancel(coco, "ann", cloud.state_machine, cloud.ending)
    assert row is not None and (row.status, row.reason) == ("cancelled", "cancelled by ann")
    assert cloud.executions() == {job.name: "RUNNING"}
    assert not cloud.store.start_running(coco, 0, 1)
    for _ in range(2):
        cancel(yolo, "ann", cloud.state_machine, cloud.ending)
    assert cloud.executions() == {job.name: "ABORTED"}
    conclude(event(cloud, job, "ABORTED"), cloud.ending)
    assert statuses(cloud) == ["cancelled", "cancelled"]
    assert [message["body"]["status"] for message in cloud.messages()] == ["cancelled", "cancelled"]


def test_cancel_before_the_execution_started_and_after_its_end(cloud: Cloud) -> None:
    job = make_job(cloud)
    assert cloud.store.claim(job, make_rows(job))
    annotation = job.annotations[0].id
    row = cancel(annotation, "ann", cloud.state_machine, cloud.ending)
    assert row is not None and row.status == "cancelled"
    Jobs(cloud.store, cloud.clients.stepfunctions, cloud.state_machine).start(job)
    assert not cloud.store.start_running(annotation, 0, 1)
    assert cancel("an-none", "ann", cloud.state_machine, cloud.ending) is None


def test_cancel_too_late(cloud: Cloud) -> None:
    job = running(cloud)
    conclude(payload(job, results=results(job, "complete")), cloud.ending)
    row = cancel(job.annotations[0].id, "ann", cloud.state_machine, cloud.ending)
    assert row is not None and row.status == "complete"
    assert len(cloud.messages()) == 1
