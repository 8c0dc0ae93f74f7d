"""The first token of a service, made with the operator's credentials."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from cloud_tools import Cloud

from labelmill.client.config import load
from labelmill_aws.access.tokens import Tokens

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def stack(cloud: Cloud) -> str:
    """A stack with the outputs that matter."""
    template = {
        "Resources": {"Parameter": {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": "x"}}},
        "Outputs": {"TableName": {"Value": cloud.table.name}, "ApiUrl": {"Value": "https://api.example.com"}},
    }
    name = f"stack-{cloud.tag}"
    cloud.clients.cloudformation.create_stack(StackName=name, TemplateBody=json.dumps(template))
    cloud.clients.cloudformation.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
    return name


def run(*arguments: str, config: Path) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"LABELMILL_CONFIG": str(config)}
    environment["PYTHONPATH"] = str(ROOT / "layers/core/python")
    command = [sys.executable, "-m", "labelmill_aws.access.first_token", *arguments]
    return subprocess.run(command, env=environment, cwd=config.parent, capture_output=True, text=True, check=False)


def test_it_goes_into_a_profile_and_nowhere_else(cloud: Cloud, stack: str, tmp_path: Path) -> None:
    config = tmp_path / "config.json"
    done = run("--stack", stack, "--organization", "städte", "--role", "editor", config=config)
    assert (done.returncode, done.stdout) == (0, "")
    profile = load(config).profiles[stack]
    assert (profile.url, profile.organization) == ("https://api.example.com", "städte")
    grant = Tokens(cloud.table).check(profile.token)
    assert (grant.organization, grant.role, grant.name) == ("städte", "editor", "first")
    assert cloud.table.get("ORG#städte", "ORG")
    assert profile.token not in done.stderr and stack in done.stderr
    assert config.stat().st_mode & 0o777 == 0o600


def test_it_is_printed_on_request(cloud: Cloud, stack: str, tmp_path: Path) -> None:
    config = tmp_path / "config.json"
    done = run("--stack", stack, "--print", "--name", "deploy", config=config)
    assert (done.returncode, done.stderr) == (0, "")
    assert Tokens(cloud.table).check(done.stdout.rstrip("\n")).role == "admin"
    assert not config.exists()


def test_a_token_that_nobody_got_is_revoked(cloud: Cloud, stack: str, tmp_path: Path) -> None:
    config = tmp_path / "config.json"
    config.write_text("broken")
    done = run("--stack", stack, config=config)
    assert done.returncode == 1
    assert done.stderr.startswith("first_token: ") and len(done.stderr.splitlines()) == 1
    assert [bool(row.revoked) for row in Tokens(cloud.table).page("default", 50).rows] == [True]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--stack", "nothing"], 1, "nothing"),
        (["--organization", "a/b"], 2, "--organization"),
        (["--organization", ".."], 2, "--organization"),
        (["--name", "a\nb"], 2, "--name"),
        (["--role", "root"], 2, "--role"),
        (["--days", "0"], 2, "--days"),
    ],
)
def test_mistakes_are_said_in_a_line(cloud: Cloud, tmp_path: Path, arguments: list[str], code: int, said: str) -> None:
    done = run(*arguments, config=tmp_path / "config.json")
    assert done.returncode == code
    assert said in done.stderr.splitlines()[-1] and "Traceback" not in done.stderr
