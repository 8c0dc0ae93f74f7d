"""The Lambda layers, built by pip, without docker.

``core`` holds our own packages and ``deps`` what they need; ``api`` what only the functions of the HTTP API need, so
that the workflow's neither weigh nor load it.
"""

from __future__ import annotations

import compileall
import hashlib
import os
import py_compile
import shutil
import subprocess
import sys
import tempfile
from importlib.metadata import distribution
from pathlib import Path

from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.components.lock import hashed
from infra.components.node import node_folder, node_modules, node_packages, run

ROOT = Path(__file__).resolve().parents[2]
PYTHON_VERSION = "3.13"
BYTECODE = Path(__file__).with_name("bytecode.mjs")
LAYER_LIMIT_BYTES = {"deps": 150_000_000, "api": 40_000_000}
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
    """``versions`` for every function, ``of_api`` for those of the HTTP API; in the order Lambda unpacks them."""

    def __init__(self, scope: Construct, construct_id: str, *, wheels: str) -> None:
        super().__init__(scope, construct_id)
        core = lambda_.Code.from_asset(str(build_core(wheels)))
        self.versions = [
            self._packages("deps", wheels),
            self._version("Core", core, "labelmill and labelmill_aws"),
        ]
        self.of_api = [*self.versions, self._packages("api", wheels)]

    def _packages(self, layer: str, wheels: str) -> lambda_.LayerVersion:
        code = lambda_.Code.from_asset(str(build_dependencies(layer, wheels)))
        return self._version(
            layer.capitalize(), code, f"Third-party packages of {requirements_of(layer).relative_to(ROOT)}"
        )

    def _version(self, name: str, code: lambda_.Code, description: str) -> lambda_.LayerVersion:
        return lambda_.LayerVersion(
            self,
            name,
            code=code,
            description=description,
            compatible_architectures=[lambda_.Architecture.ARM_64],
            compatible_runtimes=[lambda_.Runtime.PYTHON_3_13],
        )


def requirements_of(layer: str) -> Path:
    """Return where the packages of the layer ``deps`` or ``api`` are listed."""
    return ROOT / "layers" / layer / "requirements.txt"


def build_dependencies(layer: str, wheels: str) -> Path:
    """Put the packages of a layer into ``build/layers/…`` and return that folder, which holds ``python/``.

    A folder is named by the hash of what went into it, so that the same requirements are put together once.

    Args:
        layer: ``deps`` or ``api``.
        wheels: ``lambda`` for those that Lambda runs on arm64, from the package index; ``installed`` for a copy of
            what the running interpreter has, which needs no network.

    Raises:
        RuntimeError: If pip fails, another version is installed than required, or the packages weigh more than a
            layer may.
    """
    recipe = "\n".join([requirements_of(layer).read_text(), *_compiled_by(wheels), *_FOR_LAMBDA])
    folder = ROOT / "build" / "layers" / f"{layer}-{wheels}-{hashlib.sha256(recipe.encode()).hexdigest()[:16]}"
    if folder.exists():
        return folder
    unfinished = folder.with_name(f"{folder.name}.{os.getpid()}")
    try:
        if wheels == "lambda":
            _install(layer, unfinished / "python")
        else:
            _copy_installed(layer, unfinished / "python")
        size = _strip(unfinished)
        _compile(unfinished, wheels)
        if size > LAYER_LIMIT_BYTES[layer]:
            raise RuntimeError(
                f"layers/{layer}: {size:,} bytes unpacked, expected {LAYER_LIMIT_BYTES[layer]:,} at most"
            )
        # Renaming last: an interrupted build never looks like a finished one, and two at once do no harm.
        if not folder.exists():
            unfinished.rename(folder)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return folder


def build_core(wheels: str) -> Path:
    """Copy our own packages into ``build/layers/…`` with their bytecode, and return that folder.

    Args:
        wheels: As in ``build_dependencies``.
    """
    source = ROOT / "layers" / "core"
    files = [path for path in sorted(source.rglob("*.py")) if path.is_file()]
    digest = hashlib.sha256("\n".join(_compiled_by(wheels)).encode())
    for path in files:
        digest.update(f"{path.relative_to(source)}\n".encode() + hashlib.sha256(path.read_bytes()).digest())
    folder = ROOT / "build" / "layers" / f"core-{wheels}-{digest.hexdigest()[:16]}"
    if folder.exists():
        return folder
    unfinished = folder.with_name(f"{folder.name}.{os.getpid()}")
    try:
        for path in files:
            place = unfinished / path.relative_to(source)
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, place)
        _compile(unfinished, wheels)
        if not folder.exists():
            unfinished.rename(folder)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return folder


def _compiled_by(wheels: str) -> list[str]:
    """What the bytecode comes from: for Lambda the same on every machine."""
    if wheels == "lambda":
        return [wheels, BYTECODE.read_text(), node_packages(ROOT / "infra").name]
    return [wheels, sys.version, sys.prefix]


def _compile(folder: Path, wheels: str) -> None:
    """Add bytecode of the Python that will run it: a cold start need not compile then.

    Files are named by their hashes, not their times, so that the same sources are the same bytes.
    """
    if wheels == "lambda":
        packages = node_modules(ROOT / "infra")
        run([str(node_folder() / "node"), str(BYTECODE), str(folder), PYTHON_VERSION, str(packages)])
    else:
        mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
        compileall.compile_dir(folder, quiet=2, invalidation_mode=mode, stripdir=str(folder), prependdir="/opt")


def requirements(layer: str) -> dict[str, str]:
    """Read the names and versions that a layer holds."""
    lines = [line for line in requirements_of(layer).read_text().splitlines() if line and not line.startswith("#")]
    return dict(line.split("==") for line in lines)


def _install(layer: str, into: Path) -> None:
    """Run pip, which takes no file whose hash the lock doesn't name.

    Bytecode is left out: it would make the asset's hash differ from one build to the next.
    """
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
    command += ["--no-compile", "--require-hashes", f"--target={into}", *_FOR_LAMBDA]
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as listed:
        listed.write(hashed(requirements(layer)))
        listed.flush()
        command.append(f"--requirement={listed.name}")
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"layers/{layer}: pip failed: {done.stderr.strip()}")


def _copy_installed(layer: str, into: Path) -> None:
    """Copy the packages out of the running interpreter's environment."""
    for name, required in requirements(layer).items():
        installed = distribution(name)
        if installed.version != required:
            raise RuntimeError(f"layers/{layer}: {name}: expected {required}, found {installed.version} installed")
        for file in installed.files or []:
            if ".." not in file.parts:  # scripts lie outside
                place = into / file
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(str(file.locate()), place)


def _strip(folder: Path) -> int:
    """Remove what no handler reads and return the bytes that are left."""
    for path in sorted(folder.rglob("*")):
        if path.is_dir() and (path.name in ("tests", "__pycache__") or path == folder / "python" / "bin"):
            shutil.rmtree(path)
        elif path.suffix in (".pyi", ".pyc", ".h", ".a") and path.is_file():
            path.unlink()
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
