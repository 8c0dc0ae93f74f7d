"""YOLO and YOLO segmentation, by hand and as labelformat reads them."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
import zoo
from labelformat.formats.yolov8 import YOLOv8ObjectDetectionInput
from PIL import Image
from ultralytics_rules import dataset_of, iou, label_of, least_bridges, mask_of, parts_of, segments_of

from labelmill.convert import convert as convert_module
from labelmill.convert.report import Report
from labelmill.formats import formats
from labelmill.sample import write_sample
from labelmill.split import parse_splits

Output = Callable[[str], tuple[Path, Report]]


def test_labels_by_hand(zoo_output: Output) -> None:
    out = zoo_output("borders")[0] / "yolo"
    # 8 x 6: (2+4)/2/8, (0+1)/2/6, 2/8, 1/6 and so on
    assert (out / "labels/a.txt").read_text() == (
        "0 0.375000 0.083333 0.250000 0.166667\n"
        "1 0.625000 0.916667 0.250000 0.166667\n"
        "2 0.062500 0.500000 0.125000 0.333333\n"
        "0 0.937500 0.500000 0.125000 0.333333\n"
    )
    assert (out / "labels/full.txt").read_text() == "0 0.500000 0.500000 1.000000 1.000000\n"


NAMES = {0: "Cube", 1: "Big Ball", 2: "R&D <1>"}
ODD_NAMES = [
    "'", '"', "- a: b", "1", "01", "1e3", "1_0", "0x1f", ".5", "1:30", ": #", "[x]", "no", "null", "yes", "on",
    "y", "~", "<<", "=", "!!str", "&a", "*a", "%x", "@", "`", "é😀", "日本語", "2001-01-01", " padded ", "x" * 300,
    "a  b", "a #b",
]  # fmt: skip


@pytest.mark.parametrize("format_id", ["yolo", "yolo_seg"])
def test_class_files(format_id: str, zoo_output: Output) -> None:
    out = zoo_output("borders")[0] / format_id
    assert (out / "classes.txt").read_text() == "Cube\nBig Ball\nR&D <1>\n"
    data = yaml.safe_load((out / "data.yaml").read_text())
    assert data == {"train": "images", "val": "images", "names": NAMES}
    assert list(data) == ["train", "val", "names"]


@pytest.mark.parametrize("format_id", ["YOLO", "YOLO_SEG"])
def test_class_names_survive_yaml(format_id: str, tmp_path: Path) -> None:
    dataset = zoo.Dataset(tmp_path / "d")
    ids = np.arange(1, len(ODD_NAMES) + 1, dtype=np.uint16)[None, :]
    dataset.scene("a", ids, ODD_NAMES)
    zoo.convert_dataset(dataset.root, tmp_path, [format_id], None, images=True)
    data = dataset_of(tmp_path / format_id.lower() / "data.yaml")
    assert data["names"] == dict(enumerate(sorted(ODD_NAMES)))
    text = "".join(f"{n}\n" for n in sorted(ODD_NAMES))
    assert (tmp_path / format_id.lower() / "classes.txt").read_text() == text


@pytest.mark.parametrize("where", ["another", "source", "output", "out"])
@pytest.mark.parametrize("splits", [None, "train=0.4,val=0.3,test=0.3"])
def test_data_yaml_is_read_from_any_folder(
    splits: str | None, where: str, zoo_folder: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The source has a folder of the same name, which must not be taken."""
    source = zoo_folder("odd_names")
    out = tmp_path / "out"
    zoo.convert_dataset(source, out, ["YOLO"], images=True, splits=parse_splits(splits) if splits else None)
    (tmp_path / "moved").mkdir()
    moved = (out / "yolo").rename(tmp_path / "moved" / "labels of mine")
    (tmp_path / "another").mkdir()
    monkeypatch.chdir({"another": tmp_path / "another", "source": source, "output": moved, "out": out}[where])
    for file in (moved / "data.yaml", Path(os.path.relpath(moved / "data.yaml"))):
        data = dataset_of(file)
        folders = {data["train"], data["val"], data.get("test", data["val"])}
        found = {picture for folder in folders for picture in folder.iterdir()}
        assert {picture.name for picture in found} == set(zoo.ZOO["odd_names"].images)
        assert len(folders) == (3 if splits else 1)
        assert all(label_of(picture).stat().st_size for picture in found)


