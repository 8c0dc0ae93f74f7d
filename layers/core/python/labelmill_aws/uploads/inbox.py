"""What a key of the inbox means. Keys come from strangers; EventBridge gives them as they are, without encoding.

A key is a map, a dataset, or nothing to us. A key that is meant as one of these but names it so that it can't be used
is refused, in words that say where and why.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Final

MAX_NAME_CHARS: Final = 200
MAX_NAME_BYTES: Final = 230
"""In UTF-8: four names and the fixed parts of a download's key have to fit S3's 1,024 bytes."""

MAP_SUFFIXES: Final = (".yaml", ".yml", ".json")
PACKED_SUFFIXES: Final = (".tar.gz", ".tgz", ".zip", ".tar")
COMPLETE: Final = "_SUCCESS"
ARRIVING: Final = "dataset.yaml"
BAD_CATEGORIES: Final = ("Cc", "Cs", "Zl", "Zp")


@dataclass(frozen=True, slots=True)
class MapKey:
    """``maps/{organization}/{name}.yaml``.

    Attributes:
        file: Name with suffix, as people know it.
    """

    key: str
    organization: str
    name: str
    file: str


@dataclass(frozen=True, slots=True)
class PackedKey:
    """``datasets/{workspace}/{dataset}.zip``."""

    key: str
    workspace: str
    dataset: str


@dataclass(frozen=True, slots=True)
class LooseKey:
    """``datasets/{workspace}/{dataset}/_SUCCESS`` or ``…/dataset.yaml``.

    Attributes:
        complete: The sender says that everything is there.
    """

    key: str
    workspace: str
    dataset: str
    complete: bool

    @property
    def prefix(self) -> str:
        """What all keys of the dataset begin with."""
        return f"datasets/{self.workspace}/{self.dataset}/"


@dataclass(frozen=True, slots=True)
class RefusedKey:
    """A key that can't be used.

    Attributes:
        owner: The workspace or organization as it stands in the key.
        name: The dataset or map as it stands in the key.
        reason: What was expected and found, one line.
    """

    key: str
    owner: str
    name: str
    reason: str


InboxKey = MapKey | PackedKey | LooseKey | RefusedKey


def read_key(key: str) -> InboxKey | None:
    """Say what a key means.

    Args:
        key: The object's key, not percent-encoded.

    Returns:
        ``None`` for a key that starts nothing: a file of a loose dataset, or one of a folder that is not ours.
    """
    root, _, rest = key.partition("/")
    if root == "maps":
        return _read_map(key, rest.split("/"))
    if root == "datasets":
        return _read_dataset(key, rest.split("/"))
    return None


def is_of_dataset(key: str, workspace: str, dataset: str) -> bool:
    """Tell whether a key is one that a dataset's name owns: packed in whatever way, or of its loose files."""
    if key.startswith(f"datasets/{workspace}/{dataset}/"):
        return True
    meaning = read_key(key)
    return isinstance(meaning, PackedKey) and (meaning.workspace, meaning.dataset) == (workspace, dataset)


def name_problem(name: str) -> str | None:
    """Why a name of an organization, workspace, dataset or map can't be used; ``None`` when it can."""
    if not name:
        return "expected 1 to 200 characters, found none"
    if name in {".", ".."}:
        return f"expected a name, found {name!r}, which means a folder"
    if len(name) > MAX_NAME_CHARS:
        return f"expected at most {MAX_NAME_CHARS} characters, found {len(name):,}"
    if any(unicodedata.category(char) in BAD_CATEGORIES or ord(char) & 0xFFFE == 0xFFFE for char in name):
        return f"expected no control characters or line separators, found {name!a}"
    size_bytes = len(name.encode())
    if size_bytes > MAX_NAME_BYTES:
        return f"expected at most {MAX_NAME_BYTES} bytes in UTF-8, found {size_bytes:,}"
    return None


def segment_problem(name: str) -> str | None:
    """The same, of a name that is to become a part of a key."""
    return "expected no /" if "/" in name else name_problem(name)


def _read_map(key: str, segments: list[str]) -> InboxKey | None:
    file = segments[-1]
    if len(segments) == 1 or (not file and len(segments) == 2):
        return None  # a file beside the organizations, or the folder that S3's console makes
    name, suffix = _split(file, MAP_SUFFIXES)
    if len(segments) > 2:
        reason = "expected maps/{organization}/{name}.yaml, found a folder more"
        return RefusedKey(key, segments[0], "/".join(segments[1:]), reason) if suffix else None
    if not suffix:
        reason = f"expected a name that ends in {', '.join(MAP_SUFFIXES)}, found {file!a}"
        return RefusedKey(key, segments[0], file, reason)
    return _refused(key, organization=segments[0], map=name) or MapKey(key, segments[0], name, file)


def _read_dataset(key: str, segments: list[str]) -> InboxKey | None:
    if len(segments) == 2:
        dataset, suffix = _split(segments[1], PACKED_SUFFIXES)
        if suffix:
            return _refused(key, workspace=segments[0], dataset=dataset) or PackedKey(key, segments[0], dataset)
    if len(segments) == 3 and segments[2] in {COMPLETE, ARRIVING}:
        complete = segments[2] == COMPLETE
        loose = LooseKey(key, segments[0], segments[1], complete)
        return _refused(key, workspace=segments[0], dataset=segments[1]) or loose
    return None


def _refused(key: str, **names: str) -> RefusedKey | None:
    for what, name in names.items():
        problem = name_problem(name)
        if problem:
            owner, last = names.values()
            return RefusedKey(key, owner, last, f"the {what}'s name: {problem}")
    return None


def _split(file: str, suffixes: tuple[str, ...]) -> tuple[str, str]:
    for suffix in suffixes:
        if file.lower().endswith(suffix):
            return file[: -len(suffix)], suffix
    return file, ""
