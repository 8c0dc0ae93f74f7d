"""Writing zips in parts: read back by zipfile and by our own reader, the same bytes however they are cut."""

from __future__ import annotations

import io
import os
import zipfile
import zlib
from itertools import pairwise
from pathlib import Path

import pytest
from archive_builders import Sparse
from hypothesis import given, settings
from hypothesis import strategies as st

from labelmill.archive.member import Limits
from labelmill.archive.ranged import LocalFile
from labelmill.archive.zip_directory import iter_members
from labelmill.archive.zip_join import Part, copy_file, join_parts, write_directory
from labelmill.archive.zip_member import read_member
from labelmill.archive.zip_write import ENTRY, PartSize, PartWriter
from labelmill.errors import OutputError


def write_part(path: Path, files: list[tuple[str, bytes]]) -> Part:
    with path.open("wb") as data, path.with_suffix(".entries").open("wb") as entries:
        with PartWriter(data, entries) as writer:
            for name, content in files:
                writer.add(name, content)
        size = writer.finish()
    assert size == PartSize(len(files), path.stat().st_size)
    return Part(path, path.with_suffix(".entries"), size.size_bytes)


def join(tmp_path: Path, *runs: list[tuple[str, bytes]]) -> Path:
    parts = [write_part(tmp_path / f"{i}.part", run) for i, run in enumerate(runs)]
    with (tmp_path / "out.zip").open("wb") as out:
        assert join_parts(parts, out) == sum(map(len, runs))
    return tmp_path / "out.zip"


ANY_SIZE = Limits(max_member_bytes=1 << 50)
FILES = [("labels/a.txt", b"1 2 3\n"), ("é/ü 日本.txt", b""), ("big.bin", os.urandom(2_000_000)), ("c", b"c" * 300)]


def test_third_parties_read_it(tmp_path: Path) -> None:
    path = join(tmp_path, FILES[:2], [], FILES[2:])
    with zipfile.ZipFile(path) as z:
        assert z.testzip() is None
        assert [(i.filename, z.read(i)) for i in z.infolist()] == FILES
        for info in z.infolist():
            assert info.date_time == (1980, 1, 1, 0, 0, 0)
            assert (info.external_attr >> 16, info.compress_type, info.create_version) == (0o100644, 0, 20)
            assert bool(info.flag_bits & 0x800) == (not info.filename.isascii())
    with LocalFile(path) as file:
        assert [(m.name, read_member(file, m)) for m in iter_members(file, "out.zip")] == FILES


def test_no_members(tmp_path: Path) -> None:
    path = join(tmp_path)
    assert path.read_bytes() == b"PK\x05\x06" + bytes(18)


def test_the_bytes_stay_the_same(tmp_path: Path) -> None:
    """Whoever changes this changes what every user's archives hash to."""
    data = join(tmp_path, [("a", b"x"), ("é", b"")]).read_bytes()
    local = "504b0304 1400 {} 0000 0000 2100 {} {} {} {} 0000 {} {}"
    central = "504b0102 1403 1400 {} 0000 0000 2100 {} {} {} {} 0000 0000 0000 0000 0000a481 {} {}"
    a, one, none, e = ("0000", "8316dc8c"), "01000000", "00000000", ("0008", "00000000")
    expected = (
        local.format(*a, one, one, "0100", "61", "78")
        + local.format(*e, none, none, "0200", "c3a9", "")
        + central.format(*a, one, one, "0100", none, "61")
        + central.format(*e, none, none, "0200", "20000000", "c3a9")
        + "504b0506 0000 0000 0200 0200 5f000000 40000000 0000"
    )
    assert data == bytes.fromhex(expected)


PRINTABLE = st.characters(exclude_categories=["C", "Z"])


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.text(PRINTABLE, min_size=1, max_size=9), st.binary(max_size=50)), max_size=9),
    st.data(),
)
def test_any_cut_gives_the_same_bytes(
    tmp_path_factory: pytest.TempPathFactory, files: list[tuple[str, bytes]], data: st.DataObject
) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(files)), max_size=4)))
    bounds = [0, *cuts, len(files)]
    runs = [files[a:b] for a, b in pairwise(bounds)]
    folder = tmp_path_factory.mktemp("cut")
    whole = join(folder, files).read_bytes()
    assert join(folder, *runs).read_bytes() == whole


def test_70000_members_need_zip64(tmp_path: Path) -> None:
    for count, zip64 in ((65_534, False), (65_535, True), (70_000, True)):
        path = join(tmp_path, [(f"{i}.txt", b"") for i in range(count)])
        data = path.read_bytes()
        assert (b"PK\x06\x06" in data[-98:]) == zip64
        with LocalFile(path) as file:
            assert sum(1 for _ in iter_members(file, "x")) == count
    with zipfile.ZipFile(path) as z:
        assert len(z.infolist()) == 70_000
        assert z.read("69999.txt") == b""


