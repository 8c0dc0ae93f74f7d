"""Makes the plan of a dataset, and makes it again when the files' own names contradict it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

from labelmill.convert.survey import survey_names
from labelmill.source.dataset import Source
from labelmill.source.plan import NamesDifferError, Plan, list_dataset, plan_by_filename, plan_by_stem

Result = TypeVar("Result")


class Progress(Protocol):
    """Hears how far a pass over a dataset is."""

    def start(self, images: int) -> None:
        """It begins (again) with so many images."""

    def advance(self, images: int) -> None:
        """So many more are done."""


class Quiet:
    """Tells nobody."""

    def start(self, images: int) -> None:
        """Nothing."""

    def advance(self, images: int) -> None:
        """Nothing."""


def with_plan(source: Source, workers: int, use: Callable[[Plan], Result]) -> Result:
    """Use a dataset's plan.

    Args:
        source: The dataset.
        workers: Processes to read names with, if it comes to that.
        use: Called with the plan by stems; if it raises NamesDifferError, again with the plan by filename.

    Raises:
        DatasetError: If two annotation files describe one image.
    """
    listing = list_dataset(source)
    plan = plan_by_stem(listing)
    if plan is not None:
        try:
            return use(plan)
        except NamesDifferError:
            pass
    names = survey_names(source, listing, workers)
    return use(plan_by_filename(listing, names.annotations, names.metadata))
