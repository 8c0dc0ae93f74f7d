"""The table of ``labelmill map explain``: which rule takes what."""

from __future__ import annotations

import msgspec

from labelmill.maps.annotation_map import AnnotationMap
from labelmill.maps.names import FILTERS
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
    """One rule or filter, or the objects that are left out: then ``rule`` is ``None``.

    Objects that a filter took are counted at the rule that gave them their class, too.

    Attributes:
        rule: The rule's text.
        line: Its line in the map, 0 when it has none.
        class_number: The class that it gives; ``None`` for a filter, and for what is left out.
        class_name: That class's name.
        objects: Objects that it decided.
        types: Their types with counts, the most frequent first, ``(no type)`` and ``(other types)`` last.
        failed: Objects for which it could not be evaluated.
        conflicts: Later rules that are true for some of them with another class.
        filter: ``drop`` or ``ignore``; empty for a rule.
        examples: Of a filter, a few objects that it took: file and id.
    """

    rule: str | None
    line: int
    class_number: int | None
    class_name: str | None
    objects: int
    types: tuple[tuple[str, int], ...]
    failed: int = 0
    conflicts: tuple[ExplainedConflict, ...] = ()
    filter: str = ""
    examples: tuple[str, ...] = ()


def explain(map: AnnotationMap, report: MapReport) -> list[ExplainRow]:
    """Say what each rule did.

    Args:
        map: The map.
        report: The counts that were made with it.

    Returns:
        One row for each rule in the order of the map, then one for each filter, those that took nothing included; a
        last row without a rule when objects were left out. Rules' objects and those left out are all objects.
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
    for index, rule in enumerate(map.filters.rules):
        counts = report.filtered.get(index)
        rows.append(
            ExplainRow(
                rule=rule.text,
                line=rule.line,
                class_number=None,
                class_name=None,
                objects=counts.total if counts else 0,
                types=tuple(counts.ranked()) if counts else (),
                failed=report.filters_failed.get(index, 0),
                filter=FILTERS[rule.category],
                examples=tuple(report.examples.get(index, ())),
            )
        )
    if report.left_out.total:
        rows.append(ExplainRow(None, 0, None, None, report.left_out.total, tuple(report.left_out.ranked())))
    return rows
