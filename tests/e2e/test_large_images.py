"""One image that would fill a function's memory: the others of its shard are made, in the memory that AWS gives."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from cli_tools import Dataset, zip_of
from e2e_service import Service
from PIL import Image

SIDE = 16_384


def large_mask() -> bytes:
    """A mask of a quarter of a gigabyte, packed a few hundred kilobytes."""
    ids = np.zeros((SIDE, SIDE), np.uint8)
    ids[100:9000, 200:9000] = 1
    data = io.BytesIO()
    Image.fromarray(ids).save(data, "PNG", compress_level=1)
    return data.getvalue()


def test_images_that_would_fill_the_memory(service: Service, toys: Dataset, tmp_path: Path) -> None:
    size = {"sensor": {"resolution": [SIDE, SIDE]}, "objects": [{"id": 1, "type": "Cube"}]}
    for stem in ("large", "long", "nested"):
        toys.json(f"metadata/{stem}-metadata.json", {"filename": f"{stem}.png", **size})
    toys.json("annotations/large-ana.json", {"filename": "large.png", "annotations": [{"id": 1}]})
    toys.write("masks/large.png", large_mask())
    ring = "[" + ",".join(["1,1,4,4"] * 5_000_000) + "]"
    toys.write("annotations/long-ana.json", f'{{"annotations":[{{"id":1,"segmentation":[{ring}]}}]}}'.encode())
    rings = ",".join(["[1,1,4,4]"] * 2_000_000)
    toys.write("annotations/nested-ana.json", f'{{"annotations":[{{"id":1,"segmentation":[{rings}]}}]}}'.encode())
    place = service.place(formats=("COCO", "SAGEMAKER_SS"), maps=())
    place.put(zip_of(toys.path, tmp_path / "toys.zip"))
    for row in place.rest(2, timeout_s=120):
        assert (row.status, row.converted) == ("failed", 4), row.reason
        assert place.errors(row) == {
            "annotations/long-ana.json": "has 40,000,045 bytes, at most 33,554,432 are read",
            "annotations/nested-ana.json": "has 2,000,004 lists and objects, at most 1,500,000 are read",
        }
