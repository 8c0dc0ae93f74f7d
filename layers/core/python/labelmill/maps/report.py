"""What a map did to a dataset: counts that workers make, that merge, and that travel as JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

import msgspec

from labelmill.codes import Code
from labelmill.maps.annotation_map import AnnotationMap
from labelmill.maps.classify import Classifier
from labelmill.maps.doubts import doubts
from labelmill.maps.limits import MAX_EXAMPLES, MAX_REPORTED, MAX_REPORTED_TYPE_CHARS
from labelmill.maps.names import FILTERS
from labelmill.maps.wording import quote


class TypeCounts(msgspec.Struct):
    """Objects per type.

    Attributes:
        types: Type to objects. Long types are cut.
        untyped: Objects without a text type.
        others: Objects of types beyond the bound of a report.
    """

    types: dict[str, int] = {}
    untyped: int = 0
    others: int = 0

    @property
    def total(self) -> int:
        """All objects."""
        return sum(self.types.values()) + self.untyped + self.others

    def add(self, other: TypeCounts) -> None:
        """Add another's counts."""
        for type_, count in other.types.items():
            self.types[type_] = self.types.get(type_, 0) + count
        self.untyped += other.untyped
        self.others += other.others

    def ranked(self) -> list[tuple[str, int]]:
        """Types with their counts, the most frequent first; what has no type of its own last, in brackets."""
        rows = sorted(self.types.items(), key=_rank)
        rows += [("(no type)", self.untyped)] if self.untyped else []
        rows += [("(other types)", self.others)] if self.others else []
        return rows


class MapReport(msgspec.Struct):
    """Counts of objects. Totals are exact; lists are bounded by keeping the most frequent entries.

    Attributes:
        taken: Rule index to the objects that it decided.
        left_out: Objects for which no rule was true.
        failed: Rule index to the objects on which it raised.
        conflicts: ``[deciding rule, later rule, objects]``, by rule.
        other_conflicts: Conflicts of pairs beyond the bound.
        filtered: Index of a filter to the objects that it took; they are among ``taken``, too.
        filters_failed: Index of a filter to the objects on which it raised.
        examples: Index of a filter to a few objects that it took: file and id.
    """

    taken: dict[int, TypeCounts] = {}
    left_out: TypeCounts = msgspec.field(default_factory=TypeCounts)
    failed: dict[int, int] = {}
    conflicts: list[tuple[int, int, int]] = []
    other_conflicts: int = 0
    filtered: dict[int, TypeCounts] = {}
    filters_failed: dict[int, int] = {}
    examples: dict[int, list[str]] = {}

    @classmethod
    def of(
        cls, classifier: Classifier, filters: Classifier | None = None, examples: dict[int, list[str]] | None = None
    ) -> MapReport:
        """Make the report of one worker.

        Args:
            classifier: By the map's rules.
            filters: By its filters.
            examples: A few objects that each filter took.
        """
        report = cls()
        conflicts = Counter(classifier.conflicts)
        report.taken, report.left_out, report.failed = _counts(classifier, conflicts)
        if filters is not None:
            report.filtered, _, report.filters_failed = _counts(filters, Counter())
            report.examples = examples or {}
        report._finish(conflicts)
        return report

    def merge(self, other: MapReport) -> None:
        """Add another worker's counts to this report; both are of the same map."""
        for rule, counts in other.taken.items():
            self.taken.setdefault(rule, TypeCounts()).add(counts)
        for rule, counts in other.filtered.items():
            self.filtered.setdefault(rule, TypeCounts()).add(counts)
        for rule, examples in other.examples.items():
            self.examples[rule] = [*self.examples.get(rule, ()), *examples][:MAX_EXAMPLES]
        self.left_out.add(other.left_out)
        self.failed = _added(self.failed, other.failed)
        self.filters_failed = _added(self.filters_failed, other.filters_failed)
        conflicts: Counter[tuple[int, int]] = Counter()
        for first, later, count in [*self.conflicts, *other.conflicts]:
            conflicts[first, later] += count
        self.other_conflicts += other.other_conflicts
        self._finish(conflicts)

    @property
    def objects(self) -> int:
        """All objects that were classified."""
        return sum(counts.total for counts in self.taken.values()) + self.left_out.total

    def warnings(self, map: AnnotationMap) -> list[str]:
        """One line for each rule that asks nothing, each that failed and each pair in conflict, with objects counted.

        Args:
            map: The map that the report was made with.
        """
        return [line for _, line, _ in self.findings(map)]

    def findings(self, map: AnnotationMap) -> Iterator[tuple[Code, str, int]]:
        """The same lines, each with its code before it and the number of objects behind it.

        Args:
            map: The map that the report was made with.
        """
        for doubt in doubts(map):
            taken = self.taken if doubt.kind == "rule" else self.filtered
            counts = taken.get(doubt.place)
            code: Code = "rule-constant" if doubt.kind == "rule" else "filter-constant"
            yield code, doubt.text, max(1, counts.total if counts else 0)
        for rule, count in self.failed.items():
            line = f"{_rule(map, rule)} could not be evaluated for {_objects(count)}: it is not true for them"
            yield "rule-failed", line, count
        for index, count in self.filters_failed.items():
            line = f"{_filter(map, index)} could not be evaluated for {_objects(count)}: it is not true for them"
            yield "filter-failed", line, count
        for first, later, count in self.conflicts:
            line = (
                f"{_rule(map, first)} and {_rule(map, later)} are both true for {_objects(count)}: "
                f"the first one decides, class {_class(map, first)} and not {_class(map, later)}"
            )
            yield "rule-conflict", line, count
        if count := self.other_conflicts:
            line = f"other pairs of rules are both true with different classes {count:,} times"
            yield "rule-conflicts", line, count

    def _finish(self, conflicts: Counter[tuple[int, int]]) -> None:
        """Sort, and keep within the bounds."""
        self.taken = dict(sorted(self.taken.items()))
        self.filtered = dict(sorted(self.filtered.items()))
        self.examples = dict(sorted(self.examples.items()))
        _trim(self.taken.values())
        _trim(self.filtered.values())
        _trim([self.left_out])
        pairs = sorted(conflicts.items(), key=lambda pair: (-pair[1], pair[0]))
        self.other_conflicts += sum(count for _, count in pairs[MAX_REPORTED:])
        self.conflicts = sorted((*pair, count) for pair, count in pairs[:MAX_REPORTED])


