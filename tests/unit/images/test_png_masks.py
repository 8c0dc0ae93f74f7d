"""Masks read and written: every kind of PNG against Pillow, every filter, damage, and lookups."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image
from zlib_ng import zlib_ng

from labelmill.images import memory, png_read
from labelmill.images.errors import ImageDataError
from labelmill.images.lookup import apply_lut
from labelmill.images.png_file import chunk, header_chunk
from labelmill.images.png_read import decode_ids, decode_labels, decode_runs
from labelmill.images.png_write import encode_labels, encode_png, voc_palette


def blobs(height: int, width: int, top_id: int, seed: int = 0) -> NDArray[np.uint16]:
    """A mask of rectangles."""
    rng = np.random.default_rng(seed)
    mask = np.zeros((height, width), np.uint16)
    for _ in range(8):
        y, x = rng.integers(0, height), rng.integers(0, width)
        mask[y : y + rng.integers(1, height + 1), x : x + rng.integers(1, width + 1)] = rng.integers(0, top_id + 1)
    return mask


def filtered(mask: NDArray[np.uint16], depth: int, filters: list[int]) -> bytes:
    """Write a PNG the slow and plain way, each row with the filter asked for."""
    height, width = mask.shape
    bpp = max(1, depth // 8)
    if depth < 8:
        per = 8 // depth
        padded = np.pad(mask, ((0, 0), (0, -width % per))).reshape(height, -1, per).astype(np.int64)
        rows = (padded << (np.arange(per)[::-1] * depth)).sum(axis=2).astype(np.uint8)
    else:
        rows = mask.astype(">u2" if depth == 16 else np.uint8).view(np.uint8).reshape(height, -1)
    raw = bytearray()
    for y in range(height):
        kind = filters[y % len(filters)]
        raw.append(kind)
        for i, value in enumerate(rows[y].tolist()):
            a = int(rows[y, i - bpp]) if i >= bpp else 0
            b = int(rows[y - 1, i]) if y else 0
            c = int(rows[y - 1, i - bpp]) if y and i >= bpp else 0
            guess = a + b - c
            paeth = min((abs(guess - a), 0, a), (abs(guess - b), 1, b), (abs(guess - c), 2, c))[2]
            raw.append((value - (0, a, b, (a + b) // 2, paeth)[kind]) & 255)
    return header_chunk(width, height, depth, 0) + chunk(b"IDAT", zlib.compress(raw)) + chunk(b"IEND", b"")


def assert_decoded(data: bytes, mask: NDArray[np.uint16]) -> None:
    """As pixels, as runs of one id within a row, and looked up; the ids that are there are told."""
    np.testing.assert_array_equal(decode_ids(data), mask)
    ids, begin, end = (np.concatenate(parts) for parts in zip(*decode_runs(data), strict=True))
    np.testing.assert_array_equal(np.repeat(ids, end - begin).reshape(mask.shape), mask)
    changes = np.ones(mask.shape, np.bool_)
    changes[:, 1:] = mask[:, 1:] != mask[:, :-1]
    assert begin.tolist() == np.flatnonzero(changes).tolist()
    assert end.tolist() == [*begin.tolist()[1:], mask.size]
    seen = np.zeros(65_536, np.bool_)
    lut = np.arange(65_536).astype(np.uint8)
    np.testing.assert_array_equal(decode_labels(data, lut, seen), lut[mask])
    np.testing.assert_array_equal(np.flatnonzero(seen), np.unique(mask))


@pytest.mark.parametrize("depth", [8, 16])
@pytest.mark.parametrize("width", range(1, 18))
def test_ids_without_a_pixel_are_not_there(depth: int, width: int) -> None:
    """The first pixel changes the 0 that a row begins from; both bytes of an id change one after the other."""
    top = (1 << depth) - 1
    for row in ([top] * width, [top, 1] * width, [1, 257 & top, 3, 513 & top] * width):
        mask = np.array([row[:width]] * 2, np.uint16)
        assert_decoded(filtered(mask, depth, [1]), mask)


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from([1, 2, 4, 8, 16]),
    st.integers(1, 30),
    st.integers(1, 30),
    st.lists(st.integers(0, 4), min_size=1, max_size=30),
    st.integers(0, 99),
    st.sampled_from([1, 3, 255, 300, 65535]),
)
def test_every_filter_and_depth(
    depth: int, height: int, width: int, filters: list[int], seed: int, top_id: int
) -> None:
    mask = blobs(height, width, min(top_id, (1 << depth) - 1), seed)
    data = filtered(mask, depth, filters)
    assert_decoded(data, mask)
    parts = png_read.split_png(data)
    raw = zlib.decompress(parts.pixels)
    unfiltered = png_read._unfiltered_by_pillow(raw, parts, None)
    np.testing.assert_array_equal(
        png_read._unpack(unfiltered.astype(np.uint8), parts) if depth < 8 else unfiltered, mask
    )
    whole, png_read.BAND = png_read.BAND, 3 * width  # a large mask, some rows at a time
    try:
        assert_decoded(data, mask)
    finally:
        png_read.BAND = whole


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 99), st.sampled_from([8, 16]), st.lists(st.sampled_from([0, 1, 2, 2, 2]), min_size=1, max_size=9))
def test_rare_average_and_paeth_rows_are_undone_without_pillow(seed: int, depth: int, rest: list[int]) -> None:
    mask = blobs(48, 25, 255 if depth == 8 else 700, seed)
    filters = [*(rest * 24)[:23], 3, *(rest * 24)[:23], 4]
    original, png_read._by_pillow = png_read._by_pillow, lambda data: pytest.fail("Pillow was asked")
    try:
        np.testing.assert_array_equal(decode_ids(filtered(mask, depth, filters)), mask)
    finally:
        png_read._by_pillow = original


@pytest.mark.parametrize("noise", [False, True])
@pytest.mark.parametrize("top_id", [200, 5000])
def test_own_writer_both_ways(noise: bool, top_id: int) -> None:
    mask = blobs(61, 83, top_id)
    if noise:  # too many runs for the fast way
        mask = np.random.default_rng(1).integers(0, top_id, mask.shape).astype(np.uint16)
    data = encode_png(mask)
    np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(data))), mask)
    assert_decoded(data, mask)
    lut = np.random.default_rng(2).integers(0, 256, 65536).astype(np.uint8)
    np.testing.assert_array_equal(decode_labels(data, lut), lut[mask])
    np.testing.assert_array_equal(apply_lut(mask, lut), lut[mask])


@pytest.mark.parametrize("options", [{}, {"optimize": True}, {"compress_level": 0}, {"compress_level": 9}])
@pytest.mark.parametrize(("mode", "top_id"), [("I;16", 255), ("I;16", 900), ("L", 255), ("P", 200), ("1", 1)])
def test_pillow_written(mode: str, top_id: int, options: dict[str, object]) -> None:
    mask = blobs(50, 70, top_id)
    if mode == "1":
        image = Image.fromarray(mask.astype(bool))
    elif mode == "I;16":
        image = Image.fromarray(mask)
    else:
        image = Image.fromarray(mask.astype(np.uint8))
        if mode == "P":
            image.putpalette(voc_palette())
    file = io.BytesIO()
    image.save(file, "PNG", **options)
    assert_decoded(file.getvalue(), mask)


@pytest.mark.parametrize(("depth", "top_id"), [(1, 1), (2, 3), (4, 15), (8, 255), (16, 999)])
def test_interlaced_is_left_to_pillow(depth: int, top_id: int) -> None:
    mask = blobs(13, 9, top_id)
    raw = b""
    for y0, x0, dy, dx in (
        (0, 0, 8, 8),
        (0, 4, 8, 8),
        (4, 0, 8, 4),
        (0, 2, 4, 4),
        (2, 0, 4, 2),
        (0, 1, 2, 2),
        (1, 0, 2, 1),
    ):
        part = mask[y0::dy, x0::dx]
        if part.size:
            plain = filtered(part, depth, [0])
            raw += zlib.decompress(plain[plain.index(b"IDAT") + 4 : -16])
    head = struct.pack(">IIBBBBB", 9, 13, depth, 0, 0, 0, 1)
    data = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(raw)) + chunk(b"IEND", b"")
    np.testing.assert_array_equal(decode_ids(data), mask)


def test_labels_round_trip_as_palette() -> None:
    values = blobs(40, 60, 255).astype(np.uint8)
    image = Image.open(io.BytesIO(encode_labels(values)))
    assert image.mode == "P" and image.size == (60, 40)
    np.testing.assert_array_equal(np.asarray(image), values)
    np.testing.assert_array_equal(decode_ids(encode_labels(values, voc_palette())), values)
    assert image.getpalette()[3:9] == [128, 0, 0, 0, 128, 0]
    with pytest.raises(ValueError, match="palette"):
        encode_labels(values, voc_palette(2))


@pytest.mark.parametrize("shape", [(7, 5), (7, 5, 3), (1, 1), (1, 9, 3)])
def test_pictures(shape: tuple[int, ...]) -> None:
    pixels = np.random.default_rng(3).integers(0, 256, shape).astype(np.uint8)
    np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(encode_png(pixels)))), pixels)


@pytest.mark.parametrize(
    "bad", [np.zeros((0, 4), np.uint8), np.zeros((2, 2, 2), np.uint8), np.zeros(4, np.uint8), np.zeros((2, 2))]
)
def test_wrong_arrays(bad: NDArray[np.uint8]) -> None:
    with pytest.raises(ValueError, match="expected"):
        encode_png(bad)
    with pytest.raises(ValueError, match="expected"):
        encode_labels(bad)


def test_bytes_are_fixed() -> None:
    """These checksums hold on every machine; another one here means that a dataset's outputs change."""
    mask = blobs(480, 640, 80)
    assert zlib.crc32(encode_labels(mask.astype(np.uint8))) == LABELS_CRC
    assert zlib.crc32(encode_png(mask)) == IDS_CRC


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 50), st.sampled_from([np.uint8, np.uint16]))
def test_lookup(height: int, width: int, seed: int, dtype: type) -> None:
    ids = blobs(height, width, 250, seed).astype(dtype)
    lut = np.random.default_rng(seed).integers(0, 256, 256).astype(np.uint8)
    np.testing.assert_array_equal(apply_lut(ids, lut), lut[ids])
    np.testing.assert_array_equal(apply_lut(ids.T, lut), lut[ids.T])


