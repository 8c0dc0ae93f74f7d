"""Lines of YOLO's segmentation labels, drawn as Ultralytics' loader draws them."""

import re

import numpy as np
import pytest
from border_following import follow_borders, random_mask
from ultralytics_rules import mask_of, resampled, segments_of

from labelmill.geometry import trace, yolo_polygons


def segment_of(polygon):
    assert re.fullmatch(rb"( 0\.[0-9]{6}){6,}", polygon)
    return segments_of(f"0{polygon.decode()}\n")[0][1]


def test_one_part_is_exact():
    masks = [random_mask(np.random.default_rng(seed)) for seed in range(600)]
    rings = [follow_borders(mask) for mask in masks]
    masks, rings = zip(*((m, r) for m, r in zip(masks, rings, strict=True) if len(r) == 1), strict=True)
    assert len(masks) > 100
    sizes = [mask.shape[::-1] for mask in masks]
    for (polygon,), mask, size in zip(yolo_polygons(trace(rings, sizes)), masks, sizes, strict=True):
        assert (mask_of(segment_of(polygon), *size) == mask).all()
        # points put between ours end half way on a diagonal now and then, and fall beside it
        assert np.count_nonzero(mask_of(resampled(segment_of(polygon)), *size) != mask) <= 2


@pytest.mark.parametrize("side", [1, 2, 3, 7, 640, 1023, 1024, 1920, 65_535, 99_991, 100_000, 300_000])
def test_six_decimals_lead_back_to_the_pixel(side):
    columns = np.arange(side) if side < 5000 else np.random.default_rng(side).integers(0, side, 4000)
    columns[-1] = side - 1
    lines = yolo_polygons(trace([[[int(column), 0]] for column in columns], [(side, 1)] * len(columns)))
    found = np.array([(segment_of(polygon) * np.array([side, 1], np.float32)).astype(np.int32) for (polygon,) in lines])
    assert (found[:, :, 0] == columns[:, None]).all()
    assert (found[:, :, 1] == 0).all()


def test_fewer_than_three_vertices_are_repeated():
    one, two, three = yolo_polygons(
        trace([[[4, 2]], [[0, 0, 1, 0, 2, 0, 3, 0, 2, 0, 1, 0]], [[0, 0, 0, 1, 1, 1]]], [(8, 4)] * 3)
    )
    assert one == [b" 0.562500 0.625000" * 3]
    assert two == [b" 0.062500 0.125000 0.437500 0.125000 0.062500 0.125000"]
    assert len(segment_of(three[0])) == 3


def test_independent_of_the_batch():
    masks = [random_mask(np.random.default_rng(seed)) for seed in range(40)]
    contours = [*(follow_borders(mask) for mask in masks), [[0.5, 0.5, 9.25, 1, 4, 7.125]], []]
    sizes = [*(mask.shape[::-1] for mask in masks), (12, 8), (5, 5)]
    alone = [yolo_polygons(trace([rings], [size]))[0] for rings, size in zip(contours, sizes, strict=True)]
    assert yolo_polygons(trace(contours, sizes)) == alone


def test_holes_are_left_out():
    mask = np.ones((9, 9), bool)
    mask[3:5, 3:5] = False
    outlines = trace([follow_borders(mask)], [(9, 9)])
    assert outlines.holes(0) == 1
    assert len(yolo_polygons(outlines)[0]) == 1
