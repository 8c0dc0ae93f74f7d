"""What holds for every format, over the whole zoo."""

from __future__ import annotations

import json
import shutil
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
import zoo
from labelmill.convert import convert as convert_module
from labelmill.convert.report import Report
from labelmill.convert.split import parse_splits
from labelmill.errors import DatasetError, FormatError, LabelmillError, OptionError
from labelmill.formats import FORMAT_IDS, find_format, formats
from labelmill.model import stem_of
from zoo import EMAIL, MAP_TEXT, ZOO, Animal, convert_dataset, tree_of

Folder = Callable[[str], Path]
Output = Callable[[str], tuple[Path, Report]]
PER_IMAGE = [spec.id for spec in formats().values() if spec.label_suffix]
every_animal = pytest.mark.parametrize("animal", ZOO.values(), ids=ZOO)
every_format = pytest.mark.parametrize("format_id", FORMAT_IDS)


def images_in_output(folder: Path, format_id: str) -> set[str]:
    """Stems (per-image formats) or names of the images that an output holds, whatever they show."""
    if format_id in ("COCO", "GEOCOCO"):
        return {i["file_name"] for f in folder.glob("*.json") for i in json.loads(f.read_bytes())["images"]}
    if format_id == "CLASSIFICATION":
        return {n for f in folder.glob("*.json") for names in json.loads(f.read_bytes()).values() for n in names}
    label_folders = {
        "PASCAL": ["Annotations"], "YOLO": ["labels"], "YOLO_SEG": ["labels"], "KITTI": ["label_2"],
    }.get(format_id) or [p.name for p in folder.glob("*_annotation")]  # fmt: skip
    suffix = formats()[format_id].label_suffix
    return {p.name[: -len(suffix)] for name in label_folders for p in (folder / name).rglob(f"*{suffix}")}


def zip_dataset(folder: Path, target: Path, *, below: str = "") -> Path:
    """Pack a dataset folder, with entries for its folders."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
        for path in sorted(folder.rglob("*")):
            packed.write(path, below + path.relative_to(folder).as_posix())
    return target


def tar_dataset(folder: Path, target: Path) -> Path:
    with tarfile.open(target, "w:gz" if target.name.endswith("gz") else "w") as packed:
        packed.add(folder, folder.name)
    return target


@pytest.fixture
def small_shards(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every image may be a shard of its own."""
    monkeypatch.setattr(convert_module, "SMALLEST_SHARD", 1)
    yield


@every_animal
def test_worker_count_does_not_change_bytes(
    animal: Animal, zoo_folder: Folder, zoo_output: Output, tmp_path: Path, small_shards: None
) -> None:
    out, report = zoo_output(animal.name)
    expected = tree_of(out)
    for workers in (1, 2, 3):
        again = convert_dataset(
            zoo_folder(animal.name), tmp_path / str(workers), animal.format_ids, animal.map_text, workers=workers, images=True
        )
        assert tree_of(tmp_path / str(workers)) == expected
        again.formats = report.formats
        assert again == report


@every_animal
def test_packed_input_gives_the_same_bytes(animal: Animal, zoo_folder: Folder, zoo_output: Output, tmp_path: Path) -> None:
    expected = tree_of(zoo_output(animal.name)[0])
    folder = zoo_folder(animal.name)
    for path in (
        zip_dataset(folder, tmp_path / "d.zip"),
        zip_dataset(folder, tmp_path / "e.zip", below="enclosing folder/"),
        tar_dataset(folder, tmp_path / "d.tar.gz"),
        tar_dataset(folder, tmp_path / "d.tar"),
    ):
        out = tmp_path / f"out-{path.name}"
        convert_dataset(path, out, animal.format_ids, animal.map_text, images=True)
        assert tree_of(out) == expected, path.name


@every_animal
def test_archive_holds_the_files_of_the_folder(animal: Animal, zoo_folder: Folder, zoo_output: Output, tmp_path: Path) -> None:
    out, _ = zoo_output(animal.name)
    report = convert_dataset(zoo_folder(animal.name), tmp_path, animal.format_ids, animal.map_text, archive=True, images=True)
    assert list(report.formats) == list(animal.format_ids)
    for format_id, archive in report.formats.items():
        assert Path(archive).name == f"{animal.name}-{format_id.lower()}-zoo-map.zip"
        assert [p.name for p in (tmp_path / format_id.lower()).iterdir()] == [Path(archive).name]
        with zipfile.ZipFile(archive) as packed:
            assert packed.testzip() is None
            names = packed.namelist()
            assert len(names) == len(set(names))
            assert {name: packed.read(name) for name in names} == tree_of(out / format_id.lower())


