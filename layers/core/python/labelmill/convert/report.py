"""What became of a conversion: counts, findings and every image that was left out."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from labelmill.convert.job import Options
from labelmill.convert.notices import Notice, notices_of
from labelmill.convert.shard import ImageFailure, ShardReport
from labelmill.convert.split_report import SplitReport, SplitsBuilder
from labelmill.formats import format_by_id
from labelmill.maps.annotation_map import AnnotationMap
from labelmill.maps.report import MapReport
from labelmill.maps.rules import DROP, IGNORE
from labelmill.source.plan import Plan
from labelmill.source.tally import OF_ENTRIES, Finding, Tally


class Report(msgspec.Struct):
    """The result of a conversion, as ``--report`` and ``--json`` give it.

    Attributes:
        dataset: The dataset's name.
        formats: Format id -> where its output lies.
        images: Images converted.
        failed: Images left out of at least one format.
        objects: Labelled objects that are learnt.
        classes: Class name -> its objects; every class of the map.
        split_by: What stayed together: ``run``, ``image`` or an expression; ``""`` when the dataset is not divided.
        splits: Split -> its counts, in the order given.
        leaks: Groups in several splits; divided by image, runs in several splits.
        ignored: Expression of the map's ``ignore`` -> objects that it took, with examples; not among ``objects``.
        dropped: The same of ``drop``: these are in no output.
        left_out: Type -> objects that no rule took.
        skipped: Why objects are in no output, besides.
        warnings: What happened -> how often, with examples; what only one format's trainers will stumble over begins
            with its title, and of the dataset as a whole there is no example.
        lost: Format id -> what the format could not hold, counted.
        map_warnings: Failing rules and conflicts, one line each.
        notices: All warnings, losses and lines of the map once more, each with its stable code: what a log shows.
        errors: Every image that was left out, with the file and the reason.
    """

    dataset: str
    formats: dict[str, str]
    images: int
    failed: int
    objects: int
    classes: dict[str, int]
    split_by: str
    splits: dict[str, SplitReport]
    leaks: int
    ignored: dict[str, Finding]
    dropped: dict[str, Finding]
    left_out: dict[str, int]
    skipped: dict[str, Finding]
    warnings: dict[str, Finding]
    lost: dict[str, dict[str, int]]
    map_warnings: list[str]
    notices: list[Notice]
    errors: list[ImageFailure]


class ReportBuilder:
    """Adds the shards' reports up, in order.

    Attributes:
        failed: Images left out of at least one format, so far.
    """

    def __init__(
        self,
        dataset: str,
        annotation_map: AnnotationMap,
        options: Options,
        plan_findings: Tally,
        most_errors: int | None = None,
    ) -> None:
        """Begin.

        Args:
            dataset: The dataset's name.
            annotation_map: Its classes.
            options: What was asked for.
            plan_findings: What the plan found.
            most_errors: How many errors the report holds; all where ``None``.
        """
        self._dataset = dataset
        self._map = annotation_map
        self._options = options
        self._most_errors = most_errors
        self._tally = Tally()
        self._tally.merge(plan_findings)
        self._map_report = MapReport()
        self._images = 0
        self._splits = SplitsBuilder(annotation_map.categories, options)
        self._errors: list[ImageFailure] = []
        self._lost: dict[str, dict[str, Finding]] = {}
        self._format_tallies: dict[str, Tally] = {}
        self.failed = 0

    def add(self, shard: ShardReport) -> None:
        """Add the next shard."""
        self._images += shard.images
        self.failed += len({failure.image for failure in shard.failures})
        room = None if self._most_errors is None else max(0, self._most_errors - len(self._errors))
        self._errors += shard.failures[:room]
        self._tally.merge(shard.tally)
        self._map_report.merge(shard.map_report)
        self._splits.add(shard)
        for format_id, part in shard.parts.items():
            for what, loss in part.lost.items():
                self._lost.setdefault(format_id, {}).setdefault(what, Finding(code=loss.code)).count += loss.count
            for what, finding in part.warnings.items():
                self._format_tallies.setdefault(format_id, Tally()).told(what, finding)

    def report(self, outputs: dict[str, str]) -> Report:
        """The report; ``outputs`` tells where each format's output lies."""
        classes = self._splits.classes
        splits = self._splits.reports()
        self._tally.merge(self._splits.warnings())
        self._tally.warnings = {**_mostly_lost(self._tally), **self._tally.warnings}
        warnings, lost = self._format_warnings(outputs), self._lost
        map_findings = list(self._map_report.findings(self._map))
        return Report(
            self._dataset,
            outputs,
            self._images,
            self.failed,
            sum(classes.values()),
            classes,
            self._options.split_by if splits else "",
            splits,
            self._splits.leaks,
            self._filtered(IGNORE),
            self._filtered(DROP),
            dict(self._map_report.left_out.ranked()),
            self._tally.skipped,
            {**self._tally.warnings, **_below_titles(warnings)},
            {format_id: {what: loss.count for what, loss in losses.items()} for format_id, losses in lost.items()},
            [line for _, line, _ in map_findings],
            [
                *notices_of(self._tally.warnings),
                *(notice for format_id, found in warnings.items() for notice in notices_of(found, format_id)),
                *(notice for format_id, losses in lost.items() for notice in notices_of(losses, format_id)),
                *(Notice(*finding) for finding in map_findings),
            ],
            self._errors,
        )

    def _format_warnings(self, format_ids: Iterable[str]) -> dict[str, dict[str, Finding]]:
        """Format by format: so their order doesn't depend on where shards were cut."""
        context, images = self._options.context(self._map), self._splits.images
        found = {}
        for format_id in format_ids:
            cautions = format_by_id(format_id).writer.cautions(context, images)
            tally = self._format_tallies.get(format_id, Tally())
            found[format_id] = {**{what: Finding(1, [], code) for code, what in cautions}, **tally.warnings}
        return found

    def _filtered(self, kind: int) -> dict[str, Finding]:
        """What each filter of a kind took, those that took nothing included."""
        report = self._map_report
        return {
            rule.text: Finding(
                report.filtered[index].total if index in report.filtered else 0, report.examples.get(index, [])
            )
            for index, rule in enumerate(self._map.filters.rules)
            if rule.category == kind
        }


def _mostly_lost(tally: Tally) -> dict[str, Finding]:
    """A warning where more than half of all annotation entries are in no output: it must not look like success."""
    if 2 * tally.entries_lost <= tally.entries:
        return {}
    what = f"of {tally.entries:,} annotation entries are in no output: is this the dataset that was meant?"
    causes = [
        (reason, finding)
        for reason, finding in {**tally.skipped, **tally.warnings}.items()
        if finding.code in (*OF_ENTRIES, "entry-id-twice", "field-shape")
    ]
    worst = max(causes, key=lambda cause: cause[1].count)
    example = f"{worst[1].examples[0]}: {worst[0]}"
    return {what: Finding(tally.entries_lost, [example], "entries-lost")}


def _below_titles(warnings: dict[str, dict[str, Finding]]) -> dict[str, Finding]:
    """Warnings of single formats, each behind its format's title."""
    return {
        f"{format_by_id(format_id).title}: {what}": finding
        for format_id, found in warnings.items()
        for what, finding in found.items()
    }


def make_report(
    dataset: str,
    outputs: dict[str, str],
    plan: Plan,
    annotation_map: AnnotationMap,
    options: Options,
    shards: Iterable[ShardReport],
) -> Report:
    """Merge the shards' reports, in order."""
    builder = ReportBuilder(dataset, annotation_map, options, plan.findings())
    for shard in shards:
        builder.add(shard)
    return builder.report(outputs)
