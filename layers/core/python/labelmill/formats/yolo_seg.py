"""YOLO segmentation labels. Specification: Ultralytics' dataset conventions (docs.ultralytics.com/datasets/segment).

How ambiguities were read: one line an outer ring (an object of two parts has two lines), in pixel-edge coordinates,
simplified so that the drawn shape stays within one pixel; holes can't be held and are counted; so are objects without
contours.
"""

from __future__ import annotations

import labelmill.geometry  # noqa: F401  before workers are forked
from labelmill.convert.batch import Batch
from labelmill.formats.base import Context, FormatSpec, FormatWriter, Output, Part, Parts
from labelmill.formats.yolo_files import check_classes, label_folder, write_class_files
from labelmill.source.reader import Needs


class YoloSegWriter(FormatWriter):
    """One line an outer ring: ``<index> x1 y1 x2 y2 ...``, normalised to the image."""

    @classmethod
    def check(cls, context: Context) -> None:
        """Class names have to stand on a line."""
        check_classes("YOLO segmentation", context)

    def write(self, batch: Batch, part: Part) -> None:
        """One label file an image."""
        polygons = iter(batch.yolo_polygons)
        for sample in batch.samples:
            lines = []
            for instance, rings in zip(sample.instances, polygons, strict=False):
                head = b"%d" % instance.category
                lines += [head + ring + b"\n" for ring in rings]
                if not rings:
                    self.lose("objects without contours")
            part.put(label_folder(sample.split), f"{sample.stem}.txt", b"".join(lines))
        self.lose("holes", int(batch.outlines.hole.sum()))

    @classmethod
    def join(cls, context: Context, parts: Parts, output: Output) -> None:
        """The class lists."""
        write_class_files(context, output)


SPEC = FormatSpec(
    id="YOLO_SEG",
    title="YOLO segmentation",
    task="instance segmentation",
    files=("labels/<stem>.txt", "classes.txt", "data.yaml"),
    needs=Needs(contours=True),
    writer=YoloSegWriter,
    owns=("labels", "classes.txt", "data.yaml"),
    image_folder="images",
    split_image_folder="images/{split}",
    label_suffix=".txt",
)
