"""Loose files fetched ahead: the bytes that wait are bounded, whatever is read of them."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelmill.source.dataset import ANNOTATIONS, MASKS
from labelmill_aws.objects import loose_objects
from labelmill_aws.objects.listing import ListedFile
from labelmill_aws.objects.loose_objects import FILES_AHEAD, LooseObjects, places_of

SIZE = 1 << 20


class CountingBucket:
    """Objects that cost nothing but are counted."""

    def __init__(self) -> None:
        self.read: list[str] = []

    def get_same(self, key: str, tag: str) -> bytes:
        self.read.append(key)
        return key.encode()


def opened(sizes: list[int]) -> tuple[LooseObjects, CountingBucket, list[tuple[str, str]]]:
    names = [f"{number:04}" for number in range(len(sizes))]
    files = [
        ListedFile(name, size, "tag", MASKS if number % 3 == 2 else ANNOTATIONS)
        for number, (name, size) in enumerate(zip(names, sizes, strict=True))
    ]
    bucket: Any = CountingBucket()
    loose = LooseObjects("toys", bucket, "toys/", places_of(files))
    order = [(file.folder, file.name) for file in files]
    loose.expect(order)
    return loose, bucket, order


def test_bytes_ahead_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loose_objects, "BYTES_AHEAD", 10 * SIZE)
    loose, bucket, order = opened([SIZE] * 400)
    for number, file in enumerate(order):
        assert loose.read(*file) == f"toys/{file[0]}/{file[1]}".encode()
        assert len(bucket.read) <= number + 1 + 11
    loose.close()
    assert len(bucket.read) == 400  # each once


def test_files_ahead_are_bounded() -> None:
    loose, bucket, order = opened([100] * 400)
    loose.read(*order[0])
    loose.close()
    assert len(bucket.read) <= FILES_AHEAD


@given(st.integers(0, 2**32))
def test_what_is_not_read_gives_its_room_back(seed: int) -> None:
    """Half of the files are passed over, as masks of images without objects are."""
    dice = random.Random(seed)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loose_objects, "BYTES_AHEAD", 10 * SIZE)
        loose, _, order = opened([dice.choice([10, SIZE, 3 * SIZE]) for _ in range(900)])
        read = [file for file in order if dice.random() < 0.5]
        ahead = []
        for file in read:
            assert loose.read(*file) == f"toys/{file[0]}/{file[1]}".encode()
            assert loose._coming_bytes <= 13 * SIZE
            ahead.append(loose._asked > order.index(file) + 1)
        loose.close()
        assert any(ahead[len(read) // 2 : -FILES_AHEAD])  # room comes back
