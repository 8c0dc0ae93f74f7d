"""What COCO and GeoCOCO share: entries as lines of streams, numbered densely when the parts are joined.

An image's line is its JSON without ``{"id":N,``, an annotation's its JSON without ids; a third stream counts the
annotations of each image. So a part does not depend on the parts before it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, count, islice, repeat, starmap
from typing import Any

import msgspec
import numpy as np

from labelmill.convert.batch import Batch
from labelmill.formats.base import JSON, Context, FormatWriter, Output, Part, Parts, json_text, plain
from labelmill.geometry import coco_run_lengths
from labelmill.geometry.polygons import coco_box
from labelmill.model import Instance, Sample

LINES_A_CHUNK = 2048

Row = tuple[int, msgspec.Raw, float, list[float], int]
"""The values of an ``Annotation``."""


class Annotation(msgspec.Struct, gc=False):
    """An annotation's keys but for its ids, in the order they are written."""

    category_id: int
    segmentation: msgspec.Raw
    area: float
    bbox: list[float]
    iscrowd: int


class CocoJsonWriter(FormatWriter):
    """Writes the entries; GeoCOCO adds keys of its own."""

    file_stem = ""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._numbers = _category_numbers(context)
        self.facts["splits"] = {}

    def write(self, batch: Batch, part: Part) -> None:
        """One line an image, one an annotation."""
        columns = zip(self._segmentations(batch), batch.outlines.areas, _boxes(batch), strict=True)
        for sample in batch.samples:
            split = sample.split
            self.note_image(sample, split)
            head = b'"file_name":%b,"width":%d,"height":%d,"date_captured":%b%b}\n' % (
                json_text(sample.name),
                sample.width,
                sample.height,
                json_text(sample.date),
                self.image_keys(sample, batch),
            )
            part.line(f"images{split}", head)
            lines = [JSON.encode(entry)[1:] for entry in self.annotations(sample, self._rows(sample, columns))]
            part.line(f"annotations{split}", b"\n".join([*lines, b""]))
            part.line(f"counts{split}", b"%d\n" % len(lines))

    def _rows(self, sample: Sample, columns: Iterator[tuple[bytes, float, list[float]]]) -> Iterator[Row]:
        """What every annotation has, for each instance of the next sample."""
        for instance, (segmentation, area, box) in zip(sample.instances, columns, strict=False):
            if segmentation == b"[]":
                segmentation, area = self._without_contours(sample, instance)
            elif area.__class__ is float and area.is_integer():
                area = int(area)
            crowd = 1 if instance.ignored else 0
            yield self._numbers[instance.category], msgspec.Raw(segmentation), area, box, crowd

    def _segmentations(self, batch: Batch) -> list[bytes]:
        """Polygons, or run lengths: of all instances, or of the ignored ones, as lists, the way COCO has crowds."""
        if self.context.segmentation == "rle":
            return batch.coco_run_lengths
        texts = batch.coco_polygons(self.context.simplify)
        ignored = [index for index, instance in enumerate(batch.instances) if instance.ignored]
        if ignored:
            texts = texts.copy()
            codes = coco_run_lengths(batch.outlines, np.array(ignored), compressed=False)
            for index, code in zip(ignored, codes, strict=True):
                texts[index] = code
        return texts

    def _without_contours(self, sample: Sample, instance: Instance) -> tuple[bytes, float]:
        """No pixels, or the box's for ignored ones, and the box's area."""
        area = plain((instance.x1 - instance.x0) * (instance.y1 - instance.y0))
        if instance.ignored:
            box = instance.x0, instance.y0, instance.x1, instance.y1
            return coco_box(box, sample.width, sample.height, self.context.segmentation == "rle"), area
        self.lose("no-segmentation", "objects without contours or mask pixels: no segmentation, the area is the box's")
        return b"[]", area

    def note_image(self, sample: Sample, split: str) -> None:
        """Note what ``info`` says of all images: the newest date."""
        facts = self.facts["splits"].setdefault(split, {"date": "", "images": 0})
        facts["images"] += 1
        facts["date"] = max(facts["date"], sample.date)

    def image_keys(self, sample: Sample, batch: Batch) -> bytes:
        """More keys of an image, each after a comma."""
        return b""

    def annotations(self, sample: Sample, rows: Iterator[Row]) -> Iterable[Annotation]:
        """The annotations of an image, one a row."""
        return starmap(Annotation, rows)

    @classmethod
    def info_keys(cls, facts: list[dict[str, Any]]) -> dict[str, Any]:
        """More keys of ``info``."""
        return {}

    @classmethod
    def join(cls, context: Context, parts: Parts, output: Output) -> None:
        """One JSON file a split."""
        noted = list(parts.facts())
        for split in context.split_names(""):
            facts = [part["splits"][split] for part in noted if split in part["splits"]]
            name = f"{cls.file_stem}_{split}.json" if split else f"{cls.file_stem}.json"
            output.write(name, cls._document(context, parts, split, facts))

    @classmethod
    def _document(cls, context: Context, parts: Parts, split: str, facts: list[dict[str, Any]]) -> Iterator[bytes]:
        date = max((part["date"] for part in facts), default="")
        info: dict[str, Any] = {"description": "Converted by labelmill", "version": "1.0"}
        if date:
            info |= {"year": int(date[:4])} if date[:4].isdecimal() and date[:4].isascii() else {}
            info["date_created"] = date
        info |= cls.info_keys(facts)
        yield b'{"info":%b,"licenses":[],"images":[' % JSON.encode(info)
        yield from _numbered(_images(parts, split))
        yield b'],"annotations":['
        yield from _numbered(_annotations(parts, split))
        categories = [
            {"id": number, "name": category.name, "supercategory": category.supercategory}
            for number, category in zip(_category_numbers(context), context.categories, strict=True)
        ]
        yield b'],"categories":%b}\n' % JSON.encode(categories)


