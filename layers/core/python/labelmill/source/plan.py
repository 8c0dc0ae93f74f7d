"""Plans a conversion once: which images there are, which files belong to each, in which order.

Files are joined by stem, which is right for what channels write. The JSON files' own ``filename`` goes
first, though: every reader checks it and answers a contradiction with ``NamesDifferError``; the plan is then made
again from the names inside the files (``plan_by_filename``).
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter

import msgspec

from labelmill.errors import DatasetError
from labelmill.model import stem_of
from labelmill.source.dataset import ANNOTATIONS, IMAGES, MASKS, METADATA, Entry, Source
from labelmill.source.tally import Tally

ANNOTATION_SUFFIXES = ("-ana.json", "-ann.json")
METADATA_SUFFIXES = ("-metadata.json", "-meta.json")
IMAGE_SUFFIXES = frozenset(
    {
        *("png", "jpg", "jpeg", "jfif", "tif", "tiff", "bmp", "webp", "gif", "jp2"),
        *("exr", "hdr", "ppm", "pgm", "avif", "heic", "heif", "tga", "jxl", "dng"),
    }
)
MASK_SUFFIX = ".png"


class NamesDifferError(Exception):
    """A file's own ``filename`` contradicts the plan by stems: plan again by filename. Never reaches a user."""


class Listing(msgspec.Struct, frozen=True):
    """The names in a dataset's folders.

    Attributes:
        annotations: Stem -> annotation file.
        metadata: Stem -> metadata file.
        images: Image files.
        masks: Stem -> mask file.
        ignored: Files of other kinds in the first three folders, ``folder/name``, sorted.
        doubles: Files left aside because another one has the same stem.
    """

    annotations: dict[str, str]
    metadata: dict[str, str]
    images: list[str]
    masks: dict[str, str]
    ignored: list[str]
    doubles: list[str]


class Plan(msgspec.Struct, frozen=True):
    """What will be converted.

    Attributes:
        entries: The dataset's images, sorted by the code points of their names.
        by_filename: The files' own ``filename`` decided the joins already.
        listing: The files that it was made from.
    """

    entries: list[Entry]
    by_filename: bool
    listing: Listing

    def lone_images(self) -> list[str]:
        """Image files without an annotation file, sorted: not part of the dataset."""
        used = {entry.image for entry in self.entries}
        return sorted(name for name in self.listing.images if name not in used)

    def findings(self) -> Tally:
        """What is worth a line in the report."""
        tally = Tally()
        for double in self.listing.doubles:
            tally.warn("file-twice", "files left aside, as another file describes the same image", double)
        for name in self.lone_images():
            what = "image files without an annotation file: not part of the dataset"
            tally.warn("image-alone", what, f"{IMAGES}/{name}")
        for file in self.ignored():
            tally.warn("file-unknown", "files that are none of a dataset's, or of no image: passed over", file)
        if not self.entries:
            tally.warn("dataset-empty", "there is no annotation file: the dataset is empty", ANNOTATIONS)
        return tally

    def ignored(self) -> list[str]:
        """Files that no image uses, ``folder/name``, sorted."""
        used = {entry.metadata for entry in self.entries}
        lone = [f"{METADATA}/{name}" for name in self.listing.metadata.values() if name not in used]
        return sorted(self.listing.ignored + lone)


def list_dataset(source: Source) -> Listing:
    """List the dataset's folders and take the files apart by their suffixes.

    Raises:
        DatasetError: If there are files in ``annotations/``, and none is an annotation file.
    """
    ignored: list[str] = []
    doubles: list[str] = []
    annotations = _by_stem(source, ANNOTATIONS, ANNOTATION_SUFFIXES, ignored, doubles)
    if ignored and not annotations:
        names = sorted(file.rpartition("/")[2] for file in ignored)
        raise none_recognised(f"{source.name}/{ANNOTATIONS}", names, len(names))
    metadata = _by_stem(source, METADATA, METADATA_SUFFIXES, ignored, doubles)
    names = source.list_names(IMAGES)
    images = [name for name in names if name[name.rfind(".") + 1 :].lower() in IMAGE_SUFFIXES and name[0] != "."]
    if len(images) < len(names):
        ignored += [f"{IMAGES}/{name}" for name in set(names).difference(images)]
    return Listing(annotations, metadata, images, _masks(source), sorted(ignored), doubles)


