"""YOLO segmentation labels. Specification: Ultralytics' dataset conventions (docs.ultralytics.com/datasets/segment).

How ambiguities were read: its loader scales coordinates to the image, truncates them and fills the polygon by parity,
edges included; so vertices are the centres of the object's boundary pixels, straight runs in the eight directions are
merged, and nothing is simplified unless asked for. One line an object that has contours: parts are joined and holes cut
by the shortest bridges, as Ultralytics' own converter joins. Lines of fewer than three pairs, which the loader takes
for boxes, repeat them.

Tried: drawn as Ultralytics 8.4 draws (``cv2.fillPoly`` of OpenCV 4.13 and 5.0), objects of one part, with holes and
without, are their pixels, every one; of several parts there are the pixels on the bridges besides, as few as join them.
When training, it puts 1,000 points along each polygon first, ours among them: that moves a pixel or two of one object
in thirty.
"""

from __future__ import annotations

from labelmill.convert.batch import Batch
from labelmill.formats.base import FormatSpec, Part
from labelmill.formats.yolo_files import YoloFilesWriter
from labelmill.geometry import yolo_lines
from labelmill.source.reader import Needs


class YoloSegWriter(YoloFilesWriter):
    """One line an object: ``<index> x1 y1 x2 y2 ...``, normalised to the image."""

    title = "YOLO segmentation"

    def write(self, batch: Batch, part: Part) -> None:
        """One label file an image."""
        polygons = iter(yolo_lines(batch.outlines, self.context.simplify))
        for sample in batch.samples:
            lines = []
            for instance, polygon in zip(sample.instances, polygons, strict=False):
                if polygon:
                    lines.append(b"%d%b\n" % (instance.category, polygon))
                else:
                    self.lose("no-contours", "objects without contours")
            self.put_labels(sample, b"".join(lines), part)


SPEC = FormatSpec(
    id="YOLO_SEG",
    title="YOLO segmentation",
    task="instance segmentation",
    files=("labels/<stem>.txt", "classes.txt", "data.yaml"),
    needs=Needs(contours=True),
    writer=YoloSegWriter,
    image_folder="images",
    split_image_folder="images/{split}",
    label_suffix=".txt",
    options=("simplify",),
)
