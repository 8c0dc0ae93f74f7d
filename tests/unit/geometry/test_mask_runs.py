"""Run lengths of masks, against pycocotools."""

from __future__ import annotations

import json

import numpy as np
import pytest
from pycocotools import mask as coco_mask

from labelmill.source.masks import MaskObjects


@pytest.mark.parametrize("seed", range(60))
def test_shape_of_a_mask_object(seed: int) -> None:
    rng = np.random.default_rng(seed)
    height, width = rng.integers(1, 12, 2)
    ids = (rng.random((height, width)) < rng.random()).astype(np.uint16) * 3
    shape = MaskObjects(ids).shape(3)
    if not ids.any():
        assert shape is None
        return
    assert shape is not None
    expected = coco_mask.encode(np.asfortranarray((ids == 3).astype(np.uint8)))
    found = json.loads(shape.rle)
    assert (found["size"], found["counts"]) == (list(expected["size"]), expected["counts"].decode())
    assert shape.pixels == np.count_nonzero(ids)
