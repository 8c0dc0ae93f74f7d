"""KITTI, by an independent computation and as labelformat reads it."""

from __future__ import annotations

import cmath
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zoo
from ignored_objects import write_ignoring
from labelformat.formats.kitti import KittiObjectDetectionInput

from labelmill.convert.report import Report
from labelmill.errors import FormatError

Output = Callable[[str], tuple[Path, Report]]
KEYS = ("truncated", "occluded", "alpha", "left", "top", "right", "bottom", "h", "w", "l", "x", "y", "z", "ry")
DECIMALS = 0.00501  # two decimals at least


def lines(path: Path) -> list[dict[str, Any]]:
    """Labels by column."""
    out = []
    for line in path.read_text().splitlines():
        type_, *numbers = line.split(" ")
        out.append({"type": type_, **dict(zip(KEYS, map(float, numbers), strict=True))})
    return out


def one(tmp_path: Path, fields: dict[str, Any], **scene: Any) -> dict[str, Any]:
    """The label of one object in an 8 x 6 image."""
    dataset = zoo.Dataset(tmp_path / "d")
    dataset.scene("a", zoo.BLOCKS, entries=[{**zoo.entry(zoo.BLOCKS, 1), **fields}], **scene)
    zoo.convert_dataset(dataset.root, tmp_path / "out", ["KITTI"])
    (found,) = lines(tmp_path / "out/kitti/label_2/a.txt")
    return found


def test_unknown_is_unknown(zoo_output: Output) -> None:
    path = zoo_output("class_zero")[0] / "kitti/label_2/a.txt"
    first, _ = lines(path)
    assert first == {
        "type": "Cube", "truncated": 0, "occluded": 3, "alpha": -10, "left": 1, "top": 1, "right": 2, "bottom": 2,
        "h": -1, "w": -1, "l": -1, "x": -1000, "y": -1000, "z": -1000, "ry": -10,
    }  # fmt: skip
    assert path.read_text().splitlines()[1].split(" ")[4:8] == ["5.00", "2.00", "6.00", "4.00"]


def test_camera_with_perspective(zoo_output: Output) -> None:
    _, found = lines(zoo_output("cameras")[0] / "kitti/label_2/perspective.txt")
    assert (found["type"], found["truncated"], found["occluded"]) == ("Big_Ball", 1, 1)
    assert (found["h"], found["w"], found["l"]) == pytest.approx((1.5, 2.0, 4.0), abs=DECIMALS)
    # 50 mm before a 32 mm wide sensor of 8 pixels: 12.5 pixels; (u, v) = (6, 3), the centre is (4, 3)
    assert (found["x"], found["y"], found["z"]) == pytest.approx(((6 - 4) * 10 / 12.5, 0 + 1.5 / 2, 10), abs=DECIMALS)
    assert found["ry"] == pytest.approx(4.0 - math.tau, abs=DECIMALS)
    assert found["alpha"] == pytest.approx(4.0 - math.tau - math.atan(0.16), abs=DECIMALS)


@pytest.mark.parametrize("image", ["ortho", "missing"])
def test_camera_without(image: str, zoo_output: Output) -> None:
    _, found = lines(zoo_output("cameras")[0] / f"kitti/label_2/{image}.txt")
    assert (found["x"], found["y"], found["z"], found["alpha"]) == (-1000, -1000, -1000, -10)
    assert found["ry"] == pytest.approx(4.0 - math.tau, abs=DECIMALS)
    assert (found["h"], found["w"], found["l"]) == pytest.approx((1.5, 2.0, 4.0), abs=DECIMALS)


CAMERA = {"focal_length": 35.0, "camera_size": 36.0}
PLACED = {"centroid": [2, 1], "distance": 7.5, "size": [1.0, 2.0, 3.0], "rotation": [0.1, 0.2, -3.0]}


