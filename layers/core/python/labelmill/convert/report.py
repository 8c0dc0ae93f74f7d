"""What became of a conversion: counts, findings and every image that was left out."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from labelmill.convert.shard import ImageFailure, ShardReport
from labelmill.maps.annotation_map import AnnotationMap
from labelmill.maps.report import MapReport
from labelmill.source.plan import Plan
from labelmill.source.tally import Finding, Tally


class Report(msgspec.Struct):
    """The result of a conversion, as ``--report`` and ``--json`` give it.

    Attributes:
        dataset: The dataset's name.
        formats: Format id -> where its output lies.
        images: Images converted.
        failed: Images left out of at least one format.
        objects: Labelled objects.
        classes: Class name -> its objects; every class of the map.
        left_out: Type -> objects that no rule took.
        skipped: Why objects are in no output, besides.
        warnings: What happened -> how often, with examples.
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
    left_out: dict[str, int]
    skipped: dict[str, Finding]
    warnings: dict[str, Finding]
    lost: dict[str, dict[str, int]]
    map_warnings: list[str]
    errors: list[ImageFailure]


def make_report(
    dataset: str, outputs: dict[str, str], plan: Plan, annotation_map: AnnotationMap, shards: Iterable[ShardReport]
) -> Report:
    """Merge the shards' reports, in order."""
    tally, map_report = Tally(), MapReport()
    for double in plan.listing.doubles:
        tally.warn("files left aside, as another file describes the same image", double)
    images = 0
    objects = [0] * len(annotation_map.categories)
    errors: list[ImageFailure] = []
    lost: dict[str, dict[str, int]] = {}
    for shard in shards:
        images += shard.images
        errors += shard.failures
        tally.merge(shard.tally)
        map_report.merge(shard.map_report)
        objects = [count + more for count, more in zip(objects, shard.objects, strict=True)]
        for format_id, part in shard.parts.items():
            for what, count in part.lost.items():
                counts = lost.setdefault(format_id, {})
                counts[what] = counts.get(what, 0) + count
    return Report(
        dataset,
        outputs,
        images,
        len({error.image for error in errors}),
        sum(objects),
        {category.name: objects[category.index] for category in annotation_map.categories},
        dict(map_report.left_out.ranked()),
        tally.skipped,
        tally.warnings,
        lost,
        map_report.warnings(annotation_map),
        errors,
    )
