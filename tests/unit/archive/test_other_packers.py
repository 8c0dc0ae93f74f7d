"""Zips as other people's programs write them: names, counts and offsets that the specification does not foresee."""

from __future__ import annotations

import io
import struct
import zipfile

import pytest
from archive_builders import Bytes, Entry, Sparse, Zip

from labelmill.archive.member import Member
from labelmill.archive.open_archive import check_kind
from labelmill.archive.zip_directory import iter_members
from labelmill.archive.zip_member import read_member
from labelmill.errors import DatasetError


def members_of(data: bytes) -> list[Member]:
    """The members of a zip."""
    return list(iter_members(Bytes(data), "x.zip"))


def contents(data: bytes) -> dict[str, bytes]:
    """All files of a zip."""
    return {member.name: read_member(Bytes(data), member) for member in members_of(data)}


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        ("masks/Küche.png".encode(), "masks/Küche.png"),  # Info-ZIP on Linux, macOS
        ("写真/猫.png".encode(), "写真/猫.png"),
        ("masks/Küche.png".encode("cp437"), "masks/Küche.png"),  # Windows' own
        ("masks/Ñandú.png".encode("cp437"), "masks/Ñandú.png"),
    ],
)
def test_names_without_the_utf8_flag(raw: bytes, name: str) -> None:
    assert contents(Zip([Entry(raw, b"data")]).build()) == {name: b"data"}


def test_backslashes_separate_folders_where_nothing_else_does() -> None:
    """PowerShell 5's Compress-Archive."""
    data = Zip([Entry(b"toys\\", b""), Entry(b"toys\\annotations\\a-ana.json", b"{}"), Entry(b"readme.txt")]).build()
    assert list(contents(data)) == ["toys/annotations/a-ana.json", "readme.txt"]
    with pytest.raises(DatasetError, match=r"a/b.*c.*holds a backslash"):
        members_of(Zip([Entry(b"a/b"), Entry(b"a/b\\c")]).build())


@pytest.mark.parametrize("name", [b"..\\..\\etc\\passwd", b"\\etc\\passwd", b"C:\\a", b"a\\\\b"])
def test_backslashes_lead_nowhere(name: bytes) -> None:
    with pytest.raises(DatasetError, match=r"leaves its folder|is absolute|drive letter|empty folder"):
        members_of(Zip([Entry(name)]).build())


def test_counts_modulo_65536() -> None:
    """MacOS' packer writes no zip64 record."""
    entries = [Entry(b"%d" % number, b"") for number in range(70_000)]
    data = Zip(entries, count=70_000 & 0xFFFF).build()
    assert len(members_of(data)) == 70_000
    with pytest.raises(DatasetError, match="its end record says 4465 members, its directory lists more"):
        members_of(Zip(entries, count=4465).build())


def test_offsets_modulo_4_gib() -> None:
    """MacOS again: members in the order in which they lie, their places without the bits above 32."""
    places = [0, 3 << 30, (4 << 30) + 5, (7 << 30) + 6, (9 << 30) + 7]
    zips = {at: Zip([Entry(b"%d" % at, b"hi", offset=at & 0xFFFFFFFF)]).build() for at in places}
    locals_ = {at: data[: data.index(b"PK\1\2")] for at, data in zips.items()}
    directory = b"".join(data[data.index(b"PK\1\2") : data.index(b"PK\5\6")] for data in zips.values())
    start = (9 << 30) + 1000
    end = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 5, 5, len(directory), start & 0xFFFFFFFF, 0)
    file = Sparse(start + len(directory) + len(end), {**locals_, start: directory + end})
    found = list(iter_members(file, "x.zip"))
    assert [member.offset for member in found] == places
    assert [read_member(file, member) for member in found] == [b"hi"] * 5


@pytest.mark.parametrize("before", [b"MZ" + b"\0" * 998, b"#!/bin/sh\nexit\n", b"PK\3\4 looks like one"])
@pytest.mark.parametrize("after", [b"", b"\0" * 500, b"signature"])
def test_something_before_and_behind(before: bytes, after: bytes) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("annotations/a-ana.json", "{}")
        archive.writestr("images/a.png", b"png" * 100)
    data = before + packed.getvalue() + after
    assert check_kind(Bytes(data), "x.zip") == ".zip"
    assert contents(data) == {"annotations/a-ana.json": b"{}", "images/a.png": b"png" * 100}


def test_something_before_that_offsets_count() -> None:
    """As zip -A makes them: only the beginning is strange."""
    packed = io.BytesIO(b"MZ" + b"\0" * 98)
    packed.seek(0, io.SEEK_END)
    with zipfile.ZipFile(packed, "a") as archive:
        archive.writestr("annotations/a-ana.json", "{}")
    assert check_kind(Bytes(packed.getvalue()), "x.zip") == ".zip"
    assert contents(packed.getvalue()) == {"annotations/a-ana.json": b"{}"}


def test_what_only_looks_like_a_zip_behind_something_is_named() -> None:
    with pytest.raises(DatasetError, match="found a Windows program"):
        check_kind(Bytes(b"MZ" + b"\0" * 998), "x.zip")
