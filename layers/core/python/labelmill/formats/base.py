"""What a target format is: a specification in one place, a writer of parts, and how parts are joined.

Data flows one way: a shard's samples go through ``FormatWriter.write`` into a part (files of single images, and
lines of named streams); ``FormatWriter.join`` turns all parts, in order, into the files of the whole dataset.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

import msgspec

from labelmill.codes import Code
from labelmill.convert.batch import Batch
from labelmill.errors import FormatError
from labelmill.model import Category
from labelmill.source.reader import Needs
from labelmill.source.tally import Finding, Tally
from labelmill.split import Splits, channel_name

LAYOUT_FOLDERS = {"": "", "voc2012": "VOCdevkit/VOC2012/"}
"""Layout -> the folder in which all files of a format lie that has it."""
CONTROL_CHARACTERS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]")


class Context(msgspec.Struct, frozen=True):
    """What is known before the first image.

    Attributes:
        categories: All classes of the map, in class order.
        splits: Which images go where; ``None`` when the dataset is not split.
        image_base: Goes before an image's name in manifests.
        label_base: Goes before a label's path in manifests.
        segmentation: How COCO writes pixels: ``polygons`` or ``rle``.
        first_category: COCO's category numbers: ``map``, the map's own, or ``1``, dense from 1 in their order.
        simplify: How far outlines may stray, pixels; 0 is exact.
        layout: How PASCAL lays out its folders: ``""`` as it is, ``voc2012`` as the development kit does.
    """

    categories: tuple[Category, ...]
    splits: Splits | None = None
    image_base: str = ""
    label_base: str = ""
    segmentation: str = "polygons"
    first_category: str = "map"
    simplify: float = 0.0
    layout: str = ""

    def split_names(self, default: str) -> tuple[str, ...]:
        """The names of the splits, or the one default name."""
        return self.splits.names if self.splits else (default,)


class Part(Protocol):
    """Where one format's writer puts what it makes of one shard."""

    def put(self, folder: str, name: str, data: bytes) -> None:
        """A finished file of one image."""

    def line(self, stream: str, data: bytes) -> None:
        """Bytes for a stream that is joined over all shards later; nothing is added to them."""


class Parts(Protocol):
    """All parts of one format, in the order of the dataset."""

    def facts(self) -> Iterable[dict[str, Any]]:
        """What each part's writer noted, in order."""

    def stream(self, stream: str) -> Iterator[bytes]:
        """A stream's bytes over all parts, in chunks of any size."""

    def stream_lines(self, stream: str) -> Iterator[Iterator[bytes]]:
        """A stream's lines over all parts, line ends included, in runs of any length."""


class Output(Protocol):
    """Where the files of the whole dataset go."""

    def write(self, path: str, chunks: Iterable[bytes]) -> None:
        """A whole file; ``path`` uses ``/``."""


class FormatWriter:
    """Base of all writers: makes the parts of one format, and joins them.

    Attributes:
        facts: What the joiner needs to know of a shard: plain JSON.
        lost: What the format could not hold, counted.
    """

    def __init__(self, context: Context) -> None:
        self.context = context
        self.facts: dict[str, Any] = {}
        self.lost: dict[str, Finding] = {}
        self._tally = Tally()

    @property
    def warnings(self) -> dict[str, Finding]:
        """What its trainers will stumble over, counted, with examples."""
        return self._tally.warnings

    @classmethod
    def check(cls, context: Context) -> None:
        """Refuse, before any work, classes that the format can't hold. Raises FormatError."""

    @classmethod
    def check_images(cls, layout: str, names: Iterable[str]) -> None:
        """Refuse, before any work, image files that can't lie beside the labels. Raises FormatError."""

    @classmethod
    def check_stems(cls, names: Iterable[str]) -> None:
        """Refuse, before any work, names of images that the format's lists can't hold. Raises FormatError."""

    def write(self, batch: Batch, part: Part) -> None:
        """Write the labels of some images. An image that only this format can't hold goes to ``batch.fail``."""
        raise NotImplementedError

    @classmethod
    def join(cls, context: Context, parts: Parts, output: Output) -> None:
        """Write the files that hold the whole dataset."""

    @classmethod
    def cautions(cls, context: Context, images: Mapping[str, int]) -> Iterable[tuple[Code, str]]:
        """What its trainers will stumble over in the dataset as a whole, a code and a sentence each.

        Args:
            context: What is known of the job.
            images: Split -> images in it; ``""`` when the dataset is not divided. A split without any is missing.
        """
        return ()

    def warn(self, code: Code, what: str, example: str, count: int = 1) -> None:
        """Count something that is written, but that the format's trainers will stumble over.

        The report shows it below the format's title.

        Args:
            code: Its stable name.
            what: A sentence of the user's language.
            example: The image or file, the first few are shown.
            count: How often.
        """
        self._tally.warn(code, what, example, count)

    def lose(self, code: Code, what: str, count: int = 1) -> None:
        """Count something that the format can't hold."""
        if count:
            finding = self.lost.get(what)
            if finding is None:
                finding = self.lost[what] = Finding(code=code)
            finding.count += count


class FormatSpec(msgspec.Struct, frozen=True):
    """One target format.

    Attributes:
        id: Its id, upper case.
        title: The name shown.
        task: What is trained with it.
        files: What it writes, for people.
        needs: What has to be read of a dataset.
        writer: Makes and joins its parts.
        image_folder: Where trainers look for images; when the dataset is split, ``split_image_folder``: ``{split}``
            stands for the split's name and ``{channel}`` for SageMaker's name of it.
        label_suffix: Suffix of the file an image gets; empty when there is none.
        layouts: Other layouts that it has, keys of ``LAYOUT_FOLDERS``.
        options: Options that it knows beside those of all formats; see ``labelmill.convert.choices``.
        keeps_ignored: It can say that an object is there but not to be learnt. Other formats never get to see ignored
            objects, which are counted as lost.
    """

    id: str
    title: str
    task: str
    files: tuple[str, ...]
    needs: Needs
    writer: type[FormatWriter]
    image_folder: str
    split_image_folder: str = ""
    label_suffix: str = ""
    layouts: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    keeps_ignored: bool = False

    @property
    def works_on_pixels(self) -> bool:
        """Whether it handles contours or masks, not just boxes."""
        return self.needs.contours or self.needs.contours_without_mask

    def below(self, layout: str) -> str:
        """The folder in which all files lie, ``""`` or with ``/`` at its end."""
        return LAYOUT_FOLDERS[layout] if layout in self.layouts else ""

    def images_in(self, split: str, layout: str = "") -> str:
        """The folder for the file of an image of a split; ``""`` when the dataset is not divided."""
        if not split or not self.split_image_folder:
            return self.below(layout) + self.image_folder
        return self.below(layout) + self.split_image_folder.format(split=split, channel=channel_name(split))


JSON = msgspec.json.Encoder()


def json_text(text: str) -> bytes:
    """Text as a JSON string."""
    return JSON.encode(text)


def plain(value: float) -> float:
    """A number without noise: integers as such, fractions to 6 decimals."""
    whole = int(value)
    return whole if whole == value else round(value, 6)


def refuse_control_characters(title: str, categories: Sequence[Category]) -> None:
    """Raise FormatError when a class name has a character that would break a line of text."""
    for category in categories:
        if CONTROL_CHARACTERS.search(category.name):
            raise FormatError(
                f"{title}: the class name {category.name!r} has a control character, which the format "
                "can't hold; rename the class"
            )
