"""What a dataset looks like to a converter: four folders of files, read by reference."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import msgspec

from labelmill.errors import ImageError

ANNOTATIONS = "annotations"
METADATA = "metadata"
IMAGES = "images"
MASKS = "masks"
FOLDERS = (ANNOTATIONS, METADATA, IMAGES, MASKS)

MAX_FILE_BYTES = 256 << 20
"""Of a mask: all of it has to be held at once."""

MAX_JSON_BYTES = 32 << 20
"""Of an annotation or a metadata file: decoded it takes up to 30 times as much."""


def check_size(folder: str, name: str, size_bytes: int) -> None:
    """Refuse a file that would take more memory than a shard has.

    Raises:
        ImageError: If it is larger than is read of its kind.
    """
    most = MAX_JSON_BYTES if folder in (ANNOTATIONS, METADATA) else MAX_FILE_BYTES
    if size_bytes > most:
        raise ImageError(f"{folder}/{name}", f"has {size_bytes:,} bytes, at most {most:,} are read")


class Source(Protocol):
    """A place where a dataset lies. Safe to use after a fork."""

    name: str
    """The dataset's name: its file or folder name without an archive's suffix."""

    def list_names(self, folder: str) -> list[str]:
        """Names of the files directly in one of the dataset's folders, in any order; empty when it is missing."""

    def size_bytes(self, folder: str, name: str) -> int:
        """Size of a file in bytes."""

    def read(self, folder: str, name: str) -> bytes:
        """A whole file. Raises ImageError when it can't be read, TransientError when storage refused."""

    def read_range(self, folder: str, name: str, offset: int, length: int) -> bytes:
        """``length`` bytes of a file from ``offset``: fewer where it ends, more where that is cheaper."""

    def chunks(self, folder: str, name: str) -> Iterator[bytes]:
        """A file in pieces, of any size. Raises ImageError, TransientError."""

    def close(self) -> None:
        """Let go of files."""


class Entry(msgspec.Struct, frozen=True, gc=False):
    """One image of the plan: the names of its files, ``None`` where there is none.

    Attributes:
        name: Name of the image, by which the dataset is sorted.
        stem: Base name by which its files were joined.
        annotation: File in ``annotations/``.
        metadata: File in ``metadata/``.
        image: File in ``images/``.
        mask: File in ``masks/``.
    """

    name: str
    stem: str
    annotation: str
    metadata: str | None
    image: str | None
    mask: str | None
