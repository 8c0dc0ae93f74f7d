"""COCO, by hand and as pycocotools and labelformat read it."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zoo
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from labelformat.formats.coco import COCOInstanceSegmentationInput, COCOObjectDetectionInput
from pycocotools import mask as coco_mask
from pycocotools.coco import COCO

from labelmill.convert.report import Report
from labelmill.model import Instance

Output = Callable[[str], tuple[Path, Report]]
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # of pycocotools


def load(folder: Path) -> Any:
    """As pycocotools reads ``coco.json``."""
    with redirect_stdout(StringIO()):
        return COCO(str(folder / "coco/coco.json"))


def convert_scene(tmp_path: Path, ids: Any, **scene: Any) -> Any:
    dataset = zoo.Dataset(tmp_path / "d")
    dataset.scene("a", ids, **scene)
    zoo.convert_dataset(dataset.root, tmp_path / "out", ["COCO"])
    return load(tmp_path / "out")


def test_document_by_hand(zoo_output: Output) -> None:
    tree = json.loads((zoo_output("class_zero")[0] / "coco/coco.json").read_bytes())
    assert list(tree) == ["info", "licenses", "images", "annotations", "categories"]
    assert tree["info"]["date_created"] == "2024-05-06T07:08:09"
    assert tree["info"]["year"] == 2024
    assert tree["licenses"] == []
    assert tree["images"] == [
        {"id": 1, "file_name": "a.png", "width": 8, "height": 6, "date_captured": "2024-05-06T07:08:09"}
    ]
    assert tree["categories"] == [
        {"id": 0, "name": "Cube", "supercategory": "none"},
        {"id": 7, "name": "Big Ball", "supercategory": "toys"},
        {"id": 99, "name": "R&D <1>", "supercategory": "none"},
    ]
    first, second = tree["annotations"]
    assert {k: v for k, v in first.items() if k != "segmentation"} == {
        "id": 1, "image_id": 1, "category_id": 0, "area": 4, "bbox": [1, 1, 2, 2], "iscrowd": 0,
    }  # fmt: skip
    assert {k: v for k, v in second.items() if k != "segmentation"} == {
        "id": 2, "image_id": 1, "category_id": 0, "area": 6, "bbox": [5, 2, 2, 3], "iscrowd": 0,
    }  # fmt: skip
    for annotation, corners in ((first, {(1, 1), (3, 1), (3, 3), (1, 3)}), (second, {(5, 2), (7, 2), (7, 5), (5, 5)})):
        (polygon,) = annotation["segmentation"]
        assert len(polygon) == 8
        assert set(zip(polygon[::2], polygon[1::2], strict=True)) == corners


@pytest.mark.parametrize(
    ("animal", "image", "ids"),
    [
        ("one_pixel", "a.png", zoo.grid("....", "..1.", "....")),
        ("borders", "a.png", zoo.BORDERS),
        ("borders", "full.png", np.ones((5, 6), np.uint16)),
        ("holes", "a.png", zoo.HOLES),
        ("holes", "maskless.png", zoo.HOLES),
        ("parts", "a.png", zoo.PARTS),
        ("parts", "maskless.png", zoo.PARTS),
        ("diagonal_ring", "a.png", zoo.DIAMOND),
        ("diagonal_ring", "maskless.png", zoo.DIAMOND),
        ("only_ids", "a.png", zoo.HOLES),
        ("only_contours", "a.png", zoo.HOLES),
        ("flat_segmentation", "a.png", zoo.BLOCKS),
        ("several_sizes", "b.jpg", zoo.HOLES),
        ("several_sizes", "d.png", zoo.PARTS),
        ("boxes_beyond", "lie.png", zoo.BLOCKS),
        ("contours_beyond", "lie.png", zoo.BLOCKS),
        ("misshapen_fields", "a.png", zoo.BLOCKS),
        ("specks", "10.png", zoo.BLOCKS),
    ],
)
def test_masks_areas_and_boxes_are_exact(animal: str, image: str, ids: Any, zoo_output: Output) -> None:
    coco = load(zoo_output(animal)[0])
    (entry,) = [i for i in coco.dataset["images"] if i["file_name"] == image]
    assert (entry["height"], entry["width"]) == ids.shape
    annotations = [a for a in coco.dataset["annotations"] if a["image_id"] == entry["id"]]
    assert len(annotations) == ids.max()
    for object_id, annotation in enumerate(annotations, 1):
        expected = ids == object_id
        np.testing.assert_array_equal(coco.annToMask(annotation), expected)
        assert annotation["area"] == expected.sum()
        if animal != "contours_beyond":  # its boxes lie
            rows, columns = np.flatnonzero(expected.any(1)), np.flatnonzero(expected.any(0))
            x, y = columns[0], rows[0]
            assert annotation["bbox"] == [x, y, columns[-1] - x + 1, rows[-1] - y + 1]


@pytest.mark.parametrize("animal", [a for a in zoo.ZOO if a not in ("empty",)])
def test_pycocotools_loads_every_dataset(animal: str, zoo_output: Output) -> None:
    coco = load(zoo_output(animal)[0])
    images, categories = coco.getImgIds(), coco.getCatIds()
    assert images == list(range(1, len(images) + 1))
    assert coco.getAnnIds() == list(range(1, len(coco.dataset["annotations"]) + 1))
    for annotation in coco.dataset["annotations"]:
        assert annotation["image_id"] in images and annotation["category_id"] in categories
        x, y, w, h = annotation["bbox"]
        image = coco.imgs[annotation["image_id"]]
        assert x >= 0 and y >= 0 and w > 0 and h > 0 and x + w <= image["width"] and y + h <= image["height"]
        if annotation["segmentation"]:
            mask = coco.annToMask(annotation)
            assert mask.shape == (image["height"], image["width"])
            assert mask.sum() == annotation["area"]
        else:
            assert annotation["area"] == w * h


def test_every_segmentation_is_polygons_one_a_part(zoo_output: Output) -> None:
    for animal, parts in (("holes", [1] * 4), ("parts", [3, 1, 3, 1]), ("diagonal_ring", [1] * 2)):
        annotations = load(zoo_output(animal)[0]).dataset["annotations"]
        assert [len(a["segmentation"]) for a in annotations] == parts, animal
        for annotation in annotations:
            assert annotation["iscrowd"] == 0
            assert all(len(polygon) >= 6 and len(polygon) % 2 == 0 for polygon in annotation["segmentation"])


def test_option_run_lengths(tmp_path: Path, zoo_folder: Callable[[str], Path]) -> None:
    """All objects, as pycocotools compresses them."""
    for animal, ids in (("holes", zoo.HOLES), ("parts", zoo.PARTS)):
        zoo.convert_dataset(zoo_folder(animal), tmp_path / animal, ["COCO", "GEOCOCO"], segmentation="rle")
        coco = load(tmp_path / animal)
        geo = json.loads((tmp_path / animal / "geococo/geococo.json").read_bytes())
        annotations = coco.dataset["annotations"]
        assert [a["segmentation"] for a in geo["annotations"]] == [a["segmentation"] for a in annotations]
        for number, annotation in enumerate(annotations):
            mask = ids == number % ids.max() + 1
            expected = coco_mask.encode(np.asfortranarray(mask.astype(np.uint8)))
            assert annotation["segmentation"] == {"size": list(mask.shape), "counts": expected["counts"].decode()}
            assert annotation["iscrowd"] == 0
            np.testing.assert_array_equal(coco.annToMask(annotation), mask)


def test_option_first_category(tmp_path: Path, zoo_folder: Callable[[str], Path]) -> None:
    folder = zoo_folder("holes")
    for format_id, name in (("COCO", "coco"), ("GEOCOCO", "geococo")):
        zoo.convert_dataset(folder, tmp_path / "map", [format_id])
        zoo.convert_dataset(folder, tmp_path / "one", [format_id], first_category="1")
        of_map, of_one = (json.loads((tmp_path / kind / name / f"{name}.json").read_bytes()) for kind in ("map", "one"))
        assert [(c["id"], c["name"]) for c in of_one["categories"]] == [(1, "Cube"), (2, "Big Ball"), (3, "R&D <1>")]
        dense = {c["id"]: number for number, c in enumerate(of_map["categories"], 1)}
        assert [a["category_id"] for a in of_one["annotations"]] == [
            dense[a["category_id"]] for a in of_map["annotations"]
        ]
        for tree in (of_map, of_one):
            del tree["categories"]
            for annotation in tree["annotations"]:
                del annotation["category_id"]
        assert of_map == of_one


def test_option_simplify(tmp_path: Path) -> None:
    y, x = np.indices((90, 90))
    away = np.hypot(x - 45, y - 45)
    ids = ((away < 40) & (away > 20)).astype(np.uint16)
    dataset = zoo.Dataset(tmp_path / "d")
    dataset.scene("a", ids, objects=zoo.objects("Cube"))
    found = {}
    for simplify in (0.0, 1.0):
        zoo.convert_dataset(dataset.root, tmp_path / "out", ["COCO"], simplify=simplify)
        coco = load(tmp_path / "out")
        (found[simplify],) = coco.dataset["annotations"]
        off = coco.annToMask(found[simplify]) != ids
        assert off.any() == (simplify > 0)
        assert not (off & (away < 38) & (away > 22)).any()
        assert not (off & ((away > 42) | (away < 18))).any()
    assert found[0.0]["area"] == found[1.0]["area"] == ids.sum()
    assert len(found[1.0]["segmentation"][0]) * 2 < len(found[0.0]["segmentation"][0])


@pytest.mark.parametrize("option", ["polygons", "rle"])
def test_ignored_objects_are_crowds(option: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With run lengths; of a box alone, those of the box. Others stay as they are."""
    monkeypatch.setattr("labelmill.source.boxes.Instance", ignoring(2))
    dataset = zoo.Dataset(tmp_path / "d")
    dataset.scene("a", zoo.HOLES)
    box = {"id": 2, "bbox": [1, 2, 3, 4]}
    dataset.scene("b", zoo.HOLES, entries=[zoo.entry(zoo.HOLES, 1), box], mask=False)
    for format_id, name in (("COCO", "coco"), ("GEOCOCO", "geococo")):
        report = zoo.convert_dataset(dataset.root, tmp_path / "out", [format_id], segmentation=option)
        with redirect_stdout(StringIO()):
            coco = COCO(str(tmp_path / f"out/{name}/{name}.json"))
        annotations = coco.dataset["annotations"]
        assert [a["iscrowd"] for a in annotations] == [0, 1, 0, 1]
        boxed = np.zeros(zoo.HOLES.shape, bool)
        boxed[2:7, 1:5] = True
        for annotation, mask in zip(annotations, [zoo.HOLES == 1, zoo.HOLES == 2, zoo.HOLES == 1, boxed], strict=True):
            np.testing.assert_array_equal(coco.annToMask(annotation), mask)
            assert annotation["area"] == mask.sum()
            if annotation["iscrowd"]:  # lists, as in COCO's own files, unless all are compressed
                assert isinstance(annotation["segmentation"]["counts"], str if option == "rle" else list)
            else:
                assert isinstance(annotation["segmentation"], dict if option == "rle" else list)
        assert not report.lost.get(format_id)
        if option == "polygons":
            labels = list(COCOInstanceSegmentationInput(input_file=tmp_path / f"out/{name}/{name}.json").get_labels())
            crowds = [o.segmentation for lb in labels for o in lb.objects][1::2]
            np.testing.assert_array_equal(crowds[0].get_binary_mask(), zoo.HOLES == 2)
            np.testing.assert_array_equal(crowds[1].get_binary_mask(), boxed)


