"""Reads one image of a dataset: its JSON files, its size, its objects under an annotation map."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from labelmill.errors import ImageError
from labelmill.maps.annotation_map import AnnotationMap
from labelmill.model import Instance, Sample, stem_of
from labelmill.source.boxes import (
    Box,
    Labelled,
    boxes_inside,
    clip,
    edges,
    flat_rings,
    has_points,
    reaches_beyond,
    source_box_of_contours,
)
from labelmill.source.dataset import ANNOTATIONS, METADATA, Entry, Source
from labelmill.source.division import Divider
from labelmill.source.grouping import BY_RUN
from labelmill.source.image_size import Size, SizeReader
from labelmill.source.labelling import Labeller
from labelmill.source.lenient import SKIPPED
from labelmill.source.plan import NamesDifferError
from labelmill.source.records import annotation_decoder, metadata_decoder, plain_name
from labelmill.source.tally import Tally
from labelmill.source.visibility import visibility_labeller
from labelmill.split import Splits

if TYPE_CHECKING:
    from labelmill.source.masks import MaskObjects


class Needs(msgspec.Struct, frozen=True):
    """What the formats of a job read of a dataset.

    Attributes:
        fields: Fields of annotation entries beside ``id`` and ``bbox``.
        contours: Contours of every object.
        contours_without_mask: Contours where an image has no mask.
        environment: The metadata's ``environment``.
    """

    fields: frozenset[str] = frozenset()
    contours: bool = False
    contours_without_mask: bool = False
    environment: bool = False

    def contours_of(self, entry: Entry) -> bool:
        """Whether an image's contours are read."""
        return self.contours or (self.contours_without_mask and entry.mask is None)

    def __or__(self, other: Needs) -> Needs:
        return Needs(
            self.fields | other.fields,
            self.contours or other.contours,
            self.contours_without_mask or other.contours_without_mask,
            self.environment or other.environment,
        )


