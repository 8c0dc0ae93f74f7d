"""Reading the members of one shard with few large reads: what lies together is fetched together.

An object store answers a read in tens of milliseconds however short it is, so that a thousand members must not be a
thousand reads. Members of one kind that lie side by side share a window; the next window is fetched while the
members of this one are parsed.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import pairwise

from labelmill.archive.member import UNCHECKED, Member
from labelmill.archive.ranged import RangedBytes
from labelmill.archive.zip_member import iter_member, read_member, read_member_range

WINDOW_BYTES = 8 << 20
GAP_BYTES = 256 << 10
WINDOWS_KEPT = 8
HEADER_BYTES = 128
"""A local header without the name, and room for extra fields: a longer one costs a read of its own."""

Span = tuple[int, int]


class WindowedMembers:
    """Reads members of an archive through windows.

    Attributes:
        file: The archive itself.
    """

    def __init__(self, file: RangedBytes, groups: Iterable[Iterable[Member]]) -> None:
        """Lay the windows.

        Args:
            file: The archive.
            groups: The members that will be read, apart by what is read with what: a window holds no bytes of
                another group but those in gaps.
        """
        self.file = file
        self._window_of: dict[int, Span] = {}
        self._next: dict[Span, Span] = {}
        for group in groups:
            windows = _lay(group, file.size, self._window_of)
            self._next.update(pairwise(windows))
        self._fetched: OrderedDict[Span, Future[bytes]] = OrderedDict()
        self._pool = ThreadPoolExecutor(2, "window")
        self._at: Span = (0, 0)
        self._data = b""

    def read(self, member: Member) -> bytes:
        """A whole file. Raises ImageError, TransientError."""
        window = self._window_of.get(member.offset)
        if window is None:
            return read_member(self.file, member)
        if window != self._at:
            self._data = self._fetch(window).result()
            self._at = window
            following = self._next.get(window)
            if following is not None:
                self._fetch(following)
        return read_member(_Window(self.file, window[0], self._data), member)

    def read_range(self, member: Member, offset: int, length: int) -> bytes:
        """Part of a file. Raises ImageError, TransientError."""
        return read_member_range(self.file, member, offset, length)

    def chunks(self, member: Member) -> Iterator[bytes]:
        """A file in pieces. Raises ImageError, TransientError."""
        return iter_member(self.file, member)

    def close(self) -> None:
        """Let go of the archive."""
        self._pool.shutdown(cancel_futures=True)
        self.file.close()

    def _fetch(self, window: Span) -> Future[bytes]:
        future = self._fetched.get(window)
        if future is None or (future.done() and future.exception() is not None):
            start, end = window
            future = self._fetched[window] = self._pool.submit(self.file.read, start, end - start)
            while len(self._fetched) > WINDOWS_KEPT:
                self._fetched.popitem(last=False)
        self._fetched.move_to_end(window)
        return future


class _Window:
    """Part of a file in memory; what reaches beyond it is read from the file."""

    __slots__ = ("_data", "_file", "_start", "size")

    def __init__(self, file: RangedBytes, start: int, data: bytes) -> None:
        self._file = file
        self._start = start
        self._data = data
        self.size = file.size

    def read(self, offset: int, length: int) -> bytes:
        at = offset - self._start
        length = min(length, self.size - offset)
        if at >= 0 and at + length <= len(self._data):
            return self._data[at : at + length]
        return self._file.read(offset, length)

    def close(self) -> None:
        """Nothing is open."""


def _lay(members: Iterable[Member], size: int, window_of: dict[int, Span]) -> Sequence[Span]:
    """Windows over some members, in order; notes the window of each member's offset."""
    windows: list[Span] = []
    inside: list[int] = []
    start = end = -1
    for first, last in sorted((member.offset, _end_of(member)) for member in members):
        if inside and (first - end > GAP_BYTES or max(last, end) - start > WINDOW_BYTES):
            _close(windows, window_of, inside, start, min(end, size))
        if not inside:
            start, end = first, last
        inside.append(first)
        end = max(end, last)
    if inside:
        _close(windows, window_of, inside, start, min(end, size))
    return windows


def _close(windows: list[Span], window_of: dict[int, Span], inside: list[int], start: int, end: int) -> None:
    windows.append((start, end))
    window_of.update(dict.fromkeys(inside, (start, end)))
    inside.clear()


def _end_of(member: Member) -> int:
    if member.crc == UNCHECKED:
        return member.offset + member.packed_bytes
    return member.offset + member.packed_bytes + len(member.name.encode()) + HEADER_BYTES
