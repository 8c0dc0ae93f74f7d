"""PASCAL VOC. Specification: the VOC2012 development kit (host.robots.ox.ac.uk/pascal/VOC/voc2012/devkit_doc.pdf).

How ambiguities were read: boxes are 1-based and inclusive; fractional boxes grow to whole pixels; ``segmented`` is 1
when any object of the image has contours; an absent ``truncated`` is 0.
"""

from __future__ import annotations

from math import ceil
from typing import Any

import msgspec

from labelmill.convert.batch import Batch
from labelmill.formats.base import Context, FormatSpec, FormatWriter, Output, Part, Parts, refuse_control_characters
from labelmill.model import Sample
from labelmill.source.boxes import flat_rings
from labelmill.source.reader import Needs
from labelmill.source.records import Contours

HEAD = (
    "<annotation>\n\t<folder>images</folder>\n\t<filename>%s</filename>\n\t<source>\n\t\t<database>labelmill</database>\n"
    "\t</source>\n\t<size>\n\t\t<width>%d</width>\n\t\t<height>%d</height>\n\t\t<depth>%d</depth>\n\t</size>\n"
    "\t<segmented>%d</segmented>\n"
)
OBJECT = (
    "\t<object>\n\t\t<name>%s</name>\n\t\t<pose>Unspecified</pose>\n\t\t<truncated>%d</truncated>\n"
    "\t\t<difficult>0</difficult>\n\t\t<bndbox>\n\t\t\t<xmin>"
)
END_OF_OBJECT = "</ymax>\n\t\t</bndbox>\n\t</object>\n"
XML_ESCAPES = {ord("&"): "&amp;", ord("<"): "&lt;", ord(">"): "&gt;"}


class PascalWriter(FormatWriter):
    """One XML file an image."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        names = [category.name.translate(XML_ESCAPES) for category in context.categories]
        self._objects = [(OBJECT % (name, False), OBJECT % (name, True)) for name in names]

    @classmethod
    def check(cls, context: Context) -> None:
        """XML and the lists hold no control characters."""
        refuse_control_characters("PASCAL VOC", context.categories)

    def write(self, batch: Batch, part: Part) -> None:
        """One XML file an image, and its line in the image set."""
        beginnings = self._objects
        for sample in batch.samples:
            head = HEAD % (
                sample.name.translate(XML_ESCAPES),
                sample.width,
                sample.height,
                sample.depth,
                _segmented(sample),
            )
            objects = [
                # int() floors as boxes lie inside the image
                f"{beginnings[i.category][bool(i.attributes.truncated)]}{int(i.x0) + 1}</xmin>\n\t\t\t"
                f"<ymin>{int(i.y0) + 1}</ymin>\n\t\t\t<xmax>{ceil(i.x1)}</xmax>\n\t\t\t"
                f"<ymax>{ceil(i.y1)}{END_OF_OBJECT}"
                for i in sample.instances
            ]
            part.put("Annotations", f"{sample.stem}.xml", f"{head}{''.join(objects)}</annotation>\n".encode())
            part.line(sample.split or "default", f"{sample.stem}\n".encode())

    @classmethod
    def join(cls, context: Context, parts: Parts, output: Output) -> None:
        """The image sets and the label map."""
        for split in context.split_names("default"):
            output.write(f"ImageSets/Main/{split}.txt", parts.stream(split))
        output.write("labelmap.txt", ["".join(f"{category.name}\n" for category in context.categories).encode()])


def _segmented(sample: Sample) -> bool:
    for instance in sample.instances:  # noqa: SIM110  any() makes a generator for the first one
        if _has_contours(instance.attributes.segmentation):
            return True
    return False


def _has_contours(segmentation: Any) -> bool:
    if isinstance(segmentation, msgspec.Raw):
        try:
            segmentation = _decode_contours(segmentation)
        except msgspec.MsgspecError:
            return False
    return bool(flat_rings(segmentation))


_decode_contours = msgspec.json.Decoder(Contours | None).decode

SPEC = FormatSpec(
    id="PASCAL",
    title="PASCAL VOC",
    task="object detection",
    files=("Annotations/<stem>.xml", "ImageSets/Main/default.txt", "labelmap.txt"),
    needs=Needs(fields=frozenset({"truncated", "has_contours"})),
    writer=PascalWriter,
    owns=("Annotations", "ImageSets", "labelmap.txt"),
    image_folder="JPEGImages",
    label_suffix=".xml",
)