class Counting:
    """A sink that can only be written to."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []

    def write(self, data: bytes) -> int:
        self.pieces.append(data)
        return len(data)


def entries_of(*members: tuple[str, int]) -> io.BytesIO:
    return io.BytesIO(b"".join(ENTRY.pack(size, 0, len(name)) + name.encode() for name, size in members))


@pytest.mark.parametrize("sizes", [(0xFFFFFFFE, 9), (0xFFFFFFFF - 31 - 31, 9), (5 << 30, 9), (3 << 30, 3 << 30, 9)])
def test_big_archives_by_declared_sizes(sizes: tuple[int, ...], tmp_path: Path) -> None:
    members = [(chr(97 + i), size) for i, size in enumerate(sizes)]
    length = sum(31 + size + (20 if size >= 0xFFFFFFFF else 0) for size in sizes)
    cut = 31 + sizes[0] + (20 if sizes[0] >= 0xFFFFFFFF else 0)
    sink, whole = Counting(), Counting()
    parts = [(entries_of(members[0]), cut), (entries_of(*members[1:]), length - cut)]
    assert write_directory(parts, sink, length) == len(sizes)  # type: ignore[arg-type]
    write_directory([(entries_of(*members), length)], whole, length)  # type: ignore[arg-type]
    directory = b"".join(sink.pieces)
    assert directory == b"".join(whole.pieces)
    assert (b"PK\x06\x06" in directory) == (length >= 0xFFFFFFFF)
    found = list(iter_members(Sparse(length + len(directory), {length: directory}), "x", ANY_SIZE))
    assert [(m.name, m.size_bytes) for m in found] == members
    assert [m.offset for m in found][:2] == [0, cut]
    with (tmp_path / "x.zip").open("wb") as f:
        f.seek(length)
        f.write(directory)
    with zipfile.ZipFile(tmp_path / "x.zip") as z:
        assert [(i.filename, i.file_size, i.header_offset) for i in z.infolist()] == [
            (m.name, m.size_bytes, m.offset) for m in found
        ]


def test_a_member_above_4_gib() -> None:
    """Its data goes nowhere: only the headers are looked at."""

    class Holes(io.RawIOBase):
        """Keeps short writes; skips long ones."""

        def __init__(self) -> None:
            self.kept: dict[int, bytes] = {}
            self.at = 0

        def write(self, data) -> int:  # type: ignore[no-untyped-def]
            if len(data) < 1000:
                self.kept[self.at] = bytes(data)
            self.at += len(data)
            return len(data)

    size = (4 << 30) + 5
    chunk = bytes(1 << 28)
    crc = 5  # any will do: nobody reads the data
    chunks = [chunk] * 16 + [b"hello"]
    holes, entries = Holes(), io.BytesIO()
    writer = PartWriter(holes, entries)  # type: ignore[arg-type]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("labelmill.archive.zip_write.zlib_ng.crc32", lambda data, value=0: crc)
        writer.add_stream("a", size, chunks, crc)
    writer.add("b", b"")
    part = writer.finish()
    assert holes.kept[0][4:6] == b"\x2d\0"
    assert holes.kept[0][18:26] == b"\xff" * 8
    assert holes.kept[0][31:51] == b"\1\0\x10\0" + size.to_bytes(8, "little") * 2
    assert part == PartSize(2, holes.at)
    entries.seek(0)
    sink = Counting()
    write_directory([(entries, part.size_bytes)], sink, part.size_bytes)  # type: ignore[arg-type]
    directory = b"".join(sink.pieces)
    file = Sparse(holes.at + len(directory), holes.kept | {holes.at: directory})
    big, small = iter_members(file, "x", ANY_SIZE)
    assert (big.size_bytes, small.offset) == (size, holes.at - 31)
    assert read_member(file, small) == b""


def test_streams(tmp_path: Path) -> None:
    big = os.urandom(3_000_000)
    chunks = [big[i : i + 700_000] for i in range(0, len(big), 700_000)]
    expected = None
    for crc in (None, zlib.crc32(big)):
        data, entries = io.BytesIO(), io.BytesIO()
        with PartWriter(data, entries) as writer:
            writer.add("a", b"a")
            writer.add_stream("big", len(big), iter(chunks), crc)
            writer.add_stream("small", 4, [b"ab", b"", b"cd"])
            writer.add("z", b"z")
        with PartWriter(plain := io.BytesIO(), plain_entries := io.BytesIO()) as writer:
            for name, content in (("a", b"a"), ("big", big), ("small", b"abcd"), ("z", b"z")):
                writer.add(name, content)
        assert data.getvalue() == plain.getvalue()
        assert entries.getvalue() == plain_entries.getvalue()
        assert expected in (None, data.getvalue())
        expected = data.getvalue()


@pytest.mark.parametrize(
    ("size", "chunks", "crc", "text"),
    [
        (5, [b"abc"], None, "n: expected 5 bytes, found 3: it changed while it was copied"),
        (5, [b"abc"] * 3, None, "n: expected 5 bytes, found more: it changed while it was copied"),
        (2 << 20, [b"abc"], None, "n: expected 2097152 bytes, found 3: it changed while it was copied"),
        (2 << 20, [bytes(2 << 20), b"x"], 5, "n: expected 2097152 bytes, found more: it changed while it was copied"),
        (2 << 20, [bytes(2 << 20)], 5, "n: its checksum is another than announced: it changed while it was copied"),
        (1, [b"a"], 5, "n: its checksum is another than announced: it changed while it was copied"),
    ],
)
def test_streams_that_break_their_word(size: int, chunks: list[bytes], crc: int | None, text: str) -> None:
    writer = PartWriter(io.BytesIO(), io.BytesIO())
    with pytest.raises(OutputError) as caught:
        writer.add_stream("n", size, chunks, crc)
    assert str(caught.value) == text
    with pytest.raises(OutputError, match="a member before failed"):
        writer.finish()


def test_names_that_do_not_fit() -> None:
    writer = PartWriter(io.BytesIO(), io.BytesIO())
    for name in ("", "n" * 65_536):
        with pytest.raises(ValueError, match="must have 1 to 65535 bytes"):
            writer.add(name, b"")
        with pytest.raises(ValueError, match="must have 1 to 65535 bytes"):
            writer.add_stream(name, 0, [])


def test_a_pipe_needs_the_checksum() -> None:
    class Pipe(io.BytesIO):
        def seekable(self) -> bool:
            return False

    with pytest.raises(ValueError, match="without a checksum"):
        PartWriter(Pipe(), io.BytesIO()).add_stream("n", 2 << 20, [bytes(2 << 20)])


def test_a_full_disk(tmp_path: Path) -> None:
    with Path("/dev/full").open("wb", buffering=0) as full:
        writer = PartWriter(full, io.BytesIO())
        writer.add("a", bytes(2000))
        with pytest.raises(OutputError) as caught:
            writer.finish()
        assert str(caught.value) == "the archive: can't be written: No space left on device"
    part = write_part(tmp_path / "a.part", FILES)
    with Path("/dev/full").open("wb", buffering=0) as full, pytest.raises(OutputError) as caught:
        join_parts([part], full)
    assert str(caught.value) == "the archive can't be joined: No space left on device"


def test_parts_that_changed(tmp_path: Path) -> None:
    part = write_part(tmp_path / "a.part", FILES[:1])
    for change, text in (
        (lambda: part.data.write_bytes(b"x"), "a.part: expected 48 bytes, found 1"),
        (lambda: part.entries.write_bytes(b"x"), "a part's records end in the middle of one"),
        (lambda: part.entries.write_bytes(b""), "a part's records tell of 0 bytes, but it has 48"),
    ):
        write_part(tmp_path / "a.part", FILES[:1])
        change()  # type: ignore[no-untyped-call]
        with pytest.raises(OutputError) as caught:
            join_parts([part], io.BytesIO())
        assert str(caught.value) == text


def test_copies_without_the_systems_help(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a").write_bytes(content := os.urandom(3_000_000))
    calls = []

    def refuse(source: int, target: int, source_at: int, target_at: int) -> int:
        calls.append(source_at)
        if source_at:
            raise OSError(18, "Invalid cross-device link")
        return os.copy_file_range(source, target, 1_000_000, source_at, target_at)

    for patched in (False, True):
        if patched:
            monkeypatch.setattr("labelmill.archive.zip_join._copy_range", refuse)
        with (tmp_path / "a").open("rb") as source, (tmp_path / "b").open("wb") as out:
            out.write(b"head")
            assert copy_file(source, out) == len(content)
            out.write(b"tail")
        assert (tmp_path / "b").read_bytes() == b"head" + content + b"tail"
    assert calls == [0, 1_000_000]
    memory = io.BytesIO()
    with (tmp_path / "a").open("rb") as source:
        assert copy_file(source, memory) == len(content)
    assert memory.getvalue() == content
