"""The two SageMaker formats, by hand; masks as Pillow reads them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zoo
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from ignored_objects import write_ignoring
from PIL import Image

from labelmill.convert import convert as convert_module
from labelmill.convert.report import Report
from labelmill.formats import formats
from labelmill.split import parse_splits

Output = Callable[[str], tuple[Path, Report]]


def label_image(path: Path) -> Any:
    """A label mask's values; it has to be an 8-bit palette image."""
    with Image.open(path) as picture:
        assert (picture.format, picture.mode) == ("PNG", "P")
        return np.array(picture)


def looked_up(ids: Any, values: list[int]) -> Any:
    """Ids as class values: ``values[id - 1]``."""
    return np.array([0, *values], np.uint8)[np.where(ids <= len(values), ids, 0)]


def paint(tmp_path: Path, ids: Any, **scene: Any) -> tuple[Any, Report]:
    """SageMaker SS' mask of one image without a mask of its own."""
    dataset = zoo.Dataset(tmp_path / "d")
    dataset.scene("a", ids, **{"mask": False, **scene})
    report = zoo.convert_dataset(dataset.root, tmp_path / "out", ["SAGEMAKER_SS"])
    return label_image(tmp_path / "out/sagemaker_ss/train_annotation/a.png"), report


def test_object_detection_by_hand(zoo_output: Output) -> None:
    out = zoo_output("borders")[0] / "sagemaker_od"
    categories = [
        {"class_id": 0, "name": "Cube"},
        {"class_id": 1, "name": "Big Ball"},
        {"class_id": 2, "name": "R&D <1>"},
    ]
    assert json.loads((out / "train_annotation/a.json").read_bytes()) == {
        "file": "a.png",
        "image_size": [{"width": 8, "height": 6, "depth": 3}],
        "annotations": [
            {"class_id": 0, "left": 2, "top": 0, "width": 2, "height": 1},
            {"class_id": 1, "left": 4, "top": 5, "width": 2, "height": 1},
            {"class_id": 2, "left": 0, "top": 2, "width": 1, "height": 2},
            {"class_id": 0, "left": 7, "top": 2, "width": 1, "height": 2},
        ],
        "categories": categories,
    }
    assert json.loads((out / "train_annotation/full.json").read_bytes())["annotations"] == [
        {"class_id": 0, "left": 0, "top": 0, "width": 6, "height": 5}
    ]


@pytest.mark.parametrize("animal", ["borders", "odd_names", "nothing_visible", "several_sizes", "bands"])
def test_object_detection_manifest(animal: str, zoo_output: Output) -> None:
    out = zoo_output(animal)[0] / "sagemaker_od"
    lines = (out / "train.manifest").read_bytes().decode().split("\n")
    assert lines.pop() == ""
    assert [json.loads(line)["source-ref"] for line in lines] == list(zoo.ZOO[animal].images)
    for line in lines:
        tree = json.loads(line)
        assert list(tree) == ["source-ref", "bounding-box", "bounding-box-metadata"]
        own = json.loads((out / f"train_annotation/{tree['source-ref'][:-4]}.json").read_bytes())
        assert tree["bounding-box"] == {"image_size": own["image_size"], "annotations": own["annotations"]}
        metadata = tree["bounding-box-metadata"]
        required = {"objects", "class-map", "type", "human-annotated", "creation-date", "job-name"}  # by Rekognition
        assert set(metadata) == required
        assert len(metadata["objects"]) == len(own["annotations"])
        assert all(0 <= o["confidence"] <= 1 for o in metadata["objects"])
        assert metadata["class-map"] == {"0": "Cube", "1": "Big Ball", "2": "R&D <1>"}
        assert metadata["type"] == "groundtruth/object-detection"
        assert metadata["human-annotated"] == "no"
        assert metadata["creation-date"] == "2024-05-06T07:08:09"
        assert metadata["job-name"] == "labeling-job/labelmill"


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        ("2022-04-11T21:48:47.334134", "2022-04-11T21:48:47.334134"),
        ("2022-04-11 21:48:47", "2022-04-11T21:48:47"),
        ("2022-04-11", "2022-04-11T00:00:00"),
        ("2022-04-11T21:48:47Z", "2022-04-11T21:48:47"),
        ("2022-04-11T21:48:47+02:00", "2022-04-11T19:48:47"),
        ("0001-01-01T00:00:00+02:00", "1970-01-01T00:00:00"),
        ("11 April 2022", "1970-01-01T00:00:00"),
        ('"', "1970-01-01T00:00:00"),
        ("", "1970-01-01T00:00:00"),
        (None, "1970-01-01T00:00:00"),
    ],
)
def test_every_line_of_the_manifest_has_a_date(date: str | None, expected: str, tmp_path: Path) -> None:
    dataset = zoo.Dataset(tmp_path / "d")
    dataset.scene("a", zoo.BLOCKS, date=date)
    zoo.convert_dataset(dataset.root, tmp_path, ["SAGEMAKER_OD"])
    (line,) = (tmp_path / "sagemaker_od/train.manifest").read_text().splitlines()
    assert json.loads(line)["bounding-box-metadata"]["creation-date"] == expected


