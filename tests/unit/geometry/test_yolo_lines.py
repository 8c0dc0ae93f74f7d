"""Lines of YOLO's segmentation labels, drawn as Ultralytics' loader draws them."""

import math
import re
import time

import cv2
import numpy as np
import pytest
from border_following import follow_borders, random_mask
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from ultralytics_rules import least_bridges, mask_of, parts_of, resampled, segments_of

from labelmill.geometry import trace, yolo_lines

MASKS = [random_mask(np.random.default_rng(seed)) for seed in range(600)]


def segment_of(line):
    assert re.fullmatch(rb"( 0\.[0-9]{6}){6,}", line)
    return segments_of(f"0{line.decode()}\n")[0][1]


def lines_of(masks):
    return yolo_lines(trace([follow_borders(mask) for mask in masks], [mask.shape[::-1] for mask in masks]))


def check(line, mask):
    """The object's pixels, every one; and no more than bridges between its parts need."""
    height, width = mask.shape
    segment = segment_of(line)
    drawn = mask_of(segment, width, height)
    assert drawn[mask].all()
    assert np.count_nonzero(drawn & ~mask) <= least_bridges(mask)
    # points put between ours end half way on a diagonal now and then, and fall beside it
    assert np.count_nonzero(mask_of(resampled(segment), width, height) != drawn) <= 3


def test_random_masks():
    alone = [len(parts_of(mask)) == 1 for mask in MASKS]
    rings = [len(follow_borders(mask)) for mask in MASKS]
    assert sum(count == 1 for count in rings) > 100  # of one part without holes
    assert sum(count > 1 and one for count, one in zip(rings, alone, strict=True)) > 100  # with holes
    assert len(MASKS) - sum(alone) > 100  # of several parts
    for line, mask in zip(lines_of(MASKS), MASKS, strict=True):
        check(line, mask)


@settings(max_examples=150)
@given(arrays(bool, st.tuples(st.integers(1, 9), st.integers(1, 9))).filter(np.any))
def test_any_mask(mask):
    check(lines_of([mask])[0], mask)


def test_an_island_in_a_hole():
    mask = np.zeros((40, 40), bool)
    y, x = np.indices(mask.shape)
    far = np.hypot(x - 20, y - 20)
    mask[(far < 18) & (far > 12)] = True
    mask[far < 5] = True
    mask[20, 20] = False
    check(lines_of([mask])[0], mask)


