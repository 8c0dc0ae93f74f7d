"""Fetching labels through connections that break, and names that would leave the folder."""

from __future__ import annotations

import fcntl
import os
import random
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from fake_service import Answer, FakeService, problem

from labelmill.client import part_file
from labelmill.client.client import Client
from labelmill.client.downloading import Downloader, safe_name
from labelmill.client.models import Download
from labelmill.client.part_file import PartFile
from labelmill.client.transfers import TRIES, Storage
from labelmill.errors import ConflictError, OutputError, TransferError

Fetch = Callable[..., Path]


@pytest.fixture
def fetch(service: FakeService, client: Client, tmp_path: Path) -> Fetch:
    """Fetches the service's file of ten pieces and a bit."""
    service.file = random.Random(2).randbytes(10_300)

    def run(**more: object) -> Path:
        with Storage() as storage:
            return Downloader(
                lambda: client.annotations.download_url("an-1"),
                storage,
                piece_bytes=1000,
                **more,  # type: ignore[arg-type]
            ).fetch(tmp_path / "out", "an-1")

    return run


def pieces(service: FakeService) -> list[str]:
    """What was asked for, in the order of bytes."""
    ranges = [one.headers["range"].removeprefix("bytes=") for one in service.seen("GET", "/storage/")]
    return sorted(ranges, key=lambda text: int(text.partition("-")[0]))


def test_a_file_in_pieces(fetch: Fetch, service: FakeService, tmp_path: Path) -> None:
    told = SimpleNamespace(starts=[], steps=[])
    told.start = lambda size, what: told.starts.append((size, what))
    told.advance = told.steps.append
    path = fetch(progress=told)
    assert path == tmp_path / "out" / "toys-coco.zip"
    assert path.read_bytes() == service.file
    assert [entry.name for entry in path.parent.iterdir()] == ["toys-coco.zip"]
    assert pieces(service) == [f"{n * 1000}-{min(n * 1000 + 999, 10_299)}" for n in range(11)]
    assert (told.starts, sum(told.steps)) == ([(10_300, "fetching")], 10_300)
    for one in service.seen("GET", "/storage/"):
        assert one.headers["if-match"] == f'"{service.etag}"'
        assert "authorization" not in one.headers


