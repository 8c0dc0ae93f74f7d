"""Classes: numbers, lists and names in every format."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
import zoo
from zoo import ZOO, convert_dataset, tree_of

from labelmill.convert.report import Report
from labelmill.errors import FormatError
from labelmill.formats import FORMAT_IDS, formats

Folder = Callable[[str], Path]
Output = Callable[[str], tuple[Path, Report]]
PER_IMAGE = [spec.id for spec in formats().values() if spec.label_suffix]
every_format = pytest.mark.parametrize("format_id", FORMAT_IDS)


def class_lists(folder: Path, format_id: str) -> list[list[Any]]:
    """Every class list of an output, as names, or as (key, name) where the format numbers them."""
    tree = tree_of(folder)
    if format_id in ("COCO", "GEOCOCO"):
        return [[(c["id"], c["name"]) for c in json.loads(data)["categories"]] for data in tree.values()]
    if format_id == "CLASSIFICATION":
        return [list(json.loads(data)) for data in tree.values()]
    if format_id == "PASCAL":
        lines = tree["labelmap.txt"].decode().splitlines()
        return [[line.split(":")[0] for line in lines if not line.startswith("#")]]
    if format_id == "SAGEMAKER_OD":
        lists = [json.loads(d)["categories"] for p, d in tree.items() if p.startswith("train_annotation/")]
        manifest = [json.loads(line) for line in tree["train.manifest"].splitlines()]
        maps = [[(int(k), v) for k, v in line["bounding-box-metadata"]["class-map"].items()] for line in manifest]
        return [[(c["class_id"], c["name"]) for c in categories] for categories in lists] + maps
    if format_id == "SAGEMAKER_SS":
        lines = tree["classes.txt"].decode().splitlines()
        return [[(int(number), name) for number, _, name in (line.partition(" ") for line in lines)]]
    if format_id in ("YOLO", "YOLO_SEG"):
        names = yaml.safe_load(tree["data.yaml"])["names"]
        return [tree["classes.txt"].decode().splitlines(), [names[i] for i in range(len(names))]]
    return []


@every_format
@pytest.mark.parametrize("name", ["class_zero", "empty", "holes"])
def test_class_lists_hold_all_classes_of_the_map(format_id: str, name: str, zoo_folder: Folder, tmp_path: Path) -> None:
    convert_dataset(zoo_folder(name), tmp_path, [format_id])
    numbered = {
        "COCO": list(zip(zoo.CLASS_NUMBERS, zoo.CLASS_NAMES, strict=True)),
        "GEOCOCO": list(zip(zoo.CLASS_NUMBERS, zoo.CLASS_NAMES, strict=True)),
        "PASCAL": ["background", *zoo.CLASS_NAMES],
        "SAGEMAKER_OD": list(enumerate(zoo.CLASS_NAMES)),
        "SAGEMAKER_SS": list(enumerate(["background", *zoo.CLASS_NAMES])),
    }
    lists = class_lists(tmp_path / format_id.lower(), format_id)
    without_a_list = format_id == "KITTI" or (name == "empty" and format_id == "SAGEMAKER_OD")
    assert bool(lists) != without_a_list
    for found in lists:
        assert found == numbered.get(format_id, zoo.CLASS_NAMES)


@every_format
def test_class_numbers_come_from_the_map_alone(format_id: str, tmp_path: Path) -> None:
    """The same image gives the same labels, whatever else is in its dataset."""
    alone, among = zoo.Dataset(tmp_path / "alone"), zoo.Dataset(tmp_path / "among")
    for dataset in (alone, among):
        dataset.scene("m", zoo.BLOCKS, ["Rare", "Ball"])
    among.scene("a", zoo.BLOCKS, ["Cube", "Cube"])
    among.scene("z", zoo.BLOCKS, ["Ball", "Cube"])
    for dataset in (alone, among):
        convert_dataset(dataset.root, tmp_path / f"out-{dataset.root.name}", [format_id])
    one = tree_of(tmp_path / "out-alone" / format_id.lower())
    many = tree_of(tmp_path / "out-among" / format_id.lower())
    own = {path for path in one if "/m." in path}
    assert bool(own) == (format_id in PER_IMAGE)
    assert {path: one[path] for path in own} == {path: many[path] for path in own}
    if format_id in ("COCO", "GEOCOCO"):
        (first,), (second,) = one.values(), many.values()
        a, b = json.loads(first), json.loads(second)
        assert a["categories"] == b["categories"]
        image = next(i["id"] for i in b["images"] if i["file_name"] == "m.png")
        assert [x["category_id"] for x in a["annotations"]] == [99, 7]
        assert [x["category_id"] for x in b["annotations"] if x["image_id"] == image] == [99, 7]
    elif format_id == "CLASSIFICATION":
        shown = json.loads(many["classification.json"])
        assert shown == {"Cube": ["a.png", "z.png"], "Big Ball": ["m.png", "z.png"], "R&D <1>": ["m.png"]}


def named_class(tmp_path: Path, name: str) -> Path:
    """A dataset whose only type, and without a map its only class, has that name."""
    dataset = zoo.Dataset(tmp_path / "d")
    dataset.scene("a", zoo.BLOCKS, [name])
    return dataset.root


@pytest.mark.parametrize("format_id", ["PASCAL", "YOLO", "YOLO_SEG", "KITTI", "SAGEMAKER_SS"])
@pytest.mark.parametrize("name", ["two\nlines", "\0", "a\tb", "a\x85b", "a\u2028b"])
def test_class_names_that_break_a_line_are_refused(format_id: str, name: str, tmp_path: Path) -> None:
    with pytest.raises(FormatError) as caught:
        convert_dataset(named_class(tmp_path, name), tmp_path / "out", [format_id], None)
    title = formats()[format_id].title
    assert str(caught.value) == (
        f"{title}: the class name {name!r} has a control character, which the format can't hold; rename the class"
    )
    assert tree_of(tmp_path / "out") == {}


@pytest.mark.parametrize("format_id", ["COCO", "GEOCOCO", "SAGEMAKER_OD", "CLASSIFICATION"])
def test_json_holds_any_class_name(format_id: str, tmp_path: Path) -> None:
    name = 'two\nlines \ufffe \0 \u2028 "quoted" \\ 😀'
    convert_dataset(named_class(tmp_path, name), tmp_path / "out", [format_id], None)
    lists = class_lists(tmp_path / "out" / format_id.lower(), format_id)
    assert lists
    for (found,) in lists:
        assert (found if isinstance(found, str) else found[1]) == name


def test_too_many_classes_are_refused_before_any_work(zoo_folder: Folder, tmp_path: Path) -> None:
    with pytest.raises(FormatError) as caught:
        convert_dataset(zoo_folder("classes_255"), tmp_path, map_text=ZOO["classes_255"].map_text)
    assert str(caught.value) == (
        "SageMaker Semantic Segmentation: expected at most 254 classes, found 255; "
        "merge classes in the map or leave this format out"
    )
    assert tree_of(tmp_path) == {}


@every_format
def test_no_map_makes_a_class_of_each_type(format_id: str, zoo_folder: Folder, tmp_path: Path) -> None:
    report = convert_dataset(zoo_folder("holes"), tmp_path, [format_id], None)
    assert report.classes == {"Ball": 2, "Cube": 2}
    convert_dataset(
        zoo_folder("holes"), tmp_path / "mapped", [format_id],
        "classes:\n  1: Ball\n  2: Cube\nproperties:\n  obj['type'] == 'Cube': 2\n  obj['type'] == 'Ball': 1\n",
    )  # fmt: skip
    mapped = tree_of(tmp_path / "mapped" / format_id.lower())
    if format_id in ("COCO", "GEOCOCO"):
        mapped = {p: d.replace(b'"supercategory":"Ball"', b'"supercategory":"none"') for p, d in mapped.items()}
        mapped = {p: d.replace(b'"supercategory":"Cube"', b'"supercategory":"none"') for p, d in mapped.items()}
    assert tree_of(tmp_path / format_id.lower()) == mapped