def test_lookup_without_a_value() -> None:
    with pytest.raises(ValueError, match="no value for id 300"):
        apply_lut(np.array([[1, 300]], np.uint16), np.zeros(256, np.uint8))


def png(width: int, height: int, pixels: bytes, depth: int = 16, colour: int = 0) -> bytes:
    return header_chunk(width, height, depth, colour) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


GOOD = encode_png(np.ones((4, 4), np.uint16))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "not a PNG file"),
        (GOOD[:-6], "PNG cut off"),
        (GOOD[:40], "PNG cut off"),
        (GOOD[:45] + b"\0" + GOOD[46:], "PNG chunk with a wrong checksum"),
        (
            png(100_000, 100_000, b"x"),
            "PNG of 100000x100000 pixels, at most 268,435,456 are read: cut the image into tiles",
        ),
        (png(1 << 21, 2, b"x"), "PNG of 2097152x2 pixels, at most 1,048,576 a side are read"),
        (png(10_000, 10_000, b"x"), "PNG cut off: its data can't hold 10000x10000 pixels"),
        (png(0, 3, b"x"), "PNG of an impossible size: 0x3"),
        (png(2, 2, zlib.compress(bytes(12)), 8, 2), "a mask has one channel: expected a grey or palette PNG"),
        (png(2, 2, zlib.compress(bytes(9))), "PNG holds fewer pixels than its size says"),
        (png(2, 2, zlib.compress(bytes(11))), "PNG holds more pixels than its size says"),
        (png(2, 2, zlib.compress(bytes(10))[:-5]), "PNG pixel data damaged or cut off"),
        (png(2, 2, b"garbage garbage"), "PNG pixel data damaged or cut off"),
        (png(2, 2, zlib.compress(b"\5\0\0\0\0" * 2)), "PNG pixel data damaged: unknown row filter"),
        (
            header_chunk(2, 2, 16, 0) + chunk(b"QUUX", b"") + chunk(b"IEND", b""),
            "PNG with an unknown or misplaced chunk",
        ),
        (GOOD[:8] + chunk(b"IEND", b""), "PNG without a header chunk"),
    ],
)
def test_refusals(data: bytes, message: str) -> None:
    with pytest.raises(ImageDataError) as caught:
        decode_ids(data)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("pixels", "message"),
    [
        (zlib.compress(bytes(4999)), "PNG holds fewer pixels than its size says"),
        (zlib.compress(bytes(5001)), "PNG holds more pixels than its size says"),
        (zlib.compress(bytes(9_000_000)), "PNG holds more pixels than its size says"),
        (zlib.compress(bytes(5000))[:-5], "PNG pixel data damaged or cut off"),
        (zlib.compress(bytes(2000))[:-5], "PNG pixel data damaged or cut off"),
        (zlib.compress(bytes(4995) + b"\7\0\0\0\0"), "PNG pixel data damaged: unknown row filter"),
    ],
)
@pytest.mark.parametrize("decode", [decode_ids, lambda data: list(decode_runs(data))])
def test_refusals_of_large_masks(
    decode: Callable[[bytes], object], pixels: bytes, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(png_read, "BAND", 64)
    with pytest.raises(ImageDataError) as caught:
        decode(png(2, 1000, pixels))
    assert str(caught.value) == message


def test_an_interlaced_mask_is_held_whole_and_may_have_fewer_pixels() -> None:
    head = struct.pack(">IIBBBBB", 8193, 8192, 16, 0, 0, 0, 1)
    data = GOOD[:8] + chunk(b"IHDR", head) + chunk(b"IDAT", b"x" * 200_000) + chunk(b"IEND", b"")
    with pytest.raises(ImageDataError, match="interlaced PNG of 8193x8192 pixels, at most 67,108,864 are read"):
        decode_ids(data)


def test_a_gigabyte_of_zeros_stays_small() -> None:
    packer = zlib_ng.compressobj(1, zlib_ng.DEFLATED, 15, 8, zlib_ng.Z_RLE)
    bomb = b"".join(packer.compress(bytes(1 << 24)) for _ in range(64)) + packer.flush()
    with pytest.raises(ImageDataError, match="more pixels than its size says"):
        decode_ids(png(640, 480, bomb))


@settings(max_examples=250, deadline=None)
@given(
    st.integers(0, 4),
    st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), min_size=1, max_size=5),
    st.booleans(),
    st.integers(0, 10_000),
)
def test_damage_raises_nothing_else(kind: int, flips: list[tuple[int, int]], repair: bool, cut: int) -> None:
    data = bytearray(filtered(blobs(30, 30, 400, kind), 16, [kind]))
    for at, value in flips:
        data[at % len(data)] = value
    if repair:  # valid checksums let the damage reach what lies behind them
        data[29:33] = struct.pack(">I", zlib.crc32(data[12:29]))
        data[-16:-12] = struct.pack(">I", zlib.crc32(data[37:-16]))
    try:
        ids = decode_ids(bytes(data[:cut] if cut % 3 == 0 else data))
    except ImageDataError as error:
        assert "\n" not in str(error)
    else:
        assert ids.dtype == np.uint16 and ids.ndim == 2


def test_kept_memory_is_harmless() -> None:
    assert memory.keep_freed_memory() in (True, False)
    np.testing.assert_array_equal(decode_ids(GOOD), np.ones((4, 4)))


LABELS_CRC = 3126560592
IDS_CRC = 819908894
