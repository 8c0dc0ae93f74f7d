"""The packages that AWS puts beside every Python function, and nothing else of this environment.

A function must not see what happens to be installed here: a package missing from its layer has to fail locally as it
would on AWS. So functions run without site-packages and see a folder of links to the runtime client and boto3.
"""

import re
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

PROVIDED = ("awslambdaric", "boto3")


def link_runtime(folder: Path) -> Path:
    """Fill ``folder`` with links to the packages in ``PROVIDED`` and all that these require.

    Raises:
        PackageNotFoundError: If one of ``PROVIDED`` is not installed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for package in _with_requirements(PROVIDED):
        for name in _top_level(package):
            source = Path(str(package.locate_file(name)))
            target = folder / name
            if source.exists() and not target.is_symlink():
                target.symlink_to(source)
    return folder


def _with_requirements(names: tuple[str, ...]) -> list[Distribution]:
    found: dict[str, Distribution] = {}
    waiting = [(name, True) for name in names]
    while waiting:
        name, needed = waiting.pop()
        if name in found:
            continue
        try:
            found[name] = distribution(name)
        except PackageNotFoundError:  # one for another interpreter or system
            if needed:
                raise
            continue
        for requirement in found[name].requires or ():
            if "extra ==" not in requirement:
                bare = re.match(r"[A-Za-z0-9._-]+", requirement)
                waiting.append((bare.group(), False) if bare else ("", False))
    return list(found.values())


def _top_level(package: Distribution) -> set[str]:
    tops = {file.parts[0] for file in package.files or ()}
    return {top for top in tops if top not in ("..", "__pycache__") and not top.endswith(".pth")}
