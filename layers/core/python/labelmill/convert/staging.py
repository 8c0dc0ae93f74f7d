"""A folder aside, in which outputs are made before they appear whole, and the step that makes them appear."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from fnmatch import fnmatchcase
from pathlib import Path

from labelmill.errors import OutputError

try:
    import fcntl
except ImportError:  # Windows: what a killed run left behind stays until it is deleted by hand
    fcntl = None  # type: ignore[assignment]

PREFIX = ".labelmill-"
LOCK = "lock"


@contextmanager
def staging_folder(out: Path) -> Iterator[Path]:
    """A new folder inside ``out``, on the same disk, gone afterwards whatever happens.

    What a killed run left behind is deleted: its lock is free.

    Raises:
        OutputError: If ``out`` can't be written.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        _delete_abandoned(out)
        staging = Path(tempfile.mkdtemp(prefix=PREFIX, dir=out))
        lock = os.open(staging / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise OutputError(f"{out}: can't be written: {error.strerror}") from error
    try:
        if fcntl is not None:
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield staging
    finally:
        os.close(lock)
        shutil.rmtree(staging, ignore_errors=True)


def publish(staged: Path, folder: Path, owned: tuple[str, ...], trash: Path) -> None:
    """Move finished outputs to their place, replacing an earlier run's.

    Args:
        staged: Folder with the new files and folders.
        folder: Where they shall be; what is in it and not ``owned`` stays.
        owned: Patterns of the names that a run of this format writes.
        trash: An empty folder on the same disk for what is replaced.

    Raises:
        OutputError: If something can't be moved.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        trash.mkdir(parents=True)
        new = sorted(entry.name for entry in staged.iterdir())
        for old in sorted(entry.name for entry in folder.iterdir()):
            if old in new or any(fnmatchcase(old, pattern) for pattern in owned):
                (folder / old).rename(trash / old)
        for name in new:
            (staged / name).rename(folder / name)
    except OSError as error:
        raise OutputError(f"{folder}: can't be written: {error.strerror}") from error


def _delete_abandoned(out: Path) -> None:
    if fcntl is None:
        return
    for folder in out.glob(f"{PREFIX}*"):
        try:
            lock = os.open(folder / LOCK, os.O_RDWR)
        except OSError:
            continue
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            continue  # another run is at work
        else:
            shutil.rmtree(folder, ignore_errors=True)
        finally:
            os.close(lock)
