"""Opening packed datasets: by content, after a fork, after a spawn; where the dataset lies in them."""

from __future__ import annotations

import gzip
import io
import os
import pickle
import tarfile
import zipfile
from multiprocessing import get_context
from pathlib import Path

import pytest
from archive_builders import tar_of

from labelmill.archive.member import Limits, Member
from labelmill.archive.open_archive import Archive, dataset_root, kind_of, open_archive
from labelmill.archive.ranged import LocalFile
from labelmill.errors import DatasetError

FILES = {f"ds/annotations/{i}-ana.json": os.urandom(100 + i) for i in range(200)}


def pack(path: Path) -> Path:
    if path.name.endswith(".zip"):
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as z:
            for name, data in FILES.items():
                z.writestr(name, data)
    else:
        data = tar_of(*FILES.items())
        path.write_bytes(data if path.suffix == ".tar" else gzip.compress(data, 1, mtime=0))
    return path


NAMES = ["x.zip", "x.tar", "x.tar.gz", "x.tgz", "X.TAR.GZ"]


@pytest.mark.parametrize("name", NAMES)
def test_opens_and_reads(name: str, tmp_path: Path) -> None:
    with open_archive(pack(tmp_path / name), temp_dir=tmp_path) as archive:
        assert archive.name == name
        for _ in range(2):
            assert {m.name: archive.read(m) for m in archive.members()} == FILES
        assert dataset_root(m.name for m in archive.members()) == "ds/"
        again: Archive = pickle.loads(pickle.dumps(archive))
        with again:
            assert {m.name: again.read(m) for m in again.members()} == FILES
    assert [p.name for p in tmp_path.iterdir()] == [name]
    with pytest.raises(ValueError, match="can't read"):
        archive.file.read(0, 1)


def _read_all(archive: Archive, members: list[Member]) -> bool:
    return all(archive.read(m) == FILES[m.name] for m in members * 20)


_ARCHIVE: Archive


def _read_inherited(members: list[Member]) -> bool:
    same = all(_ARCHIVE.read(m) == FILES[m.name] for m in members * 20)
    _ARCHIVE.close()  # must not trouble the others
    return same


@pytest.mark.parametrize("name", ["x.zip", "x.tar", "x.tar.gz"])
def test_forked_children_read_side_by_side(name: str, tmp_path: Path) -> None:
    global _ARCHIVE
    with open_archive(pack(tmp_path / name)) as _ARCHIVE:
        members = list(_ARCHIVE.members())
        children = []
        for _ in range(4):
            child = os.fork()
            if not child:
                os._exit(0 if _read_inherited(members) else 1)
            children.append(child)
        assert _read_all(_ARCHIVE, members)
        assert [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children] == [0] * 4
        assert _read_all(_ARCHIVE, members[:1])


def test_spawned_children_open_again(tmp_path: Path) -> None:
    with open_archive(pack(tmp_path / "x.tar.gz")) as archive, get_context("spawn").Pool(1) as pool:
        assert pool.apply(_read_all_spawned, (archive, list(archive.members()), FILES))


def _read_all_spawned(archive: Archive, members: list[Member], files: dict[str, bytes]) -> bool:
    return all(archive.read(m) == files[m.name] for m in members)


EXPECTED = "expected a .zip, .tar or .tar.gz"
ZIP_BYTES = b"PK\x05\x06" + bytes(18)


