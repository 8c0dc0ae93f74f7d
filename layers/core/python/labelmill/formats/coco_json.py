"""What COCO and GeoCOCO share: entries as lines of streams, numbered densely when the parts are joined.

An image's line is its JSON without ``{"id":N,``; an annotation's is the image's rank among the part's images of its
split, a tab, and its JSON without ids. So a part does not depend on the parts before it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import labelmill.geometry  # noqa: F401  before workers are forked
from labelmill.convert.batch import Batch
from labelmill.formats.base import JSON, Context, FormatWriter, Output, Part, Parts, json_text, plain
from labelmill.model import Instance, Sample

LINES_A_CHUNK = 2048


class CocoJsonWriter(FormatWriter):
    """Writes the entries; GeoCOCO adds keys of its own."""

    file_stem = ""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._numbers = [category.number for category in context.categories]
        self._images: dict[str, int] = {}
        self.facts["splits"] = {}

    def write(self, batch: Batch, part: Part) -> None:
        """One line an image, one an annotation."""
        segmentations, outlines = batch.coco_segmentations, batch.outlines
        k = -1
        for sample in batch.samples:
            split = self.context.split_of(sample.name, "")
            rank = self._images[split] = self._images.get(split, -1) + 1
            self.note_image(sample, split)
            head = b'"file_name":%b,"width":%d,"height":%d,"date_captured":%b%b}\n' % (
                json_text(sample.name),
                sample.width,
                sample.height,
                json_text(sample.date),
                self.image_keys(sample, batch),
            )
            part.line(f"images{split}", head)
            lines = []
            for instance in sample.instances:
                k += 1
                segmentation, area = segmentations[k], outlines.area(k)
                if segmentation == b"[]":
                    segmentation, area = self._without_contours(sample, instance)
                x0, y0 = instance.x0, instance.y0
                lines.append(
                    b'%d\t"category_id":%d,"segmentation":%b,"area":%b,"bbox":%b,"iscrowd":0%b}\n'
                    % (
                        rank, self._numbers[instance.category], segmentation, JSON.encode(plain(area)),
                        JSON.encode((plain(x0), plain(y0), plain(instance.x1 - x0), plain(instance.y1 - y0))),
                        self.annotation_keys(sample, instance),
                    )
                )  # fmt: skip
            part.line(f"annotations{split}", b"".join(lines))

    def _without_contours(self, sample: Sample, instance: Instance) -> tuple[bytes, float]:
        """Pixels from the mask, else none and the box's area."""
        shape = sample.mask_shapes.get(instance.id)
        if shape is not None:
            return shape.rle, shape.pixels
        self.lose("objects without contours or mask pixels: no segmentation, the area is the box's")
        return b"[]", (instance.x1 - instance.x0) * (instance.y1 - instance.y0)

    def note_image(self, sample: Sample, split: str) -> None:
        """Note what ``info`` says of all images: the newest date."""
        facts = self.facts["splits"].setdefault(split, {"date": "", "images": 0})
        facts["images"] += 1
        facts["date"] = max(facts["date"], sample.date)

    def image_keys(self, sample: Sample, batch: Batch) -> bytes:
        """More keys of an image, each after a comma."""
        return b""

    def annotation_keys(self, sample: Sample, instance: Instance) -> bytes:
        """More keys of an annotation, each after a comma."""
        return b""

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
        number = 0
        starts = []
        for lines in parts.stream_lines(f"images{split}"):
            starts.append(number + 1)
            chunk = []
            for line in lines:
                number += 1
                chunk.append(b'%b\n{"id":%d,%b' % (b"," if number > 1 else b"", number, line[:-1]))
                if len(chunk) == LINES_A_CHUNK:
                    yield b"".join(chunk)
                    chunk.clear()
            yield b"".join(chunk)
        yield b'\n],"annotations":['
        number = 0
        for start, lines in zip(starts, parts.stream_lines(f"annotations{split}"), strict=True):
            chunk = []
            for line in lines:
                number += 1
                rank, _, rest = line.partition(b"\t")
                chunk.append(
                    b'%b\n{"id":%d,"image_id":%d,%b'
                    % (b"," if number > 1 else b"", number, start + int(rank), rest[:-1])
                )
                if len(chunk) == LINES_A_CHUNK:
                    yield b"".join(chunk)
                    chunk.clear()
            yield b"".join(chunk)
        categories = [
            {"id": category.number, "name": category.name, "supercategory": category.supercategory}
            for category in context.categories
        ]
        yield b'\n],"categories":%b}\n' % JSON.encode(categories)
