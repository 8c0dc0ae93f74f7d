"""Which files belong to one image."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import zoo

from labelmill.convert.inspection import inspect
from labelmill.convert.report import Report
from labelmill.errors import DatasetError
from labelmill.source.open_source import open_source
from labelmill.source.plan import list_dataset
from labelmill.source.records import plain_name


def coco(dataset: zoo.Dataset, out: Path) -> tuple[dict[str, list[int]], Report]:
    """Image name -> class numbers of its objects, in order."""
    report = zoo.convert_dataset(dataset.root, out, ["COCO"])
    tree = json.loads((out / "coco/coco.json").read_bytes())
    shown: dict[str, list[int]] = {image["file_name"]: [] for image in tree["images"]}
    names = {image["id"]: image["file_name"] for image in tree["images"]}
    for annotation in tree["annotations"]:
        shown[names[annotation["image_id"]]].append(annotation["category_id"])
    return shown, report


@pytest.fixture
def dataset(tmp_path: Path) -> zoo.Dataset:
    return zoo.Dataset(tmp_path / "d")


ENTRIES = [zoo.entry(zoo.BLOCKS, 1), zoo.entry(zoo.BLOCKS, 2)]


def test_by_stem_without_any_filename(dataset: zoo.Dataset, tmp_path: Path) -> None:
    dataset.image("some name.png", 8, 6)
    dataset.json("annotations/some name-ana.json", {"annotations": ENTRIES})
    dataset.json("metadata/some name-metadata.json", {"objects": zoo.objects("Ball", "Rare")})
    shown, report = coco(dataset, tmp_path)
    assert shown == {"some name.png": [7, 99]}
    assert not report.warnings and not report.skipped


def test_filename_goes_before_the_stem(dataset: zoo.Dataset, tmp_path: Path) -> None:
    for stem, other, types in (("a", "b", ["Ball", "Ball"]), ("b", "a", ["Rare", "Rare"])):
        dataset.image(f"{stem}.png", 8, 6)
        dataset.labels(stem, ENTRIES)
        dataset.meta(other, zoo.objects(*types), filename=f"{stem}.png")
    assert coco(dataset, tmp_path)[0] == {"a.png": [7, 7], "b.png": [99, 99]}


def test_all_files_of_an_image_may_have_names_of_their_own(dataset: zoo.Dataset, tmp_path: Path) -> None:
    dataset.image("real.png", 8, 6)
    dataset.mask("real", zoo.BLOCKS)
    dataset.labels("first", [{"id": 1}, {"id": 2}], filename="real.png")
    dataset.meta("second", zoo.objects("Ball", "Cube"), filename="real.png")
    assert coco(dataset, tmp_path)[0] == {"real.png": [7, 0]}


@pytest.mark.parametrize(
    "suffixes", [("-ana.json", "-meta.json"), ("-ann.json", "-metadata.json"), ("-ann.json", "-meta.json")]
)
def test_other_suffixes(suffixes: tuple[str, str], dataset: zoo.Dataset, tmp_path: Path) -> None:
    dataset.image("a.png", 8, 6)
    dataset.labels("a", ENTRIES, suffix=suffixes[0])
    dataset.meta("a", zoo.objects("Ball", "Cube"), suffix=suffixes[1])
    assert coco(dataset, tmp_path)[0] == {"a.png": [7, 0]}


def test_two_files_of_one_stem_are_warned_of(dataset: zoo.Dataset, tmp_path: Path) -> None:
    dataset.scene("a", zoo.BLOCKS)
    dataset.labels("a", ENTRIES, suffix="-ann.json")
    dataset.meta("a", zoo.objects("Cube", "Ball"), suffix="-meta.json")
    shown, report = coco(dataset, tmp_path)
    assert shown == {"a.png": [0, 7]}
    (finding,) = report.warnings.values()
    assert finding.count == 2
    assert [example.split("-")[0] for example in finding.examples] == ["annotations/a", "metadata/a"]


def test_two_annotation_files_of_one_image_are_refused(dataset: zoo.Dataset, tmp_path: Path) -> None:
    dataset.scene("a", zoo.BLOCKS)
    dataset.labels("b", [], filename="a.png")
    with pytest.raises(DatasetError) as caught:
        coco(dataset, tmp_path)
    assert str(caught.value) == (
        "annotations/a-ana.json and annotations/b-ana.json both describe the image a.png; "
        "expected one annotation file an image"
    )


@pytest.mark.parametrize(
    ("image", "filename", "name"),
    [
        ("a.png", None, "a.png"),
        ("a.jpg", None, "a.jpg"),
        ("a.PNG", "a.png", "a.PNG"),
        ("a.png", "a.exr", "a.png"),
        ("a.png", "../a.png", "a.png"),
        ("a.png", "", "a.png"),
        ("a.png", "elsewhere.png", "a.png"),
        (None, None, "a.png"),
        (None, "a.jpg", "a.jpg"),
        (None, "other.tif", "other.tif"),
        (None, "../../other.tif", "a.png"),
        (None, "C:\\other.tif", "a.png"),
    ],
)
def test_name_of_an_image(
    image: str | None, filename: str | None, name: str, dataset: zoo.Dataset, tmp_path: Path
) -> None:
    """The file's; without a file the JSON's filename; without either the stem's."""
    if image is not None:
        dataset.image(image, 8, 6)
    own: dict[str, Any] = {} if filename is None else {"filename": filename}
    dataset.json("annotations/a-ana.json", {**own, "annotations": ENTRIES})
    dataset.json(
        "metadata/a-metadata.json", {**own, "objects": zoo.objects("Ball", "Cube"), "sensor": {"resolution": [8, 6]}}
    )
    assert coco(dataset, tmp_path)[0] == {name: [7, 0]}


