"""Builds datasets in the ana format by hand, and runs the library on them.

The building is independent of the library: contours are traced pixel by pixel, images are made with Pillow.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from labelmill.convert.convert import convert
from labelmill.convert.job import Options
from labelmill.convert.report import Report
from labelmill.convert.written import MANIFEST
from labelmill.formats import FORMAT_IDS, formats
from labelmill.maps.annotation_map import parse_map
from labelmill.source.open_source import open_source
from labelmill.source.tally import Finding

EMAIL = "someone.secret@example.com"
MAP_TEXT = """\
classes:
  7: [toys, round, Big Ball]
  0: [none, Cube]
  99: [none, 'R&D <1>']
properties:
  obj['type'] == 'Cube': 0
  obj['type'] == 'Ball': 7
  obj['type'] == 'Rare': 99
"""
CLASS_NAMES = ["Cube", "Big Ball", "R&D <1>"]  # in index order
CLASS_NUMBERS = [0, 7, 99]


# Clockwise as seen on the screen (y down), from east on.
_STEPS = ((1, 0), (1, 1), (0, 1), (-1, 1), (-1, 0), (-1, -1), (0, -1), (1, -1))


def grid(*rows: str) -> Any:
    """Object ids drawn as text: ``.`` is background, digits and letters are ids in base 36."""
    return np.array([[0 if c == "." else int(c, 36) for c in row] for row in rows], np.uint16)


def trace(pixels: Any) -> list[list[int]]:
    """Contours of a boolean mask as OpenCV's RETR_LIST and CHAIN_APPROX_NONE orient them (Suzuki and Abe 1985)."""
    f = np.pad(np.asarray(pixels, np.int64), 1)
    rings, number = [], 1
    for y in range(1, f.shape[0] - 1):
        for x in range(1, f.shape[1] - 1):
            if f[y, x] == 1 and f[y, x - 1] == 0:
                back = 4
            elif f[y, x] >= 1 and f[y, x + 1] == 0:
                back = 0
            else:
                continue
            number += 1
            rings.append(_follow(f, x, y, back, number))
    return rings[::-1]


def _follow(f: Any, x0: int, y0: int, back: int, number: int) -> list[int]:
    first = next((d % 8 for d in range(back, back + 8) if f[y0 + _STEPS[d % 8][1], x0 + _STEPS[d % 8][0]]), None)
    if first is None:
        f[y0, x0] = -number
        return [x0 - 1, y0 - 1]
    last = (x0 + _STEPS[first][0], y0 + _STEPS[first][1])
    ring: list[int] = []
    x, y, came = x0, y0, first
    while True:
        at_east_edge = False
        for turn in range(1, 9):
            d = (came - turn) % 8
            nx, ny = x + _STEPS[d][0], y + _STEPS[d][1]
            if f[ny, nx]:
                break
            at_east_edge |= d == 0
        if at_east_edge:
            f[y, x] = -number
        elif f[y, x] == 1:
            f[y, x] = number
        ring += [x - 1, y - 1]
        if (nx, ny) == (x0, y0) and (x, y) == last:
            return ring
        came = (d + 4) % 8
        x, y = nx, ny


def entry(ids: Any, object_id: int, **fields: Any) -> dict[str, Any]:
    """What a channel writes of one object of a mask."""
    pixels = ids == object_id
    rows, columns = np.flatnonzero(pixels.any(1)), np.flatnonzero(pixels.any(0))
    x, y = int(columns[0]), int(rows[0])
    box = [x, y, int(columns[-1]) - x, int(rows[-1]) - y]
    return {"id": object_id, "bbox": box, "segmentation": trace(pixels), **fields}


def objects(*types: str, start: int = 1) -> list[dict[str, Any]]:
    """Metadata objects with ids from ``start`` on."""
    return [{"id": start + i, "type": type_} for i, type_ in enumerate(types)]


