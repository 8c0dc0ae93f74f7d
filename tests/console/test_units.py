"""The console's functions that need no page, run by the Node that builds it."""

from __future__ import annotations

import subprocess
from pathlib import Path

from infra.components.node import node_folder

TESTS = sorted((Path(__file__).parent / "web").glob("*.test.ts"))


def test_the_functions_do_what_they_say() -> None:
    assert TESTS
    command = [str(node_folder() / "node"), "--test", "--test-reporter=spec", *map(str, TESTS)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "fail 0" in done.stdout and "pass 0" not in done.stdout
