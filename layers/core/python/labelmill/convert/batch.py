"""Some images of a shard together, so that their contours are traced in one go."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import msgspec

from labelmill.errors import ImageError
from labelmill.model import Instance, Sample
from labelmill.source.boxes import flat_rings
from labelmill.source.dataset import Source
from labelmill.source.reader import Needs

if TYPE_CHECKING:
    from labelmill.geometry import Outlines, Rings


class Batch:
    """Samples, and what several formats need of their contours, made once.

    Lists over instances run over all instances of all samples, in order.
    """

    def __init__(self, samples: Sequence[Sample], source: Source, needs: Needs) -> None:
        self.samples = samples
        self.source = source
        self.needs = needs
        self._coco_polygons: dict[float, list[bytes]] = {}
        self.failures: list[tuple[Sample, ImageError]] = []

    def fail(self, sample: Sample, error: ImageError) -> None:
        """Note that one format leaves an image out; its writer has written nothing of it."""
        self.failures.append((sample, error))

    @cached_property
    def instances(self) -> list[Instance]:
        """All instances of all samples."""
        return [instance for sample in self.samples for instance in sample.instances]

    @cached_property
    def _rings(self) -> Rings:
        from labelmill.geometry import collect, collect_texts  # loads numpy, which box formats do without

        contours: list[Any] = []
        for sample in self.samples:
            if self.needs.contours_of(sample.entry):
                contours += [instance.attributes.segmentation for instance in sample.instances]
            else:
                contours += [None] * len(sample.instances)
        if all(segmentation is None or isinstance(segmentation, msgspec.Raw) for segmentation in contours):
            return collect_texts(contours)
        return collect([flat_rings(segmentation) for segmentation in contours])

    @cached_property
    def _sizes(self) -> list[tuple[int, int]]:
        return [(sample.width, sample.height) for sample in self.samples for _ in sample.instances]

    @cached_property
    def outlines(self) -> Outlines:
        """The outlines of all instances: their contours' or, where they have none, their mask pixels'."""
        from labelmill.geometry import trace_rings

        outlines = trace_rings(self._rings, self._sizes)
        return self._with_mask_objects(outlines) if any(sample.mask_objects for sample in self.samples) else outlines

    def _with_mask_objects(self, outlines: Outlines) -> Outlines:
        import numpy as np

        from labelmill.geometry import completed, together, trace_runs

        places: list[int] = []
        runs = []
        first = 0
        for sample in self.samples:
            if sample.mask_objects is not None:
                place = {instance.id: rank for rank, instance in enumerate(sample.instances, first)}
                places += [place.get(object_id, -1) for object_id in sample.mask_objects.ids]
                runs.append(sample.mask_objects.runs)
            first += len(sample.instances)
        return completed(outlines, np.array(places), trace_runs(together(runs)))

    def beyond_stated_size(self) -> set[int]:
        """Ranks of the samples with a stated size that contours reach beyond, right of or below it."""
        if not any(sample.instances and self.needs.contours_of(sample.entry) for sample in self.samples):
            return set()
        import numpy as np

        from labelmill.geometry import contour_extents

        last = np.array(self._sizes) - 1
        beyond = np.flatnonzero((contour_extents(self._rings)[:, 2:] > last).any(axis=1))
        ranks = [rank for rank, sample in enumerate(self.samples) for _ in sample.instances]
        return {ranks[i] for i in beyond if self.samples[ranks[i]].size_stated}

    def coco_polygons(self, simplify: float) -> list[bytes]:
        """Each instance as COCO's polygons, JSON; they may stray by ``simplify`` pixels."""
        if simplify not in self._coco_polygons:
            from labelmill.geometry import coco_polygons

            self._coco_polygons[simplify] = coco_polygons(self.outlines, simplify)
        return self._coco_polygons[simplify]

    @cached_property
    def coco_run_lengths(self) -> list[bytes]:
        """Each instance as COCO's compressed run-length code, JSON."""
        import numpy as np

        from labelmill.geometry import coco_run_lengths

        return coco_run_lengths(self.outlines, np.arange(len(self.instances)))
