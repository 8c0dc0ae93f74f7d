"""Zips of code and layers, unpacked once each into folders named by their content."""

import hashlib
import io
import os
import shutil
import tempfile
import threading
import time
import zipfile
from pathlib import Path

KEEP_S = 7 * 86400
"""A folder that nothing has used for so long is deleted."""


class UnpackedZips:
    """Read-only trees, shared by all functions, runs and processes that use the same ``folder``."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._lock = threading.Lock()
        self._known: dict[bytes, Path] = {}
        for old in folder.iterdir():
            if time.time() - old.stat().st_mtime > KEEP_S:
                shutil.rmtree(old, ignore_errors=True)

    def path(self, content: bytes) -> Path:
        """Answer the folder that holds what the zip ``content`` holds.

        Raises:
            zipfile.BadZipFile: If ``content`` is no zip.
        """
        digest = hashlib.sha256(content).digest()
        with self._lock:
            if digest not in self._known:
                self._known[digest] = self._unpack(content, self._folder / digest.hex()[:24])
            return self._known[digest]

    def _unpack(self, content: bytes, target: Path) -> Path:
        if target.is_dir():
            os.utime(target)
            return target
        # Another process may unpack the same: only a whole tree gets the name, and the first one wins.
        staging = Path(tempfile.mkdtemp(dir=self._folder, prefix="unpacking-"))
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for member in archive.infolist():
                path = archive.extract(member, staging)
                mode = member.external_attr >> 16 & 0o777
                if mode and not member.is_dir():
                    Path(path).chmod(mode | 0o600)
        try:
            staging.rename(target)
        except OSError:
            shutil.rmtree(staging)
        return target
