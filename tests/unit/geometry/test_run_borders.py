"""Objects of label images, traced all at once, against a border follower that goes pixel by pixel, and pycocotools."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from ana_builder import trace as opencv_contours
from border_following import decode, follow_borders, random_mask
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from labelmill.geometry import (
    LabelRuns,
    Outlines,
    coco_polygons,
    completed,
    find_runs,
    label_runs,
    run_borders,
    together,
    trace,
    trace_runs,
)
from labelmill.geometry.boundary import boundaries
from labelmill.images import id_runs

Ids = NDArray[np.uint16]


def runs_in(ids: Ids, wanted: list[int]) -> LabelRuns:
    """The runs of some objects of a label image."""
    height, width = ids.shape
    return find_runs(id_runs.runs_of(ids), width, height, wanted)


def random_ids(rng: np.random.Generator) -> tuple[Ids, list[int]]:
    """A label image and some ids, one of which it lacks: noise, blocks or shapes over one another."""
    kind = int(rng.integers(3))
    wanted = [int(id_) for id_ in rng.choice(65535, int(rng.integers(1, 6)), replace=False) + 1]
    palette = np.array([0, *wanted[:-1], 65535 if 65535 not in wanted else 1], np.uint16)
    height, width = (int(n) for n in rng.integers(1, 20, 2))
    if kind < 2:
        ids = rng.choice(palette, (height, width)).astype(np.uint16)
        return (np.kron(ids, np.ones((2, 3), np.uint16)) if kind else ids), wanted
    ids = np.zeros((24, 24), np.uint16)
    for id_ in wanted[:-1] * 2:
        mask = random_mask(rng)
        ids[: mask.shape[0], : mask.shape[1]][mask] = id_
    return ids, wanted


def turned(ring: Any) -> list[tuple[int, int]]:
    """A ring's vertices from the lowest one on: where a ring begins means nothing."""
    points = [(int(x), int(y)) for x, y in ring]
    first = min(range(len(points)), key=lambda i: (points[i], points[i - 1]))
    return points[first:] + points[:first]


def rings(outlines: Outlines, index: int) -> list[tuple[bool, list[tuple[int, int]]]]:
    """All rings of an object, sorted, with whether they are holes."""
    first, end = outlines.first_ring[index : index + 2]
    return sorted((bool(outlines.hole[ring]), turned(outlines.ring(ring))) for ring in range(first, end))


def assert_traced(outlines: Outlines, images: list[tuple[Ids, list[int]]]) -> None:
    """Rings, areas and pixels of all objects of some images."""
    objects = [(ids == id_, ids.shape) for ids, wanted in images for id_ in wanted]
    contours = [follow_borders(mask) for mask, _ in objects]
    expected = trace(contours, [(width, height) for _, (height, width) in objects])
    assert outlines.areas == expected.areas == [int(mask.sum()) for mask, _ in objects]
    assert outlines.size.tolist() == expected.size.tolist()
    for index, (text, (mask, shape)) in enumerate(zip(coco_polygons(outlines), objects, strict=True)):
        assert rings(outlines, index) == rings(expected, index)
        np.testing.assert_array_equal(decode(text, *shape), mask)
    assert outlines.dense.all()


@pytest.mark.parametrize("seed", range(60))
def test_random_label_images(seed: int) -> None:
    images = [random_ids(np.random.default_rng([seed, number])) for number in range(4)]
    assert_traced(trace_runs(together([runs_in(ids, wanted) for ids, wanted in images])), images)


@pytest.mark.parametrize("seed", range(60))
def test_the_very_outlines_of_opencvs_contours(seed: int) -> None:
    """Rings in the same order, from the same vertices on: nobody can tell where an object's pixels came from."""
    ids, wanted = random_ids(np.random.default_rng(seed))
    outlines = trace_runs(runs_in(ids, wanted))
    expected = trace([opencv_contours(ids == id_) for id_ in wanted], [ids.shape[::-1]] * len(wanted))
    assert outlines.first_ring.tolist() == expected.first_ring.tolist()
    assert outlines.hole.tolist() == expected.hole.tolist()
    for ring in range(len(expected.hole)):
        assert outlines.ring(ring).tolist() == expected.ring(ring).tolist()


@settings(max_examples=200)
@given(
    ids=arrays(np.uint16, st.tuples(st.integers(1, 9), st.integers(1, 9)), elements=st.sampled_from([0, 1, 2, 65535])),
    portion=st.sampled_from([1, 5, 1 << 15]),
    band=st.sampled_from([1, 20, 1 << 22]),
)
def test_portions_and_bands_change_nothing(ids: Ids, portion: int, band: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run_borders, "PORTION", portion)
        patch.setattr(id_runs, "BAND", band)
        wanted = [2, 7, 1, 65535]
        assert_traced(trace_runs(runs_in(ids, wanted)), [(ids, wanted)])


