"""What became of a conversion: counts, findings and every image that was left out."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from labelmill.convert.job import Options
from labelmill.convert.shard import ImageFailure, ShardReport
from labelmill.convert.split_report import SplitReport, SplitsBuilder
from labelmill.formats import format_by_id
from labelmill.maps.annotation_map import AnnotationMap
from labelmill.maps.report import MapReport
from labelmill.maps.rules import DROP, IGNORE
from labelmill.source.plan import Plan
from labelmill.source.tally import Finding, Tally


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
        self._lost: dict[str, dict[str, int]] = {}
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
            for what, count in part.lost.items():
                counts = self._lost.setdefault(format_id, {})
                counts[what] = counts.get(what, 0) + count
            for what, finding in part.warnings.items():
                self._format_tallies.setdefault(format_id, Tally()).told(what, finding)

    def report(self, outputs: dict[str, str]) -> Report:
        """The report; ``outputs`` tells where each format's output lies."""
        classes = self._splits.classes
        splits = self._splits.reports()
        self._tally.merge(self._splits.warnings())
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
            {**self._tally.warnings, **self._format_warnings(outputs)},
            self._lost,
            self._map_report.warnings(self._map),
            self._errors,
        )

    def _format_warnings(self, format_ids: Iterable[str]) -> dict[str, Finding]:
        """Behind all others, format by format: so their order doesn't depend on where shards were cut."""
        context, images = self._options.context(self._map), self._splits.images
        found = {}
        for format_id in format_ids:
            spec, tally = format_by_id(format_id), self._format_tallies.get(format_id, Tally())
            for caution in spec.writer.cautions(context, images):
                found[f"{spec.title}: {caution}"] = Finding(1)
            for what, finding in tally.warnings.items():
                found[f"{spec.title}: {what}"] = finding
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
