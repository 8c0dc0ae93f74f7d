"""The whole story with nothing but ``labelmill`` commands, against the deployed service in the local cloud."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import uuid
from pathlib import Path
from typing import Any

import pytest
from cli_tools import MAP_TEXT, Dataset, Result, archives, command
from e2e_service import Service

FORMATS = ("COCO", "YOLO", "PASCAL")


class Person:
    """Somebody with a configuration of their own who types commands."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.env = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "LABELMILL_"))},
            "LABELMILL_CONFIG": str(home / "config" / "config.json"),
        }

    def types(self, *arguments: object, code: int = 0, stdin: str = "") -> str:
        """Run a command that ends with ``code``; tells its stdout."""
        result = self.run(*arguments, stdin=stdin)
        assert result.code == code, result
        return result.out

    def run(self, *arguments: object, stdin: str = "") -> Result:
        done = subprocess.run(
            command(*arguments), cwd=self.home, env=self.env, input=stdin, capture_output=True, text=True, timeout=120
        )
        return Result(done.returncode, done.stdout, done.stderr)

    def sees(self, *arguments: object, code: int = 0) -> Any:
        """Run a command with ``--json``; tells what it printed."""
        return json.loads(self.types(*arguments, "--json", code=code))

    def sees_lines(self, *arguments: object) -> list[Any]:
        """The same for a command that prints a line of JSON for each thing."""
        return [json.loads(line) for line in self.types(*arguments, "--json").splitlines()]


@pytest.fixture
def person(tmp_path: Path) -> Person:
    return Person(tmp_path)


@pytest.fixture
def names() -> tuple[str, str]:
    """An organization and a workspace of this test's own."""
    tag = uuid.uuid4().hex[:8]
    return f"org-{tag}", f"ws-{tag}"


def messages_of(service: Service, queue_url: str, count: int) -> list[dict[str, Any]]:
    """Messages in a queue, when so many have come."""
    found: list[dict[str, Any]] = []

    def receive() -> bool:
        batch = service.cloud.client("sqs").receive_message(QueueUrl=queue_url, MaxNumberOfMessages=10)
        found.extend(json.loads(json.loads(message["Body"])["Message"]) for message in batch.get("Messages", []))
        return len(found) >= count

    service.cloud.wait_for(receive, timeout_s=30)
    return found


def test_the_story(service: Service, person: Person, names: tuple[str, str], tmp_path: Path) -> None:
    organization, workspace = names
    token = service.cloud.token(organization)
    person.types("login", "--url", service.cloud.api_url, "--token-stdin", stdin=token)
    config = tmp_path / "config" / "config.json"
    assert (stat.S_IMODE(config.stat().st_mode), stat.S_IMODE(config.parent.stat().st_mode)) == (0o600, 0o700)

    # a map, and a workspace that includes it
    (tmp_path / "toys.yml").write_text(MAP_TEXT)
    (tmp_path / "wrong.yml").write_text(MAP_TEXT.replace(": 5\n", ": 6\n"))
    wrong = person.run("maps", "create", "toys", "wrong.yml")
    assert (wrong.code, wrong.out) == (1, "")
    assert "labelmill: line 6: " in wrong.err
    assert "Globe" in person.types("maps", "create", "toys", "toys.yml", "--tag", "team=a")
    assert person.types("maps", "download", "toys") == MAP_TEXT
    person.types("workspaces", "create", workspace, "--no-auto-formats", "--include-none")
    person.types("workspaces", "resources", workspace, "--include", "toys")
    in_use = person.run("maps", "delete", "toys", "--yes")
    assert in_use.code == 1
    assert workspace in in_use.err

    # who is told
    queue_url, queue_arn = service.queue()
    person.types("subscriptions", "create", "sqs", queue_arn, "--workspace", workspace)

    # a dataset, in three formats
    toys = Dataset(tmp_path / "toys")
    person.types("datasets", "upload", "toys", workspace)
    place = f"{workspace}/toys"
    effect = person.sees("maps", "check", "toys.yml", "--dataset", place)["explain"]
    assert {rule["rule"]: rule["objects"] for rule in effect["rules"]} == {
        "obj['type'] == 'Cube'": 2,
        "obj['type'] == 'Ball'": 1,
    }
    wanted = [argument for format_id in FORMATS for argument in ("--format", format_id.lower())]
    told = person.types("annotations", "request", place, *wanted, "--map", "toys", "--download", "labels")
    expected = archives(toys.path, tmp_path / "expected", FORMATS, tmp_path / "toys.yml")
    for name, data in expected.values():
        assert (tmp_path / "labels" / name).read_bytes() == data
        assert f"labels/{name}\n" in told
    assert len(list((tmp_path / "labels").iterdir())) == 3
    assert {one["format"] for one in messages_of(service, queue_url, 3)} == set(FORMATS)
    listed = person.sees("annotations", "list", place)
    assert {(one["format"], one["status"], one["map"]) for one in listed} == {(f, "complete", "toys") for f in FORMATS}
    again = person.types("annotations", "request", place, "--format", "coco", "--map", "toys", "--watch")
    assert "complete" in again and "running" not in again  # it was there

    # one that fails, and why
    bad = Dataset(tmp_path / "bad")
    bad.write("annotations/b-ana.json", "[]")
    bad.write("annotations/notes.txt", "mine")
    person.types("datasets", "upload", "bad", workspace)
    failed = person.run("annotations", "request", f"{workspace}/bad", "--format", "yolo", "--watch")
    assert failed.code == 1
    assert "failed: 1 of 3 images could not be converted" in failed.out
    (broken,) = person.sees("annotations", "list", workspace, "--status", "failed")
    log = person.types("annotations", "log", broken["id"])
    assert "ERROR    annotations/b-ana.json: expected a JSON object, found a list of 0\n" in log
    warned = person.sees_lines("annotations", "log", broken["id"], "--level", "WARNING")
    (line,) = [line for line in warned if line["code"] == "file-unknown"]
    assert (line["level"], line["file"], line["count"]) == ("WARNING", "annotations/notes.txt", 1)
    assert f"WARNING  {line['message']} (1, e.g. annotations/notes.txt) [file-unknown]\n" in log
    assert sum(line["count"] for line in warned if line["level"] == "WARNING") == broken["warnings"]
    report = person.sees("annotations", "report", broken["id"])
    assert [one["file"] for one in report["warnings"] if one["code"] == "file-unknown"] == ["annotations/notes.txt"]
    assert sum(one["count"] for one in report["warnings"] + report["losses"]) == broken["warnings"]
    assert "file-unknown" in person.types("annotations", "get", broken["id"])
    assert person.types("annotations", "errors", broken["id"]) == (
        "annotations/b-ana.json: expected a JSON object, found a list of 0\n"
    )
    assert messages_of(service, queue_url, 1)[0]["status"] == "failed"

    # somebody who may only look
    made = person.sees("tokens", "create", "viewer", "--role", "reader")
    viewer = Person(tmp_path)
    viewer.env |= {"LABELMILL_URL": service.cloud.api_url, "LABELMILL_TOKEN": made["token"]}
    assert len(viewer.sees("datasets", "list", workspace)) == 2
    refused = viewer.run("datasets", "delete", place, "--yes")
    assert refused.code == 1
    assert "editor" in refused.err
    person.types("tokens", "revoke", made["id"], "--yes")
    assert [one["status"] for one in person.sees("tokens", "list") if one["name"] == "viewer"] == ["revoked"]

    # and everything away again
    person.types("annotations", "tag", broken["id"], "--tag", "look=yes")
    assert person.sees("annotations", "get", broken["id"])["tags"] == {"look": "yes"}
    person.types("annotations", "delete", broken["id"], "--yes")
    person.types("datasets", "delete", place, f"{workspace}/bad", "--yes")
    service.cloud.wait_for(lambda: not person.sees("datasets", "list", workspace), timeout_s=30)
    person.types("workspaces", "delete", workspace, "--yes")
    person.types("maps", "delete", "toys", "--yes")
    (subscription,) = person.sees("subscriptions", "list")
    person.types("subscriptions", "delete", subscription["id"], "--yes")
    assert (
        person.sees("maps", "list") == person.sees("workspaces", "list") == person.sees("subscriptions", "list") == []
    )
    person.types("logout")
    assert person.run("maps", "list").code == 2


