"""A zoo of small named datasets in the ana format, and the tools that build them.

Everything here is written independently of the library: contours are traced pixel by pixel, images are made
with Pillow. ``ZOO[name].build(folder)`` writes a dataset; ``convert_dataset`` runs the library on one.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from labelmill.convert.convert import convert
from labelmill.convert.job import Options
from labelmill.convert.report import Report
from labelmill.formats import FORMAT_IDS
from labelmill.maps.annotation_map import parse_map
from labelmill.source.open_source import open_source
from PIL import Image

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

Ids = "np.ndarray[Any, np.dtype[np.uint16]]"

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
    first = next(
        (d % 8 for d in range(back, back + 8) if f[y0 + _STEPS[d % 8][1], x0 + _STEPS[d % 8][0]]), None
    )
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
        picture = Image.effect_noise((width, height), 50).convert(mode)
        picture.save(self.root / "images" / name)

    def mask(self, stem: str, ids: Any) -> None:
        """An id mask."""
        (self.root / "masks").mkdir(exist_ok=True)
        Image.fromarray(np.asarray(ids, np.uint16)).save(self.root / "masks" / f"{stem}.png")

    def labels(self, stem: str, entries: Iterable[Any], *, filename: str | None = None, suffix: str = "-ana.json") -> None:
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


@dataclass(frozen=True)
class Animal:
    """One dataset of the zoo.

    Attributes:
        name: Its key.
        build: Writes it into a folder that does not exist yet.
        map_text: The map that goes with it.
        refused: Formats that refuse it before any work.
        failures: Images left out of every format.
        images: Names of the images that every format (but for ``partial``) holds.
        partial: Format -> images that this one leaves out besides.
    """

    name: str
    build: Callable[[Path], None]
    images: tuple[str, ...]
    map_text: str = MAP_TEXT
    refused: frozenset[str] = frozenset()
    failures: tuple[str, ...] = ()
    partial: dict[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def format_ids(self) -> tuple[str, ...]:
        """The formats that take it."""
        return tuple(i for i in FORMAT_IDS if i not in self.refused)


ZOO: dict[str, Animal] = {}


def animal(*images: str, **facts: Any) -> Callable[[Callable[[Dataset], None]], Callable[[Dataset], None]]:
    """Register a dataset under its function's name."""

    def register(fill: Callable[[Dataset], None]) -> Callable[[Dataset], None]:
        ZOO[fill.__name__] = Animal(fill.__name__, lambda root: fill(Dataset(root)), images, **facts)
        return fill

    return register


def convert_dataset(
    path: Path, out: Path, format_ids: Iterable[str] = FORMAT_IDS, map_text: str | None = MAP_TEXT, *, workers: int = 1, **options: Any
) -> Report:
    """Convert a dataset (folder or archive) into ``out/<format id in lower case>``."""
    source = open_source(path)
    try:
        annotation_map = parse_map(map_text.encode(), "zoo-map.yml") if map_text is not None else None
        return convert(source, annotation_map, Options(tuple(format_ids), **options), out, workers=workers)
    finally:
        source.close()


def tree_of(folder: Path) -> dict[str, bytes]:
    """All files below a folder."""
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


@animal()
def empty(d: Dataset) -> None:
    """No image at all."""


@animal("a.png", "b.png")
def nothing_visible(d: Dataset) -> None:
    """An image without a visible object, and one without any."""
    d.image("a.png", 9, 7)
    d.labels("a", [])
    d.meta("a", objects("Cube"))
    d.image("b.png", 9, 7)
    d.labels("b", [])
    d.meta("b", [])


@animal("a.png")
def one_pixel(d: Dataset) -> None:
    """An object of one pixel."""
    d.scene("a", grid("....", "..1.", "...."))


@animal("a.png", "full.png")
def borders(d: Dataset) -> None:
    """An object at each border, and one that fills its image."""
    d.scene("a", BORDERS)
    d.scene("full", np.ones((5, 6), np.uint16))


@animal("a.png", "maskless.png")
def holes(d: Dataset) -> None:
    """An object with two holes, with a mask and without one."""
    d.scene("a", HOLES)
    d.scene("maskless", HOLES, mask=False)


@animal("a.png", "maskless.png")
def parts(d: Dataset) -> None:
    """An object of three parts."""
    d.scene("a", PARTS)
    d.scene("maskless", PARTS, mask=False)


@animal("a.png", "maskless.png")
def diagonal_ring(d: Dataset) -> None:
    """A wall of diagonal pixels: its outer ring and its hole have the same pixels."""
    d.scene("a", DIAMOND)
    d.scene("maskless", DIAMOND, mask=False)


