"""Where an image's objects are: boxes in continuous pixel edges, from the box, the contours or the mask."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from labelmill.model import Instance
from labelmill.source.image_size import Size
from labelmill.source.tally import Tally

Labelled = list[tuple[Any, int]]  # annotation entry, class index
Box = tuple[float, float, float, float]  # x0, y0, x1, y1, pixel edges


def boxes_inside(labelled: Labelled, size: Size) -> list[Instance] | None:
    """The common case at full speed: every object has a box inside the image.

    The source's ``[x, y, w, h]`` covers columns ``x ... x+w`` and rows ``y ... y+h`` inclusive.

    Returns:
        The instances, or ``None`` when one object needs a closer look (``boxes_of`` and ``clip``).
    """
    width, height = size.width, size.height
    instances = []
    for annotation, category in labelled:
        box = annotation.bbox
        if box is None:
            return None
        x, y, w, h = box
        x1 = x + w + 1.0
        y1 = y + h + 1.0
        if x < 0.0 or y < 0.0 or x1 > width or y1 > height or w < 0.0 or h < 0.0:
            return None
        instances.append(Instance(annotation.id, category, x, y, x1, y1, annotation))
    return instances


def boxes_of(labelled: Labelled, contours_of: Callable[[int], Any]) -> list[Box | None]:
    """The box of each object before clipping: the source's own, else around its contours, else ``None``.

    Args:
        labelled: Annotation entries with their classes.
        contours_of: The ``segmentation`` of an object by its id.
    """
    return [
        _edges(*annotation.bbox)
        if annotation.bbox is not None
        else box_of_contours(flat_rings(contours_of(annotation.id)))
        for annotation, _ in labelled
    ]


def clip(labelled: Labelled, boxes: list[Box | None], size: Size, tally: Tally, file: str) -> list[Instance]:
    """Clip the boxes to the image; objects without a box or wholly outside are skipped and counted."""
    instances = []
    for (annotation, category), box in zip(labelled, boxes, strict=True):
        if box is None:
            tally.skip("no box, contours or mask pixels", f"{file}: id {annotation.id}")
            continue
        x0, y0 = max(box[0], 0.0), max(box[1], 0.0)
        x1, y1 = min(box[2], float(size.width)), min(box[3], float(size.height))
        if x1 <= x0 or y1 <= y0:
            tally.skip("box outside the image", f"{file}: id {annotation.id}")
        else:
            instances.append(Instance(annotation.id, category, x0, y0, x1, y1, annotation))
    return instances


def reaches_beyond(boxes: list[Box | None], size: Size) -> bool:
    """Whether a box ends right of or below the image."""
    return any(box is not None and (box[2] > size.width or box[3] > size.height) for box in boxes)


def flat_rings(segmentation: Any) -> list[list[float]]:
    """The rings of a ``segmentation``, which some channels write as one flat list; no ring without a point."""
    if not segmentation:
        return []
    if type(segmentation[0]) is list:
        if all(type(ring) is list and len(ring) >= 2 for ring in segmentation):
            return segmentation  # type: ignore[no-any-return]
        return [ring for ring in segmentation if type(ring) is list and len(ring) >= 2]
    ring = [number for number in segmentation if type(number) is not list]
    return [ring] if len(ring) >= 2 else []


def box_of_contours(rings: Sequence[Sequence[float]]) -> Box | None:
    """The box around rings of pixel centres, in pixel edges."""
    if not rings:
        return None
    xs = [x for ring in rings for x in (min(ring[0 : len(ring) // 2 * 2 : 2]), max(ring[0 : len(ring) // 2 * 2 : 2]))]
    ys = [y for ring in rings for y in (min(ring[1::2]), max(ring[1::2]))]
    return _edges(min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys))


def _edges(x: float, y: float, w: float, h: float) -> Box:
    return float(x), float(y), x + w + 1.0, y + h + 1.0
