"""A zoo of small named datasets in the ana format: ``ZOO[name].build(folder)`` writes one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from ana_builder import (
    BLOCKS,
    BORDERS,
    CLASS_NAMES,
    CLASS_NUMBERS,
    DIAMOND,
    EMAIL,
    ENVIRONMENT,
    HOLES,
    MAP_TEXT,
    PARTS,
    Dataset,
    convert_dataset,
    entry,
    grid,
    many_classes,
    objects,
    source_warnings,
    tree_of,
)

from labelmill.formats import FORMAT_IDS

__all__ = [  # for the tests, which see one module
    "BLOCKS", "BORDERS", "CLASS_NAMES", "CLASS_NUMBERS", "DIAMOND", "EMAIL", "ENVIRONMENT", "HOLES", "MAP_TEXT",
    "PARTS", "Dataset", "convert_dataset", "entry", "grid", "many_classes", "objects", "source_warnings",
    "tree_of",
]  # fmt: skip


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
    d.scene(
        "a",
        BLOCKS,
        entries=[first, double, entry(BLOCKS, 2)],
        objects=[*objects("Cube", "Ball"), {"id": 1, "type": "Rare"}],
    )


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
    d.scene(
        "a",
        BLOCKS,
        mask=False,
        entries=[{"id": 1, "bbox": [1, 1, 1, 1]}, {"id": 2, "bbox": [5, 2, 1, 2], "segmentation": []}],
    )


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


ODD_STEMS = ("-ana", "Cam.v1", "a b", 'it\'s "so" <&> ]]>', "percent%s%d {x}", "straße-東京-😀", "+#;,=~^")


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
    d.scene(
        "lie",
        BLOCKS,
        mask=False,
        sensor={"resolution": [6, 4]},
        entries=[{**entry(BLOCKS, i), "bbox": [1, 1, 1, 1]} for i in (1, 2)],
    )


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


@animal("all.png", "none.png")
def geography(d: Dataset) -> None:
    """Everything that GeoCOCO asks for, and nothing of it."""
    extra = {
        "centroid": [3, 5], "size": [4.0, 2.0, 1.0], "rotation": [0.0, 0.0, 2.0], "keypoints": [5, 2, 6, 4],
        "classification": "SECRET",
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
