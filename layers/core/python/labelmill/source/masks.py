"""The instance masks of a dataset: ids, boxes and pixels of objects that contours do not give."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

import msgspec

from labelmill.errors import ImageError
from labelmill.images.errors import ImageDataError
from labelmill.images.png_read import decode_ids, decode_labels
from labelmill.model import MaskShape
from labelmill.source.dataset import MASKS, Entry, Source
from labelmill.source.image_size import Size

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Pixel = TypeVar("Pixel", "np.uint8", "np.uint16")


def read_mask(source: Source, entry: Entry, size: Size) -> NDArray[np.uint16]:
    """The mask of an image: object ids, shape ``(height, width)``.

    Args:
        source: Where the dataset lies.
        entry: An image with a mask.
        size: The image's size, which the mask has to have.

    Raises:
        ImageError: If the mask can't be read or has another size.
    """
    return _decode(source, entry, size, decode_ids)


def read_mask_labels(source: Source, entry: Entry, size: Size, table: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The mask of an image with each id looked up in a table of 65,536 bytes, shape ``(height, width)``.

    Raises:
        ImageError: As ``read_mask``.
    """
    return _decode(source, entry, size, lambda data: decode_labels(data, table))


def _decode(source: Source, entry: Entry, size: Size, decode: Callable[[bytes], NDArray[Pixel]]) -> NDArray[Pixel]:
    file = f"{MASKS}/{entry.mask}"
    try:
        pixels = decode(source.read(MASKS, entry.mask or ""))
    except ImageDataError as error:
        raise ImageError(file, str(error)) from error
    height, width = pixels.shape
    if (width, height) != (size.width, size.height):
        raise ImageError(file, f"expected the image's size {size.width}x{size.height}, found {width}x{height}")
    return pixels


class MaskObjects:
    """The objects of one mask."""

    def __init__(self, ids: NDArray[np.uint16]) -> None:
        self.ids = ids

    def box(self, object_id: int) -> tuple[float, float, float, float] | None:
        """The box around an object's pixels in pixel edges, ``None`` without a pixel."""
        import numpy as np

        pixels = self.ids == object_id
        columns = np.flatnonzero(pixels.any(axis=0))
        if not columns.size:
            return None
        rows = np.flatnonzero(pixels.any(axis=1))
        return float(columns[0]), float(rows[0]), float(columns[-1] + 1), float(rows[-1] + 1)

    def shape(self, object_id: int) -> MaskShape | None:
        """An object's pixels as COCO's RLE, ``None`` without a pixel."""
        import numpy as np

        from labelmill.geometry.runs import compress_runs

        height, width = self.ids.shape
        flat = (self.ids == object_id).ravel(order="F").astype(np.int8)
        toggles = np.flatnonzero(np.diff(flat, prepend=0, append=0))
        if not toggles.size:
            return None
        runs = np.diff(toggles, prepend=0, append=flat.size)
        counts = msgspec.json.encode(compress_runs(runs.astype(np.int64)).decode())
        return MaskShape(b'{"size":[%d,%d],"counts":%b}' % (height, width, counts), int(flat.sum()))
