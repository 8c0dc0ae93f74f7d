from __future__ import annotations

import re

from cloud_tools import Cloud

from labelmill_aws.telling import job_log
from labelmill_aws.telling.job_log import LogEntry


def test_lines_are_what_the_contract_says(cloud: Cloud) -> None:
    cloud.log.write("an-1", [LogEntry(level="INFO", message="beg\nan")])
    cloud.log.write("an-1", [LogEntry(level="ERROR", message="bad", format="COCO", shard=3, file="images/ä.png")])
    first, second = cloud.lines("an-1")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", first.pop("time"))
    assert first == {"level": "INFO", "format": "", "shard": None, "file": "", "message": "beg\nan"}
    del second["time"]
    assert second == {"level": "ERROR", "format": "COCO", "shard": 3, "file": "images/ä.png", "message": "bad"}


def test_many_and_long_lines_are_sent_in_batches(cloud: Cloud, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(job_log, "MAX_BATCH_EVENTS", 3)
    cloud.log.write("an-1", (LogEntry(level="INFO", message=f"{number}") for number in range(10)))
    assert [line["message"] for line in cloud.lines("an-1")] == [str(number) for number in range(10)]
    cloud.log.write("an-2", [LogEntry(level="INFO", message="x" * 9_000)])
    assert cloud.lines("an-2")[0]["message"] == "x" * 8_000 + "… (9,000 characters)"
    entries = [LogEntry(level="INFO", message="ä" * 8_000)] * 200
    assert all(sum(len(line.encode()) + 26 for line in batch) <= 1_048_576 for batch in job_log._batches(entries))
    cloud.log.write("an-3", [])
    assert cloud.lines("an-3") == []
