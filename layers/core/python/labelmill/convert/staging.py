"""A folder aside, in which outputs are made before they appear whole, and the step that makes them appear."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from fnmatch import fnmatchcase
from itertools import count
from pathlib import Path

from labelmill.errors import OutputError

try:
    import fcntl
except ImportError:  # Windows: what a killed run left behind stays until it is deleted by hand
    fcntl = None  # type: ignore[assignment]

PREFIX = ".labelmill-"
LOCK = "lock"

_held: set[int] = set()


@contextmanager
def staging_folder(out: Path) -> Iterator[Path]:
    """A new folder inside ``out``, on the same disk, gone afterwards whatever happens.

    What a killed run left behind is deleted: its lock is free.

    Raises:
        OutputError: If ``out`` can't be written.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        with _alone_in(out):
            _delete_abandoned(out)
            staging = _new_folder(out)
            lock = os.open(staging / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
            _held.add(lock)
            _lock(lock)
    except OSError as error:
        raise OutputError(f"{out}: can't be written: {error.strerror}") from error
    try:
        yield staging
    finally:
        _held.discard(lock)
        os.close(lock)
        shutil.rmtree(staging, ignore_errors=True)


def _new_folder(out: Path) -> Path:
    """A folder of a name of its own. (``tempfile`` would do, and takes 7 ms to load.)"""
    for number in count():
        folder = out / f"{PREFIX}{os.getpid()}-{number}"
        try:
            folder.mkdir(mode=0o700)
        except FileExistsError:
            continue
        break
    return folder


def publish(staged: Path, folder: Path, owned: tuple[str, ...], trash: Path) -> None:
    """Move finished outputs to their place, replacing an earlier run's: all of them, or none if that fails.

    Args:
        staged: Folder with the new files and folders.
        folder: Where they shall be; what is in it and not ``owned`` stays.
        owned: Patterns of the names that a run of this format writes.
        trash: An empty folder on the same disk for what is replaced.

    Raises:
        OutputError: If something can't be moved.
    """
    moves: list[tuple[Path, Path]] = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        trash.mkdir(parents=True)
        with _alone_in(folder):
            new = sorted(entry.name for entry in staged.iterdir())
            replaced = [
                entry.name
                for entry in folder.iterdir()
                if entry.name in new or any(fnmatchcase(entry.name, pattern) for pattern in owned)
            ]
            moves += [(folder / name, trash / name) for name in sorted(replaced)]
            moves += [(staged / name, folder / name) for name in new]
            try:
                for source, target in moves:
                    source.rename(target)
            except BaseException:
                _take_back(moves)
                raise
    except OSError as error:
        raise OutputError(f"{folder}: can't be written: {error.strerror}") from error


def _take_back(moves: list[tuple[Path, Path]]) -> None:
    """Undo the moves that were made."""
    for source, target in reversed(moves):
        if os.path.lexists(target) and not os.path.lexists(source):
            with suppress(OSError):
                target.rename(source)


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


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """While this holds, no other run makes its staging folder or publishes there."""
    if fcntl is None:
        yield
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        _lock(descriptor)
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int) -> None:
    if fcntl is not None:
        with suppress(OSError):  # a file system without locks: as on Windows
            fcntl.flock(descriptor, fcntl.LOCK_EX)


def _release_in_worker() -> None:
    """A worker that outlives its killed parent must not keep the parent's lock."""
    for lock in _held:
        os.close(lock)
    _held.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_release_in_worker)
