"""Find the browser of the console's tests: ``python tests/console/chromium.py`` says how to get it where it is missing.

On Debian and its like, as root, it offers to install the system's own package: it asks at a terminal, and does it
unasked with ``--install``. Without a browser the tests fail, they are not skipped.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
ELSEWHERE = (
    "/snap/bin/chromium",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
PACKAGES = ("chromium", "fonts-dejavu-core")
HOW = "the console's tests need Chromium: `sudo apt-get install chromium`, or name one: CHROMIUM=/path/to/chromium"


def find_chromium() -> str | None:
    """Return the path of the browser: what ``CHROMIUM`` names, else the first of the usual names that is there."""
    named = os.environ.get("CHROMIUM")
    if named:
        return shutil.which(named)
    found = (shutil.which(name) for name in (*NAMES, *ELSEWHERE))
    return next(filter(None, found), None)


def may_install(arguments: list[str]) -> bool:
    """Tell whether the system's packages may be changed: ``--install`` says so, or who sits at the terminal does."""
    if "--install" in arguments:
        return True
    if not sys.stdin.isatty():
        return False
    print(f"The console's tests need Chromium. Run `apt-get install {' '.join(PACKAGES)}`? [y/N] ", end="", flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def install_chromium(apt: str) -> None:
    """Install Debian's, with apt. That it may fail is no matter here: the browser is looked for afterwards."""
    print("installing Chromium for the console's tests ...", file=sys.stderr)
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update"], ["install", "--yes", "--no-install-recommends", *PACKAGES]):
        subprocess.run([apt, "--quiet", "--quiet", *command], env=environment, stdout=sys.stderr, check=False)


def main(arguments: list[str]) -> int:
    """See that there is a browser."""
    apt = shutil.which("apt-get") if os.geteuid() == 0 else None
    if apt and not find_chromium() and not os.environ.get("CHROMIUM") and may_install(arguments):
        install_chromium(apt)
    found = find_chromium()
    if found is None or not Path(found).exists():
        print(HOW, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