def test_another_organization_is_not_there(service: Service, person: Person, names: tuple[str, str]) -> None:
    organization, workspace = names
    person.types("login", "--url", service.cloud.api_url, "--token-stdin", stdin=service.cloud.token(organization))
    person.types("workspaces", "create", workspace)
    person.types(
        "login", "--profile", "other", "--url", service.cloud.api_url, "--token-stdin",
        stdin=service.cloud.token(f"{organization}-other"),
    )  # fmt: skip
    for line in (["workspaces", "get", workspace], ["datasets", "list", workspace], ["annotations", "list", workspace]):
        result = person.run(*line)
        assert (result.code, result.out) == (1, "")
        assert result.err == f"labelmill: there is no workspace '{workspace}' in your organization\n"
    assert person.sees("workspaces", "get", workspace, "--profile", "default")["name"] == workspace


def test_an_upload_that_is_interrupted(
    service: Service, person: Person, names: tuple[str, str], tmp_path: Path
) -> None:
    organization, workspace = names
    token = service.cloud.token(organization)
    person.types("login", "--url", service.cloud.api_url, "--token-stdin", stdin=token)
    person.types("workspaces", "create", workspace, "--no-auto-formats")
    toys = Dataset(tmp_path / "toys")
    toys.write("images/large.bin", os.urandom(40 << 20))
    service.fault("delay", service="s3", operation="UploadPart", skip=2, delay_s=3)
    with subprocess.Popen(
        command("datasets", "upload", "toys", workspace, "--threads", "1"), cwd=tmp_path, env=person.env,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as running:  # fmt: skip
        service.wait_for_fault()
        running.send_signal(signal.SIGINT)
        assert running.wait(30) == 130
        assert running.stderr is not None
        assert running.stderr.read() == b"labelmill: interrupted; the same command goes on with what has arrived\n"
    (before,) = person.sees("datasets", "list", workspace)
    assert before["status"] == "uploading"
    assert 0 < len(before["upload"]["done"]) < before["upload"]["parts"]
    assert "parts, until" in person.types("datasets", "get", f"{workspace}/toys")
    after = person.sees("datasets", "upload", "toys", workspace)
    assert (after["status"], after["upload"]) == ("ready", None)
    told = person.types("annotations", "request", f"{workspace}/toys", "--format", "yolo", "--watch")
    assert "3 of 3 images" in told