def test_filename_in_the_metadata_alone(dataset: zoo.Dataset, tmp_path: Path) -> None:
    """The image is missing, the annotation file names none: the metadata's name is all there is, and joins by stem."""
    dataset.json("annotations/a-ana.json", {"annotations": ENTRIES})
    dataset.json(
        "metadata/a-metadata.json",
        {"filename": "a.jpg", "objects": zoo.objects("Ball", "Cube"), "sensor": {"resolution": [8, 6]}},
    )
    shown, report = coco(dataset, tmp_path)
    assert report.errors == []
    assert shown == {"a.jpg": [7, 0]}


def test_swapped_names_do_not_change_other_images(dataset: zoo.Dataset, tmp_path: Path) -> None:
    """Joining by filename, which two images here need, joins a third one as before."""
    dataset.image("a.png", 8, 6)
    dataset.json("annotations/a-ana.json", {"annotations": ENTRIES})
    dataset.json("metadata/a-metadata.json", {"filename": "a.exr", "objects": zoo.objects("Ball", "Cube")})
    assert coco(dataset, tmp_path / "alone")[0] == {"a.png": [7, 0]}
    for stem, other in (("b", "c"), ("c", "b")):
        dataset.image(f"{stem}.png", 8, 6)
        dataset.labels(stem, ENTRIES)
        dataset.meta(other, zoo.objects("Rare", "Rare"), filename=f"{stem}.png")
    shown, report = coco(dataset, tmp_path / "more")
    assert report.errors == []
    assert shown == {"a.png": [7, 0], "b.png": [99, 99], "c.png": [99, 99]}


def test_filename_that_leads_outside_is_warned_of(dataset: zoo.Dataset, tmp_path: Path) -> None:
    dataset.scene("a", zoo.BLOCKS, filename="../../etc/passwd")
    _, report = coco(dataset, tmp_path)
    (finding,) = report.warnings.values()
    assert (finding.count, finding.examples) == (1, ["metadata/a-metadata.json: '../../etc/passwd'"])


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "/a", "a\\b", "a\0b", "a/", None])
def test_names_that_are_no_plain_file_names(name: str | None) -> None:
    assert plain_name(name) is None


@pytest.mark.parametrize("name", ["a.png", "...", "a..b", " ", "é.png", "-ana.json"])
def test_plain_names(name: str) -> None:
    assert plain_name(name) == name