@pytest.mark.parametrize("seed", range(40))
def test_boxes_and_pixels(seed: int) -> None:
    ids, wanted = random_ids(np.random.default_rng(seed))
    runs = runs_in(ids, wanted)
    boxes: list[Any] = []
    for id_ in wanted:
        rows, columns = np.nonzero(ids == id_)
        box = (float(columns.min()), float(rows.min()), columns.max() + 1.0, rows.max() + 1.0) if len(rows) else None
        boxes.append(box)
    assert runs.boxes() == boxes
    assert None in boxes
    assert runs.pixels().tolist() == [np.count_nonzero(ids == id_) for id_ in wanted]


def test_ids_that_no_image_holds() -> None:
    ids = np.array([[0, 1], [2, 2]], np.uint16)
    outlines = trace_runs(runs_in(ids, [0, 70_000, 2, 1 << 40, 3]))
    assert outlines.areas == [0, 0, 2, 0, 0]
    assert runs_in(ids, []).boxes() == []
    assert trace_runs(runs_in(ids, [])).areas == []
    assert runs_in(ids, [65_538]).boxes() == [None]


def test_objects_side_by_side_do_not_touch_each_other() -> None:
    """The last row of one object and the first row of the next: lines of their own."""
    ids = np.array([[1, 1, 3, 2], [1, 1, 3, 2]], np.uint16)
    assert_traced(trace_runs(runs_in(ids, [1, 2, 3])), [(ids, [1, 2, 3])])


def test_images_of_extreme_sizes_together() -> None:
    wide, high = np.zeros((1, 1 << 20), np.uint16), np.zeros((1 << 20, 1), np.uint16)
    wide[0, -2:], high[-2:, 0] = 1, 1
    outlines = trace_runs(together([runs_in(wide, [1]), runs_in(high, [1])] * 40))
    assert outlines.areas == [2] * 80
    assert [turned(outlines.ring(ring)) for ring in (0, 1)] == [
        [((1 << 20) - 2, 0), ((1 << 20) - 2, 1), (1 << 20, 1), (1 << 20, 0)],
        [(0, (1 << 20) - 2), (0, 1 << 20), (1, 1 << 20), (1, (1 << 20) - 2)],
    ]


@pytest.mark.parametrize("kind", ["chessboard", "dots", "noise", "every pixel another"])
def test_hostile_images(kind: str) -> None:
    """Every pixel an object or a part of its own: nothing is lost, and no ring is walked twice."""
    y, x = np.indices((300, 300))
    ids = {
        "chessboard": (x + y) % 2,
        "dots": x % 2 & y % 2,
        "noise": np.random.default_rng(1).integers(0, 2, x.shape),
        "every pixel another": (300 * y + x) % 65_535 + 1,
    }[kind].astype(np.uint16)
    wanted = np.unique(ids[ids > 0]).tolist()
    outlines = trace_runs(runs_in(ids, wanted))
    assert sum(outlines.areas) == np.count_nonzero(ids)
    if kind == "chessboard":
        assert np.count_nonzero(~outlines.hole) == 1
        decoded = decode(coco_polygons(outlines)[0], 300, 300)
        np.testing.assert_array_equal(decoded, ids == 1)
    if kind in ("dots", "every pixel another"):
        assert len(outlines.hole) == np.count_nonzero(ids)
        assert set(outlines.count.tolist()) == {4}


def test_noise_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(label_runs, "MOST_RUNS", 50)
    ids = (np.indices((10, 10)).sum(axis=0) % 2).astype(np.uint16)
    assert len(runs_in(ids, [1]).row) == 50
    with pytest.raises(ValueError, match="expected at most 50 runs of pixels"):
        runs_in(np.tile(ids, 2), [1])


def test_completed_batches() -> None:
    """Contours and pixels side by side, sparse rings among them; what belongs to no object is left out."""
    contours: list[Any] = [[[1, 1, 1, 6, 6, 1]], [], [[0, 0]], [], []]
    batch = trace(contours, [(10, 10)] * 5)
    ids = np.zeros((10, 10), np.uint16)
    ids[2:5, 3:9] = 4
    ids[3, 5] = 0
    ids[8:, 8:] = 5
    ids[0, 0] = 6
    whole = completed(batch, np.array([3, -1, 1]), trace_runs(runs_in(ids, [4, 6, 5])))
    assert whole.areas == [*batch.areas[:1], 4, 1, 17, 0]
    for index in (0, 2):
        assert [ring.tolist() for ring in whole.rings(index)] == [ring.tolist() for ring in batch.rings(index)]
    assert [len(whole.rings(index)) for index in range(5)] == [1, 1, 1, 2, 0]
    assert whole.holes(3) == 1
    texts = coco_polygons(whole)
    np.testing.assert_array_equal(decode(texts[3], 10, 10), ids == 4)
    np.testing.assert_array_equal(decode(texts[1], 10, 10), ids == 5)
    assert [len(ring) for ring in np.split(boundaries(whole).pixels, boundaries(whole).first[1:-1])] == [3, 4, 1, 4, 4]
