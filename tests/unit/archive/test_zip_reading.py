"""Reading zips: what others write, and every hostile one with its exact answer."""

from __future__ import annotations

import io
import os
import struct
import time
import zipfile
import zlib
from pathlib import Path

import pytest
from archive_builders import Bytes, Entry, Sparse, Zip, check_protocol

from labelmill.archive.member import Limits, Member
from labelmill.archive.ranged import LocalFile
from labelmill.archive.zip_directory import iter_members
from labelmill.archive.zip_member import read_member
from labelmill.errors import DatasetError


def members_of(data: bytes, limits: Limits | None = None) -> list[Member]:
    return list(iter_members(check_protocol(Bytes(data)), "x.zip", limits))


def contents(data: bytes) -> dict[str, bytes]:
    return {m.name: read_member(Bytes(data), m) for m in members_of(data)}


class Unseekable(io.RawIOBase):
    """Makes zipfile write data descriptors."""

    def __init__(self) -> None:
        self.data = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data) -> int:  # type: ignore[no-untyped-def]
        self.data += data
        return len(data)


FILES = {
    "annotations/0-1-a-ana.json": b'{"annotations": []}' * 50,
    "images/é ü 日本.png": bytes(range(256)) * 9,
    "empty.txt": b"",
    "deep/er/and/deeper/x.bin": os.urandom(5000),
}


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize("comment", [b"", b"hello", b"PK\x05\x06" * 16000])
def test_reads_what_zipfile_writes(method: int, comment: bytes) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as z:
        z.mkdir("annotations") if hasattr(z, "mkdir") else None
        z.writestr("__MACOSX/._a.json", b"x")
        z.writestr("images/.DS_Store", b"x")
        for name, data in FILES.items():
            z.writestr(name, data)
        z.comment = comment
    assert contents(out.getvalue()) == FILES
    assert [m.name for m in members_of(out.getvalue())] == list(FILES)


def test_reads_zip64_and_data_descriptors() -> None:
    forced, streamed = io.BytesIO(), Unseekable()
    for target in (forced, streamed):
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as z:
            for name, data in FILES.items():
                with z.open(name, "w", force_zip64=True) as f:
                    f.write(data)
    assert contents(forced.getvalue()) == FILES
    assert contents(bytes(streamed.data)) == FILES


def test_reads_members_beyond_4_gib(tmp_path: Path) -> None:
    # One member in a sparse file of 5 GiB; zipfile writes the zip64 records.
    path = tmp_path / "big.zip"
    with path.open("w+b") as f:
        f.truncate(5 << 30)
        with zipfile.ZipFile(f, "a") as z:
            z.writestr("a.json", b"{}")
    with LocalFile(path) as file:
        (member,) = iter_members(file, "big.zip")
        assert member.offset == 5 << 30
        assert read_member(file, member) == b"{}"


def test_reads_extra_fields_of_any_length_with_one_more_read() -> None:
    for length, reads in ((0, 1), (28, 1), (60, 1), (5000, 2)):
        extra = struct.pack("<HH", 0x9999, length) + bytes(length)
        data = Zip([Entry(extra=extra, local_extra=extra, comment=b"c" * 99), Entry(b"b.json", b"x" * 9000)]).build()
        file = Bytes(data)
        first, second = iter_members(file, "x.zip")
        file.reads.clear()
        assert read_member(file, first) == b"{}"
        assert len(file.reads) <= reads
        assert read_member(file, second) == b"x" * 9000


def test_names_of_other_packers() -> None:
    unicode_path = b"\x01" + struct.pack("<I", zlib.crc32(b"\x82.json")) + "é.json".encode()
    field = struct.pack("<HH", 0x7075, len(unicode_path)) + unicode_path
    data = Zip(
        [
            Entry(b"\x82a.json"),
            Entry(b"\x82.json", extra=field, local_extra=field, data=b"[]"),
            Entry("ü.json".encode(), flags=0x800),
            Entry(b"./d/./e.json", data=b"dot"),
            Entry(b"./", data=b""),
            Entry(b"sub", data=b"", mode=0o040755),
        ]
    ).build()
    assert contents(data) == {"éa.json": b"{}", "é.json": b"[]", "ü.json": b"{}", "d/e.json": b"dot"}


def test_an_empty_zip_has_no_members() -> None:
    assert members_of(Zip([]).build()) == []


def both(a: Entry, b: Entry) -> bytes:
    return Zip([a, b]).build()


