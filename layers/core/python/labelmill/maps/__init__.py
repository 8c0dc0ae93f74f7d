"""Annotation maps: which object belongs to which class.

yaml is loaded only when a YAML map is read.
"""

from labelmill.maps.annotation_map import AnnotationMap, load_map, map_from_types, parse_map
from labelmill.maps.classify import Classifier, Outcome
from labelmill.maps.doubts import Doubt, doubts
from labelmill.maps.explain import ExplainedConflict, ExplainRow, explain
from labelmill.maps.report import MapReport, TypeCounts
from labelmill.maps.rules import Rule, RuleSet

__all__ = [
    "AnnotationMap",
    "Classifier",
    "Doubt",
    "ExplainRow",
    "ExplainedConflict",
    "MapReport",
    "Outcome",
    "Rule",
    "RuleSet",
    "TypeCounts",
    "doubts",
    "explain",
    "load_map",
    "map_from_types",
    "parse_map",
]