def ignoring(object_id: int) -> Callable[..., Instance]:
    """Makes instances, the one of that id ignored."""

    def make(*fields: Any) -> Instance:
        return Instance(*fields, ignored=fields[0] == object_id)

    return make


def test_box_without_contours(zoo_output: Output) -> None:
    out, report = zoo_output("only_boxes")
    annotations = load(out).dataset["annotations"]
    assert [(a["segmentation"], a["area"], a["bbox"]) for a in annotations] == [
        ([], 4, [1, 1, 2, 2]),
        ([], 6, [5, 2, 2, 3]),
    ]
    assert list(report.lost["COCO"].values()) == [2]


def test_contours_in_any_order_and_orientation(tmp_path: Path) -> None:
    """Holes first, and all rings one way round: nesting decides then."""
    entries = [zoo.entry(zoo.HOLES, 1), zoo.entry(zoo.HOLES, 2)]
    rings = entries[0]["segmentation"]
    one_way = []
    for ring in rings:
        xs, ys = np.array(ring[::2]), np.array(ring[1::2])
        area = (xs * np.roll(ys, -1) - np.roll(xs, -1) * ys).sum()
        points = list(zip(ring[::2], ring[1::2], strict=True))
        one_way.append([v for p in (points if area < 0 else points[::-1]) for v in p])
    for number, segmentation in enumerate((rings, rings[::-1], one_way, one_way[::-1])):
        entries[0]["segmentation"] = segmentation
        coco = convert_scene(tmp_path / str(number), zoo.HOLES, entries=entries, mask=False)
        first = coco.dataset["annotations"][0]
        np.testing.assert_array_equal(coco.annToMask(first), zoo.HOLES == 1)
        assert first["area"] == (zoo.HOLES == 1).sum()


