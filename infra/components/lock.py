"""The lock file: which version of each package, and the hashes of its files for every platform.

Hashes are in this one place: pip takes none from a constraints file, so a layer's list is put together with the lock's
lines before it is installed.
"""

from __future__ import annotations

import re
from pathlib import Path

LOCK = Path(__file__).resolve().parents[2] / "requirements-dev.lock"
_PIN = re.compile(r"(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^\s;\\]+)")


def normalized(name: str) -> str:
    """Return a package's name as indexes compare it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def hashed(pins: dict[str, str], lock: Path = LOCK) -> str:
    """Return a requirements file of these packages, each with the hashes that the lock holds of it.

    Args:
        pins: Name to version.
        lock: A requirements file with hashes.

    Raises:
        RuntimeError: If the lock has another version of a package, none, or one without hashes.
    """
    locked = entries(lock)
    lines = []
    for name, version in pins.items():
        found, hashes = locked.get(normalized(name), ("none", []))
        if found != version or not hashes:
            raise RuntimeError(f"{lock.name}: {name}: expected {version} with hashes, found {found} with {len(hashes)}")
        lines.append(" ".join([f"{name}=={version}", *hashes]))
    return "\n".join(lines) + "\n"


def entries(lock: Path = LOCK) -> dict[str, tuple[str, list[str]]]:
    """Read a lock: normalized name to the version and its ``--hash=…`` options."""
    found = {}
    for entry in lock.read_text().replace("\\\n", " ").splitlines():
        if pin := _PIN.match(entry):
            found[normalized(pin["name"])] = (pin["version"], re.findall(r"--hash=\S+", entry))
    return found
