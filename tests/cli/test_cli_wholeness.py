"""Outputs appear whole or not at all, whatever happens to the run; runs do not disturb each other."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from cli_tools import Dataset, entries_of, file_size_limit, labelmill, tree

from labelmill.formats import FORMAT_IDS

INTERRUPTED = "\nlabelmill: interrupted; nothing unfinished is left\n"  # on a terminal, ^C stands on the line
# A conversion that waits at a chosen place, so that a test can do something to it just then.
DRIVER = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job ignores it
import os, pathlib, sys, time
import labelmill.convert.convert as convert
from labelmill.cli.start import main
from labelmill.formats.yolo import YoloWriter

convert.SMALLEST_SHARD = 1
where, reached, go = os.environ["WAIT_AT"], pathlib.Path(os.environ["REACHED"]), pathlib.Path(os.environ["GO"])
write, join, rename, renamed = YoloWriter.write, YoloWriter.join.__func__, pathlib.Path.rename, []

def wait():
    reached.touch()
    until = time.monotonic() + float(os.environ["SECONDS"])
    while time.monotonic() < until and not go.exists():
        time.sleep(0.01)

def slow_write(self, batch, part):
    write(self, batch, part)
    if where == "write" or (where == "first write" and any(sample.stem == "a" for sample in batch.samples)):
        wait()

def slow_join(cls, context, parts, output):
    join(cls, context, parts, output)
    if where == "join":
        wait()

def slow_rename(self, target):
    result = rename(self, target)
    renamed.append(target)
    if where == "publish" and len(renamed) == 4:
        wait()
    if where == "every rename":
        time.sleep(0.03)
    return result

YoloWriter.write, YoloWriter.join, pathlib.Path.rename = slow_write, classmethod(slow_join), slow_rename
sys.argv[0] = "labelmill"
main()
"""


class Run:
    """A conversion in a process group of its own, waiting at a place."""

    def __init__(self, where: str, folder: Path, *arguments: object, seconds: float = 60) -> None:
        self.reached, self.go = folder / f"reached-{time.monotonic_ns()}", folder / f"go-{time.monotonic_ns()}"
        names = {"WAIT_AT": where, "REACHED": str(self.reached), "GO": str(self.go), "SECONDS": str(seconds)}
        self.process = subprocess.Popen(
            [sys.executable, "-c", DRIVER, *map(str, arguments)],
            env={**os.environ, **names},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )

    def wait_there(self) -> None:
        """Until it has reached the place."""
        until = time.monotonic() + 30
        while not self.reached.exists():
            assert self.process.poll() is None, self.process.communicate()[1].decode()
            assert time.monotonic() < until
            time.sleep(0.01)

    def end(self, timeout_s: float = 30) -> tuple[int, str]:
        """Its exit code and what it said."""
        code = self.process.wait(timeout_s)
        assert self.process.stderr is not None
        os.set_blocking(self.process.stderr.fileno(), False)  # a worker that lives on keeps it open
        return code, (self.process.stderr.read() or b"").decode()

    def living(self) -> list[int]:
        """Processes of its group that still run."""
        found = []
        for entry in Path("/proc").iterdir():
            with suppress(OSError, ValueError):
                state, _, group = (entry / "stat").read_text().rpartition(")")[2].split()[:3]
                if int(group) == self.process.pid and state not in "ZX":
                    found.append(int(entry.name))
        return found

    def kill_all(self) -> None:
        """Leave nothing running."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        assert self.process.stderr is not None
        self.process.stderr.close()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Run]]:
    """Starts conversions; none outlives the test."""
    runs: list[Run] = []

    def start_one(where: str, *arguments: object, **options: float) -> Run:
        runs.append(Run(where, tmp_path, *arguments, **options))
        return runs[-1]

    yield start_one
    for run in runs:
        run.kill_all()


def yolo(dataset: Dataset, out: Path, workers: int = 1) -> list[object]:
    """Arguments of a conversion."""
    return ["convert", dataset.path, "--format", "yolo", "--out", out, "--workers", workers]


def earlier_run(dataset: Dataset, out: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    """Convert, then change the dataset; what lies in ``out``, with a file of the user's."""
    assert labelmill(capsys, *yolo(dataset, out)).code == 0
    (out / "yolo/mine.txt").write_text("mine")
    (out / "yolo/labels/more").mkdir()
    dataset.add("d", ("Train", 1, 1, 3, 3))
    dataset.remove("annotations/a-ana.json")
    dataset.add("a", ("Cube", 5, 5, 3, 3))
    return tree(out)