def test_contours_beyond_the_image_are_clamped(tmp_path: Path) -> None:
    """No resolution: the header's 5 x 4 stands, and the objects are cut to it."""
    dataset = zoo.Dataset(tmp_path / "d")
    dataset.scene("a", zoo.HOLES, image=False, mask=False)
    dataset.image("a.png", 5, 4)
    report = zoo.convert_dataset(dataset.root, tmp_path / "out", ["COCO"])
    coco = load(tmp_path / "out")
    (first,) = coco.dataset["annotations"]
    cut = zoo.HOLES[:4, :5] == 1
    np.testing.assert_array_equal(coco.annToMask(first), cut)
    assert first["area"] == cut.sum()
    assert first["bbox"] == [1, 1, 4, 3]
    assert report.skipped["box outside the image"].count == 1


def test_sparse_contours_keep_their_vertices_moved_by_half_a_pixel(tmp_path: Path) -> None:
    triangle = {"id": 1, "bbox": [2, 1, 20, 10], "segmentation": [[2, 1, 2, 11, 22, 11]]}
    coco = convert_scene(tmp_path, np.ones((20, 30), np.uint16), entries=[triangle], mask=False)
    (annotation,) = coco.dataset["annotations"]
    (polygon,) = annotation["segmentation"]
    assert set(zip(polygon[::2], polygon[1::2], strict=True)) == {(2.5, 1.5), (2.5, 11.5), (22.5, 11.5)}
    # A = 100, B = 10 + 10 + 20 (gcd(20, 10) = 10)
    assert annotation["area"] == 100 + 40 / 2 + 1