def _category_numbers(context: Context) -> list[int]:
    """The ``id`` of each class: the map's number, or dense from 1 in the order of numbers."""
    if context.first_category == "1":
        return [category.index + 1 for category in context.categories]
    return [category.number for category in context.categories]


def _images(parts: Parts, split: str) -> Iterator[bytes]:
    """The images' entries, each after a comma."""
    lines = chain.from_iterable(parts.stream_lines(f"images{split}"))
    return (b',{"id":%d,%b' % numbered for numbered in enumerate(lines, 1))


def _annotations(parts: Parts, split: str) -> Iterator[bytes]:
    """The annotations' entries, each after a comma."""
    counts = map(int, chain.from_iterable(parts.stream_lines(f"counts{split}")))
    images = chain.from_iterable(repeat(image, annotations) for image, annotations in enumerate(counts, 1))
    lines = chain.from_iterable(parts.stream_lines(f"annotations{split}"))
    return (b',{"id":%d,"image_id":%d,%b' % numbered for numbered in zip(count(1), images, lines, strict=False))


def _numbered(entries: Iterator[bytes]) -> Iterator[bytes]:
    """The entries in chunks, the first without its comma."""
    yield b"\n"
    yield next(entries, b",")[1:]
    while chunk := b"".join(islice(entries, LINES_A_CHUNK)):
        yield chunk


def _boxes(batch: Batch) -> list[list[float]]:
    """``x,y,width,height`` of each instance: integers where all four are, extents with 6 decimals at most."""
    if not batch.instances:
        return []
    edges = np.array([edge for i in batch.instances for edge in (i.x0, i.y0, i.x1, i.y1)]).reshape(-1, 4)
    edges[:, 2:] = np.round(edges[:, 2:] - edges[:, :2], 6)
    boxes: list[list[float]] = edges.tolist()
    whole = (edges == np.floor(edges)).all(axis=1)
    for index, box in zip(np.flatnonzero(whole).tolist(), edges[whole].astype(np.int64).tolist(), strict=True):
        boxes[index] = box
    return boxes
