"""What a key of the inbox means. Keys come from strangers; EventBridge gives them as they are, without encoding.

A key is a map, a dataset, or nothing to us. A key that is meant as one of these but names it so that it can't be used
is refused, in words that say where and why.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from labelmill_aws.uploads.given_names import name_problem

MAP_SUFFIXES: Final = (".yaml", ".yml", ".json")
PACKED_SUFFIXES: Final = (".tar.gz", ".tgz", ".zip", ".tar")
OTHER_ARCHIVES: Final = (".7z", ".rar", ".tar.bz2", ".tar.xz", ".tar.zst")
"""What people pack datasets with, too, and nothing here reads: refused with a word."""
COMPLETE: Final = "_SUCCESS"
ARRIVING: Final = "dataset.yaml"


FOLDERS_OF_DATASET: Final = frozenset({"annotations", "images", "masks", "metadata"})


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
    """Tell whether a key is one that a dataset's name owns: packed in whatever way, or of its loose files.

    The name may be one that could not be given any more.
    """
    within = f"datasets/{workspace}/"
    if key.startswith(f"{within}{dataset}/"):
        return True
    stem, suffix = _split(key.removeprefix(within), PACKED_SUFFIXES)
    return key.startswith(within) and bool(suffix) and stem == dataset


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
    last = segments[-1]
    complete = last.upper() == COMPLETE
    if len(segments) == 3 and (complete or last == ARRIVING):
        loose = LooseKey(key, segments[0], segments[1], complete)
        return _refused(key, workspace=segments[0], dataset=segments[1]) or loose
    return _misplaced(key, segments)


def _misplaced(key: str, segments: list[str]) -> RefusedKey | None:
    """What would have been a dataset in its right place or form; nothing of what lies in a dataset's own folders."""
    folders, last = segments[1:-1], segments[-1]
    complete = last.upper() == COMPLETE
    other = bool(_split(last, OTHER_ARCHIVES)[1])
    if FOLDERS_OF_DATASET.intersection(folders):
        return None
    if complete or last == ARRIVING:
        mark = COMPLETE if complete else ARRIVING
        found = "a folder more" if folders else "no dataset"
        reason = f"expected datasets/{{workspace}}/{{dataset}}/{mark}, found {found}"
    elif other and len(segments) == 2:
        reason = f"expected a name that ends in {', '.join(PACKED_SUFFIXES)}, found {last!a}"
    elif other or _split(last, PACKED_SUFFIXES)[1]:
        found = "a folder more" if folders else "no workspace"
        reason = f"expected datasets/{{workspace}}/{{dataset}}.zip, found {found}"
    else:
        return None
    return RefusedKey(key, segments[0], "/".join(segments[1:]) or last, reason)


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
