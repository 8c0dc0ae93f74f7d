"""Workers that are spawned, as on macOS, get everything they need by pickling."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from labelmill.cli.main import run
from labelmill.sample import write_sample

SPAWNED = """
import sys
if __name__ == "__main__":
    import labelmill.convert.convert, labelmill.convert.workers
    from labelmill.cli.main import run
    labelmill.convert.convert.SMALLEST_SHARD = 2
    labelmill.convert.workers.CAN_FORK = False
    sys.exit(run(sys.argv[1:]))
"""


@pytest.mark.parametrize("packed", [False, True])
def test_spawned_workers_write_the_same_bytes(tmp_path: Path, packed: bool) -> None:
    import shutil

    dataset = tmp_path / "dataset"
    write_sample(dataset, 4)
    source = Path(shutil.make_archive(str(tmp_path / "dataset"), "zip", dataset)) if packed else dataset
    script = tmp_path / "spawned.py"
    script.write_text(SPAWNED)
    arguments = ["convert", str(source), "--map", str(dataset / "map.yml"), "--format", "all"]
    spawned = [*arguments, "--workers", "2", "--out", str(tmp_path / "spawned")]
    subprocess.run([sys.executable, script, *spawned], check=True, stdout=subprocess.DEVNULL)
    assert run([*arguments, "--workers", "1", "--out", str(tmp_path / "alone")]) == 0
    files = {p.relative_to(tmp_path / "alone"): p.read_bytes() for p in (tmp_path / "alone").rglob("*") if p.is_file()}
    assert files
    assert files == {
        p.relative_to(tmp_path / "spawned"): p.read_bytes() for p in (tmp_path / "spawned").rglob("*") if p.is_file()
    }
