"""Dense contours come back to the pixel: outlines, areas, run-length codes, painting, clipping."""

import json

import numpy as np
import pytest
from border_following import decode, follow_borders, random_mask
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from pycocotools import mask as coco_mask

from labelmill.geometry import coco_polygons, coco_run_lengths, collect, collect_texts, paint, trace, trace_rings

MASKS = [random_mask(np.random.default_rng(seed)) for seed in range(600)]
CONTOURS = [follow_borders(mask) for mask in MASKS]
SIZES = [mask.shape[::-1] for mask in MASKS]


def check(contours, masks):
    """Compare polygons, run lengths, areas and painted pixels with masks; every contour by itself."""
    outlines = trace(contours, [mask.shape[::-1] for mask in masks])
    codes, runs = (coco_run_lengths(outlines, np.arange(len(masks)), compressed) for compressed in (True, False))
    for index, (text, code, run, mask) in enumerate(zip(coco_polygons(outlines), codes, runs, masks, strict=True)):
        height, width = mask.shape
        assert (decode(text, height, width) == mask).all(), (mask.astype(int), contours[index])
        assert len(json.loads(text)) == len(outlines.outer_rings(index))
        assert outlines.area(index) == mask.sum()
        assert type(outlines.area(index)) is int
        canvas = np.zeros((height, width), np.uint8)
        assert (paint(outlines, [index], [7], canvas) == 7 * mask).all()
        assert all(ring.dtype == np.int32 for ring in outlines.rings(index))
        if mask.any():
            encoded = coco_mask.encode(np.asfortranarray(mask.astype(np.uint8)))
            assert json.loads(code) == {"size": [height, width], "counts": encoded["counts"].decode()}
            assert coco_mask.frPyObjects(json.loads(run), height, width) == encoded
            assert sum(json.loads(run)["counts"]) == mask.size
        else:
            assert code == b"[]"
    return outlines


def test_random_masks():
    outlines = check(CONTOURS, MASKS)
    assert sum(outlines.holes(i) > 0 for i in range(len(MASKS))) > 200
    assert sum(len(outlines.outer_rings(i)) > 1 for i in range(len(MASKS))) > 100


@settings(max_examples=150, deadline=None)
@given(arrays(bool, st.tuples(st.integers(1, 9), st.integers(1, 9))))
def test_any_mask(mask):
    check([follow_borders(mask)], [mask])


def test_turned_and_shuffled_rings():
    rng = np.random.default_rng(1)
    turned = []
    for contours in CONTOURS:
        rings = [np.roll(np.array(ring).reshape(-1, 2), int(rng.integers(9)), axis=0) for ring in contours]
        turned.append([rings[i].reshape(-1).tolist() for i in rng.permutation(len(rings))])
    check(turned, MASKS)


def twice_area(ring):
    x, y = np.array(ring).reshape(-1, 2).T
    return int((x * np.roll(y, -1) - np.roll(x, -1) * y).sum())


def largest(contours, sign):
    return max((twice_area(ring) * sign for ring in contours), default=0) or -1


def backwards(ring):
    return np.array(ring).reshape(-1, 2)[::-1].reshape(-1).tolist()


def test_all_rings_flipped():
    # A hole as large as the outer ring around it (a wall of diagonal pixels) is taken as it is wound.
    told = [i for i in range(len(MASKS)) if largest(CONTOURS[i], -1) != largest(CONTOURS[i], 1)]
    check([[backwards(ring) for ring in CONTOURS[i]] for i in told], [MASKS[i] for i in told])
    assert len(told) > 400


@pytest.mark.parametrize("negative", [True, False])
def test_all_rings_one_way_round(negative):
    def wind(ring):
        area = twice_area(ring)
        return backwards(ring) if area and (area < 0) != negative else ring

    check([[wind(ring) for ring in contours] for contours in CONTOURS], MASKS)


def test_many_rings_one_way_round():
    mask = np.ones((60, 60), bool)
    mask[2::4, 2::4] = False
    rings = follow_borders(mask)
    assert len(rings) > 200
    check([[backwards(ring) if twice_area(ring) < 0 else ring for ring in rings]], [mask])


def test_repeated_points():
    rng = np.random.default_rng(2)
    repeated = []
    for contours in CONTOURS:
        rings = [np.array(ring).reshape(-1, 2) for ring in contours]
        rings = [np.repeat(ring, rng.integers(1, 4, len(ring)), axis=0) for ring in rings]
        repeated.append([np.concatenate([ring, ring[:1]]).reshape(-1).tolist() for ring in rings])
    check(repeated, MASKS)


