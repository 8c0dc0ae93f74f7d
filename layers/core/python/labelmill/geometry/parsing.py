"""Contours as JSON text -> numbers, all of a batch at once.

A number's last eight characters are taken as one integer; a few operations on all of them make its digits a value.

Source:
    Lemire, "Quickly parsing eight digits" (2018); fractions are exact: below 2**53 and 10**22, dividing the digits
    by a power of ten rounds as reading the text would.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

BLANKS: Final = (b" ", b"\n", b"\r", b"\t")
WIDTH: Final = 8
"""Characters of a number that fit one integer."""

PORTION: Final = 1 << 13
"""Numbers read at a time: the work then stays in the processor's cache."""

LAST: Final = np.array([(1 << 64) - (1 << 8 * (WIDTH - length)) for length in range(WIDTH + 1)], np.uint64)
"""Masks for the last ``length`` characters (the first ones in memory are the lowest bytes)."""

POWERS: Final = 10.0 ** np.arange(WIDTH)


class Parsed(NamedTuple):
    """The numbers of many contours.

    Attributes:
        numbers: In the order of the text, shape ``(N,)``: int32 when all are integers of few digits, else float64.
        ends: Index of each ring's last number, shape ``(R,)``.
        closing: Whether a ring is the last one of its object, shape ``(R,)``.
    """

    numbers: NDArray[np.int32] | NDArray[np.float64]
    ends: NDArray[np.int64]
    closing: NDArray[np.bool_]


def parse(text: bytes) -> Parsed:
    """Read contours.

    Args:
        text: Objects' contours one after the other, nothing between them: ``b"[[1,2,3,4],[5,6]][[7.5,8]]"``. Each is
            JSON, a list of lists of finite numbers without exponents, none of the lists empty.
    """
    if any(blank in text for blank in BLANKS):
        text = text.translate(None, b"".join(BLANKS))
    padded = bytes(WIDTH) + text
    characters = np.frombuffer(padded, np.uint8)
    inside = characters - np.uint8(ord("-")) <= ord("9") - ord("-")  # minus, point and digits are neighbours
    before, last = np.flatnonzero(inside[1:] != inside[:-1]).reshape(-1, 2).T
    ends = np.flatnonzero(characters[last + 1] == ord("]"))
    length = last - before
    if length.max() > WIDTH:
        numbers: Any = _decode(b"[%b]" % text.replace(b"][", b",").translate(None, b"[]"))
    else:
        numbers = _short(padded, characters, last, length)
    return Parsed(np.asarray(numbers), ends, characters[last[ends] + 2] == ord("]"))


_decode = msgspec.json.Decoder(list[float]).decode


def _short(
    text: bytes, characters: NDArray[np.uint8], last: NDArray[np.int64], length: NDArray[np.int64]
) -> NDArray[np.int32] | NDArray[np.float64]:
    fractions = b"." in text
    numbers: NDArray[Any] = np.empty(len(last), np.float64 if fractions else np.int32)
    negative = None
    if b"-" in text:
        negative = characters[last - length + 1] == ord("-")
        length = length - negative
    words = np.ndarray(len(text) - WIDTH + 1, np.uint64, text, 0, 1)  # the eight characters from each one on
    for begin in range(0, len(last), PORTION):
        some = slice(begin, begin + PORTION)
        word = words[last[some] - (WIDTH - 1)]
        word &= LAST[length[some]]
        if fractions:
            decimals = _take_points_out(word)
        numbers[some] = _value(word)
        if fractions:
            numbers[some] /= POWERS[decimals]
    if negative is not None:
        np.negative(numbers, out=numbers, where=negative)
    return numbers


def _take_points_out(word: NDArray[np.uint64]) -> NDArray[np.int64]:
    # -> how many digits followed; what precedes a point moves up to them
    other = word ^ np.uint64(0x2E2E2E2E2E2E2E2E)
    point = other - np.uint64(0x0101010101010101)
    point &= ~other
    point &= np.uint64(0x8080808080808080)
    point >>= np.uint64(7)  # 1 in the byte of the point; 0 where there is none
    whole = word & (point - np.uint64(1))
    word ^= whole
    word &= ~(point * np.uint64(0xFF))
    whole <<= np.where(point, np.uint64(8), np.uint64(0))
    word |= whole
    point *= np.uint64(0x0706050403020100)  # moves the number of bytes that follow to the last one
    point >>= np.uint64(56)
    return point.view(np.int64)


def _value(word: NDArray[np.uint64]) -> NDArray[np.uint64]:
    # Neighbouring digits, then pairs, then fours; NULs before the digits count as 0.
    word &= np.uint64(0x0F0F0F0F0F0F0F0F)
    word *= np.uint64(10 << 8 | 1)
    word >>= np.uint64(8)
    word &= np.uint64(0x00FF00FF00FF00FF)
    word *= np.uint64(100 << 16 | 1)
    word >>= np.uint64(16)
    word &= np.uint64(0x0000FFFF0000FFFF)
    word *= np.uint64(10_000 << 32 | 1)
    word >>= np.uint64(32)
    return word
