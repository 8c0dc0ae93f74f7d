"""Contours that are JSON text become the very numbers that a JSON reader finds."""

from __future__ import annotations

import json
import random

import numpy as np
import pytest

from labelmill.geometry import collect, collect_texts
from labelmill.geometry.parsing import PORTION, parse


def number(rng: random.Random, characters: int, decimals: int, sign: str) -> str:
    whole = max(characters - decimals - len(sign) - (decimals > 0), 1)
    text = sign + str(rng.randrange(10**whole))
    return f"{text}.{rng.randrange(10**decimals):0{decimals}d}" if decimals else text


@pytest.mark.parametrize("characters", range(1, 13))
@pytest.mark.parametrize("sign", ["", "-"])
def test_numbers_are_read_exactly(characters: int, sign: str) -> None:
    rng = random.Random(characters)
    texts = [number(rng, characters, decimals, sign) for decimals in range(max(characters - 1, 1)) for _ in range(200)]
    rng.shuffle(texts)
    text = f"[[{','.join(texts)}]]"
    parsed = parse(text.encode())
    assert parsed.numbers.tolist() == json.loads(text)[0]
    assert parsed.ends.tolist() == [len(texts) - 1]
    assert parsed.closing.tolist() == [True]


def test_many_numbers() -> None:
    numbers = [index % 9973 for index in range(3 * PORTION + 5)]
    assert parse(b"[[%b]]" % ",".join(map(str, numbers)).encode()).numbers.tolist() == numbers
    assert parse(b"[[%b]]" % ",".join(f"{n}.5" for n in numbers).encode()).numbers.tolist() == [
        n + 0.5 for n in numbers
    ]


def test_integers_stay_integers() -> None:
    assert parse(b"[[1,2,-99999,12345678]]").numbers.dtype == np.int32
    assert parse(b"[[1,2,3,4.0]]").numbers.dtype == np.float64


@pytest.mark.parametrize("separators", [(",", ":"), (", ", ": "), (" ,\r\n\t", ":")])
@pytest.mark.parametrize("scale", [1, 0.25, -1, 1e7 + 1, 1 / 3])
def test_rings_are_those_of_lists(separators: tuple[str, str], scale: float) -> None:
    contours = [
        [],
        [[1, 2, 3, 4, 5, 6], [7, 8]],
        [[1, 2, 3]],
        [],
        [[0, 0]],
        [[5, 5, 5, 5, 5], [6, 6, 6, 6], [9, 9, 9]],
        [],
    ]
    scaled = [[[n * scale for n in ring] for ring in rings] for rings in contours]
    texts = [json.dumps(rings, separators=separators).encode() if rings else None for rings in scaled]
    found, expected = collect_texts(texts), collect(scaled)
    assert found.points.tolist() == expected.points.tolist()
    assert found.first.tolist() == expected.first.tolist()
    assert found.owner.tolist() == expected.owner.tolist()
    assert found.objects == expected.objects == len(contours)


def test_nothing_at_all() -> None:
    assert collect_texts([]).objects == 0
    assert collect_texts([None, None]).objects == 2
