"""``/v1/organizations/{org}/map-checks``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from labelmill.errors import DatasetError, MapError
from labelmill_aws.api.answers import Organization
from labelmill_aws.api.caller import READER
from labelmill_aws.api.models.map_checks import (
    FilterEffect,
    MapCheck,
    MapCheckRequest,
    MapEffect,
    MapErrorLine,
    MapFilter,
    MapRule,
    RuleEffect,
    TypeCount,
)
from labelmill_aws.api.models.maps import ClassName
from labelmill_aws.api.parts import parts
from labelmill_aws.api.problems import MAX_ERRORS, Problem
from labelmill_aws.api.routes.found import NOBODYS
from labelmill_aws.api.routing import Routes
from labelmill_aws.records.catalog import DatasetRow

if TYPE_CHECKING:
    from labelmill.maps import AnnotationMap

routes = Routes("map-checks", "Trying a map without keeping it.")
FILE = "map.yaml"


@routes.post("/v1/organizations/<org>/map-checks", READER)
def check_map(org: Organization, wanted: MapCheckRequest) -> MapCheck:
    """Check a map, and say what it does to a dataset

    A bad map is no error of the request: `ok` is false then, and all reasons are told.
    """
    from labelmill.maps import doubts, parse_map
    from labelmill.maps.names import FILTERS

    dataset = None if wanted.dataset is None else _dataset(org, wanted.dataset)
    try:
        read = parse_map(wanted.file.encode(), FILE)
    except MapError as error:
        errors = [MapErrorLine(line=one.line, message=one.reason) for one in error.problems[:MAX_ERRORS]]
        if more := len(error.problems) - len(errors):
            errors.append(MapErrorLine(line=0, message=f"and {more:,} more"))
        return MapCheck(ok=False, errors=errors, classes=[], rules=[], filters=[], stuff=[], warnings=[], explain=None)
    return MapCheck(
        ok=True,
        errors=[],
        classes=[
            ClassName(number=one.number, name=one.name, supercategory=one.supercategory) for one in read.categories
        ],
        rules=[
            MapRule.model_validate(
                {"line": rule.line, "rule": rule.text, "class": read.categories[rule.category].number}
            )
            for rule in read.rules
        ],
        filters=[
            MapFilter.model_validate({"line": rule.line, "filter": FILTERS[rule.category], "rule": rule.text})
            for rule in read.filters.rules
        ],
        stuff=list(read.stuff),
        warnings=[MapErrorLine(line=doubt.line, message=doubt.text) for doubt in doubts(read)[:MAX_ERRORS]],
        explain=None if dataset is None else _explain(dataset, read),
    )


def _dataset(org: str, dataset_id: str) -> DatasetRow:
    """A dataset of the organization."""
    catalog = parts().catalog
    place = catalog.dataset_place(dataset_id)
    workspace = catalog.workspace(place[0] if place else NOBODYS)  # as much work for what nobody has
    row = catalog.dataset(*place) if place and workspace and workspace.organization == org else None
    if row is None:
        raise Problem("bad-request", errors=[("body.dataset", "there is no such dataset")])
    return row


def _explain(dataset: DatasetRow, read: AnnotationMap) -> MapEffect:
    from labelmill.maps import explain
    from labelmill_aws.uploads.map_explain import explain_dataset

    settings = parts().settings
    source = dataset.source(settings.inbox_bucket, settings.outbox_bucket)
    try:
        found = explain_dataset(parts().clients.s3, dataset.name, source, read)
    except (DatasetError, KeyError) as error:
        reason = str(error) if isinstance(error, DatasetError) else "its listing has expired; upload _SUCCESS again"
        raise Problem("bad-request", errors=[("body.dataset", reason)]) from error
    rows = explain(read, found.report)
    return MapEffect(
        images=found.images,
        images_read=found.images_read,
        rules=[
            RuleEffect.model_validate(
                {
                    "line": row.line,
                    "rule": row.rule,
                    "class": row.class_number,
                    "objects": row.objects,
                    "types": _types(row.types),
                }
            )
            for row in rows
            if row.rule is not None and not row.filter
        ],
        filters=[
            FilterEffect.model_validate(
                {
                    "line": row.line,
                    "filter": row.filter,
                    "rule": row.rule,
                    "objects": row.objects,
                    "types": _types(row.types),
                    "examples": list(row.examples),
                }
            )
            for row in rows
            if row.filter
        ],
        left_out=_types(found.report.left_out.ranked()),
        warnings=found.report.warnings(read),
    )


def _types(counts: Iterable[tuple[str, int]]) -> list[TypeCount]:
    return [TypeCount(type=type_, objects=objects) for type_, objects in counts]
