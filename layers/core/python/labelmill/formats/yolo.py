"""YOLO detection labels. Specification: Ultralytics' dataset conventions (docs.ultralytics.com/datasets/detect).

How ambiguities were read: six decimals; an image without objects has an empty label file; in ``data.yaml`` an undivided
dataset is its own ``val``, which trainers require; class numbers are ranks of the map's numbers.
"""

from __future__ import annotations

from labelmill.convert.batch import Batch
from labelmill.formats.base import Context, FormatSpec, FormatWriter, Output, Part, Parts
from labelmill.formats.yolo_files import check_classes, label_folder, write_class_files
from labelmill.source.reader import Needs


class YoloWriter(FormatWriter):
    """One line an object: ``<index> <xc> <yc> <w> <h>``, normalised to the image."""

    @classmethod
    def check(cls, context: Context) -> None:
        """Class names have to stand on a line."""
        check_classes("YOLO", context)

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
            part.put(label_folder(sample.split), f"{sample.stem}.txt", lines)

    @classmethod
    def join(cls, context: Context, parts: Parts, output: Output) -> None:
        """The class lists."""
        write_class_files(context, output)


SPEC = FormatSpec(
    id="YOLO",
    title="YOLO",
    task="object detection",
    files=("labels/<stem>.txt", "classes.txt", "data.yaml"),
    needs=Needs(),
    writer=YoloWriter,
    owns=("labels", "classes.txt", "data.yaml"),
    image_folder="images",
    split_image_folder="images/{split}",
    label_suffix=".txt",
)