@pytest.mark.parametrize(
    ("sensor", "fields", "known"),
    [
        (CAMERA, PLACED, True),
        ({**CAMERA, "lens_type": "perspective"}, PLACED, True),
        ({**CAMERA, "lens_type": "Orthographic"}, PLACED, False),
        ({**CAMERA, "lens_type": "ortho"}, PLACED, False),
        ({**CAMERA, "lens_type": "not ortho"}, PLACED, True),
        ({**CAMERA, "focal_length": 0}, PLACED, False),
        ({**CAMERA, "focal_length": -35}, PLACED, False),
        ({"focal_length": 35.0}, PLACED, False),
        ({"camera_size": 36.0}, PLACED, False),
        (CAMERA, {**PLACED, "centroid": None}, False),
        (CAMERA, {**PLACED, "distance": None}, False),
        (CAMERA, {**PLACED, "size": None}, False),
        (CAMERA, {**PLACED, "centroid": [-40, 300]}, True),
        (CAMERA, {**PLACED, "rotation": [0, 0, 100.0]}, True),
    ],
)
def test_location_by_projection(sensor: dict[str, Any], fields: dict[str, Any], known: bool, tmp_path: Path) -> None:
    """Known locations project back to where they came from; all three or none are known."""
    found = one(tmp_path, fields, sensor=sensor)
    yaw = fields["rotation"][2]
    assert cmath.exp(1j * found["ry"]) == pytest.approx(cmath.exp(1j * yaw), abs=2 * DECIMALS)
    assert -3.1416 <= found["ry"] <= 3.1416
    if not known:
        assert (found["x"], found["y"], found["z"], found["alpha"]) == (-1000, -1000, -1000, -10)
        return
    focal_px = sensor["focal_length"] / sensor["camera_size"] * 8
    v, u = fields["centroid"]
    assert found["z"] == pytest.approx(fields["distance"], abs=DECIMALS)
    assert focal_px * found["x"] / found["z"] + 8 / 2 == pytest.approx(u, abs=focal_px * DECIMALS)
    middle = found["y"] - fields["size"][2] / 2
    assert focal_px * middle / found["z"] + 6 / 2 == pytest.approx(v, abs=focal_px * DECIMALS)
    expected = cmath.exp(1j * (yaw - math.atan2(found["x"], found["z"])))
    assert cmath.exp(1j * found["alpha"]) == pytest.approx(expected, abs=2 * DECIMALS)
    assert -3.1416 <= found["alpha"] <= 3.1416


MATRICES = ("P0", "P1", "P2", "P3", "R0_rect", "Tr_velo_to_cam", "Tr_imu_to_velo")


def calib(path: Path) -> dict[str, Any]:
    """A calibration file as the devkit's readers take it: matrices by line and name."""
    rows = path.read_text().splitlines()
    assert [row.split(": ")[0] for row in rows] == list(MATRICES)
    return {
        row.split(": ")[0]: np.array(row.split(" ")[1:], float).reshape(3, 3 if row.startswith("R0") else 4)
        for row in rows
    }


def test_the_calibration_gives_back_where_objects_are(zoo_output: Output) -> None:
    """P2 takes the middle of an object's box, half its height above the location, to its centroid."""
    out = zoo_output("cameras")[0] / "kitti"
    assert [path.name for path in (out / "calib").iterdir()] == ["perspective.txt"]
    text = (out / "calib/perspective.txt").read_text()
    assert text.startswith("P0: 1.250000000000e+01 0.000000000000e+00 4.000000000000e+00 0.000000000000e+00 ")
    found = calib(out / "calib/perspective.txt")
    assert all((found[name] == found["P2"]).all() for name in ("P0", "P1", "P3"))
    np.testing.assert_array_equal(found["R0_rect"], np.eye(3))
    for name in ("Tr_velo_to_cam", "Tr_imu_to_velo"):
        np.testing.assert_array_equal(found[name], np.eye(3, 4))
    _, label = lines(out / "label_2/perspective.txt")
    u, v, w = found["P2"] @ [label["x"], label["y"] - label["h"] / 2, label["z"], 1]
    assert (u / w, v / w) == pytest.approx((6, 3), abs=1e-6)  # [3, 6] in the annotation


def test_cameras_are_counted(zoo_output: Output) -> None:
    _, report = zoo_output("cameras")
    assert report.lost["KITTI"] == {"images without a known camera: no calib, labels in 2-D alone": 2}


@pytest.mark.parametrize(("focal_length", "camera_size"), [(1e-320, 1e300), (1e308, 1e-300), (5e-324, 1e9)])
def test_cameras_beyond_numbers_are_unknown(focal_length: float, camera_size: float, tmp_path: Path) -> None:
    found = one(tmp_path, PLACED, sensor={"focal_length": focal_length, "camera_size": camera_size})
    assert (found["x"], found["y"], found["z"], found["alpha"]) == (-1000, -1000, -1000, -10)
    assert not (tmp_path / "out/kitti/calib").exists()


