"""Numbers -> decimal text, many at once.

A number is put together from tables of fixed cells, eight bytes each, padded with NULs, which are taken out
of the whole text in the end: an order of magnitude faster than formatting one by one.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .rings import members, offsets, take_rows

COMMA: Final = np.uint64(ord(",") << 56)
COMMA_TO_BRACKET: Final = np.uint64((ord(",") ^ ord("]")) << 56)


def integer_lists(values: NDArray[np.int32], first: NDArray[np.int64]) -> list[bytes]:
    """Write lists of integers.

    Args:
        values: Pairs of integers 0 ... 9,999,999, shape ``(N, 2)``.
        first: Where each list begins and, last, ``N``, in pairs; shape ``(K + 1,)``; no list is empty.

    Returns:
        Each list as JSON, without its brackets: ``b"1,2,30,4"``.
    """
    if not len(values):
        return []
    if values.max() < 1000:
        left, right = _short_cells()
        cells = left[values[:, 0]] | right[values[:, 1]]
        cells[first[1:] - 1] ^= COMMA_TO_BRACKET
        return cells.tobytes().replace(b"\0", b"").split(b"]")[:-1]
    wide = _integer_cells(values)
    wide[first[1:] - 1, 1] ^= COMMA_TO_BRACKET
    return wide.tobytes().translate(None, b"\0").split(b"]")[:-1]


def decimal_lists(values: NDArray[np.float64], first: NDArray[np.int64]) -> list[bytes]:
    """Write lists of numbers in their shortest form, six decimals at most, integers without a point.

    Args:
        values: Pairs of numbers 0 ... 9,999,999, shape ``(N, 2)``.
        first: Where each list begins and, last, ``N``, in pairs; shape ``(K + 1,)``; no list is empty.

    Returns:
        Each list as JSON, without its brackets: ``b"1.5,2,30.25,4"``.
    """
    if not len(values):
        return []
    long = (values >= 1000) | (np.rint(values * 1000) / 1000 != values)
    longest = np.logical_or.reduceat(long.reshape(-1), 2 * first[:-1])
    if not longest.any():
        return _short_decimals(values, first)
    texts = []
    for writer, chosen in ((_short_decimals, ~longest), (_long_decimals, longest)):
        count = np.diff(first)[chosen]
        texts.append(iter(writer(take_rows(values, members(first[:-1][chosen], count)), offsets(count))))
    return [next(texts[flag]) for flag in longest.tolist()]


def _short_decimals(values: NDArray[np.float64], first: NDArray[np.int64]) -> list[bytes]:
    # Below 1000 and with three decimals, digits, point and comma fit one cell.
    digits, fractions = _decimal_cells()
    thousandths = np.rint(values * 1000).astype(np.int64)
    units = thousandths // 1000
    thousandths -= units * 1000
    cells = digits[units]
    cells |= fractions[thousandths]
    cells[first[1:] - 1, 1] ^= COMMA_TO_BRACKET
    return cells.tobytes().translate(None, b"\0").split(b"]")[:-1]


def _long_decimals(values: NDArray[np.float64], first: NDArray[np.int64]) -> list[bytes]:
    short, full, rest = _fraction_cells()
    millionths = np.rint(values * 1e6).astype(np.int64)
    thousandths = millionths // 1000
    millionths -= thousandths * 1000
    units = thousandths // 1000
    thousandths -= units * 1000
    cells = np.empty((*values.shape, 2), np.uint64)
    np.bitwise_xor(_integer_cells(units), COMMA, out=cells[..., 0])
    cells[..., 1] = np.where(millionths > 0, full[thousandths] | rest[millionths], short[thousandths])
    cells[first[1:] - 1, 1, 1] ^= COMMA_TO_BRACKET
    return cells.tobytes().translate(None, b"\0").split(b"]")[:-1]


def share_texts(millionths: NDArray[np.int32]) -> bytes:
    """Write shares of one with six decimals, a space before each: nine bytes a number.

    Args:
        millionths: Integers 0 ... 1,000,000, any shape.

    Returns:
        ``b" 0.500000 1.000000 ..."``.
    """
    high, low = _share_cells()
    head = millionths.reshape(-1) // 10_000
    tail = millionths.reshape(-1) - head * 10_000
    texts = np.empty(len(head), np.dtype([("space", "S1"), ("share", np.uint64)]))
    texts["space"] = b" "
    texts["share"] = high[head] | low[tail]
    return texts.tobytes()


def _integer_cells(values: NDArray[np.int32] | NDArray[np.int64]) -> NDArray[np.uint64]:
    # Digits, then a comma, ending at the cell's last byte.
    units, zeroed, high = _wide_cells()
    if not values.size or values.max() < 10_000:
        return units[values]
    head = values // 10_000
    tail = values - head * 10_000
    cells: NDArray[np.uint64] = np.where(head > 0, high[head] | zeroed[tail], units[tail])
    return cells


def _cells(texts: Iterable[bytes]) -> NDArray[np.uint64]:
    return np.frombuffer(b"".join(texts), np.uint64)


@cache
def _short_cells() -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    first = _cells((b"%d," % n).rjust(4, b"\0") + bytes(4) for n in range(1000))
    return first, first << np.uint64(32)


@cache
def _wide_cells() -> tuple[NDArray[np.uint64], NDArray[np.uint64], NDArray[np.uint64]]:
    return (
        _cells((b"%d," % n).rjust(8, b"\0") for n in range(10_000)),
        _cells((b"%04d," % n).rjust(8, b"\0") for n in range(10_000)),
        _cells((b"%d" % n).rjust(3, b"\0") + bytes(5) for n in range(1000)),
    )


@cache
def _fraction_cells() -> tuple[NDArray[np.uint64], NDArray[np.uint64], NDArray[np.uint64]]:
    full = [b".%03d" % n for n in range(1000)]
    short = [b"", *(text.rstrip(b"0") for text in full[1:])]
    rest = [b"", *((b"%03d" % n).rstrip(b"0") for n in range(1, 1000))]
    return (
        _cells(text.ljust(7, b"\0") + b"," for text in short),
        _cells(text.ljust(7, b"\0") + b"," for text in full),
        _cells(bytes(4) + text.ljust(3, b"\0") + b"," for text in rest),
    )


@cache
def _decimal_cells() -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    fractions = [b"", *((b".%03d" % n).rstrip(b"0") for n in range(1, 1000))]
    return (
        _cells((b"%d" % n).rjust(3, b"\0") + bytes(5) for n in range(1000)),
        _cells(bytes(3) + text.ljust(4, b"\0") + b"," for text in fractions),
    )


@cache
def _share_cells() -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    return (
        _cells(b"%d.%02d" % divmod(n, 100) + bytes(4) for n in range(101)),
        _cells(bytes(4) + b"%04d" % n for n in range(10_000)),
    )