def test_labelformat_reads_boxes_and_polygons(zoo_output: Output) -> None:
    for animal in ("several_sizes", "parts", "odd_names", "borders"):
        path = zoo_output(animal)[0] / "coco/coco.json"
        tree = json.loads(path.read_bytes())
        labels = list(COCOObjectDetectionInput(input_file=path).get_labels())
        assert sorted(label.image.filename for label in labels) == sorted(zoo.ZOO[animal].images)
        boxes = [
            [o.box.xmin, o.box.ymin, o.box.xmax - o.box.xmin, o.box.ymax - o.box.ymin]
            for lb in labels
            for o in lb.objects
        ]
        assert len(boxes) == len(tree["annotations"])
        assert boxes == [a["bbox"] for a in tree["annotations"]]
        names = {c["id"]: c["name"] for c in tree["categories"]}
        assert [o.category.name for lb in labels for o in lb.objects] == [
            names[a["category_id"]] for a in tree["annotations"]
        ]
    path = zoo_output("parts")[0] / "coco/coco.json"
    segmented = [o for lb in COCOInstanceSegmentationInput(input_file=path).get_labels() for o in lb.objects]
    assert [len(o.segmentation.polygons) for o in segmented] == [3, 1, 3, 1]


def test_info_without_any_date(tmp_path: Path) -> None:
    dataset = zoo.Dataset(tmp_path / "d")
    dataset.image("a.png", 4, 4)
    dataset.labels("a", [])
    zoo.convert_dataset(dataset.root, tmp_path, ["COCO"])
    tree = json.loads((tmp_path / "coco/coco.json").read_bytes())
    assert "date_created" not in tree["info"] and "year" not in tree["info"]
    assert tree["images"] == [{"id": 1, "file_name": "a.png", "width": 4, "height": 4, "date_captured": ""}]


MASKS = arrays(
    np.uint16, st.tuples(st.integers(1, 11), st.integers(1, 11)), elements=st.sampled_from([0, 0, 1, 1, 1, 2, 3])
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(masks=st.lists(MASKS, min_size=1, max_size=8), split_rings=st.randoms(use_true_random=False))
def test_random_masks_come_back_from_coco(
    masks: list[Any], split_rings: Any, tmp_path_factory: pytest.TempPathFactory
) -> None:
    root = tmp_path_factory.mktemp("random")
    dataset = zoo.Dataset(root / "d")
    expected = []
    for number, ids in enumerate(masks):
        stem = f"{number:02}"
        shown = [int(i) for i in np.unique(ids) if i]
        entries = [zoo.entry(ids, i) for i in shown]
        for item in entries:
            split_rings.shuffle(item["segmentation"])
        dataset.scene(stem, ids, mask=number % 2 == 0, entries=entries, objects=zoo.objects("Cube", "Ball", "Rare"))
        expected += [(number + 1, ids == i) for i in shown]
    zoo.convert_dataset(dataset.root, root / "out", ["COCO"])
    coco = load(root / "out")
    assert len(coco.dataset["annotations"]) == len(expected)
    for annotation, (image_id, pixels) in zip(coco.dataset["annotations"], expected, strict=True):
        assert annotation["image_id"] == image_id
        np.testing.assert_array_equal(coco.annToMask(annotation), pixels)
        assert annotation["area"] == pixels.sum()
