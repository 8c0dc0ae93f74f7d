"""PASCAL VOC, by hand, as labelformat reads it, and as torchvision's ``VOCDetection.parse_voc_xml`` does."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
import zipfile
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import zoo
from ignored_objects import write_ignoring
from labelformat.formats.pascalvoc import PascalVOCObjectDetectionInput
from PIL import Image

from labelmill.convert.report import Report
from labelmill.errors import FormatError
from labelmill.model import stem_of
from labelmill.split import parse_splits

Output = Callable[[str], tuple[Path, Report]]


def parse_voc_xml(node: ET.Element) -> dict[str, Any]:
    """Torchvision's reader, as it stands in ``torchvision/datasets/voc.py``."""
    voc: dict[str, Any] = {}
    children = list(node)
    if children:
        found: dict[str, Any] = defaultdict(list)
        for dc in map(parse_voc_xml, children):
            for ind, v in dc.items():
                found[ind].append(v)
        if node.tag == "annotation":
            found["object"] = [found["object"]]
        voc = {node.tag: {ind: v[0] if len(v) == 1 else v for ind, v in found.items()}}
    if node.text:
        text = node.text.strip()
        if not children:
            voc[node.tag] = text
    return voc


def read(path: Path) -> dict[str, Any]:
    """An annotation as torchvision gives it."""
    annotation: dict[str, Any] = parse_voc_xml(ET.parse(path).getroot())["annotation"]
    return annotation


def test_document_by_hand(zoo_output: Output) -> None:
    out = zoo_output("cameras")[0] / "pascal"
    assert read(out / "Annotations/perspective.xml") == {
        "folder": "JPEGImages",
        "filename": "perspective.png",
        "source": {"database": "labelmill"},
        "size": {"width": "8", "height": "6", "depth": "3"},
        "segmented": "0",
        "object": [
            {
                "name": "Cube", "pose": "Unspecified", "truncated": "0", "difficult": "0",
                "bndbox": {"xmin": "2", "ymin": "2", "xmax": "3", "ymax": "3"},
            },
            {
                "name": "Big Ball", "pose": "Unspecified", "truncated": "1", "difficult": "0",
                "bndbox": {"xmin": "6", "ymin": "3", "xmax": "7", "ymax": "5"},
            },
        ],
    }  # fmt: skip
    assert (out / "labelmap.txt").read_text() == (
        "# label:color_rgb:parts:actions\nbackground:0,0,0::\nCube:128,0,0::\nBig Ball:0,128,0::\nR&D <1>:128,128,0::\n"
    )
    assert (out / "ImageSets/Main/trainval.txt").read_text() == "missing\northo\nperspective\n"


def test_elements_stand_in_the_devkit_order(zoo_output: Output) -> None:
    root = ET.parse(zoo_output("class_zero")[0] / "pascal/Annotations/a.xml").getroot()
    assert [e.tag for e in root] == ["folder", "filename", "source", "size", "segmented", "object", "object"]
    assert [e.tag for e in root.iter("bndbox").__next__()] == ["xmin", "ymin", "xmax", "ymax"]
    assert [e.tag for e in root.find("object") or ()] == ["name", "pose", "truncated", "difficult", "bndbox"]


@pytest.mark.parametrize(
    ("animal", "image", "depth"), [("only_boxes", "a", "3"), ("bands", "a", "4"), ("bands", "grey", "1")]
)
def test_depth_and_no_segmentation(animal: str, image: str, depth: str, zoo_output: Output) -> None:
    tree = read(zoo_output(animal)[0] / f"pascal/Annotations/{image}.xml")
    assert (tree["segmented"], tree["size"]["depth"]) == ("0", depth)


def parsed_label_map(path: Path) -> dict[str, tuple[int, ...]]:
    """A label map by the rules of datumaro and CVAT: label -> colour; parts and actions have to be there."""
    found: dict[str, tuple[int, ...]] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        label, colour, _parts, _actions = line.strip().split(":")
        assert label not in found
        found[label] = tuple(map(int, colour.split(",")))
    return found


