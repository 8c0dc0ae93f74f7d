"""The table of ``labelmill map explain``: which rule takes what."""

from __future__ import annotations

import msgspec

from labelmill.maps.annotation_map import AnnotationMap
from labelmill.maps.report import MapReport


class ExplainedConflict(msgspec.Struct, frozen=True):
    """A later rule that is also true, with another class.

    Attributes:
        rule: Its text.
        line: Its line in the map.
        class_number: The class that it would have given.
        objects: How often.
    """

    rule: str
    line: int
    class_number: int
    objects: int


class ExplainRow(msgspec.Struct, frozen=True):
    """One rule, or the objects that are left out: then ``rule``, ``class_number`` and ``class_name`` are ``None``.

    Attributes:
        rule: The rule's text.
        line: Its line in the map, 0 when it has none.
        class_number: The class that it gives.
        class_name: That class's name.
        objects: Objects that it decided.
        types: Their types with counts, the most frequent first, ``(no type)`` and ``(other types)`` last.
        failed: Objects for which it could not be evaluated.
        conflicts: Later rules that are true for some of them with another class.
    """

    rule: str | None
    line: int
    class_number: int | None
    class_name: str | None
    objects: int
    types: tuple[tuple[str, int], ...]
    failed: int = 0
    conflicts: tuple[ExplainedConflict, ...] = ()


def explain(map: AnnotationMap, report: MapReport) -> list[ExplainRow]:
    """Say what each rule did.

    Args:
        map: The map.
        report: The counts that were made with it.

    Returns:
        One row for each rule in the order of the map, those that took nothing included; a last row without a rule
        when objects were left out.
    """
    conflicts: dict[int, list[ExplainedConflict]] = {}
    for first, later, count in report.conflicts:
        rule = map.rules[later]
        number = map.categories[rule.category].number
        conflicts.setdefault(first, []).append(ExplainedConflict(rule.text, rule.line, number, count))
    rows = []
    for index, rule in enumerate(map.rules):
        category = map.categories[rule.category]
        counts = report.taken.get(index)
        rows.append(
            ExplainRow(
                rule=rule.text,
                line=rule.line,
                class_number=category.number,
                class_name=category.name,
                objects=counts.total if counts else 0,
                types=tuple(counts.ranked()) if counts else (),
                failed=report.failed.get(index, 0),
                conflicts=tuple(conflicts.get(index, ())),
            )
        )
    if report.left_out.total:
        rows.append(ExplainRow(None, 0, None, None, report.left_out.total, tuple(report.left_out.ranked())))
    return rows
