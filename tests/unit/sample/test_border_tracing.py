"""Rings against OpenCV's, recorded, and against the area formula."""

from __future__ import annotations

from math import gcd

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labelmill.sample.border import trace_borders


def parse(text: str) -> np.ndarray:
    return np.array([[c == "#" for c in row] for row in text.split()])


# What cv2.findContours(mask, RETR_LIST, CHAIN_APPROX_NONE) of OpenCV 5.0.0 answers.
RECORDED = [
    ("#", [[0, 0]]),
    ("##", [[0, 0, 1, 0]]),
    ("### #.# ###", [[0, 1, 1, 0, 2, 1, 1, 2], [0, 0, 0, 1, 0, 2, 1, 2, 2, 2, 2, 1, 2, 0, 1, 0]]),
    (".#. #.# .#.", [[0, 1, 1, 0, 2, 1, 1, 2], [1, 0, 0, 1, 1, 2, 2, 1]]),
    ("#.# ... #.#", [[2, 2], [0, 2], [2, 0], [0, 0]]),
    ("#.. .#. ..#", [[0, 0, 1, 1, 2, 2, 1, 1]]),
]


@pytest.mark.parametrize(("text", "rings"), RECORDED)
def test_as_opencv(text: str, rings: list[list[int]]) -> None:
    assert trace_borders(parse(text)) == rings


def test_offset() -> None:
    assert trace_borders(parse("##"), 10, 20) == [[10, 20, 11, 20]]


def covered(ring: list[int]) -> int:
    """Pixels that a ring adds (outer) or takes away (hole), by the formula of the source format."""
    points = list(zip(ring[::2], ring[1::2], strict=True))
    steps = list(zip(points, [*points[1:], points[0]], strict=True))
    twice = sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in steps)
    border = sum(gcd(abs(x1 - x0), abs(y1 - y0)) for (x0, y0), (x1, y1) in steps)
    return -((twice - border) // 2 + 1) if twice > 0 else (-twice + border) // 2 + 1


@settings(max_examples=200, deadline=None)
@given(st.integers(1, 15), st.integers(1, 15), st.integers(0, 10_000), st.floats(0.1, 0.9))
def test_rings_cover_the_mask(height: int, width: int, seed: int, density: float) -> None:
    mask = np.random.default_rng(seed).random((height, width)) < density
    rings = trace_borders(mask)
    assert sum(-abs(covered(r)) if _is_hole(r) else abs(covered(r)) for r in rings) == mask.sum()


def _is_hole(ring: list[int]) -> bool:
    points = list(zip(ring[::2], ring[1::2], strict=True))
    return sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in zip(points, [*points[1:], points[0]], strict=True)) > 0
