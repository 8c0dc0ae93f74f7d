"""What a division made of a dataset: counts of each split, and what its user should know."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

import msgspec

from labelmill.convert.job import Options
from labelmill.convert.shard import ShardReport, SplitCounts
from labelmill.model import Category
from labelmill.source.division import Groups
from labelmill.source.grouping import BY_IMAGE, BY_RUN
from labelmill.source.tally import Tally

FAR = 0.05
"""A difference to the share asked for that is worth a line. Of 1,000 groups of one size a fair hash stays within three
standard deviations, 0.047 at most: so it is told where groups are few or of very different sizes."""
FAR_FACTOR = 2
"""So is a split that got less than one part in this of its share: 0.05 says nothing of small shares."""

LEAST_SHARE = 1e-12
"""What smaller shares are taken for when groups are reckoned: one over them need not be a number."""


class SplitReport(msgspec.Struct):
    """One split.

    Attributes:
        share: The share asked for.
        images: Images.
        objects: Labelled objects.
        groups: Groups of images that stay together; exact but for more than 10,000 values of an expression.
        classes: Class name -> its objects; every class of the map.
    """

    share: float
    images: int
    objects: int
    groups: int
    classes: dict[str, int]


class SplitsBuilder:
    """Adds up what the shards say of the splits, in order. A dataset that is not divided is one, named ``""``."""

    def __init__(self, categories: Sequence[Category], options: Options) -> None:
        self._categories = categories
        self._split_by = options.split_by
        self._shares = dict(zip(options.splits.names, options.splits.shares, strict=True)) if options.splits else {}
        self._counts = {name: SplitCounts(0, [0] * len(categories)) for name in self._shares or ("",)}
        self._groups = Groups()

    def add(self, shard: ShardReport) -> None:
        """Add the next shard."""
        for name, more in shard.splits.items():
            counts = self._counts[name]
            counts.images += more.images
            counts.objects = [a + b for a, b in zip(counts.objects, more.objects, strict=True)]
        if shard.groups is not None:
            self._groups.merge(shard.groups)

    @property
    def images(self) -> dict[str, int]:
        """Split -> its images; a split without any is missing."""
        return {name: counts.images for name, counts in self._counts.items() if counts.images}

    @property
    def classes(self) -> dict[str, int]:
        """Class name -> its objects in all splits."""
        return self._by_class([sum(column) for column in zip(*(c.objects for c in self._counts.values()), strict=True)])

    @property
    def leaks(self) -> int:
        """Groups in several splits. A group's hash decides, so there are none; for single images their runs count."""
        return self._groups.runs.divided if self._split_by in (BY_RUN, BY_IMAGE) else 0

    def reports(self) -> dict[str, SplitReport]:
        """What each split got; nothing for a dataset that is not divided."""
        return {
            name: SplitReport(
                share,
                self._counts[name].images,
                sum(self._counts[name].objects),
                self._groups.count(name, self._split_by),
                self._by_class(self._counts[name].objects),
            )
            for name, share in self._shares.items()
        }

    def warnings(self) -> Tally:
        """What a user hardly wants: empty splits, too few groups, shares far from those asked for."""
        tally = Tally()
        reports = self.reports()
        images = sum(report.images for report in reports.values())
        if not images:
            return tally
        groups = sum(report.groups for report in reports.values())
        smallest = min(self._shares.values())
        wanted = ceil(round(1 / max(smallest, LEAST_SHARE), 6))  # so that the smallest split can expect one
        by_name = self._split_by in (BY_RUN, BY_IMAGE)
        if groups < wanted:
            by = self._split_by if by_name else "expression"
            advice = "; split_by image divides runs, too" if by == BY_RUN else ""
            example = f"{groups:,} by {by}, {wanted:,} wanted for a share of {_percent(smallest)}"
            tally.warn("split-few-groups", f"groups too few to divide{advice}", example)
        for name, report in reports.items():
            got = report.images / images
            if not report.images:
                tally.warn("split-empty", "splits without an image", f"{name}: {_percent(report.share)} asked for")
            elif groups >= wanted and (abs(got - report.share) > FAR or got * FAR_FACTOR < report.share):
                example = f"{name}: {_percent(report.share)} asked for, {_percent(got)} of the images"
                what = "splits far from their share: groups are few, or of different sizes"
                tally.warn("split-share", what, example)
        if self._groups.runs.divided and not by_name:
            divided = self._groups.runs.divided
            tally.warn("split-runs", "runs with images in several splits", self._split_by, divided)
        return tally

    def _by_class(self, objects: list[int]) -> dict[str, int]:
        return {category.name: objects[category.index] for category in self._categories}


def _percent(share: float) -> str:
    return f"{share * 100:.3g} %"