def test_what_is_not_part_of_the_dataset(dataset: zoo.Dataset, tmp_path: Path) -> None:
    """Images and metadata without an annotation file, other files: counted in every report."""
    dataset.scene("a", zoo.BLOCKS)
    dataset.image("lone.png", 8, 6)
    dataset.meta("forgotten", zoo.objects("Cube"))
    dataset.file("annotations/notes.txt", b"")
    dataset.file("annotations/sub/x-ana.json", b"{}")
    dataset.file("images/readme.md", b"")
    dataset.file("pointclouds/a.bin", b"")
    dataset.file("masks/a-depth.png", b"no png")
    shown, report = coco(dataset, tmp_path)
    assert shown == {"a.png": [0, 7]}
    assert not report.errors
    assert {what: finding.count for what, finding in report.warnings.items()} == {
        "image files without an annotation file: not part of the dataset": 1,
        "files that are none of a dataset's, or of no image: passed over": 4,
    }
    source = open_source(dataset.root)
    found = inspect(source)
    source.close()
    assert found.lone_images == ["lone.png"]
    assert {"annotations/notes.txt", "images/readme.md", "metadata/forgotten-metadata.json"} <= set(found.ignored)
    assert found.images == 1


def test_metadata_of_another_image_is_not_taken(dataset: zoo.Dataset, tmp_path: Path) -> None:
    dataset.image("a.png", 8, 6)
    dataset.labels("a", ENTRIES)
    dataset.meta("a", zoo.objects("Ball", "Cube"), filename="b.png")
    _, report = coco(dataset, tmp_path)
    (error,) = report.errors
    assert (error.image, error.file) == ("a.png", "annotations/a-ana.json")
    assert error.reason == "has 2 annotation entries, expected metadata/a-metadata.json, found none"


def test_unusable_entries_without_metadata_are_an_error_too(dataset: zoo.Dataset, tmp_path: Path) -> None:
    """There are annotation entries and no metadata: the image would become a false negative."""
    dataset.image("a.png", 8, 6)
    dataset.labels("a", [{"id": "1", "bbox": [1, 1, 1, 1]}])
    shown, report = coco(dataset, tmp_path)
    assert shown == {}
    assert [error.image for error in report.errors] == ["a.png"]


def test_folder_that_is_no_dataset(tmp_path: Path) -> None:
    (tmp_path / "pictures").mkdir()
    with pytest.raises(DatasetError) as caught:
        open_source(tmp_path)
    assert str(caught.value) == f"{tmp_path}: expected a dataset with a folder 'annotations', found pictures"
    with pytest.raises(DatasetError) as caught:
        open_source(tmp_path / "nowhere")
    assert str(caught.value) == f"{tmp_path}/nowhere: expected a dataset folder, .zip, .tar or .tar.gz, found nothing"


@pytest.mark.parametrize(
    ("names", "found"),
    [
        (["a.json"], "its 1 files: 'a.json'"),
        ([f"{letter}.xml" for letter in "dcba"], "its 4 files: 'a.xml', 'b.xml', 'c.xml' and 1 more"),
    ],
)
def test_annotations_of_which_none_is_recognised_are_no_success(
    names: list[str], found: str, dataset: zoo.Dataset, tmp_path: Path
) -> None:
    for name in names:
        dataset.file(f"annotations/{name}", b"{}")
    with pytest.raises(DatasetError) as caught:
        coco(dataset, tmp_path)
    assert str(caught.value) == (
        "d/annotations: expected annotation files, whose names end in -ana.json or -ann.json, found none among " + found
    )


def test_suffixes_are_read_without_regard_to_case(dataset: zoo.Dataset, tmp_path: Path) -> None:
    dataset.scene("a", zoo.BLOCKS)
    expected = coco(dataset, tmp_path / "lower")[0]
    for folder, name, other in (
        ("annotations", "a-ana.json", "a-ANA.JSON"),
        ("metadata", "a-metadata.json", "a-Metadata.Json"),
        ("masks", "a.png", "a.PNG"),
    ):
        (dataset.root / folder / name).rename(dataset.root / folder / other)
    assert coco(dataset, tmp_path / "upper")[0] == expected
    listing = list_dataset(open_source(dataset.root))
    assert listing.masks == {"a": "a.PNG"}