class Dataset:
    """Writes the files of one dataset."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for folder in ("annotations", "metadata", "images"):
            (root / folder).mkdir(parents=True)
        self.file("dataset.yaml", f"channel: zoo\nname: zoo\nuser: {EMAIL}\n".encode())

    def file(self, path: str, data: bytes) -> None:
        """Any file."""
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)

    def json(self, path: str, tree: Any) -> None:
        """A JSON file; NaN is written as NaN."""
        self.file(path, json.dumps(tree, ensure_ascii=False).encode())

    def image(self, name: str, width: int, height: int, mode: str = "RGB") -> None:
        """A picture; its name's suffix decides the file format."""
        pixels = (np.arange(width * height) * 7 % 251).astype(np.uint8).reshape(height, width)
        Image.fromarray(pixels).convert(mode).save(self.root / "images" / name)

    def mask(self, stem: str, ids: Any) -> None:
        """An id mask."""
        (self.root / "masks").mkdir(exist_ok=True)
        Image.fromarray(np.asarray(ids, np.uint16)).save(self.root / "masks" / f"{stem}.png")

    def labels(
        self, stem: str, entries: Iterable[Any], *, filename: str | None = None, suffix: str = "-ana.json"
    ) -> None:
        """An annotation file."""
        tree = {"filename": filename or f"{stem}.png", "annotations": list(entries)}
        self.json(f"annotations/{stem}{suffix}", tree)

    def meta(self, stem: str, items: Iterable[Any], *, suffix: str = "-metadata.json", **fields: Any) -> None:
        """A metadata file."""
        tree = {"filename": f"{stem}.png", "channel": "zoo", "date": "2024-05-06T07:08:09", "objects": list(items)}
        self.json(f"metadata/{stem}{suffix}", tree | fields)

    def scene(
        self,
        stem: str,
        ids: Any,
        types: Sequence[str] = ("Cube", "Ball", "Rare", "Cube"),
        *,
        image: bool = True,
        mask: bool = True,
        entries: Iterable[Any] | None = None,
        **fields: Any,
    ) -> None:
        """A whole image: picture, mask, contours and metadata; ids run from 1."""
        count = int(ids.max())
        if image:
            self.image(f"{stem}.png", ids.shape[1], ids.shape[0])
        if mask:
            self.mask(stem, ids)
        self.labels(stem, [entry(ids, i) for i in range(1, count + 1)] if entries is None else entries)
        self.meta(stem, objects(*[types[i % len(types)] for i in range(count)]), **fields)


def many_classes(count: int) -> str:
    """A map of so many classes, numbered from 3 in steps of 5."""
    classes = "".join(f"  {3 + 5 * i}: [none, C{i}]\n" for i in range(count))
    rules = "".join(f"  obj['type'] == 'T{i}': {3 + 5 * i}\n" for i in range(count))
    return f"classes:\n{classes}properties:\n{rules}"


def convert_dataset(
    path: Path,
    out: Path,
    format_ids: Iterable[str] = FORMAT_IDS,
    map_text: str | None = MAP_TEXT,
    *,
    workers: int = 1,
    **options: Any,
) -> Report:
    """Convert a dataset (folder or archive) into ``out/<format id in lower case>``."""
    source = open_source(path)
    try:
        annotation_map = parse_map(map_text.encode(), "zoo-map.yml") if map_text is not None else None
        return convert(source, annotation_map, Options(tuple(format_ids), **options), out, workers=workers)
    finally:
        source.close()


def source_warnings(report: Report) -> dict[str, Finding]:
    """A report's warnings but for those of single formats' trainers."""
    titles = tuple(f"{spec.title}: " for spec in formats().values())
    return {what: finding for what, finding in report.warnings.items() if not what.startswith(titles)}


def tree_of(folder: Path) -> dict[str, bytes]:
    """All files below a folder but for the list of what a run wrote."""
    found = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != MANIFEST]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


BLOCKS = grid(
    "........",
    ".11.....",
    ".11..22.",
    ".....22.",
    ".....22.",
    "........",
)
HOLES = grid(
    "..........",
    ".1111111..",
    ".1..1..1..",
    ".1.11.11..",
    ".1111111..",
    "......22..",
)
DIAMOND = grid(
    "...1...",
    "..1.1..",
    ".1...1.",
    "1.....1",
    ".1...1.",
    "..1.1..",
    "...1...",
)
PARTS = grid(
    "11..11..",
    "11..11..",
    "........",
    "..1....2",
)
BORDERS = grid(
    "..11....",
    "........",
    "3......4",
    "3......4",
    "........",
    "....22..",
)
ENVIRONMENT = {
    "lat": 48.5, "lon": 9.0, "bottom": 47.9, "right": 9.8, "name": "parent.tif", "checksum": "abc",
    "mimetype": "image/tiff", "image_type": "optical", "datetime": "2024-01-02T03:04:05Z", "sun_angle": 30.5,
    "sun_azimuth": 120.0, "renderer": "Blender", "cloud_cover": 0.1, "platform": "sat", "classification": "SECRET",
}  # fmt: skip
