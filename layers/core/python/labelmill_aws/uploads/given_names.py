"""Names that people give to organizations, workspaces, datasets and maps: which can be used, and why others can't.

Two names that look alike are one name to who reads them: so nothing that can't be seen is taken, and of the two ways to
write ``ü`` only the composed one (NFC). A name is refused, never changed: it is a part of keys that others wrote.
"""

from __future__ import annotations

import unicodedata
from typing import Final

MAX_NAME_CHARS: Final = 200
MAX_NAME_BYTES: Final = 230
"""In UTF-8: four names and the fixed parts of a download's key have to fit S3's 1,024 bytes."""

CONTROLS: Final = ("Cc", "Cs", "Zl", "Zp")
FORMATTING: Final = "Cf"
UNSEEN: Final = frozenset(
    map(chr, (0x34F, 0x115F, 0x1160, 0x17B4, 0x17B5, *range(0x180B, 0x1810), 0x2800, 0x3164, 0xFFA0))
) | frozenset(map(chr, (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))))
"""What is drawn as nothing, or as a blank, and is none of Unicode's formatting characters: fillers, selectors."""


def name_problem(name: str) -> str | None:
    """Why a name can't be given to an organization, workspace, dataset or map; ``None`` when it can."""
    problem = key_problem(name)
    if problem:
        return problem
    for position, char in enumerate(name, 1):
        if unicodedata.category(char) == FORMATTING or char in UNSEEN:
            return f"expected no characters that can't be seen, found {_code(char)} as character {position}"
    for char, where in ((name[0], "begins"), (name[-1], "ends")):
        if char.isspace():
            return f"expected no blanks around it, found a name that {where} with {_code(char)}"
    composed = unicodedata.normalize("NFC", name)
    if composed != name:
        at = next(n for n, char in enumerate(name) if composed[n : n + 1] != char)
        expected = f"expected composed characters (NFC, here {_code(composed[at : at + 1])})"
        return f"{expected}, found {_code(name[at])} as character {at + 1}"
    return None


def key_problem(name: str) -> str | None:
    """Why nothing can bear a name: it would be no part of a key.

    Weaker than ``name_problem``, for what was named before that got stricter and has to be found, and deleted.
    """
    if not name:
        return "expected 1 to 200 characters, found none"
    if name in {".", ".."}:
        return f"expected a name, found {name!r}, which means a folder"
    if len(name) > MAX_NAME_CHARS:
        return f"expected at most {MAX_NAME_CHARS} characters, found {len(name):,}"
    for position, char in enumerate(name, 1):
        if unicodedata.category(char) in CONTROLS or ord(char) & 0xFFFE == 0xFFFE:
            return f"expected no control characters or line separators, found {_code(char)} as character {position}"
    size_bytes = len(name.encode())
    if size_bytes > MAX_NAME_BYTES:
        return f"expected at most {MAX_NAME_BYTES} bytes in UTF-8, found {size_bytes:,}"
    return None


def segment_problem(name: str) -> str | None:
    """The same as ``name_problem``, of a name that is to become a part of a key."""
    return "expected no /" if "/" in name else name_problem(name)


def _code(char: str) -> str:
    return f"U+{ord(char):04X}" if char else "nothing"
