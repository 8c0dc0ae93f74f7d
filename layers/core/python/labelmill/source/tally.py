"""Counts of what was left out, skipped or odd, each shown once with its number and an example."""

from __future__ import annotations

from typing import Final

import msgspec

from labelmill.codes import Code

EXAMPLES_KEPT = 5
OF_ENTRIES: Final = ("no-object", "no-box", "box-outside")
"""Reasons for which an annotation entry is in no output; an object of the metadata may lack its entry instead."""


class Finding(msgspec.Struct):
    """Something counted.

    Attributes:
        count: How often.
        examples: The first few, in dataset order.
        code: Its stable name (``labelmill.codes``); empty where it is no finding of its own.
    """

    count: int = 0
    examples: list[str] = msgspec.field(default_factory=list)
    code: str = ""


class Tally(msgspec.Struct):
    """Findings by kind; a kind is a sentence of the user's language.

    Attributes:
        skipped: Objects that are in no output, by reason.
        warnings: Everything else worth a line, by what happened.
        entries: Annotation entries that were read.
        entries_lost: Those of them that are in no output, though no map says so.
    """

    skipped: dict[str, Finding] = msgspec.field(default_factory=dict)
    warnings: dict[str, Finding] = msgspec.field(default_factory=dict)
    entries: int = 0
    entries_lost: int = 0

    def skip(self, code: Code, reason: str, example: str, count: int = 1) -> None:
        """Count objects that were skipped."""
        if code in OF_ENTRIES:
            self.entries_lost += count
        _add(self.skipped, reason, code, [example], count)

    def warn(self, code: Code, what: str, example: str, count: int = 1) -> None:
        """Count an oddity."""
        _add(self.warnings, what, code, [example], count)

    def told(self, what: str, finding: Finding) -> None:
        """Add an oddity that a later part of the dataset has counted."""
        _add(self.warnings, what, finding.code, finding.examples, finding.count)

    def merge(self, other: Tally) -> None:
        """Add the findings of a later part of the dataset."""
        self.entries += other.entries
        self.entries_lost += other.entries_lost
        for mine, theirs in ((self.skipped, other.skipped), (self.warnings, other.warnings)):
            for kind, finding in theirs.items():
                _add(mine, kind, finding.code, finding.examples, finding.count)


def _add(findings: dict[str, Finding], kind: str, code: str, examples: list[str], count: int) -> None:
    finding = findings.get(kind)
    if finding is None:
        finding = findings[kind] = Finding(code=code)
    finding.count += count
    if len(finding.examples) < EXAMPLES_KEPT:
        finding.examples.extend(examples[: EXAMPLES_KEPT - len(finding.examples)])