TRAIN = "no image to train with: data.yaml has no train, and Ultralytics refuses it"
VAL = "no image to validate with: val is train's in data.yaml; divide the dataset, e.g. train=0.8,val=0.2"


@pytest.mark.parametrize(
    ("splits", "keys", "cautions"),
    [
        (None, {"train": "images", "val": "images"}, [VAL]),
        ("train=0.4,val=0.3,test=0.3", {"train": "images/train", "val": "images/val", "test": "images/test"}, []),
        ("test=0.4,valid=0.3,training=0.3", {"train": "images/train", "val": "images/val", "test": "images/test"}, []),
        ("train=0.5,test=0.5", {"train": "images/train", "val": "images/train", "test": "images/test"}, [VAL]),
        ("train=0.999999,val=0.000001", {"train": "images/train", "val": "images/train"}, [VAL]),
        ("val=1", {"val": "images/val"}, [TRAIN]),
        (
            "train=0.5,names=0.25,download=0.25",
            {"train": "images/train", "val": "images/train"},
            [VAL, "data.yaml names train, val and test alone, as Ultralytics does; not in it: names, download"],
        ),
    ],
)
@pytest.mark.parametrize("format_id", ["YOLO", "YOLO_SEG"])
def test_data_yaml_names_the_splits_that_have_images(
    format_id: str,
    splits: str | None,
    keys: dict[str, str],
    cautions: list[str],
    zoo_folder: Callable[[str], Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    chosen = parse_splits(splits) if splits else None
    title = formats()[format_id].title
    for shard in (64, 1):
        monkeypatch.setattr(convert_module, "SMALLEST_SHARD", shard)
        report = zoo.convert_dataset(zoo_folder("odd_names"), tmp_path, [format_id], images=True, splits=chosen)
        out = tmp_path / format_id.lower()
        data = yaml.safe_load((out / "data.yaml").read_text())
        assert data == {**keys, "names": NAMES}
        assert list(data) == [*keys, "names"]
        assert all((out / folder).is_dir() for folder in keys.values())
        assert [what for what in report.warnings if what.startswith(title)] == [f"{title}: {c}" for c in cautions]


def test_an_empty_dataset_is_not_warned_of(zoo_output: Output) -> None:
    assert not any("data.yaml" in what for what in zoo_output("empty")[1].warnings)


@pytest.mark.parametrize("animal", ["several_sizes", "borders", "odd_names", "one_pixel", "specks", "nothing_visible"])
def test_labelformat_reads_the_boxes(animal: str, zoo_output: Output) -> None:
    out = zoo_output(animal)[0]
    reader = YOLOv8ObjectDetectionInput(input_file=out / "yolo/data.yaml", input_split="train")
    assert [c.name for c in reader.get_categories()] == zoo.CLASS_NAMES
    labels = {label.image.filename: label for label in reader.get_labels()}
    pictures = {p.name for p in (out / "yolo/images").iterdir()}
    assert set(labels) == pictures and len(pictures) >= 1
    grids = {"d": zoo.DIAMOND, "c": zoo.DIAMOND, "b": zoo.HOLES}
    for name, label in labels.items():
        if animal == "nothing_visible":
            assert label.objects == []
            continue
        if animal == "borders":
            ids = zoo.BORDERS if name == "a.png" else np.ones((5, 6), np.uint16)
        elif animal == "one_pixel":
            ids = zoo.grid("....", "..1.", "....")
        elif animal == "several_sizes":
            ids = grids.get(name[0], zoo.BLOCKS)
        else:
            ids = zoo.BLOCKS
        assert len(label.objects) == ids.max()
        for object_id, found in enumerate(label.objects, 1):
            rows, columns = np.nonzero(ids == object_id)
            expected = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
            box = [found.box.xmin, found.box.ymin, found.box.xmax, found.box.ymax]
            # six decimals: half a unit of the last one in the centre, a quarter in half the size, times the side
            assert box == pytest.approx(expected, abs=1e-6 * max(ids.shape))
            assert found.category.name == zoo.CLASS_NAMES[[0, 1, 2, 0][object_id - 1]]


def disc(size: int, *circles: tuple[float, float, float]) -> Any:
    y, x = np.mgrid[:size, :size]
    return np.logical_or.reduce([(x - cx) ** 2 + (y - cy) ** 2 <= r * r for cx, cy, r in circles])


SHAPES = {
    "disc": disc(60, (30, 30, 25)),
    "two discs": disc(60, (15, 15, 12), (44, 44, 10)),
    "cut by the border": disc(40, (0, 0, 30), (39, 39, 6)),
    "ring": disc(60, (30, 30, 25)) & ~disc(60, (28, 30, 15)),
    "line": np.eye(40, dtype=bool),
    "comb": np.tile([[1, 0, 0]] * 20, 10).astype(bool) | (np.arange(20) < 3)[:, None],
    "pixel": disc(9, (4, 4, 0.5)),
    "all": np.ones((30, 41), bool),
    "bowtie": np.abs(np.mgrid[-20:21, -20:21][0]) <= np.abs(np.mgrid[-20:21, -20:21][1]),
}


@pytest.mark.parametrize("name", SHAPES)
def test_shapes_are_drawn_to_the_pixel(name: str, tmp_path: Path) -> None:
    """One line an object; of two parts the pixels on the bridge between them are all there is more."""
    pixels = SHAPES[name]
    dataset = zoo.Dataset(tmp_path / "d")
    dataset.scene("a", pixels.astype(np.uint16), ["Ball"])
    report = zoo.convert_dataset(dataset.root, tmp_path, ["YOLO_SEG"])
    height, width = pixels.shape
    ((category, segment),) = segments_of((tmp_path / "yolo_seg/labels/a.txt").read_text())
    drawn = mask_of(segment, width, height)
    assert category == 1
    assert drawn[pixels].all()
    assert np.count_nonzero(drawn & ~pixels) <= least_bridges(pixels)
    assert "YOLO_SEG" not in report.lost


def test_the_sample_dataset_is_drawn_to_the_pixel(tmp_path: Path) -> None:
    """As many lines as there are objects; of one part they are its pixels, of several the bridges come to them."""
    write_sample(tmp_path / "toys", 24, seed=5)
    zoo.convert_dataset(tmp_path / "toys", tmp_path / "out", ["YOLO_SEG"], None)
    parts_seen = []
    for file in sorted((tmp_path / "toys/annotations").iterdir()):
        stem = file.name.removesuffix("-ana.json")
        ids = np.asarray(Image.open(tmp_path / f"toys/masks/{stem}.png"))
        kept = [entry["id"] for entry in json.loads(file.read_bytes())["annotations"]]
        segments = segments_of((tmp_path / f"out/yolo_seg/labels/{stem}.txt").read_text())
        assert len(segments) == len(kept)
        for object_id, (_, segment) in zip(kept, segments, strict=True):
            pixels = ids == object_id
            parts = len(parts_of(pixels))
            drawn = mask_of(segment, ids.shape[1], ids.shape[0])
            parts_seen.append(parts)
            assert drawn[pixels].all()
            assert parts > 1 or iou(drawn, pixels) == 1
    assert parts_seen.count(1) > 80 and len(parts_seen) - parts_seen.count(1) > 20


def test_simplified_if_asked_for(tmp_path: Path) -> None:
    dataset = zoo.Dataset(tmp_path / "d")
    dataset.scene("a", SHAPES["disc"].astype(np.uint16), ["Ball"])
    found = []
    for simplify in (0.0, 1.0, 3.0):
        zoo.convert_dataset(dataset.root, tmp_path, ["YOLO_SEG"], simplify=simplify)
        ((_, segment),) = segments_of((tmp_path / "yolo_seg/labels/a.txt").read_text())
        found.append((len(segment), iou(mask_of(segment, 60, 60), SHAPES["disc"])))
    assert found[0][0] > found[1][0] > found[2][0] >= 8
    assert found[0][1] == 1 and found[1][1] > 0.95 and found[2][1] > 0.85


def test_vertices_are_centres_of_boundary_pixels(zoo_output: Output) -> None:
    text = (zoo_output("class_zero")[0] / "yolo_seg/labels/a.txt").read_text()
    (one, first), (two, second) = segments_of(text)
    assert (one, two) == (0, 0)
    size = np.array([8, 6])
    assert {tuple(p) for p in (first * size).round(4).tolist()} == {(1.5, 1.5), (2.5, 1.5), (2.5, 2.5), (1.5, 2.5)}
    assert {tuple(p) for p in (second * size).round(4).tolist()} == {(5.5, 2.5), (6.5, 2.5), (6.5, 4.5), (5.5, 4.5)}


def test_one_line_an_object_and_counts_of_the_rest(zoo_output: Output) -> None:
    for animal, ids in (("parts", zoo.PARTS), ("holes", zoo.HOLES), ("diagonal_ring", zoo.DIAMOND)):
        out, report = zoo_output(animal)
        for stem in ("a", "maskless"):
            segments = segments_of((out / f"yolo_seg/labels/{stem}.txt").read_text())
            assert len(segments) == ids.max()
            for object_id, (category, segment) in enumerate(segments, 1):
                assert category == object_id - 1
                drawn = mask_of(segment, ids.shape[1], ids.shape[0])
                assert drawn[ids == object_id].all()
                assert np.count_nonzero(drawn & (ids != object_id)) <= least_bridges(ids == object_id)
        assert "YOLO_SEG" not in report.lost
    out, report = zoo_output("only_boxes")
    assert (out / "yolo_seg/labels/a.txt").read_bytes() == b""
    assert report.lost["YOLO_SEG"] == {"objects without contours": 2}
    out, report = zoo_output("only_ids")  # pixels from the mask
    assert [line[0] for line in (out / "yolo_seg/labels/a.txt").read_text().splitlines()] == ["0", "1"]
    assert "YOLO_SEG" not in report.lost


def test_negatives_have_empty_files(zoo_output: Output) -> None:
    for format_id in ("yolo", "yolo_seg"):
        labels = zoo.tree_of(zoo_output("nothing_visible")[0] / format_id / "labels")
        assert labels == {"a.txt": b"", "b.txt": b""}


@pytest.mark.parametrize(
    ("splits", "folders", "said"),
    [
        ("a=0.5,b=0.5", {"train": "images/a", "val": "images/b"}, "a is train, b is val"),
        ("learn=1", {"train": "images/learn", "val": "images/learn"}, "learn is train"),
        (
            "a=0.4,b=0.3,c=0.3",
            {"train": "images/a", "val": "images/b", "test": "images/c"},
            "a is train, b is val, c is",
        ),
    ],
)
def test_splits_of_other_names_are_named_in_their_order(
    tmp_path: Path, splits: str, folders: dict[str, str], said: str
) -> None:
    """Ultralytics knows no other keys, and asks for train and val."""
    dataset = zoo.Dataset(tmp_path / "d")
    for number in range(60):
        dataset.scene(f"{number:03}", zoo.BLOCKS)
    report = zoo.convert_dataset(
        dataset.root, tmp_path / "out", ["YOLO"], splits=parse_splits(splits), split_by="image", images=True
    )
    data = yaml.safe_load((tmp_path / "out/yolo/data.yaml").read_text())
    assert {key: value for key, value in data.items() if key != "names"} == folders
    assert all((tmp_path / "out/yolo" / folder).is_dir() for folder in folders.values())
    assert [what for what in report.warnings if said in what and what.startswith("YOLO: data.yaml names train, val")]