@pytest.mark.parametrize("seed", range(4))
def test_clipped_to_the_image(seed):
    rng = np.random.default_rng(seed)
    contours, windows = [], []
    for mask, rings in zip(MASKS, CONTOURS, strict=True):
        x, y = (int(n) for n in rng.integers(-8, 8, 2))
        width, height = (int(n) for n in rng.integers(1, 20, 2))
        large = np.zeros((90, 90), bool)
        large[30 + y : 30 + y + mask.shape[0], 30 + x : 30 + x + mask.shape[1]] = mask
        windows.append(large[30 : 30 + height, 30 : 30 + width])
        contours.append([[n + (y if i % 2 else x) for i, n in enumerate(ring)] for ring in rings])
    outlines = check(contours, windows)
    assert sum(not window.any() for window in windows) > 10
    for index, window in enumerate(windows):
        rings = outlines.rings(index)
        assert bool(rings) == window.any()
        for ring in rings:
            assert len(ring) >= 3
            assert (ring >= 0).all()
            assert (ring <= window.shape[::-1]).all()


def test_outlines_alternate_and_wind():
    outlines = trace(CONTOURS, SIZES)
    for ring, hole in zip(map(outlines.ring, range(len(outlines.hole))), outlines.hole, strict=True):
        step = np.roll(ring, -1, axis=0) - ring
        assert ((step != 0).sum(axis=1) == 1).all()
        assert ((step[:, 0] != 0) == np.roll(step[:, 1] != 0, -1)).all()
        assert (twice_area(ring) > 0) == hole


def test_independent_of_the_batch():
    contours = [*CONTOURS[:80], [[0.5, 0.5, 9.25, 1, 4, 7.125]], [], [[0, 0, 10**30, 5, -(10**30), 9]], [[-3, -3]]]
    sizes = [*SIZES[:80], (12, 8), (5, 5), (2000, 3000), (4, 4)]
    together = trace(contours, sizes)
    texts = coco_polygons(together)
    for index in range(len(contours)):
        alone = trace(contours[index : index + 1], sizes[index : index + 1])
        assert alone.areas == [together.area(index)]
        assert type(alone.area(0)) is type(together.area(index))
        assert coco_polygons(alone) == [texts[index]]
        assert alone.holes(0) == together.holes(index)


def test_large_coordinates_and_image_corners():
    size = (123_456, 70_000)
    square = [0, 0, 0, 1, 1, 1, 1, 0]
    moved = [number + (69_998 if i % 2 else 123_454) for i, number in enumerate(square)]
    outlines = trace([[square, moved]], [size])
    assert outlines.area(0) == 8
    assert json.loads(coco_polygons(outlines)[0]) == [
        [0, 0, 0, 2, 2, 2, 2, 0],
        [123454, 69998, 123454, 70000, 123456, 70000, 123456, 69998],
    ]


def test_integral_floats_are_integers():
    ring = [2.0, 1.0, 2.0, 2.0, 3.0, 2.0, 3.0, 1.0]
    assert coco_polygons(trace([[ring]], [(9, 9)])) == [b"[[2,1,2,3,4,3,4,1]]"]
    assert trace([[ring]], [(9, 9)]).areas == [4]


def test_contours_as_text():
    texts = [json.dumps(contours).encode() if contours else None for contours in CONTOURS]
    rings = collect_texts(texts)
    assert coco_polygons(trace_rings(rings, SIZES)) == coco_polygons(trace_rings(collect(CONTOURS), SIZES))


def test_backslashes_are_escaped():
    rng = np.random.default_rng(3)
    masks = [rng.random((60, 60)) < 0.02 for _ in range(40)]
    for mask in masks:
        mask[5:9, 5:9] = True
        mask[6:8, 6:8] = False
    texts = coco_run_lengths(trace([follow_borders(mask) for mask in masks], [(60, 60)] * 40), np.arange(40))
    assert any(b"\\\\" in text for text in texts)
    for text, mask in zip(texts, masks, strict=True):
        assert (decode(text, 60, 60) == mask).all()


def test_painted_in_order():
    squares = [follow_borders(np.ones((4, 4), bool)), [[n + 2 for n in follow_borders(np.ones((4, 4), bool))[0]]]]
    outlines = trace(squares, [(8, 8)] * 2)
    canvas = paint(outlines, [1, 0], [5, 6], np.full((8, 8), 9, np.uint8))
    assert canvas[3, 3] == 6
    assert canvas[5, 5] == 5
    assert canvas[7, 7] == 9
    assert (canvas == 6).sum() == 16
    assert (canvas == 5).sum() == 12
