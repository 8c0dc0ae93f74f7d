"""Sending a dataset through connections that break and storage that errs."""

from __future__ import annotations

import hashlib
import os
import random
import threading
import tracemalloc
import zipfile
from pathlib import Path

import pytest
from fake_service import Answer, Asked, FakeService, problem

from labelmill.client import packing, transfers
from labelmill.client.client import Client
from labelmill.client.packing import pack_folder
from labelmill.client.sent_file import SentFile
from labelmill.client.transfers import TRIES
from labelmill.errors import (
    DatasetError,
    LabelmillError,
    NotFoundError,
    OptionError,
    OutputError,
    ServiceError,
    TransferError,
)
from labelmill.sample import write_sample
from labelmill.source.open_source import open_source


class Told:
    """A progress callback that keeps what it is told."""

    def __init__(self) -> None:
        self.starts: list[tuple[int, str]] = []
        self.steps: list[int] = []

    def start(self, size_bytes: int, what: str) -> None:
        self.starts.append((size_bytes, what))
        self.steps = []

    def advance(self, size_bytes: int) -> None:
        self.steps.append(size_bytes)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file of ten parts and a bit."""
    path = tmp_path / "toys.zip"
    path.write_bytes(random.Random(1).randbytes(10_300))
    return path


def sent(service: FakeService) -> list[int]:
    """Numbers of the parts that were sent, as often as they were."""
    return sorted(int(one.path.partition("?")[0].rpartition("/")[2]) for one in service.seen("PUT", "/storage/"))


def test_a_file_in_parts(file: Path, service: FakeService, client: Client) -> None:
    told = Told()
    made = client.datasets.upload(file, "ws", progress=told)
    assert service.complete == file.read_bytes()
    assert (made.name, made.workspace, made.status) == ("toys", "ws", "ready")
    assert sent(service) == list(range(1, 12))
    body = service.seen("POST", "/v1/workspaces/ws/datasets$")[0].json
    assert {name: body[name] for name in ("name", "suffix", "size_bytes")} == {
        "name": "toys",
        "suffix": ".zip",
        "size_bytes": 10_300,
    }
    assert told.starts == [(10_300, "sending")]
    assert sum(told.steps) == 10_300
    for one in service.seen("PUT", "/storage/"):
        assert "authorization" not in one.headers
        assert "transfer-encoding" not in one.headers


@pytest.mark.parametrize(
    ("name", "suffix", "dataset"),
    [("a.tar", ".tar", "a"), ("a.tar.gz", ".tar.gz", "a"), ("A.B.TGZ", ".tgz", "A.B"), ("x y.ZIP", ".zip", "x y")],
)
def test_kinds_of_files(
    name: str, suffix: str, dataset: str, tmp_path: Path, client: Client, service: FakeService
) -> None:
    (tmp_path / name).write_bytes(b"data")
    client.datasets.upload(str(tmp_path / name), "ws")
    body = service.seen("POST", "/datasets$")[0].json
    assert (body["suffix"], body["name"]) == (suffix, dataset)
    client.datasets.upload(tmp_path / name, "ws", "other name")
    assert service.seen("POST", "/datasets$")[1].json["name"] == "other name"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("missing.zip", "{path}: there is no such file or folder"),
        ("a.rar", "{path}: expected a folder, .zip, .tar, .tar.gz or .tgz"),
        (".zip", "{path}: expected a folder, .zip, .tar, .tar.gz or .tgz"),
        ("empty.zip", "{path}: the file is empty"),
        ("folder", "{path}: expected a dataset with a folder 'annotations', found none of its files"),
    ],
)
def test_what_is_no_dataset(name: str, text: str, tmp_path: Path, client: Client, service: FakeService) -> None:
    (tmp_path / "a.rar").write_bytes(b"x")
    (tmp_path / ".zip").write_bytes(b"x")
    (tmp_path / "empty.zip").touch()
    (tmp_path / "folder" / "other").mkdir(parents=True)
    with pytest.raises(LabelmillError) as told:
        client.datasets.upload(tmp_path / name, "ws")
    assert str(told.value) == text.format(path=tmp_path / name)
    assert not service.asked


def test_parts_that_fail_are_sent_again(file: Path, service: FakeService, client: Client) -> None:
    told = Told()
    service.fault(Answer(503, b"<Error><Code>SlowDown</Code></Error>", {"retry-after": "0"}), "PUT", "/part/2", times=2)
    service.fault(Answer(break_after=-1), "PUT", "/part/3", times=2)
    service.fault(Answer(200, None, {"etag": '"d41d8cd98f00b204e9800998ecf8427e"'}), "PUT", "/part/4")
    service.fault(Answer(200, None), "PUT", "/part/5")
    service.fault(Answer(403, b"<Error><Code>AccessDenied</Code></Error>"), "PUT", r"/part/6\?")
    client.datasets.upload(file, "ws", progress=told)
    assert service.complete == file.read_bytes()
    assert sum(told.steps) == 10_300
    assert min(told.steps) < 0
    assert {n: sent(service).count(n) for n in range(1, 8)} == {1: 1, 2: 3, 3: 3, 4: 2, 5: 2, 6: 2, 7: 1}
    sixth = [one.path for one in service.seen("PUT", r"/part/6\?")]
    assert len(set(sixth)) == 2  # the URL may have expired: another one


def test_storage_that_always_errs(file: Path, service: FakeService, client: Client) -> None:
    service.fault(Answer(200, None, {"etag": '"wrong"'}), "PUT", "/part/4", times=99)
    with pytest.raises(TransferError, match=r"^part 4: storage has other bytes than were sent: expected MD5 \w+, f"):
        client.datasets.upload(file, "ws")
    assert sent(service).count(4) == TRIES
    assert service.complete is None
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("labelmill")]


@pytest.mark.parametrize("status", [404, 405, 501, 302])
def test_storage_that_refuses_for_good(status: int, file: Path, service: FakeService, client: Client) -> None:
    service.fault(Answer(status, b"<Error><Code>NoSuchUpload</Code></Error>"), "PUT", "/part/1", times=99)
    with pytest.raises(TransferError, match=rf"^127\.0\.0\.1: storage answered {status} \(NoSuchUpload\)$"):
        client.datasets.upload(file, "ws", threads=1)
    assert sent(service) == [1]


def test_gone_on_with_after_a_break(file: Path, tmp_path: Path, service: FakeService, client: Client) -> None:
    service.fault(Answer(404, b""), "PUT", "/part/7", times=1)
    with pytest.raises(TransferError):
        client.datasets.upload(file, "ws", threads=1)
    assert sent(service) == [1, 2, 3, 4, 5, 6, 7]
    service.parts[3] = b"x" * 1000  # of the right size, but other bytes
    service.parts[5] = service.parts[5][:-1]
    copy = tmp_path / "copies" / "toys.zip"
    copy.parent.mkdir()
    copy.write_bytes(file.read_bytes())
    told = Told()
    client.datasets.upload(copy, "ws", progress=told)
    assert service.complete == file.read_bytes()
    assert sent(service)[7:] and sorted(sent(service)) == [1, 2, 3, 3, 4, 5, 5, 6, 7, 7, 8, 9, 10, 11]
    assert sum(told.steps) == 10_300
    numbers = [number for one in service.seen("POST", "/parts$")[1:] for number in one.json["numbers"]]
    assert not {1, 2, 4, 6} & set(numbers)


def test_another_file_of_the_same_name(file: Path, service: FakeService, client: Client) -> None:
    prints = set()
    for change in (
        lambda data: data,
        lambda data: b"x" + data[1:],
        lambda data: data[:-1] + b"x",
        lambda data: data * 2,
    ):
        file.write_bytes(change(file.read_bytes()))
        client.datasets.upload(file, "ws")
        assert service.complete == file.read_bytes()
        prints.add(service.seen("POST", "/datasets$")[-1].json["fingerprint"])
    assert len(prints) == 4
    os.utime(file, (1, 1))
    client.datasets.upload(file, "ws")
    assert service.seen("POST", "/datasets$")[-1].json["fingerprint"] in prints


def test_parts_that_storage_has_lost_are_sent_again(file: Path, service: FakeService, client: Client) -> None:
    service.fault(Answer(200, None, {"etag": f'"{md5_of(file, 2)}"'}), "PUT", "/part/2", times=2)
    told = Told()
    client.datasets.upload(file, "ws", progress=told)
    assert service.complete == file.read_bytes()
    assert sent(service).count(2) == 3
    assert len(sent(service)) == 13
    assert sum(told.steps) == 10_300


def md5_of(file: Path, number: int) -> str:
    return hashlib.md5(file.read_bytes()[(number - 1) * 1000 : number * 1000]).hexdigest()


def test_parts_that_storage_never_keeps(file: Path, service: FakeService, client: Client) -> None:
    service.fault(Answer(200, None, {"etag": f'"{md5_of(file, 2)}"'}), "PUT", "/part/2", times=99)
    with pytest.raises(ServiceError, match=r"Parts are missing: \[2\]"):
        client.datasets.upload(file, "ws")


def test_a_workspace_that_there_is_not(file: Path, service: FakeService, client: Client) -> None:
    service.fault(problem(404, "not-found", "-"), "POST", "/datasets$")
    with pytest.raises(NotFoundError, match=r"^there is no workspace 'ws' in your organization"):
        client.datasets.upload(file, "ws")


@pytest.mark.parametrize("change", ["grow", "shrink", "touch"])
def test_a_file_that_changes_while_it_is_sent(change: str, file: Path, service: FakeService, client: Client) -> None:
    def alter(asked: Asked) -> None:
        data = file.read_bytes()
        if change == "touch":
            os.utime(file, (1, 1))
        else:
            file.write_bytes(data + b"x" if change == "grow" else data[:-1])

    original = service._storage
    service._storage = lambda asked, path: (alter(asked), original(asked, path))[1]  # type: ignore[method-assign]
    with pytest.raises(TransferError) as told:
        client.datasets.upload(file, "ws")
    assert str(told.value) == f"{file}: it changed while it was sent; send it again when it is finished"
    assert service.complete is None


def test_storage_must_be_safe(file: Path, service: FakeService, client: Client) -> None:
    service.fault(
        Answer(200, {"parts": [{"number": 1, "url": "http://s3.example/x", "size_bytes": 1}], "expires": ""}),
        path="/parts$",
    )
    with pytest.raises(TransferError, match=r"^s3\.example: files are sent and fetched by https only$"):
        client.datasets.upload(file, "ws", threads=1)


def test_interrupted(file: Path, service: FakeService, client: Client) -> None:
    class Interrupting(Told):
        def advance(self, size_bytes: int) -> None:
            super().advance(size_bytes)
            if len(self.steps) == 4:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        client.datasets.upload(file, "ws", progress=Interrupting(), threads=1)
    assert 3 <= len(sent(service)) <= 5
    assert service.complete is None
    client.datasets.upload(file, "ws")
    assert service.complete == file.read_bytes()
    assert len(sent(service)) <= 13


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    path = tmp_path / "big.zip"
    with path.open("wb") as out:
        out.truncate(96 << 20)
    with path.open("rb") as file:
        source = SentFile(file, path)
        tracemalloc.start()
        assert source.md5(0, source.size_bytes)
        assert source.fingerprint()
        assert sum(map(len, source.chunks(0, source.size_bytes))) == 96 << 20
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 4 * transfers.CHUNK_BYTES


# --- folders -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("packed") / "toys"
    write_sample(folder, 3)
    return folder


def test_a_folder_is_packed(sample: Path, tmp_path: Path, service: FakeService, client: Client) -> None:
    service.part_bytes = 100_000
    told = Told()
    made = client.datasets.upload(sample, "ws", progress=told)
    assert made.name == "toys"
    assert service.complete is not None
    (tmp_path / "got.zip").write_bytes(service.complete)
    with zipfile.ZipFile(tmp_path / "got.zip") as got:
        assert got.testzip() is None
        names = got.namelist()
        assert {info.date_time for info in got.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        for name in names:
            assert got.read(name) == (sample / name).read_bytes()
    assert names == sorted(names)
    assert {name.partition("/")[0] for name in names} == {"annotations", "images", "masks", "metadata"}
    assert len(names) == 12
    assert [what for _, what in told.starts] == ["packing", "sending"]
    assert len(list(open_source(tmp_path / "got.zip").list_names("images"))) == 3


def test_the_same_folder_gives_the_same_bytes(sample: Path, tmp_path: Path) -> None:
    made = []
    for number in range(2):
        for path in sample.rglob("*"):
            os.utime(path, (number, number))
        with (tmp_path / f"{number}.zip").open("w+b") as out:
            assert pack_folder(sample, out) == 12
        made.append((tmp_path / f"{number}.zip").read_bytes())
    assert made[0] == made[1]


def test_no_room_to_pack(sample: Path, client: Client, service: FakeService, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        packing.shutil, "disk_usage", lambda _: os.terminal_size((0, 0)) and type("U", (), {"free": 10})()
    )
    with pytest.raises(OutputError, match=r"to pack it takes [\d,]+ bytes in .*, where 10 are free: set TMPDIR to a"):
        client.datasets.upload(sample, "ws")
    assert not service.asked


def test_nothing_is_left_of_packing(
    sample: Path, tmp_path: Path, client: Client, service: FakeService, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "tmp"
    place.mkdir()
    monkeypatch.setattr(packing.tempfile, "tempdir", str(place))
    service.fault(Answer(404, b""), "PUT", "/part/1", times=1)
    with pytest.raises(TransferError):
        client.datasets.upload(sample, "ws")
    assert not list(place.iterdir())
    monkeypatch.setattr(packing.tempfile, "tempdir", str(place / "missing"))
    with pytest.raises(OutputError, match=r"no room for temporary files: .*; set TMPDIR"):
        client.datasets.upload(sample, "ws")


def test_what_a_zip_can_not_hold(tmp_path: Path) -> None:
    folder = tmp_path / "odd"
    (folder / "annotations").mkdir(parents=True)
    (folder / "images").mkdir()
    os.mkfifo(folder / "images" / "pipe.png")
    with (tmp_path / "out").open("w+b") as out, pytest.raises(DatasetError, match=r"^images/pipe.png: expected a file"):
        pack_folder(folder, out)
    (folder / "images" / "pipe.png").unlink()
    (folder / "images" / "gone.png").symlink_to("nowhere")
    with (
        (tmp_path / "out").open("w+b") as out,
        pytest.raises(DatasetError, match=r"^images/gone.png: can't be read: "),
    ):
        pack_folder(folder, out)
    (folder / "images" / "gone.png").unlink()
    Path(os.fsdecode(bytes(folder) + b"/images/\xff.png")).touch()
    with (tmp_path / "out").open("w+b") as out, pytest.raises(DatasetError, match=r"it is no UTF-8$"):
        pack_folder(folder, out)


def test_threads_are_few(client: Client, file: Path) -> None:
    for threads in (0, 65):
        with pytest.raises(OptionError, match=f"^threads: expected 1 to 64, found {threads}$"):
            client.datasets.upload(file, "ws", threads=threads)
