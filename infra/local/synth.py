"""The synthesized template, made again only when something that it is made of has changed.

``infra.app`` finds its Node itself.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build" / "local"
"""What may stay between runs: templates, zips and unpacked layers (ignored by git, removed by ``make clean``)."""
SOURCES = ("infra", "functions", "layers", "cdk.json", "pyproject.toml")
KEEP = 4


class SynthError(Exception):
    """The app could not be synthesized; the message holds what it said."""


def synthesize(context: Mapping[str, str] | None = None, root: Path = ROOT, build: Path = BUILD) -> Path:
    """Answer the folder of the cloud assembly (``cdk.out``) of ``python -m infra.app`` in ``root``.

    Args:
        context: CDK context; ``target=local`` unless given.
        root: The project.
        build: Where assemblies are kept.

    Raises:
        SynthError: If the app fails.
    """
    context = dict(context if context is not None else {"target": "local"})
    target = build / "synth" / _digest(root, context)
    if target.is_dir():
        os.utime(target)
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix="making-") as folder:
        staging = Path(folder) / "cdk.out"
        environment = os.environ | {
            "CDK_OUTDIR": str(staging),
            "CDK_CONTEXT_JSON": json.dumps(context),
            "JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION": "1",
            "PYTHONPATH": os.pathsep.join(filter(None, [str(root), os.environ.get("PYTHONPATH", "")])),
        }
        made = subprocess.run(
            [sys.executable, "-m", "infra.app"], cwd=root, env=environment, capture_output=True, text=True
        )
        if made.returncode or not staging.is_dir():
            said = (made.stderr.strip() or made.stdout.strip())[-4000:]
            raise SynthError(f"python -m infra.app failed (exit {made.returncode}):\n{said}")
        if not target.is_dir():
            staging.rename(target)
    _prune(target.parent)
    return target


def _digest(root: Path, context: Mapping[str, str]) -> str:
    digest = hashlib.sha256(json.dumps([sys.version, version("aws-cdk-lib"), dict(context)]).encode())
    for path in _sources(root):
        digest.update(f"{path.relative_to(root)}\0{path.stat().st_mode & 0o111}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:20]


def _sources(root: Path) -> Iterator[Path]:
    local = root / "infra" / "local"
    for name in SOURCES:
        start = root / name
        if start.is_file():
            yield start
            continue
        for path in sorted(start.rglob("*")):
            made = "__pycache__" in path.parts or any(part.endswith(".egg-info") for part in path.parts)
            if path.is_file() and not made and not path.is_relative_to(local):
                yield path


def _prune(folder: Path) -> None:
    finished = [path for path in folder.iterdir() if not path.name.startswith("making-")]
    for old in sorted(finished, key=lambda path: path.stat().st_mtime)[:-KEEP]:
        shutil.rmtree(old, ignore_errors=True)
