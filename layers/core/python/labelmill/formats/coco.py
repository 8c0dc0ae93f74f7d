"""COCO object detection. Specification: cocodataset.org, format-data.

How ambiguities were read: ids are dense and start at 1; ``category_id`` is the map's own number, 0 included; objects
with holes are compressed RLE, all others polygons along the pixels' outer edges; ``date_created`` is the newest date
of the images.
"""

from __future__ import annotations

from labelmill.formats.base import FormatSpec
from labelmill.formats.coco_json import CocoJsonWriter
from labelmill.source.reader import Needs


class CocoWriter(CocoJsonWriter):
    """``coco.json``, or one ``coco_<split>.json`` a split."""

    file_stem = "coco"


SPEC = FormatSpec(
    id="COCO",
    title="COCO",
    task="object detection, instance segmentation",
    files=("coco.json",),
    needs=Needs(contours=True),
    writer=CocoWriter,
    owns=("coco*.json",),
    image_folder="images",
    options=("segmentation", "first_category", "simplify"),
)
