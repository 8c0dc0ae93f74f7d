"""A folder for everything that a running local cloud writes; it goes when the cloud goes, even after a crash."""

import fcntl
import os
import shutil
import tempfile
from pathlib import Path

PREFIX = "labelmill-local-"
LOCK = "owner.lock"


class Scratch:
    """A temporary folder that is locked while its owner lives.

    A process that is killed cannot clean up; its lock goes with it, so the next cloud sweeps what it left.
    """

    def __init__(self) -> None:
        self.path = Path(tempfile.mkdtemp(prefix=PREFIX))
        self._lock = os.open(self.path / LOCK, os.O_CREAT | os.O_RDWR)
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        sweep(self.path.parent)

    def remove(self) -> None:
        """Delete the folder; safe to call twice."""
        shutil.rmtree(self.path, ignore_errors=True)
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1


def sweep(parent: Path) -> list[Path]:
    """Delete scratch folders in ``parent`` whose owner is gone; answer which."""
    swept = []
    for folder in parent.glob(PREFIX + "*"):
        try:
            lock = os.open(folder / LOCK, os.O_RDWR)
        except OSError:  # just being made, just being removed, or someone else's
            continue
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:  # its owner lives
            continue
        else:
            shutil.rmtree(folder, ignore_errors=True)
            swept.append(folder)
        finally:
            os.close(lock)
    return swept