@every_animal
def test_format_alone_equals_all_together(animal: Animal, zoo_folder: Folder, zoo_output: Output, tmp_path: Path) -> None:
    out, _ = zoo_output(animal.name)
    for format_id in animal.format_ids:
        convert_dataset(zoo_folder(animal.name), tmp_path, [format_id], animal.map_text, images=True)
        assert tree_of(tmp_path / format_id.lower()) == tree_of(out / format_id.lower()), format_id


@every_animal
def test_images_of_the_dataset_are_all_there(animal: Animal, zoo_output: Output) -> None:
    out, report = zoo_output(animal.name)
    assert report.images == len(animal.images)
    everywhere = [error for error in report.errors if error.formats == animal.format_ids]
    assert [error.image for error in everywhere] == list(animal.failures)
    only_some = {(f, e.image) for e in report.errors if e not in everywhere for f in e.formats}
    assert only_some == {(f, image) for f, images in animal.partial.items() for image in images}
    assert report.failed == len({error.image for error in report.errors})
    for format_id in animal.format_ids:
        expected = set(animal.images) - set(animal.partial.get(format_id, ()))
        found = images_in_output(out / format_id.lower(), format_id)
        if format_id == "CLASSIFICATION":
            assert found <= expected
        elif format_id in PER_IMAGE:
            assert found == {stem_of(name) for name in expected}, format_id
        else:
            assert found == expected, format_id


@every_animal
def test_user_of_the_dataset_is_in_no_output(animal: Animal, zoo_output: Output) -> None:
    out, report = zoo_output(animal.name)
    for path, data in tree_of(out).items():
        assert EMAIL.encode() not in data, path
        assert b"someone.secret" not in data, path
    assert EMAIL not in repr(report)


@every_animal
def test_nothing_leaves_the_output_folder(animal: Animal, zoo_folder: Folder, tmp_path: Path) -> None:
    inner = tmp_path / "deep" / "out"
    convert_dataset(zoo_folder(animal.name), inner, animal.format_ids, animal.map_text, images=True)
    assert {p.split("/")[0:2][0] for p in tree_of(tmp_path)} <= {"deep"}
    assert sorted(p.name for p in inner.iterdir()) == sorted(i.lower() for i in animal.format_ids)


@every_format
def test_second_run_leaves_the_same_bytes_and_keeps_foreign_files(format_id: str, zoo_folder: Folder, tmp_path: Path) -> None:
    convert_dataset(zoo_folder("specks"), tmp_path, [format_id])
    convert_dataset(zoo_folder("holes"), tmp_path, [format_id])
    folder = tmp_path / format_id.lower()
    once = tree_of(folder)
    fresh = tmp_path / "fresh"
    convert_dataset(zoo_folder("holes"), fresh, [format_id])
    assert once == tree_of(fresh / format_id.lower())
    (folder / "README.txt").write_text("mine")
    (folder / "runs").mkdir()
    (folder / "runs" / "weights.bin").write_bytes(b"123")
    convert_dataset(zoo_folder("holes"), tmp_path, [format_id])
    assert tree_of(folder) == once | {"README.txt": b"mine", "runs/weights.bin": b"123"}


@every_format
def test_second_run_without_images_or_splits_replaces_labels(format_id: str, zoo_folder: Folder, tmp_path: Path) -> None:
    convert_dataset(zoo_folder("specks"), tmp_path, [format_id], splits=parse_splits("train=0.5,val=0.5"))
    convert_dataset(zoo_folder("specks"), tmp_path, [format_id])
    convert_dataset(zoo_folder("specks"), tmp_path / "fresh", [format_id])
    assert tree_of(tmp_path / format_id.lower()) == tree_of(tmp_path / "fresh" / format_id.lower())


