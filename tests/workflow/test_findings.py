"""What a conversion found stands in the log of its annotation: every kind once, whatever is repeated."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cli_tools import Dataset, zip_of
from cloud_tools import Cloud
from data_tools import Run, start

from labelmill.convert.notices import Notice
from labelmill.errors import TransientError
from labelmill_aws.steps.assemble import AssembleAnnotation
from labelmill_aws.telling import findings
from labelmill_aws.telling.job_log import JobLog, LogEntry

MAP = """\
classes:
  0: Block
  1: Globe
properties:
  obj['type'] == 'Cube': 0
  obj['id'] == 1: 1
"""


@pytest.fixture
def odd(tmp_path: Path) -> Path:
    """Boxes of another shape in three images, and a file that is none of a dataset's."""
    toys = Dataset(tmp_path / "toys")
    toys.add("d", ("Cube", 3, 3, 6, 7), mask=True)
    for stem in ("a", "b", "d"):
        path = toys.path / "annotations" / f"{stem}-ana.json"
        record = json.loads(path.read_text())
        record["annotations"][0]["bbox"] = "here"
        path.write_text(json.dumps(record))
    toys.write("annotations/notes.txt", "mine")
    return zip_of(toys.path, tmp_path / "toys.zip")


@pytest.fixture
def job(cloud: Cloud, odd: Path, tmp_path: Path) -> Run:
    map_file = tmp_path / "odd.yml"
    map_file.write_text(MAP)
    return start(cloud, odd, ("COCO", "YOLO"), map_file).run()


def lines(job: Run, format_id: str = "YOLO", level: str = "WARNING") -> list[dict[str, Any]]:
    return job.log(format_id, level)


def assemble_again(job: Run, format_id: str = "YOLO") -> None:
    wanted = AssembleAnnotation(job.plans[-1].job_key, job.answers[format_id].annotation, format_id)
    assert job.assembler.assemble(wanted) == job.answers[format_id]


def test_every_warning_is_a_line(job: Run) -> None:
    said = {line["code"]: line for line in lines(job)}
    assert set(said) == {"field-shape", "file-unknown", "val-is-train", "rule-conflict"}
    shape = said["field-shape"]
    assert (shape["count"], shape["file"], shape["format"]) == (3, "annotations/a-ana.json", "YOLO")
    assert [example.partition(":")[0] for example in shape["examples"]] == [
        f"annotations/{stem}-ana.json" for stem in "abd"
    ]
    assert said["file-unknown"]["examples"] == ["annotations/notes.txt"]
    assert said["rule-conflict"]["file"] == ""
    for format_id in ("COCO", "YOLO"):
        counted = sum(line["count"] for line in lines(job, format_id))
        assert counted == job.answers[format_id].warnings > 0
        assert [notice["code"] for notice in job.report(format_id)["notices"]] == [
            line["code"] for line in lines(job, format_id)
        ]


def test_what_is_no_fault_is_told_too(job: Run) -> None:
    report = job.report("COCO")
    said = {line["code"]: line for line in lines(job, "COCO", "INFO")}
    assert said["left-out"]["count"] == sum(report["left_out"].values()) > 0
    assert all(type_ in said["left-out"]["message"] for type_ in report["left_out"])


def test_once_whatever_is_repeated(job: Run) -> None:
    before = job.log("YOLO")
    for _ in range(3):
        assemble_again(job)
    assert job.log("YOLO") == before


@pytest.mark.parametrize("written", [False, True])
def test_a_try_that_died_on_the_way(cloud: Cloud, odd: Path, written: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before its lines were written, or after: the next one finishes, and nothing stands there twice."""
    write = JobLog.write

    def die(log: JobLog, stream: str, entries: Any) -> None:
        entries = list(entries)
        if entries and entries[0].code:
            if written:
                write(log, stream, entries)
            raise TransientError("killed")
        write(log, stream, entries)

    monkeypatch.setattr(JobLog, "write", die)
    job = start(cloud, odd, ("YOLO",))
    with pytest.raises(TransientError):
        job.run()
    monkeypatch.undo()
    for _ in range(2):
        job.assemble(job.plans[-1])
    codes = [line["code"] for line in job.log("YOLO") if line["level"] == "WARNING"]
    assert sorted(codes) == ["field-shape", "file-unknown", "val-is-train"]


def test_very_many_kinds_are_few_lines(job: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    report = _report(5_000)
    said = list(findings.entries_of(report, "COCO"))
    assert len(said) == findings.MOST_LINES + 1
    assert (said[-1].code, said[-1].count) == ("more", (5_000 - findings.MOST_LINES) * 2)
    assert sum(entry.count for entry in said) == findings.warnings_in(report) == 10_000


def test_another_attempt_tells_anew(cloud: Cloud, job: Run) -> None:
    entries = [LogEntry(level="WARNING", message="odd", code="field-shape")]
    for name in ("job-1-0", "job-1-0", "job-1-1"):
        findings.tell_findings(cloud.log, job.outbox, name, "an-1", entries)
    assert len(cloud.lines("an-1")) == 2


def _report(kinds: int) -> Any:
    from types import SimpleNamespace

    notices = [Notice("rule-conflict", f"rules {number} and more", 2) for number in range(kinds)]
    return SimpleNamespace(left_out={}, skipped={}, notices=notices)
