"""What holds for every format, over the whole zoo."""

from __future__ import annotations

import json
import shutil
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path

import pytest
import zoo
from zoo import EMAIL, ZOO, Animal, convert_dataset, tree_of

from labelmill.convert import convert as convert_module
from labelmill.convert.report import Report
from labelmill.errors import DatasetError, FormatError, OptionError
from labelmill.formats import FORMAT_IDS, find_format, formats
from labelmill.model import stem_of
from labelmill.split import parse_splits

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


@every_format
def test_the_docstring_says_how_it_was_read_and_who_tried(format_id: str) -> None:
    doc = import_module(f"labelmill.formats.{format_id.lower()}").__doc__ or ""
    assert "How ambiguities were read: " in doc
    assert "\nTried" in doc


@every_animal
def test_worker_count_does_not_change_bytes(
    animal: Animal, zoo_folder: Folder, zoo_output: Output, tmp_path: Path, small_shards: None
) -> None:
    out, report = zoo_output(animal.name)
    expected = tree_of(out)
    for workers in (1, 2, 3):
        again = convert_dataset(
            zoo_folder(animal.name),
            tmp_path / str(workers),
            animal.format_ids,
            animal.map_text,
            workers=workers,
            images=True,
        )
        assert tree_of(tmp_path / str(workers)) == expected
        again.formats = report.formats
        assert again == report


@every_animal
def test_packed_input_gives_the_same_bytes(
    animal: Animal, zoo_folder: Folder, zoo_output: Output, tmp_path: Path
) -> None:
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
def test_archive_holds_the_files_of_the_folder(
    animal: Animal, zoo_folder: Folder, zoo_output: Output, tmp_path: Path
) -> None:
    out, _ = zoo_output(animal.name)
    report = convert_dataset(
        zoo_folder(animal.name), tmp_path, animal.format_ids, animal.map_text, archive=True, images=True
    )
    assert list(report.formats) == list(animal.format_ids)
    for format_id, archive in report.formats.items():
        assert Path(archive).name == f"{animal.name}-{format_id.lower()}-zoo-map.zip"
        assert list(tree_of(tmp_path / format_id.lower())) == [Path(archive).name]
        with zipfile.ZipFile(archive) as packed:
            assert packed.testzip() is None
            names = packed.namelist()
            assert len(names) == len(set(names))
            assert {name: packed.read(name) for name in names} == tree_of(out / format_id.lower())


@every_animal
def test_format_alone_equals_all_together(
    animal: Animal, zoo_folder: Folder, zoo_output: Output, tmp_path: Path
) -> None:
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
def test_second_run_leaves_the_same_bytes_and_keeps_foreign_files(
    format_id: str, zoo_folder: Folder, tmp_path: Path
) -> None:
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
def test_second_run_without_images_or_splits_replaces_labels(
    format_id: str, zoo_folder: Folder, tmp_path: Path
) -> None:
    convert_dataset(zoo_folder("specks"), tmp_path, [format_id], splits=parse_splits("train=0.5,val=0.5"))
    convert_dataset(zoo_folder("specks"), tmp_path, [format_id])
    convert_dataset(zoo_folder("specks"), tmp_path / "fresh", [format_id])
    assert tree_of(tmp_path / format_id.lower()) == tree_of(tmp_path / "fresh" / format_id.lower())


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


def test_registry_finds_formats_by_any_spelling() -> None:
    assert list(formats()) == list(FORMAT_IDS)
    titles = [spec.title for spec in formats().values()]
    assert titles == [
        "COCO", "GeoCOCO", "PASCAL VOC", "YOLO", "YOLO segmentation", "KITTI", "SageMaker Object Detection",
        "SageMaker Semantic Segmentation", "Classification",
    ]  # fmt: skip
    for text, format_id in (
        ("SageMaker OD", "SAGEMAKER_OD"),
        ("sagemaker-od", "SAGEMAKER_OD"),
        ("yolo seg", "YOLO_SEG"),
        ("coco", "COCO"),
    ):
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
