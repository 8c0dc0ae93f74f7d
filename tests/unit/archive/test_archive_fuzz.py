"""Whatever the bytes: an answer or a LabelmillError, soon and in little memory."""

from __future__ import annotations

import gzip
import tarfile
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest
from archive_builders import Bytes, Entry, Zip, fix_tar_checksum, tar_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from labelmill.archive.open_archive import open_archive
from labelmill.archive.tar_index import iter_tar_members
from labelmill.archive.zip_directory import iter_members
from labelmill.archive.zip_member import read_member
from labelmill.errors import DatasetError, LabelmillError

ZIP = Zip(
    [
        Entry(b"ds/annotations/a.json", b'{"a": 1}' * 20, method=8),
        Entry("ds/é.png".encode(), bytes(100), flags=0x800, extra=b"\1\0\x08\0" + bytes(8)),
        Entry(b"ds/", b""),
        Entry(b"ds/b", b"bb", local_extra=b"\x99\x99\2\0ab"),
    ],
    comment=b"hi",
).build()
TAR = tar_of(("ds/a.json", b"{}"), ("ds/" + "n" * 120, b"x" * 600), ("é", b""), format=tarfile.PAX_FORMAT).rstrip(b"\0")
TAR += bytes(-len(TAR) % 512 + 1024)
WAYS: dict[str, tuple[bytes, Callable]] = {"zip": (ZIP, iter_members), "tar": (TAR, iter_tar_members)}  # type: ignore[type-arg]


def read_all(data: bytes, walk: Callable) -> int:  # type: ignore[type-arg]
    """Members that could be read; a DatasetError of one member leaves the others readable."""
    file = Bytes(data)
    try:
        members = list(walk(file, "x"))
    except DatasetError as error:
        assert "\n" not in str(error) and str(error).startswith("x: ")
        return 0
    done = 0
    for member in members:
        try:
            assert len(read_member(file, member)) == member.size_bytes
            done += 1
        except LabelmillError as error:
            assert "\n" not in str(error)
    return done


@pytest.mark.parametrize("way", WAYS)
def test_every_byte_changed_once(way: str) -> None:
    data, walk = WAYS[way]
    assert read_all(data, walk) == 3
    for at in range(len(data)):
        for value in (0xFF, data[at] ^ 1):
            changed = bytearray(data)
            changed[at] = value
            read_all(bytes(changed), walk)


@pytest.mark.parametrize("way", WAYS)
def test_every_length(way: str) -> None:
    data, walk = WAYS[way]
    for length in range(len(data)):
        read_all(data[:length], walk)


FLIPS = st.lists(st.tuples(st.integers(0, 1 << 16), st.integers(0, 255)), min_size=1, max_size=8)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(sorted(WAYS)), FLIPS, st.integers(0, 1 << 16), st.booleans())
def test_many_bytes_changed(way: str, flips: list[tuple[int, int]], cut: int, fix: bool) -> None:
    data, walk = WAYS[way]
    changed = bytearray(data)
    for at, value in flips:
        changed[at % len(data)] = value
    if fix and way == "tar":  # past the checksum, where tarfile trusts what it reads
        for at in range(0, len(changed) - 511, 512):
            if changed[at + 257 : at + 262] == b"ustar":
                block = changed[at : at + 512]
                fix_tar_checksum(block)
                changed[at : at + 512] = block
    if cut < len(data):
        del changed[cut:]
    tracemalloc.start()
    read_all(bytes(changed), walk)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 16 << 20


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 500), st.binary(min_size=1, max_size=40))
def test_made_up_tar_headers(at: int, value: bytes) -> None:
    changed = bytearray(tar_of(("a.json", b"{}"), ("b", b"x" * 600)))
    changed[at : at + len(value)] = value
    fix_tar_checksum(changed)
    read_all(bytes(changed), iter_tar_members)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.binary(max_size=30), max_size=5), st.sampled_from([b"x", b"g", b"L", b"K"]))
def test_made_up_pax_records(records: list[bytes], kind: bytes) -> None:
    body = b"".join(b"%d %s\n" % (len(r) + 4, r) for r in records)
    info = tarfile.TarInfo("pax")
    info.size, info.type = len(body), kind
    read_all(info.tobuf(tarfile.USTAR_FORMAT) + body + bytes(-len(body) % 512) + tar_of(("a", b"1")), iter_tar_members)


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(["size", "path", "GNU.sparse.size", "GNU.sparse.major", "GNU.sparse.map", "hdrcharset", "mtime"]),
    st.sampled_from(
        ["-1", "1", "99999999999999999999", "nan", "inf", "", "a/../b", "BINARY", "\0", "1,2,3", "é" * 300]
    ),
    st.sampled_from([b"x", b"g"]),
)
def test_known_pax_records(key: str, value: str, kind: bytes) -> None:
    body = f" {key}={value}\n".encode()
    body = b"%d" % (len(body) + len(str(len(body) + 3))) + body
    info = tarfile.TarInfo("pax")
    info.size, info.type = len(body), kind
    read_all(info.tobuf(tarfile.USTAR_FORMAT) + body + bytes(-len(body) % 512) + tar_of(("a", b"1")), iter_tar_members)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from([ZIP, TAR, gzip.compress(TAR, mtime=0)]), FLIPS, st.integers(0, 1 << 14))
def test_open_archive_with_changed_bytes(tmp_path: Path, data: bytes, flips: list[tuple[int, int]], cut: int) -> None:
    changed = bytearray(data)
    for at, value in flips:
        changed[at % len(data)] = value
    path = tmp_path / "x"
    path.write_bytes(changed[:cut] if cut < len(data) else changed)
    try:
        with open_archive(path, temp_dir=tmp_path) as archive:
            for member in list(archive.members()):
                archive.read(member)
    except LabelmillError as error:
        assert "\n" not in str(error)
    assert list(tmp_path.iterdir()) == [path]
