"""Members of a zip whose directory is well but whose own bytes are not."""

from __future__ import annotations

import pytest
from archive_builders import Bytes, Entry, Zip, deflate

from labelmill.archive.member import Member
from labelmill.archive.zip_directory import iter_members
from labelmill.archive.zip_member import read_member
from labelmill.errors import ImageError

DAMAGED: dict[str, tuple[Entry, str]] = {
    "other name": (Entry(local_name=b"b.json"), "a.json: damaged: its header bears another name"),
    "escaping name": (Entry(local_name=b"../a.json"), "a.json: damaged: its header bears another name"),
    "other method": (Entry(local_method=8), "a.json: damaged: its header and the archive's directory differ"),
    "crc": (Entry(crc=7), "a.json: damaged: its checksum differs"),
    "deflated crc": (Entry(method=8, crc=7), "a.json: damaged: its checksum differs"),
    "unreadable": (Entry(method=8, raw=b"\xff\xff"), "a.json: damaged: its compressed data is not readable"),
    "too short": (
        Entry(method=8, raw=deflate(b"{}"), size=5),
        "a.json: damaged: expected 5 bytes unpacked, found 2, then its data ends",
    ),
    "too long": (
        Entry(method=8, raw=deflate(b"{}" * 9), size=5),
        "a.json: damaged: expected 5 bytes unpacked, found more",
    ),
    "bomb": (
        Entry(method=8, raw=deflate(bytes(50 << 20)), size=5),
        "a.json: damaged: expected 5 bytes unpacked, found more",
    ),
    "cut stream": (
        Entry(method=8, raw=deflate(b"{}" * 99)[:-3], size=198),
        "a.json: damaged: expected 198 bytes unpacked, found ",
    ),
    "left over": (
        Entry(method=8, raw=deflate(b"{}") + b"zz"),
        "a.json: damaged: 2 bytes follow its compressed data",
    ),
    "long local extra": (Entry(local_extra=bytes(200), offset=0), ""),
}


@pytest.mark.parametrize("case", DAMAGED)
def test_damaged_members(case: str) -> None:
    entry, text = DAMAGED[case]
    data = Zip([entry]).build()
    (member,) = iter_members(Bytes(data), "x.zip")
    if not text:
        assert read_member(Bytes(data), member) == b"{}"
        return
    with pytest.raises(ImageError) as caught:
        read_member(Bytes(data), member)
    assert str(caught.value).startswith(text)
    assert caught.value.file == "a.json"


def test_a_member_that_is_not_there() -> None:
    data = Zip().build()
    for offset, text in (
        (3, "a.json: damaged: no member begins at byte 3 of the archive"),
        (9999, "a.json: cut off: the archive ends inside it"),
    ):
        with pytest.raises(ImageError) as caught:
            read_member(Bytes(data), Member("a.json", offset, 2, 2, 0, 0))
        assert str(caught.value) == text
    with pytest.raises(ImageError, match="cut off"):
        read_member(Bytes(data), Member("a.json", 0, 9999, 9999, 0, 0))
