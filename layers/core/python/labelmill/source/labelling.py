"""Joins an image's annotation entries with the objects of its metadata and gives them classes."""

from __future__ import annotations

from typing import Any

import msgspec

from labelmill.maps.annotation_map import AnnotationMap
from labelmill.maps.classify import Classifier
from labelmill.maps.fields import either
from labelmill.maps.report import MapReport
from labelmill.source.boxes import Labelled
from labelmill.source.lenient import decode_tree
from labelmill.source.tally import Tally


class UnknownTypeError(Exception):
    """A type that the guessed classes lack: survey the dataset, convert again. Never reaches a user."""


def is_class_name(type_: object) -> bool:
    """Whether an object's type can serve as a class: text, not blank."""
    return isinstance(type_, str) and not type_.isspace() and type_ != ""


class Labeller:
    """Labels the objects of images, one image after the other, and counts."""

    def __init__(self, annotation_map: AnnotationMap, tally: Tally, *, guessed_types: bool) -> None:
        filters = annotation_map.filters
        self.classifier = Classifier(annotation_map)
        self.filters = Classifier(filters)
        self.examples: dict[int, list[str]] = {}
        """A few objects that each filter took: file and id."""
        self._tally = tally
        self._guessed_types = guessed_types
        self._metadata_read = either(annotation_map.metadata_fields, filters.metadata_fields) != ()
        fields = either(annotation_map.fields, filters.fields)
        whole = fields is None or self._metadata_read
        self._by_type = not whole and set(fields or ()) <= {"type"}
        self.object_fields: tuple[str, ...] | None = (
            None if whole else tuple(field for field in fields or () if field not in ("id", "type"))
        )
        """What the metadata's decoder has to read of an object beside id and type; None: all of it."""

    def label(self, annotations: list[Any], metadata: Any, data: bytes, file: str) -> Labelled:
        """The annotation entries that a rule takes, with their class indices.

        Args:
            annotations: Decoded entries.
            metadata: The decoded metadata file.
            data: The metadata file's bytes.
            file: Name of the annotation file, for messages.
        """
        objects = self._objects(metadata, file)
        lost: list[Any] = []
        tree = decode_tree(data) if self._metadata_read else {}
        labelled = self._take(annotations, objects, tree, lost, file)
        if lost:
            self._count_lost(lost, annotations, file)
        if objects:
            self._tally.skip("no-entry", "no annotation entry", file, len(objects))
        return labelled

    def report(self) -> MapReport:
        """What the map did."""
        return MapReport.of(self.classifier, self.filters, self.examples)

    def _take(
        self, annotations: list[Any], objects: dict[int, Any], tree: dict[str, Any], lost: list[Any], file: str
    ) -> Labelled:
        """What ``label`` gives; entries without an object go to ``lost``, and their objects are taken away."""
        by_type = self.classifier.outcome_of_type
        labelled: Labelled = []
        for annotation in annotations:
            item = objects.pop(annotation.id, None)  # what is left over was not seen
            if item is None:
                lost.append(annotation)
                continue
            typed = self._by_type and item.type.__class__ is str
            outcome = by_type(item.type) if typed else self.classifier.classify(self._values(item), tree)
            outcome.count += 1
            if outcome.category is not None:
                labelled.append((annotation, outcome.category))
            elif self._guessed_types and is_class_name(outcome.type):
                raise UnknownTypeError(outcome.type)
        return labelled

    def _class_of(self, obj: dict[str, Any], tree: dict[str, Any], ann: dict[str, Any]) -> int | None:
        """The class that rules give an object, counted."""
        outcome = self.classifier.classify(obj, tree, ann)
        outcome.count += 1
        return outcome.category

    def _objects(self, metadata: Any, file: str) -> dict[int, Any]:
        """The metadata's objects by id; of two with one id the first."""
        if self.object_fields is not None:
            objects = {item.id: item for item in metadata.objects}
            if len(objects) == len(metadata.objects):
                return objects
            usable = [(item.id, item) for item in metadata.objects]
        else:
            pairs = [(item.get("id"), item) for item in metadata.objects]
            usable = [(key, item) for key, item in pairs if type(key) is int and key >= 1]
            if len(usable) < len(pairs):
                missing = len(pairs) - len(usable)
                self._tally.warn("object-id-missing", "metadata objects without an integer id, skipped", file, missing)
            objects = dict(usable)
        if len(objects) < len(usable):
            twice = len(usable) - len(objects)
            self._tally.warn("object-id-twice", "metadata objects with the id of an earlier one, skipped", file, twice)
            objects = dict(reversed(usable))
        return objects

    def _count_lost(self, lost: list[Any], annotations: list[Any], file: str) -> None:
        """Entries without an object: there is none, or an earlier entry has it."""
        first = {annotation.id: annotation for annotation in reversed(annotations)}
        for annotation in lost:
            if first[annotation.id] is annotation:
                self._tally.skip("no-object", "no object in the metadata", f"{file}: id {annotation.id}")
            else:
                self._tally.warn("entry-id-twice", "entries with the id of an earlier one, skipped", file)
                self._tally.entries_lost += 1

    def _values(self, item: Any) -> dict[str, Any]:
        """What rules and filters may read of an object."""
        if self.object_fields is None:
            return item  # type: ignore[no-any-return]
        values: dict[str, Any] = {"id": item.id}
        if item.type is not msgspec.UNSET:
            values["type"] = item.type
        for i, field in enumerate(self.object_fields):
            value = getattr(item, f"field_{i}")
            if value is not msgspec.UNSET:
                values[field] = value
        return values
