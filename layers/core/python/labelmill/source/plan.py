"""Plans a conversion once: which images there are, which files belong to each, in which order.

Files are joined by stem, which is right for what channels write. The JSON files' own ``filename`` goes
first, though: every reader checks it and answers a contradiction with ``NamesDifferError``; the plan is then made
again from the names inside the files (``plan_by_filename``).
"""

from __future__ import annotations

import msgspec

from labelmill.errors import DatasetError
from labelmill.model import stem_of
from labelmill.source.dataset import ANNOTATIONS, IMAGES, MASKS, METADATA, Entry, Source

ANNOTATION_SUFFIXES = ("-ana.json", "-ann.json")
METADATA_SUFFIXES = ("-metadata.json", "-meta.json")
IMAGE_SUFFIXES = frozenset({"png", "jpg", "jpeg", "tif", "tiff", "bmp", "webp", "gif", "jp2", "exr", "hdr", "ppm", "pgm"})


class NamesDifferError(Exception):
    """A file's own ``filename`` contradicts the plan by stems: plan again by filename. Never reaches a user."""


class Plan(msgspec.Struct, frozen=True):
    """What will be converted.

    Attributes:
        entries: The dataset's images, sorted by the code points of their names.
        by_filename: The files' own ``filename`` decided the joins already.
        ignored: Files that no image uses, ``folder/name``, sorted.
        lone_images: Image files without an annotation file.
        doubles: Files left aside because another one describes the same image.
    """

    entries: list[Entry]
    by_filename: bool
    ignored: list[str]
    lone_images: list[str]
    doubles: list[str]


class Listing(msgspec.Struct, frozen=True):
    """The names in a dataset's folders, sorted."""

    annotations: dict[str, str]  # stem -> file
    metadata: dict[str, str]  # stem -> file
    images: list[str]
    masks: set[str]
    ignored: list[str]
    doubles: list[str]


def list_dataset(source: Source) -> Listing:
    """List the dataset's folders and take the files apart by their suffixes."""
    ignored: list[str] = []
    doubles: list[str] = []
    annotations = _by_stem(source, ANNOTATIONS, ANNOTATION_SUFFIXES, ignored, doubles)
    metadata = _by_stem(source, METADATA, METADATA_SUFFIXES, ignored, doubles)
    images = []
    for name in sorted(source.list_names(IMAGES)):
        if name[name.rfind(".") + 1 :].lower() in IMAGE_SUFFIXES and not name.startswith("."):
            images.append(name)
        else:
            ignored.append(f"{IMAGES}/{name}")
    return Listing(annotations, metadata, images, set(source.list_names(MASKS)), ignored, doubles)


def plan_by_stem(listing: Listing) -> Plan | None:
    """Join the files by stem; ``None`` when two images share a stem, so that only filenames can tell."""
    images = {stem_of(name): name for name in listing.images}
    if len(images) < len(listing.images):
        return None
    metadata, masks = listing.metadata, listing.masks
    entries = []
    for stem, annotation in listing.annotations.items():
        image = images.get(stem)
        mask = f"{stem}.png"
        entries.append(
            Entry(image or mask, stem, annotation, metadata.get(stem), image, mask if mask in masks else None)
        )
    return _plan(entries, listing, by_filename=False)


def plan_by_filename(listing: Listing, annotation_names: dict[str, str], metadata_names: dict[str, str]) -> Plan:
    """Join by the files' own ``filename`` first, then by stem.

    Args:
        listing: The dataset's files.
        annotation_names: Annotation file -> the ``filename`` in it; files without a usable one are missing.
        metadata_names: The same for metadata files.

    Raises:
        DatasetError: If two annotation files name one image.
    """
    images = set(listing.images)
    images_by_stem: dict[str, str] = {}
    for name in listing.images:
        images_by_stem.setdefault(stem_of(name), name)
    metadata_by_name: dict[str, str] = {}
    for file, name in metadata_names.items():
        metadata_by_name.setdefault(name, file)
    entries: dict[str, Entry] = {}
    for stem, annotation in listing.annotations.items():
        stated = annotation_names.get(annotation)
        if stated in images:
            image = stated
        else:
            image = images_by_stem.get(stem_of(stated)) if stated else None
            image = image or images_by_stem.get(stem)
        name = image or stated or f"{stem}.png"
        metadata = metadata_by_name.get(stated or name) or metadata_by_name.get(name)
        if metadata is None:
            by_stem = listing.metadata.get(stem)
            # a file that says it is of another image is not this one's
            metadata = by_stem if by_stem and metadata_names.get(by_stem, name) in (name, stated) else None
        mask = next((m for m in (f"{stem_of(name)}.png", f"{stem}.png") if m in listing.masks), None)
        if (other := entries.get(name)) is not None:
            raise DatasetError(
                f"annotations/{other.annotation} and annotations/{annotation} both describe the image {name}; "
                "expected one annotation file an image"
            )
        entries[name] = Entry(name, stem_of(name), annotation, metadata, image, mask)
    return _plan(list(entries.values()), listing, by_filename=True)


def _plan(entries: list[Entry], listing: Listing, *, by_filename: bool) -> Plan:
    entries.sort(key=lambda entry: entry.name)
    used_images = {entry.image for entry in entries}
    lone_images = [name for name in listing.images if name not in used_images]
    used_metadata = {entry.metadata for entry in entries}
    ignored = listing.ignored + [f"{METADATA}/{m}" for m in listing.metadata.values() if m not in used_metadata]
    return Plan(entries, by_filename, sorted(ignored), lone_images, listing.doubles)


def _by_stem(
    source: Source, folder: str, suffixes: tuple[str, str], ignored: list[str], doubles: list[str]
) -> dict[str, str]:
    files: dict[str, str] = {}
    first, second = suffixes
    for name in sorted(source.list_names(folder)):
        if name.endswith(first):
            stem = name[: -len(first)]
        elif name.endswith(second):
            stem = name[: -len(second)]
        else:
            ignored.append(f"{folder}/{name}")
            continue
        if not stem or name.startswith("."):
            ignored.append(f"{folder}/{name}")
        elif stem in files:
            doubles.append(f"{folder}/{name}")
        else:
            files[stem] = name
    return files
