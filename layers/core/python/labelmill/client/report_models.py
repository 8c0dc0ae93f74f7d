"""What became of an annotation, as typed records; see ``models``."""

from __future__ import annotations

from labelmill.client.models import Record, TypeCount


class ClassCount(Record, frozen=True):
    """Objects of a class."""

    name: str
    objects: int


class SplitCount(Record, frozen=True):
    """What a split got; ``class_objects`` go with the report's ``classes``."""

    name: str
    share: float
    images: int
    objects: int
    groups: int
    class_objects: list[int]


class FilterCount(Record, frozen=True):
    """What an expression of the map's ``ignore`` or ``drop`` took."""

    rule: str
    objects: int
    examples: list[str]


class Notice(Record, frozen=True):
    """One kind of thing worth knowing: ``count`` images, objects or files, of which ``file`` is the first, or ``""``.

    ``code`` stays the same whatever the words.
    """

    code: str
    message: str
    count: int
    file: str
    examples: list[str]


class ResultFile(Record, frozen=True):
    """Where a file is; whoever has the URL may read it until it expires."""

    url: str
    name: str
    size_bytes: int
    expires: str

    def __repr__(self) -> str:
        return f"ResultFile(name={self.name!r}, size_bytes={self.size_bytes})"


class AnnotationReport(Record, frozen=True):
    """What became of an annotation. Long lists are cut, ``more_…`` says by how much; ``report_file`` is whole.

    ``losses`` are what the format could not hold; they count among the annotation's warnings, as ``warnings`` do.
    """

    annotation: str
    images: int
    failed: int
    objects: int
    classes: list[ClassCount]
    more_classes: int
    split_by: str
    splits: list[SplitCount]
    leaks: int
    ignored: list[FilterCount]
    dropped: list[FilterCount]
    left_out: list[TypeCount]
    more_left_out: int
    skipped: list[Notice]
    warnings: list[Notice]
    losses: list[Notice]
    more_warnings: int
    report_file: ResultFile
    errors_file: ResultFile


class BadFile(Record, frozen=True):
    """A file because of which an image was left out."""

    image: str
    file: str
    reason: str