@pytest.mark.parametrize(
    ("name", "data", "text"),
    [
        ("x.rar", b"Rar!\x1a\x07\x00abc", f"x.rar: {EXPECTED}, found a RAR archive"),
        ("x.zip", b"", f"x.zip: {EXPECTED}, found an empty file"),
        ("x.zip", b"7z\xbc\xaf\x27\x1cabc", f"x.zip: {EXPECTED}, found a 7-Zip archive"),
        ("x.zip", b"\x89PNG\r\n\x1a\n", f"x.zip: {EXPECTED}, found a PNG image"),
        ("x.zip", b"PK\7\x08abcd", f"x.zip: {EXPECTED}, found the first of several disks of a zip"),
        ("x.zip", b"PK\0\0abcd", f"x.zip: {EXPECTED}, found a zip whose beginning is damaged"),
        ("x.tar", b' {"a": 1}', f"x.tar: {EXPECTED}, found JSON text"),
        ("x", b"abc", f"x: {EXPECTED}, found something else (it begins with the bytes 61 62 63)"),
        (
            "x.zip",
            b"PK\3\4" + bytes(99),
            "x.zip: expected a zip's end record, found none: the file is cut off or no zip",
        ),
        ("x.zip", bytes(512), f"x.zip: {EXPECTED} named so, found a .tar named .zip: rename it"),
        ("x.zip", gzip.compress(b"", mtime=0), f"x.zip: {EXPECTED} named so, found gzip data named .zip: rename it"),
        ("x.tar", gzip.compress(b"", mtime=0), f"x.tar: {EXPECTED} named so, found gzip data named .tar: rename it"),
        ("x.tar.gz", ZIP_BYTES, f"x.tar.gz: {EXPECTED} named so, found a .zip named .tar.gz: rename it"),
        ("x.tar.gz", tar_of(), f"x.tar.gz: {EXPECTED} named so, found a .tar named .tar.gz: rename it"),
        ("x.rar", ZIP_BYTES, f"x.rar: {EXPECTED} named so, found a .zip named .rar: rename it"),
        ("x.tar.gz", gzip.compress(b"", mtime=0), "x.tar.gz: expected a tar inside the gzip, found an empty file"),
        ("x.json.gz", gzip.compress(b"[1]", mtime=0), "x.json.gz: expected a tar inside the gzip, found JSON text"),
        ("x.tgz", gzip.compress(b"abc", mtime=0)[:9], "x.tgz: cut off: its gzip data ends early"),
    ],
)
def test_refuses_other_files(name: str, data: bytes, text: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(DatasetError) as caught:
        open_archive(path)
    assert str(caught.value) == text


def test_refuses_what_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.zip")
    for name, text in (
        ("none.zip", "none.zip: can't be opened: No such file or directory"),
        ("", f"{tmp_path.name}: expected a file, found a folder"),
        ("pipe.zip", "pipe.zip: expected a file, found a device or a pipe"),
        ("a\0b", "a\0b: can't be opened: embedded null byte"),
    ):
        with pytest.raises(DatasetError) as caught:
            open_archive(tmp_path / name)
        assert str(caught.value) == text


def test_refused_files_are_closed(tmp_path: Path) -> None:
    (tmp_path / "x.zip").write_bytes(b"PK\3\4" + bytes(99))
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(5):
        with pytest.raises(DatasetError):
            open_archive(tmp_path / "x.zip")
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_any_name_will_do_that_says_nothing(tmp_path: Path) -> None:
    path = pack(tmp_path / "x.zip").rename(tmp_path / "upload.2024")
    with open_archive(path) as archive:
        assert archive.kind == ".zip"
    with pytest.raises(DatasetError, match="expected at most 9 members, found 200"):
        open_archive(path, limits=Limits(max_members=9))


def test_kind_of_old_tars() -> None:
    block = bytearray(tarfile.TarInfo("a").tobuf(tarfile.USTAR_FORMAT))
    block[257:265] = bytes(8)
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    assert kind_of(bytes(block)) == ".tar"
    block[0] = 99
    assert kind_of(bytes(block)) is None


def test_local_file_bounds(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"hello")
    with LocalFile(tmp_path / "a") as file:
        assert (file.read(0, 1 << 60), file.read(4, 9), file.read(5, 1), file.read(99, 1)) == (b"hello", b"o", b"", b"")
        assert pickle.loads(pickle.dumps(file)).read(1, 2) == b"el"
        for bad in ((-1, 1), (0, -1)):
            with pytest.raises(ValueError, match="can't read"):
                file.read(*bad)
    file.close()
    with io.FileIO(tmp_path / "a") as raw, pytest.raises(TypeError, match="without a name"):
        pickle.dumps(LocalFile.adopt(os.dup(raw.fileno())))


@pytest.mark.parametrize(
    ("names", "root"),
    [
        (["annotations/a", "images/b"], ""),
        (["ds/annotations/a", "ds/images/b", "readme.txt"], "ds/"),
        (["ds/images/b"], "ds/"),
        (["images/b", "ds/metadata/c"], "ds/"),
        (["metadata/c", "images/annotations/x"], ""),
        (["annotations/a", "copy/annotations/a"], ""),
        (["ds/annotations/a", "ds/old/annotations/a", "other/images/b"], "ds/"),
        (["annotations.d/annotations/a"], "annotations.d/"),
        (["a/b/c/d/e/annotations/x", "a/readme.txt"], "a/b/c/d/e/"),
        (["a/b/annotations/x", "a/c/annotations/x", "a/annotations/x"], "a/"),
    ],
)
def test_dataset_root(names: list[str], root: str) -> None:
    assert dataset_root(names) == root


ROOT = "x.zip: expected a folder annotations/, metadata/ or images/ in the archive, at any depth, found "


@pytest.mark.parametrize(
    ("names", "text"),
    [
        (
            ["a/annotations/x", "b/annotations/y"],
            "x.zip: expected one dataset, found a/annotations/ and b/annotations/",
        ),
        (["a/images/x", "b/images/y", "c/images/z"], "x.zip: expected one dataset, found a/images/ and b/images/"),
        (["a/b/c/images/x", "a/d/images/x"], "x.zip: expected one dataset, found a/b/c/images/ and a/d/images/"),
        ([], ROOT + "no files"),
        (["annotations", "b", "c/d", "e"], ROOT + "annotations, b, c/, ..."),
    ],
)
def test_no_dataset_root(names: list[str], text: str) -> None:
    with pytest.raises(DatasetError) as caught:
        dataset_root(names, "x.zip")
    assert str(caught.value) == text
