"""The whole story with nothing but ``labelmill.Client``, against the deployed service in the local cloud."""

from __future__ import annotations

import json
import os
import uuid
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_tools import MAP_TEXT, Dataset, archives, zip_of
from e2e_service import Service

import labelmill
from labelmill.client.downloading import Downloader
from labelmill.client.transfers import Storage
from labelmill.errors import ConflictError, NotFoundError, ServiceError, TokenRefusedError, TransferError

FORMATS = ("COCO", "YOLO", "PASCAL")


class Counter:
    """A progress callback; ``limit`` bytes, and then somebody pulls the plug."""

    def __init__(self, limit: int | None = None) -> None:
        self.size_bytes = self.done = 0
        self.steps: list[int] = []
        self.limit = limit

    def start(self, size_bytes: int, what: str) -> None:
        """It begins."""
        self.size_bytes, self.done, self.steps, self.what = size_bytes, 0, [], what

    def advance(self, size_bytes: int) -> None:
        """It goes on, or breaks."""
        self.done += size_bytes
        self.steps.append(size_bytes)
        if self.limit is not None and self.what != "packing" and self.done > self.limit:
            raise ConnectionAbortedError("the plug was pulled")


@pytest.fixture
def client(service: Service) -> Iterator[labelmill.Client]:
    """An admin of an organization of this test's own."""
    token = service.cloud.token(f"org-{uuid.uuid4().hex[:8]}")
    with labelmill.Client(service.cloud.api_url, token) as made:
        yield made


@pytest.fixture
def workspace(client: labelmill.Client) -> str:
    name = f"ws {uuid.uuid4().hex[:8]} ü%#"
    return client.workspaces.create(name, auto_formats=[]).name


def test_the_story(service: Service, client: labelmill.Client, tmp_path: Path) -> None:
    me = client.me()
    assert me.role == "admin"
    assert {one.id for one in client.formats()} >= set(FORMATS)

    # a map, and a workspace that includes it
    with pytest.raises(ServiceError) as refused:
        client.maps.create("toys", MAP_TEXT.replace(": 5\n", ": 6\n").replace("'Cube'", "'Cube"))
    assert refused.value.slug == "bad-map"
    assert refused.value.problems
    assert all(problem.where.startswith("line ") for problem in refused.value.problems)
    made = client.maps.create("toys", MAP_TEXT, description="Blocks and globes", tags={"team": "a"})
    assert [one.name for one in made.class_names] == ["Block", "Globe"]
    with pytest.raises(ConflictError):
        client.maps.create("toys", MAP_TEXT)
    assert client.maps.download("toys") == MAP_TEXT.encode()
    edited = client.maps.edit("toys", description="", revision=made.revision)
    assert edited.description == ""
    with pytest.raises(ConflictError) as changed:
        client.maps.edit("toys", description="mine", revision=made.revision)
    assert changed.value.slug == "changed"
    workspace = client.workspaces.create(f"ws-{uuid.uuid4().hex[:8]}", auto_formats=[], included_maps=[]).name
    assert client.workspaces.include(workspace, ["toys"]).included == ["toys"]
    assert [one.name for one in client.workspaces.list()] == [workspace]

    # who is told
    queue_url, queue_arn = service.queue()
    subscription = client.subscriptions.create(
        "sqs", queue_arn, workspaces=[workspace], statuses=["complete", "failed"]
    )
    assert client.subscriptions.get(subscription.id).status == "confirmed"

    # a dataset, in three formats
    toys = Dataset(tmp_path / "toys")
    counter = Counter()
    dataset = client.datasets.upload(toys.path, workspace, progress=counter)
    assert counter.done == counter.size_bytes == dataset.size_bytes
    assert dataset == client.datasets.get(f"{workspace}/toys")
    effect = client.maps.check(MAP_TEXT, dataset=dataset.id).explain
    assert effect is not None
    assert [rule.objects for rule in effect.rules] == [2, 1]
    asked = [client.annotations.request(dataset.id, one, map="toys") for one in FORMATS]
    last = {one.id: one for one in client.annotations.watch(*(one.id for one in asked), timeout_s=60)}
    assert {(one.format, one.status, one.progress.fraction) for one in last.values()} == {
        (format_id, "complete", 1) for format_id in FORMATS
    }
    (tmp_path / "toys.yml").write_text(MAP_TEXT)
    expected = archives(toys.path, tmp_path / "expected", FORMATS, tmp_path / "toys.yml")
    for one in asked:
        path = client.annotations.download(one.id, tmp_path / "labels")
        assert (path.name, path.read_bytes()) == expected[one.format]
        with zipfile.ZipFile(path) as opened:
            assert opened.testzip() is None
    assert client.annotations.request(dataset.id, "COCO", map="toys").id == asked[0].id
    assert [one.format for one in client.annotations.list(workspace=workspace)] == [*reversed(FORMATS)]
    assert [one.id for one in client.annotations.list(dataset=dataset.id, format="YOLO")] == [asked[1].id]
    assert not list(client.annotations.list())  # nothing is open

    # one that fails, and why
    bad = Dataset(tmp_path / "bad")
    bad.write("annotations/b-ana.json", "[]")
    client.datasets.upload(zip_of(bad.path, tmp_path / "bad.zip"), workspace)
    failing = client.annotations.request(f"{workspace}/bad", "YOLO")
    *_, failed = client.annotations.watch(failing.id, timeout_s=60)
    assert (failed.status, failed.errors) == ("failed", 1)
    first = next(client.annotations.log(failed.id, level="ERROR"))
    assert first.file == "annotations/b-ana.json"
    assert "expected a JSON object, found a list of 0" in first.message
    assert next(client.annotations.log(failed.id, order="newest")).message.startswith("failed: ")
    bodies = []

    def received() -> bool:
        batch = service.cloud.client("sqs").receive_message(QueueUrl=queue_url, MaxNumberOfMessages=10)
        bodies.extend(json.loads(json.loads(message["Body"])["Message"]) for message in batch.get("Messages", []))
        return len(bodies) >= 4

    service.cloud.wait_for(received, timeout_s=30)
    assert sorted(body["status"] for body in bodies) == ["complete"] * 3 + ["failed"]

    # somebody who may only look, for a while
    token = client.tokens.create("viewer", "reader", expires_in_days=1)
    assert token.token not in repr(token)
    with labelmill.Client(client.url, token.token) as viewer:
        assert viewer.me().role == "reader"
        with pytest.raises(ServiceError) as forbidden:
            viewer.maps.delete("toys")
        assert (forbidden.value.status, forbidden.value.slug) == (403, "forbidden")
    client.tokens.revoke(token.id)
    with labelmill.Client(client.url, "lm_aaaaaaaaaaaa_" + "x" * 43) as nobody, pytest.raises(TokenRefusedError):
        nobody.me()

    # and everything away again
    assert client.annotations.tag(failed.id, {"look": "yes"}).tags == {"look": "yes"}
    assert client.annotations.cancel(failed.id).status == "failed"
    client.annotations.delete(failed.id)
    with pytest.raises(NotFoundError):
        client.annotations.get(failed.id)
    client.datasets.delete(dataset.id)
    client.datasets.delete(f"{workspace}/bad")
    service.cloud.wait_for(lambda: not list(client.datasets.list(workspace)), timeout_s=30)
    client.workspaces.delete(workspace)
    client.maps.delete("toys")
    client.subscriptions.delete(subscription.id)
    assert not [*client.maps.list(), *client.workspaces.list(), *client.subscriptions.list()]