@pytest.mark.parametrize("animal", ["holes", "parts"])
def test_ignored_objects_are_255(animal: str, zoo_folder: Callable[[str], Path], tmp_path: Path) -> None:
    """In masks, and where contours are drawn."""
    files = write_ignoring(zoo_folder(animal), "SAGEMAKER_SS", {2})
    ids = zoo.HOLES if animal == "holes" else zoo.PARTS
    for image in ("a", "maskless"):
        path = tmp_path / f"{image}.png"
        path.write_bytes(files[f"train_annotation/{image}.png"])
        np.testing.assert_array_equal(label_image(path), looked_up(ids, [1, 255]))


@pytest.mark.parametrize(("image", "depth"), [("a", 4), ("grey", 1)])
def test_depth_is_the_number_of_bands(image: str, depth: int, zoo_output: Output) -> None:
    tree = json.loads((zoo_output("bands")[0] / f"sagemaker_od/train_annotation/{image}.json").read_bytes())
    assert tree["image_size"] == [{"width": 8, "height": 6, "depth": depth}]


def test_depth_is_three_where_no_header_was_read(tmp_path: Path) -> None:
    dataset = zoo.Dataset(tmp_path / "d")
    dataset.scene("a", zoo.BLOCKS, image=False, sensor={"resolution": [8, 6]})
    dataset.image("a.png", 8, 6, "RGBA")
    zoo.convert_dataset(dataset.root, tmp_path, ["SAGEMAKER_OD"])
    tree = json.loads((tmp_path / "sagemaker_od/train_annotation/a.json").read_bytes())
    assert tree["image_size"][0]["depth"] == 3


@pytest.mark.parametrize("split", [None, "train=0.5,val=0.5"])
def test_bases_go_before_names_in_manifests(
    split: str | None, tmp_path: Path, zoo_folder: Callable[[str], Path]
) -> None:
    splits = parse_splits(split) if split else None
    options: dict[str, Any] = {
        "image_base": "s3://bucket/images/",
        "label_base": "s3://bucket/labels/",
        "splits": splits,
    }
    zoo.convert_dataset(zoo_folder("odd_names"), tmp_path, ["SAGEMAKER_OD", "SAGEMAKER_SS"], **options)
    for folder in ("sagemaker_od", "sagemaker_ss"):
        found = {}
        for manifest in (tmp_path / folder).glob("*.manifest"):
            for line in manifest.read_text().splitlines():
                tree = json.loads(line)
                found[tree["source-ref"]] = tree
                if folder == "sagemaker_ss":
                    assert list(tree) == ["source-ref", "class-labels-ref"]
                    base, _, rest = tree["class-labels-ref"].partition("s3://bucket/labels/")
                    assert base == "" and (tmp_path / folder / rest).is_file()
                    assert rest.split("/")[0] == f"{manifest.name.removesuffix('.manifest')}_annotation"
        assert sorted(found) == sorted(f"s3://bucket/images/{name}" for name in zoo.ZOO["odd_names"].images)


NOT_3_BANDS = "images that are not JPEG or PNG of 3 bands, which the algorithm refuses"
NO_OBJECTS = "images without objects, which the algorithm may refuse"
NO_CHANNEL = "no image in the {} channel, which training needs: divide the dataset, for example train=0.8,val=0.2"


