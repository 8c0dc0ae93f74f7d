"""Finding the dataset inside an archive: at its top, or below any number of folders."""

from __future__ import annotations

from collections.abc import Iterable

from labelmill.archive.names import shown
from labelmill.errors import DatasetError

_MARKERS = ("annotations", "metadata", "images")
_EXPECTED = "expected a folder annotations/, metadata/ or images/ in the archive, at any depth"
_MOST_ROOTS = 1000


def dataset_root(names: Iterable[str], archive: str = "the archive") -> str:
    """Tell under which folder of an archive the dataset lies.

    ``annotations/`` decides, else ``metadata/``, else ``images/``. A folder that has one wins over any below it:
    a dataset may hold other folders of any content.

    Args:
        names: The members' names, without folders.
        archive: The archive's name, for the message.

    Returns:
        What the dataset's names begin with: ``""`` or the enclosing folder with its ``/``.

    Raises:
        DatasetError: If two folders beside each other look like datasets, or none does.
    """
    roots: dict[str, dict[str, None]] = {marker: {} for marker in _MARKERS}
    seen: dict[str, None] = {}
    last = ""
    for name in names:
        if len(seen) < 4:
            first, slash, _ = name.partition("/")
            seen[first + slash] = None
        folder = name[: name.rfind("/") + 1]
        if folder == last:
            continue  # members of one folder come together
        last = folder
        at = 0
        for part in folder.split("/")[:-1]:
            if part in roots:
                _note(roots[part], folder[:at])
                break
            at += len(part) + 1
    for marker in _MARKERS:
        found = list(roots[marker])
        if len(found) > 1:
            one, other = (shown(f"{root}{marker}/") for root in found[:2])
            raise DatasetError(f"{archive}: expected one dataset, found {one} and {other}")
        if found:
            return found[0]
    tops = ", ".join(shown(name) for name in list(seen)[:3]) + (", ..." if len(seen) > 3 else "")
    raise DatasetError(f"{archive}: {_EXPECTED}, found {tops or 'no files'}")


def _note(roots: dict[str, None], root: str) -> None:
    """Add a root unless one above it is there; those below it are none any more."""
    if any(root.startswith(other) for other in roots) or len(roots) > _MOST_ROOTS:
        return
    for other in [other for other in roots if other.startswith(root)]:
        del roots[other]
    roots[root] = None