def test_an_upload_that_breaks_is_gone_on_with(client: labelmill.Client, workspace: str, tmp_path: Path) -> None:
    toys = Dataset(tmp_path / "toys")
    toys.write("images/large.bin", os.urandom(40 << 20))
    with pytest.raises(ConnectionAbortedError):
        client.datasets.upload(toys.path, workspace, "Größe 1 & 2", progress=Counter(limit=25 << 20), threads=1)
    broken = client.datasets.get(f"{workspace}/Größe 1 & 2")
    assert broken.upload is not None
    done = sum(part.size_bytes for part in broken.upload.done)
    assert 0 < done <= 25 << 20
    counter = Counter()
    dataset = client.datasets.upload(toys.path, workspace, "Größe 1 & 2", progress=counter)
    assert (dataset.status, dataset.upload, dataset.id) == ("ready", None, broken.id)
    assert counter.done == counter.size_bytes
    there = {broken.upload.part_bytes}
    assert [step for step in counter.steps if step in there] == [broken.upload.part_bytes] * len(broken.upload.done)
    *_, made = client.annotations.watch(client.annotations.request(dataset.id, "COCO").id, timeout_s=60)
    assert made.status == "complete"
    path = client.annotations.download(made.id, tmp_path)
    assert path.name == made.download_name == "Größe 1 & 2-coco.zip"


def test_a_download_that_breaks_is_gone_on_with(client: labelmill.Client, workspace: str, tmp_path: Path) -> None:
    toys = Dataset(tmp_path / "toys")
    dataset = client.datasets.upload(toys.path, workspace)
    options = {"images": True}
    *_, made = client.annotations.watch(
        client.annotations.request(dataset.id, "YOLO", options=options).id, timeout_s=60
    )
    whole = client.annotations.download(made.id, tmp_path / "whole").read_bytes()
    folder = tmp_path / "broken"
    with Storage() as storage:

        def fetch(counter: Counter) -> Path:
            link = client.annotations.download_url
            return Downloader(lambda: link(made.id), storage, counter, piece_bytes=100).fetch(folder, made.id)

        with pytest.raises(ConnectionAbortedError):
            fetch(Counter(limit=len(whole) // 2))
        assert [entry.suffix for entry in folder.iterdir()] == [".part"]
        counter = Counter()
        path = fetch(counter)
    assert path.read_bytes() == whole
    assert counter.steps[0] >= 100  # what was there
    assert counter.done == len(whole) == made.size_bytes
    assert [entry.name for entry in folder.iterdir()] == [path.name]


def test_a_dataset_that_is_replaced_while_it_is_sent(client: labelmill.Client, workspace: str, tmp_path: Path) -> None:
    path = zip_of(Dataset(tmp_path / "toys").path, tmp_path / "toys.zip")

    class Meddling(Counter):
        def advance(self, size_bytes: int) -> None:
            """Somebody writes the file anew."""
            path.write_bytes(path.read_bytes() + b"x")

    with pytest.raises(TransferError, match="it changed while it was sent"):
        client.datasets.upload(path, workspace, progress=Meddling())
    assert client.datasets.get(f"{workspace}/toys").status == "uploading"
    client.datasets.abort_upload(f"{workspace}/toys")
    assert client.datasets.upload(path, workspace).status == "ready"
