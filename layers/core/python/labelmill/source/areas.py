"""The outlines of objects, and their pixels that can be seen: what COCO calls their area."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from labelmill.model import Sample
from labelmill.source.boxes import flat_rings

if TYPE_CHECKING:
    from labelmill.geometry import Outlines, Rings

DECIMALS = 6
Resized = Callable[[Sample], Sample]


def number(value: float) -> int | float:
    """A number as formats write it: an integer as such, a fraction to 6 decimals."""
    whole = int(value)
    return whole if whole == value else round(value, DECIMALS)


def collect_contours(contours: Sequence[Any]) -> Rings:
    """The rings of a batch of objects side by side.

    Args:
        contours: ``segmentation`` of each, as it was decoded: text, lists or ``None``.
    """
    from labelmill.geometry import collect, collect_texts  # loads numpy, which box formats do without

    if all(segmentation is None or isinstance(segmentation, msgspec.Raw) for segmentation in contours):
        return collect_texts(contours)
    return collect([flat_rings(segmentation) for segmentation in contours])


def beyond_stated_size(samples: Sequence[Sample], rings: Rings) -> set[int]:
    """Ranks of the samples with a stated size that contours reach beyond, right of or below it."""
    import numpy as np

    from labelmill.geometry import contour_extents

    ranks = [rank for rank, sample in enumerate(samples) for _ in sample.instances]
    last = np.array([(samples[rank].width - 1, samples[rank].height - 1) for rank in ranks]).reshape(-1, 2)
    beyond = np.flatnonzero((contour_extents(rings)[:, 2:] > last).any(axis=1))
    return {ranks[i] for i in beyond.tolist() if samples[ranks[i]].size_stated}


def trace_samples(samples: Sequence[Sample], rings: Rings) -> Outlines:
    """The outlines of all objects of images: their contours' or, where they have none, their mask pixels'.

    Args:
        samples: The images.
        rings: The contours of their objects, in order.
    """
    from labelmill.geometry import trace_rings

    sizes = [(sample.width, sample.height) for sample in samples for _ in sample.instances]
    outlines = trace_rings(rings, sizes)
    return _with_mask_objects(samples, outlines) if any(sample.mask_objects for sample in samples) else outlines


def _with_mask_objects(samples: Sequence[Sample], outlines: Outlines) -> Outlines:
    import numpy as np

    from labelmill.geometry import completed, together, trace_runs

    places: list[int] = []
    runs = []
    first = 0
    for sample in samples:
        if sample.mask_objects is not None:
            place = {instance.id: rank for rank, instance in enumerate(sample.instances, first)}
            places += [place.get(object_id, -1) for object_id in sample.mask_objects.ids]
            runs.append(sample.mask_objects.runs)
        first += len(sample.instances)
    return completed(outlines, np.array(places), trace_runs(together(runs)))


def visible_pixels(samples: Sequence[Sample], resized: Resized) -> list[dict[int, int | float]]:
    """How many pixels of each object can be seen: those of its contours, else of the mask, else of its box.

    Args:
        samples: Images, read with contours.
        resized: Gives an image its true size, where contours reach beyond a stated one.

    Returns:
        For each image, its objects' ids to pixels; without those that the true size leaves nothing of.
    """
    if not any(sample.instances for sample in samples):
        return [{} for _ in samples]
    rings = collect_contours([i.attributes.segmentation for sample in samples for i in sample.instances])
    if beyond := beyond_stated_size(samples, rings):
        samples = [resized(sample) if rank in beyond else sample for rank, sample in enumerate(samples)]
        rings = collect_contours([i.attributes.segmentation for sample in samples for i in sample.instances])
    outlines = trace_samples(samples, rings)
    outlined = (outlines.first_ring[1:] > outlines.first_ring[:-1]).tolist()
    areas = iter(zip(outlines.areas, outlined, strict=True))
    return [
        {
            i.id: number(area if has_outline else (i.x1 - i.x0) * (i.y1 - i.y0))
            for i, (area, has_outline) in zip(sample.instances, areas, strict=False)
        }
        for sample in samples
    ]
