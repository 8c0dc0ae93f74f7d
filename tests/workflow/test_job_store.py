from __future__ import annotations

import pytest
from cloud_tools import Cloud, claim, make_job, make_rows

from labelmill_aws.records.annotation import COMPLETE
from labelmill_aws.records.job_store import Outcome, Progress

DONE = Outcome(status="complete", images=9, warnings=1, download_key="annotations/x.zip", size_bytes=7)
BROKEN = Outcome(status="failed", reason="no")


def test_claim_is_all_or_nothing(cloud: Cloud) -> None:
    one, both = make_job(cloud), make_job(cloud, ("COCO", "YOLO"))
    claim(cloud, one)
    assert not cloud.store.claim(one, make_rows(one))
    assert not cloud.store.claim(both, make_rows(both))
    assert [row.format for row in cloud.rows()] == ["COCO"]
    assert cloud.store.job(one.name) == one
    assert cloud.store.job(both.name) is None


def test_row_is_read_as_written(cloud: Cloud) -> None:
    job = make_job(cloud, options={"split": 0.5, "wörd": [True, None]})
    claim(cloud, job)
    assert cloud.rows()[0].options == job.options
    assert list(cloud.store.annotations_of("ws", "toys")) == cloud.rows()
    assert list(cloud.store.annotations_of("ws", "other")) == []


def test_new_attempt_needs_a_new_cause_and_an_end_in_vain(cloud: Cloud) -> None:
    first, again = make_job(cloud, cause="a"), make_job(cloud, attempt=1, cause="b")
    annotation = claim(cloud, first)
    assert not cloud.store.claim(again, make_rows(again))
    cloud.store.finish(annotation, 0, BROKEN)
    same = make_job(cloud, attempt=1, cause="a")
    assert not cloud.store.claim(same, make_rows(same))
    assert cloud.store.claim(again, make_rows(again))
    row = cloud.rows()[0]
    assert (row.status, row.epoch, row.attempt, row.execution) == ("queued", 1000, 1, again.name)


def test_complete_is_claimed_again_only_to_be_redone(cloud: Cloud) -> None:
    annotation = claim(cloud, make_job(cloud))
    cloud.store.start_running(annotation, 0, 9)
    cloud.store.finish(annotation, 0, DONE)
    again = make_job(cloud, attempt=1, cause="request|1")
    assert not cloud.store.claim(again, make_rows(again))
    assert cloud.store.claim(again, make_rows(again), redo=True)
    row = cloud.rows()[0]
    assert (row.status, row.epoch, row.attempt, row.execution) == ("queued", 1000, 1, again.name)
    other = make_job(cloud, attempt=2, cause="request|2")
    assert not cloud.store.claim(other, make_rows(other), redo=True)  # it is open
    # what comes late from the first attempt has no say
    assert not cloud.store.start_running(annotation, 1, 9)
    assert cloud.store.finish(annotation, 999, BROKEN) is None
    assert cloud.store.start_running(annotation, 1000, 9)
    assert cloud.store.finish(annotation, 999, BROKEN) is None
    assert cloud.store.finish(annotation, 1000, DONE) is not None


def test_what_is_open_is_in_the_organizations_index_and_nothing_else(cloud: Cloud) -> None:
    def is_open() -> list[str]:
        return [item["id"] for item in cloud.table.page("OPEN#default", index="gsi3", limit=9)[0]]

    annotation = claim(cloud, make_job(cloud))
    assert is_open() == [annotation]
    cloud.store.start_running(annotation, 0, 9)
    assert is_open() == [annotation]
    cloud.store.finish(annotation, 0, BROKEN)
    assert is_open() == []
    assert cloud.store.start_running(annotation, 1, 9)  # redriven
    assert is_open() == [annotation]
    cloud.store.cancel(annotation, "ann")
    assert is_open() == []
    again = make_job(cloud, attempt=1, cause="b")
    assert cloud.store.claim(again, make_rows(again))
    assert is_open() == [annotation]
    cloud.store.finish(annotation, 1000, DONE)
    assert is_open() == []


def test_tags_change_only_what_was_read(cloud: Cloud) -> None:
    annotation = claim(cloud, make_job(cloud))
    row = cloud.rows()[0]
    changed = cloud.store.set_tags(row, {"büro": "ü", "empty": ""})
    assert changed is not None and changed.tags == {"büro": "ü", "empty": ""} and changed == cloud.rows()[0]
    assert cloud.store.set_tags(row, {"late": "1"}) is None
    assert cloud.store.set_tags(changed, {}) is not None
    cloud.store.delete(annotation)
    assert cloud.store.set_tags(row, {}) is None and cloud.rows() == []


def test_deletion_waits_for_the_end_and_keeps_others_away(cloud: Cloud) -> None:
    annotation = claim(cloud, make_job(cloud))
    cloud.store.put_progress(annotation, 1, 0, 10, 0)
    assert not cloud.store.begin_deletion(cloud.rows()[0])
    cloud.store.finish(annotation, 0, BROKEN)
    row = cloud.rows()[0]
    assert cloud.store.begin_deletion(row) and cloud.store.begin_deletion(row)
    again = make_job(cloud, attempt=1, cause="b")
    assert not cloud.store.claim(again, make_rows(again))
    cloud.store.delete(annotation)
    cloud.store.delete(annotation)
    assert not cloud.store.begin_deletion(row)
    assert list(cloud.table.query(f"AN#{annotation}")) == []
    assert cloud.store.claim(again, make_rows(again))