@pytest.mark.parametrize("format_id", ["SAGEMAKER_OD", "SAGEMAKER_SS"])
@pytest.mark.parametrize(
    ("split", "channels"), [(None, ["validation"]), ("train=0.5,val=0.5", []), ("val=1", ["train"])]
)
def test_the_report_says_what_the_algorithms_refuse(
    format_id: str, split: str | None, channels: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the shards and beside whatever format."""
    dataset = zoo.Dataset(tmp_path / "d")
    for number, mode in enumerate(["RGB", "RGBA", "L", "RGB", "RGB", "RGB"]):
        dataset.scene(f"{number}", zoo.BLOCKS, image=False)
        dataset.image(f"{number}.png", 8, 6, mode)
    dataset.scene("empty", zoo.BLOCKS, entries=[])
    dataset.scene("photo", zoo.BLOCKS, image=False, sensor={"resolution": [8, 6]})
    dataset.image("photo.tif", 8, 6, "RGB")
    title = formats()[format_id].title
    expected = {f"{title}: {NO_CHANNEL.format(channel)}": (1, []) for channel in channels} | {
        f"{title}: {NOT_3_BANDS}": (3, ["1.png", "2.png", "photo.tif"]),
        f"{title}: {NO_OBJECTS}": (1, ["empty.png"]),
    }
    splits = parse_splits(split) if split else None
    for shard in (64, 1):
        monkeypatch.setattr(convert_module, "SMALLEST_SHARD", shard)
        for beside in ((), ("COCO",)):
            report = zoo.convert_dataset(dataset.root, tmp_path / "out", [*beside, format_id], splits=splits)
            told = {what: (f.count, f.examples) for what, f in report.warnings.items() if what.startswith(title)}
            assert told == expected and list(told) == list(expected)


def test_nothing_is_said_of_an_empty_dataset(zoo_output: Output) -> None:
    assert not any(what.startswith("SageMaker") for what in zoo_output("empty")[1].warnings)


def test_semantic_segmentation_files(zoo_output: Output) -> None:
    out = zoo_output("borders")[0] / "sagemaker_ss"
    assert (out / "classes.txt").read_text() == "0 background\n1 Cube\n2 Big Ball\n3 R&D <1>\n"
    assert json.loads((out / "label_map/train_label_map.json").read_bytes()) == {"scale": "1"}
    lines = [json.loads(line) for line in (out / "train.manifest").read_text().splitlines()]
    assert lines == [
        {"source-ref": "a.png", "class-labels-ref": "train_annotation/a.png"},
        {"source-ref": "full.png", "class-labels-ref": "train_annotation/full.png"},
    ]


@pytest.mark.parametrize(
    ("animal", "image", "ids", "values"),
    [
        ("borders", "a", zoo.BORDERS, [1, 2, 3, 1]),
        ("holes", "a", zoo.HOLES, [1, 2]),
        ("holes", "maskless", zoo.HOLES, [1, 2]),
        ("parts", "a", zoo.PARTS, [1, 2]),
        ("parts", "maskless", zoo.PARTS, [1, 2]),
        ("diagonal_ring", "maskless", zoo.DIAMOND, [1]),
        ("only_ids", "a", zoo.HOLES, [1, 2]),
        ("only_contours", "a", zoo.HOLES, [1, 2]),
        ("flat_segmentation", "a", zoo.BLOCKS, [1, 2]),
        ("annotation_without_object", "a", zoo.BLOCKS, [1, 0]),
        ("nothing_visible", "a", np.zeros((7, 9), np.uint16), []),
        ("specks", "1", zoo.BLOCKS, [1, 2]),
        ("classes_254", "a", zoo.BLOCKS, [1, 254]),
        ("several_sizes", "d", zoo.PARTS, [1, 2]),
        ("contours_beyond", "lie", zoo.BLOCKS, [1, 2]),
        ("only_boxes", "a", zoo.BLOCKS, [0, 0]),
    ],
)
def test_values_are_the_looked_up_mask(
    animal: str, image: str, ids: Any, values: list[int], zoo_output: Output
) -> None:
    found = label_image(zoo_output(animal)[0] / f"sagemaker_ss/train_annotation/{image}.png")
    np.testing.assert_array_equal(found, looked_up(ids, values))


def square(object_id: int, x: int, y: int, side: int, **fields: Any) -> dict[str, Any]:
    """A filled square's entry."""
    ids = np.zeros((12, 12), np.uint16)
    ids[y : y + side, x : x + side] = object_id
    return zoo.entry(ids, object_id, **fields)


@pytest.mark.parametrize(
    ("distances", "top"),
    [
        ((1.0, 2.0), 1),
        ((2.0, 1.0), 2),
        ((-1.0, 0.0), 1),
        ((None, 5.0), 2),
        ((5.0, None), 1),
        ((3.0, 3.0), 2),
        ((None, None), 2),
    ],
)
def test_near_contours_cover_far_ones(distances: tuple[float | None, float | None], top: int, tmp_path: Path) -> None:
    """Ties and unknown distances: in the source's order, unknown ones first."""
    entries = [square(1, 1, 1, 6, distance=distances[0]), square(2, 4, 4, 6, distance=distances[1])]
    found, _ = paint(tmp_path, np.zeros((12, 12), np.uint16), entries=entries, objects=zoo.objects("Cube", "Ball"))
    expected = np.zeros((12, 12), np.uint8)
    for object_id in (3 - top, top):
        x = 1 if object_id == 1 else 4
        expected[x : x + 6, x : x + 6] = object_id
    np.testing.assert_array_equal(found, expected)


def test_holes_are_open_onto_what_lies_behind(tmp_path: Path) -> None:
    """A near ring leaves its hole to the far square behind it."""
    ring = np.zeros((12, 12), np.uint16)
    ring[2:10, 2:10] = 1
    ring[4:8, 4:8] = 0
    entries = [zoo.entry(ring, 1, distance=1.0), square(2, 3, 3, 6, distance=9.0)]
    found, _ = paint(tmp_path, np.zeros((12, 12), np.uint16), entries=entries, objects=zoo.objects("Cube", "Ball"))
    expected = np.zeros((12, 12), np.uint8)
    expected[3:9, 3:9] = 2
    expected[ring == 1] = 1
    np.testing.assert_array_equal(found, expected)


def test_mask_is_the_truth_where_there_is_one(tmp_path: Path) -> None:
    """Whatever the contours say."""
    wrong = [{**zoo.entry(zoo.BLOCKS, 1), "segmentation": [[0, 0, 0, 5, 7, 5, 7, 0]]}, zoo.entry(zoo.BLOCKS, 2)]
    found, _ = paint(tmp_path, zoo.BLOCKS, mask=True, entries=wrong)
    np.testing.assert_array_equal(found, looked_up(zoo.BLOCKS, [1, 2]))


def test_large_ids_and_objects_of_no_class(tmp_path: Path) -> None:
    ids = np.array([[0, 65535, 300, 7]], np.uint16)
    entries = [zoo.entry(ids, i) for i in (7, 300, 65535)] + [
        {"id": 70000, "bbox": [0, 0, 0, 0], "segmentation": [[0, 0]]}
    ]
    items = [{"id": i, "type": t} for i, t in ((7, "Other"), (300, "Ball"), (65535, "Rare"), (70000, "Cube"))]
    found, _ = paint(tmp_path, ids, mask=True, entries=entries, objects=items)
    np.testing.assert_array_equal(found, [[0, 3, 2, 0]])


def test_bad_masks_leave_their_images_out(zoo_output: Output) -> None:
    out, report = zoo_output("bad_masks")
    tree = zoo.tree_of(out / "sagemaker_ss")
    assert sorted(p for p in tree if p.startswith("train_annotation/")) == ["train_annotation/fine.png"]
    assert len(tree["train.manifest"].splitlines()) == 1
    assert [(e.image, e.file, e.formats) for e in report.errors] == [
        ("corrupt.png", "masks/corrupt.png", ("SAGEMAKER_SS",)),
        ("size.png", "masks/size.png", ("SAGEMAKER_SS",)),
    ]
    assert report.errors[1].reason == "expected the image's size 8x6, found 10x6"


def test_boxes_alone_have_no_pixels_and_are_counted(zoo_output: Output) -> None:
    _, report = zoo_output("only_boxes")
    assert list(report.lost["SAGEMAKER_SS"].values()) == [2]


@settings(max_examples=15, deadline=None)
@given(
    masks=st.lists(
        arrays(np.uint16, st.tuples(st.integers(1, 9), st.integers(1, 9)), elements=st.sampled_from([0, 1, 1, 2, 3])),
        min_size=1,
        max_size=6,
    )
)
def test_contours_and_mask_give_the_same_pixels(tmp_path_factory: pytest.TempPathFactory, masks: list[Any]) -> None:
    root = tmp_path_factory.mktemp("both")
    dataset = zoo.Dataset(root / "d")
    for number, ids in enumerate(masks):
        entries = [zoo.entry(ids, int(i)) for i in np.unique(ids) if i]
        for kind in ("mask", "contours"):
            dataset.scene(
                f"{number}-{kind}",
                ids,
                mask=kind == "mask",
                entries=entries,
                objects=zoo.objects("Rare", "Cube", "Ball"),
            )
    zoo.convert_dataset(dataset.root, root / "out", ["SAGEMAKER_SS"])
    for number, ids in enumerate(masks):
        for kind in ("mask", "contours"):
            found = label_image(root / f"out/sagemaker_ss/train_annotation/{number}-{kind}.png")
            np.testing.assert_array_equal(found, looked_up(ids, [3, 1, 2]))
