"""The two Lambda layers: ``core`` (our own packages) and ``deps`` (what they need), built by pip, without docker."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from aws_cdk import aws_lambda as lambda_
from constructs import Construct

ROOT = Path(__file__).resolve().parents[2]
REQUIREMENTS = ROOT / "layers" / "deps" / "requirements.txt"
PYTHON_VERSION = "3.13"
LAYER_LIMIT_BYTES = 150_000_000
"""What the unpacked dependencies may weigh. Lambda refuses a function above 250 MB with all its layers."""

# pip takes each tag literally: a wheel built for an older glibc is only found when its tag is named too.
_GLIBC = ("manylinux_2_28", "manylinux_2_27", "manylinux_2_26", "manylinux_2_24", "manylinux_2_17", "manylinux2014")
_FOR_LAMBDA = [
    *(f"--platform={glibc}_aarch64" for glibc in _GLIBC),
    f"--python-version={PYTHON_VERSION}",
    "--implementation=cp",
    "--only-binary=:all:",
]


class Layers(Construct):
    """``versions``: the layers of every function, in the order Lambda unpacks them."""

    def __init__(self, scope: Construct, construct_id: str, *, target: str) -> None:
        super().__init__(scope, construct_id)
        core = lambda_.Code.from_asset(
            str(ROOT / "layers" / "core"), exclude=["**/__pycache__", "*.pyc", "*.egg-info", ".*_cache"]
        )
        deps = lambda_.Code.from_asset(str(build_dependencies(target)))
        self.versions = [
            self._version("Deps", deps, "Third-party packages of layers/deps/requirements.txt"),
            self._version("Core", core, "labelmill and labelmill_aws"),
        ]

    def _version(self, name: str, code: lambda_.Code, description: str) -> lambda_.LayerVersion:
        return lambda_.LayerVersion(
            self,
            name,
            code=code,
            description=description,
            compatible_architectures=[lambda_.Architecture.ARM_64],
            compatible_runtimes=[lambda_.Runtime.PYTHON_3_13],
        )


def build_dependencies(target: str) -> Path:
    """Install the dependencies into ``build/layers/…`` and return that folder, which holds ``python/``.

    A folder is named by the hash of what went into it, so that the same requirements are installed once.

    Args:
        target: ``aws`` for Lambda on arm64, ``local`` for the interpreter that runs this.

    Raises:
        RuntimeError: If pip fails, or the packages weigh more than a layer may.
    """
    options = _FOR_LAMBDA if target == "aws" else []
    interpreter = "" if target == "aws" else sys.implementation.cache_tag + sys.platform
    recipe = "\n".join([REQUIREMENTS.read_text(), *options, interpreter])
    folder = ROOT / "build" / "layers" / f"deps-{target}-{hashlib.sha256(recipe.encode()).hexdigest()[:16]}"
    if folder.exists():
        return folder
    unfinished = folder.with_name(f"{folder.name}.{os.getpid()}")
    try:
        _install(unfinished / "python", options)
        size = _strip(unfinished)
        if size > LAYER_LIMIT_BYTES:
            raise RuntimeError(f"layers/deps: {size:,} bytes unpacked, expected {LAYER_LIMIT_BYTES:,} at most")
        # Renaming last: an interrupted build never looks like a finished one, and two at once do no harm.
        if not folder.exists():
            unfinished.rename(folder)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return folder


def _install(into: Path, options: list[str]) -> None:
    """Run pip. Bytecode is left out: it would make the asset's hash differ from one build to the next."""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
    command += ["--no-compile", f"--target={into}", f"--requirement={REQUIREMENTS}", *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"layers/deps: pip failed: {done.stderr.strip()}")


def _strip(folder: Path) -> int:
    """Remove what no handler reads and return the bytes that are left."""
    for path in sorted(folder.rglob("*")):
        if path.is_dir() and (path.name in ("tests", "__pycache__") or path == folder / "python" / "bin"):
            shutil.rmtree(path)
        elif path.suffix in (".pyi", ".pyc", ".h", ".a") and path.is_file():
            path.unlink()
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
