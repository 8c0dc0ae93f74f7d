"""Reading by ranges: whatever is read, and in which order, the bytes are right and the requests are few."""

from __future__ import annotations

import io
import itertools
import random
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from cloud_tools import Cloud
from hypothesis import given
from hypothesis import strategies as st

from labelmill.archive import windows
from labelmill.archive.member import UNCHECKED, Member
from labelmill.archive.windows import WindowedMembers
from labelmill.archive.zip_directory import iter_members
from labelmill.convert.shard_plan import cut
from labelmill.errors import DatasetError, ImageError
from labelmill.source.dataset import Entry
from labelmill_aws.objects.object_store import Bucket, ObjectChangedError, ReadAheadFile, S3File, read_ahead

DATA = random.Random(2).randbytes(5000)


class Counted:
    """Bytes that count how often they are read."""

    def __init__(self, data: bytes) -> None:
        self.data, self.size = data, len(data)
        self.reads: list[tuple[int, int]] = []

    def read(self, offset: int, length: int) -> bytes:
        assert 0 <= offset <= self.size and length >= 0
        self.reads.append((offset, length))
        return self.data[offset : offset + length]

    def close(self) -> None:
        self.reads.append((-1, -1))


READS = st.lists(st.tuples(st.integers(0, 5100), st.integers(0, 900)), max_size=20)


@given(READS, st.integers(1, 6000))
def test_read_ahead_file_answers_any_read(reads: list[tuple[int, int]], chunk: int) -> None:
    file: Any = Counted(DATA)
    ahead = ReadAheadFile(file, chunk)
    for offset, length in reads:
        assert ahead.read(offset, length) == DATA[offset : offset + length]


def test_read_ahead_file_reads_front_to_back_in_large_steps() -> None:
    file: Any = Counted(DATA)
    ahead = ReadAheadFile(file, 1000)
    assert b"".join(ahead.read(at, 10) for at in range(0, 5000, 10)) == DATA
    assert len(file.reads) == 5


def test_read_ahead_file_takes_what_is_before_the_end() -> None:
    """An archive's end is read first, then the directory before it: one request."""
    file: Any = Counted(DATA)
    ahead = ReadAheadFile(file, 1000)
    assert ahead.read(4978, 22) == DATA[4978:]
    assert ahead.read(4100, 800) == DATA[4100:4900]
    assert file.reads == [(4000, 1000)]


def test_object_of_one_version(cloud: Cloud) -> None:
    s3 = cloud.clients.s3
    cloud.put("datasets/ws/a.zip", DATA)
    file = S3File(s3, cloud.inbox, "datasets/ws/a.zip", len(DATA))
    assert (file.read(4990, 100), file.read(10, 5), file.read(5000, 1)) == (DATA[4990:], DATA[10:15], b"")
    s3.delete_object(Bucket=cloud.inbox, Key="datasets/ws/a.zip")
    with pytest.raises(DatasetError, match=r"^a\.zip: was deleted or replaced while it was being converted$"):
        file.read(0, 1)


def test_object_of_the_same_tag(cloud: Cloud) -> None:
    bucket = Bucket(cloud.clients.s3, cloud.outbox)
    bucket.put("a", b"one")
    etag = cloud.clients.s3.head_object(Bucket=cloud.outbox, Key="a")["ETag"]
    assert bucket.get_same("a", etag) == b"one"
    bucket.put("a", b"two")
    for key in ("a", "missing"):
        with pytest.raises(ObjectChangedError):
            bucket.get_same(key, etag)


@given(st.integers(0, 30), st.integers(1, 10))
def test_results_come_in_order(count: int, ahead: int) -> None:
    assert list(read_ahead(lambda item: item * 2, range(count), ahead)) == [item * 2 for item in range(count)]


# Windows over an archive's members.


@contextmanager
def small_windows() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(windows, "WINDOW_BYTES", 400)
        patch.setattr(windows, "GAP_BYTES", 50)
        yield


LAYOUT = st.lists(st.tuples(st.integers(0, 120), st.integers(0, 500), st.integers(0, 2)), max_size=25)


@given(LAYOUT, st.randoms())
def test_members_in_any_layout_and_order(layout: list[tuple[int, int, int]], order: Any) -> None:
    members, groups, at = [], [[], [], []], 0  # type: ignore[var-annotated]
    for gap, length, group in layout:
        at += gap
        member = Member(f"m{len(members)}", at, length, length, 0, UNCHECKED)
        members.append(member)
        groups[group].append(member)
        at += length
    data = random.Random(3).randbytes(at)
    file: Any = Counted(data)
    with small_windows():
        reader = WindowedMembers(file, groups)
    order.shuffle(members)
    for member in members:
        assert reader.read(member) == data[member.offset : member.offset + member.size_bytes]
    reader.close()
    assert file.reads[-1] == (-1, -1)


def zip_bytes(count: int) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for number in range(count):
            kind = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)[number % 2]
            archive.writestr(f"annotations/{number:03d}.json", DATA[number * 40 : number * 40 + 40], kind)
    return packed.getvalue()


def test_members_of_a_zip() -> None:
    data = zip_bytes(60)
    file: Any = Counted(data)
    members = list(iter_members(file, "a.zip"))
    file.reads.clear()
    with small_windows():
        reader = WindowedMembers(file, [members[:40]])
    for number, member in enumerate(members):
        assert reader.read(member) == DATA[number * 40 : number * 40 + 40]
    assert len([read for read in file.reads if read[1] > 200]) < 20, "many members a window"
    reader.close()


def test_neighbours_share_one_request() -> None:
    data = zip_bytes(100)
    file: Any = Counted(data)
    members = list(iter_members(file, "a.zip"))
    file.reads.clear()
    reader = WindowedMembers(file, [members])
    for member in members:
        reader.read(member)
    assert len(file.reads) == 1


def test_a_member_that_is_not_what_the_directory_says() -> None:
    data = bytearray(zip_bytes(2))
    members = list(iter_members(Counted(bytes(data)), "a.zip"))
    data[60] ^= 1
    with pytest.raises(ImageError, match=r"annotations/000\.json"):
        WindowedMembers(Counted(bytes(data)), [members]).read(members[0])


# Cutting a plan into shards.


@given(st.lists(st.integers(0, 50), max_size=40), st.integers(1, 10), st.integers(1, 120))
def test_cut(sizes: list[int], most_images: int, most_bytes: int) -> None:
    entries = [Entry(f"{n}.png", str(n), f"{n}.json", None, None, None) for n in range(len(sizes))]
    size_of = dict(zip((entry.name for entry in entries), sizes, strict=True))
    shards = list(cut(entries, lambda entry: size_of[entry.name], most_images, most_bytes))
    assert [entry for shard in shards for entry in shard] == entries
    for shard in shards:
        used = sum(size_of[entry.name] for entry in shard)
        assert 1 <= len(shard) <= most_images and (used <= most_bytes or len(shard) == 1)
    for shard, following in itertools.pairwise(shards):
        used = sum(size_of[entry.name] for entry in [*shard, following[0]])
        assert len(shard) == most_images or used > most_bytes, "no shard is shorter than it must be"
