"""Annotation maps for the tests."""

from __future__ import annotations

GOOD = "classes:\n  1: car\n  2: [plant, tree]\nproperties:\n  obj['type'] == 'car': 1\n  obj['type'] == 'tree': 2\n"
OTHER = "classes:\n  7: thing\nproperties:\n  'True': 7\n"
BAD = "classes:\n  1: car\n  1: bus\nproperties:\n  obj['type' == 'car': 1\n  True: 9\n"
MAPS = "/v1/organizations/default/maps"
