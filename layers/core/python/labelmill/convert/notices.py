"""What a report warns of, in one list: whatever it was counted as, each kind is one entry with a stable code."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from labelmill.source.dataset import FOLDERS
from labelmill.source.tally import Finding

IN_FOLDERS = tuple(f"{folder}/" for folder in FOLDERS)


class Notice(msgspec.Struct, frozen=True):
    """One kind of thing that a user should know.

    Attributes:
        code: Its stable name (``labelmill.codes``).
        message: A sentence in the user's words.
        count: How often: images, objects or files, as the sentence says.
        examples: The first few, in dataset order: a file, or a file and what is wrong there.
        format: Id of the format that is meant; empty for all.
    """

    code: str
    message: str
    count: int
    examples: list[str] = []
    format: str = ""

    @property
    def file(self) -> str:
        """The first file that is meant; empty where it is of none."""
        return next(iter(self.files()), "")

    def files(self) -> Iterator[str]:
        """The files of the examples."""
        if not self.code.startswith("split-"):  # these are of splits
            for example in self.examples:
                yield example.partition(": ")[0] if example.startswith(IN_FOLDERS) else example


def notices_of(findings: Mapping[str, Finding], format_id: str = "") -> Iterator[Notice]:
    """Findings, by what happened, as notices."""
    for what, finding in findings.items():
        yield Notice(finding.code, what, finding.count, finding.examples, format_id)