def kernel_bomb() -> bytes:
    """Many entries that point at one and the same member."""
    return Zip([Entry(b"a.json", b"x" * 99), *(Entry(b"b%d.json" % i, b"x" * 99, offset=0) for i in range(50))]).build()


ENTRY_END = 30 + 6 + 2
HOSTILE: dict[str, tuple[bytes, str]] = {
    "empty file": (b"", "x.zip: expected a zip's end record, found none: the file is cut off or no zip"),
    "no zip": (b"hello" * 99, "x.zip: expected a zip's end record, found none: the file is cut off or no zip"),
    "cut": (Zip().build()[:-30], "x.zip: expected a zip's end record, found none: the file is cut off or no zip"),
    "cut in end record": (
        Zip().build()[:-3],
        "x.zip: expected a zip's end record, found none: the file is cut off or no zip",
    ),
    "head missing": (
        Zip().build()[10:],
        "x.zip: cut off or damaged: its directory should end at byte 90, but its end record lies at byte 80",
    ),
    "directory beyond end": (
        Zip(directory_start=1 << 30).build(),
        "x.zip: cut off or damaged: its directory should end at byte 1073741876, but its end record lies at byte 90",
    ),
    "disks": (Zip(disk=1).build(), "x.zip: expected one whole archive, found one of several disks: join them first"),
    "disk of a member": (
        Zip([Entry(disk=2)]).build(),
        "x.zip: a.json: lies on another disk: join the archive's parts first",
    ),
    "count too big": (
        Zip(count=5).build(),
        "x.zip: damaged: its end record says 5 members, its directory lists 1",
    ),
    "count too small": (
        Zip([Entry(), Entry(b"b")], count=1).build(),
        "x.zip: damaged: its end record says 1 members, its directory lists more",
    ),
    "directory size": (
        Zip(directory_size=51, after_directory=b"", directory_start=39).build(),
        "x.zip: damaged: its directory holds something else than entries",
    ),
    "directory with a tail": (
        Zip(after_directory=b"PK\5\5abcd", directory_size=60).build(),
        "x.zip: damaged: its directory ends in the middle of an entry",
    ),
    "encrypted": (Zip([Entry(flags=1)]).build(), "x.zip: a.json: encrypted: pack it again without a password"),
    "strongly": (Zip([Entry(flags=0x41)]).build(), "x.zip: a.json: encrypted: pack it again without a password"),
    "masked": (Zip([Entry(flags=0x2000)]).build(), "x.zip: a.json: encrypted: pack it again without a password"),
    "aes": (Zip([Entry(method=99)]).build(), "x.zip: a.json: encrypted: pack it again without a password"),
    "patch": (Zip([Entry(flags=0x20)]).build(), "x.zip: a.json: holds a patch instead of a file: pack it again"),
    "link": (
        Zip([Entry(mode=0o120777)]).build(),
        "x.zip: a.json: expected a file, found a link: pack it again with the files themselves",
    ),
    "pipe": (Zip([Entry(mode=0o010644)]).build(), "x.zip: a.json: expected a file, found a device, pipe or socket"),
    "device": (Zip([Entry(mode=0o060644)]).build(), "x.zip: a.json: expected a file, found a device, pipe or socket"),
    "lzma": (
        Zip([Entry(method=14)]).build(),
        "x.zip: a.json: packed with lzma (method 14): pack it again with deflate or without compression",
    ),
    "unknown method": (
        Zip([Entry(method=77)]).build(),
        "x.zip: a.json: packed with method 77: pack it again with deflate or without compression",
    ),
    "stored sizes": (
        Zip([Entry(size=3)]).build(),
        "x.zip: a.json: damaged: stored without compression, but in 2 bytes instead of 3",
    ),
    "absolute": (
        Zip([Entry(b"/etc/passwd")]).build(),
        "x.zip: /etc/passwd: the name is absolute: pack it again relative to the dataset",
    ),
    "drive": (
        Zip([Entry(b"C:/a")]).build(),
        "x.zip: C:/a: the name starts with a drive letter: pack it again relative to the dataset",
    ),
    "backslash": (
        both(Entry(b"a\\b"), Entry(b"c/d")),
        "x.zip: a\\b: the name holds a backslash: pack it again with / between folders",
    ),
    "dotdot": (Zip([Entry(b"a/../../b")]).build(), "x.zip: a/../../b: the name leaves its folder (..)"),
    "dotdot folder": (Zip([Entry(b"../")]).build(), "x.zip: ../: the name leaves its folder (..)"),
    "empty segment": (Zip([Entry(b"a//b")]).build(), "x.zip: a//b: the name has an empty folder in it (//)"),
    "no name": (Zip([Entry(b"")]).build(), "x.zip: : a member has no name"),
    "nul": (Zip([Entry(b"a\0b")]).build(), "x.zip: a\\x00b: the name holds control characters"),
    "escape": (Zip([Entry(b"a\x1b[31m")]).build(), "x.zip: a\\x1b[31m: the name holds control characters"),
    "line separator": (
        Zip([Entry("a\u2028b".encode(), flags=0x800)]).build(),
        "x.zip: a\\u2028b: the name holds control characters",
    ),
    "not utf-8": (Zip([Entry(b"a\xff", flags=0x800)]).build(), "x.zip: a\\xff: the name is not UTF-8"),
    "long name": (
        Zip([Entry(b"n" * 1025)]).build(),
        "x.zip: " + "n" * 180 + "...: expected a name of at most 1024 bytes, found 1025",
    ),
    "long in utf-8": (
        Zip([Entry(b"\x82" * 600)]).build(),
        "x.zip: " + "é" * 180 + "...: expected a name of at most 1024 bytes, found 1200",
    ),
    "twice": (both(Entry(), Entry()), "x.zip: a.json: two members have this name: pack the dataset again"),
    "twice with dots": (
        both(Entry(b"a/b"), Entry(b"a/./b")),
        "x.zip: a/b: two members have this name: pack the dataset again",
    ),
    "overlap": (
        both(Entry(b"a.json", b"x" * 50), Entry(b"b.json", b"x" * 50, offset=40)),
        "x.zip: a.json and b.json share the same bytes: refused as a bomb",
    ),
    "kernel bomb": (kernel_bomb(), "x.zip: a.json and b0.json share the same bytes: refused as a bomb"),
    "beyond end": (
        Zip([Entry(offset=1000)]).build(),
        "x.zip: a.json: cut off: its data should end at byte 1038, but only 38 are there",
    ),
    "into directory": (
        Zip([Entry(offset=1)]).build(),
        "x.zip: a.json: cut off: its data should end at byte 39, but only 38 are there",
    ),
    "zip64 missing": (
        Zip([Entry(packed=0xFFFFFFFF)]).build(),
        "x.zip: a.json: damaged: its zip64 numbers are missing",
    ),
    "zip64 short": (
        Zip([Entry(packed=0xFFFFFFFF, size=0xFFFFFFFF, extra=struct.pack("<HHQ", 1, 8, 2))]).build(),
        "x.zip: a.json: damaged: its zip64 numbers are missing",
    ),
    "zip64 huge": (
        Zip([Entry(packed=0xFFFFFFFF, size=0xFFFFFFFF, extra=struct.pack("<HHQQ", 1, 16, 1 << 63, 1 << 63))]).build(),
        "x.zip: a.json: expected at most 4294967296 bytes unpacked, found 9223372036854775808",
    ),
    "zip64 offset": (
        Zip([Entry(offset=0xFFFFFFFF, extra=struct.pack("<HHQ", 1, 8, 1 << 63))]).build(),
        "x.zip: a.json: cut off: its data should end at byte 9223372036854775846, but only 38 are there",
    ),
    "zip64 locator alone": (
        Zip(after_directory=struct.pack("<4sIQI", b"PK\6\7", 0, 5, 1)).build(),
        "x.zip: cut off or damaged: no zip64 end record at byte 5",
    ),
    "ratio": (
        Zip([Entry(b"a%d" % i, method=8, raw=b"\3\0", size=1 << 20) for i in range(70)]).build(),
        "x.zip: unpacks to more than 200 times its 5882 bytes: refused as a bomb",
    ),
    "petabyte": (
        Zip([Entry(b"a%d" % i, method=8, raw=b"\3\0", size=0xFFFFFFFE) for i in range(300)]).build(),
        "x.zip: expected at most 1099511627776 bytes unpacked, found more (1288490188200)",
    ),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_directories(case: str) -> None:
    data, text = HOSTILE[case]
    with pytest.raises(DatasetError) as caught:
        members_of(data)
    assert str(caught.value) == text
    assert "\n" not in text


def test_limits() -> None:
    data = Zip([Entry(b"a%d" % i, b"x" * 10) for i in range(9)]).build()
    for limits, text in (
        (Limits(max_members=8), "x.zip: expected at most 8 members, found 9"),
        (Limits(max_member_bytes=9), "x.zip: a0: expected at most 9 bytes unpacked, found 10"),
        (Limits(max_expanded_bytes=89), "x.zip: expected at most 89 bytes unpacked, found more (90)"),
    ):
        with pytest.raises(DatasetError) as caught:
            members_of(data, limits)
        assert str(caught.value) == text
    assert len(members_of(data, Limits(max_members=9, max_member_bytes=10, max_expanded_bytes=90))) == 9


def test_many_members_with_one_name_fail_fast() -> None:
    data = Zip([Entry(b"annotations/same.json", b"") for _ in range(100_000)], count=0xFFFF).build()
    # more than 65,535 entries: zip64 end record by hand
    end = len(data) - 22
    _, _, _, _, _, size, start, _ = struct.unpack("<4sHHHHIIH", data[end:])
    record = struct.pack("<4sQHHIIQQQQ", b"PK\6\6", 44, 45, 45, 0, 0, 100_000, 100_000, size, start)
    data = data[:end] + record + struct.pack("<4sIQI", b"PK\6\7", 0, end, 1) + data[end:]
    before = time.perf_counter()
    with pytest.raises(DatasetError) as caught:
        members_of(data)
    assert time.perf_counter() - before < 2
    assert str(caught.value) == "x.zip: annotations/same.json: two members have this name: pack the dataset again"


def test_zip64_records_are_checked() -> None:
    data = Zip().build()
    end = len(data) - 22
    start, size = ENTRY_END, end - ENTRY_END

    def with_record(**change: int) -> bytes:
        fields = {"length": 44, "disk": 0, "count": 1, "size": size, "start": start, "at": end, "disks": 1} | change
        record = struct.pack(
            "<4sQHHIIQQQQ", b"PK\6\6", fields["length"], 45, 45, fields["disk"], 0,
            fields["count"], fields["count"], fields["size"], fields["start"],
        )  # fmt: skip
        return data[:end] + record + struct.pack("<4sIQI", b"PK\6\7", 0, fields["at"], fields["disks"]) + data[end:]

    assert len(members_of(with_record())) == 1
    disks = "x.zip: expected one whole archive, found one of several disks: join them first"
    for change, text in (
        ({"length": 45}, "x.zip: damaged: its zip64 end record should end at byte 146, but does not"),
        ({"length": 1 << 63}, "x.zip: damaged: its zip64 end record should end at byte 146, but does not"),
        ({"disk": 1}, disks),
        ({"disks": 2}, disks),
        ({"count": 2}, "x.zip: damaged: its two end records differ (1 and 2)"),
        ({"size": 7}, "x.zip: damaged: its two end records differ (52 and 7)"),
        ({"start": 1 << 62}, "x.zip: damaged: its two end records differ (38 and 4611686018427387904)"),
        ({"at": 1 << 60}, "x.zip: cut off or damaged: no zip64 end record at byte 1152921504606846976"),
    ):
        with pytest.raises(DatasetError) as caught:
            members_of(with_record(**change))
        assert str(caught.value) == text


def test_a_zip_of_zips_is_not_unpacked_further() -> None:
    inner = Zip([Entry(method=8, data=bytes(1 << 20))]).build()
    outer = Zip([Entry(b"z%d.zip" % i, inner) for i in range(16)]).build()
    assert contents(outer) == {f"z{i}.zip": inner for i in range(16)}


def test_a_directory_longer_than_one_stretch() -> None:
    entries = [Entry(b"images/%s-%d.png" % (b"n" * 100, i), b"") for i in range(9000)]
    entries[5000].name = b"images/"
    data = Zip(entries).build()
    assert [m.name.encode() for m in members_of(data)] == [e.name for e in entries if e.name != b"images/"]


def test_offsets_above_4_gib_come_from_the_zip64_field() -> None:
    at = 6 << 30
    local = Zip().build()[:ENTRY_END]
    entry = Entry(offset=0xFFFFFFFF, extra=struct.pack("<HHQ", 1, 8, at))
    directory = Zip([entry]).build()[ENTRY_END:-22]
    start = at + ENTRY_END
    record_at = start + len(directory)
    record = struct.pack("<4sQHHIIQQQQ", b"PK\6\6", 44, 45, 45, 0, 0, 1, 1, len(directory), start)
    record += struct.pack("<4sIQI", b"PK\6\7", 0, record_at, 1)
    record += struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, 1, 1, len(directory), 0xFFFFFFFF, 0)
    file = Sparse(record_at + len(record), {at: local, start: directory, record_at: record})
    (member,) = iter_members(file, "x.zip")
    assert member.offset == at
    assert read_member(file, member) == b"{}"
