"""GeoCOCO: COCO (see ``coco``) with the vendor's keys, their values correct; there is no public specification.

How ambiguities were read: whatever can't be known is ``[]``; degrees have 9 decimals, pixels 6; ``gsd`` is
``meters_per_pixel``, else ``gsd_at_nadir``; ``bbox_rotated_geo`` is flat, four corners from the box's own top-left one
on; ``info`` counts each split for itself; ``keypoints_geo`` has the labelled points only, ``num_keypoints`` of them.

Tried with: pycocotools, as COCO; its own keys have no other reader than the vendor's.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Iterator
from typing import Any

from labelmill.convert.batch import Batch
from labelmill.errors import ImageError
from labelmill.formats.base import JSON, FormatSpec, plain
from labelmill.formats.coco_json import Annotation, CocoJsonWriter, Row
from labelmill.formats.geo import GeoFrame, feature, geo_frame, rotated_corners
from labelmill.formats.keypoints import finite, keypoints_of
from labelmill.images.errors import ImageDataError
from labelmill.model import Instance, Sample, Sensor
from labelmill.source.dataset import IMAGES
from labelmill.source.image_size import header_of
from labelmill.source.reader import Needs

FIELDS = frozenset({"centroid", "size", "rotation", "keypoints", "classification"})
LEVELS = ("UNCLASSIFIED", "CONFIDENTIAL", "SECRET", "TOP SECRET")  # lowest first


class GeoAnnotation(Annotation, gc=False):
    """An annotation's keys but for its ids, in the order they are written: pixels and degrees."""

    keypoints: list[float]
    num_keypoints: int
    bbox_rotated: list[float]
    object_center: list[float]
    bbox_geo: list[float]
    bbox_rotated_geo: list[float]
    object_center_geo: list[float]
    keypoints_geo: list[float]
    classification: Any


class GeoCocoWriter(CocoJsonWriter):
    """``geococo.json``, or one ``geococo_<split>.json`` a split."""

    file_stem = "geococo"

    def note_image(self, sample: Sample, split: str) -> None:
        """Note sizes and classifications for ``info``."""
        super().note_image(sample, split)
        facts = self.facts["splits"][split]
        facts.setdefault("memory_size", 0)
        sizes, size = facts.setdefault("sizes", []), (sample.width, sample.height)
        if len(sizes) < 2 and size not in sizes:  # two tell that sizes differ
            sizes.append(size)
        level = sample.environment.classification if sample.environment is not None else None
        if level:
            facts["classification"] = highest([facts.get("classification", level), level])

    def image_keys(self, sample: Sample, batch: Batch) -> bytes:
        """The file's, the parent's and the acquisition's data."""
        e, s, frame = sample.environment, sample.sensor, geo_frame(sample)
        file_data = {
            **self._file_facts(sample, batch),
            "pixel_bounds": feature(0, 0, sample.width, sample.height),
            "geo_bounds": feature(*frame.bounds()) if frame else [],
        }
        split = sample.split
        self.facts["splits"][split]["memory_size"] += file_data["memory_size"] or 0
        gsd = _first(s.meters_per_pixel, s.gsd_at_nadir) if s is not None else None
        keys = {
            "file_data": file_data,
            "chipping_data": {
                "parent_name": _or_empty(e and e.name),
                "parent_checksum": _or_empty(e and e.checksum),
                "parent_mimetype": _or_empty(e and e.mimetype),
            },
            "acquisition_data": {
                "image_type": _or_empty(e and e.image_type),
                "acquisition_time_earliest": _or_empty(e and e.datetime),
                "acquisition_time_latest": _or_empty(e and e.datetime),
                "sun_altitude": _or_empty(e and e.sun_angle),
                "sun_azimuth": _or_empty(e and e.sun_azimuth),
                "rendering_tool": _or_empty(e and e.renderer),
                "cloud_cover": _or_empty(e and e.cloud_cover),
                "platform": _or_empty(e and e.platform),
                "classification": _or_empty(e and e.classification),
                "look_angle": _or_empty(s and s.look_angle),
                "azimuthal_angle": _or_empty(s and s.azimuth),
                "gsd": [plain(gsd), plain(gsd)] if gsd is not None else [],
                "is_synthetic": True,
            },
        }
        return b"," + JSON.encode(keys)[1:-1]

    def _file_facts(self, sample: Sample, batch: Batch) -> dict[str, Any]:
        unknown: dict[str, Any] = {"checksum": [], "mimetype": [], "band_names": [], "memory_size": []}
        name = sample.entry.image
        if name is None:
            return unknown
        checksum, size, head = hashlib.sha256(), 0, b""
        try:
            for chunk in batch.source.chunks(IMAGES, name):
                checksum.update(chunk)
                size += len(chunk)
                head = head or chunk
        except ImageError:
            return unknown
        facts = {**unknown, "checksum": f"sha256:{checksum.hexdigest()}", "memory_size": size}
        try:
            header = header_of(head, size, lambda at, n: batch.source.read_range(IMAGES, name, at, n))
        except (ImageDataError, ImageError):
            self.lose("header-unreadable", "unreadable images: mimetype and bands are not known")
            return facts
        if (header.width, header.height) != (sample.width, sample.height):
            self.lose("size-differs", "images of another size than their stated resolution, which stands")
        return {**facts, "mimetype": header.mimetype, "band_names": list(header.bands)}

    def annotations(self, sample: Sample, rows: Iterator[Row]) -> Iterable[Annotation]:
        """The annotations of an image, one a row: with keypoints, centre and rotated box too."""
        frame = geo_frame(sample)
        pairs = zip(rows, sample.instances, strict=True)
        return (GeoAnnotation(*row, *_on_the_ground(instance, sample.sensor, frame)) for row, instance in pairs)

    @classmethod
    def info_keys(cls, facts: list[dict[str, Any]]) -> dict[str, Any]:
        """Sizes when uniform, counts, and the highest classification."""
        sizes = {tuple(size) for part in facts for size in part["sizes"]}
        keys: dict[str, Any] = {}
        if len(sizes) == 1:
            keys["image_width"], keys["image_height"] = sizes.pop()
        keys["image_count"] = sum(part["images"] for part in facts)
        keys["memory_size"] = sum(part["memory_size"] for part in facts)
        levels = [part["classification"] for part in facts if "classification" in part]
        keys["classification"] = highest(levels) if levels else []
        return keys


