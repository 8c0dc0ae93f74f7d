"""Asks a map's rules and filters about objects that are placed: what of them can be seen is known only then.

Where rules name ``ann``, all objects that have an annotation entry are placed, so the image's size follows from all of
them; one that can't be placed is skipped and counted, and no rule is asked of it. Where only filters (``drop``,
``ignore``) name it, those with a class are placed, as without filters. Filters that do not name it are asked before:
what they drop is as if it were not labelled at all.

What ``ann`` holds beside the entry does not depend on the formats of a job: ``width``, ``height``, ``image_width`` and
``image_height`` are those that formats of boxes see, ``pixels`` is COCO's area. The two see different sizes only of an
image whose contours reach beyond its stated resolution where its boxes do not.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec

from labelmill.maps.annotation_map import AnnotationMap
from labelmill.maps.budget import NO_ENTRY
from labelmill.maps.fields import either
from labelmill.maps.limits import MAX_EXAMPLES
from labelmill.maps.rules import DROP
from labelmill.model import Instance, Sample
from labelmill.source.areas import Resized, number, visible_pixels
from labelmill.source.boxes import Labelled
from labelmill.source.dataset import ANNOTATIONS
from labelmill.source.entries import Entries, read_entries
from labelmill.source.labelling import Labeller
from labelmill.source.tally import Tally

EXTENTS = ("width", "height")
UNDECIDED = -1
"""Stands for the class of an object whose rules are still to be asked."""


class Held(NamedTuple):
    """What is kept of an image until its objects are asked.

    Attributes:
        objects: What rules and filters read of the metadata's objects, by id.
        tree: The whole metadata, empty where no rule reads it.
        filtered: Id -> the filter that took the object before it was placed.
        entries: What rules and filters read of annotation entries, by id.
    """

    objects: dict[int, dict[str, Any]]
    tree: dict[str, Any]
    filtered: dict[int, int]
    entries: Entries


class VisibilityLabeller(Labeller):
    """Labels the objects of images under a map with filters, or with rules that name ``ann``.

    Attributes:
        filtered: Of the image that was settled last: id of an object -> the filter that took it.
        reads_pixels: Whether images have to be read with contours.
    """

    def __init__(self, annotation_map: AnnotationMap, tally: Tally) -> None:
        super().__init__(annotation_map, tally, guessed_types=False)
        filters = annotation_map.filters
        self.filtered: dict[int, int] = {}
        self._rules_last = annotation_map.reads_ann
        self._filters_first = not annotation_map.reads_ann and not filters.reads_ann
        self.reads_pixels = annotation_map.reads_pixels
        self._reads_extents = annotation_map.reads_of_ann(*EXTENTS) or filters.reads_of_ann(*EXTENTS)
        self._entry_fields = either(annotation_map.entry_fields, filters.entry_fields)
        self._labelled = Held({}, {}, {}, {})
        self._held: dict[str, Held] = {}

    def _take(
        self, annotations: list[Any], objects: dict[int, Any], tree: dict[str, Any], lost: list[Any], file: str
    ) -> Labelled:
        held = self._labelled = Held({}, tree, {}, {})
        labelled: Labelled = []
        for annotation in annotations:
            item = objects.pop(annotation.id, None)
            if item is None:
                lost.append(annotation)
                continue
            obj = self._values(item)
            category = UNDECIDED if self._rules_last else self._class_of(obj, tree, NO_ENTRY)
            if category is None:
                continue
            if not self._filters_first:
                held.objects[annotation.id] = obj
            elif self._filter(held.filtered, obj, tree, NO_ENTRY, annotation.id, file) == DROP:
                continue
            labelled.append((annotation, category))
        return labelled

    def hold(self, name: str, data: bytes, file: str) -> None:
        """Keep what is to be asked of the image that was labelled last.

        Args:
            name: The image's name.
            data: Its annotation file.
            file: That file's name, for messages.

        Raises:
            ImageError: If an annotation entry can't be read.
        """
        if self._labelled.objects and self._entry_fields != ():
            self._labelled.entries.update(read_entries(data, self._entry_fields, file))
        self._held[name] = self._labelled

    def settle(self, samples: Sequence[Sample], resized: Resized) -> list[Sample]:
        """Ask what is still to be asked of images.

        Args:
            samples: Images, held but for those without metadata.
            resized: Gives an image its true size, where contours reach beyond a stated one.

        Returns:
            The images with the objects that are labelled, ignored ones marked.
        """
        pixels: Sequence[dict[int, int | float]] = [{}] * len(samples)
        if self.reads_pixels:
            pixels = visible_pixels(samples, resized)
        settled = [self._settled(sample, areas) for sample, areas in zip(samples, pixels, strict=True)]
        self._held.clear()  # of images that failed meanwhile
        return settled

    def _settled(self, sample: Sample, pixels: dict[int, int | float]) -> Sample:
        held = self._held.pop(sample.name, None) or Held({}, {}, {}, {})
        filtered = self.filtered = held.filtered
        kept = sample.instances if self._filters_first else self._asked(sample, held, pixels)
        if filtered:
            kept = [msgspec.structs.replace(i, ignored=True) if i.id in filtered else i for i in kept]
        elif kept is sample.instances:
            return sample
        return msgspec.structs.replace(sample, instances=kept)

    def _asked(self, sample: Sample, held: Held, pixels: dict[int, int | float]) -> list[Instance]:
        """The objects that have a class and are not dropped; which filter took which is noted in ``held``."""
        objects, tree, filtered, entries = held
        file = f"{ANNOTATIONS}/{sample.entry.annotation}"
        has_filters = bool(self.filters.rules.rules)
        kept = []
        for instance in sample.instances:
            key = instance.id
            obj, ann = objects[key], self._ann(entries.get(key, NO_ENTRY), instance, sample, pixels)
            if instance.category == UNDECIDED:
                category = self._class_of(obj, tree, ann)
                if category is None:
                    continue
                instance = msgspec.structs.replace(instance, category=category)
            if has_filters and self._filter(filtered, obj, tree, ann, key, file) == DROP:
                continue
            kept.append(instance)
        return kept

    def _ann(
        self, entry: dict[str, Any], instance: Instance, sample: Sample, pixels: dict[int, int | float]
    ) -> dict[str, Any]:
        """The annotation entry, and what is reckoned of the object, as far as a rule reads it."""
        ann = {**entry, "image_width": sample.width, "image_height": sample.height}
        if self.reads_pixels:
            ann["pixels"] = pixels.get(instance.id, 0)  # without one where the true size leaves nothing of it
        if self._reads_extents:
            ann["width"], ann["height"] = number(instance.x1 - instance.x0), number(instance.y1 - instance.y0)
        return ann

    def _filter(
        self,
        filtered: dict[int, int],
        obj: dict[str, Any],
        tree: dict[str, Any],
        ann: dict[str, Any],
        key: int,
        file: str,
    ) -> int | None:
        """``DROP``, ``IGNORE`` or nothing, counted."""
        outcome = self.filters.classify(obj, tree, ann)
        outcome.count += 1
        if outcome.rule is not None:
            filtered[key] = outcome.rule
            examples = self.examples.setdefault(outcome.rule, [])
            if len(examples) < MAX_EXAMPLES:
                examples.append(f"{file}: id {key}")
        return outcome.category


def visibility_labeller(annotation_map: AnnotationMap, tally: Tally) -> VisibilityLabeller | None:
    """A labeller for a map that asks what can be seen; ``None`` for one that does not."""
    asks = annotation_map.reads_ann or annotation_map.filters.rules
    return VisibilityLabeller(annotation_map, tally) if asks else None
