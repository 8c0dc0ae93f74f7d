"""SageMaker's algorithms run on AWS alone: their documented rules, written down.

"Object Detection: Train with the Image Format" (a JSON an image of the same stem in ``<channel>_annotation``),
"Bounding Box Job Output" and Rekognition Custom Labels' "Object localization in manifest files" (the keys that a
manifest's line must have), "Semantic Segmentation: Input/Output Interface" (an 8-bit PNG of the image's size and stem).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np

from trainers.seen import Consumer, Labels, SeenImage, SeenObject, box_of

METADATA = ("class-map", "type", "human-annotated", "objects", "creation-date", "job-name")


def _channels(labels: Labels) -> list[str]:
    return [{"val": "validation"}.get(split, split) for split in labels.splits] or ["train"]


def _lines(labels: Labels, channel: str) -> list[dict[str, Any]]:
    path = labels.folder / f"{channel}.manifest"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.is_file() else []


def _boxes(entries: list[dict[str, Any]], names: dict[int, str]) -> list[SeenObject]:
    return [
        SeenObject(names[one["class_id"]], box_of(one["left"], one["top"], one["width"], one["height"]))
        for one in entries
    ]


def read_image_format(labels: Labels) -> Iterator[SeenImage]:
    """Every JSON of every channel."""
    for channel in _channels(labels):
        for path in sorted((labels.folder / f"{channel}_annotation").glob("*.json")):
            document = json.loads(path.read_text())
            if document["file"].rpartition(".")[0] != path.stem:
                raise ValueError(f"{path.name}: its image is {document['file']}")
            names = {one["class_id"]: one["name"] for one in document["categories"]}
            yield SeenImage(document["file"], _boxes(document["annotations"], names))


def read_manifest(labels: Labels) -> Iterator[SeenImage]:
    """Every line of every channel's manifest."""
    for channel in _channels(labels):
        for line in _lines(labels, channel):
            metadata = line["bounding-box-metadata"]
            if missing := [key for key in METADATA if key not in metadata]:
                raise ValueError(f"{channel}.manifest: {line['source-ref']}: no {', '.join(missing)}")
            boxes = line["bounding-box"]["annotations"]
            if len(metadata["objects"]) != len(boxes):
                raise ValueError(f"{channel}.manifest: {line['source-ref']}: not a confidence for each box")
            names = {int(number): name for number, name in metadata["class-map"].items()}
            yield SeenImage(line["source-ref"].rpartition("/")[2], _boxes(boxes, names))


def read_pixels(labels: Labels) -> Iterator[SeenImage]:
    """Every PNG of every channel's manifest, a class by its value; 255 is what counts for nothing."""
    from PIL import Image

    listed = (line.split(" ", 1) for line in (labels.folder / "classes.txt").read_text().splitlines())
    names = {int(value): name for value, name in listed}
    for channel in _channels(labels):
        for line in _lines(labels, channel):
            with Image.open(labels.folder / line["class-labels-ref"]) as picture:
                if picture.mode not in ("L", "P"):
                    raise ValueError(f"{line['class-labels-ref']}: expected 8 bits a pixel, found {picture.mode}")
                values = np.asarray(picture)
            found = [int(value) for value in np.unique(values) if value]
            objects = [SeenObject(names.get(value, ""), None, values == value, value == 255) for value in found]
            yield SeenImage(line["source-ref"].rpartition("/")[2], objects)


CONSUMERS = [
    Consumer("AWS' rules, image format", "", ("SAGEMAKER_OD",), read_image_format),
    Consumer("AWS' rules, manifest", "", ("SAGEMAKER_OD",), read_manifest),
    Consumer("AWS' rules", "", ("SAGEMAKER_SS",), read_pixels, "exact", kind="classes", ignored="told"),
]
