"""Finding the dataset inside an archive: at its top, or below one enclosing folder."""

from __future__ import annotations

from collections.abc import Iterable

from labelmill.archive.names import shown
from labelmill.errors import DatasetError

_MARKERS = ("annotations", "metadata", "images")
_EXPECTED = "expected annotations/, metadata/ or images/ at the top of the archive or below one folder"


def dataset_root(names: Iterable[str], archive: str = "the archive") -> str:
    """Tell under which folder of an archive the dataset lies.

    ``annotations/`` decides, else ``metadata/``, else ``images/``. At the top it wins over any deeper one:
    a dataset may hold other folders of any content.

    Args:
        names: The members' names, without folders.
        archive: The archive's name, for the message.

    Returns:
        What the dataset's names begin with: ``""`` or the enclosing folder with its ``/``.

    Raises:
        DatasetError: If two enclosing folders look like datasets, or none does.
    """
    top: set[str] = set()
    enclosing: dict[str, dict[str, None]] = {marker: {} for marker in _MARKERS}
    deeper = ""
    seen: dict[str, None] = {}
    for name in names:
        first, slash, rest = name.partition("/")
        if len(seen) < 4:
            seen[first + slash] = None
        if first in enclosing:
            if slash:
                top.add(first)
            continue
        second, slash, below = rest.partition("/")
        if not slash:
            continue
        if second in enclosing:
            if len(enclosing[second]) < 2:
                enclosing[second][first] = None
        elif not deeper:
            parts = below.split("/")[:-1]
            at = next((i for i, part in enumerate(parts) if part in enclosing), None)
            if at is not None:
                deeper = "/".join((first, second, *parts[: at + 1])) + "/"
    for marker in _MARKERS:
        if marker in top:
            return ""
        folders = list(enclosing[marker])
        if len(folders) > 1:
            raise DatasetError(
                f"{archive}: expected one dataset, found {marker}/ in {shown(folders[0])}/ and {shown(folders[1])}/"
            )
        if folders:
            return folders[0] + "/"
    if deeper:
        raise DatasetError(f"{archive}: {_EXPECTED}, found {shown(deeper)}")
    found = ", ".join(shown(name) for name in list(seen)[:3]) + (", ..." if len(seen) > 3 else "")
    raise DatasetError(f"{archive}: {_EXPECTED}, found {found or 'no files'}")
