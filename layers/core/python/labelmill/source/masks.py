"""The instance masks of a dataset: pixels of objects that contours do not give."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from labelmill.errors import ImageError
from labelmill.geometry import LabelRuns, find_runs
from labelmill.images.header import read_header
from labelmill.images.png_file import SIGNATURE
from labelmill.images.png_read import decode_labels, decode_runs
from labelmill.source.dataset import MASKS, Entry, Source
from labelmill.source.image_size import Size

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Decoded = TypeVar("Decoded")


class MaskObjects(NamedTuple):
    """Objects of one mask.

    Attributes:
        ids: Theirs.
        runs: Their pixels, in the same order; an object may have none.
    """

    ids: list[int]
    runs: LabelRuns


def read_mask_objects(source: Source, entry: Entry, size: Size, ids: list[int]) -> MaskObjects:
    """Read the pixels of some objects, all in one pass over the mask.

    Args:
        source: Where the dataset lies.
        entry: An image with a mask.
        size: The image's size, which the mask has to have.
        ids: Ids of objects, none twice; the mask need not hold them.

    Raises:
        ImageError: If the mask can't be read, has another size or is nothing but noise.
    """
    runs = _decode(source, entry, size, lambda data: find_runs(decode_runs(data), size.width, size.height, ids))
    return MaskObjects(ids, runs)


def read_mask_labels(
    source: Source, entry: Entry, size: Size, table: NDArray[np.uint8], seen: NDArray[np.bool_]
) -> NDArray[np.uint8]:
    """The mask of an image with each id looked up.

    Args:
        source: Where the dataset lies.
        entry: An image with a mask.
        size: The image's size, which the mask has to have.
        table: A byte for each id, shape ``(65536,)``.
        seen: A flag for each id, shape ``(65536,)``: set where the mask has it.

    Returns:
        Shape ``(height, width)``.

    Raises:
        ImageError: If the mask can't be read or has another size.
    """
    return _decode(source, entry, size, lambda data: decode_labels(data, table, seen))


def _decode(source: Source, entry: Entry, size: Size, decode: Callable[[bytes], Decoded]) -> Decoded:
    file = f"{MASKS}/{entry.mask}"
    try:
        data = source.read(MASKS, entry.mask or "")
        if data[: len(SIGNATURE)] != SIGNATURE:
            raise ImageError(file, "not a PNG file")
        header = read_header(data, size_bytes=len(data))
        if (header.width, header.height) != (size.width, size.height):
            expected = f"expected the image's size {size.width}x{size.height}"
            raise ImageError(file, f"{expected}, found {header.width}x{header.height}")
        return decode(data)
    except ValueError as error:  # ImageDataError, or more runs than are read
        raise ImageError(file, str(error)) from error
    except MemoryError as error:
        raise ImageError(file, "too large for the memory there is") from error
