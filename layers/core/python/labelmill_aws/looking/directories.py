"""Datasets that were looked into last stay open: reading a directory again for each picture would take seconds."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Final

from labelmill_aws.looking.opened import OpenedDataset

MAX_OPEN: Final = 4
MAX_FILES: Final = 1_000_000
"""Of all that are open but the last: a file costs some 400 bytes."""
Key = tuple[str, ...]


class Directories:
    """Open datasets by what they are: a new version is another one."""

    def __init__(self) -> None:
        self._open: OrderedDict[Key, OpenedDataset] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Key, open_it: Callable[[], OpenedDataset]) -> OpenedDataset:
        """A dataset, opened if it is not.

        Args:
            key: What it is, version included.
            open_it: Opens it.
        """
        with self._lock:
            found = self._open.get(key)
            if found is None:
                found = open_it()
                self._open[key] = found
                self._make_room(found)
            self._open.move_to_end(key)
            return found

    def clear(self) -> None:
        """Close all."""
        with self._lock:
            while self._open:
                self._open.popitem()[1].close()

    def _make_room(self, newest: OpenedDataset) -> None:
        """Close those that were used longest ago; only one may lie unpacked on the disk."""
        for key, dataset in list(self._open.items()):
            files = sum(one.size for one in self._open.values())
            too_many = len(self._open) > MAX_OPEN or files > MAX_FILES
            if dataset is not newest and (too_many or (dataset.unpacked and newest.unpacked)):
                self._open.pop(key).close()


DIRECTORIES: Final = Directories()
"""Those of this process."""