def _counts(
    classifier: Classifier, conflicts: Counter[tuple[int, int]]
) -> tuple[dict[int, TypeCounts], TypeCounts, dict[int, int]]:
    """What each rule took, what none took, and on how many objects each one failed; conflicts are added."""
    taken: dict[int, TypeCounts] = {}
    left_out = TypeCounts()
    failed = Counter(classifier.failed)
    for outcome in classifier.outcomes:
        if not outcome.count:
            continue
        counts = left_out if outcome.rule is None else taken.setdefault(outcome.rule, TypeCounts())
        if isinstance(outcome.type, str):
            type_ = _printable(outcome.type)
            counts.types[type_] = counts.types.get(type_, 0) + outcome.count
        elif outcome.shared:
            counts.others += outcome.count
        else:
            counts.untyped += outcome.count
        for rule in outcome.failed:
            failed[rule] += outcome.count
        for pair in outcome.conflicts:
            conflicts[pair] += outcome.count
    return taken, left_out, dict(sorted(failed.items()))


def _added(first: dict[int, int], second: dict[int, int]) -> dict[int, int]:
    counts = Counter(first)
    counts.update(second)
    return dict(sorted(counts.items()))


def _rank(row: tuple[str, int]) -> tuple[int, str]:
    return -row[1], row[0]


def _trim(groups: Iterable[TypeCounts]) -> None:
    """Keep the most frequent entries of all groups together; the others' objects become one number a group."""
    rows = [(-count, type_, counts) for counts in groups for type_, count in counts.types.items()]
    if len(rows) <= MAX_REPORTED:
        return
    rows.sort(key=lambda row: row[:2])
    for count, type_, counts in rows[MAX_REPORTED:]:
        del counts.types[type_]
        counts.others -= count


def _printable(type_: str) -> str:
    """A type as reports hold it: not too long, and without lone surrogates, which JSON can't hold."""
    if len(type_) > MAX_REPORTED_TYPE_CHARS:
        type_ = type_[: MAX_REPORTED_TYPE_CHARS - 1] + "…"
    try:
        type_.encode()
    except UnicodeEncodeError:
        return type_.encode("utf-8", "backslashreplace").decode("utf-8")
    return type_


def _rule(map: AnnotationMap, rule: int) -> str:
    line = map.rules[rule].line
    return f"rule {quote(map.rules[rule].text)}" + (f" (line {line})" if line else "")


def _filter(map: AnnotationMap, index: int) -> str:
    rule = map.filters.rules[index]
    return f"{FILTERS[rule.category]} {quote(rule.text)}" + (f" (line {rule.line})" if rule.line else "")


def _class(map: AnnotationMap, rule: int) -> str:
    category = map.categories[map.rules[rule].category]
    return f"{category.number} ({category.name})"


def _objects(count: int) -> str:
    return "1 object" if count == 1 else f"{count:,} objects"
