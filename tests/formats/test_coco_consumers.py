"""COCO as trainers read it, by their own rules: the laboratory runs the real ones."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zoo
from labelformat.formats.coco import COCOInstanceSegmentationInput
from PIL import Image
from pycocotools import mask as coco_mask
from pycocotools.coco import COCO

from labelmill.sample import write_sample

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # of pycocotools
FILES = ("coco/coco.json", "geococo/geococo.json")


@pytest.fixture(scope="module", params=["polygons", "rle"])
def converted(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample dataset in COCO and GeoCOCO, with each way of writing pixels."""
    folder = tmp_path_factory.mktemp(request.param)
    summary = write_sample(folder / "set", 12)
    text = summary.map_file.read_text()
    zoo.convert_dataset(folder / "set", folder / "out", ["COCO", "GEOCOCO"], text, segmentation=request.param)
    return folder


def objects_of(folder: Path, file: str) -> Iterator[tuple[Any, Any, Any]]:
    """The document in pycocotools, each annotation, and its pixels in the mask file."""
    with redirect_stdout(StringIO()):
        coco = COCO(str(folder / "out" / file))
    for image in coco.dataset["images"]:
        stem = Path(image["file_name"]).stem
        ids = np.array(Image.open(folder / "set/masks" / f"{stem}.png"))
        for annotation in coco.imgToAnns[image["id"]]:
            drawn = coco.annToMask(annotation).astype(bool)
            # The object that has most of what is drawn: the annotation does not name it.
            yield coco, annotation, ids == np.bincount(ids[drawn]).argmax()


@pytest.mark.parametrize("file", FILES)
def test_pycocotools_draws_the_pixels(converted: Path, file: str) -> None:
    count = 0
    for coco, annotation, pixels in objects_of(converted, file):
        np.testing.assert_array_equal(coco.annToMask(annotation), pixels)
        assert annotation["area"] == pixels.sum()
        count += 1
    assert count > 50


@pytest.mark.parametrize("file", FILES)
def test_other_readers_take_every_object(converted: Path, file: str) -> None:
    """One kind of segmentation in a file (detectron2, which drops polygons of fewer than three points); polygons as
    Ultralytics' converter takes them without another library; what torchvision's reference draws.
    """
    polygons = 0
    kinds = set()
    for coco, annotation, pixels in objects_of(converted, file):
        segmentation = annotation["segmentation"]
        kinds.add(type(segmentation))
        assert "ignore" not in annotation
        assert annotation["iscrowd"] == 0
        if isinstance(segmentation, list):
            assert segmentation
            for polygon in segmentation:
                assert len(polygon) >= 6 and len(polygon) % 2 == 0
                assert all(isinstance(number, int | float) for number in polygon)
                polygons += 1
            image = coco.imgs[annotation["image_id"]]
            drawn = coco_mask.decode(coco_mask.frPyObjects(segmentation, image["height"], image["width"]))
            np.testing.assert_array_equal(drawn.any(axis=2), pixels)
    assert len(kinds) == 1
    assert (polygons > 50) == (kinds == {list})


@pytest.mark.parametrize("file", FILES)
def test_labelformat_reads_every_polygon(converted: Path, file: str) -> None:
    path = converted / "out" / file
    tree = json.loads(path.read_bytes())
    if isinstance(tree["annotations"][0]["segmentation"], dict):
        pytest.skip("labelformat takes run lengths of crowds alone, and as lists")
    found = [o.segmentation for lb in COCOInstanceSegmentationInput(input_file=path).get_labels() for o in lb.objects]
    assert [[len(polygon) for polygon in s.polygons] for s in found] == [
        [len(polygon) // 2 for polygon in a["segmentation"]] for a in tree["annotations"]
    ]
