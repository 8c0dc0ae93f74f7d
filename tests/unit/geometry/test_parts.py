"""Plain polygons, one a part: which hole goes with which outer ring, sparse outlines, contradictions, boxes."""

import json

import cv2
import numpy as np
import pytest
from border_following import decode, follow_borders, random_mask
from pycocotools import mask as coco_mask

from labelmill.geometry import coco_polygons, trace
from labelmill.geometry.parts import outer_rings
from labelmill.geometry.polygons import coco_box


def square(x, y, side, turn=1):
    """Return a sparse square, ``turn`` -1: wound as a hole is."""
    corners = [(x, y), (x, y + side), (x + side, y + side), (x + side, y)]
    return [number for corner in (corners if turn > 0 else [corners[0], *corners[:0:-1]]) for number in corner]


def nested(depth, side):
    """Return a mask of squares within squares, object and hole in turn, beside a smaller one."""
    mask = np.zeros((side, 2 * side), bool)
    for k in range(depth):
        mask[2 * k : side - 2 * k, 2 * k : side - 2 * k] ^= True
        mask[k : side // 2 - k, side + 1 + k : side + side // 2 - k] ^= True
    return mask


def noise(rng, side, share):
    """Return a mask of noise: hundreds of holes, walls and pinches."""
    mask = rng.random((side, side)) < share
    mask[0, 0] = True
    return mask


@pytest.mark.parametrize("share", [0.4, 0.55, 0.7, 0.85])
def test_hundreds_of_holes(share):
    rng = np.random.default_rng(int(share * 100))
    masks = [noise(rng, 60, share) for _ in range(12)]
    contours = [follow_borders(mask) for mask in masks]
    outlines = trace(contours, [(60, 60)] * len(masks))
    for index, (text, mask) in enumerate(zip(coco_polygons(outlines), masks, strict=True)):
        assert (decode(text, 60, 60) == mask).all()
        assert len(json.loads(text)) == len(outlines.outer_rings(index))
        assert share < 0.5 or outlines.holes(index) > 60


def test_fillers_of_edges_paint_nothing_more():
    """OpenCV fills by parity and paints all edges: with bridges it paints what it paints of the rings themselves."""
    bridged = 0
    for seed in range(150):
        mask = random_mask(np.random.default_rng(seed)) if seed % 3 else noise(np.random.default_rng(seed), 40, 0.7)
        outlines = trace([follow_borders(mask)], [mask.shape[::-1]])
        outer = outer_rings(outlines)
        for part, polygon in zip(np.unique(outer), json.loads(coco_polygons(outlines)[0]), strict=True):
            rings = [np.array(outlines.ring(ring)) for ring in np.flatnonzero(outer == part)]
            once, apart = np.zeros((42, 42), np.uint8), np.zeros((42, 42), np.uint8)
            cv2.fillPoly(once, [np.array(polygon, np.int32).reshape(-1, 2)], 1)
            cv2.fillPoly(apart, rings, 1)
            assert (once == apart).all()
            bridged += len(rings) > 1
    assert bridged > 80


def test_islands_in_holes():
    for depth in range(1, 7):
        mask = nested(depth, 40)
        contours = follow_borders(mask)
        for rings in (contours, contours[::-1]):
            outlines = trace([rings], [mask.shape[::-1]])
            (text,) = coco_polygons(outlines)
            polygons = json.loads(text)
            assert len(polygons) == len(outlines.outer_rings(0))
            # Each polygon by itself covers its part: none covers another's pixel.
            alone = [decode(json.dumps([polygon]), *mask.shape) for polygon in polygons]
            assert (np.sum(alone, axis=0) == mask).all()


def test_holes_next_to_each_other_go_with_their_part():
    """Each below the other, so that the edge above a hole is another hole's."""
    mask = np.ones((60, 30), bool)
    for y in range(2, 56, 4):
        mask[y : y + 3, 2 + y // 4 : 12] = False
        mask[y : y + 3, 16:28] = False
    mask[:, 14] = False
    outlines = trace([follow_borders(mask)], [(30, 60)])
    outer = outer_rings(outlines)
    assert (~outlines.hole).sum() == 2
    for ring in np.flatnonzero(outlines.hole):
        right = outlines.ring(ring)[:, 0].min() > 14
        assert (outlines.ring(outer[ring])[:, 0].min() > 14) == right
    assert (decode(coco_polygons(outlines)[0], 60, 30) == mask).all()


def by_parity(rings, height, width):
    """Return what pycocotools draws of each ring, taken together by parity."""
    drawn = [coco_mask.decode(coco_mask.frPyObjects([ring], height, width))[..., 0] for ring in rings]
    return np.sum(drawn, axis=0) % 2 == 1


def wavy(rng, x, y, radius, digits):
    """Return a ring of 8 ... 30 vertices around a point, edges in all directions."""
    corners = int(rng.integers(8, 31))
    angle = 2 * np.pi * (np.arange(corners) + rng.uniform(0, 0.5, corners))[::-1] / corners
    reach = radius * rng.uniform(0.8, 1, len(angle))
    points = np.stack([x + reach * np.cos(angle), y + reach * np.sin(angle)], axis=1)
    return points.round(digits).reshape(-1).tolist()


@pytest.mark.parametrize("digits", [0, 1, 3, 6])
def test_sparse_outlines_are_not_moved_by_bridges(digits):
    """Two parts of several holes: decoded they are what their rings are, each by itself."""
    rng = np.random.default_rng(digits)
    pierced = 0
    for _ in range(100):
        rings = []
        for middle in (50, 160):
            holes = [wavy(rng, middle + dx, 50 + dy, 12, digits) for dx, dy in ((-18, 0), (16, 3), (0, 22))]
            rings += [wavy(rng, middle, 50, 45, digits), *holes[: int(rng.integers(4))]]
        outlines = trace([rings], [(220, 100)])
        assert (~outlines.hole).sum() == 2
        expected = by_parity([ring.reshape(-1).tolist() for ring in outlines.rings(0)], 100, 220)
        polygons = coco_polygons(outlines)[0]
        assert len(json.loads(polygons)) == 2
        assert (decode(polygons, 100, 220) == expected).all()
        pierced += outlines.holes(0) > 0
    assert pierced > 60


def test_level_and_upright_edges_have_bridges_anywhere():
    outlines = trace([[square(0, 0, 20), square(8, 12, 4, -1)]], [(40, 40)])
    assert json.loads(coco_polygons(outlines)[0]) == [
        [0.5, 0.5, 0.5, 20.5, 8.5, 20.5, 8.5, 16.5, 8.5, 12.5, 12.5, 12.5, 12.5, 16.5, 8.5, 16.5, 8.5, 20.5, 20.5, 20.5,
         20.5, 0.5]
    ]  # fmt: skip


def test_dense_ring_in_a_sparse_one():
    hole = [5, 5, 6, 5, 6, 6, 5, 6]
    dense = trace([[square(1, 1, 19), hole]], [(40, 40)])
    assert dense.dense.tolist() == [False, True]
    assert dense.hole.tolist() == [False, True]
    expected = by_parity([ring.reshape(-1).tolist() for ring in dense.rings(0)], 40, 40)
    assert (decode(coco_polygons(dense)[0], 40, 40) == expected).all()


@pytest.mark.parametrize(
    "rings",
    [
        [square(0, 0, 20), square(30, 0, 9), square(60, 5, 3, -1)],  # a hole in nothing
        [square(0, 0, 20), square(30, 0, 9), square(15, 5, 10, -1)],  # half outside
        [square(0, 0, 20), square(30, 0, 9), square(3, 5, 4, -1), square(3, 5, 4, -1)],  # the same twice
        [square(0, 0, 20), square(30, 0, 9), square(3, 0, 4, -1)],  # along the outer ring's edge
        [square(0, 0, 20), square(0, 0, 20), square(3, 5, 4, -1)],  # two outer rings around it
        [square(0, 0, 20), square(30, 0, 9), [3.1, 3.1, 3.3, 3.1, 3.2, 3.3]],  # smaller than a pixel
    ],
)
def test_contradictory_contours_end_well(rings):
    outlines = trace([rings, rings[::-1]], [(80, 40)] * 2)
    for index, text in enumerate(coco_polygons(outlines)):
        polygons = json.loads(text)
        assert len(polygons) == len(outlines.outer_rings(index))
        assert all(len(polygon) >= 6 for polygon in polygons)
        decode(text, 40, 80)


@pytest.mark.parametrize(
    ("box", "columns", "rows"),
    [
        ((2, 1, 5, 4), (2, 5), (1, 4)),
        ((0, 0, 9, 7), (0, 9), (0, 7)),
        ((8, 6, 9, 7), (8, 9), (6, 7)),
        ((0, 2, 3, 7), (0, 3), (2, 7)),
        ((3, 0, 4, 7), (3, 4), (0, 7)),
        ((1.5, 1.4, 3.5, 3.6), (1, 3), (1, 4)),
        ((2.6, 2.6, 2.9, 2.9), (2, 3), (2, 3)),
        ((8.7, 6.6, 9, 7), (8, 9), (6, 7)),
        ((0, 0, 0.2, 0.2), (0, 1), (0, 1)),
    ],
)
def test_boxes_as_run_lengths(box, columns, rows):
    mask = np.zeros((7, 9), np.uint8, order="F")
    mask[slice(*rows), slice(*columns)] = 1
    encoded = coco_mask.encode(mask)
    assert json.loads(coco_box(box, 9, 7, True)) == {"size": [7, 9], "counts": encoded["counts"].decode()}
    runs = json.loads(coco_box(box, 9, 7, False))
    assert sum(runs["counts"]) == 63
    assert coco_mask.frPyObjects(runs, 7, 9) == encoded
