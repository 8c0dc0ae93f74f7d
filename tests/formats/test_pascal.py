"""PASCAL VOC, by hand, as labelformat reads it, and as torchvision's ``VOCDetection.parse_voc_xml`` does."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import zoo
from labelformat.formats.pascalvoc import PascalVOCObjectDetectionInput

from labelmill.convert.report import Report
from labelmill.errors import FormatError
from labelmill.model import stem_of

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
        "folder": "images",
        "filename": "perspective.png",
        "source": {"database": "labelmill"},
        "size": {"width": "8", "height": "6", "depth": "3"},
        "segmented": "1",
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
    assert (out / "labelmap.txt").read_text() == "Cube\nBig Ball\nR&D <1>\n"
    assert (out / "ImageSets/Main/default.txt").read_text() == "missing\northo\nperspective\n"


def test_elements_stand_in_the_devkit_order(zoo_output: Output) -> None:
    root = ET.parse(zoo_output("class_zero")[0] / "pascal/Annotations/a.xml").getroot()
    assert [e.tag for e in root] == ["folder", "filename", "source", "size", "segmented", "object", "object"]
    assert [e.tag for e in root.iter("bndbox").__next__()] == ["xmin", "ymin", "xmax", "ymax"]
    assert [e.tag for e in root.find("object") or ()] == ["name", "pose", "truncated", "difficult", "bndbox"]


@pytest.mark.parametrize(
    ("animal", "image", "segmented", "depth"),
    [
        ("only_boxes", "a", "0", "3"),
        ("only_ids", "a", "0", "3"),
        ("flat_segmentation", "a", "1", "3"),
        ("nothing_visible", "a", "0", "3"),
        ("bands", "a", "1", "4"),
        ("bands", "grey", "1", "1"),
        ("several_sizes", "d", "1", "3"),
    ],
)
def test_segmented_and_depth(animal: str, image: str, segmented: str, depth: str, zoo_output: Output) -> None:
    tree = read(zoo_output(animal)[0] / f"pascal/Annotations/{image}.xml")
    assert (tree["segmented"], tree["size"]["depth"]) == (segmented, depth)


def test_segmented_alone_does_not_need_contours(zoo_folder: Callable[[str], Path], tmp_path: Path) -> None:
    """Contours are then not decoded; a misshapen segmentation counts as none."""
    for number, (segmentation, expected) in enumerate(
        [
            ([[1, 1, 1, 2, 2, 2, 2, 1]], "1"),
            ([1, 1, 1, 2, 2, 2, 2, 1], "1"),
            ([], "0"),
            ([[]], "0"),
            (None, "0"),
            ("no", "0"),
            ([[1, "x"]], "0"),
        ]
    ):
        dataset = zoo.Dataset(tmp_path / str(number))
        dataset.scene(
            "a", zoo.BLOCKS, mask=False, entries=[{"id": 1, "bbox": [1, 1, 1, 1], "segmentation": segmentation}]
        )
        zoo.convert_dataset(dataset.root, tmp_path / f"out{number}", ["PASCAL"])
        assert read(tmp_path / f"out{number}/pascal/Annotations/a.xml")["segmented"] == expected, segmentation


def test_borders_are_one_based_and_inside(zoo_output: Output) -> None:
    tree = read(zoo_output("borders")[0] / "pascal/Annotations/full.xml")
    assert tree["size"] == {"width": "6", "height": "5", "depth": "3"}
    assert tree["object"][0]["bndbox"] == {"xmin": "1", "ymin": "1", "xmax": "6", "ymax": "5"}


def test_names_are_escaped(zoo_output: Output) -> None:
    out = zoo_output("odd_names")[0] / "pascal"
    files = {p.stem: p for p in (out / "Annotations").glob("*.xml")}
    assert set(files) == set(zoo.ODD_STEMS)
    for stem, path in files.items():
        tree = read(path)
        assert tree["filename"] == f"{stem}.png"
        assert [o["name"] for o in tree["object"]] == ["Cube", "Big Ball"]
    assert (out / "ImageSets/Main/default.txt").read_text().splitlines() == sorted(
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
