"""Tiny datasets, broken on purpose where a test asks for it, and ways to run the command on them."""

from __future__ import annotations

import hashlib
import io
import json
import os
import resource
import struct
import subprocess
import sys
import tarfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from labelmill.cli.main import run
from labelmill.convert.written import MANIFEST

WIDTH, HEIGHT = 32, 24
CLASSES = ("Cube", "Ball")
MAP_TEXT = """\
classes:
  0: [toy, Block]
  5: [toy, Globe]
properties:
  obj['type'] == 'Cube': 0
  obj['type'] == 'Ball': 5
"""


Archives = dict[str, tuple[str, bytes]]


class Result(NamedTuple):
    """What a run said: exit code, stdout, stderr."""

    code: int
    out: str
    err: str


def labelmill(capsys: pytest.CaptureFixture[str], *arguments: object) -> Result:
    """Run the command in this process."""
    capsys.readouterr()
    code = run([str(argument) for argument in arguments])
    captured = capsys.readouterr()
    return Result(code, captured.out, captured.err)


def process(*arguments: object, env: dict[str, str] | None = None, **options: Any) -> Result:
    """Run the command in a process of its own."""
    done = subprocess.run(
        command(*arguments), capture_output=True, check=False, env={**os.environ, **(env or {})}, timeout=60, **options
    )
    return Result(done.returncode, done.stdout.decode(), done.stderr.decode())


def command(*arguments: object) -> list[str]:
    """The command line of a process of its own."""
    return [sys.executable, "-m", "labelmill", *map(str, arguments)]


def archives(source: Path, out: Path, format_ids: Iterable[str], map_file: Path | None = None, *more: str) -> Archives:
    """What ``convert --archive`` makes of a dataset: format -> name and bytes of its zip."""
    chosen = [argument for format_id in format_ids for argument in ("--format", format_id)]
    chosen += ["--map", str(map_file)] if map_file else []
    assert run(["convert", str(source), *chosen, "--archive", "--out", str(out), "--workers", "1", *more]) in (0, 1)
    found = {path.parent.name.upper(): (path.name, path.read_bytes()) for path in out.glob("*/*.zip")}
    assert set(found) == set(format_ids)
    return found


def png(width: int, height: int, *, depth: int = 8, colour: int = 2, fill: bytes | None = None) -> bytes:
    """A PNG of one value; ``fill`` is one pixel."""
    fill = fill or b"\x40\x60\x80"
    return png_of_rows(width, height, (b"\0" + fill * width) * height, depth=depth, colour=colour)


def png_of_rows(width: int, height: int, rows: bytes, *, depth: int = 8, colour: int = 2) -> bytes:
    """A PNG with a header that says what it is told to."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body)) for name, body in chunks
    )


def mask_png(width: int = WIDTH, height: int = HEIGHT, boxes: Iterable[tuple[int, int, int, int, int]] = ()) -> bytes:
    """A 16-bit mask; ``boxes`` are ``id, x, y, w, h`` with the source's w and h, later ones on top."""
    ids = [[0] * width for _ in range(height)]
    for number, x, y, w, h in boxes:
        for row in ids[y : y + h + 1]:
            row[x : x + w + 1] = [number] * (w + 1)
    return png_of_rows(width, height, b"".join(b"\0" + struct.pack(f">{width}H", *r) for r in ids), depth=16, colour=0)


def ring(x: int, y: int, w: int, h: int) -> list[int]:
    """The dense outer contour of a box, walked as the source's border follower does: down first."""
    left = [(x, v) for v in range(y, y + h)]
    bottom = [(u, y + h) for u in range(x, x + w)]
    right = [(x + w, v) for v in range(y + h, y, -1)]
    top = [(u, y) for u in range(x + w, x, -1)]
    return [number for point in left + bottom + right + top for number in point]


def entry(number: int, x: int, y: int, w: int, h: int, **more: Any) -> dict[str, Any]:
    """An annotation entry with a box and its contour."""
    return {"id": number, "bbox": [x, y, w, h], "segmentation": [ring(x, y, w, h)], **more}


class Dataset:
    """A dataset folder that tests may break.

    Three images of 32x24: ``a`` has a Cube (id 1) and a Ball (id 2), ``b`` a Cube, ``c`` nothing.
    """

    def __init__(self, path: Path, *, masks: bool = True) -> None:
        self.path = path
        for folder in ("annotations", "metadata", "images", *(("masks",) if masks else ())):
            (path / folder).mkdir(parents=True)
        self.add("a", ("Cube", 2, 3, 9, 4), ("Ball", 20, 10, 5, 6), mask=masks)
        self.add("b", ("Cube", 0, 0, 31, 23), mask=masks)
        self.add("c", mask=masks)

    def add(self, stem: str, *objects: tuple[str, int, int, int, int], mask: bool = False, image: bool = True) -> None:
        """Add an image with objects: type and box."""
        entries = [entry(i, *box) for i, (_, *box) in enumerate(objects, 1)]
        kinds = [{"id": i, "type": kind} for i, (kind, *_) in enumerate(objects, 1)]
        self.json(f"annotations/{stem}-ana.json", {"filename": f"{stem}.png", "annotations": entries})
        self.json(f"metadata/{stem}-metadata.json", {"filename": f"{stem}.png", "objects": kinds})
        if image:
            self.write(f"images/{stem}.png", png(WIDTH, HEIGHT))
        if mask:
            self.write(f"masks/{stem}.png", mask_png(boxes=[(i, *box) for i, (_, *box) in enumerate(objects, 1)]))

    def write(self, name: str, data: bytes | str) -> None:
        """Write a file."""
        (self.path / name).write_bytes(data.encode() if isinstance(data, str) else data)

    def json(self, name: str, value: Any) -> None:
        """Write a JSON file."""
        self.write(name, json.dumps(value))

    def remove(self, name: str) -> None:
        """Delete a file."""
        (self.path / name).unlink()


def zip_of_files(files: dict[str, bytes]) -> bytes:
    """Pack files by their names."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return packed.getvalue()


def zip_of(folder: Path, target: Path, below: str = "") -> Path:
    """Pack a folder's files."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                packed.write(path, below + path.relative_to(folder).as_posix())
    return target


def tar_of(folder: Path, target: Path) -> Path:
    """Pack a folder, with the folder; gzipped when the name ends in ``gz``."""
    with tarfile.open(target, "w:gz" if target.name.endswith("gz") else "w") as packed:
        packed.add(folder, folder.name)
    return target


def tar_with(target: Path, *infos: tarfile.TarInfo) -> Path:
    """A tar of made-up members without data."""
    with tarfile.open(target, "w") as packed:
        for info in infos:
            packed.addfile(info, io.BytesIO(b"\0" * info.size))
    return target


def tree(folder: Path) -> dict[str, str]:
    """Every file below a folder, hidden ones too, with a hash of its bytes."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def outputs(folder: Path) -> dict[str, str]:
    """``tree`` but for the lists of what runs wrote."""
    return {name: digest for name, digest in tree(folder).items() if Path(name).name != MANIFEST}


def entries_of(folder: Path) -> list[str]:
    """Everything below a folder, folders too, but for the lists of what runs wrote."""
    found = [path for path in folder.rglob("*") if path.name != MANIFEST] if folder.exists() else []
    return sorted(path.relative_to(folder).as_posix() for path in found)


@contextmanager
def file_size_limit(size_bytes: int) -> Iterator[None]:
    """The system refuses to make any file larger, as if the disk were full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
