"""Objects that only a mask knows, in every format: the labels of the same dataset with its contours."""

from __future__ import annotations

import json
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import zoo
from pycocotools.coco import COCO

from labelmill.formats import FORMAT_IDS

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # of pycocotools


def crowded(seed: int) -> Any:
    """Blobs before one another, some of them hollow, and specks of one and two pixels: objects 1 to 40."""
    rng = np.random.default_rng(seed)
    ids = np.zeros((90 + seed, 130 - seed), np.uint16)
    for object_id in range(1, 41):
        centre = (int(rng.integers(130)), int(rng.integers(90)))
        radius, tilt, line = int(rng.integers(16)), int(rng.integers(180)), int(rng.choice([-1, 2]))
        cv2.ellipse(ids, centre, (radius, radius // 2), tilt, 0, 360, object_id, line)
    ids[rng.integers(0, 90, 40), rng.integers(0, 120, 40)] = np.arange(1, 41)  # every object has a pixel at least
    return ids


SCENES = {f"{seed}": crowded(seed) for seed in range(6)}
SCENES |= {"holes": zoo.HOLES, "walls": zoo.DIAMOND, "parts": zoo.PARTS}


@pytest.fixture(scope="module")
def converted(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, Any]]:
    """All formats and the report of one dataset: with contours, with boxes, with ids alone."""
    root = tmp_path_factory.mktemp("only_ids")
    made = {}
    for kind, fields in (("whole", None), ("boxes", ("id", "bbox")), ("ids", ("id",))):
        dataset = zoo.Dataset(root / kind / "d")
        for stem, ids in SCENES.items():
            entries = [zoo.entry(ids, int(i)) for i in np.unique(ids) if i]
            chosen = [{key: one[key] for key in fields or one} for one in entries]
            dataset.scene(stem, ids, entries=chosen, sensor={"resolution": [ids.shape[1], ids.shape[0]]})
        made[kind] = root / kind, zoo.convert_dataset(dataset.root, root / kind)
    return made


@pytest.mark.parametrize("format_id", FORMAT_IDS)
@pytest.mark.parametrize("kind", ["boxes", "ids"])
def test_labels_are_the_same_bytes(format_id: str, kind: str, converted: dict[str, Any]) -> None:
    whole, less = (zoo.tree_of(converted[k][0] / format_id.lower()) for k in ("whole", kind))
    assert len(less) >= 1
    assert less == whole


def test_coco_has_the_masks_pixels(converted: dict[str, Any]) -> None:
    with redirect_stdout(StringIO()):
        coco = COCO(str(converted["ids"][0] / "coco/coco.json"))
    found = 0
    for image in coco.dataset["images"]:
        ids = SCENES[image["file_name"].removesuffix(".png")]
        annotations = coco.imgToAnns[image["id"]]
        for object_id, annotation in zip(np.unique(ids)[1:], annotations, strict=True):
            np.testing.assert_array_equal(coco.annToMask(annotation), ids == object_id)
            assert annotation["area"] == np.count_nonzero(ids == object_id)
            found += 1
    assert found > 200


def test_reports_are_the_same(converted: dict[str, Any]) -> None:
    whole, *rest = (converted[k][1] for k in ("whole", "boxes", "ids"))
    for report in rest:
        assert (report.objects, report.skipped, report.lost, report.errors) == (
            whole.objects, whole.skipped, whole.lost, whole.errors,
        )  # fmt: skip


def test_objects_with_contours_keep_them(tmp_path: Path) -> None:
    """The mask says something else of object 1; object 2 has nothing else."""
    dataset = zoo.Dataset(tmp_path / "d")
    own = {"id": 1, "bbox": [0, 0, 0, 0], "segmentation": [[0, 0]]}
    dataset.scene("a", zoo.BLOCKS, entries=[own, {"id": 2, "bbox": [0, 0, 7, 5]}])
    zoo.convert_dataset(dataset.root, tmp_path, ["COCO"])
    first, second = json.loads((tmp_path / "coco/coco.json").read_bytes())["annotations"]
    assert (first["area"], first["bbox"]) == (1, [0, 0, 1, 1])
    assert (second["area"], second["bbox"]) == (np.count_nonzero(zoo.BLOCKS == 2), [0, 0, 8, 6])


def test_what_the_mask_lacks_is_counted(tmp_path: Path) -> None:
    """Without a box it is skipped; with one it has no segmentation. An id beyond 16 bits is no other object's."""
    dataset = zoo.Dataset(tmp_path / "d")
    box = [5, 2, 1, 2]
    absent = [{"id": 9}, {"id": 65_537}, {"id": 10, "bbox": box}, {"id": 65_538, "bbox": box}]
    types = [{"id": id_, "type": "Ball"} for id_ in (1, 9, 10, 65_537, 65_538)]
    dataset.scene("a", zoo.BLOCKS, entries=[{"id": 1}, *absent], objects=types)
    report = zoo.convert_dataset(dataset.root, tmp_path)
    annotations = json.loads((tmp_path / "coco/coco.json").read_bytes())["annotations"]
    assert [(a["bbox"], a["area"], bool(a["segmentation"])) for a in annotations] == [
        ([1, 1, 2, 2], 4, True), ([5, 2, 2, 3], 6, False), ([5, 2, 2, 3], 6, False),
    ]  # fmt: skip
    assert report.skipped["no box, contours or mask pixels"].count == 2
    coco = {"objects without contours or mask pixels: no segmentation, the area is the box's": 2}
    assert report.lost["COCO"] == report.lost["GEOCOCO"] == coco
    assert list(report.lost["YOLO_SEG"].values()) == [2]
    assert report.lost["SAGEMAKER_SS"] == {"objects without a pixel in the mask": 2}