def hidden(out: Path) -> list[str]:
    """What runs keep aside in ``out``."""
    return [path.name for path in out.iterdir() if path.name.startswith(".")]


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
@pytest.mark.parametrize("where", ["write", "join", "publish"])
def test_interrupted(
    where: str, name: str, workers: int, dataset: Dataset, tmp_path: Path, start: Callable[..., Run],
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    out = tmp_path / "out"
    before = earlier_run(dataset, out, capsys)
    run = start(where, *yolo(dataset, out, workers), seconds=60 if workers == 1 else 1)
    run.wait_there()
    os.killpg(run.process.pid, getattr(signal, name))  # as a terminal and an init system do: to all its processes

    assert run.end() == (130, INTERRUPTED)
    assert tree(out) == before
    assert not hidden(out)
    assert not run.living()


def test_only_the_parent_is_terminated(
    dataset: Dataset, tmp_path: Path, start: Callable[..., Run], capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    before = earlier_run(dataset, out, capsys)
    run = start("write", *yolo(dataset, out, 2), seconds=1)
    run.wait_there()
    run.process.terminate()

    assert run.end() == (130, INTERRUPTED)
    assert tree(out) == before
    assert not hidden(out)
    assert not run.living()


def test_interrupted_while_a_worker_idles(
    dataset: Dataset, tmp_path: Path, start: Callable[..., Run], capsys: pytest.CaptureFixture[str]
) -> None:
    run = start("first write", *yolo(dataset, tmp_path / "out", 2), seconds=3)
    run.wait_there()
    time.sleep(0.5)  # the other worker does b and c and waits for more
    os.killpg(run.process.pid, signal.SIGINT)

    assert run.end() == (130, INTERRUPTED)
    assert not entries_of(tmp_path / "out")


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("where", ["write", "join"])
def test_killed(
    where: str, workers: int, dataset: Dataset, tmp_path: Path, start: Callable[..., Run],
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    out = tmp_path / "out"
    before = earlier_run(dataset, out, capsys)
    run = start(where, *yolo(dataset, out, workers))
    run.wait_there()
    run.process.kill()
    run.end()

    left = tree(out)
    assert {name: left[name] for name in left if not name.startswith(".labelmill-")} == before
    assert len(hidden(out)) == 1

    assert labelmill(capsys, *yolo(dataset, out))[0] == 0  # while workers of the killed run may still live
    assert not hidden(out), "what the killed run left behind"
    clean = tmp_path / "clean"
    labelmill(capsys, *yolo(dataset, clean))
    assert tree(out) == {**tree(clean), "yolo/mine.txt": before["yolo/mine.txt"]}


def test_workers_of_a_killed_run_end(dataset: Dataset, tmp_path: Path, start: Callable[..., Run]) -> None:
    """Nobody is left who would collect them: a machine would fill with them."""
    run = start("write", *yolo(dataset, tmp_path / "out", 2), seconds=1)
    run.wait_there()
    run.process.kill()
    run.end()
    until = time.monotonic() + 6
    while run.living() and time.monotonic() < until:
        time.sleep(0.05)
    assert not run.living()


def test_a_run_at_work_is_left_alone_by_another(
    dataset: Dataset, tmp_path: Path, start: Callable[..., Run], capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    run = start("write", *yolo(dataset, out))
    run.wait_there()
    assert labelmill(capsys, *yolo(dataset, out)).code == 0
    assert len(hidden(out)) == 1
    before = tree(out / "yolo")
    run.go.touch()

    assert run.end() == (0, "")
    assert tree(out / "yolo") == before
    assert not hidden(out)


def test_runs_that_publish_at_once(dataset: Dataset, tmp_path: Path, start: Callable[..., Run]) -> None:
    """The result is one run's or another's, never labels of one beside classes of another."""
    others = [Dataset(tmp_path / str(number)) for number in range(3)]
    for number, other in enumerate(others):
        other.add(f"only{number}", (f"Type{number}", 1, 1, 4, 4))
    whole = []
    for number, other in enumerate(others):
        run = start("", *yolo(other, tmp_path / f"alone{number}"))
        assert run.end() == (0, "")
        whole.append(tree(tmp_path / f"alone{number}"))
    out = tmp_path / "out"
    runs = [start("every rename", *yolo(other, out)) for other in others * 2]

    assert [run.end() for run in runs] == [(0, "")] * len(runs)
    assert tree(out) in whole
    assert not hidden(out)


@pytest.mark.parametrize("size_bytes", [0, 100, 500])
@pytest.mark.parametrize("extra", [[], ["--archive"], ["--images"], ["--archive", "--images"]], ids=" ".join)
@pytest.mark.parametrize("workers", [1, 2])
def test_disk_full(
    workers: int, extra: list[str], size_bytes: int, dataset: Dataset, tmp_path: Path,
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr("labelmill.convert.convert.SMALLEST_SHARD", 1)
    out = tmp_path / "out"
    before = earlier_run(dataset, out, capsys)
    with file_size_limit(size_bytes):
        arguments = ["convert", dataset.path, "--format", "all", "--out", out, "--workers", workers, *extra]
        result = labelmill(capsys, *arguments)

    assert result == (1, "", f"labelmill: {out}: can't be written: File too large\n")
    assert tree(out) == before
    assert not hidden(out)


@pytest.mark.parametrize("call", ["open", "write"])
@pytest.mark.parametrize(
    ("number", "reason"), [(errno.ENOSPC, "No space left on device"), (errno.EROFS, "Read-only file system")]
)
def test_the_system_refuses(
    call: str, number: int, reason: str, dataset: Dataset, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    out = tmp_path / "out"
    before = earlier_run(dataset, out, capsys)
    real = getattr(os, call)

    def refuse(first: object, *rest: object, **named: object) -> object:
        new_file = call == "open" and isinstance(rest[0], int) and rest[0] & os.O_EXCL
        if new_file or (call == "write" and isinstance(first, int) and first > 2):
            raise OSError(number, os.strerror(number))
        return real(first, *rest, **named)

    with monkeypatch.context() as patch:
        patch.setattr(os, call, refuse)
        result = labelmill(capsys, *yolo(dataset, out))

    assert result == (1, "", f"labelmill: {out}: can't be written: {reason}\n")
    assert tree(out) == before
    assert not hidden(out)


@pytest.mark.parametrize("nth", range(1, 7))
@pytest.mark.parametrize("error", [OSError(errno.EIO, os.strerror(errno.EIO)), KeyboardInterrupt()], ids=repr)
def test_publishing_fails_halfway(
    nth: int, error: BaseException, dataset: Dataset, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    out = tmp_path / "out"
    before = earlier_run(dataset, out, capsys)
    rename, calls = Path.rename, []

    def failing(self: Path, target: Path) -> Path:
        calls.append(target)
        if len(calls) == nth:
            raise error
        return rename(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", failing)
        result = labelmill(capsys, *yolo(dataset, out))

    if isinstance(error, OSError):
        assert result == (1, "", f"labelmill: {out / 'yolo'}: can't be written: Input/output error\n")
    else:
        assert result == (130, "", INTERRUPTED)
    assert tree(out) == before
    assert not hidden(out)


def test_a_file_where_the_format_s_folder_goes(
    dataset: Dataset, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "yolo").write_text("mine")
    result = labelmill(capsys, *yolo(dataset, out))
    assert result == (1, "", f"labelmill: {out / 'yolo'}: can't be written: File exists\n")
    assert (out / "yolo").read_text() == "mine"
    assert not hidden(out)


@pytest.mark.parametrize("extra", [[], ["--archive"], ["--images", "--split", "train=0.5,val=0.5"]], ids=" ".join)
def test_a_second_run_gives_the_same(
    extra: list[str], dataset: Dataset, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    arguments = ["convert", dataset.path, "--format", "all", "--out", out, *extra]
    first = labelmill(capsys, *arguments)
    before = tree(out)
    assert sorted({name.partition("/")[0] for name in before}) == sorted(name.lower() for name in FORMAT_IDS)

    assert labelmill(capsys, *arguments) == first
    assert tree(out) == before


def test_a_second_run_takes_away_what_is_gone_and_leaves_the_rest(
    dataset: Dataset, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    arguments = ["convert", dataset.path, "--format", "all", "--out", out]
    labelmill(capsys, *arguments)
    mine = [out / "notes.txt", out / ".labelmill-notes", *(out / name.lower() / "notes.md" for name in FORMAT_IDS)]
    for path in mine:
        path.write_text("mine")
    dataset.remove("annotations/b-ana.json")

    assert labelmill(capsys, *arguments).code == 0
    assert all(path.read_text() == "mine" for path in mine)
    assert not [name for name in entries_of(out) if Path(name).stem == "b"]
    for path in mine:
        path.unlink()
    labelmill(capsys, *arguments[:-1], tmp_path / "clean")
    assert tree(out) == tree(tmp_path / "clean")


def test_the_report_is_whole_or_not_there(dataset: Dataset, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "reports"
    arguments = [*yolo(dataset, tmp_path / "out"), "--report", folder / "report.json"]
    assert labelmill(capsys, *arguments).code == 0
    before = tree(folder)
    for stem in "defghijklmnop":  # the report of their errors is larger than every label file
        dataset.write(f"annotations/{stem}-ana.json", "[]")
    with file_size_limit(1000):
        result = labelmill(capsys, *arguments)
    assert result == (1, "", f"labelmill: {folder / 'report.json'}: can't be written: File too large\n")
    assert tree(folder) == before


def test_a_preview_is_whole_or_not_there(dataset: Dataset, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    assert labelmill(capsys, "preview", dataset.path, "a", "--out", out).code == 0
    before = tree(out)
    with file_size_limit(100):
        result = labelmill(capsys, "preview", dataset.path, "a", "b", "--out", out)
    assert result == (1, "", f"labelmill: {out / 'a.png'}: can't be written: File too large\n")
    assert tree(out) == before


def test_a_sample_is_whole_or_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "sample"
    with file_size_limit(20_000):
        result = labelmill(capsys, "sample", folder, "--images", 2)
    assert (result.code, result.out) == (1, "")
    assert result.err.endswith(": File too large\n")
    assert result.err.count("\n") == 1
    assert not entries_of(folder)
    assert labelmill(capsys, "sample", folder, "--images", 2).code == 0


def test_a_killed_sample_can_be_made_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "sample"
    aside = folder / ".labelmill-1-0"
    aside.mkdir(parents=True)
    (aside / "lock").touch()
    shutil.copy(__file__, aside)
    assert labelmill(capsys, "sample", folder, "--images", 1).code == 0
    assert not hidden(folder)
