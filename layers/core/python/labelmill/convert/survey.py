"""Looks through a dataset before it is converted, for what a plan by stems or a missing map leaves open."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from labelmill.convert.workers import in_shards, run_in_workers
from labelmill.errors import ImageError
from labelmill.source.dataset import ANNOTATIONS, METADATA, Entry, Source
from labelmill.source.labelling import is_class_name
from labelmill.source.plan import Listing
from labelmill.source.records import Decoder, FileName, annotation_decoder, metadata_decoder, plain_name

FILES_A_SHARD = 2000
GUESS_IMAGES = 1000


def guess_types(source: Source, entries: Sequence[Entry]) -> set[str]:
    """The types in some images, evenly spread: a guess at all types, which the conversion verifies."""
    step = max(1, len(entries) // GUESS_IMAGES)
    return types_in_shard(source, 0, entries[::step], None)


def survey_types(source: Source, entries: Sequence[Entry], workers: int) -> set[str]:
    """The types (text, not blank) of all objects that have an annotation entry."""
    return set().union(*run_in_workers(types_in_shard, source, in_shards(entries, FILES_A_SHARD), workers))


def types_in_shard(source: Source, shard: int, entries: Sequence[Entry], turn: Any) -> set[str]:
    """The types in a shard; images that can't be read are passed over, as the conversion reports them."""
    decode_annotations = annotation_decoder(frozenset()).decode
    decode_metadata = metadata_decoder((), environment=False).decode
    types: set[str] = set()
    for entry in entries:
        if entry.metadata is None:
            continue
        try:
            record = decode_annotations(source.read(ANNOTATIONS, entry.annotation), entry.annotation, [])
            metadata = decode_metadata(source.read(METADATA, entry.metadata), entry.metadata, [])
        except ImageError:
            continue
        seen = {annotation.id for annotation in record.annotations}
        objects = {item.id: item.type for item in reversed(metadata.objects)}
        types.update([t for key, t in objects.items() if key in seen and is_class_name(t)])
    return types


class Names(msgspec.Struct, frozen=True):
    """File -> the plain ``filename`` in it.

    Attributes:
        annotations: Of the files in ``annotations/``.
        metadata: Of those in ``metadata/``.
    """

    annotations: dict[str, str]
    metadata: dict[str, str]


def survey_names(source: Source, listing: Listing, workers: int) -> Names:
    """Read every file's own ``filename``."""
    files = [(ANNOTATIONS, name) for name in listing.annotations.values()]
    files += [(METADATA, name) for name in listing.metadata.values()]
    names = Names({}, {})
    for found in run_in_workers(names_in_shard, source, in_shards(files, FILES_A_SHARD), workers):
        for folder, file, filename in found:
            (names.annotations if folder == ANNOTATIONS else names.metadata)[file] = filename
    return names


def names_in_shard(
    source: Source, shard: int, files: Sequence[tuple[str, str]], turn: Any
) -> list[tuple[str, str, str]]:
    """``(folder, file, filename)`` of the files that have a usable one."""
    decoder = Decoder(FileName)
    found = []
    for folder, file in files:
        try:
            filename = plain_name(decoder.decode(source.read(folder, file), file, []).filename)
        except ImageError:
            continue
        if filename is not None:
            found.append((folder, file, filename))
    return found