def class_lists(folder: Path, format_id: str) -> list[list[Any]]:
    """Every class list of an output, as names, or as (key, name) where the format numbers them."""
    tree = tree_of(folder)
    if format_id in ("COCO", "GEOCOCO"):
        return [[(c["id"], c["name"]) for c in json.loads(data)["categories"]] for data in tree.values()]
    if format_id == "CLASSIFICATION":
        return [list(json.loads(data)) for data in tree.values()]
    if format_id == "PASCAL":
        return [tree["labelmap.txt"].decode().splitlines()]
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


@every_format
def test_images_lie_where_trainers_look(format_id: str, zoo_output: Output, zoo_folder: Folder) -> None:
    out, _ = zoo_output("several_sizes")
    spec = formats()[format_id]
    expected = {
        "COCO": "images", "GEOCOCO": "images", "PASCAL": "JPEGImages", "YOLO": "images", "YOLO_SEG": "images", "KITTI": "image_2",
        "SAGEMAKER_OD": "train", "SAGEMAKER_SS": "train", "CLASSIFICATION": "images",
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
        expected = {"YOLO": f"images/{split}", "YOLO_SEG": f"images/{split}", "PASCAL": "JPEGImages", "KITTI": "image_2"}.get(
            format_id, channel[split] if format_id.startswith("SAGEMAKER") else "images"
        )
        assert [p for p in tree if p.endswith(f"/{name}") and "_annotation/" not in p] == [f"{expected}/{name}"]


SPLITS = "train=0.6,val=0.25,test=0.15"


def split_members(folder: Path, format_id: str) -> dict[str, set[str]]:
    """Split -> stems of its images, as each format says it."""
    names = ("train", "val", "test")
    if format_id in ("COCO", "GEOCOCO"):
        files = {n: json.loads((folder / f"{format_id.lower()}_{n}.json").read_bytes()) for n in names}
        return {n: {stem_of(i["file_name"]) for i in tree["images"]} for n, tree in files.items()}
    if format_id == "CLASSIFICATION":
        trees = {n: json.loads((folder / f"classification_{n}.json").read_bytes()) for n in names}
        return {n: {stem_of(name) for shown in tree.values() for name in shown} for n, tree in trees.items()}
    if format_id in ("YOLO", "YOLO_SEG"):
        return {n: {p.stem for p in (folder / "labels" / n).glob("*.txt")} for n in names}
    if format_id in ("PASCAL", "KITTI"):
        sets = folder / "ImageSets" / ("Main" if format_id == "PASCAL" else ".")
        return {n: set((sets / f"{n}.txt").read_text().splitlines()) for n in names}
    channels = {"train": "train", "val": "validation", "test": "test"}
    members = {}
    for split, channel in channels.items():
        lines = [json.loads(line) for line in (folder / f"{channel}.manifest").read_text().splitlines()]
        members[split] = {stem_of(line["source-ref"]) for line in lines}
        labels = {stem_of(p.name) for p in folder.glob(f"{channel}_annotation/*")}
        assert labels == members[split]
    return members


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


def test_yolo_names_all_splits_even_empty_ones(zoo_folder: Folder, tmp_path: Path) -> None:
    convert_dataset(zoo_folder("one_pixel"), tmp_path, splits=parse_splits(SPLITS))
    data = yaml.safe_load((tmp_path / "yolo/data.yaml").read_text())
    assert list(data) == ["path", "train", "val", "test", "names"]
    assert (data["train"], data["val"], data["test"]) == ("images/train", "images/val", "images/test")
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
        ("../up=1", "split '../up=1': expected name=share, for example train=0.8,val=0.2, found '../up=1'"),
        ("", "split '': expected name=share, for example train=0.8,val=0.2, found ''"),
    ],
)
def test_bad_splits_are_refused(text: str, expected: str) -> None:
    with pytest.raises(OptionError) as caught:
        parse_splits(text)
    assert str(caught.value) == expected


@every_format
def test_channels_of_one_name_never_overwrite_each_other(format_id: str, zoo_folder: Folder, tmp_path: Path) -> None:
    """``val`` and ``validation`` are one channel for SageMaker: refused in words, or kept apart."""
    try:
        convert_dataset(zoo_folder("specks"), tmp_path, [format_id], splits=parse_splits("val=0.5,validation=0.5"))
    except LabelmillError as error:
        assert isinstance(error, FormatError | OptionError), repr(error)


