"""Reads the images of a shard, some at a time: their contours are in memory at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from labelmill.errors import ImageError
from labelmill.model import Sample
from labelmill.source.dataset import Entry
from labelmill.source.reader import ImageReader

IMAGES_A_BATCH = 64
BYTES_A_BATCH = 4 << 20  # of annotation files


def in_batches(
    reader: ImageReader, entries: Sequence[Entry], failed: Callable[[Entry, ImageError], None]
) -> Iterator[list[Sample]]:
    """Read images, in order.

    Args:
        reader: Reads them.
        entries: The images.
        failed: Told of each image that can't be read; it is left out, unless this raises.
    """
    samples: list[Sample] = []
    full_at = reader.annotation_bytes + BYTES_A_BATCH
    for entry in entries:
        try:
            samples.append(reader.begin(entry))
        except ImageError as error:
            failed(entry, error)
        if len(samples) == IMAGES_A_BATCH or reader.annotation_bytes > full_at:
            yield reader.settle(samples)
            samples = []
            full_at = reader.annotation_bytes + BYTES_A_BATCH
    if samples:
        yield reader.settle(samples)
