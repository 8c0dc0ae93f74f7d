"""Reading tars and gzipped tars: what others write, and every hostile one with its exact answer."""

from __future__ import annotations

import gzip
import io
import os
import subprocess
import sys
import tarfile
import time
import tracemalloc
from pathlib import Path

import pytest
from archive_builders import Bytes, fix_tar_checksum, tar_of

from labelmill.archive.gzip_unpack import iter_gunzip, unpack_gzip
from labelmill.archive.member import UNCHECKED, Limits, Member
from labelmill.archive.tar_index import iter_tar_members
from labelmill.archive.zip_member import read_member
from labelmill.errors import DatasetError, ImageError, OutputError

FILES = {
    "ds/annotations/0-1-a-ana.json": b'{"annotations": []}' * 50,
    "ds/images/é ü 日本.png": bytes(range(256)) * 9,
    "ds/empty.txt": b"",
    "ds/" + "long/" * 60 + "name.bin": os.urandom(5000),
}


def members_of(data: bytes, limits: Limits | None = None) -> list[Member]:
    return list(iter_tar_members(Bytes(data), "x.tar", limits))


@pytest.mark.parametrize("format", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_reads_what_tarfile_writes(format: int) -> None:
    data = tar_of(*FILES.items(), (".DS_Store", b"x"), ("ds/images/._a.png", b"x"), format=format)
    members = members_of(data)
    assert {m.name: read_member(Bytes(data), m) for m in members} == FILES
    assert all(m.crc == UNCHECKED and m.method == 0 and m.packed_bytes == m.size_bytes for m in members)


def test_reads_what_tar_writes(tmp_path: Path) -> None:
    for name, content in FILES.items():
        path = tmp_path / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    for option in ("--format=gnu", "--format=posix"):
        made = subprocess.run(["tar", option, "-C", tmp_path / "in", "-cf", "-", "."], capture_output=True, check=True)
        assert {m.name: read_member(Bytes(made.stdout), m) for m in members_of(made.stdout)} == FILES


def test_an_empty_tar_has_no_members() -> None:
    assert members_of(tar_of()) == []


def test_memory_does_not_grow_with_the_members() -> None:
    data = tar_of(*((f"a/{i}", b"") for i in range(4000)))
    tracemalloc.start()
    for _ in iter_tar_members(Bytes(data), "x.tar"):
        pass
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1 << 18


def patched(at: int, value: bytes) -> bytes:
    data = bytearray(tar_of(("a.json", b"{}")))
    data[at : at + len(value)] = value
    fix_tar_checksum(data)
    return bytes(data)


def pax(record: bytes, kind: bytes = b"x", times: int = 1) -> bytes:
    """A tar whose first header is preceded by made-up pax headers."""
    info = tarfile.TarInfo("pax")
    info.size, info.type = len(record), kind
    block = info.tobuf(tarfile.USTAR_FORMAT) + record + bytes(-len(record) % 512)
    return block * times + tar_of(("a.json", b"{}"))


def record(key: bytes, value: bytes) -> bytes:
    body = b" " + key + b"=" + value + b"\n"
    length = len(body) + 2
    return b"%d" % length + body


ZLIB = "Error -3 while decompressing data:"
LINK = "expected a file, found a link: pack it again with the files themselves"
HOSTILE: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "x.tar: expected a tar, found an empty file"),
    "no tar": (b"hello" * 999, "x.tar: cut off or damaged: no tar header can be read at or after byte 0"),
    "link": (tar_of(("a", b""), kind=tarfile.SYMTYPE, link="b"), f"x.tar: a: {LINK}"),
    "hard link": (tar_of(("a", b""), kind=tarfile.LNKTYPE, link="b"), f"x.tar: a: {LINK}"),
    "device": (tar_of(("a", b""), kind=tarfile.CHRTYPE), "x.tar: a: expected a file, found a device"),
    "block device": (tar_of(("a", b""), kind=tarfile.BLKTYPE), "x.tar: a: expected a file, found a device"),
    "pipe": (tar_of(("a", b""), kind=tarfile.FIFOTYPE), "x.tar: a: expected a file, found a pipe"),
    "sparse": (
        patched(156, b"S"),
        "x.tar: a.json: expected a file, found a file with holes: pack it again without --sparse",
    ),
    "pax sparse": (
        pax(record(b"GNU.sparse.map", b"0,1")),
        "x.tar: a.json: expected a file, found a file with holes: pack it again without --sparse",
    ),
    "unknown type": (patched(156, b"Q"), "x.tar: a.json: expected a file, found something else (tar type b'Q')"),
    "escaping": (tar_of(("../a", b"")), "x.tar: ../a: the name leaves its folder (..)"),
    "absolute": (tar_of(("/a", b"")), "x.tar: /a: the name is absolute: pack it again relative to the dataset"),
    "not utf-8": (patched(0, b"\xff.json"), "x.tar: \\udcff.json: the name is not UTF-8"),
    "no name": (patched(0, bytes(100)), "x.tar: : a member has no name"),
    "twice": (tar_of(("a", b"1"), ("a", b"2")), "x.tar: a: two members have this name: pack the dataset again"),
    "twice with dots": (
        tar_of(("a", b"1"), ("./a", b"2")),
        "x.tar: a: two members have this name: pack the dataset again",
    ),
    "cut in data": (
        tar_of(("a", b"x" * 2000))[:1000],
        "x.tar: a: cut off: its data should end at byte 2512, but only 1000 are there",
    ),
    "cut before the end mark": (tar_of(("a", b"x"))[:1024], "x.tar: cut off: the tar's end mark is missing"),
    "cut in a header": (
        tar_of(("a", b"x"), ("b", b""))[:1100],
        "x.tar: cut off: the tar's end mark is missing",
    ),
    "broken second header": (
        tar_of(("a", b"x"), ("b", b"")).replace(b"b\0\0", b"c\0\0"),
        "x.tar: damaged: no tar header can be read at byte 1024",
    ),
    "two tars": (
        tar_of(("a", b"x")) + tar_of(("b", b"x")),
        "x.tar: something follows the tar's end mark: pack it again as one tar",
    ),
    "negative size": (
        patched(124, b"\xff" * 12),
        "x.tar: damaged: the tar header at byte 0 has a length that can't be",
    ),
    "huge size": (
        patched(124, b"\x80\0\0\0\x7f" + b"\xff" * 7),
        "x.tar: a.json: cut off: its data should end at byte 9223372036854776319, but only 10240 are there",
    ),
    "pax negative size": (
        pax(record(b"size", b"-5000")),
        "x.tar: damaged: the tar header at byte 0 has a length that can't be",
    ),
    "pax length zero": (
        pax(b"0 a=b\n"),
        "x.tar: cut off or damaged: no tar header can be read at or after byte 0",
    ),
    "many pax headers": (
        pax(record(b"comment", b"x" * 80), times=5000),
        "x.tar: cut off or damaged: no tar header can be read at or after byte 0",
    ),
    "big pax headers": (
        pax(b"x" * (2 << 20)),
        "x.tar: damaged: the tar headers at byte 512 take more than 1048576 bytes",
    ),
    "bad sparse map": (
        pax(record(b"GNU.sparse.map", b"z")),
        "x.tar: cut off or damaged: no tar header can be read at or after byte 0",
    ),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_tars(case: str) -> None:
    data, text = HOSTILE[case]
    with pytest.raises(DatasetError) as caught:
        members_of(data)
    assert str(caught.value) == text


