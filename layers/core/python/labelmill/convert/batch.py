"""Some images of a shard together, so that their contours are traced in one go."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import msgspec

from labelmill.errors import ImageError
from labelmill.model import Instance, Sample
from labelmill.source.areas import beyond_stated_size, collect_contours, trace_samples
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
    def without_ignored(self) -> Batch:
        """What a format sees that knows no ignored objects; this batch, where there are none."""
        if not any(instance.ignored for instance in self.instances):
            return self
        learnt = [[i for i in sample.instances if not i.ignored] for sample in self.samples]
        samples = [
            sample if len(instances) == len(sample.instances) else msgspec.structs.replace(sample, instances=instances)
            for sample, instances in zip(self.samples, learnt, strict=True)
        ]
        return Batch(samples, self.source, self.needs)

    @cached_property
    def _rings(self) -> Rings:
        contours: list[Any] = []
        for sample in self.samples:
            if self.needs.contours_of(sample.entry):
                contours += [instance.attributes.segmentation for instance in sample.instances]
            else:
                contours += [None] * len(sample.instances)
        return collect_contours(contours)

    @cached_property
    def outlines(self) -> Outlines:
        """The outlines of all instances: their contours' or, where they have none, their mask pixels'."""
        return trace_samples(self.samples, self._rings)

    def beyond_stated_size(self) -> set[int]:
        """Ranks of the samples with a stated size that contours reach beyond, right of or below it."""
        if not any(sample.instances and self.needs.contours_of(sample.entry) for sample in self.samples):
            return set()
        return beyond_stated_size(self.samples, self._rings)

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
