"""The neutral tree that YAML and JSON are read into: every value and key with its line."""

from __future__ import annotations

import codecs
from dataclasses import dataclass, field
from typing import Literal

from labelmill.errors import MapError, MapProblem
from labelmill.maps.limits import MAX_FILE_BYTES
from labelmill.maps.wording import quote

ScalarKind = Literal["text", "integer", "number", "boolean", "null", "date"]


@dataclass(frozen=True, slots=True)
class Scalar:
    """A value that holds no others: ``text`` as written (unquoted), ``kind`` as the format reads it."""

    line: int
    kind: ScalarKind
    text: str

    def describe(self) -> str:
        """The value in the words of an error message."""
        return "nothing" if self.kind == "null" else f"the {self.kind} {quote(self.text)}"


@dataclass(slots=True)
class Listing:
    """A list."""

    line: int
    items: list[Node] = field(default_factory=list)

    def describe(self) -> str:
        """The value in the words of an error message."""
        return "a list"


@dataclass(slots=True)
class Mapping:
    """Keys (in the order of the file, duplicates left out) and their values.

    Attributes:
        line: Where it begins.
        entries: Keys and values.
        refused: Whether keys were left out with a problem noted: without entries it is not empty then.
    """

    line: int
    entries: list[tuple[Scalar, Node]] = field(default_factory=list)
    refused: bool = False

    def describe(self) -> str:
        """The value in the words of an error message."""
        return "a mapping"


Node = Scalar | Listing | Mapping


@dataclass(slots=True)
class Problems:
    """The reasons found so far, for one file."""

    file: str
    found: list[MapProblem] = field(default_factory=list)

    def add(self, line: int, reason: str) -> None:
        """Note one reason and go on."""
        self.found.append(MapProblem(self.file, line, reason))

    def stop(self, line: int, reason: str) -> MapError:
        """Note the last reason: nothing more can be read. The caller raises the error."""
        self.add(line, reason)
        return self.error()

    def error(self) -> MapError:
        """Everything found, in the order of lines."""
        return MapError(sorted(self.found, key=lambda problem: problem.line))


def decode(data: bytes, problems: Problems) -> str:
    """Bytes to text: UTF-8, or UTF-16 by its byte order mark; a mark is taken away.

    Raises:
        MapError: If the file is too large or not text.
    """
    if len(data) > MAX_FILE_BYTES:
        raise problems.stop(0, f"the file is {len(data):,} bytes, allowed are {MAX_FILE_BYTES:,} (1 MiB)")
    wide = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        return data.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        name = "UTF-16" if wide else "UTF-8"
        raise problems.stop(line, f"expected {name} text, found the byte 0x{data[error.start]:02x}") from error
