"""The local cloud's data after a crash: what was there is there, and no job stays running for ever."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cli_tools import Dataset, zip_of
from e2e_service import Service
from infra.local.cloud import LocalCloud
from infra.local.faults import Fault
from infra.local.kept_state import SAVE_EVERY_S


@pytest.fixture(autouse=True)
def mended() -> Iterator[None]:
    """These clouds are their own."""
    yield


def rows(cloud: LocalCloud) -> list[dict[str, Any]]:
    """All annotations."""
    pages = cloud.client("dynamodb").get_paginator("scan").paginate(TableName=cloud.outputs["TableName"])
    items = [
        {key: next(iter(value.values())) for key, value in item.items()} for page in pages for item in page["Items"]
    ]
    return [item for item in items if "format" in item and "status" in item]


def statuses(cloud: LocalCloud, dataset: str) -> set[str]:
    return {row["status"] for row in rows(cloud) if row["dataset"] == dataset}


def test_after_a_crash_everything_is_there_and_jobs_that_ran_have_failed(tmp_path: Path) -> None:
    state, toys = tmp_path / "state", zip_of(Dataset(tmp_path / "toys").path, tmp_path / "toys.zip").read_bytes()
    with LocalCloud(state=state, faults=True) as cloud:
        inbox = cloud.outputs["InboxBucket"]
        cloud.client("s3").put_object(Bucket=inbox, Key="datasets/crash/done.zip", Body=toys)
        cloud.wait_for(lambda: statuses(cloud, "done") == {"complete"}, timeout_s=120)
        convert = next(name for name in cloud.function_names() if "Convert" in name)
        cloud.add_fault(Fault("delay", caller=convert[-28:], service="s3", delay_s=600, times=1000))
        cloud.client("s3").put_object(Bucket=inbox, Key="datasets/crash/running.zip", Body=toys)
        cloud.wait_for(lambda: any(fault.applied for fault in cloud.faults()), timeout_s=60)
        assert "running" in statuses(cloud, "running")
        time.sleep(2 * SAVE_EVERY_S + 1)
        cloud.terminate()
        time.sleep(0.2)
    with LocalCloud(state=state) as cloud:
        assert statuses(cloud, "done") == {"complete"}
        cloud.wait_for(lambda: statuses(cloud, "running") <= {"failed", "complete"}, timeout_s=60)
        assert "failed" in statuses(cloud, "running")
        failed = next(row for row in rows(cloud) if row["dataset"] == "running" and row["status"] == "failed")
        log = Service(cloud).stream(failed["id"])
        assert any(line["level"] == "ERROR" for line in log), json.dumps(log)
        # a job can be done again
        cloud.client("s3").put_object(Bucket=inbox, Key="datasets/crash/later.zip", Body=toys)
        cloud.wait_for(lambda: statuses(cloud, "later") == {"complete"}, timeout_s=120)


def test_an_upload_whose_rows_were_lost_is_done_after_the_restart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Objects are written at once, rows every few seconds: a crash may fall in between."""
    state, toys = tmp_path / "state", zip_of(Dataset(tmp_path / "toys").path, tmp_path / "toys.zip").read_bytes()
    with LocalCloud(state=state) as cloud:
        inbox = cloud.outputs["InboxBucket"]
        cloud.client("s3").put_object(Bucket=inbox, Key="maps/default/none.txt", Body=b"")
        time.sleep(2 * SAVE_EVERY_S + 1)
        cloud.client("s3").put_object(Bucket=inbox, Key="datasets/crash/late.zip", Body=toys)
        cloud.terminate()
        time.sleep(0.2)
    with LocalCloud(state=state) as cloud:
        cloud.wait_for(lambda: statuses(cloud, "late") == {"complete"}, timeout_s=120)
