"""Find the browser of the console's tests: ``python tests/console/chromium.py`` installs it where it is missing.

On Debian and its like, as root, it comes from the system's own packages; elsewhere one line says how to get it. Without
a browser the tests fail, they are not skipped.
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
HOW = "the console's tests need Chromium: `sudo apt-get install chromium`, or name one: CHROMIUM=/path/to/chromium"


def find_chromium() -> str | None:
    """Return the path of the browser: what ``CHROMIUM`` names, else the first of the usual names that is there."""
    named = os.environ.get("CHROMIUM")
    if named:
        return shutil.which(named)
    found = (shutil.which(name) for name in (*NAMES, *ELSEWHERE))
    return next(filter(None, found), None)


def install_chromium() -> None:
    """Install Debian's, with apt. That it may fail is no matter here: the browser is looked for afterwards."""
    apt = shutil.which("apt-get")
    if apt and os.geteuid() == 0:
        print("installing Chromium for the console's tests ...", file=sys.stderr)
        environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        packages = ["chromium", "fonts-dejavu-core"]
        for command in (["update"], ["install", "--yes", "--no-install-recommends", *packages]):
            subprocess.run([apt, "--quiet", "--quiet", *command], env=environment, stdout=sys.stderr, check=False)


def main() -> int:
    """See that there is a browser."""
    if not find_chromium() and not os.environ.get("CHROMIUM"):
        install_chromium()
    found = find_chromium()
    if found is None or not Path(found).exists():
        print(HOW, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
