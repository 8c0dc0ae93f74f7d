"""A plan cut into shards that know all they need: which images, and where each of their files lies.

So a shard reads a few hundred kilobytes of plan instead of an archive's whole directory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

import msgspec

from labelmill.source.dataset import ANNOTATIONS, FOLDERS, IMAGES, MASKS, METADATA, Entry
from labelmill.source.packed import Places

FIELDS = {ANNOTATIONS: "annotation", METADATA: "metadata", IMAGES: "image", MASKS: "mask"}


class ShardPlan(msgspec.Struct, array_like=True):
    """One shard.

    Attributes:
        entries: Its images, in order.
        root: What its members' names begin with before the dataset's folders.
        places: Its files: folder -> name -> where it lies, in the words of the source.
    """

    entries: list[Entry]
    root: str
    places: Places


def cut(
    entries: Sequence[Entry], bytes_of: Callable[[Entry], int], most_images: int, most_bytes: int
) -> Iterator[Sequence[Entry]]:
    """Cut a plan into shards.

    Args:
        entries: All images, in order.
        bytes_of: What an image costs: the bytes of its files that are read.
        most_images: Images a shard.
        most_bytes: Bytes a shard; one image may have more.
    """
    first = used = 0
    for number, entry in enumerate(entries):
        size = bytes_of(entry)
        if number > first and (number - first >= most_images or used + size > most_bytes):
            yield entries[first:number]
            first, used = number, 0
        used += size
    if first < len(entries):
        yield entries[first:]


def plan_shard(entries: Sequence[Entry], root: str, places: Places) -> ShardPlan:
    """A shard with the places of its files, taken out of those of the whole dataset."""
    return ShardPlan(list(entries), root, {folder: dict(_places(entries, folder, places)) for folder in FOLDERS})


def _places(entries: Iterable[Entry], folder: str, places: Places) -> Iterator[tuple[str, bytes]]:
    field, known = FIELDS[folder], places[folder]
    for entry in entries:
        name: str | None = getattr(entry, field)
        if name is not None:
            yield name, known[name]


encode_shard_plan = msgspec.msgpack.Encoder().encode
decode_shard_plan = msgspec.msgpack.Decoder(ShardPlan).decode