def test_limits() -> None:
    data = tar_of(*((f"a{i}", b"x" * 10) for i in range(9)))
    for limits, text in (
        (Limits(max_members=8), "x.tar: expected at most 8 members, found 9"),
        (Limits(max_member_bytes=9), "x.tar: a0: expected at most 9 bytes unpacked, found 10"),
        (Limits(max_expanded_bytes=89), "x.tar: expected at most 89 bytes unpacked, found more (90)"),
    ):
        with pytest.raises(DatasetError) as caught:
            members_of(data, limits)
        assert str(caught.value) == text


def test_a_member_that_was_cut_off() -> None:
    with pytest.raises(ImageError, match=r"^a: cut off: the archive ends inside it$"):
        read_member(Bytes(b"abc"), Member("a", 1, 9, 9, 0, UNCHECKED))


def gunzip(data: bytes) -> bytes:
    return b"".join(iter_gunzip(Bytes(data), "x.tar.gz"))


def test_gunzips_any_cut_of_members() -> None:
    parts = [os.urandom(70_000), b"", b"a" * 3_000_000, b"end"]
    packed = b"".join(map(gzip.compress, parts))
    for padding in (b"", bytes(9), bytes(100_000)):
        assert gunzip(packed + padding) == b"".join(parts)
    assert gunzip(gzip.compress(b"", mtime=0)) == b""


