"""Objects that their image cuts into parts are traced once more; no other is touched."""

import numpy as np
from border_following import follow_borders, random_mask

from labelmill.geometry import trace
from labelmill.geometry.recut import recut


def test_arms_that_hang_together_outside():
    mask = np.zeros((5, 9), bool)
    mask[[0, 4]] = mask[:, 8] = True
    outlines = trace([follow_borders(mask), [[1, 1]]], [(6, 5), (6, 5)])
    assert len(outlines.rings(0)) == 1
    found = recut(outlines)
    assert sorted(sorted(ring.tolist()) for ring in found.rings(0)) == [
        [[0, 0], [0, 1], [6, 0], [6, 1]],
        [[0, 4], [0, 5], [6, 4], [6, 5]],
    ]
    assert found.area(0) == outlines.area(0) == 12
    assert found.rings(1)[0].tolist() == outlines.rings(1)[0].tolist()


def test_a_hole_that_opens():
    mask = np.ones((7, 9), bool)
    mask[2:5, 3:8] = False
    found = recut(trace([follow_borders(mask)], [(6, 7)]))
    assert found.holes(0) == 0
    assert sorted(found.rings(0)[0].tolist()) == sorted(
        [[0, 0], [0, 7], [6, 7], [6, 5], [3, 5], [3, 2], [6, 2], [6, 0]]
    )


def test_what_is_not_cut_apart_stays_as_it_is():
    masks = [random_mask(np.random.default_rng(seed)) for seed in range(200)]
    outlines = trace([follow_borders(mask) for mask in masks], [mask.shape[::-1] for mask in masks])
    assert recut(outlines) is outlines
    beyond = trace([[[0, 0, 0, 1, 0, 2, 1, 2, 2, 2, 2, 1, 2, 0, 1, 0]], [[-4, -4, -4, 9, 9, 9]], []], [(2, 2)] * 3)
    assert recut(beyond) is beyond
