"""What people see of a dataset: labels as a conversion has them, pictures, numbers."""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from zoo import MAP_TEXT, ZOO, Dataset, entry, grid, objects

from labelmill.convert.planning import with_plan
from labelmill.convert.report import Report
from labelmill.errors import ImageError
from labelmill.images.errors import ImageDataError
from labelmill.look import labels as look_labels
from labelmill.look import pixels
from labelmill.look.labels import ImageLabels, read_labels
from labelmill.look.numbers import BINS, EDGES_PX, bin_bounds, count_images, count_types, size_bin
from labelmill.look.pixels import scale
from labelmill.maps import AnnotationMap, parse_map
from labelmill.model import Instance
from labelmill.source.open_source import open_source

IN_COCO = sorted(name for name, animal in ZOO.items() if "COCO" in animal.format_ids)


def labels_of(folder: Path, annotation_map: AnnotationMap | None) -> dict[str, ImageLabels]:
    """Of all images that can be converted."""
    source = open_source(folder)

    def use(plan: Any) -> dict[str, ImageLabels]:
        found = {}
        for one in plan.entries:
            try:
                found[one.name] = read_labels(source, one, annotation_map, by_filename=plan.by_filename)
            except ImageError:
                continue
        return found

    return with_plan(source, 1, use)


def painted(rings: list[list[float]], width: int, height: int) -> int:
    """Pixels whose centres are inside of rings, by the even-odd rule."""
    inside = np.zeros((height, width), bool)
    for ring in rings:
        points = list(zip(ring[::2], ring[1::2], strict=True))
        for (x0, y0), (x1, y1) in zip(points, [*points[1:], points[0]], strict=True):
            for row in range(height):
                centre = row + 0.5
                if (y0 <= centre) != (y1 <= centre):
                    crossing = x0 + (centre - y0) * (x1 - x0) / (y1 - y0)
                    inside[row] ^= np.arange(width) + 0.5 > crossing
    return int(inside.sum())


@pytest.mark.parametrize("name", IN_COCO)
def test_labels_are_those_of_a_conversion(
    name: str, zoo_folder: Callable[[str], Path], zoo_output: Callable[[str], tuple[Path, Report]]
) -> None:
    """Against COCO, which keeps boxes, areas and classes of every object."""
    output, _ = zoo_output(name)
    file = output / "coco/coco.json"
    coco = json.loads(file.read_text())
    names = {one["id"]: one["file_name"].rpartition("/")[2] for one in coco["images"]}
    sizes = {one["file_name"].rpartition("/")[2]: (one["width"], one["height"]) for one in coco["images"]}
    wanted = Counter(
        (names[one["image_id"]], one["category_id"], *map(float, one["bbox"])) for one in coco["annotations"]
    )
    found = labels_of(zoo_folder(name), parse_map(ZOO[name].map_text.encode(), "map.yaml"))
    assert {image: (one.width, one.height) for image, one in found.items()} == sizes
    boxes = Counter(
        (image, label.category.number, *_extents(label.box))
        for image, one in found.items()
        for label in one.labels
        if label.category is not None
    )
    assert boxes == wanted
    areas: Counter[str] = Counter()
    for one in coco["annotations"]:
        areas[names[one["image_id"]]] += one["area"]
    if name in ("holes", "parts", "one_pixel", "borders", "only_ids", "diagonal_ring"):
        for image, one in found.items():
            shown = [label for label in one.labels if label.category is not None and label.contours]
            assert sum(painted(label.contours, one.width, one.height) for label in shown) == areas[image], image


