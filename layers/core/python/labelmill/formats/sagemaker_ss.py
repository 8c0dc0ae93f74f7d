"""SageMaker Semantic Segmentation. Specification: AWS' developer guide, input of the semantic segmentation algorithm.

How ambiguities were read: pixels come from the mask where there is one, whatever the contours say; without one,
contours are drawn far to near (objects without a distance first, in the source's order), even-odd, holes open; ignored
objects are 255, which the algorithm neither learns nor counts.

Tried: pixels as Pillow reads them, files and values by the rules of AWS' guide; the algorithm runs in AWS alone.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from labelmill.convert.batch import Batch
from labelmill.errors import FormatError, ImageError
from labelmill.formats.base import (
    Context,
    FormatSpec,
    Output,
    Part,
    Parts,
    json_text,
    refuse_control_characters,
)
from labelmill.formats.sagemaker import SageMakerWriter, channel_of, channels
from labelmill.geometry import paint
from labelmill.images.png_write import encode_labels
from labelmill.model import Instance, Sample
from labelmill.source.image_size import Size
from labelmill.source.masks import read_mask_labels
from labelmill.source.reader import Needs

MOST_CLASSES = 254  # 0 is background, 255 stays free for "ignore"
IGNORED = 255
MASK_IDS = 65_536
MOST_PIXELS = 1 << 28


class SageMakerSsWriter(SageMakerWriter):
    """One palette PNG an image: 0 background, else class index + 1."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._table = np.zeros(MASK_IDS, np.uint8)

    @classmethod
    def check(cls, context: Context) -> None:
        """An 8-bit image holds 254 classes."""
        refuse_control_characters("SageMaker Semantic Segmentation", context.categories)
        if len(context.categories) > MOST_CLASSES:
            raise FormatError(
                f"SageMaker Semantic Segmentation: expected at most {MOST_CLASSES} classes, found "
                f"{len(context.categories)}; merge classes in the map or leave this format out"
            )

    def write(self, batch: Batch, part: Part) -> None:
        """One PNG an image; one whose mask can't be used is left out."""
        for sample in batch.samples:
            try:
                data = encode_labels(self._pixels(sample, batch))
            except ImageError as error:
                batch.fail(sample, error)
                continue
            self.warn_of(sample)
            channel = channel_of(sample.split)
            part.put(f"{channel}_annotation", f"{sample.stem}.png", data)
            source = json_text(self.context.image_base + sample.name)
            label = json_text(f"{self.context.label_base}{channel}_annotation/{sample.stem}.png")
            part.line(channel, b'{"source-ref":%b,"class-labels-ref":%b}\n' % (source, label))

    def _pixels(self, sample: Sample, batch: Batch) -> NDArray[np.uint8]:
        if sample.entry.mask is not None:
            return self._from_mask(sample, batch)
        if sample.width * sample.height > MOST_PIXELS:
            found = f"{sample.width}x{sample.height}"
            raise ImageError(sample.name, f"expected at most {MOST_PIXELS:,} pixels to draw contours on, found {found}")
        instances = sample.instances
        order = sorted(range(len(instances)), key=lambda i: -_distance(instances[i]))
        outlines = Batch([sample], batch.source, batch.needs).outlines
        pixelless = sum(not outlines.rings(i) for i in order)
        self.lose("no-pixels", "objects without contours or a mask: no pixels", pixelless)
        canvas = np.zeros((sample.height, sample.width), np.uint8)
        return paint(outlines, order, [_value(instances[i]) for i in order], canvas)

    def _from_mask(self, sample: Sample, batch: Batch) -> NDArray[np.uint8]:
        table = self._table
        labelled = [(i.id, _value(i)) for i in sample.instances if i.id < MASK_IDS]
        for instance_id, value in labelled:
            table[instance_id] = value
        seen = np.zeros(MASK_IDS, np.bool_)
        try:
            pixels = read_mask_labels(batch.source, sample.entry, Size(sample.width, sample.height), table, seen)
        finally:
            for instance_id, _ in labelled:
                table[instance_id] = 0
        drawn = sum(seen[[instance_id for instance_id, _ in labelled]].tolist())
        self.lose("no-mask-pixels", "objects without a pixel in the mask", len(sample.instances) - drawn)
        return pixels

    @classmethod
    def join(cls, context: Context, parts: Parts, output: Output) -> None:
        """The class list, a label map a channel and the manifests."""
        names = ["background", *(category.name for category in context.categories)]
        output.write("classes.txt", ["".join(f"{value} {name}\n" for value, name in enumerate(names)).encode()])
        for channel in channels(context):
            output.write(f"label_map/{channel}_label_map.json", [b'{"scale": "1"}\n'])
            output.write(f"{channel}.manifest", parts.stream(channel))


def _value(instance: Instance) -> int:
    return IGNORED if instance.ignored else instance.category + 1


def _distance(instance: Instance) -> float:
    distance = instance.attributes.distance
    return distance if distance is not None else float("inf")


SPEC = FormatSpec(
    id="SAGEMAKER_SS",
    title="SageMaker Semantic Segmentation",
    task="semantic segmentation",
    files=("train_annotation/<stem>.png", "label_map/train_label_map.json", "classes.txt", "train.manifest"),
    needs=Needs(fields=frozenset({"distance"}), contours_without_mask=True),
    writer=SageMakerSsWriter,
    image_folder="train",
    split_image_folder="{channel}",
    label_suffix=".png",
    keeps_ignored=True,
    options=("image_base", "label_base"),
)