def _on_the_ground(instance: Instance, s: Sensor | None, frame: GeoFrame | None) -> tuple[Any, ...]:
    """What GeoAnnotation adds to Annotation: keypoints, centre and rotated box, in pixels and on the ground."""
    a = instance.attributes
    keypoints, labelled = keypoints_of(a.keypoints) if a.keypoints else ([], [])
    centre = finite([a.centroid[1] + 0.5, a.centroid[0] + 0.5]) if a.centroid is not None else []
    rotated: list[float] = []
    yaw = a.rotation[2] if a.rotation is not None else None
    metres = s.meters_per_pixel if s is not None else None
    if centre and a.size is not None and yaw is not None and metres and s is not None and s.azimuth is not None:
        angle = round((math.degrees(yaw) - s.azimuth) % 360.0, 6) % 360.0
        rotated = finite([*centre, a.size[0] / metres, a.size[1] / metres, angle])
    return (
        keypoints,
        len(labelled) // 2,
        rotated,
        centre,
        frame.positions((instance.x0, instance.y0, instance.x1, instance.y1)) if frame else [],
        frame.positions(rotated_corners(rotated)) if frame and rotated else [],
        frame.positions(centre) if frame else [],
        frame.positions(labelled) if frame else [],
        _or_empty(a.classification),
    )


def highest(levels: list[str]) -> str:
    """The highest classification; texts of no known level rank lowest, among themselves by code points."""
    return max(levels, key=lambda level: (LEVELS.index(level.upper()) if level.upper() in LEVELS else -1, level))


def _or_empty(value: Any) -> Any:
    return [] if value is None else value


def _first(*values: float | None) -> float | None:
    return next((value for value in values if value is not None), None)


SPEC = FormatSpec(
    id="GEOCOCO",
    title="GeoCOCO",
    task="object detection on the ground",
    files=("geococo.json",),
    needs=Needs(fields=FIELDS, contours=True, environment=True),
    writer=GeoCocoWriter,
    image_folder="images",
    keeps_ignored=True,
    options=("segmentation", "first_category", "simplify"),
)
