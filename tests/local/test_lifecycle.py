"""It comes up, it goes down, and nothing of it is left."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import boto3
import httpx
import pytest
from infra import synth
from infra.local.assets import zip_folder
from infra.local.cloud import LocalCloud, LocalCloudError
from infra.local.deploy import DeployError
from infra.local.scratch import PREFIX, Scratch, sweep
from infra.synth import ROOT
from local.assembly import write_assembly
from local.web_resources import web_resources

OWNER = """
import sys, time
from pathlib import Path
from infra.local.cloud import LocalCloud
cloud = LocalCloud(Path(sys.argv[1]), build=Path(sys.argv[2]))
cloud.start()
cloud.client("lambda").invoke(FunctionName=cloud.outputs["Function"], Payload=b"{}")
print(cloud.endpoint, flush=True)
cloud.client("lambda").invoke(FunctionName=cloud.outputs["Function"], Payload=b'{"do": "sleep", "s": 60}')
"""

UP = """
import sys
from pathlib import Path
from infra.local import up
assembly = Path(sys.argv.pop(1))
up.synthesized = lambda **context: assembly
up.up()
"""


@pytest.fixture(autouse=True)
def own_temp(tmp_path, monkeypatch):
    """Scratch folders of this test alone, so that it can see whether one is left."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    yield
    monkeypatch.setattr(tempfile, "tempdir", None)


def left(tmp_path: Path) -> list[str]:
    """The processes (by their environment, which names the folder) and scratch folders that are left."""
    found = [path.name for path in tmp_path.glob(PREFIX + "*")]
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            if str(tmp_path) in (process / "environ").read_text(errors="replace") and "infra" in command:
                found.append(command)
        except OSError:
            continue
    return found


def test_it_keeps_data_over_a_restart_when_asked_and_leaves_nothing_else(tmp_path, build):
    assembly, state = write_assembly(tmp_path / "cdk.out", extra=web_resources()), tmp_path / "state"
    with LocalCloud(assembly, build=build, state=state) as cloud:
        outputs = cloud.outputs
        s3, where = cloud.client("s3"), {"Bucket": outputs["Inbox"], "Key": "datasets/kept ü.zip"}
        version = s3.put_object(**where, Body=b"old")["VersionId"]
        s3.put_object(**where, Body=b"new")
        cloud.client("dynamodb").put_item(TableName=outputs["Table"], Item={"pk": {"S": "kept"}})
    assert left(tmp_path) == []
    write_assembly(assembly, timeout_s=7, extra=web_resources())
    with LocalCloud(assembly, build=build, state=state) as cloud:
        assert cloud.outputs == outputs  # the stack is updated, not made again
        name = {"FunctionName": outputs["Function"]}
        assert cloud.client("lambda").get_function_configuration(**name)["Timeout"] == 7
        assert json.loads(cloud.client("lambda").invoke(**name, Payload=b"{}")["Payload"].read())["left_ms"] > 3000
        s3 = cloud.client("s3")
        assert s3.get_object(**where)["Body"].read() == b"new"
        assert s3.get_object(**where, VersionId=version, Range="bytes=0-1")["Body"].read() == b"ol"
        found = cloud.client("dynamodb").get_item(TableName=outputs["Table"], Key={"pk": {"S": "kept"}})
        assert found["Item"]["pk"]["S"] == "kept"
        endpoint = cloud.endpoint  # another one than before
        assert httpx.get(f"{endpoint}/v1/things", headers={"Authorization": "Bearer good"}).status_code == 200
    assert left(tmp_path) == []
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", int(endpoint.rpartition(":")[2])))


