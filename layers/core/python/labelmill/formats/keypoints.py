"""Keypoints of the source as COCO's.

Specification: cocodataset.org, format-data: ``x, y, v`` a point; ``v`` is 0 for not labelled (``x`` and ``y`` are 0
then), 1 for labelled but hidden, 2 for visible; ``num_keypoints`` counts those with ``v`` above 0.
"""

from __future__ import annotations

import math
from typing import Any

VISIBILITIES = (0, 1, 2)


def keypoints_of(given: Any) -> tuple[list[float], list[float]]:
    """Read keypoints, flat or point by point, with their visibility where each has one: a third number 0, 1 or 2.

    Args:
        given: ``[x, y, ...]``, ``[x, y, v, ...]``, ``[[x, y], ...]`` or ``[[x, y, v], ...]``, pixel centres; misshapen
            points are left out.

    Returns:
        ``x, y`` (or ``x, y, v``) of all points and ``x, y`` of the labelled ones, flat, pixel-edge coordinates; both
        empty when one of them is beyond what can be computed.

    Example:
        >>> keypoints_of([5, 4, 2, 7, 7, 0])
        ([5.5, 4.5, 2, 0, 0, 0], [5.5, 4.5])
    """
    if given and not isinstance(given[0], list):
        step = 3 if len(given) % 3 == 0 and all(number in VISIBILITIES for number in given[2::3]) else 2
        given = [given[i : i + step] for i in range(0, len(given), step)]
    points = [
        point
        for point in given
        if isinstance(point, list) and len(point) >= 2 and not any(isinstance(number, list) for number in point)
    ]
    if not all(len(point) == 3 and point[2] in VISIBILITIES for point in points):
        flat = finite([number + 0.5 for point in points for number in point[:2]])
        return flat, flat
    numbers = [number + 0.5 for x, y, v in points if v for number in (x, y)]
    labelled = finite(numbers)
    if len(labelled) < len(numbers):
        return [], []
    written: list[float] = []
    pairs = iter(labelled)
    for *_, v in points:
        written += [next(pairs), next(pairs), int(v)] if v else [0, 0, 0]
    return written, labelled


def finite(values: list[float]) -> list[float]:
    """The numbers without noise, or nothing when one of them is beyond what can be computed."""
    if not all(map(math.isfinite, values)):
        return []
    # ``base.plain`` in line: a call for each number would cost as much again.
    return [whole if (whole := int(value)) == value else round(value, 6) for value in values]
