"""What became of an annotation, for people: its report, its bad files, a line of its log."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from labelmill.client.models import LogLine
    from labelmill.client.report_models import AnnotationReport, BadFile, Notice


def print_report(report: AnnotationReport) -> None:
    """Tables to stdout; those without a row are left out."""
    from labelmill.cli.show import print_table

    rows: list[tuple[str, object]] = [("images", report.images), ("objects", report.objects)]
    if report.failed:
        rows.append(("images left out", report.failed))
    if report.splits:
        rows.append((f"{'runs' if report.split_by == 'image' else 'groups'} in several splits", report.leaks))
    rows += [(f"objects skipped: {one.message}", one.count) for one in report.skipped]
    print_table(report.annotation, ("", "count"), rows)
    names = [split.name for split in report.splits]
    counts = (
        zip(*(split.class_objects for split in report.splits), strict=True) if names else [()] * len(report.classes)
    )
    classes = [(one.name, one.objects, *count) for one, count in zip(report.classes, counts, strict=True)]
    print_table("Classes", ("class", "objects", *names), classes)
    _more(report.more_classes, "classes")
    if report.splits:
        splits = [(s.name, f"{100 * s.share:g} %", s.images, s.objects, s.groups) for s in report.splits]
        print_table(f"Splits by {report.split_by}", ("split", "share", "images", "objects", "groups"), splits)
    for what, filters in (("Ignored", report.ignored), ("Dropped", report.dropped)):
        if filters:
            print_table(f"{what} by the map", ("expression", "objects"), [(one.rule, one.objects) for one in filters])
    if report.left_out:
        print_table("Left out by the map", ("type", "objects"), [(one.type, one.objects) for one in report.left_out])
        _more(report.more_left_out, "types")
    print_notices("Warnings", report.warnings)
    print_notices("What the format could not hold", report.losses)
    _more(report.more_warnings, "kinds of warnings: the whole report is in --json's report_file")
    if report.failed:
        click.echo(f"labelmill: 'labelmill annotations errors {report.annotation}' names every bad file", err=True)


def print_notices(title: str, notices: Iterable[Notice]) -> None:
    """A table of them, unless there are none."""
    from labelmill.cli.show import print_table

    rows = [(one.message, one.count, one.code, one.examples[0] if one.examples else "") for one in notices]
    if rows:
        print_table(title, ("what", "count", "code", "for example"), rows)


def print_bad_files(bad_files: Iterable[BadFile]) -> None:
    """A line each, as they come: there may be very many."""
    from labelmill.cli.show import printable

    for bad in bad_files:
        reason = bad.reason if bad.reason.startswith(bad.file) else f"{bad.file}: {bad.reason}"
        click.echo(printable(reason))


def said(line: LogLine) -> str:
    """A line of the log without its time."""
    if line.code:
        example = f", e.g. {line.examples[0]}" if line.examples else ""
        return f"{line.message} ({line.count:,}{example}) [{line.code}]"
    return f"{line.file}: {line.message}" if line.file and not line.message.startswith(line.file) else line.message


def _more(count: int, what: str) -> None:
    if count:
        click.echo(f"and {count:,} more {what}\n")
