"""Which rings are holes.

Source:
    ``spec/source-format.md``: in image coordinates (y down) a border follower's outer rings have a negative
    signed area and holes a positive one; where that does not tell, nesting decides (even-odd).
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from .rings import Points, bounds, members

TOGETHER: Final = 64
"""Objects of at most so many rings are compared in one go."""

MOST: Final = 500
"""Objects of more rings are not compared ring by ring: the time would grow with the square of their number."""


def find_holes(
    twice_area: NDArray[np.float64], owner: NDArray[np.int64], points: Points, first: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Tell which rings are holes.

    An object's orientation is trusted when both signs occur and its largest ring is an outer one, the larger
    of equals being taken for it; a single ring is outer, and so is a ring without area. Everything else is
    decided by nesting: a ring inside an odd number of its object's other rings is a hole (rings that cross
    have no such number; then the smallest one around decides). Beyond ``MOST`` rings an object's orientation
    stands as it is when both signs occur; else all its rings are outer.

    Args:
        twice_area: Twice the signed area of each ring, y down, shape ``(R,)``, pixels squared.
        owner: Object of each ring, shape ``(R,)``, never falling.
        points: The rings' points, shape ``(N, 2)``, any frame.
        first: Where each ring begins and, last, ``N``; shape ``(R + 1,)``.

    Returns:
        One flag a ring, shape ``(R,)``.
    """
    hole = np.zeros(len(owner), np.bool_)
    opens = np.flatnonzero(np.diff(owner, prepend=-1))
    if len(opens) == len(owner):
        return hole
    count = np.diff(opens, append=len(owner))
    outer_most = np.maximum.reduceat(np.maximum(-twice_area, 0), opens)
    hole_most = np.maximum.reduceat(np.maximum(twice_area, 0), opens)
    both = (outer_most > 0) & (hole_most > 0)
    trusted = both & ((outer_most >= hole_most) | (count > MOST))
    hole[np.repeat(trusted, count)] = twice_area[np.repeat(trusted, count)] > 0
    asked = np.flatnonzero(~trusted & (count > 1) & (count <= MOST))
    few = asked[count[asked] <= TOGETHER]
    for group in [few, *(asked[count[asked] > TOGETHER, None])]:
        if len(group):
            _nest(hole, np.abs(twice_area), points, first, opens[group], count[group])
    return hole


def _nest(
    hole: NDArray[np.bool_],
    area: NDArray[np.float64],
    points: Points,
    first: NDArray[np.int64],
    opens: NDArray[np.int64],
    count: NDArray[np.int64],
) -> None:
    rings = members(opens, count)
    at = members(first[rings], first[rings + 1] - first[rings])
    lengths = first[rings + 1] - first[rings]
    box = bounds(points[at], np.cumsum(lengths) - lengths)
    # Every ordered pair (inner, outer) of rings of one object, as indices into `rings`; the outer one ranks first.
    begin = np.cumsum(count) - count
    partners = np.repeat(count, count)
    inner = np.repeat(np.arange(len(rings)), partners)
    outer = members(np.repeat(begin, count), partners)
    size = area[rings]
    rank = np.empty_like(rings)
    rank[np.argsort(-size, kind="stable")] = np.arange(len(rings))
    maybe = np.flatnonzero((rank[outer] < rank[inner]) & (size[inner] > 0))
    inner, outer = inner[maybe], outer[maybe]
    boxed = (box[inner, :2] >= box[outer, :2]).all(axis=1) & (box[inner, 2:] <= box[outer, 2:]).all(axis=1)
    inner, outer = inner[boxed], outer[boxed]
    order = np.lexsort((-rank[outer], rank[inner]))
    # The smallest ring around a ring is the one that it is a hole of, or an island in.
    placed = -1
    for one, other in zip(rings[inner[order]].tolist(), rings[outer[order]].tolist(), strict=True):
        if one != placed and _inside(points[first[one] : first[one + 1]], points[first[other] : first[other + 1]]):
            hole[one] = not hole[other]
            placed = one


def _inside(ring: Points, around: Points) -> bool:
    # A hole may share pixels with the ring around it (a wall one pixel thick), so the point asked about must not be
    # one of that ring's own; a ring of nothing but those lies on it and counts as inside.
    x, y = ring[:, 0].astype(np.float64), ring[:, 1].astype(np.float64)
    along_x, along_y = around[:, 0].astype(np.float64), around[:, 1].astype(np.float64)
    free = np.flatnonzero(~np.isin(x + 1j * y, along_x + 1j * along_y))
    if not len(free):
        return True
    px, py = x[free[0]], y[free[0]]
    to_x, to_y = np.roll(along_x, -1), np.roll(along_y, -1)
    across = np.flatnonzero((along_y <= py) != (to_y <= py))
    rise = to_y[across] - along_y[across]
    side = (px - along_x[across]) * rise - (py - along_y[across]) * (to_x[across] - along_x[across])
    return bool(np.count_nonzero((side < 0) == (rise > 0)) & 1)
