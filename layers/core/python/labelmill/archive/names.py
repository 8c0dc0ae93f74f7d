"""Names inside archives: which are refused, which are passed over, and whether one comes twice."""

from __future__ import annotations

import re
from array import array
from collections.abc import Callable, Iterable, Sequence

from labelmill.errors import DatasetError

MAX_NAME_BYTES = 1024
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_ASCII_CONTROL = bytes((*range(32), 127))
_DRIVE = re.compile("[A-Za-z]:")


def refusal(archive: str, member: str, reason: str) -> DatasetError:
    """One line about one member; its name is shown harmless and short."""
    return DatasetError(f"{archive}: {shown(member)}: {reason}")


def shown(name: str) -> str:
    """A name as it can stand in a one-line message: at most 200 characters, nothing unprintable."""
    if len(name) > 200:
        name = name[:180] + "..."
    return name if name.isprintable() else name.encode("unicode_escape").decode("ascii")


def clean_name(archive: str, name: str) -> str:
    """Check a member's name and take its ``.`` segments out.

    Args:
        archive: The archive's name, for the message.
        name: The member's name as it stands there; a folder's ends in ``/``.

    Returns:
        The name with single slashes, relative; ``""`` for the archive's own top folder.

    Raises:
        DatasetError: If the name is absolute, leaves its folder, or can't be a name everywhere.
    """
    reason = _name_problem(name)
    if reason:
        raise refusal(archive, name, reason)
    parts = name.split("/")
    if parts[-1] == ".":
        parts.append("")  # "a/." is the folder a/
    return "/".join(part for part in parts if part != ".")


def _name_problem(name: str) -> str | None:
    if not name:
        return "a member has no name"
    if _CONTROL.search(name):
        return "the name holds control characters"
    if "\\" in name:
        return "the name holds a backslash: pack it again with / between folders"
    if name.startswith("/"):
        return "the name is absolute: pack it again relative to the dataset"
    if _DRIVE.match(name):
        return "the name starts with a drive letter: pack it again relative to the dataset"
    parts = name.removesuffix("/").split("/")
    if ".." in parts:
        return "the name leaves its folder (..)"
    if "" in parts:
        return "the name has an empty folder in it (//)"
    try:
        length = len(name.encode())
    except UnicodeEncodeError:
        return "the name is not UTF-8"
    if length > MAX_NAME_BYTES:
        return f"expected a name of at most {MAX_NAME_BYTES} bytes, found {length}"
    return None


def are_plain(names: Sequence[str]) -> bool:
    """Whether surely all names are clean and none is a folder's or ignored: one look at many names.

    ``False`` only means that each must be looked at.
    """
    text = "/" + "/".join(names) + "/"
    if any(sign in text for sign in ("\\", ":", "//", "/.", "/__MACOSX/")):
        return False
    if text.isascii():
        return len(text.encode().translate(None, _ASCII_CONTROL)) == len(text)
    return text.isprintable()


def is_ignored(name: str) -> bool:
    """Whether a file is a trace of macOS and no part of any dataset.

    ``__MACOSX/`` and ``.DS_Store``; ``._name`` is how a Mac's tar writes what its zip puts into ``__MACOSX/``.
    """
    base = name[name.rfind("/") + 1 :]
    return name.startswith("__MACOSX/") or base == ".DS_Store" or base.startswith("._")


class NameLedger:
    """Finds a name that comes twice among millions: 8 bytes a name, whatever its length.

    It keeps hashes, and only if two are equal walks the names again to see whether the names are. Python keys
    its hash anew in every process, so nobody can prepare names that collide.
    """

    __slots__ = ("_hashes",)

    def __init__(self) -> None:
        self._hashes = array("q")

    def add(self, names: Sequence[str]) -> None:
        """Note some more names."""
        self._hashes.extend(map(hash, names))

    def check(self, archive: str, names_again: Callable[[], Iterable[str]]) -> None:
        """Refuse the archive if a name came twice.

        Args:
            archive: The archive's name, for the message.
            names_again: Gives all names once more; called only when two may be equal.

        Raises:
            DatasetError: Naming the first name that comes a second time.
        """
        import numpy as np  # whoever only reads members does without it

        ordered = np.sort(np.frombuffer(self._hashes, dtype=np.int64))
        twice = ordered[1:][ordered[1:] == ordered[:-1]]
        if not twice.size:
            return
        suspects = set(np.unique(twice).tolist())
        seen: set[str] = set()
        for name in names_again():
            if hash(name) in suspects:
                if name in seen:
                    raise refusal(archive, name, "two members have this name: pack the dataset again")
                seen.add(name)
