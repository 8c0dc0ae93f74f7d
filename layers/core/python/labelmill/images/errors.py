"""What the image modules raise when a file can't be used."""

from __future__ import annotations


class ImageDataError(ValueError):
    """An image file's bytes can't be used: one line, without the file's name (the caller knows it)."""
