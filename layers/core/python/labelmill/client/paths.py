"""Paths of the service's resources, whatever their names hold."""

from __future__ import annotations

import hashlib
from urllib.parse import quote

import msgspec

from labelmill.errors import OptionError

DATASET_ID_HEX = 20
MAX_NAMED = 10_000
_named: dict[str, str] = {}
"""Dataset's id -> the name that the caller gave, so that errors speak of what was typed."""


def path_of(*segments: str) -> str:
    """Join names into a path below ``/v1``.

    Raises:
        OptionError: If a name is empty or has a ``/``, which no name in the service has.

    Example:
        >>> path_of("workspaces", "50 % #1")
        '/v1/workspaces/50%20%25%20%231'
    """
    for segment in segments:
        if not segment or "/" in segment:
            raise OptionError(f"not a name: {segment!r}; expected at least one character and no '/'")
    return "/".join(["/v1", *map(_quoted, segments)])


def name_given(id_: str) -> str:
    """What the caller called the dataset of an id; the id itself, when that is what was given."""
    return _named.get(id_, id_)


def _quoted(segment: str) -> str:
    if not segment.strip("."):
        return "%2E" * len(segment)  # or it would mean this folder, or the one above
    return quote(segment, safe="", errors="surrogatepass")


def dataset_id(dataset: str) -> str:
    """The id of a dataset that is named ``workspace/name`` or by its id.

    Raises:
        OptionError: If it is neither.

    Example:
        >>> dataset_id("training/toys")
        'ds-bd28e51a0133e1133e98'
    """
    workspace, slash, name = dataset.partition("/")
    if slash and workspace and name and "/" not in name:
        digest = hashlib.sha256(msgspec.json.encode([workspace, name])).hexdigest()
        id_ = f"ds-{digest[:DATASET_ID_HEX]}"
        if len(_named) >= MAX_NAMED:
            _named.clear()
        _named[id_] = dataset
        return id_
    if dataset.startswith("ds-") and not slash:
        return dataset
    raise OptionError(f"not a dataset: {dataset!r}; expected WORKSPACE/NAME or an id that begins with 'ds-'")
