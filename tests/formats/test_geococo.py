"""GeoCOCO, by hand."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import zoo

from labelmill.convert.report import Report

Output = Callable[[str], tuple[Path, Report]]
ANNOTATION_KEYS = {
    "keypoints", "num_keypoints", "bbox_rotated", "object_center", "bbox_geo", "bbox_rotated_geo", "object_center_geo",
    "keypoints_geo", "classification",
}  # fmt: skip


def load(out: Path) -> dict[str, Any]:
    tree: dict[str, Any] = json.loads((out / "geococo/geococo.json").read_bytes())
    return tree


def convert_one(tmp_path: Path, entry: dict[str, Any], **scene: Any) -> dict[str, Any]:
    """One 8 x 6 image with one object: the document."""
    dataset = zoo.Dataset(tmp_path / "d")
    dataset.scene("a", zoo.BLOCKS, entries=[{**zoo.entry(zoo.BLOCKS, 1), **entry}], **scene)
    zoo.convert_dataset(dataset.root, tmp_path / "out", ["GEOCOCO"])
    return load(tmp_path / "out")


def check_feature(feature: dict[str, Any], box: tuple[float, float, float, float]) -> None:
    """RFC 7946: a Feature with properties, and one closed counter-clockwise ring around exactly that box."""
    assert set(feature) == {"type", "properties", "geometry"}
    assert feature["type"] == "Feature" and feature["geometry"]["type"] == "Polygon"
    assert isinstance(feature["properties"], dict)
    (ring,) = feature["geometry"]["coordinates"]
    assert len(ring) == 5 and ring[0] == ring[-1]
    twice = sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise(ring))
    assert twice > 0
    x0, y0, x1, y1 = box
    corners = sorted([[x0, y0], [x0, y1], [x1, y0], [x1, y1]])
    assert [c for point in sorted(ring[:4]) for c in point] == pytest.approx([c for p in corners for c in p], abs=1e-9)


def test_coco_part_is_coco(zoo_output: Output) -> None:
    for animal in ("holes", "geography", "several_sizes", "nothing_visible"):
        out, _ = zoo_output(animal)
        geo, coco = load(out), json.loads((out / "coco/coco.json").read_bytes())
        assert geo["categories"] == coco["categories"]
        assert len(geo["annotations"]) == len(coco["annotations"])
        for mine, theirs in zip(geo["annotations"], coco["annotations"], strict=True):
            assert set(mine) == set(theirs) | ANNOTATION_KEYS
            assert {key: mine[key] for key in theirs} == theirs
        for mine, theirs in zip(geo["images"], coco["images"], strict=True):
            assert set(mine) == set(theirs) | {"file_data", "chipping_data", "acquisition_data"}
            assert {key: mine[key] for key in theirs} == theirs


def test_image_with_everything(zoo_output: Output, zoo_folder: Callable[[str], Path]) -> None:
    tree = load(zoo_output("geography")[0])
    image = tree["images"][0]
    assert image["file_name"] == "all.png"
    data = (zoo_folder("geography") / "images/all.png").read_bytes()
    file_data = image["file_data"]
    check_feature(file_data.pop("pixel_bounds"), (0, 0, 8, 6))
    check_feature(file_data.pop("geo_bounds"), (9.0, 47.9, 9.8, 48.5))
    assert file_data == {
        "checksum": f"sha256:{hashlib.sha256(data).hexdigest()}",
        "mimetype": "image/png",
        "band_names": ["R", "G", "B"],
        "memory_size": len(data),
    }
    assert image["chipping_data"] == {
        "parent_name": "parent.tif",
        "parent_checksum": "abc",
        "parent_mimetype": "image/tiff",
    }
    assert image["acquisition_data"] == {
        "image_type": "optical",
        "acquisition_time_earliest": "2024-01-02T03:04:05Z",
        "acquisition_time_latest": "2024-01-02T03:04:05Z",
        "sun_altitude": 30.5,
        "sun_azimuth": 120.0,
        "rendering_tool": "Blender",
        "cloud_cover": 0.1,
        "platform": "sat",
        "classification": "SECRET",
        "look_angle": 12.0,
        "azimuthal_angle": 20.0,
        "gsd": [0.5, 0.5],
        "is_synthetic": True,
    }


def test_annotation_with_everything(zoo_output: Output) -> None:
    annotation = load(zoo_output("geography")[0])["annotations"][0]
    # box columns 5-6, rows 2-4; a pixel is 0.1 degrees both ways; longitude grows to the right, latitude falls down
    assert annotation["bbox"] == [5, 2, 2, 3]
    assert annotation["bbox_geo"] == pytest.approx([9.5, 48.3, 9.7, 48.0], abs=1e-8)
    assert annotation["keypoints"] == [5.5, 2.5, 6.5, 4.5]
    assert annotation["num_keypoints"] == 2
    assert annotation["keypoints_geo"] == pytest.approx([9.55, 48.25, 9.65, 48.05], abs=1e-8)
    assert annotation["object_center"] == [5.5, 3.5]
    assert annotation["object_center_geo"] == pytest.approx([9.55, 48.15], abs=1e-8)
    assert annotation["classification"] == "SECRET"
    degrees = math.degrees(2.0) - 20
    assert annotation["bbox_rotated"] == pytest.approx([5.5, 3.5, 8.0, 4.0, degrees], abs=1e-5)
    corners = []
    for dx, dy in ((-4, -2), (4, -2), (4, 2), (-4, 2)):  # anticlockwise on the screen: with y up
        turned = complex(dx, -dy) * complex(math.cos(math.radians(degrees)), math.sin(math.radians(degrees)))
        corners.append((9.0 + (5.5 + turned.real) * 0.1, 48.5 - (3.5 - turned.imag) * 0.1))
    flat = annotation["bbox_rotated_geo"]
    found = list(zip(flat[::2], flat[1::2], strict=True))
    assert len(found) == 4
    start = min(range(4), key=lambda i: abs(found[i][0] - corners[0][0]) + abs(found[i][1] - corners[0][1]))
    turned_found = [found[(start + i) % 4] for i in range(4)]
    if abs(turned_found[1][0] - corners[1][0]) + abs(turned_found[1][1] - corners[1][1]) > 1e-6:
        turned_found = [turned_found[0], *turned_found[:0:-1]]
    for corner, expected in zip(turned_found, corners, strict=True):
        assert corner == pytest.approx(expected, abs=1e-7)


def test_nothing_known_gives_empty_lists(zoo_output: Output) -> None:
    tree = load(zoo_output("geography")[0])
    image, annotation = tree["images"][1], tree["annotations"][1]
    assert image["file_data"]["geo_bounds"] == []
    assert list(image["chipping_data"].values()) == [[], [], []]
    acquisition = dict(image["acquisition_data"])
    assert acquisition.pop("is_synthetic") is True
    assert list(acquisition.values()) == [[]] * 12
    assert {key: annotation[key] for key in ANNOTATION_KEYS} == {key: [] for key in ANNOTATION_KEYS} | {
        "num_keypoints": 0
    }


def test_info(zoo_output: Output, zoo_folder: Callable[[str], Path]) -> None:
    info = load(zoo_output("geography")[0])["info"]
    files = [p.stat().st_size for p in (zoo_folder("geography") / "images").iterdir()]
    assert len(files) == 2
    assert {k: info[k] for k in ("image_width", "image_height", "image_count", "memory_size", "classification")} == {
        "image_width": 8, "image_height": 6, "image_count": 2, "memory_size": sum(files), "classification": "SECRET",
    }  # fmt: skip
    info = load(zoo_output("several_sizes")[0])["info"]
    assert "image_width" not in info and "image_height" not in info
    assert (info["image_count"], info["classification"]) == (4, [])
    info = load(zoo_output("empty")[0])["info"]
    assert (info["image_count"], info["memory_size"]) == (0, 0)


@pytest.mark.parametrize(
    ("levels", "highest"),
    [
        (["SECRET", "UNCLASSIFIED"], "SECRET"),
        (["UNCLASSIFIED", "TOP SECRET", "CONFIDENTIAL"], "TOP SECRET"),
        (["unclassified", "Secret"], "Secret"),
        (["blue", "UNCLASSIFIED"], "UNCLASSIFIED"),
    ],
)
def test_highest_classification(levels: list[str], highest: str, tmp_path: Path) -> None:
    for order in (levels, levels[::-1]):
        dataset = zoo.Dataset(tmp_path / "-".join(order))
        for number, level in enumerate(order):
            dataset.scene(str(number), zoo.BLOCKS, environment={"classification": level})
        zoo.convert_dataset(dataset.root, tmp_path / "out", ["GEOCOCO"])
        assert load(tmp_path / "out")["info"]["classification"] == highest


@pytest.mark.parametrize("missing", ["centroid", "size", "rotation", "azimuth", "meters_per_pixel", "lat", "right"])
def test_each_missing_input_empties_what_needs_it(missing: str, tmp_path: Path) -> None:
    entry = {"centroid": [3, 5], "size": [4.0, 2.0, 1.0], "rotation": [0.0, 0.0, 2.0], "keypoints": [1, 2]}
    sensor = {"azimuth": 20.0, "meters_per_pixel": 0.5}
    environment = dict(zoo.ENVIRONMENT)
    for fields in (entry, sensor, environment):
        fields.pop(missing, None)
    tree = convert_one(tmp_path, entry, sensor=sensor, environment=environment)
    (found,) = tree["annotations"]
    empty = {key for key in ANNOTATION_KEYS if found[key] == []}
    by_input = {
        "centroid": {"object_center", "object_center_geo", "bbox_rotated", "bbox_rotated_geo"},
        "size": {"bbox_rotated", "bbox_rotated_geo"},
        "rotation": {"bbox_rotated", "bbox_rotated_geo"},
        "azimuth": {"bbox_rotated", "bbox_rotated_geo"},
        "meters_per_pixel": {"bbox_rotated", "bbox_rotated_geo"},
        "lat": {"bbox_geo", "bbox_rotated_geo", "object_center_geo", "keypoints_geo"},
        "right": {"bbox_geo", "bbox_rotated_geo", "object_center_geo", "keypoints_geo"},
    }
    assert empty == by_input[missing] | {"classification"}
    assert (tree["images"][0]["file_data"]["geo_bounds"] == []) == (missing in ("lat", "right"))


@pytest.mark.parametrize(("yaw", "azimuth"), [(0.0, 0.0), (0.1, 20.0), (-3.0, 350.0), (7.0, -90.0), (0.0, 1e-14)])
def test_angle_is_below_a_full_turn(yaw: float, azimuth: float, tmp_path: Path) -> None:
    tree = convert_one(
        tmp_path, {"centroid": [3, 5], "size": [4, 2, 1], "rotation": [0, 0, yaw]},
        sensor={"azimuth": azimuth, "meters_per_pixel": 0.5},
    )  # fmt: skip
    angle = tree["annotations"][0]["bbox_rotated"][4]
    assert 0 <= angle < 360
    difference = (angle - math.degrees(yaw) + azimuth) % 360
    assert min(difference, 360 - difference) < 1e-5


def test_geo_bounds_where_south_is_up_or_west_is_right(tmp_path: Path) -> None:
    environment = {"lat": 10.0, "lon": 30.0, "bottom": 16.0, "right": 22.0}
    tree = convert_one(tmp_path, {}, environment=environment)
    check_feature(tree["images"][0]["file_data"]["geo_bounds"], (22.0, 10.0, 30.0, 16.0))
    assert tree["annotations"][0]["bbox_geo"] == pytest.approx([29, 11, 27, 13], abs=1e-8)


@pytest.mark.parametrize(
    ("keypoints", "expected"),
    [
        ([[1, 2], [3, 4]], [1.5, 2.5, 3.5, 4.5]),
        ([1, 2, 3, 4], [1.5, 2.5, 3.5, 4.5]),
        ([], []),
        (None, []),
        ([1.25, 2], [1.75, 2.5]),
        ([[5, 5], [7, 7, 1]], [5.5, 5.5, 7.5, 7.5]),  # not every point has a visibility
        ([[5, 5, 31.5], [7, 7, 2]], [5.5, 5.5, 7.5, 7.5]),  # a third number that is none
        ([5, 5, 3, 7, 7, 2], [5.5, 5.5, 3.5, 7.5, 7.5, 2.5]),
        ([5, 5, 2, 7], [5.5, 5.5, 2.5, 7.5]),
        ([[5, 5], [7]], [5.5, 5.5]),
    ],
)
def test_keypoints_are_pixel_centres(keypoints: Any, expected: list[float], tmp_path: Path) -> None:
    (found,) = convert_one(tmp_path, {"keypoints": keypoints})["annotations"]
    assert (found["keypoints"], found["num_keypoints"]) == (expected, len(expected) // 2)


@pytest.mark.parametrize(
    ("keypoints", "expected", "labelled"),
    [
        ([5, 4, 2, 7, 1, 1, 3, 3, 0], [5.5, 4.5, 2, 7.5, 1.5, 1, 0, 0, 0], [9.55, 48.05, 9.75, 48.35]),
        ([[5, 4, 2], [7, 1, 1]], [5.5, 4.5, 2, 7.5, 1.5, 1], [9.55, 48.05, 9.75, 48.35]),
        ([5, 4, 2], [5.5, 4.5, 2], [9.55, 48.05]),
        ([5, 4, 2.0, 7.25, 1, 0.0], [5.5, 4.5, 2, 0, 0, 0], [9.55, 48.05]),
        ([3, 3, 0, 4, 4, 0], [0, 0, 0, 0, 0, 0], []),
    ],
)
def test_keypoints_with_visibility(
    keypoints: Any, expected: list[float], labelled: list[float], tmp_path: Path
) -> None:
    """As COCO has them: nothing is said of where points are that are not labelled, nor are those counted."""
    (found,) = convert_one(tmp_path, {"keypoints": keypoints}, environment=zoo.ENVIRONMENT)["annotations"]
    assert found["keypoints"] == expected
    assert found["num_keypoints"] == len(labelled) // 2
    assert found["keypoints_geo"] == pytest.approx(labelled, abs=1e-8)


def test_image_of_another_size_than_stated_is_warned_of(tmp_path: Path) -> None:
    """The file is opened for its checksum: it differs from the resolution, which stands."""
    dataset = zoo.Dataset(tmp_path / "d")
    dataset.scene("a", zoo.BLOCKS, image=False, mask=False, sensor={"resolution": [80, 60]})
    dataset.image("a.png", 8, 6)
    report = zoo.convert_dataset(dataset.root, tmp_path / "out", ["GEOCOCO"])
    (image,) = load(tmp_path / "out")["images"]
    assert (image["width"], image["height"]) == (80, 60)
    told = [*report.warnings, *(what for lost in report.lost.values() for what in lost)]
    assert len(told) == 1 and "stated resolution" in told[0]


@pytest.mark.parametrize(
    ("entry", "sensor"),
    [
        ({"rotation": [0, 0, 1e308]}, {}),
        ({}, {"meters_per_pixel": 5e-324}),
        ({"size": [1e308, 1e308, 1]}, {"meters_per_pixel": 0.001}),
        ({}, {"azimuth": -1e308}),
        ({"centroid": [1e308, -1e308]}, {}),
        ({"keypoints": [1.7e308, 1.7e308]}, {}),
        ({"keypoints": [1.7e308, -1.7e308, 2, 1, 1, 0]}, {}),
    ],
)
def test_extreme_numbers_never_stop_a_job(entry: dict[str, Any], sensor: dict[str, Any], tmp_path: Path) -> None:
    """Finite numbers of no sense: values that can't be computed are absent, every number written is finite."""
    tree = convert_one(
        tmp_path, {"centroid": [3, 5], "size": [4, 2, 1], "rotation": [0, 0, 2.0], **entry},
        sensor={"azimuth": 20.0, "meters_per_pixel": 0.5, **sensor}, environment=zoo.ENVIRONMENT,
    )  # fmt: skip
    assert len(tree["annotations"]) == 1
    text = json.dumps(tree["annotations"])
    assert "null" not in text and "Infinity" not in text and "NaN" not in text


def test_extreme_corners_never_stop_a_job(tmp_path: Path) -> None:
    environment = {"lat": 1.7e308, "lon": -1.7e308, "bottom": -1.7e308, "right": 1.7e308}
    tree = convert_one(tmp_path, {}, environment=environment)
    text = json.dumps(tree)
    assert "null" not in text and "Infinity" not in text and "NaN" not in text
