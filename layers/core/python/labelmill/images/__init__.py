"""Image files: sizes without decoding, label masks read and written, a table over pixels.

Import the modules you need: ``header`` loads neither numpy nor Pillow, ``png_write`` and ``png_read``
load numpy and zlib-ng, and Pillow is loaded only for what they can't read themselves.
"""