def test_nothing_is_left_when_its_owner_is_killed(tmp_path, build):
    assembly = write_assembly(tmp_path / "cdk.out", timeout_s=60)
    command = [sys.executable, "-c", OWNER, str(assembly), str(build)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout.readline().startswith("http://127.0.0.1:")
        time.sleep(0.3)  # the function sleeps now
        owner.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 10
    while (found := left(tmp_path)) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert found == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_up_says_how_to_use_it_and_takes_it_down_on_a_signal(tmp_path, number):
    assembly = write_assembly(tmp_path / "cdk.out")
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-u", "-c", UP, str(assembly), "--no-auth"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as running:
        said = iter(running.stdout.readline, "")
        endpoint = next(line for line in said if "Endpoint" in line).split()[1]
        export = next(line for line in said if f"AWS_ENDPOINT_URL={endpoint} " in line)
        given = dict(item.split("=", 1) for item in export.split()[1:])
        session = boto3.Session(given["AWS_ACCESS_KEY_ID"], given["AWS_SECRET_ACCESS_KEY"])
        assert session.client("s3", endpoint_url=endpoint, region_name="us-east-1").list_buckets()["Buckets"]
        running.send_signal(number)
        assert running.wait(15) == 0
    assert left(tmp_path) == []


def test_functions_end_when_the_emulator_is_killed(tmp_path, build):
    with LocalCloud(write_assembly(tmp_path / "cdk.out"), build=build) as cloud:
        cloud.client("lambda").invoke(FunctionName=cloud.outputs["Function"], Payload=b"{}")
        cloud.terminate()
        with pytest.raises(LocalCloudError, match="has ended"):
            cloud.wait()
    deadline = time.monotonic() + 10
    while (found := left(tmp_path)) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert found == []


def test_a_stack_that_fails_says_which_resource_and_why(tmp_path, build):
    with pytest.raises(DeployError, match=r"Bad \(AWS::Logs::LogStream\): \S+"):
        LocalCloud(write_assembly(tmp_path / "cdk.out", broken=True), build=build).start()
    assert left(tmp_path) == []


def test_a_port_that_is_taken_is_said(tmp_path, build, capfd):
    assembly = write_assembly(tmp_path / "cdk.out")
    with LocalCloud(assembly, build=build) as cloud:
        port = int(cloud.endpoint.rpartition(":")[2])
        with pytest.raises(LocalCloudError):
            LocalCloud(assembly, port=port, build=build).start()
    assert re.search(rf"port {port} of 127.0.0.1 is taken", capfd.readouterr().err)


def test_what_a_crash_left_is_swept(tmp_path):
    living = Scratch()
    dead = living.path.with_name(PREFIX + "dead")
    dead.mkdir()
    (dead / "owner.lock").touch()
    assert sweep(tmp_path) == [dead]
    assert living.path.is_dir()
    living.remove()


def test_the_same_files_give_the_same_zip(tmp_path):
    folder = tmp_path / "files"
    (folder / "b").mkdir(parents=True)
    (folder / "b" / "two.py").write_text("2")
    (folder / "one.py").write_text("1")
    zip_folder(folder, tmp_path / "first.zip")
    os.utime(folder / "one.py", (0, 0))
    zip_folder(folder, tmp_path / "second.zip")
    assert (tmp_path / "first.zip").read_bytes() == (tmp_path / "second.zip").read_bytes()


def test_synthesis_runs_once_until_a_source_changes(tmp_path, monkeypatch):
    monkeypatch.delenv("PYTHONPATH", raising=False)
    monkeypatch.setattr(synth, "ROOT", tmp_path)
    monkeypatch.setattr(synth, "ASSEMBLIES", tmp_path / "build")
    (tmp_path / "infra").mkdir()
    (tmp_path / "cdk.json").write_text("{}")
    (tmp_path / "infra" / "app.py").write_text(
        "import pathlib, sys\n"
        "out = pathlib.Path(sys.argv[1].removeprefix('--output=')); out.mkdir(parents=True)\n"
        "(out / 'context').write_text(sys.argv[2])\n"
    )
    first = synth.synthesized(target="local")
    assert (first / "context").read_text() == "--context=target=local"
    made = (first / "context").stat().st_mtime_ns
    assert synth.synthesized(target="local") == first
    assert (first / "context").stat().st_mtime_ns == made
    (tmp_path / "infra" / "stack.py").write_text("changed = True\n")
    assert synth.synthesized(target="local") != first
