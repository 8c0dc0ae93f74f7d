"""COCO object detection. Specification: cocodataset.org, format-data.

How ambiguities were read: ids are dense and start at 1; ``category_id`` is the map's own number, 0 included (or dense
from 1, an option); every object is polygons along the pixels' outer edges, one a part, its holes cut by bridges of no
width (or compressed RLE, an option); ignored objects are crowds, with run lengths as lists as in COCO's own files;
``date_created`` is the newest date of the images.

Tried with: pycocotools (``annToMask``, both options), torchvision's reference conversion (``frPyObjects``), the rules
of detectron2's ``load_coco_json``, Ultralytics' ``convert_coco``, labelformat (crowds, too).
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
    image_folder="images",
    keeps_ignored=True,
    options=("segmentation", "first_category", "simplify"),
)
