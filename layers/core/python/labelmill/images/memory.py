"""One request to the C library that makes work on image-sized buffers two to eight times faster."""

from __future__ import annotations

import ctypes
import sys

_M_TRIM_THRESHOLD = -1
_M_MMAP_THRESHOLD = -3
_KEEP_BYTES = 1 << 28


def keep_freed_memory() -> bool:
    """Have glibc keep freed buffers of up to 256 MiB for the next image, instead of returning them.

    Otherwise every array of some 100 KiB is mapped afresh, and the kernel clears it page by page: with it a
    640x480 mask is decoded in 0.16 ms instead of 0.36, an uncompressed 1024x1024 one in 0.8 ms instead of 6. For
    a process that converts masks, called once at its start; it changes the whole process, so that no
    module of the library calls it on import.

    Returns:
        True when done; False where the C library is not glibc (macOS, musl, Windows): nothing happens.

    Source:
        mallopt(3), M_MMAP_THRESHOLD and M_TRIM_THRESHOLD.
    """
    if sys.platform != "linux":
        return False
    try:
        library = ctypes.CDLL(None)
        library.gnu_get_libc_version  # noqa: B018 - musl has no such function, and its mallopt does nothing
        return all(library.mallopt(option, _KEEP_BYTES) == 1 for option in (_M_MMAP_THRESHOLD, _M_TRIM_THRESHOLD))
    except (OSError, AttributeError):
        return False