def test_tiny_gzip_members_do_not_cost_the_square() -> None:
    before = time.perf_counter()
    assert gunzip(gzip.compress(b"a", mtime=0) * 50_000) == b"a" * 50_000
    assert time.perf_counter() - before < 5


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (gzip.compress(b"hello" * 99, mtime=0)[:-1], "x.tar.gz: cut off: its gzip data ends early"),
        (gzip.compress(os.urandom(99_999), mtime=0)[:50_000], "x.tar.gz: cut off: its gzip data ends early"),
        (
            gzip.compress(b"a", mtime=0) + gzip.compress(b"b", mtime=0)[:9],
            "x.tar.gz: cut off: its gzip data ends early",
        ),
        (
            gzip.compress(b"hello", mtime=0) + b"garbage",
            f"x.tar.gz: damaged: its gzip data is not readable ({ZLIB} incorrect header check)",
        ),
        (
            gzip.compress(b"hello", mtime=0)[:-8] + bytes(8),
            f"x.tar.gz: damaged: its gzip data is not readable ({ZLIB} incorrect data check)",
        ),
    ],
)
def test_damaged_gzips(data: bytes, text: str, tmp_path: Path) -> None:
    with pytest.raises(DatasetError) as caught:
        unpack_gzip(Bytes(data), "x.tar.gz", temp_dir=tmp_path)
    assert str(caught.value) == text
    assert list(tmp_path.iterdir()) == []


def test_gzip_bombs_stop_early(tmp_path: Path) -> None:
    bomb = gzip.compress(bytes(100 << 20), mtime=0)
    with pytest.raises(DatasetError) as caught:
        unpack_gzip(Bytes(bomb), "x.tar.gz", temp_dir=tmp_path)
    assert str(caught.value) == f"x.tar.gz: unpacks to more than 200 times its {len(bomb)} bytes: refused as a bomb"
    limits = Limits(max_expanded_bytes=5 << 20)
    with pytest.raises(DatasetError) as caught:
        unpack_gzip(Bytes(bomb), "x.tar.gz", limits, tmp_path)
    assert str(caught.value) == "x.tar.gz: expected at most 5242880 bytes unpacked, found more (6291456)"


def test_unpacks_without_leaving_a_name(tmp_path: Path) -> None:
    file = unpack_gzip(Bytes(gzip.compress(b"hello", mtime=0)), "x.tar.gz", temp_dir=tmp_path)
    assert list(tmp_path.iterdir()) == []
    assert (file.size, file.read(1, 99)) == (5, b"ello")
    file.close()
    with pytest.raises(OutputError) as caught:
        unpack_gzip(Bytes(gzip.compress(b"hello", mtime=0)), "x.tar.gz", temp_dir=tmp_path / "none")
    assert str(caught.value) == f"{tmp_path}/none: x.tar.gz can't be unpacked here: No such file or directory"


def test_a_killed_process_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "in" / "x.tar.gz").write_bytes(gzip.compress(tar_of(("a", b"1")), mtime=0))
    code = (
        "import os, sys; from labelmill.archive.open_archive import open_archive\n"
        "archive = open_archive(sys.argv[1], temp_dir=sys.argv[2]); os.kill(os.getpid(), 9)"
    )
    done = subprocess.run([sys.executable, "-c", code, tmp_path / "in" / "x.tar.gz", tmp_path / "out"], check=False)
    assert done.returncode == -9
    assert list((tmp_path / "out").iterdir()) == []


def test_no_room_on_the_disk(tmp_path: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full")
    with io.FileIO("/dev/full", "w") as full, pytest.MonkeyPatch.context() as patch:
        patch.setattr("tempfile.TemporaryFile", lambda **_: full)
        with pytest.raises(OutputError, match=r"No space left on device$"):
            unpack_gzip(Bytes(gzip.compress(b"hello", mtime=0)), "x.tar.gz", temp_dir=tmp_path)
