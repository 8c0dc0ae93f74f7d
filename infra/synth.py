"""Synthesize once for the same sources: ``python -m infra.synth [-c key=value …]`` prints the assembly's folder."""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ASSEMBLIES = ROOT / "build" / "cdk"
KEPT = 4
"""Assemblies that are kept. More than one, since a local cloud may still run on the one before."""


def synthesized(**context: str) -> Path:
    """Return the folder of the cloud assembly for these sources, synthesizing it if there is none yet.

    Args:
        context: Overrides ``cdk.json``, such as ``target="local"``.

    Raises:
        RuntimeError: If the stack cannot be synthesized; with what ``infra.app`` said.
    """
    folder = ASSEMBLIES / f"{context.get('target', 'aws')}-{_hash_of_sources(context)}"
    if folder.exists():
        folder.touch()
        return folder
    unfinished = folder.with_name(f"{folder.name}.{os.getpid()}")
    command = [sys.executable, "-m", "infra.app", f"--output={unfinished}"]
    command += [f"--context={key}={value}" for key, value in sorted(context.items())]
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(done.stderr.strip())
        # Renaming last: half an assembly never looks like a whole one, and two test workers at once do no harm.
        if not folder.exists():
            unfinished.rename(folder)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    _forget_old()
    return folder


def template(assembly: Path) -> Path:
    """Return the path of the stack's template in an assembly."""
    return next(assembly.glob("*.template.json"))


def _hash_of_sources(context: dict[str, str]) -> str:
    digest = hashlib.sha256(json.dumps(context, sort_keys=True).encode())
    for package in ("aws-cdk-lib", "cdk-nag", "constructs"):
        digest.update(f"{package}={version(package)}\n".encode())
    digest.update(sys.version.encode())
    for path in _sources():
        digest.update(f"{path.relative_to(ROOT)}\n".encode() + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]


def _sources() -> Iterator[Path]:
    yield ROOT / "cdk.json"
    for folder in ("functions", "infra", "layers"):
        for path in sorted((ROOT / folder).rglob("*")):
            parts = path.relative_to(ROOT).parts
            # The local cloud deploys the template but adds nothing to it.
            made = {"__pycache__", "node_modules"} & {*parts} or any(
                part.endswith((".egg-info", "_cache")) for part in parts
            )
            if path.is_file() and not made and parts[:2] != ("infra", "local"):
                yield path


def _forget_old() -> None:
    finished = [path for path in ASSEMBLIES.iterdir() if not path.suffix]
    for path in sorted(finished, key=lambda path: path.stat().st_mtime, reverse=True)[KEPT:]:
        shutil.rmtree(path, ignore_errors=True)


def main(arguments: list[str]) -> None:
    """Parse the command line, synthesize and print where."""
    parser = argparse.ArgumentParser(prog="python -m infra.synth", description="Synthesize once for the same sources.")
    parser.add_argument("-c", "--context", action="append", default=[], metavar="KEY=VALUE")
    pairs = [pair.partition("=") for pair in parser.parse_args(arguments).context]
    try:
        folder = synthesized(**{key: value for key, _, value in pairs})
    except RuntimeError as error:
        sys.exit(str(error))
    sys.stdout.write(f"{folder}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
