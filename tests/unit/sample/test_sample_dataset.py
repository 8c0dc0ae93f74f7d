"""The sample dataset: fixed bytes, and everything in it agrees with everything else."""

from __future__ import annotations

import hashlib
import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from labelmill.errors import OptionError, OutputError
from labelmill.sample import write_sample

TREE_HASH = "6e0acb090ef78543a86892f23b907c115798fb977b44bc88324e7edd57cb1462"


def tree(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sample") / "set"
    write_sample(folder, 40)
    return folder


def test_the_same_bytes_on_every_machine(tmp_path: Path) -> None:
    write_sample(tmp_path / "three", 3)
    digest = hashlib.sha256()
    for name, data in tree(tmp_path / "three").items():
        digest.update(f"{name} {len(data)} ".encode() + data)
    assert digest.hexdigest() == TREE_HASH


def test_images_do_not_depend_on_their_number(tmp_path: Path, dataset: Path) -> None:
    write_sample(tmp_path / "few", 7)
    whole = tree(dataset)
    assert {
        name: data for name, data in tree(tmp_path / "few").items() if name != "dataset.yaml"
    }.items() <= whole.items()


def test_workers_and_masks(tmp_path: Path) -> None:
    from labelmill.sample import writer

    size, writer._CHUNK = writer._CHUNK, 3
    try:
        assert write_sample(tmp_path / "a", 8, seed=3) == write_sample(tmp_path / "b", 8, seed=3, workers=2)._replace(
            map_file=tmp_path / "a" / "map.yml"
        )
    finally:
        writer._CHUNK = size
    assert tree(tmp_path / "a") == tree(tmp_path / "b")
    write_sample(tmp_path / "c", 8, seed=3, masks=False)
    assert tree(tmp_path / "c") == {n: d for n, d in tree(tmp_path / "a").items() if not n.startswith("masks/")}
    write_sample(tmp_path / "d", 8, seed=4)
    assert tree(tmp_path / "d") != tree(tmp_path / "a")


def test_refusals(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("mine")
    with pytest.raises(OutputError, match="the folder is not empty"):
        write_sample(tmp_path, 1)
    with pytest.raises(OptionError, match="images: expected 0 or more, got -1"):
        write_sample(tmp_path / "y", -1)
    write_sample(tmp_path / "empty", 0)
    assert sorted(p.name for p in (tmp_path / "empty").iterdir()) == [
        "annotations",
        "dataset.yaml",
        "graph.yaml",
        "images",
        "map.yml",
        "masks",
        "metadata",
    ]


def test_everything_agrees(dataset: Path) -> None:
    names = sorted(p.stem for p in (dataset / "images").iterdir())
    assert len(names) == 40
    met = {"empty": 0, "holes": 0, "parts": 0, "truncated": 0, "hidden": 0, "wide ids": 0, "unannotated": 0}
    for name in names:
        annotation = json.loads((dataset / "annotations" / f"{name}-ana.json").read_bytes())
        metadata = json.loads((dataset / "metadata" / f"{name}-metadata.json").read_bytes())
        image = Image.open(io.BytesIO((dataset / "images" / f"{name}.png").read_bytes()))
        mask = np.asarray(Image.open(dataset / "masks" / f"{name}.png"))
        assert annotation["filename"] == metadata["filename"] == f"{name}.png"
        assert image.mode == "RGB" and list(image.size) == metadata["sensor"]["resolution"] == list(mask.shape[::-1])
        assert name == f"{int(name[:10]):010}-{metadata['sensor']['frame']}-{metadata['sensor']['name']}"
        types = {entry["id"]: entry["type"] for entry in metadata["objects"]}
        assert len(types) == len(metadata["objects"])
        assert set(np.unique(mask).tolist()) - {0} <= set(types)
        met["empty"] += not annotation["annotations"]
        met["wide ids"] += int(mask.max()) > 255
        met["unannotated"] += len(types) - len(annotation["annotations"])
        for entry in annotation["annotations"]:
            check_entry(entry, mask, metadata["sensor"])
            assert entry["id"] in types
            met["parts"] += len(entry["segmentation"]) > 1
            met["truncated"] += entry["truncated"]
            met["hidden"] += entry["obstruction"] > 0
            met["holes"] += any(twice_area(ring) > 0 for ring in entry["segmentation"])
    assert all(met.values()), met
    assert len({Image.open(p).size for p in (dataset / "images").iterdir()}) == 2


def twice_area(ring: list[int]) -> int:
    points = np.array(ring).reshape(-1, 2)
    ahead = np.roll(points, -1, axis=0)
    return int((points[:, 0] * ahead[:, 1] - ahead[:, 0] * points[:, 1]).sum())


def check_entry(entry: dict, mask: np.ndarray, sensor: dict) -> None:
    rows, columns = np.nonzero(mask == entry["id"])
    x, y, w, h = entry["bbox"]
    assert (x, y, x + w, y + h) == (columns.min(), rows.min(), columns.max(), rows.max())
    height, width = mask.shape
    assert entry["truncated"] == (x == 0 or y == 0 or x + w == width - 1 or y + h == height - 1)
    assert 0 <= entry["obstruction"] < 1
    pixels = 0
    for ring in entry["segmentation"]:
        points = np.array(ring).reshape(-1, 2)
        steps = np.abs(np.roll(points, -1, axis=0) - points)
        assert steps.max() <= 1 and (mask[points[:, 1], points[:, 0]] == entry["id"]).all()
        border = int(steps.any(axis=1).sum())  # neighbours: every step passes one lattice point
        twice = twice_area(ring)
        pixels += -((twice - border) // 2 + 1) if twice > 0 else (border - twice) // 2 + 1
    assert pixels == rows.size
    corners = np.array(entry["bbox3d"]).reshape(8, 3)
    assert corners[:, 2].min() <= entry["distance"] <= corners[:, 2].max()
    v, u = entry["centroid"]
    assert corners[:, 0].min() - 1 <= u <= corners[:, 0].max() and corners[:, 1].min() - 1 <= v <= corners[:, 1].max()
    # The pinhole camera: two corners at the ends of one vertical edge are as far apart as its height says.
    focal_px = sensor["focal_length"] * sensor["resolution"][0] / sensor["camera_size"]
    low, high = corners[0], corners[1]
    left, right = (np.array([(c[0] - width / 2), (c[1] - height / 2), focal_px]) * c[2] / focal_px for c in (low, high))
    assert np.linalg.norm(left - right) == pytest.approx(entry["size"][2], abs=0.02)
    assert entry["rotation"][:2] == [0.0, 0.0] and -np.pi <= entry["rotation"][2] <= np.pi
    keypoints = entry.get("keypoints", [])
    assert len(keypoints) % 2 == 0


def test_the_map_loads(dataset: Path) -> None:
    yaml = pytest.importorskip("yaml")
    content = yaml.safe_load((dataset / "map.yml").read_text())
    assert 0 in content["classes"] and set(content["properties"].values()) == set(content["classes"])
    assert yaml.safe_load((dataset / "dataset.yaml").read_text())["user"].endswith("@example.com")
    assert yaml.safe_load((dataset / "graph.yaml").read_text())["graph"]["version"] == 2