def test_the_label_map_has_the_classes_in_order_behind_the_background(zoo_output: Output) -> None:
    found = parsed_label_map(zoo_output("classes_254")[0] / "pascal/labelmap.txt")
    assert list(found) == ["background", *(f"C{i}" for i in range(254))]
    with Image.open(zoo_output("classes_254")[0] / "sagemaker_ss/train_annotation/a.png") as picture:
        palette = picture.getpalette() or []
    assert [c for colour in found.values() for c in colour] == palette[: 3 * 255]
    assert len(set(found.values())) == 255


def test_colours_do_not_run_out(tmp_path: Path) -> None:
    dataset = zoo.Dataset(tmp_path / "d")
    dataset.scene("a", zoo.BLOCKS, ["T0", "T1"])
    zoo.convert_dataset(dataset.root, tmp_path, ["PASCAL"], zoo.many_classes(1000))
    assert len(set(parsed_label_map(tmp_path / "pascal/labelmap.txt").values())) == 1001


def test_a_class_called_background_shares_its_line(tmp_path: Path) -> None:
    dataset = zoo.Dataset(tmp_path / "d")
    dataset.scene("a", zoo.BLOCKS, ["Cube", "background"])
    zoo.convert_dataset(dataset.root, tmp_path, ["PASCAL"], None)
    assert parsed_label_map(tmp_path / "pascal/labelmap.txt") == {"background": (0, 0, 0), "Cube": (128, 0, 0)}
    assert [o["name"] for o in read(tmp_path / "pascal/Annotations/a.xml")["object"]] == ["Cube", "background"]


@pytest.mark.parametrize(
    ("name", "found"),
    [("a:b", "a colon"), ("#1", "a # at its beginning"), (" a", "blanks around it"), ("a\u00a0", "blanks around it")],
)
def test_names_that_the_label_map_cannot_hold_are_refused(name: str, found: str, tmp_path: Path) -> None:
    dataset = zoo.Dataset(tmp_path / "d")
    dataset.scene("a", zoo.BLOCKS, [name])
    with pytest.raises(FormatError) as caught:
        zoo.convert_dataset(dataset.root, tmp_path / "out", ["PASCAL"], None)
    expected = f"PASCAL VOC: the class name {name!r} has {found}, which labelmap.txt can't hold; rename the class"
    assert str(caught.value) == expected
    assert not zoo.tree_of(tmp_path / "out")


def kit_images(root: Path, image_set: str) -> dict[str, tuple[Any, dict[str, Any]]]:
    """Size and annotation of each image of a set, found as torchvision's ``VOCDetection`` finds them."""
    kit = root / "VOCdevkit" / "VOC2012"
    found = {}
    for line in (kit / f"ImageSets/Main/{image_set}.txt").read_text().splitlines():
        with Image.open(kit / f"JPEGImages/{line.strip()}.jpg") as picture:
            found[line] = picture.size, read(kit / f"Annotations/{line.strip()}.xml")
    return found


@pytest.mark.parametrize("split", [None, "train=0.5,val=0.5"])
@pytest.mark.parametrize("archive", [False, True])
def test_the_layout_of_the_kit(split: str | None, archive: bool, tmp_path: Path) -> None:
    dataset = zoo.Dataset(tmp_path / "d")
    for number in range(8):
        dataset.scene(f"{number}", zoo.BLOCKS, image=False)
        dataset.image(f"{number}.jpg", 8, 6)
    splits = parse_splits(split) if split else None
    options: dict[str, Any] = {"images": True, "splits": splits, "layout": "voc2012", "archive": archive}
    zoo.convert_dataset(dataset.root, tmp_path / "out", ["PASCAL", "YOLO"], **options)
    root = tmp_path / "out/pascal"
    if archive:
        with zipfile.ZipFile(root / "d-pascal-zoo-map.zip") as packed:
            packed.extractall(root)
    sets = {name: kit_images(root, name) for name in (splits.names if splits else ("trainval",))}
    assert all(sets.values())
    assert sorted(stem for images in sets.values() for stem in images) == [f"{number}" for number in range(8)]
    for images in sets.values():
        for stem, (size, annotation) in images.items():
            assert size == (8, 6) and annotation["filename"] == f"{stem}.jpg"
            assert [o["bndbox"]["xmin"] for o in annotation["object"]] == ["2", "6"]
    kit = root / "VOCdevkit/VOC2012"
    assert {p.name for p in kit.iterdir()} == {"Annotations", "ImageSets", "JPEGImages", "labelmap.txt"}
    assert {p.stem for p in (kit / "ImageSets/Main").iterdir()} == set(sets)


