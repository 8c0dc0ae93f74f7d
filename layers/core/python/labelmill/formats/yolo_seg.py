"""YOLO segmentation labels. Specification: Ultralytics' dataset conventions (docs.ultralytics.com/datasets/segment).

How ambiguities were read: its loader scales coordinates to the image, truncates them and fills the polygon, edges
included; so vertices are the centres of the object's boundary pixels, and nothing is simplified. One line an outer
ring; holes are counted; so are objects without contours.

Tried: drawn as Ultralytics 8.3 draws (``cv2.fillPoly`` of OpenCV 4.13 and 5.0), an object of one part and without holes
is its pixels, every one. When training, Ultralytics puts 1,000 points along each polygon first, ours among them; that
moves a pixel or two of one object in thirty.
"""

from __future__ import annotations

import labelmill.geometry  # noqa: F401  before workers are forked
from labelmill.convert.batch import Batch
from labelmill.formats.base import FormatSpec, Part
from labelmill.formats.yolo_files import YoloFilesWriter
from labelmill.source.reader import Needs


class YoloSegWriter(YoloFilesWriter):
    """One line an outer ring: ``<index> x1 y1 x2 y2 ...``, normalised to the image."""

    title = "YOLO segmentation"

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
            self.put_labels(sample, b"".join(lines), part)
        self.lose("holes", int(batch.outlines.hole.sum()))


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
