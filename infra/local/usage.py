"""How much of its memory and disk a function's process takes, as Lambda counts it."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

CHECK_EVERY_MS = 100
BLOCK_BYTES = 512
"""Unit of ``st_blocks``."""


def peak_mb(process: int) -> int:
    """The most memory that a process has held so far, MiB; 0 where the system doesn't say or it has ended."""
    with suppress(OSError, ValueError):
        for row in Path(f"/proc/{process}/status").read_text().splitlines():
            if row.startswith("VmHWM"):
                return int(row.split()[1]) // 1024
    return 0


def disk_mb(process: int, folder: Path) -> int:
    """What a process has written and not deleted, MiB: the files of its folder, and open ones without a name."""
    return sum(_sizes(process, folder)) * BLOCK_BYTES >> 20


def _sizes(process: int, folder: Path) -> Iterator[int]:
    for base, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):
                yield os.lstat(f"{base}/{name}").st_blocks
    with suppress(OSError):
        for number in os.listdir(f"/proc/{process}/fd"):  # noqa: PTH208 - numbers, not paths
            with suppress(OSError):
                found = Path(f"/proc/{process}/fd/{number}").stat()
                if stat.S_ISREG(found.st_mode) and not found.st_nlink:
                    yield found.st_blocks
