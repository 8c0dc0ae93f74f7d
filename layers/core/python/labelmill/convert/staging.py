"""A folder aside, in which outputs are made before they appear whole."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

from labelmill.errors import OutputError

try:
    import fcntl
except ImportError:  # Windows: what a killed run left behind stays until it is deleted by hand
    fcntl = None  # type: ignore[assignment]

PREFIX = ".labelmill-"
NAME = re.compile(rf"{re.escape(PREFIX)}\d+-\d+")
LOCK = "lock"

_held: set[int] = set()


@contextmanager
def staging_folder(out: Path) -> Iterator[Path]:
    """A new folder inside ``out``, on the same disk, gone afterwards whatever happens.

    What a killed run left behind is deleted: its lock is free.

    Raises:
        OutputError: If ``out`` can't be written.
    """
    made: list[Path] = []  # noted before it is made: an interrupt may come at any moment
    lock = -1
    try:
        try:
            out.mkdir(parents=True, exist_ok=True)
            with alone_in(out):
                _delete_abandoned(out)
                made.append(_free_name(out))
                made[0].mkdir(mode=0o700)
                lock = os.open(made[0] / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
                _held.add(lock)
                _lock(lock)
        except OSError as error:
            raise OutputError(f"{out}: can't be written: {error.strerror}") from error
        yield made[0]
    finally:
        if lock >= 0:
            _held.discard(lock)
            os.close(lock)
        for staging in made:
            _remove(staging)


def _free_name(out: Path) -> Path:
    """A name of its own. (``tempfile`` would do, and takes 7 ms to load.)"""
    names = (out / f"{PREFIX}{os.getpid()}-{number}" for number in count())
    return next(name for name in names if not os.path.lexists(name))


def _remove(staging: Path) -> None:
    try:
        shutil.rmtree(staging, ignore_errors=True)
    except KeyboardInterrupt:
        shutil.rmtree(staging, ignore_errors=True)
        raise


def _delete_abandoned(out: Path) -> None:
    if fcntl is None:
        return
    for folder in out.iterdir():
        if not NAME.fullmatch(folder.name) or folder.is_symlink() or not folder.is_dir():
            continue
        try:
            lock = os.open(folder / LOCK, os.O_RDWR)
        except FileNotFoundError:  # killed before it had one, or while it was deleting the folder
            shutil.rmtree(folder, ignore_errors=True)
            continue
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
def alone_in(folder: Path) -> Iterator[None]:
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
