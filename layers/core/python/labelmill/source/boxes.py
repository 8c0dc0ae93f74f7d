"""Where an image's objects are: boxes in continuous pixel edges, from the box, the contours or the mask."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from labelmill.model import Instance
from labelmill.source.image_size import Size
from labelmill.source.tally import Tally

Labelled = list[tuple[Any, int]]  # annotation entry, class index
SourceBox = tuple[float, float, float, float]  # x, y, w, h as the source has them: extents less 1
Box = tuple[float, float, float, float]  # x0, y0, x1, y1, pixel edges


def boxes_inside(labelled: Labelled, size: Size, true_size: Callable[[], Size]) -> tuple[Size, list[Instance]] | None:
    """The common case at full speed: every object has a box that begins inside the image and has an extent.

    The source's ``[x, y, w, h]`` covers columns ``x ... x+w`` and rows ``y ... y+h`` inclusive.

    Args:
        labelled: Annotation entries with their classes.
        size: The image's size as far as known.
        true_size: Finds the size to use when a box reaches beyond a size that is only stated.

    Returns:
        The size used and the instances, clipped to it; ``None`` when an object needs a closer look.
    """
    width, height, stated = float(size.width), float(size.height), size.stated
    instances = []
    for annotation, category in labelled:
        box = annotation.bbox
        if box is None:
            return None
        x, y, w, h = box
        if not (0.0 <= x < width and 0.0 <= y < height and w >= 0.0 and h >= 0.0):
            return None
        x1 = x + w + 1.0
        y1 = y + h + 1.0
        if x1 > width or y1 > height:
            if stated:
                size, stated = true_size(), False
                if size.width < width or size.height < height:
                    return boxes_inside(labelled, size, true_size)
                width, height = float(size.width), float(size.height)
            if x1 > width:
                x1 = width
            if y1 > height:
                y1 = height
        instances.append(Instance(annotation.id, category, x, y, x1, y1, annotation))
    return size, instances


def clip(labelled: Labelled, boxes: list[Box | None], size: Size, tally: Tally, file: str) -> list[Instance]:
    """Clip the boxes to the image; objects without a box or wholly outside are skipped and counted."""
    instances = []
    for (annotation, category), box in zip(labelled, boxes, strict=True):
        if box is None:
            tally.skip("no-box", "no box, contours or mask pixels", f"{file}: id {annotation.id}")
            continue
        x0, y0 = max(box[0], 0.0), max(box[1], 0.0)
        x1, y1 = min(box[2], float(size.width)), min(box[3], float(size.height))
        if x1 <= x0 or y1 <= y0:
            tally.skip("box-outside", "box outside the image", f"{file}: id {annotation.id}")
        else:
            instances.append(Instance(annotation.id, category, x0, y0, x1, y1, annotation))
    return instances


def reaches_beyond(boxes: Sequence[SourceBox | None], size: Size) -> bool:
    """Whether a box of the source ends right of or below the image."""
    width, height = size.width, size.height
    return any(box is not None and (box[0] + box[2] + 1.0 > width or box[1] + box[3] + 1.0 > height) for box in boxes)


def edges(box: SourceBox | None) -> Box | None:
    """A box of the source in pixel edges."""
    if box is None:
        return None
    x, y, w, h = box
    return x, y, x + w + 1.0, y + h + 1.0


def flat_rings(segmentation: Any) -> list[list[float]]:
    """The rings of a ``segmentation``, which some channels write as one flat list; no ring without a point."""
    if isinstance(segmentation, msgspec.Raw):
        segmentation = msgspec.json.decode(segmentation)
    if not segmentation:
        return []
    if type(segmentation[0]) is list:
        if len(segmentation) == 1 and len(segmentation[0]) >= 2:
            return segmentation  # type: ignore[no-any-return]
        if all(type(ring) is list and len(ring) >= 2 for ring in segmentation):
            return segmentation  # type: ignore[no-any-return]
        return [ring for ring in segmentation if type(ring) is list and len(ring) >= 2]
    ring = [number for number in segmentation if type(number) is not list]
    return [ring] if len(ring) >= 2 else []


def has_points(segmentation: Any) -> bool:
    """Whether there is a ring with a point; contours that stayed text always have one (see ``contours``)."""
    return isinstance(segmentation, msgspec.Raw) or bool(flat_rings(segmentation))


def source_box_of_contours(rings: Sequence[Sequence[float]]) -> SourceBox | None:
    """The box that the source would have written for rings of pixel centres."""
    if not rings:
        return None
    xs = [x for ring in rings for x in ring[0 : len(ring) // 2 * 2 : 2]]
    ys = [y for ring in rings for y in ring[1::2]]
    return float(min(xs)), float(min(ys)), float(max(xs) - min(xs)), float(max(ys) - min(ys))
