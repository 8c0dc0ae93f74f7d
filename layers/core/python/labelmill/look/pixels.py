"""Pictures for a screen: scaled down, in a format that every browser shows, of what strangers have sent."""

from __future__ import annotations

import io
import struct
import warnings
from dataclasses import dataclass
from typing import Any, Final

from PIL import Image, UnidentifiedImageError

from labelmill.images.errors import ImageDataError

WIDTHS: Final = (160, 320, 1024, 2048, 4096)
"""A few, so that caches are of use."""
THUMBNAIL: Final = 320
"""Up to this width small files count for more than fine detail."""
MAX_FILE_BYTES: Final = 128 << 20
MAX_PIXELS: Final = 1 << 26
"""Held at once, four bytes each; a JPEG may have 64 times as many, as it is shrunk while it is read."""
MAX_SIDE: Final = 1 << 18
MAX_MADE_BYTES: Final = 4_500_000
"""A function answers with 6 MB at most, and a third is added to bytes on the way."""
KINDS: Final = ("PNG", "JPEG", "TIFF", "BMP", "WEBP", "GIF", "JPEG2000", "PPM")
"""The formats that datasets have; nothing that runs another program is ever tried."""
READ_ERRORS: Final = (
    *(OSError, ValueError, SyntaxError, ArithmeticError, LookupError, TypeError, struct.error),
    *(MemoryError, RuntimeError, Image.DecompressionBombError),
)
"""What Pillow raises over damaged files."""
DEEP: Final = ("I", "F")
"""Modes with more than 8 bits a band begin so."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture for a screen.

    Attributes:
        data: The file.
        content_type: ``image/webp`` or ``image/jpeg``.
        width, height: Of what was made, pixels.
    """

    data: bytes
    content_type: str
    width: int
    height: int


def scale(data: bytes, width: int) -> Picture:
    """Make a picture that is at most so large.

    Nothing is turned round as EXIF may say: labels lie on the pixels as they are stored.

    Args:
        data: An image file.
        width: Pixels that it may be wide, and high; a smaller image stays as large as it is.

    Raises:
        ImageDataError: If it can't be shown: damaged, of another format, or too large.
    """
    if len(data) > MAX_FILE_BYTES:
        raise ImageDataError(f"has {len(data):,} bytes, at most {MAX_FILE_BYTES:,} are shown")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a bomb, and of odd metadata; sizes are checked below
            picture = _open(data, width)
            return _encode(_shrunk(picture, width), width)
    except ImageDataError:
        raise
    except READ_ERRORS as error:
        said = " ".join(str(error).split()).replace("<_io.BytesIO object at ", "<")[:200]
        raise ImageDataError(f"can't be shown: {said or type(error).__name__}") from error


def _open(data: bytes, width: int) -> Image.Image:
    try:
        picture: Image.Image = Image.open(io.BytesIO(data), formats=KINDS)
    except UnidentifiedImageError as error:
        known = ", ".join(KINDS)
        raise ImageDataError(f"can't be shown: expected {known}, found something else or a damaged header") from error
    stated = picture.size
    picture.draft(None, (width, width))  # a JPEG is read at an eighth of its size
    if max(stated) > MAX_SIDE or picture.width * picture.height > MAX_PIXELS:
        raise ImageDataError(f"has {stated[0]}x{stated[1]} pixels, at most {MAX_PIXELS:,} are shown")
    picture.load()
    return picture


def _shrunk(picture: Image.Image, width: int) -> Image.Image:
    """In 8 bits with one, three or four bands, and no larger than asked for."""
    if picture.mode.startswith(DEEP):
        picture = _stretched(picture, width)
    elif picture.mode in ("P", "PA", "LA", "La", "RGBa") or "transparency" in picture.info:
        picture = picture.convert("RGBA")
    elif picture.mode not in ("L", "RGB", "RGBA"):
        picture = picture.convert("RGB")
    if picture.mode == "RGBA" and picture.getchannel("A").getextrema() == (255, 255):
        picture = picture.convert("RGB")  # nothing shows through
    share = min(1.0, width / max(picture.size))
    if share == 1.0:
        return picture
    size = (max(1, round(picture.width * share)), max(1, round(picture.height * share)))
    return picture.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)


def _stretched(picture: Image.Image, width: int) -> Image.Image:
    """A picture of more than 8 bits in grey, its own range from black to white."""
    import numpy as np

    step = max(1, max(picture.size) // (2 * width))
    values: Any = np.asarray(picture)[::step, ::step].astype(np.float32)
    finite = np.isfinite(values)
    if not finite.any():
        return Image.new("L", (values.shape[1], values.shape[0]))
    low, high = float(values[finite].min()), float(values[finite].max())
    values = np.where(finite, values, low)
    grey = (values - low) * (255.0 / (high - low) if high > low else 0.0)
    return Image.fromarray(grey.astype(np.uint8))


def _encode(picture: Image.Image, width: int) -> Picture:
    as_webp = width <= THUMBNAIL or picture.mode == "RGBA"
    kind, content_type = ("WEBP", "image/webp") if as_webp else ("JPEG", "image/jpeg")
    while True:
        for quality in (80,) if width <= THUMBNAIL else (90, 75, 50):
            out = io.BytesIO()
            more: dict[str, Any] = {"method": 3} if as_webp else {"subsampling": 0 if quality == 90 else -1}
            picture.save(out, kind, quality=quality, **more)
            if out.tell() <= MAX_MADE_BYTES:
                return Picture(out.getvalue(), content_type, picture.width, picture.height)
        picture = picture.reduce(2)