class ImageReader:
    """Turns entries of a plan into samples. One a shard: it remembers rule results and counts."""

    def __init__(
        self,
        source: Source,
        annotation_map: AnnotationMap,
        needs: Needs,
        *,
        by_filename: bool,
        guessed_types: bool = False,
        splits: Splits | None = None,
        split_by: str = BY_RUN,
    ) -> None:
        """Prepare the decoders.

        Args:
            source: Where the dataset lies.
            annotation_map: Gives objects their classes.
            needs: What to read.
            by_filename: The plan was made by filename, so files may bear names of their own.
            guessed_types: The map holds guessed types; an object of another one raises UnknownTypeError.
            splits: Divide the dataset.
            split_by: What stays together then: ``run``, ``image`` or an expression.
        """
        self.tally = Tally()
        self.visibility = visibility_labeller(annotation_map, self.tally)
        self.labeller = self.visibility or Labeller(annotation_map, self.tally, guessed_types=guessed_types)
        self.sizes = SizeReader(source, self.tally)
        self.annotation_bytes = 0
        self._source = source
        self._needs = needs
        self._all_contours = needs.contours or (self.visibility is not None and self.visibility.reads_pixels)
        self._by_filename = by_filename
        self.divider = Divider(splits, split_by, self.tally) if splits is not None else None
        self._decode_contours = annotation_decoder(needs.fields | {"segmentation"}).decode
        self._decode_boxes = self._decode_contours if self._all_contours else annotation_decoder(needs.fields).decode
        self._decode_metadata = metadata_decoder(self.labeller.object_fields, environment=needs.environment).decode

    def read(self, entry: Entry) -> Sample:
        """Read one image: ``begin`` and ``settle`` in one, with the errors of ``begin``."""
        return self.settle([self.begin(entry)])[0]

    def settle(self, samples: list[Sample]) -> list[Sample]:
        """Finish images that were begun: many at once are cheaper, where a map's rules ask for pixels."""
        if self.visibility is None:
            return samples
        return self.visibility.settle(samples, lambda sample: self.resized(sample, Tally()))

    def begin(self, entry: Entry) -> Sample:
        """Read one image, which is not to be used before it is settled.

        Raises:
            ImageError: If the image has to be left out of every format.
            NamesDifferError: If a file names another image than the plan has it for.
            UnknownTypeError: If types were guessed and one is missing.
            TransientError: If storage refused.
        """
        problems: list[str] = []
        file = f"{ANNOTATIONS}/{entry.annotation}"
        with_contours = self._needs.contours_of(entry)
        data = self._source.read(ANNOTATIONS, entry.annotation)
        self.annotation_bytes += len(data)
        record = (self._decode_contours if with_contours else self._decode_boxes)(data, file, problems)
        if record.filename != entry.name:
            self._check_name(record.filename, entry, file)
        damaged = sum(problem.endswith(SKIPPED) for problem in problems) if problems else 0
        count = len(record.annotations) + damaged
        labelled: Labelled = []
        metadata, metadata_data = None, b""
        if entry.metadata is not None:
            metadata_file = f"{METADATA}/{entry.metadata}"
            metadata_data = self._source.read(METADATA, entry.metadata)
            metadata = self._decode_metadata(metadata_data, metadata_file, problems)
            if metadata.filename != entry.name:
                self._check_name(metadata.filename, entry, metadata_file)
        elif count:
            expected = f"{METADATA}/{entry.stem}-metadata.json"
            raise ImageError(file, f"has {count} annotation entries, expected {expected}, found none")
        self.tally.entries += count
        self.tally.entries_lost += damaged
        for problem in problems:
            self.tally.warn("field-shape", "fields of another shape, taken for absent", problem)
        sensor = metadata.sensor if metadata is not None else None
        size = self.sizes.stated(sensor) or self.sizes.measured(entry)
        if metadata is not None:
            labelled = self.labeller.label(record.annotations, metadata, metadata_data, file)
            if self.visibility is not None:
                self.visibility.hold(entry.name, data, file)
        placed = boxes_inside(labelled, size, lambda: self.sizes.true_size(entry, size, "boxes reach"))
        mask_objects = None
        if placed is None:
            size, instances, mask_objects = self._place(labelled, entry, size, data, file)
        else:
            size, instances = placed
        if mask_objects is None and entry.mask is not None and self._all_contours and instances:
            mask_objects = self._mask_objects(instances, entry, size)
        if mask_objects is not None:
            self.annotation_bytes += mask_objects.runs.size_bytes
        environment = metadata.environment if metadata is not None and self._needs.environment else None
        date = metadata.date if metadata is not None else None
        name = entry.name
        split = self.divider.split_of(name, metadata_data) if self.divider is not None else ""
        return Sample(
            entry, name, stem_of(name), size.width, size.height, size.depth, size.stated, date or "",
            instances, sensor, environment, mask_objects, split,
        )  # fmt: skip

    def resized(self, sample: Sample, tally: Tally | None = None) -> Sample:
        """The sample with the true size of its image, for contours that reach beyond a stated resolution.

        Args:
            sample: The image.
            tally: Receives what is odd, instead of the reader's own.
        """
        stated = Size(sample.width, sample.height, sample.depth, True)
        sizes = self.sizes if tally is None else SizeReader(self._source, tally)
        size = sizes.true_size(sample.entry, stated, "contours reach")
        labelled = [(instance.attributes, instance.category) for instance in sample.instances]
        boxes: list[Box | None] = [(i.x0, i.y0, i.x1, i.y1) for i in sample.instances]
        file = f"{ANNOTATIONS}/{sample.entry.annotation}"
        instances = clip(labelled, boxes, size, self.tally if tally is None else tally, file)
        if ignored := {instance.id for instance in sample.instances if instance.ignored}:
            instances = [msgspec.structs.replace(i, ignored=True) if i.id in ignored else i for i in instances]
        return msgspec.structs.replace(
            sample,
            width=size.width,
            height=size.height,
            depth=size.depth,
            size_stated=False,
            instances=instances,
        )

    def _check_name(self, filename: str | None, entry: Entry, file: str) -> None:
        if filename is None:
            return
        name = plain_name(filename)
        if name is None:
            what = "filenames that are no plain file names, taken for absent"
            self.tally.warn("filename-unusable", what, f"{file}: {filename[:80]!r}")
        elif not self._by_filename and (entry.image is None or stem_of(name) != entry.stem):
            raise NamesDifferError(file)

    def _place(
        self, labelled: Labelled, entry: Entry, size: Size, data: bytes, file: str
    ) -> tuple[Size, list[Instance], MaskObjects | None]:
        """Boxes from wherever they can be had, the size that they tell of, and what was read of the mask for them."""
        if size.stated and reaches_beyond([annotation.bbox for annotation, _ in labelled], size):
            size = self.sizes.true_size(entry, size, "boxes reach")
        boxes = [edges(annotation.bbox) for annotation, _ in labelled]
        if None in boxes:
            record = self._decode_contours(data, file, [])
            rings = {annotation.id: flat_rings(annotation.segmentation) for annotation in reversed(record.annotations)}
            around = {object_id: source_box_of_contours(rings[object_id]) for object_id in rings}
            if size.stated and reaches_beyond(list(around.values()), size):
                size = self.sizes.true_size(entry, size, "contours reach")
            boxes = [
                edges(around[annotation.id]) if box is None else box
                for (annotation, _), box in zip(labelled, boxes, strict=True)
            ]
        mask_objects = None
        if entry.mask is not None and None in boxes:
            from labelmill.source.masks import read_mask_objects  # loads numpy, which box formats do without

            if self._all_contours:
                lacking = [annotation.id for annotation, _ in labelled if not has_points(annotation.segmentation)]
            else:
                lacking = [annotation.id for (annotation, _), box in zip(labelled, boxes, strict=True) if box is None]
            mask_objects = read_mask_objects(self._source, entry, size, lacking)
            found = dict(zip(lacking, mask_objects.runs.boxes(), strict=True))
            boxes = [
                found[annotation.id] if box is None else box
                for (annotation, _), box in zip(labelled, boxes, strict=True)
            ]
        return size, clip(labelled, boxes, size, self.tally, file), mask_objects

    def _mask_objects(self, instances: list[Instance], entry: Entry, size: Size) -> MaskObjects | None:
        """The pixels of objects that have a box and no contours."""
        lacking = [i.id for i in instances if not has_points(i.attributes.segmentation)]
        if not lacking:
            return None
        from labelmill.source.masks import read_mask_objects

        if size.stated and len(lacking) < len(instances):  # other objects' contours may tell of another size
            around = [source_box_of_contours(flat_rings(i.attributes.segmentation)) for i in instances]
            if reaches_beyond(around, size):
                size = self.sizes.true_size(entry, size, "contours reach")
        try:
            return read_mask_objects(self._source, entry, size, lacking)
        except ImageError as error:
            what = "masks that can't be used, objects without contours have no pixels"
            self.tally.warn("mask-unusable", what, str(error))
            return None
