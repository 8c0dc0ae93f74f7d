"""Sends images to their splits, and counts the groups of each: exactly or in bounded memory, however cut into shards.

Shards are counted one by one and merged in the order of the dataset. Runs merge exactly, as names of one run stand
side by side in that order: only the runs at the ends of two neighbours can be one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from labelmill.source.grouping import BY_IMAGE, BY_RUN, NO_VALUE, group_expression, run_of
from labelmill.source.tally import Tally
from labelmill.split import HASH_RANGE, Splits, group_digest

MOST_COUNTED = 10_000
"""Values of an expression that are counted exactly, a split; beyond, their number is estimated within 1 %."""


class Runs(msgspec.Struct):
    """The runs of images that stand side by side.

    Attributes:
        counts: Split -> runs with an image in it.
        divided: Runs with images in several splits.
        first: The first run, ``""`` without any.
        first_splits: The splits with an image of it.
        last: The last run.
        last_splits: The splits with an image of it.
    """

    counts: dict[str, int] = {}
    divided: int = 0
    first: str = ""
    first_splits: list[str] = []
    last: str = ""
    last_splits: list[str] = []

    def add(self, run: str, split: str) -> None:
        """Count the next image."""
        if run != self.last or split not in self.last_splits:
            self.merge(Runs({split: 1}, 0, run, [split], run, [split]))

    def merge(self, later: Runs) -> None:
        """Add the runs of the images that come next."""
        if not later.first:
            return
        for split, count in later.counts.items():
            self.counts[split] = self.counts.get(split, 0) + count
        self.divided += later.divided
        both = later.last_splits
        if self.last == later.first:
            ours, theirs = self.last_splits, later.first_splits
            both = [*ours, *(split for split in theirs if split not in ours)]
            for split in theirs:
                self.counts[split] -= split in ours
            self.divided += (len(both) > 1) - (len(ours) > 1) - (len(theirs) > 1)
            if self.first == self.last:
                self.first_splits = both
        elif not self.first:
            self.first, self.first_splits = later.first, later.first_splits
        self.last, self.last_splits = later.last, both if later.first == later.last else later.last_splits


class Groups(msgspec.Struct):
    """The groups of some images.

    Attributes:
        runs: Their runs, whatever they are grouped by.
        alone: Split -> images that are a group of their own.
        values: Split -> of an expression's values, the lowest hashes (8 bytes as a number), sorted.
    """

    runs: Runs = msgspec.field(default_factory=Runs)
    alone: dict[str, int] = {}
    values: dict[str, list[int]] = {}

    def merge(self, later: Groups) -> None:
        """Add the groups of the images that come next."""
        self.runs.merge(later.runs)
        for split, count in later.alone.items():
            self.alone[split] = self.alone.get(split, 0) + count
        for split, hashes in later.values.items():
            ours = self.values.get(split, [])
            if len(ours) == MOST_COUNTED:
                hashes = [value for value in hashes if value < ours[-1]]
            self.values[split] = lowest([*ours, *hashes]) if hashes else ours

    def count(self, split: str, split_by: str) -> int:
        """The groups of a split."""
        runs = self.runs.counts.get(split, 0) if split_by == BY_RUN else 0
        return runs + self.alone.get(split, 0) + distinct(self.values.get(split, []))


class Divider:
    """Sends the images of a shard, in order, to their splits."""

    def __init__(self, splits: Splits, split_by: str, tally: Tally) -> None:
        """Begin.

        Args:
            splits: Names and shares.
            split_by: ``run``, ``image`` or an expression.
            tally: Receives images whose group is not what was asked for.

        Raises:
            OptionError: If ``split_by`` is none of these.
        """
        self._splits = splits
        self._by_image = split_by == BY_IMAGE
        self._expression = group_expression(split_by)
        self._tally = tally
        self._groups = Groups()
        self._run, self._split = "", ""
        self._known: dict[bytes, tuple[str, str]] = {}
        self._hashes: dict[str, set[int]] = {}

    def split_of(self, name: str, metadata: bytes) -> str:
        """The split of the next image.

        Args:
            name: The image's name.
            metadata: Its metadata file, empty where there is none.
        """
        run = run_of(name)
        if run and run == self._run:
            return self._split  # of the same run as the image before
        if self._expression is not None:
            read = self._expression.read(metadata)
            group, split = self._known.get(read) or self._by_value(self._expression.group(metadata), read)
            if group == NO_VALUE:
                what = "images for which split_by fails or gives no value: they are one group"
                self._tally.warn("group-unknown", what, name)
        elif self._by_image or not run:
            split = self._splits.of(name)
            self._groups.alone[split] = self._groups.alone.get(split, 0) + 1
            if not self._by_image:
                self._tally.warn("run-unknown", "names that tell no run: each such image is a group of its own", name)
        else:
            split = self._splits.of(run)
            self._run, self._split = run, split
        if run:
            self._groups.runs.add(run, split)
        return split

    def _by_value(self, group: str, read: bytes) -> tuple[str, str]:
        """A group and its split, remembered by what the expression reads."""
        digest = group_digest(group)
        split = self._splits.of_digest(digest)
        self._hashes.setdefault(split, set()).add(int.from_bytes(digest[8:16], "big"))
        if read:
            self._known[read] = group, split
        return group, split

    def groups(self) -> Groups:
        """What was counted."""
        self._groups.values = {split: lowest(hashes) for split, hashes in self._hashes.items()}
        return self._groups


def lowest(hashes: Iterable[int]) -> list[int]:
    """As many of the lowest different hashes as are kept, sorted."""
    return sorted(set(hashes))[:MOST_COUNTED]


def distinct(hashes: Sequence[int]) -> int:
    """How many different values there were.

    Args:
        hashes: The lowest of theirs, as ``lowest`` gives them.

    Source:
        Bar-Yossef et al., "Counting distinct elements in a data stream" (2002): hashes lie evenly, so the k-th lowest
        tells how dense they are.
    """
    if len(hashes) < MOST_COUNTED:
        return len(hashes)
    return round((MOST_COUNTED - 1) * HASH_RANGE / (hashes[-1] + 1))