def test_ignored_objects_are_not_cared_about_and_stand_last(zoo_folder: Callable[[str], Path]) -> None:
    (first, second) = write_ignoring(zoo_folder("class_zero"), "KITTI", {1})["label_2/a.txt"].decode().splitlines()
    assert first.startswith("Cube 0 3 -10.00 5.00 2.00 6.00 4.00 ")
    assert second == "DontCare -1 -1 -10 1.00 1.00 2.00 2.00 -1 -1 -1 -1000 -1000 -1000 -10"


@pytest.mark.parametrize(
    ("obstruction", "occluded"), [(0, 0), (0.0, 0), (0.001, 1), (0.49, 1), (0.5, 2), (1, 2), (None, 3), ("0.5", 3)]
)
def test_occlusion_levels(obstruction: Any, occluded: int, tmp_path: Path) -> None:
    assert one(tmp_path, {"obstruction": obstruction})["occluded"] == occluded


@pytest.mark.parametrize(("truncated", "expected"), [(True, 1), (False, 0), (None, 0), (1, 1), (0, 0), ("yes", 0)])
def test_truncated(truncated: Any, expected: int, tmp_path: Path) -> None:
    assert one(tmp_path, {"truncated": truncated})["truncated"] == expected


def test_partly_known_rotation(tmp_path: Path) -> None:
    assert one(tmp_path / "a", {"rotation": [None, None, 1.0]})["ry"] == pytest.approx(1, abs=DECIMALS)
    assert one(tmp_path / "b", {"rotation": [1.0, 1.0, None]})["ry"] == -10


def test_type_is_one_column(tmp_path: Path) -> None:
    dataset = zoo.Dataset(tmp_path / "d")
    dataset.scene("a", zoo.BLOCKS, ["Mix  Cube", "a\u00a0b"])
    zoo.convert_dataset(dataset.root, tmp_path, ["KITTI"], None)
    text = (tmp_path / "kitti/label_2/a.txt").read_text()
    assert [len(line.split()) for line in text.splitlines()] == [15, 15]
    assert [line.split(" ")[0] for line in text.splitlines()] == ["Mix__Cube", "a_b"]


def test_types_that_become_one_are_refused(tmp_path: Path) -> None:
    dataset = zoo.Dataset(tmp_path / "d")
    dataset.scene("a", zoo.BLOCKS, ["a b", "a_b"])
    with pytest.raises(FormatError) as caught:
        zoo.convert_dataset(dataset.root, tmp_path / "out", ["KITTI"], None)
    assert "'a b'" in str(caught.value) and "'a_b'" in str(caught.value)
    assert zoo.tree_of(tmp_path / "out") == {}


@pytest.mark.parametrize(
    "animal", ["several_sizes", "borders", "odd_names", "cameras", "nothing_visible", "boxes_beyond"]
)
def test_labelformat_reads_the_boxes(animal: str, zoo_output: Output) -> None:
    out = zoo_output(animal)[0]
    names = [name.replace(" ", "_") for name in zoo.CLASS_NAMES]
    labels = list(KittiObjectDetectionInput(out / "kitti/label_2", ",".join(names), "../image_2").get_labels())
    pictures = {p.name for p in (out / "kitti/image_2").iterdir()}
    assert sorted(label.image.filename for label in labels) == sorted(pictures)
    coco = json.loads((out / "coco/coco.json").read_bytes())
    ids = {i["file_name"]: i["id"] for i in coco["images"]}
    indexes = {number: index for index, number in enumerate(zoo.CLASS_NUMBERS)}
    for label in labels:
        expected = [a for a in coco["annotations"] if a["image_id"] == ids[label.image.filename]]
        assert len(label.objects) == len(expected)
        for found, annotation in zip(label.objects, expected, strict=True):
            x, y, w, h = annotation["bbox"]
            assert (found.box.xmin, found.box.ymin, found.box.xmax, found.box.ymax) == (x, y, x + w - 1, y + h - 1)
            assert found.category.name == names[indexes[annotation["category_id"]]]