def test_objects_cut_by_their_image():
    """Into parts, holes opened, nothing left: the pixels inside are drawn as if there had never been others."""
    cut_apart = opened = gone = 0
    for seed in range(400):
        rng = np.random.default_rng(seed)
        mask = random_mask(rng)
        top, left = (int(rng.integers(0, side // 2 + 1)) for side in mask.shape)
        bottom, right = int(rng.integers(top, mask.shape[0])) + 1, int(rng.integers(left, mask.shape[1])) + 1
        inside = mask[top:bottom, left:right]
        contours = [(np.array(ring).reshape(-1, 2) - (left, top)).ravel().tolist() for ring in follow_borders(mask)]
        line = yolo_lines(trace([contours], [(right - left, bottom - top)]))[0]
        if not inside.any():
            assert line == b""
            gone += 1
            continue
        check(line, inside)
        cut_apart += len(parts_of(inside)) > len(parts_of(mask))
        opened += len(follow_borders(inside)) < len(follow_borders(mask))
    assert min(cut_apart, opened, gone) > 10


@pytest.mark.parametrize("side", [1, 2, 3, 7, 640, 1023, 1024, 1920, 65_535, 99_991, 100_000, 300_000])
def test_six_decimals_lead_back_to_the_pixel(side):
    columns = np.arange(side) if side < 5000 else np.random.default_rng(side).integers(0, side, 4000)
    columns[-1] = side - 1
    lines = yolo_lines(trace([[[int(column), 0]] for column in columns], [(side, 1)] * len(columns)))
    found = np.array([(segment_of(line) * np.array([side, 1], np.float32)).astype(np.int32) for line in lines])
    assert (found[:, :, 0] == columns[:, None]).all()
    assert (found[:, :, 1] == 0).all()


def test_fewer_than_three_vertices_are_repeated():
    contours = [[[4, 2]], [[0, 0, 1, 0, 2, 0, 3, 0, 2, 0, 1, 0]], [], [[0, 0, 0, 1, 1, 1]]]
    one, two, none, three = yolo_lines(trace(contours, [(8, 4)] * 4))
    assert one == b" 0.562500 0.625000" * 3
    assert two == b" 0.062500 0.125000 0.437500 0.125000 0.062500 0.125000"
    assert none == b""
    assert len(segment_of(three)) == 3


def test_bridges_have_the_eight_directions():
    """So points that the trainer puts on them stay on their pixels; straight runs are merged across their ends."""
    mask = np.zeros((20, 30), bool)
    mask[1:4, 2:9] = mask[10:15, 20:22] = True
    mask[4, 8] = mask[9, 21] = True
    segment = (segment_of(lines_of([mask])[0]) * (30, 20)).astype(int)
    ahead = np.roll(segment, -1, axis=0) - segment
    assert ((ahead == 0).any(axis=1) | (abs(ahead[:, 0]) == abs(ahead[:, 1]))).all()
    assert (np.sign(ahead) != np.sign(np.roll(ahead, -1, axis=0))).any(axis=1).all()


def test_sparse_contours():
    """Filled as their source would fill them: rounded to pixels, edges included."""
    outer = [10.2, 5, 5.4, 30.7, 21, 38, 37.6, 31, 34, 6.1]
    hole = [16, 16.3, 27, 14, 24.8, 26]
    mask = np.zeros((40, 40), np.uint8)
    cv2.fillPoly(mask, [np.array(ring).reshape(-1, 2).round().astype(np.int32) for ring in (outer, hole)], 1)
    line = yolo_lines(trace([[outer, hole]], [(40, 40)]))[0]
    assert (mask_of(segment_of(line), 40, 40) == mask.astype(bool)).all()


@pytest.mark.parametrize("ring", [[1, 2, 9, 2], [4, 8, 4, 1], [1, 2, 7, 8], [9, 1, 9, 9, 5, 9, 9, 9]])
def test_lines_of_pixels_told_by_their_turns(ring):
    mask = np.zeros((12, 12), np.uint8)
    cv2.polylines(mask, [np.array(ring, np.int32).reshape(-1, 2)], isClosed=True, color=1)
    line = yolo_lines(trace([[ring]], [(12, 12)]))[0]
    assert mask.sum() > 6
    assert (mask_of(segment_of(line), 12, 12) == mask.astype(bool)).all()


@pytest.mark.parametrize("simplify", [0.6, 1, 2.5])
def test_simplified_lines_stay_near(simplify):
    """Each boundary pixel is within the distance of the line, and no pixel drawn is further from the object."""
    y, x = np.indices((90, 90))
    angle = np.arctan2(y - 45, x - 45)
    mask = np.hypot(x - 45, y - 45) < 35 + 4 * np.sin(7 * angle)
    mask &= np.hypot(x - 40, y - 50) > 9
    mask |= np.hypot(x - 84, y - 84) < 4
    contours = [follow_borders(mask)]
    exact, simple = (yolo_lines(trace(contours, [(90, 90)]), reach)[0] for reach in (0, simplify))
    assert len(simple) < 0.75 * len(exact)
    ring = (segment_of(simple) * 90).astype(np.int32)
    drawn = mask_of(segment_of(simple), 90, 90)
    reach = math.ceil(simplify) + 1  # a pixel more as lines are painted a pixel wide
    near = cv2.dilate(mask.astype(np.uint8), np.ones((2 * reach + 1,) * 2)).astype(bool)
    bridge = np.zeros((90, 90), np.uint8)
    cv2.polylines(bridge, [ring], isClosed=True, color=1)
    assert not (drawn & ~near & ~bridge.astype(bool)).any()
    for pixels in contours[0]:
        for point in np.array(pixels, float).reshape(-1, 2):
            gap = cv2.pointPolygonTest(ring.astype(np.float32), tuple(point), measureDist=True)
            assert abs(gap) <= simplify + 1e-6


def test_independent_of_the_batch():
    contours = [*(follow_borders(mask) for mask in MASKS[:40]), [[0.5, 0.5, 9.25, 1, 4, 7.125]], []]
    sizes = [*(mask.shape[::-1] for mask in MASKS[:40]), (12, 8), (5, 5)]
    alone = [yolo_lines(trace([rings], [size]))[0] for rings, size in zip(contours, sizes, strict=True)]
    assert yolo_lines(trace(contours, sizes)) == alone


def test_a_hundred_thousand_parts():
    rng = np.random.default_rng(0)
    parts = [[int(x), int(y)] for x, y in rng.integers(0, 1_000_000, (100_000, 2))]
    begin = time.process_time()
    line = yolo_lines(trace([parts], [(1_000_000, 1_000_000)]))[0]
    assert time.process_time() - begin < 30
    assert 100_000 <= len(segment_of(line)) <= 400_000
