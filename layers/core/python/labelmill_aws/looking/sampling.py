"""Counts over a dataset: as many images as can be read in some seconds, evenly spread over all."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from threading import Lock
from typing import Any, Final, Generic, Protocol, TypeVar

from labelmill.errors import RuleTimeError
from labelmill.source.dataset import Entry, Source
from labelmill.source.plan import Plan
from labelmill_aws.looking.opened import OpenedDataset

READ_FOR_S: Final = 15.0
RULES_FOR_S: Final = 5.0
"""More than that for the rules of a map, to end what was begun: a single image can hold hours of them."""
IMAGES_A_TIME: Final = 16
READERS: Final = 8


class Counts(Protocol):
    """Counts that can be added."""

    def merge(self, other: Any) -> None:
        """Add those of other images."""


C = TypeVar("C", bound=Counts)


@dataclass(frozen=True, slots=True)
class Sampled(Generic[C]):
    """What was found.

    Attributes:
        images: Images of the dataset.
        images_read: Those that were looked at.
        counts: Over them.
    """

    images: int
    images_read: int
    counts: C


def sample(
    dataset: OpenedDataset,
    count: Callable[[Source, Sequence[Entry], bool], C],
    nothing: Callable[[], C],
    read_for_s: float = READ_FOR_S,
) -> Sampled[C]:
    """Count over some images.

    Args:
        dataset: The dataset.
        count: Counts a run of images; the last argument tells whether the plan was made by filename.
        nothing: Makes counts of no image.
        read_for_s: When to stop, in seconds; a few images are read in any case.

    Raises:
        DatasetError: If it can't be read in that time.
        RuleTimeError: If the rules of a map had no time for a single image.
        TransientError: If S3 refuses for now.
    """
    ends = time.monotonic() + read_for_s
    return dataset.with_plan(lambda plan: _read_some(dataset, plan, count, nothing(), ends))


def _read_some(
    dataset: OpenedDataset, plan: Plan, count: Callable[[Source, Sequence[Entry], bool], C], counts: C, ends: float
) -> Sampled[C]:
    """Read runs of images side by side until the time is over; each reader at least one."""
    images_read = 0
    lock = Lock()
    runs = iter(spread(plan.entries))
    readers = 1 if dataset.unpacked else READERS

    def read_on() -> None:
        nonlocal images_read
        while True:
            with lock:
                entries = next(runs, None)
            if entries is None:
                return
            try:
                with dataset.some(entries) as source:
                    found = count(source, entries, plan.by_filename)
            except RuleTimeError:
                return
            with lock:
                counts.merge(found)
                images_read += len(entries)
            if time.monotonic() > ends:
                return

    with ThreadPoolExecutor(readers, "sample") as pool:
        for done in [pool.submit(read_on) for _ in range(readers)]:
            done.result()
    if plan.entries and not images_read:
        raise RuleTimeError(
            "the map's rules take too long: not one image was done in time; "
            "'labelmill map explain' takes as long as it needs"
        )
    return Sampled(len(plan.entries), images_read, counts)


def spread(entries: Sequence[Entry]) -> Iterator[list[Entry]]:
    """All images in runs, in an order whose every beginning is evenly spread: numbers with their bits reversed."""
    count = len(entries)
    bits = max(1, (count - 1).bit_length())
    reversed_bits = (int(f"{number:0{bits}b}"[::-1], 2) for number in range(1 << bits))
    numbers = (number for number in reversed_bits if number < count)
    while run := list(islice(numbers, IMAGES_A_TIME)):
        yield [entries[number] for number in sorted(run)]
