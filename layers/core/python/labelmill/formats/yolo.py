"""YOLO detection labels. Specification: Ultralytics' dataset conventions (docs.ultralytics.com/datasets/detect).

How ambiguities were read: six decimals; an image without objects has an empty label file; class numbers are ranks of
the map's numbers; ``data.yaml`` as ``yolo_files`` says.

Tried: boxes and classes as labelformat reads them; ``data.yaml`` by the rules of Ultralytics' ``check_det_dataset``.
"""

from __future__ import annotations

from labelmill.convert.batch import Batch
from labelmill.formats.base import FormatSpec, Part
from labelmill.formats.yolo_files import YoloFilesWriter
from labelmill.source.reader import Needs


class YoloWriter(YoloFilesWriter):
    """One line an object: ``<index> <xc> <yc> <w> <h>``, normalised to the image."""

    title = "YOLO"

    def write(self, batch: Batch, part: Part) -> None:
        """One label file an image."""
        for sample in batch.samples:
            sx, sy = 1.0 / sample.width, 1.0 / sample.height
            hx, hy = 0.5 * sx, 0.5 * sy
            lines = b"".join(
                [
                    b"%d %.6f %.6f %.6f %.6f\n"
                    % (i.category, (i.x0 + i.x1) * hx, (i.y0 + i.y1) * hy, (i.x1 - i.x0) * sx, (i.y1 - i.y0) * sy)
                    for i in sample.instances
                ]
            )
            self.put_labels(sample, lines, part)


SPEC = FormatSpec(
    id="YOLO",
    title="YOLO",
    task="object detection",
    files=("labels/<stem>.txt", "classes.txt", "data.yaml"),
    needs=Needs(),
    writer=YoloWriter,
    image_folder="images",
    split_image_folder="images/{split}",
    label_suffix=".txt",
)