def is_annotation_file(name: str) -> bool:
    """Whether a file of ``annotations/`` is one of a dataset's."""
    suffix = next((suffix for suffix in ANNOTATION_SUFFIXES if name.lower().endswith(suffix)), "")
    return len(name) > len(suffix) > 0 and not name.startswith(".")


def none_recognised(folder: str, names: Sequence[str], count: int) -> DatasetError:
    """What to say of a folder without a single annotation file.

    Args:
        folder: The folder, as the user knows it.
        names: Some files that are there, three or all.
        count: How many are there.
    """
    expected = f"{folder}: expected annotation files, whose names end in {' or '.join(ANNOTATION_SUFFIXES)}, found none"
    if not count:
        return DatasetError(expected)
    found = ", ".join(map(repr, names[:3])) + (f" and {count - 3:,} more" if count > 3 else "")
    return DatasetError(f"{expected} among its {count:,} files: {found}")


def _masks(source: Source) -> dict[str, str]:
    """Masks by stem; of two that differ in the suffix's case the one in lower case."""
    names = sorted(source.list_names(MASKS))  # upper case comes first
    cut = -len(MASK_SUFFIX)
    return {name[:cut]: name for name in names if name[cut:].lower() == MASK_SUFFIX}


def plan_by_stem(listing: Listing) -> Plan | None:
    """Join the files by stem; ``None`` when two images share a stem, so that only filenames can tell."""
    images = {name[: name.rfind(".")]: name for name in listing.images}
    if len(images) < len(listing.images):
        return None
    masks = listing.masks
    stems = list(listing.annotations)
    pictures = list(map(images.get, stems))
    names = [picture or f"{stem}.png" for picture, stem in zip(pictures, stems, strict=True)]
    mask_names = map(masks.get, stems)
    metadata = map(listing.metadata.get, stems)
    columns = (names, stems, listing.annotations.values(), metadata, pictures, mask_names)
    entries = sorted(map(Entry, *columns), key=_name)
    return Plan(entries, False, listing)


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
    for name in sorted(listing.images):
        images_by_stem.setdefault(stem_of(name), name)
    metadata_by_name: dict[str, str] = {}
    for file, name in sorted(metadata_names.items()):
        metadata_by_name.setdefault(name, file)
    known = images.union(annotation_names.values())
    entries: dict[str, Entry] = {}
    for stem, annotation in sorted(listing.annotations.items()):
        stated = annotation_names.get(annotation)
        image = _image_of(stated, stem, images, images_by_stem)
        name = image or stated or f"{stem}.png"
        metadata = metadata_by_name.get(stated or name) or metadata_by_name.get(name)
        by_stem = listing.metadata.get(stem)
        if metadata is None and by_stem is not None:
            of = metadata_names.get(by_stem, name)
            if of in (name, stated) or (of not in known and stem_of(of) in (stem, stem_of(name))):
                metadata = by_stem
                name = name if image or stated else of
        mask = listing.masks.get(stem_of(name)) or listing.masks.get(stem)
        if (other := entries.get(name)) is not None:
            raise DatasetError(
                f"annotations/{other.annotation} and annotations/{annotation} both describe the image {name}; "
                "expected one annotation file an image"
            )
        entries[name] = Entry(name, stem_of(name), annotation, metadata, image, mask)
    return Plan(sorted(entries.values(), key=_name), True, listing)


def _image_of(stated: str | None, stem: str, images: set[str], images_by_stem: dict[str, str]) -> str | None:
    if stated is None:
        return images_by_stem.get(stem)
    if stated in images:
        return stated
    return images_by_stem.get(stem_of(stated)) or images_by_stem.get(stem)


_name = attrgetter("name")


def _by_stem(
    source: Source, folder: str, suffixes: tuple[str, str], ignored: list[str], doubles: list[str]
) -> dict[str, str]:
    first, second = suffixes
    names = source.list_names(folder)
    cut = -len(first)
    files = {name[:cut]: name for name in names if name.endswith(first) and name[0] != "."}
    if len(files) == len(names) and "" not in files:
        return files
    files.clear()
    # the usual suffix first, then the usual case
    for name in sorted(names, key=lambda name: (not name.lower().endswith(first), not name.endswith(first), name)):
        lower = name.lower()
        if lower.endswith(first):
            stem = name[: -len(first)]
        elif lower.endswith(second):
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