def test_seen_cause_is_not_new(cloud: Cloud) -> None:
    annotation = claim(cloud, make_job(cloud, cause="a"))
    cloud.store.see_cause(annotation, "b")
    cloud.store.see_cause(annotation, "b")
    assert cloud.rows()[0].causes == ("a", "b")
    cloud.store.see_cause("an-none", "b")
    assert len(cloud.rows()) == 1


@pytest.mark.parametrize(
    ("before", "epoch", "allowed"),
    [
        ("queued", 0, True), ("running", 0, True),
        ("complete", 0, False), ("failed", 0, False), ("cancelled", 0, False),
        ("queued", 1, True), ("running", 1, True),
        ("complete", 1, False), ("failed", 1, True), ("cancelled", 1, True),
    ],
)  # fmt: skip
def test_status_rules(cloud: Cloud, before: str, epoch: int, allowed: bool) -> None:
    for verb in ("start", "finish"):
        job = make_job(cloud, options={"verb": verb})
        annotation = claim(cloud, job)
        if before != "queued":
            cloud.store.start_running(annotation, 0, 9)
        if before == "cancelled":
            cloud.store.cancel(annotation, "me")
        elif before not in {"queued", "running"}:
            cloud.store.finish(annotation, 0, Outcome(status=before))
        if verb == "start":
            assert cloud.store.start_running(annotation, epoch, 9) is allowed
        else:
            assert (cloud.store.finish(annotation, epoch, DONE) is not None) is allowed
        row = cloud.store.get(annotation)
        assert row is not None
        after = ("running" if verb == "start" else "complete") if allowed else before
        assert (row.status, row.epoch) == (after, epoch if allowed else 0)


def test_earlier_epoch_has_no_say(cloud: Cloud) -> None:
    annotation = claim(cloud, make_job(cloud, attempt=0))
    assert cloud.store.start_running(annotation, 2, 9)
    assert not cloud.store.start_running(annotation, 1, 8)
    assert cloud.store.finish(annotation, 1, BROKEN) is None
    assert cloud.rows()[0].status == "running"


def test_finish_records_all(cloud: Cloud) -> None:
    annotation = claim(cloud, make_job(cloud))
    assert cloud.store.start_running(annotation, 0, 10)
    assert cloud.store.start_running(annotation, 0, 10)  # a repeat says it again
    row = cloud.store.finish(annotation, 0, DONE)
    assert row is not None and row == cloud.store.get(annotation)
    assert (row.status, row.images, row.converted, row.warnings, row.size_bytes) == (COMPLETE, 10, 9, 1, 7)
    assert row.started and row.finished and row.created <= row.started <= row.finished
    with pytest.raises(ValueError, match="final status, found 'running'"):
        cloud.store.finish(annotation, 0, Outcome(status="running"))


def test_cancel(cloud: Cloud) -> None:
    annotation = claim(cloud, make_job(cloud))
    assert not cloud.store.is_cancelled(annotation)
    row = cloud.store.cancel(annotation, "ann")
    assert row is not None and (row.status, row.reason) == ("cancelled", "cancelled by ann")
    assert cloud.store.cancel(annotation, "ann") is None
    assert not cloud.store.start_running(annotation, 0, 9)
    assert cloud.store.is_cancelled(annotation) and cloud.store.is_cancelled(annotation, 0)
    assert not cloud.store.is_cancelled(annotation, 1)
    assert cloud.store.is_cancelled("an-none")
    assert cloud.store.cancel("an-none", "ann") is None


def test_progress_counts_each_shard_once(cloud: Cloud) -> None:
    annotation = claim(cloud, make_job(cloud))
    cloud.store.start_running(annotation, 0, 30)
    for shard in (0, 1, 0, 1, 0):
        cloud.store.put_progress(annotation, 1, shard, 10, shard)
    cloud.store.put_progress(annotation, 2, 0, 7, 0)
    cloud.store.put_progress(annotation, 1, 2, 5, 0, attempt=3)
    assert cloud.store.progress(cloud.rows()[0]) == Progress(20, 1, 2)
    cloud.store.start_running(annotation, 1, 30, pass_=2)
    assert cloud.store.progress(cloud.rows()[0]) == Progress(7, 0, 1)
    cloud.store.finish(annotation, 1, DONE)
    assert cloud.store.progress(cloud.rows()[0]) == Progress(9, 0, 0)


def test_notified_only_grows(cloud: Cloud) -> None:
    annotation = claim(cloud, make_job(cloud))
    cloud.store.mark_notified(annotation, 1)
    cloud.store.mark_notified(annotation, 0)
    assert cloud.rows()[0].notified == 1
    cloud.store.mark_notified("an-none", 0)
    assert len(cloud.rows()) == 1