def _extents(box: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    return box[0], box[1], box[2] - box[0], box[3] - box[1]


@pytest.fixture
def mixed(tmp_path: Path) -> Path:
    """Three objects: one of a class, one that no rule takes, one without a type; none has a box."""
    dataset = Dataset(tmp_path / "mixed")
    ids = grid("11..", "1.22", "..2.", "3...")
    kept = [{k: v for k, v in entry(ids, i).items() if k in ("id", "segmentation")} for i in (1, 2, 3)]
    kept[2].pop("segmentation")
    dataset.scene("a", ids, entries=kept, objects=[*objects("Cube", "Unknown"), {"id": 3}])
    return tmp_path / "mixed"


def test_what_no_rule_takes_is_shown(mixed: Path) -> None:
    read = parse_map(b"classes: {4: [block, cube]}\nproperties:\n  obj['type'] == 'Cube': 4\n", "m.yaml")
    (found,) = labels_of(mixed, read).values()
    told = {one.id: (one.type, one.category and one.category.name, one.box) for one in found.labels}
    assert told == {
        1: ("Cube", "cube", (0, 0, 2, 2)),
        2: ("Unknown", None, (2, 1, 4, 3)),
        3: (None, None, (0, 3, 1, 4)),
    }
    assert [painted(one.contours, 4, 4) for one in found.labels] == [3, 3, 1]
    assert (found.objects, found.bare) == (3, 0)


@pytest.mark.parametrize("about", ["obj['id'] == {}", "ann['pixels'] == {}"])
def test_what_is_dropped_and_ignored_is_shown_apart(about: str, tmp_path: Path) -> None:
    """Asked before objects are placed, and after it."""
    dataset = Dataset(tmp_path / "mixed")
    dataset.scene("a", grid("11122.", "4.3333"), objects=objects("Cube", "Cube", "Cube", "Unknown"))
    drop, ignore = (about.format(number) for number in ((2, 3) if "id" in about else (2, 4)))
    text = f"classes: {{4: cube}}\nproperties:\n  obj['type'] == 'Cube': 4\ndrop: [{drop!r}]\nignore: [{ignore!r}]\n"
    (found,) = labels_of(tmp_path / "mixed", parse_map(text.replace("\\'", "''").encode(), "m.yaml")).values()
    told = {one.id: (one.category and one.category.name, one.filter) for one in found.labels}
    assert told == {1: ("cube", ""), 2: (None, "drop"), 3: ("cube", "ignore"), 4: (None, "")}


def test_without_a_map_types_are_classes(mixed: Path) -> None:
    (found,) = labels_of(mixed, None).values()
    assert [(one.id, one.category and one.category.name) for one in found.labels] == [
        (1, "Cube"),
        (2, "Unknown"),
        (3, None),
    ]


def test_too_much_is_cut_and_said(mixed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(look_labels, "MAX_OBJECTS", 2)
    monkeypatch.setattr(look_labels, "MAX_CORNERS", 7)
    (found,) = labels_of(mixed, None).values()
    assert (len(found.labels), found.objects, found.bare, found.corners) == (2, 3, 1, 6)
    assert [bool(one.contours) for one in found.labels] == [True, False]


def picture(kind: str, mode: str = "RGB", size: tuple[int, int] = (400, 200), **more: Any) -> bytes:
    out = io.BytesIO()
    image = Image.new(mode, size, 3 if mode.startswith(("I", "F")) else None)
    image.putpixel((1, 1), 1 if mode in ("1", "P") or mode.startswith(("I", "F")) else image.getpixel((0, 0)))
    image.save(out, kind, **more)
    return out.getvalue()


@pytest.mark.parametrize(
    ("kind", "mode"),
    [
        *(("PNG", mode) for mode in ("1", "L", "LA", "P", "RGB", "RGBA", "I;16")),
        *(("JPEG", mode) for mode in ("L", "RGB", "CMYK")),
        *(("TIFF", mode) for mode in ("F", "I", "I;16", "CMYK", "RGBA", "LAB")),
        *((kind, "RGB") for kind in ("BMP", "WEBP", "GIF", "PPM", "JPEG2000")),
    ],
)
@pytest.mark.parametrize("width", [160, 1024])
def test_every_kind_of_picture(kind: str, mode: str, width: int) -> None:
    made = scale(picture(kind, mode), width)
    shown = Image.open(io.BytesIO(made.data))
    assert shown.size == (made.width, made.height) == ((160, 80) if width == 160 else (400, 200))
    assert made.content_type == Image.MIME[shown.format or ""]
    assert made.content_type in ("image/webp", "image/jpeg")


def test_deep_pictures_show_their_range() -> None:
    out = io.BytesIO()
    Image.fromarray(np.linspace(1000, 1200, 64 * 64).reshape(64, 64).astype(np.uint16)).save(out, "PNG")
    shown = np.asarray(Image.open(io.BytesIO(scale(out.getvalue(), 1024).data)).convert("L"))
    assert shown[0, 0] < 20 and shown[-1, -1] > 235


def test_tall_pictures_fit_too() -> None:
    made = scale(picture("PNG", "L", (10, 4000)), 160)
    assert (made.width, made.height) == (1, 160)


def test_exif_does_not_turn() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    made = scale(picture("JPEG", exif=exif), 160)
    assert (made.width, made.height) == (160, 80)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "can't be shown: expected PNG"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "can't be shown: expected PNG"),
        (picture("PNG")[:80], "can't be shown: "),
        (picture("JPEG")[:-200], "can't be shown: "),
    ],
)
def test_broken_pictures(data: bytes, said: str) -> None:
    with pytest.raises(ImageDataError) as caught:
        scale(data, 160)
    assert str(caught.value).startswith(said)
    assert "0x" not in str(caught.value)