@animal("a.png")
def class_zero(d: Dataset) -> None:
    """Only objects of class 0."""
    d.scene("a", BLOCKS, ["Cube"])


@animal("a.png")
def object_without_annotation(d: Dataset) -> None:
    """Metadata knows an object more."""
    d.scene("a", BLOCKS, objects=objects("Cube", "Ball", "Cube"))


@animal("a.png")
def annotation_without_object(d: Dataset) -> None:
    """The second entry has no object."""
    d.scene("a", BLOCKS, objects=objects("Cube"))


@animal("a.png")
def duplicate_ids(d: Dataset) -> None:
    """Two entries and two objects of one id: the first of each counts."""
    first = entry(BLOCKS, 1)
    double = {**entry(BLOCKS, 2), "id": 1}
    d.scene("a", BLOCKS, entries=[first, double, entry(BLOCKS, 2)], objects=[*objects("Cube", "Ball"), {"id": 1, "type": "Rare"}])


@animal("a.png")
def only_ids(d: Dataset) -> None:
    """Entries of nothing but ids; the mask knows the rest; id 3 is nowhere in it."""
    d.scene("a", HOLES, entries=[{"id": 1}, {"id": 2}, {"id": 3}], objects=objects("Cube", "Ball", "Cube"))


@animal("a.png")
def only_ids_maskless(d: Dataset) -> None:
    """Entries of nothing but ids and no mask."""
    d.scene("a", BLOCKS, mask=False, entries=[{"id": 1}, {"id": 2}])


@animal("a.png")
def only_boxes(d: Dataset) -> None:
    """Boxes without contours or mask."""
    d.scene("a", BLOCKS, mask=False, entries=[{"id": 1, "bbox": [1, 1, 1, 1]}, {"id": 2, "bbox": [5, 2, 1, 2], "segmentation": []}])


@animal("a.png")
def only_contours(d: Dataset) -> None:
    """Contours without boxes."""
    d.scene("a", HOLES, mask=False, entries=[{k: v for k, v in entry(HOLES, i).items() if k != "bbox"} for i in (1, 2)])


@animal("a.png")
def flat_segmentation(d: Dataset) -> None:
    """One flat list of numbers for a contour."""
    flat = [{**e, "segmentation": e["segmentation"][0]} for e in (entry(BLOCKS, 1), entry(BLOCKS, 2))]
    d.scene("a", BLOCKS, mask=False, entries=flat)


@animal("0000000000-0-Pan-ana-cam.png", "0000000000-0-Panacam.png", "0000000001-12-Panacam.png")
def panacam(d: Dataset) -> None:
    """Sensor names that hold ``ana``."""
    for stem in ("0000000000-0-Panacam", "0000000001-12-Panacam", "0000000000-0-Pan-ana-cam"):
        d.scene(stem, BLOCKS)


ODD_STEMS = ("-ana", "Cam.v1", "a b", "it's \"so\" <&> ]]>", "percent%s%d {x}", "straße-東京-😀", "+#;,=~^")


@animal(*sorted(f"{stem}.png" for stem in ODD_STEMS))
def odd_names(d: Dataset) -> None:
    """Dots, spaces, quotes, XML's and format strings' characters, non-ASCII."""
    for stem in ODD_STEMS:
        d.scene(stem, BLOCKS)


@animal("a.png", "b.jpg", "c.png", "d.png")
def several_sizes(d: Dataset) -> None:
    """Every image has its own size; one is a JPEG, one is known by its stated resolution alone."""
    d.scene("a", BLOCKS)
    d.scene("b", HOLES, image=False)
    d.image("b.jpg", HOLES.shape[1], HOLES.shape[0])
    d.scene("c", DIAMOND)
    d.scene("d", PARTS, image=False, mask=False, sensor={"resolution": [8, 4]})


@animal("a.png", "grey.png")
def bands(d: Dataset) -> None:
    """RGBA and grey images."""
    d.scene("a", BLOCKS, image=False)
    d.image("a.png", 8, 6, "RGBA")
    d.scene("grey", BLOCKS, image=False)
    d.image("grey.png", 8, 6, "L")


@animal("lie.png", "true.png")
def boxes_beyond(d: Dataset) -> None:
    """One resolution is too small for its boxes; one is true."""
    d.scene("lie", BLOCKS, sensor={"resolution": [6, 4]})
    d.scene("true", BLOCKS, sensor={"resolution": [8, 6]})


