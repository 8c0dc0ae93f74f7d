"""CloudWatch answers pages without lines though there are more: the end is a position that repeats, nothing else."""

from __future__ import annotations

import json
from typing import Any

import pytest

from labelmill_aws.telling.job_log import JobLog, LogEntry
from labelmill_aws.telling.log_pages import read_log


class Sparse:
    """CloudWatch's ``GetLogEvents`` as it may answer: one event a page, with empty pages before each and at the end."""

    def __init__(self, messages: list[str], empty: int) -> None:
        self.pages: list[list[dict[str, Any]]] = []
        for message in messages:
            self.pages += [[]] * empty
            self.pages.append([{"message": message}])
        self.pages += [[]] * empty
        self.calls = 0

    def get_log_events(self, *, startFromHead: bool, nextToken: str = "", **_: Any) -> dict[str, Any]:  # noqa: N803
        self.calls += 1
        pages = self.pages if startFromHead else self.pages[::-1]
        at = int(nextToken or 0)
        after = str(min(at + 1, len(pages)))
        events = pages[at] if at < len(pages) else []
        return {"events": events, "nextForwardToken": after, "nextBackwardToken": after}


def lines(*numbers: int) -> list[str]:
    return [json.dumps({"time": "t", "level": "INFO", "message": f"line {number}"}) for number in numbers]


@pytest.mark.parametrize("newest_first", [False, True])
@pytest.mark.parametrize("empty", [0, 1, 4])
def test_every_line_is_found(empty: int, newest_first: bool) -> None:
    client: Any = Sparse(lines(1, 2, 3), empty)
    found, position = [], ""
    for _ in range(50):
        page, position = read_log(client, "g", "s", limit=2, position=position, newest_first=newest_first)
        found += [line.message for line in page]
        if not position:
            break
    wanted = ["line 1", "line 2", "line 3"]
    assert found == (wanted[::-1] if newest_first else wanted)


def test_an_empty_stream_ends() -> None:
    client: Any = Sparse([], 0)
    assert read_log(client, "g", "s", limit=5) == ([], "")
    assert client.calls <= 2


class Recorder:
    """Keeps what is written."""

    def __init__(self) -> None:
        self.messages: list[str] = []

    def put_log_events(self, *, logEvents: list[dict[str, Any]], **_: Any) -> None:  # noqa: N803
        self.messages += [event["message"] for event in logEvents]


@pytest.mark.parametrize("empty", [0, 1, 4])
def test_the_last_line_is_seen_behind_empty_pages(empty: int) -> None:
    entries = [LogEntry(level="INFO", message=f"line {number}") for number in (1, 2, 3)]
    recorder: Any = Recorder()
    JobLog(recorder, "g").write("s", entries)
    client: Any = Sparse(recorder.messages, empty)
    assert JobLog(client, "g").ends_with("s", entries[-1])
    assert not JobLog(client, "g").ends_with("s", LogEntry(level="INFO", message="line 4"))