def test_sets_that_the_kit_does_not_know_are_warned_of(tmp_path: Path) -> None:
    dataset = zoo.Dataset(tmp_path / "d")
    dataset.scene("a", zoo.BLOCKS)
    for layout, split, count in (("voc2012", "test=1", 1), ("", "test=1", 0), ("voc2012", "val=1", 0)):
        report = zoo.convert_dataset(
            dataset.root, tmp_path / "out", ["PASCAL"], splits=parse_splits(split), layout=layout
        )
        told = [what for what in report.warnings if what.startswith("PASCAL")]
        assert told == count * [
            "PASCAL VOC: ImageSets/Main/test.txt is refused by torchvision, which reads train, trainval, val alone"
        ]


@pytest.mark.parametrize("name", ["b.png", "b.jpeg", "b.JPG"])
def test_the_layout_of_the_kit_takes_only_its_names(name: str, tmp_path: Path) -> None:
    """Labels alone are laid out whatever the images are called."""
    dataset = zoo.Dataset(tmp_path / "d")
    dataset.scene("a", zoo.BLOCKS, image=False)
    dataset.image("a.jpg", 8, 6)
    dataset.scene("b", zoo.BLOCKS, image=False)
    dataset.image(name, 8, 6)
    with pytest.raises(FormatError) as caught:
        zoo.convert_dataset(dataset.root, tmp_path / "out", ["YOLO", "PASCAL"], images=True, layout="voc2012")
    assert str(caught.value) == (
        f"images/{name}: expected a name that ends in .jpg for the layout voc2012, whose readers open no others; "
        "convert without the images, and put JPEG copies into VOCdevkit/VOC2012/JPEGImages"
    )
    assert not zoo.tree_of(tmp_path / "out")
    zoo.convert_dataset(dataset.root, tmp_path / "out", ["PASCAL"], layout="voc2012")
    assert (tmp_path / "out/pascal/VOCdevkit/VOC2012/Annotations/b.xml").exists()
    zoo.convert_dataset(dataset.root, tmp_path / "out", ["PASCAL"], images=True)
    assert (tmp_path / f"out/pascal/JPEGImages/{name}").exists()


@pytest.mark.parametrize(
    ("stem", "what"),
    [
        ("#1", "a # at its beginning"),
        (" a", "blanks around it"),
        ("b ", "blanks around it"),
        ("c\u00a0", "blanks around it"),
    ],
)
def test_names_that_readers_of_lists_lose_are_refused(tmp_path: Path, stem: str, what: str) -> None:
    dataset = zoo.Dataset(tmp_path / "d")
    dataset.scene("a #", zoo.BLOCKS)
    zoo.convert_dataset(dataset.root, tmp_path / "fine", ["PASCAL"])
    dataset.scene(stem, zoo.BLOCKS)
    with pytest.raises(FormatError) as caught:
        zoo.convert_dataset(dataset.root, tmp_path / "out", ["YOLO", "PASCAL"])
    assert str(caught.value) == (
        f"images/{stem}.png: expected a name that PASCAL VOC's image sets can hold, found one with {what}; "
        "rename the file"
    )
    assert not zoo.tree_of(tmp_path / "out")
    zoo.convert_dataset(dataset.root, tmp_path / "out", ["YOLO"])


def test_a_split_that_datumaro_passes_over_is_warned_of(tmp_path: Path) -> None:
    dataset = zoo.Dataset(tmp_path / "d")
    dataset.scene("a", zoo.BLOCKS)
    report = zoo.convert_dataset(dataset.root, tmp_path / "out", ["PASCAL"], splits=parse_splits("my_train=1"))
    what = "PASCAL VOC: ImageSets/Main/my_train.txt is passed over by datumaro, as its name holds _; rename the split"
    assert [found for found in report.warnings if found.startswith("PASCAL")] == [what]


def test_borders_are_one_based_and_inside(zoo_output: Output) -> None:
    tree = read(zoo_output("borders")[0] / "pascal/Annotations/full.xml")
    assert tree["size"] == {"width": "6", "height": "5", "depth": "3"}
    assert tree["object"][0]["bndbox"] == {"xmin": "1", "ymin": "1", "xmax": "6", "ymax": "5"}


