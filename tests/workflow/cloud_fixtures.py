"""What the tests of the control plane share: the emulator, and a table, buckets, a topic and a machine of their own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator

import pytest
from cloud_tools import Cloud, make_cloud

START_S = 20


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The emulator on a free port of the loopback interface; its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    endpoint = f"http://127.0.0.1:{port}"
    folder = tmp_path_factory.mktemp("emulator")
    environment = {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "LOG_LEVEL": "ERROR",
        "PATH": os.environ["PATH"],
        "TMPDIR": str(folder),
    }
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "ministack"], cwd=folder, env=environment, stdout=log, stderr=log
        )
        try:
            _wait(endpoint, process)
            yield endpoint
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait(endpoint: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{endpoint}/_ministack/health", timeout=1):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    raise RuntimeError(f"the emulator did not start in {START_S} s")


@pytest.fixture
def region(emulator: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment in which clients find the emulator and nothing else."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", emulator)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    monkeypatch.delenv("AWS_PROFILE", raising=False)


@pytest.fixture
def cloud(emulator: str, region: None) -> Cloud:
    """Fresh resources in the emulator, and the clients that reach them."""
    return make_cloud(uuid.uuid4().hex[:12], emulator)


@pytest.fixture(autouse=True)
def bytes_are_datasets(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is uploaded here are bytes, whatever they hold: tests/e2e has the look at them."""
    monkeypatch.setattr("labelmill_aws.uploads.packed_inbox.problem_of_archive", lambda present, control: "")