def test_bombs_are_refused_by_their_headers() -> None:
    bomb = bytearray(picture("PNG", "L"))
    bomb[16:24] = (60_000).to_bytes(4, "big") * 2
    import zlib

    bomb[29:33] = zlib.crc32(bytes(bomb[12:29])).to_bytes(4, "big")
    with pytest.raises(ImageDataError, match=r"can't be shown: Image size .* exceeds limit|has 60000x60000 pixels"):
        scale(bytes(bomb), 160)


def test_large_pictures_are_made_small_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    noise = Image.fromarray(np.random.default_rng(1).integers(0, 255, (500, 500, 3), np.uint8))
    out = io.BytesIO()
    noise.save(out, "PNG")
    whole = scale(out.getvalue(), 1024)
    assert (whole.width, whole.height) == (500, 500)
    monkeypatch.setattr(pixels, "MAX_MADE_BYTES", 20_000)
    made = scale(out.getvalue(), 1024)
    assert len(made.data) <= 20_000 and made.width < 500


def test_numbers(mixed: Path) -> None:
    read = parse_map(b"classes: {4: cube, 5: ball}\nproperties:\n  obj['type'] == 'Cube': 4\n", "m.yaml")
    source = open_source(mixed)
    tally = with_plan(source, 1, lambda plan: count_images(source, plan.entries, read, by_filename=plan.by_filename))
    assert [(key, one.objects, one.images) for key, one in tally.classes.items()] == [((4, "cube", "cube"), 1, 1)]
    assert tally.report.left_out.ranked() == [("Unknown", 1), ("(no type)", 1)]
    bare = with_plan(source, 1, lambda plan: count_images(source, plan.entries, None, by_filename=plan.by_filename))
    assert [(key, one.objects) for key, one in bare.classes.items()] == [
        ((None, "Cube", "none"), 1),
        ((None, "Unknown", "none"), 1),
    ]
    types = with_plan(source, 1, lambda plan: count_types(source, plan.entries, by_filename=plan.by_filename))
    assert types.types.ranked() == [("Cube", 1), ("Unknown", 1), ("(no type)", 1)]
    tally.merge(tally)
    assert tally.report.left_out.total == 4


@pytest.mark.parametrize("name", ["several_sizes", "odd_names", "panacam"])
def test_numbers_are_those_of_the_report(
    name: str, zoo_folder: Callable[[str], Path], zoo_output: Callable[[str], tuple[Path, Report]]
) -> None:
    output, _ = zoo_output(name)
    file = output / "coco/coco.json"
    wanted = Counter(one["category_id"] for one in json.loads(file.read_text())["annotations"])
    source, read = open_source(zoo_folder(name)), parse_map(MAP_TEXT.encode(), "map.yaml")
    tally = with_plan(source, 1, lambda plan: count_images(source, plan.entries, read, by_filename=plan.by_filename))
    assert {key[0]: one.objects for key, one in tally.classes.items()} == wanted
    assert all(sum(one.sizes) == one.objects for one in tally.classes.values())


@pytest.mark.parametrize(
    ("width", "height", "bin_"), [(0.5, 0.5, 0), (2, 2, 1), (32, 32, EDGES_PX.index(32)), (9_000, 9_000, BINS - 1)]
)
def test_bins(width: float, height: float, bin_: int) -> None:
    box: Any = Instance(1, 0, 0.0, 0.0, float(width), float(height), None)  # type: ignore[arg-type]
    assert size_bin(box) == bin_
    first, end = bin_bounds()[bin_]
    assert first <= (width * height) ** 0.5 and (end is None or (width * height) ** 0.5 < end)