@pytest.mark.parametrize("size", [0, 1, 999, 1000, 1001, 2000])
def test_sizes_around_a_piece(size: int, fetch: Fetch, service: FakeService) -> None:
    service.file = service.file[:size]
    assert fetch().read_bytes() == service.file
    assert len(pieces(service)) == -(-size // 1000)


def test_through_the_client(service: FakeService, client: Client, tmp_path: Path) -> None:
    service.file = b"labels"
    (tmp_path / "toys-coco.zip").write_bytes(b"older and longer")
    assert client.annotations.download("an-1", tmp_path).read_bytes() == b"labels"
    service.fault(problem(409, "not-complete", "It is running."))
    with pytest.raises(ConflictError, match=r"^It is running\.$"):
        client.annotations.download("an-1", str(tmp_path))


def test_a_piece_that_breaks_is_gone_on_with(fetch: Fetch, service: FakeService) -> None:
    service.fault(Answer(break_after=300), "GET", "/storage/", times=3)
    service.fault(Answer(break_after=-1), "GET", "/storage/", times=2)
    service.fault(Answer(503, b"<Code>SlowDown</Code>"), "GET", "/storage/", times=2)
    assert fetch().read_bytes() == service.file
    assert len(pieces(service)) == 11 + 7
    starts = {int(text.partition("-")[0]) for text in pieces(service)}
    assert len([start for start in starts if start % 1000]) == 3


def test_a_slow_line_is_patient_as_long_as_something_comes(fetch: Fetch, service: FakeService) -> None:
    service.file = service.file[:1000]
    service.fault(Answer(break_after=50), "GET", "/storage/", times=TRIES + 5)
    assert fetch().read_bytes() == service.file


def test_a_url_that_expires(fetch: Fetch, service: FakeService) -> None:
    service.fault(Answer(403, b"<Code>AccessDenied</Code>"), "GET", r"signature=1$", times=99, after=3)
    assert fetch().read_bytes() == service.file
    assert len(service.seen("GET", "/download$")) == 2


def test_a_break_asks_for_no_new_url(fetch: Fetch, service: FakeService) -> None:
    service.fault(Answer(break_after=300), "GET", "/storage/", times=3)
    fetch()
    assert len(service.seen("GET", "/download$")) == 1


def test_gone_on_with_after_a_break(fetch: Fetch, service: FakeService, tmp_path: Path) -> None:
    service.fault(Answer(404, b""), "GET", "/storage/", times=1, after=4)
    with pytest.raises(TransferError, match="storage answered 404"):
        fetch()
    (part,) = (tmp_path / "out").iterdir()
    assert part.name.startswith("toys-coco.zip.")
    assert part.name.endswith(".part")
    before = len(pieces(service))
    told: list[int] = []
    path = fetch(progress=SimpleNamespace(start=lambda *_: None, advance=told.append))
    assert path.read_bytes() == service.file
    assert [entry.name for entry in path.parent.iterdir()] == ["toys-coco.zip"]
    assert len(pieces(service)) - before < 11
    assert sum(told) == 10_300
    assert told[0] >= 1000


def test_what_is_left_of_another_file_is_not_used(fetch: Fetch, service: FakeService, tmp_path: Path) -> None:
    service.fault(Answer(404, b""), "GET", "/storage/", times=1, after=4)
    with pytest.raises(TransferError):
        fetch()
    service.file = bytes(reversed(service.file))
    path = fetch()
    assert path.read_bytes() == service.file
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


def test_made_anew_while_it_is_fetched(fetch: Fetch, service: FakeService, tmp_path: Path) -> None:
    original = service._storage

    def storage(asked: object, path: str) -> Answer:
        answer = original(asked, path)  # type: ignore[arg-type]
        if len(pieces(service)) >= 3:
            service.file = b"x" * 10_300
        return answer

    service._storage = storage  # type: ignore[method-assign]
    with pytest.raises(TransferError, match=r"^toys-coco\.zip: it was made anew while it was fetched; fetch it again$"):
        fetch()
    assert not (tmp_path / "out" / "toys-coco.zip").exists()
    assert fetch().read_bytes() == service.file


@pytest.mark.parametrize(
    ("headers", "text"),
    [
        ({"content-range": "bytes 0-999/9"}, "storage answered with another piece: expected bytes 0-999/10300, found "),
        ({}, "storage answered with another piece: expected bytes 0-999/10300, found ''"),
        ({"etag": '"other"'}, "toys-coco.zip: it was made anew while it was fetched"),
    ],
)
def test_a_wrong_piece_is_refused(headers: dict[str, str], text: str, fetch: Fetch, service: FakeService) -> None:
    service.file = service.file[:1000] + b"x" * 9300
    service.fault(Answer(206, b"y" * 1000, headers), "GET", "/storage/", times=99)
    with pytest.raises(TransferError) as told:
        fetch()
    assert text.split("expected")[0] in str(told.value)


def test_more_than_was_asked_for(fetch: Fetch, service: FakeService) -> None:
    service.file = service.file[:1000]
    answer = Answer(206, b"y" * 1001, {"content-range": "bytes 0-999/1000", "etag": f'"{service.etag}"'})
    service.fault(answer, "GET", "/storage/")
    with pytest.raises(TransferError, match="storage sent more bytes than were asked for"):
        fetch()


def test_only_one_process_fetches_a_file(fetch: Fetch, service: FakeService, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    with (
        PartFile(tmp_path / "out" / "toys-coco.zip", 10_300, service.etag, 1000),
        pytest.raises(TransferError, match=r"\.part: another process is fetching it$"),
    ):
        fetch()
    assert fetch().read_bytes() == service.file
    assert fcntl


def test_no_room(fetch: Fetch, service: FakeService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(part_file.shutil, "disk_usage", lambda _: SimpleNamespace(free=10_000))
        with pytest.raises(OutputError, match=r"toys-coco\.zip: it takes 10,311 bytes, and 10,000 are free$"):
            fetch()
        assert not pieces(service)
    assert fetch().read_bytes() == service.file


def test_places_that_can_not_be_written(fetch: Fetch, service: FakeService, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine")
    with pytest.raises(OutputError, match=r"can't be written: "):
        fetch()
    (tmp_path / "out").unlink()
    (tmp_path / "out" / "toys-coco.zip" / "mine").mkdir(parents=True)
    with pytest.raises(OutputError, match=r"toys-coco\.zip: can't be written: "):
        fetch()


def test_a_link_in_the_way_is_not_followed(fetch: Fetch, service: FakeService, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    part = PartFile(tmp_path / "out" / "toys-coco.zip", 10_300, service.etag, 1000)
    part.__exit__(None, None, None)
    victim = tmp_path / "victim"
    victim.write_text("mine")
    part._path.unlink()
    part._path.symlink_to(victim)
    with pytest.raises(OutputError):
        fetch()
    assert victim.read_text() == "mine"
    part._path.unlink()
    (tmp_path / "out" / "toys-coco.zip").symlink_to(victim)
    assert fetch().read_bytes() == service.file
    assert victim.read_text() == "mine"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("toys-coco-map.zip", "toys-coco-map.zip"),
        ("Wörter 日本 😀.zip", "Wörter 日本 😀.zip"),
        ("../../etc/passwd", "passwd"),
        ("/etc/passwd", "passwd"),
        ("C:\\windows\\x.zip", "x.zip"),
        ("..", "an-1.zip"),
        ("", "an-1.zip"),
        ("/", "an-1.zip"),
        (".bashrc", "bashrc"),
        ("...zip", "zip"),
        ("a\nb\x1b[31m\0.zip", "a_b_[31m_.zip"),
        ("a:b<c>|d?.zip", "a_b_c__d_.zip"),
        (" a. ", "a"),
        ("x" * 300 + ".zip", "x" * 216 + ".zip"),
        ("ü" * 300 + ".zip", "ü" * 108 + ".zip"),
    ],
)
def test_names_stay_in_the_folder(name: str, expected: str, fetch: Fetch, service: FakeService, tmp_path: Path) -> None:
    assert safe_name(name, "an-1.zip") == expected
    service.file_name = name
    path = fetch()
    assert path.parent == tmp_path / "out"
    assert os.listdir(tmp_path / "out") == [expected]  # noqa: PTH208
    assert path.read_bytes() == service.file


def test_urls_are_not_shown() -> None:
    link = Download(url="https://s3.example/x?X-Amz-Signature=secret", name="n", size_bytes=1, etag="e", expires="")
    assert "secret" not in repr(link) + str(link)
