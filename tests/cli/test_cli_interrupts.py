"""Ctrl-C at any moment, from the first line of the command to its last: one line, exit code 130, nothing left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from cli_tools import Dataset, tree

INTERRUPTED = b"labelmill: interrupted; nothing unfinished is left\n"
# Python itself takes some time to begin, in which nothing of ours can answer: the clock starts behind it.
COMMAND = (
    "import os, signal, sys\n"
    "signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job ignores it\n"
    "from labelmill.cli import start\n"
    "main, start.main = start.main, None\n"
    "interrupts, start.Interrupts = start.Interrupts(), lambda: interrupts\n"
    "os.write(1, b'x')\n"
    "main()\n"
)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All labels of the dataset."""
    folder = tmp_path_factory.mktemp("whole")
    dataset = Dataset(folder / "tiny")
    command = [sys.executable, "-m", "labelmill", "convert", str(dataset.path), "--format", "all"]
    subprocess.run([*command, "--out", str(folder / "out")], check=True, timeout=60, stdout=subprocess.DEVNULL)
    return folder / "out"


@pytest.mark.parametrize("moment", range(20))
def test_an_interrupt_at_any_moment(moment: int, tmp_path: Path, whole: Path) -> None:
    dataset, out = Dataset(tmp_path / "tiny"), tmp_path / "out"
    arguments = ["convert", dataset.path, "--format", "all", "--out", out, "--workers", 1 + moment % 2]
    with subprocess.Popen(
        [sys.executable, "-c", COMMAND, *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as running:
        assert running.stdout is not None and running.stderr is not None
        assert running.stdout.read(1) == b"x"
        time.sleep(moment * 0.03)
        running.send_signal(signal.SIGINT)
        said = running.stderr.read()
        code = running.wait(30)
    assert (code, said) in ((130, INTERRUPTED), (0, b""), (130, b"\n" + INTERRUPTED))
    assert not [name for name in os.listdir(out) if name.startswith(".")] if out.exists() else True  # noqa: PTH208
    for folder in out.iterdir() if out.exists() else ():
        assert tree(folder) == tree(whole / folder.name), "labels of a format are whole or not there"


SWALLOWED = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from labelmill.cli import main, start

def run():
    try:
        signal.raise_signal(signal.SIGINT)
    except KeyboardInterrupt as error:
        {instead}
    return 0

main.run = run
start.main()
"""


@pytest.mark.parametrize("instead", ["pass", "raise ImportError('no module') from error"])
def test_an_interrupt_that_is_swallowed_is_no_success(instead: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SWALLOWED.format(instead=instead)], capture_output=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (130, INTERRUPTED)


def test_an_interrupt_that_a_shell_ignores_is_ignored(dataset: Dataset, tmp_path: Path) -> None:
    """As of a background job: the user meant another program."""
    command = [sys.executable, "-m", "labelmill", "convert", str(dataset.path), "--format", "coco"]
    with subprocess.Popen(
        [*command, "--out", str(tmp_path / "out")],
        stdout=subprocess.DEVNULL,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),
    ) as running:
        for _ in range(20):
            running.send_signal(signal.SIGINT)
            time.sleep(0.01)
        assert running.wait(30) == 0


def test_too_little_memory_is_one_line(dataset: Dataset, tmp_path: Path) -> None:
    code = "from labelmill.convert import convert\n" + (
        "def convert_without_memory(*args, **named): raise MemoryError\n"
        "convert.convert = convert_without_memory\nfrom labelmill.cli.start import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "convert", str(dataset.path), "--format", "coco", "--out", str(tmp_path / "out")],
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (1, b"labelmill: there is not enough memory; try fewer --workers\n")