@animal("lie.png")
def contours_beyond(d: Dataset) -> None:
    """Boxes fit a resolution that contours reach beyond; no mask."""
    d.scene("lie", BLOCKS, mask=False, sensor={"resolution": [6, 4]}, entries=[{**entry(BLOCKS, i), "bbox": [1, 1, 1, 1]} for i in (1, 2)])


@animal("a.png", "b.png", failures=("nowhere.png",))
def missing_image(d: Dataset) -> None:
    """Sizes from the resolution, from the mask, from nowhere."""
    d.scene("a", BLOCKS, image=False, mask=False, sensor={"resolution": [8, 6]})
    d.scene("b", BLOCKS, image=False)
    d.scene("nowhere", BLOCKS, image=False, mask=False)


@animal("negative.png", failures=("styled.png",))
def missing_metadata(d: Dataset) -> None:
    """Entries without metadata are an error, no entries without metadata are a negative."""
    for stem, count in (("negative", 0), ("styled", 2)):
        d.image(f"{stem}.png", 8, 6)
        d.labels(stem, [entry(BLOCKS, i) for i in range(1, count + 1)])


@animal("a.png", "b.png")
def other_suffixes(d: Dataset) -> None:
    """``-ann.json`` and ``-meta.json``."""
    d.image("a.png", 8, 6)
    d.labels("a", [entry(BLOCKS, 1)], suffix="-ann.json")
    d.meta("a", objects("Cube"), suffix="-meta.json")
    d.scene("b", BLOCKS)


@animal("a.png", "b.png")
def swapped_metadata(d: Dataset) -> None:
    """The metadata files' names are swapped: the ``filename`` inside counts."""
    for stem, other, types in (("a", "b", ("Cube", "Ball")), ("b", "a", ("Rare", "Rare"))):
        d.image(f"{stem}.png", 8, 6)
        d.mask(stem, BLOCKS)
        d.labels(stem, [entry(BLOCKS, 1), entry(BLOCKS, 2)])
        d.meta(other, objects(*types), filename=f"{stem}.png")


@animal("a.png")
def filename_outside(d: Dataset) -> None:
    """A ``filename`` that leads out of the folder counts as absent."""
    d.scene("a", BLOCKS, filename="/etc/passwd")
    d.labels("a", [entry(BLOCKS, 1)], filename="../../evil.png")


def many_classes(count: int) -> str:
    """A map of so many classes, numbered from 3 in steps of 5."""
    classes = "".join(f"  {3 + 5 * i}: [none, C{i}]\n" for i in range(count))
    rules = "".join(f"  obj['type'] == 'T{i}': {3 + 5 * i}\n" for i in range(count))
    return f"classes:\n{classes}properties:\n{rules}"


@animal("a.png", map_text=many_classes(254))
def classes_254(d: Dataset) -> None:
    """As many classes as SageMaker SS holds; the last one is in use."""
    d.scene("a", BLOCKS, ["T0", "T253"])


@animal("a.png", map_text=many_classes(255), refused=frozenset({"SAGEMAKER_SS"}))
def classes_255(d: Dataset) -> None:
    """One class too many for SageMaker SS."""
    d.scene("a", BLOCKS, ["T0", "T254"])


@animal("a.png", "b.png")
def misshapen_fields(d: Dataset) -> None:
    """NaN, three numbers, texts for numbers: absent, the rest counts."""
    d.scene(
        "a", BLOCKS,
        entries=[
            {**entry(BLOCKS, 1), "bbox": [1, 1, 1], "truncated": "yes", "distance": float("nan")},
            {**entry(BLOCKS, 2), "bbox": ["5", 2, 1, 2], "obstruction": "0.5", "size": [1, 2], "keypoints": "no"},
            {**entry(BLOCKS, 2), "id": "2"},
        ],
        sensor={"resolution": [8.5, "6"], "focal_length": float("nan"), "lens_type": 3, "camera_size": [1]},
        environment={"lat": "north", "lon": float("inf"), "bottom": None, "right": {}},
    )  # fmt: skip
    d.scene("b", BLOCKS, sensor="none", environment=[], date=17)


