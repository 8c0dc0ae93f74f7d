"""What became of an annotation: counts, findings, bad files."""

from __future__ import annotations

from pydantic import Field

from labelmill_aws.api.models.base import Answered, Next, Time


class ClassCount(Answered):
    """Objects of a class."""

    name: str
    objects: int


class SplitCount(Answered):
    """What a split got."""

    name: str
    share: float = Field(description="The share that was asked for.")
    images: int
    objects: int
    groups: int = Field(description="Groups of images that stay together.")
    class_objects: list[int] = Field(description="Objects of each of `classes`, in their order.")


class FilterCount(Answered):
    """What an expression of the map's `ignore` or `drop` took."""

    rule: str
    objects: int
    examples: list[str]


class LeftOutType(Answered):
    """Objects of a type that no rule took."""

    type: str
    objects: int


class Notice(Answered):
    """One kind of thing worth knowing, counted."""

    code: str = Field(description="Stable, whatever the words.", examples=["field-shape"])
    message: str
    count: int = Field(description="Images, objects or files, as the message says.")
    file: str = Field(description="The first file that is meant; empty for none.")
    examples: list[str] = Field(description="The first few: a file, or a file and what is wrong there.")


class ResultFile(Answered):
    """Where to GET a file."""

    url: str = Field(description="Needs no token.")
    name: str
    size_bytes: int
    expires: Time


class ReportAnswer(Answered):
    """What became of an annotation. Long lists are cut, and say how much more there is; `report_file` has it all."""

    annotation: str
    images: int = Field(description="Images that were read.")
    failed: int = Field(description="Images left out; `/errors` has each with its reason.")
    objects: int = Field(description="Labelled objects that are learnt.")
    classes: list[ClassCount] = Field(description="In class order.")
    more_classes: int
    split_by: str = Field(description="`run`, `image` or an expression; empty when the dataset is not divided.")
    splits: list[SplitCount]
    leaks: int = Field(description="Groups in several splits; divided by image, runs in several splits.")
    ignored: list[FilterCount]
    dropped: list[FilterCount]
    left_out: list[LeftOutType] = Field(description="The most frequent first.")
    more_left_out: int = Field(description="Further types.")
    skipped: list[Notice] = Field(description="Why objects are in no output, besides.")
    warnings: list[Notice]
    losses: list[Notice] = Field(description="What the format could not hold; counted among the warnings, too.")
    more_warnings: int = Field(description="Further kinds of warnings and losses.")
    report_file: ResultFile
    errors_file: ResultFile = Field(description="JSON Lines.")


class BadFileAnswer(Answered):
    """A bad file."""

    image: str = Field(description="The image that was left out.")
    file: str = Field(description="The offending file in the dataset.")
    reason: str


class BadFileList(Answered):
    """Bad files, in the order of the dataset."""

    items: list[BadFileAnswer]
    next: Next
