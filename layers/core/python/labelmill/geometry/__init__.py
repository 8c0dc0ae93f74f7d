"""Contour geometry: exact outlines, areas, run-length codes and simplified polygons, many objects at once.

Contours come in as pixel centres (see ``rings``); outlines are in pixel-edge coordinates: origin at the
outer corner of the top-left pixel, pixel ``(c, r)`` covers ``[c, c+1) x [r, r+1)``.
"""

from __future__ import annotations

from .label_runs import LabelRuns, find_runs, together
from .outlines import Outlines, trace, trace_rings
from .painting import paint
from .polygons import coco_polygons, coco_run_lengths
from .rings import Rings, collect, collect_texts, contour_extents
from .run_borders import completed, trace_runs
from .yolo_lines import yolo_lines

__all__ = [
    "LabelRuns",
    "Outlines",
    "Rings",
    "coco_polygons",
    "coco_run_lengths",
    "collect",
    "collect_texts",
    "completed",
    "contour_extents",
    "find_runs",
    "paint",
    "together",
    "trace",
    "trace_rings",
    "trace_runs",
    "yolo_lines",
]
