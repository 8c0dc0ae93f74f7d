"""What the README tells people to type does what it says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from e2e_service import Service

README = (Path(__file__).parents[2] / "README.md").read_text()


def block(title: str, language: str) -> str:
    """The code below a title."""
    section = README.split(f"### {title}\n", 1)[1].split("\n### ", 1)[0]
    (code,) = re.findall(rf"^```{language}\n(.*?)^```", section, re.MULTILINE | re.DOTALL)
    return code


def test_the_command_line_and_python(service: Service, tmp_path: Path) -> None:
    tools = tmp_path / "bin"
    tools.mkdir()
    (tools / "labelmill").write_text(f'#!/bin/sh\nexec {sys.executable} -m labelmill "$@"\n')
    (tools / "labelmill").chmod(0o755)
    env = os.environ | {
        "PATH": f"{tools}:{os.environ['PATH']}",
        "LABELMILL_CONFIG": str(tmp_path / "config.json"),
        "LABELMILL_URL": service.cloud.api_url,
        "LABELMILL_TOKEN": service.cloud.token(),
    }
    commands = block("Use the service from the command line", "sh")
    done = subprocess.run(
        ["bash", "-euxc", commands], cwd=tmp_path, env=env, capture_output=True, text=True, timeout=180
    )
    assert done.returncode == 0, done.stderr
    labels = ["toys-coco-toys.zip", "toys-yolo-toys.zip"]
    assert [path.name for path in sorted((tmp_path / "labels").iterdir())] == labels
    assert [line for line in done.stdout.splitlines() if line.startswith("labels/")] == [f"labels/{n}" for n in labels]
    assert len([line for line in done.stderr.splitlines() if line.startswith("+ labelmill ")]) == 6

    before = {path.name: path.read_bytes() for path in (tmp_path / "labels").iterdir()}
    for path in (tmp_path / "labels").iterdir():
        path.unlink()
    program = block("Use the service from Python", "python")
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, env=env, capture_output=True, text=True, timeout=180
    )
    assert ran.returncode == 0, ran.stderr
    assert "COCO complete 100%\n" in ran.stdout
    assert {path.name: path.read_bytes() for path in (tmp_path / "labels").iterdir()} == before
