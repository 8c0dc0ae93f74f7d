"""``/v1/annotations/{id}/report`` and ``/errors``: read from what lies beside the download, within bounds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from aws_lambda_powertools.event_handler import Request

from labelmill.convert.notices import Notice as Stored
from labelmill.convert.notices import notices_of
from labelmill.source.tally import Finding
from labelmill_aws.api.caller import READER
from labelmill_aws.api.models.reports import (
    BadFileAnswer,
    BadFileList,
    ClassCount,
    FilterCount,
    LeftOutType,
    Notice,
    ReportAnswer,
    ResultFile,
    SplitCount,
)
from labelmill_aws.api.paging import DEFAULT_LIMIT, Cursor, Limit, read_cursor, write_cursor
from labelmill_aws.api.parts import parts
from labelmill_aws.api.problems import Problem
from labelmill_aws.api.routes.found import AnnotationId, annotation_of
from labelmill_aws.api.routing import Routes
from labelmill_aws.jobs.downloads import Download
from labelmill_aws.jobs.reports import (
    ErrorsChangedError,
    NoReportError,
    StoredReport,
    files_of,
    read_errors,
    read_report,
)

routes = Routes("reports", "What became of an annotation: counts, warnings, bad files.")
MOST_CLASSES: Final = 500
MOST_COUNTS: Final = 100_000
"""Of classes in splits: where there are many splits, fewer classes are told."""
MOST_TYPES: Final = 300
MOST_NOTICES: Final = 50
MOST_FILTERS: Final = 20
MAX_TEXT_CHARS: Final = 300
"""An answer holds 6 MB, and each character may take 12 bytes of it."""


@routes.get("/v1/annotations/<id>/report", READER, problems=("no-report",))
def read_annotation_report(request: Request, id: AnnotationId) -> ReportAnswer:
    """Get what became of an annotation

    Counts of each class and split, leaks, warnings with their files, and what was ignored, dropped, left out and lost.
    """
    row = annotation_of(request, id)
    try:
        report, (report_file, errors_file) = read_report(row, parts()), files_of(row, parts())
    except NoReportError as error:
        raise Problem("no-report", str(error)) from error
    most = max(1, min(MOST_CLASSES, MOST_COUNTS // (len(report.splits) or 1)))
    classes = list(report.classes.items())[:most]
    lost = {(format_id, what) for format_id, losses in report.lost.items() for what in losses}
    shown = report.notices[:MOST_NOTICES]
    left_out = list(report.left_out.items())
    return ReportAnswer(
        annotation=row.id,
        images=report.images,
        failed=report.failed,
        objects=report.objects,
        classes=[ClassCount(name=_cut(name), objects=objects) for name, objects in classes],
        more_classes=len(report.classes) - len(classes),
        split_by=report.split_by,
        splits=_splits(report, [name for name, _ in classes]),
        leaks=report.leaks,
        ignored=_filters(report.ignored),
        dropped=_filters(report.dropped),
        left_out=[LeftOutType(type=_cut(type_), objects=objects) for type_, objects in left_out[:MOST_TYPES]],
        more_left_out=max(0, len(left_out) - MOST_TYPES),
        skipped=_notices(notices_of(report.skipped)),
        warnings=_notices(one for one in shown if (one.format, one.message) not in lost),
        losses=_notices(one for one in shown if (one.format, one.message) in lost),
        more_warnings=len(report.notices) - len(shown),
        report_file=_file(report_file),
        errors_file=_file(errors_file),
    )


@routes.get("/v1/annotations/<id>/errors", READER, problems=("bad-cursor", "no-report"))
def list_annotation_errors(
    request: Request, id: AnnotationId, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None
) -> BadFileList:
    """List every bad file of an annotation with its reason

    In the order of the dataset. A page may be short though more follow.
    """
    row = annotation_of(request, id)
    version, at = read_cursor(cursor, parts=2) or ("", "0")
    if not at.isascii() or not at.isdecimal() or len(at) > len(str(1 << 63)):
        raise _bad_cursor()
    try:
        page = read_errors(row, parts(), limit, int(at), version)
    except NoReportError as error:
        raise Problem("no-report", str(error)) from error
    except ErrorsChangedError as error:
        raise _bad_cursor() from error
    items = [BadFileAnswer(image=bad.image, file=bad.file, reason=bad.reason) for bad in page.items]
    after = None if page.position is None else write_cursor(page.version, str(page.position))
    return BadFileList(items=items, next=after)


def _splits(report: StoredReport, classes: list[str]) -> list[SplitCount]:
    return [
        SplitCount(
            name=_cut(name),
            share=split.share,
            images=split.images,
            objects=split.objects,
            groups=split.groups,
            class_objects=[split.classes.get(one, 0) for one in classes],
        )
        for name, split in report.splits.items()
    ]


def _filters(found: Mapping[str, Finding]) -> list[FilterCount]:
    rows = list(found.items())[:MOST_FILTERS]
    return [
        FilterCount(rule=_cut(rule), objects=one.count, examples=list(map(_cut, one.examples))) for rule, one in rows
    ]


def _notices(notices: Iterable[Stored]) -> list[Notice]:
    return [
        Notice(
            code=one.code,
            message=_cut(one.message),
            count=one.count,
            file=_cut(one.file),
            examples=list(map(_cut, one.examples)),
        )
        for one in notices
    ]


def _file(found: Download) -> ResultFile:
    return ResultFile(url=found.url, name=found.name, size_bytes=found.size_bytes, expires=found.expires)


def _cut(text: str) -> str:
    """A map's rules and a dataset's names may be of any length."""
    return text if len(text) <= MAX_TEXT_CHARS else f"{text[:MAX_TEXT_CHARS]}…"


def _bad_cursor() -> Problem:
    return Problem("bad-cursor", "Expected a `next` of this list as it was answered.")