def test_ignored_objects_are_difficult(zoo_folder: Callable[[str], Path]) -> None:
    document = write_ignoring(zoo_folder("cameras"), "PASCAL", {2})["Annotations/perspective.xml"]
    objects = parse_voc_xml(ET.fromstring(document))["annotation"]["object"]
    assert [(o["name"], o["truncated"], o["difficult"]) for o in objects] == [
        ("Cube", "0", "0"),
        ("Big Ball", "1", "1"),
    ]


def test_names_are_escaped(zoo_output: Output) -> None:
    out = zoo_output("odd_names")[0] / "pascal"
    files = {p.stem: p for p in (out / "Annotations").glob("*.xml")}
    assert set(files) == set(zoo.ODD_STEMS)
    for stem, path in files.items():
        tree = read(path)
        assert tree["filename"] == f"{stem}.png"
        assert [o["name"] for o in tree["object"]] == ["Cube", "Big Ball"]
    assert (out / "ImageSets/Main/trainval.txt").read_text().splitlines() == sorted(
        zoo.ODD_STEMS, key=lambda s: f"{s}.png"
    )
    tree = read(zoo_output("borders")[0] / "pascal/Annotations/a.xml")
    assert tree["object"][2]["name"] == "R&D <1>"


@pytest.mark.parametrize(
    "animal", ["several_sizes", "borders", "odd_names", "one_pixel", "nothing_visible", "missing_image"]
)
def test_labelformat_reads_the_boxes(animal: str, zoo_output: Output) -> None:
    out = zoo_output(animal)[0]
    reader = PascalVOCObjectDetectionInput(out / "pascal/Annotations", ",".join(zoo.CLASS_NAMES))
    labels = {label.image.filename: label for label in reader.get_labels()}
    assert sorted(labels) == sorted(zoo.ZOO[animal].images)
    coco = json.loads((out / "coco/coco.json").read_bytes())
    names = {c["id"]: c["name"] for c in coco["categories"]}
    for image in coco["images"]:
        label = labels[image["file_name"]]
        assert (label.image.width, label.image.height) == (image["width"], image["height"])
        expected = [a for a in coco["annotations"] if a["image_id"] == image["id"]]
        assert len(label.objects) == len(expected)
        for found, annotation in zip(label.objects, expected, strict=True):
            x, y, w, h = annotation["bbox"]
            assert (found.box.xmin, found.box.ymin, found.box.xmax, found.box.ymax) == (x + 1, y + 1, x + w, y + h)
            assert found.category.name == names[annotation["category_id"]]


@pytest.mark.parametrize("name", ["a\ufffeb", "\uffff"])
def test_characters_that_xml_forbids_are_refused(name: str, tmp_path: Path) -> None:
    """U+FFFE and U+FFFF are no characters of XML 1.0."""
    dataset = zoo.Dataset(tmp_path / "d")
    dataset.scene("a", zoo.BLOCKS, [name])
    with pytest.raises(FormatError):
        zoo.convert_dataset(dataset.root, tmp_path / "out", ["PASCAL"], None)
    image = zoo.Dataset(tmp_path / "e")
    image.scene(name, zoo.BLOCKS)
    with pytest.raises(FormatError):
        zoo.convert_dataset(image.root, tmp_path / "out", ["PASCAL"])


def test_fractional_boxes_grow_to_whole_pixels(tmp_path: Path) -> None:
    dataset = zoo.Dataset(tmp_path / "d")
    dataset.scene("a", zoo.BLOCKS, entries=[{"id": 1, "bbox": [1.5, 1.25, 1.0, 1.5]}])
    zoo.convert_dataset(dataset.root, tmp_path, ["PASCAL", "SAGEMAKER_OD"])
    (found,) = read(tmp_path / "pascal/Annotations/a.xml")["object"]
    # edges 1.5 ... 3.5 and 1.25 ... 3.75
    assert found["bndbox"] == {"xmin": "2", "ymin": "2", "xmax": "4", "ymax": "4"}


def test_stems_are_cut_at_the_last_dot_only(zoo_output: Output) -> None:
    assert stem_of("Cam.v1.png") == "Cam.v1"
    assert (zoo_output("odd_names")[0] / "pascal/Annotations/Cam.v1.xml").exists()