@pytest.mark.parametrize("format_id", PER_IMAGE)
def test_two_images_of_one_label_file_are_refused_before_any_work(format_id: str, tmp_path: Path) -> None:
    dataset = zoo.Dataset(tmp_path / "d")
    dataset.scene("a", zoo.BLOCKS)
    dataset.scene("b", zoo.BLOCKS, image=False, filename="a.jpg")
    dataset.image("a.jpg", 8, 6)
    dataset.labels("b", [], filename="a.jpg")
    with pytest.raises(DatasetError) as caught:
        convert_dataset(dataset.root, tmp_path / "out", [format_id])
    assert "a.png" in str(caught.value) and "a.jpg" in str(caught.value)
    assert tree_of(tmp_path / "out") == {}
    convert_dataset(dataset.root, tmp_path / "out", ["COCO", "GEOCOCO", "CLASSIFICATION"])
    assert images_in_output(tmp_path / "out/coco", "COCO") == {"a.png", "a.jpg"}


def test_too_many_classes_are_refused_before_any_work(zoo_folder: Folder, tmp_path: Path) -> None:
    with pytest.raises(FormatError) as caught:
        convert_dataset(zoo_folder("classes_255"), tmp_path, map_text=ZOO["classes_255"].map_text)
    assert str(caught.value) == (
        "SageMaker Semantic Segmentation: expected at most 254 classes, found 255; "
        "merge classes in the map or leave this format out"
    )
    assert tree_of(tmp_path) == {}


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
    name = "two\nlines \ufffe \0 \u2028 \"quoted\" \\ 😀"
    convert_dataset(named_class(tmp_path, name), tmp_path / "out", [format_id], None)
    lists = class_lists(tmp_path / "out" / format_id.lower(), format_id)
    assert lists
    for (found,) in lists:
        assert (found if isinstance(found, str) else found[1]) == name


@pytest.mark.parametrize("name", ["a\nb.png", "a\x7fb.png", "a\u2028.png"])
def test_image_names_with_control_characters_are_refused_before_any_work(name: str, tmp_path: Path) -> None:
    dataset = zoo.Dataset(tmp_path / "d")
    dataset.scene(name[:-4], zoo.BLOCKS)
    with pytest.raises(FormatError) as caught:
        convert_dataset(dataset.root, tmp_path / "out")
    assert str(caught.value) == (
        f"images/{name!r}: expected a name that label files can hold, "
        "found control characters or bytes that are no UTF-8; rename the file"
    )
    assert tree_of(tmp_path / "out") == {}


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


def test_registry_finds_formats_by_any_spelling() -> None:
    assert list(formats()) == list(FORMAT_IDS)
    titles = [spec.title for spec in formats().values()]
    assert titles == [
        "COCO", "GeoCOCO", "PASCAL VOC", "YOLO", "YOLO segmentation", "KITTI", "SageMaker Object Detection",
        "SageMaker Semantic Segmentation", "Classification",
    ]  # fmt: skip
    for text, format_id in (("SageMaker OD", "SAGEMAKER_OD"), ("sagemaker-od", "SAGEMAKER_OD"), ("yolo seg", "YOLO_SEG"), ("coco", "COCO")):
        assert find_format(text).id == format_id
    with pytest.raises(OptionError, match="did you mean KITTI"):
        find_format("kiti")


def test_fail_on_error_stops_and_writes_nothing(zoo_folder: Folder, tmp_path: Path) -> None:
    for name in ("missing_metadata", "bad_masks"):
        with pytest.raises(DatasetError):
            convert_dataset(zoo_folder(name), tmp_path, fail_on_error=True)
        assert tree_of(tmp_path) == {}


def test_object_order_and_image_order(zoo_output: Output) -> None:
    tree = json.loads((zoo_output("specks")[0] / "coco/coco.json").read_bytes())
    assert [i["file_name"] for i in tree["images"]] == ["0.png", "1.png", "10.png", "2.png"]
    assert [a["id"] for a in tree["annotations"]] == list(range(1, 9))
    manifest = (zoo_output("specks")[0] / "sagemaker_od/train.manifest").read_text().splitlines()
    assert [json.loads(line)["source-ref"] for line in manifest] == ["0.png", "1.png", "10.png", "2.png"]


def test_source_is_left_as_it_was(zoo_folder: Folder, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(zoo_folder("holes"), copy)
    before = tree_of(copy)
    convert_dataset(copy, tmp_path / "out", images=True)
    assert tree_of(copy) == before
