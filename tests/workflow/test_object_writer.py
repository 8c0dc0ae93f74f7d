"""Objects are written whole, within S3's limits, and with as little copying through memory as these allow."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import pytest
from cloud_tools import Cloud
from hypothesis import given
from hypothesis import strategies as st
from strict_s3 import StrictS3

from labelmill.errors import TransientError
from labelmill_aws.objects import multipart
from labelmill_aws.objects.multipart import LEAST_PART_BYTES, ObjectWriter
from labelmill_aws.objects.object_store import CHUNK_BYTES, Bucket, Slice

SOURCE = random.Random(1).randbytes(4000)
LEAST, CHUNK, MOST = 50, 80, 300
"""S3's limits, a hundred thousand times smaller, so that many cases can be tried."""
Step = tuple[str, int, int]


@pytest.fixture(scope="module", autouse=True)
def small_limits() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(multipart, "LEAST_PART_BYTES", LEAST)
        patch.setattr(multipart, "CHUNK_BYTES", CHUNK)
        patch.setattr(multipart, "MOST_PART_BYTES", MOST)
        yield


def write(s3: StrictS3, steps: list[Step], expected_bytes: int = 0) -> tuple[bytes, bytes]:
    """Do some steps; what should be there, and what is."""
    s3.objects["source"] = SOURCE
    bucket: Any = Bucket(s3, "bucket")  # type: ignore[arg-type]
    expected = b""
    with ObjectWriter(bucket, "target", expected_bytes=expected_bytes) as out:
        for step, offset, length in steps:
            data = SOURCE[offset : offset + length]
            if step == "write":
                out.write(data)
            elif step == "copy":
                out.copy(Slice("source", offset, length))
            else:  # a gap of some bytes before the data, filled after it
                out.leave_gap()
                for at in range(0, length, 30):
                    out.write(data[at : at + 30])
                out.fill_gap(b"<gap>")
                expected += b"<gap>"
            expected += data
            assert out.size == len(expected)
        assert "target" not in s3.objects, "nothing can be seen before the end"
    assert s3.uploads == {}
    return expected, s3.objects["target"]


def strict(most_parts: int = 10_000) -> StrictS3:
    return StrictS3(LEAST, max(MOST, 10 * CHUNK), most_parts)


TABLE: list[tuple[list[Step], int]] = [
    ([], 0),
    ([("write", 0, 1)], 0),
    ([("write", 0, LEAST), ("write", 0, LEAST)], 0),
    # Copies around the least size of a part: one byte less goes through memory.
    ([("copy", 0, LEAST - 1)], 0),
    ([("copy", 0, LEAST)], LEAST),
    ([("copy", 0, LEAST + 1)], LEAST + 1),
    # What is buffered before a copy is filled up with its first bytes, when enough remains.
    ([("write", 0, 1), ("copy", 0, 2 * LEAST - 2)], 0),
    ([("write", 0, 1), ("copy", 0, 2 * LEAST - 1)], LEAST),
    ([("write", 0, LEAST - 1), ("copy", 0, LEAST)], 0),
    ([("write", 0, LEAST - 1), ("copy", 0, LEAST + 1)], LEAST),
    ([("write", 0, LEAST), ("copy", 0, LEAST)], LEAST),
    ([("copy", 0, LEAST), ("write", 0, 1), ("copy", 7, LEAST)], LEAST),
    # Copies around the most: two pieces, none of them too short.
    ([("copy", 0, MOST)], MOST),
    ([("copy", 0, MOST + 1)], MOST + 1),
    ([("copy", 3, 3 * MOST + 1)], 3 * MOST + 1),
    # Gaps before and after the size of a part.
    ([("gap", 0, 0)], 0),
    ([("gap", 0, CHUNK - 1)], 0),
    ([("gap", 0, CHUNK + 31)], 0),
    ([("gap", 0, 5 * CHUNK), ("write", 0, 3)], 0),
    ([("write", 0, CHUNK - 1), ("gap", 0, 5), ("gap", 9, 3 * CHUNK), ("copy", 0, LEAST)], 0),
    ([("copy", 0, LEAST), ("gap", 0, 4 * CHUNK), ("gap", 1, 4 * CHUNK), ("copy", 0, 3 * LEAST)], 3 * LEAST),
]  # fmt: skip


@pytest.mark.parametrize(("steps", "copied"), TABLE)
def test_table(steps: list[Step], copied: int) -> None:
    s3 = strict()
    expected, found = write(s3, steps)
    assert found == expected
    assert s3.copied >= copied


STEPS = st.lists(
    st.tuples(st.sampled_from(["write", "copy", "gap"]), st.integers(0, 999), st.integers(0, 600)), max_size=12
)


@given(STEPS)
def test_any_steps(steps: list[Step]) -> None:
    expected, found = write(strict(), steps)
    assert found == expected


@given(st.integers(0, 40), st.integers(1, 400), st.integers(0, 60))
def test_parts_suffice_for_what_was_expected(copies: int, length: int, between: int) -> None:
    """However many runs there are, and however long each is."""
    steps: list[Step] = [("copy", 0, length), ("write", 0, between)] * copies
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(multipart, "MOST_PARTS", 20)
        patch.setattr(multipart, "MOST_PART_BYTES", 10**9)  # as far away as it is in S3
        expected, found = write(StrictS3(LEAST, 10**9, 20), steps, expected_bytes=copies * (length + between))
    assert found == expected


def test_memory_holds_a_few_parts() -> None:
    s3 = strict()
    write(s3, [("write", at, 10) for at in range(3000)])
    assert s3.largest <= CHUNK + 10


def test_nothing_appears_when_it_fails() -> None:
    s3 = strict()
    bucket: Any = Bucket(s3, "bucket")  # type: ignore[arg-type]
    with pytest.raises(TransientError), ObjectWriter(bucket, "target") as out:
        out.write(SOURCE)
        raise TransientError("no")
    assert (s3.objects, s3.uploads) == ({}, {})


def test_real_sizes(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same against the emulator, with S3's own numbers."""
    monkeypatch.setattr(multipart, "LEAST_PART_BYTES", LEAST_PART_BYTES)
    monkeypatch.setattr(multipart, "CHUNK_BYTES", CHUNK_BYTES)
    monkeypatch.setattr(multipart, "MOST_PART_BYTES", 5 << 30)
    bucket = Bucket(cloud.clients.s3, cloud.outbox)
    data = bytes(range(256)) * (48 << 10)  # 12 MiB
    bucket.put("source", data)
    with ObjectWriter(bucket, "target") as out:
        out.write(b"head")
        out.copy(Slice("source", 1, len(data) - 1))
        out.leave_gap()
        out.write(data)
        out.fill_gap(b"gap")
        out.copy(Slice("source", 0, 10))
    assert bucket.get("target") == b"head" + data[1:] + b"gap" + data + data[:10]