@animal("a.png", "bom.png", failures=("deep.png", "latin.png", "list.png", "text.png"))
def misshapen_files(d: Dataset) -> None:
    """A BOM is fine; invalid UTF-8, deep JSON, no object and no list are errors; other files are ignored."""
    for stem in ("a", "bom", "deep", "latin", "list", "text"):
        d.scene(stem, BLOCKS)
    d.file("metadata/bom-metadata.json", b"\xef\xbb\xbf" + (d.root / "metadata/bom-metadata.json").read_bytes())
    d.file("annotations/bom-ana.json", b"\xef\xbb\xbf" + (d.root / "annotations/bom-ana.json").read_bytes())
    d.file("annotations/deep-ana.json", b'{"annotations": [], "x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}")
    d.file("annotations/latin-ana.json", '{"filename": "latin.png", "annotations": [], "x": "é"}'.encode("latin-1"))
    d.file("annotations/list-ana.json", b'{"filename": "list.png", "annotations": {"id": 1}}')
    d.file("metadata/text-metadata.json", b"not json")
    d.file("annotations/notes.txt", b"hello")
    d.file("annotations/Thumbs.db", b"\0\1\2")


@animal("missing.png", "ortho.png", "perspective.png")
def cameras(d: Dataset) -> None:
    """A lens with perspective, an orthographic one, and none."""
    extra = {
        "truncated": True, "obstruction": 0.25, "centroid": [3, 6], "distance": 10.0, "size": [4.0, 2.0, 1.5],
        "rotation": [0.0, None, 4.0],
    }  # fmt: skip
    entries = [entry(BLOCKS, 1), {**entry(BLOCKS, 2), **extra}]
    camera = {"lens_type": "Perspective", "focal_length": 50.0, "camera_size": 32.0}
    d.scene("perspective", BLOCKS, entries=entries, sensor=camera)
    d.scene("ortho", BLOCKS, entries=entries, sensor={**camera, "lens_type": "ORTHO"})
    d.scene("missing", BLOCKS, entries=entries)


ENVIRONMENT = {
    "lat": 48.5, "lon": 9.0, "bottom": 47.9, "right": 9.8, "name": "parent.tif", "checksum": "abc", "mimetype": "image/tiff",
    "image_type": "optical", "datetime": "2024-01-02T03:04:05Z", "sun_angle": 30.5, "sun_azimuth": 120.0, "renderer": "Blender",
    "cloud_cover": 0.1, "platform": "sat", "classification": "SECRET",
}  # fmt: skip


@animal("all.png", "none.png")
def geography(d: Dataset) -> None:
    """Everything that GeoCOCO asks for, and nothing of it."""
    extra = {
        "centroid": [3, 5], "size": [4.0, 2.0, 1.0], "rotation": [0.0, 0.0, 2.0], "keypoints": [5, 2, 6, 4], "classification": "SECRET",
    }  # fmt: skip
    sensor = {"azimuth": 20.0, "meters_per_pixel": 0.5, "gsd_at_nadir": 0.25, "look_angle": 12.0}
    d.scene("all", BLOCKS, entries=[{**entry(BLOCKS, 2), **extra}], sensor=sensor, environment=ENVIRONMENT)
    d.scene("none", BLOCKS, entries=[entry(BLOCKS, 2)])


@animal("corrupt.png", "size.png", "fine.png", partial={"SAGEMAKER_SS": ("corrupt.png", "size.png")})
def bad_masks(d: Dataset) -> None:
    """A mask of another size, and one that is no image."""
    for stem in ("fine", "size", "corrupt"):
        d.scene(stem, BLOCKS)
    d.mask("size", HOLES)
    d.file("masks/corrupt.png", (d.root / "masks/fine.png").read_bytes()[:60])


@animal("fine.png", failures=("corrupt.png", "size.png"))
def bad_masks_needed(d: Dataset) -> None:
    """The same masks, where an object has nothing else."""
    for stem in ("fine", "size", "corrupt"):
        d.scene(stem, BLOCKS, entries=[entry(BLOCKS, 1), {"id": 2}])
    d.mask("size", HOLES)
    d.file("masks/corrupt.png", (d.root / "masks/fine.png").read_bytes()[:60])


@animal("masked.png", "stated.png", failures=("lost.png",))
def corrupt_images(d: Dataset) -> None:
    """Unreadable images count as missing."""
    d.scene("stated", BLOCKS, mask=False, sensor={"resolution": [8, 6]})
    d.scene("masked", BLOCKS)
    d.scene("lost", BLOCKS, mask=False)
    for stem in ("stated", "masked", "lost"):
        d.file(f"images/{stem}.png", b"\x89PNG\r\n\x1a\nnothing more")


@animal("0.png", "1.png", "10.png", "2.png")
def specks(d: Dataset) -> None:
    """The mask holds ids that no entry lists; names are sorted as texts."""
    for stem in ("2", "10", "1", "0"):
        ids = BLOCKS.copy()
        ids[5, 0] = 500
        d.scene(stem, ids, entries=[entry(ids, 1), entry(ids, 2)], objects=objects("Cube", "Ball"))
