"""Where images are put, and how each format says which split an image is in."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import zoo
from split_tools import split_members
from zoo import ZOO, convert_dataset, tree_of

from labelmill.convert.report import Report
from labelmill.errors import OptionError
from labelmill.formats import FORMAT_IDS, formats
from labelmill.split import parse_splits

Folder = Callable[[str], Path]
Output = Callable[[str], tuple[Path, Report]]
PER_IMAGE = [spec.id for spec in formats().values() if spec.label_suffix]
every_format = pytest.mark.parametrize("format_id", FORMAT_IDS)


@every_format
def test_images_lie_where_trainers_look(format_id: str, zoo_output: Output, zoo_folder: Folder) -> None:
    out, _ = zoo_output("several_sizes")
    spec = formats()[format_id]
    expected = {
        "COCO": "images", "GEOCOCO": "images", "PASCAL": "JPEGImages", "YOLO": "images", "YOLO_SEG": "images",
        "KITTI": "image_2", "SAGEMAKER_OD": "train", "SAGEMAKER_SS": "train", "CLASSIFICATION": "images",
    }[format_id]  # fmt: skip
    assert spec.image_folder == expected
    source = tree_of(zoo_folder("several_sizes") / "images")
    assert sorted(source) == ["a.png", "b.jpg", "c.png"]
    assert tree_of(out / format_id.lower() / expected) == source


@every_format
def test_split_images_lie_where_trainers_look(format_id: str, zoo_folder: Folder, tmp_path: Path) -> None:
    splits = parse_splits("train=0.4,val=0.3,test=0.3")
    names = ZOO["odd_names"].images
    assert {splits.of(name) for name in names} == {"train", "val", "test"}
    convert_dataset(zoo_folder("odd_names"), tmp_path, [format_id], images=True, splits=splits)
    tree = tree_of(tmp_path / format_id.lower())
    channel = {"train": "train", "val": "validation", "test": "test"}
    for name in names:
        split = splits.of(name)
        expected = {
            "YOLO": f"images/{split}",
            "YOLO_SEG": f"images/{split}",
            "PASCAL": "JPEGImages",
            "KITTI": "image_2",
        }.get(format_id, channel[split] if format_id.startswith("SAGEMAKER") else "images")
        assert [p for p in tree if p.endswith(f"/{name}") and "_annotation/" not in p] == [f"{expected}/{name}"]


SPLITS = "train=0.6,val=0.25,test=0.15"


@every_format
def test_every_image_is_in_one_split_and_stays_there(format_id: str, tmp_path: Path) -> None:
    few, more = zoo.Dataset(tmp_path / "few"), zoo.Dataset(tmp_path / "more")
    stems = [f"{i:010}-0-Cam" for i in range(30)]
    for i, stem in enumerate(stems):
        for dataset in (few, more) if i % 3 else (more,):
            dataset.scene(stem, zoo.BLOCKS, image=False, mask=False, sensor={"resolution": [8, 6]})
    found = {}
    for dataset in (few, more):
        out = tmp_path / "out" / dataset.root.name
        convert_dataset(dataset.root, out, [format_id], splits=parse_splits(SPLITS))
        found[dataset.root.name] = split_members(out / format_id.lower(), format_id)
    for name, expected in (("few", {s for i, s in enumerate(stems) if i % 3}), ("more", set(stems))):
        assert all(found[name].values())
        assert sorted(s for members in found[name].values() for s in members) == sorted(expected)
    for split, members in found["few"].items():
        assert members <= found["more"][split]


def test_all_formats_agree_on_the_splits(zoo_folder: Folder, tmp_path: Path) -> None:
    convert_dataset(zoo_folder("odd_names"), tmp_path, splits=parse_splits(SPLITS))
    found = [split_members(tmp_path / i.lower(), i) for i in FORMAT_IDS]
    assert len(found) == len(FORMAT_IDS)
    assert all(members == found[0] for members in found)


def test_empty_splits_have_their_files(zoo_folder: Folder, tmp_path: Path) -> None:
    convert_dataset(zoo_folder("one_pixel"), tmp_path, splits=parse_splits(SPLITS))
    for name in ("train", "val", "test"):
        assert (tmp_path / f"coco/coco_{name}.json").exists()
        assert (tmp_path / f"pascal/ImageSets/Main/{name}.txt").exists()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("train=0.5", "split 'train=0.5': expected shares of 1 together, found 0.5"),
        ("train=0.5,val=0.6", "split 'train=0.5,val=0.6': expected shares of 1 together, found 1.1"),
        ("train=1,val=0", "split val: expected a share above 0 and at most 1, found '0'"),
        ("train=nan,val=0.5", "split train: expected a share above 0 and at most 1, found 'nan'"),
        ("train=0.5,Train=0.5", "split Train: named twice"),
        ("val=0.5,valid=0.5", "split valid: named twice (valid is read as val)"),
        ("Validation=0.5,VAL=0.5", "split VAL: named twice"),
        ("../up=1", "split '../up=1': expected name=share, for example train=0.8,val=0.2, found '../up=1'"),
        ("", "split '': expected name=share, for example train=0.8,val=0.2, found ''"),
    ],
)
def test_bad_splits_are_refused(text: str, expected: str) -> None:
    with pytest.raises(OptionError) as caught:
        parse_splits(text)
    assert str(caught.value) == expected


@pytest.mark.parametrize(
    "spelling",
    [
        "training=0.6,valid=0.25,testing=0.15",
        "Training=0.6,validation=0.25,TEST=0.15",
        "TRAIN=0.6,Valid=0.25,test=0.15",
    ],
)
def test_other_spellings_are_the_three_names(spelling: str) -> None:
    assert parse_splits(spelling) == parse_splits(SPLITS)
    assert parse_splits(SPLITS).names == ("train", "val", "test")


@every_format
def test_outputs_have_the_three_names(format_id: str, zoo_folder: Folder, tmp_path: Path) -> None:
    for folder, text in (("a", SPLITS), ("b", "training=0.6,valid=0.25,testing=0.15")):
        convert_dataset(zoo_folder("odd_names"), tmp_path / folder, [format_id], images=True, splits=parse_splits(text))
    assert tree_of(tmp_path / "a") == tree_of(tmp_path / "b")
