"""How problems quote what a user wrote, and how they find the nearest right spelling."""

from __future__ import annotations

import difflib
from collections.abc import Collection

_QUOTED_CHARS = 120
_COMPARISONS = 20_000
_WORD_CHARS = 60


def quote(text: str, limit: int = _QUOTED_CHARS) -> str:
    """Put a text in double quotes, on one line, safe to print, cut to ``limit`` characters."""
    cut = text if len(text) <= limit else text[: limit - 1] + "…"
    return '"' + "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in cut) + '"'


class Speller:
    """Finds nearest spellings, for as many words as a second allows: a hostile map holds thousands of bad ones."""

    def __init__(self) -> None:
        self._left = _COMPARISONS

    def nearest(self, word: str, right: Collection[str]) -> str | None:
        """The entry of ``right`` most like ``word``, ``None`` when none is close or the time is used up."""
        self._left -= len(right)
        if self._left < 0 or len(word) > _WORD_CHARS:
            return None
        lower = {spelling.lower(): spelling for spelling in right if len(spelling) <= _WORD_CHARS}
        match = difflib.get_close_matches(word.lower(), lower, n=1, cutoff=0.6)
        return lower[match[0]] if match else None

    def hint(self, word: str, right: Collection[str]) -> str:
        """``; did you mean "..."?`` or nothing."""
        match = self.nearest(word, right)
        return "" if match is None else f"; did you mean {quote(match)}?"
