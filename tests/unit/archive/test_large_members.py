"""Members that are too large to be held: read in pieces and by ranges."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from archive_builders import Bytes, tar_of
from PIL import Image

from labelmill.archive.member import Member
from labelmill.archive.tar_index import iter_tar_members
from labelmill.archive.zip_directory import iter_members
from labelmill.archive.zip_member import iter_member, read_member_range
from labelmill.errors import ImageError
from labelmill.source.image_size import SizeReader
from labelmill.source.open_source import open_source
from labelmill.source.plan import list_dataset, plan_by_stem
from labelmill.source.tally import Tally

DATA = np.random.default_rng(5).integers(0, 9, 3 << 20, np.uint8).tobytes()


def packed(method: int, data: bytes = DATA) -> tuple[Bytes, Member]:
    """A zip of one member, or (-1) a tar."""
    if method < 0:
        file = Bytes(tar_of(("images/a.tif", data)))
        return file, next(iter(iter_tar_members(file, "x.tar")))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        archive.writestr("images/a.tif", data)
    file = Bytes(out.getvalue())
    return file, next(iter(iter_members(file, "x.zip")))


@pytest.mark.parametrize("method", [-1, zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_pieces_and_ranges(method: int) -> None:
    file, member = packed(method)
    assert b"".join(iter_member(file, member)) == DATA
    size = len(DATA)
    for offset, length in [(0, 10), (5, 0), (1_000_000, 2_000_000), (size - 3, 10), (size, 5), (size + 9, 5)]:
        assert read_member_range(file, member, offset, length) == DATA[offset : offset + length]
    if method != zipfile.ZIP_DEFLATED:
        file.reads.clear()
        read_member_range(file, member, 2_000_000, 10)
        assert sum(length for _, length in file.reads) < 200


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_damage_is_told_at_the_end(method: int) -> None:
    file, member = packed(method)
    broken = bytearray(file.data)
    broken[1_000_000] ^= 0xFF
    with pytest.raises(ImageError, match="damaged"):
        list(iter_member(Bytes(bytes(broken)), member))


@pytest.fixture
def limit(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """What counts as large and what is too large to be held, made small."""
    monkeypatch.setattr("labelmill.source.packed.LARGE_BYTES", 100_000)
    monkeypatch.setattr("labelmill.source.dataset.MAX_FILE_BYTES", 200_000)
    yield 200_000


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize("suffix", ["tif", "png"])
def test_the_size_of_an_image_that_can_t_be_held(suffix: str, method: int, limit: int, tmp_path: Path) -> None:
    """A TIFF's directory lies at its end."""
    image = Image.fromarray(np.frombuffer(DATA[: 640 * 500], np.uint8).reshape(500, 640) * 28)
    picture = io.BytesIO()
    image.save(picture, "TIFF" if suffix == "tif" else "PNG", **({} if suffix == "tif" else {"compress_level": 0}))
    data = picture.getvalue()
    if suffix == "tif":  # pixels first, as most writers do it
        at = int.from_bytes(data[4:8], "little")
        directory = data[at : at + 6 + 12 * int.from_bytes(data[at : at + 2], "little")]
        data = data[:4] + len(data).to_bytes(4, "little") + data[8:at] + bytes(len(directory))
        data += picture.getvalue()[len(data) :] + directory
    assert len(data) > limit
    with zipfile.ZipFile(tmp_path / "toys.zip", "w", method) as archive:
        archive.writestr("annotations/a-ana.json", '{"annotations": []}')
        archive.writestr(f"images/a.{suffix}", data)
    source = open_source(tmp_path / "toys.zip")
    plan = plan_by_stem(list_dataset(source))
    assert plan is not None
    size = SizeReader(source, tally := Tally()).measured(plan.entries[0])
    assert (size.width, size.height, tally.warnings) == (640, 500, {})
    assert b"".join(source.chunks("images", f"a.{suffix}")) == data
