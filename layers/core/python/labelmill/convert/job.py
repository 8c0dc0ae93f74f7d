"""What a conversion is asked to do, before and after its plan is known."""

from __future__ import annotations

from pathlib import Path

import msgspec

from labelmill.convert.choices import check_option, known_options, unknown_reason
from labelmill.convert.option_specs import OPTIONS
from labelmill.errors import DatasetError, FormatError, OptionError
from labelmill.formats import format_by_id
from labelmill.formats.base import CONTROL_CHARACTERS, Context, FormatSpec
from labelmill.maps.annotation_map import AnnotationMap
from labelmill.model import stem_of
from labelmill.source.dataset import Source
from labelmill.source.plan import Plan
from labelmill.source.reader import Needs
from labelmill.split import Splits

MOST_NAME_BYTES = 255  # of a file, on all usual file systems
SHORT_NAME = 60  # characters; shorter ones fit whatever they are


class Options(msgspec.Struct, frozen=True):
    """What the user asked for.

    Values that an option can't have raise OptionError.

    Attributes:
        format_ids: Formats to make, each once.
        archive: One zip a format instead of files in a folder.
        images: Put the image files beside the labels.
        splits: Divide the dataset.
        image_base: Goes before image names in manifests.
        label_base: Goes before label paths in manifests.
        fail_on_error: Stop at the first image that can't be converted, and write nothing.
        split_by: What stays together when the dataset is divided: ``run``, ``image``, or an expression about the
            metadata (see ``labelmill.source.grouping``).
        segmentation: ``polygons`` or ``rle``, see ``Context``.
        first_category: ``map`` or ``1``.
        simplify: How far outlines may stray, pixels; 0 is exact.
        layout: ``""`` or ``voc2012``.
    """

    format_ids: tuple[str, ...]
    archive: bool = False
    images: bool = False
    splits: Splits | None = None
    image_base: str = ""
    label_base: str = ""
    fail_on_error: bool = False
    split_by: str = "run"
    segmentation: str = "polygons"
    first_category: str = "map"
    simplify: float = 0.0
    layout: str = ""

    def __post_init__(self) -> None:
        """Check what only some values fit."""
        for name in ("split_by", "segmentation", "first_category", "simplify", "layout"):
            check_option(name, getattr(self, name))

    def context(self, annotation_map: AnnotationMap) -> Context:
        """What the writers know before the first image."""
        return Context(
            annotation_map.categories,
            self.splits,
            self.image_base,
            self.label_base,
            self.segmentation,
            self.first_category,
            self.simplify,
            self.layout,
        )


class Job:
    """One conversion with everything decided: each worker gets a copy.

    Attributes:
        specs: The formats.
        needs: What has to be read for all of them.
    """

    def __init__(
        self,
        source: Source,
        annotation_map: AnnotationMap,
        options: Options,
        staging: Path,
        *,
        by_filename: bool,
        guessed_types: bool,
    ) -> None:
        self.source = source
        self.annotation_map = annotation_map
        self.options = options
        self.staging = staging
        self.by_filename = by_filename
        self.guessed_types = guessed_types
        self.specs: tuple[FormatSpec, ...] = tuple(format_by_id(format_id) for format_id in options.format_ids)
        self.needs = Needs()
        for spec in self.specs:
            self.needs |= spec.needs
        self.context = options.context(annotation_map)

    def parts_folder(self, spec: FormatSpec) -> Path:
        """Where the parts of a format are collected."""
        return self.staging / "parts" / spec.id.lower()

    def staged_folder(self, spec: FormatSpec) -> Path:
        """Where the finished files of a format are put before they are published."""
        return self.staging / "out" / spec.id.lower()


def check_known(options: Options) -> None:
    """Refuse, before any work, options that none of the formats knows: they would do nothing. Raises OptionError."""
    for name in OPTIONS.keys() - set(known_options(options.format_ids)):
        if getattr(options, name) != OPTIONS[name].default:
            raise OptionError(f"{name}: {unknown_reason(name, options.format_ids)}")


def check_names(plan: Plan, options: Options) -> None:
    """Refuse, before any work, image names that the formats can't hold.

    Raises:
        FormatError: A name with characters that no label file holds, or an image that can't lie beside the labels.
        DatasetError: Two images that would give one file.
    """
    entries = plan.entries
    names = [entry.name for entry in entries]
    if CONTROL_CHARACTERS.search("".join(names)):
        bad = next(entry.name for entry in entries if CONTROL_CHARACTERS.search(entry.name))
        raise FormatError(
            f"images/{bad!r}: expected a name that label files can hold, found control characters or bytes that "
            "are no UTF-8; rename the file"
        )
    specs = [format_by_id(format_id) for format_id in options.format_ids]
    if options.images:
        for spec in specs:
            spec.writer.check_images(options.layout, (entry.image for entry in entries if entry.image is not None))
    for spec in specs:
        spec.writer.check_stems(names)
    per_image = [spec.title for spec in specs if spec.label_suffix]
    if not per_image:
        return
    suffix = max((spec.label_suffix for spec in specs), key=len)
    for entry in entries if max(map(len, names), default=0) > SHORT_NAME else ():
        if len(stem_of(entry.name).encode()) + len(suffix) > MOST_NAME_BYTES:
            raise FormatError(
                f"images/{entry.name}: expected a name that leaves room for the label file's {suffix}, found one that "
                f"makes it longer than {MOST_NAME_BYTES} bytes; rename the file"
            )
    if not plan.by_filename:
        return  # it was joined by stems, which are different then
    stems: dict[str, str] = {}
    for entry in entries:
        stem = stem_of(entry.name)
        other = stems.setdefault(stem, entry.name)
        if other != entry.name:
            raise DatasetError(
                f"images/{other} and images/{entry.name} would both be the label file {stem} in {per_image[0]}; "
                "rename one, or convert only to formats of one file (COCO, GeoCOCO, Classification)"
            )
