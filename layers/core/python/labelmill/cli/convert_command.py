"""``labelmill convert``."""

from __future__ import annotations

import os
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from labelmill.cli.options import (
    format_options,
    json_option,
    load_map_option,
    map_option,
    source_argument,
    workers_option,
)

if TYPE_CHECKING:
    from labelmill.convert.report import Report

ERRORS_SHOWN = 20


@click.command("convert")
@source_argument
@click.option(
    "--format",
    "names",
    multiple=True,
    required=True,
    metavar="FORMAT",
    help="A format, several with commas between, or 'all'; repeatable.",
)
@map_option
@click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path), help="Folder for the output.")
@click.option("--archive", is_flag=True, help="One zip a format instead of files.")
@format_options
@click.option(
    "--on-error",
    type=click.Choice(["skip", "fail"]),
    default="skip",
    show_default=True,
    help="An image that can't be converted is skipped and reported, or fails the job.",
)
@workers_option
@click.option(
    "--report", type=click.Path(dir_okay=False, path_type=Path), help="Write the whole report to a JSON file."
)
@json_option
def command(
    src: Path,
    names: tuple[str, ...],
    map_file: Path | None,
    out: Path,
    archive: bool,
    on_error: str,
    workers: int,
    report: Path | None,
    as_json: bool,
    chosen: dict[str, Any],
) -> int:
    """Convert the dataset SRC (a folder, .zip, .tar or .tar.gz) into one or more formats.

    The labels of each format appear in OUT/<format>/, whole or not at all. Exit code 1: some images could
    not be converted.
    """
    from labelmill.cli.show import TerminalProgress, print_json, printable
    from labelmill.convert.convert import convert
    from labelmill.convert.job import Options
    from labelmill.errors import OptionError
    from labelmill.formats import FORMAT_IDS, find_format, format_by_id
    from labelmill.images.memory import keep_freed_memory
    from labelmill.source.open_source import open_source
    from labelmill.split import parse_splits

    listed = [name.strip() for several in names for name in several.split(",")]
    named = tuple(dict.fromkeys(find_format(name).id for name in listed if name.lower() != "all"))
    ids = FORMAT_IDS if any(name.lower() == "all" for name in listed) else named
    if "split_by" in chosen and "split" not in chosen:
        raise OptionError("--split-by: expected --split beside it, for example --split train=0.8,val=0.2")
    splits = parse_splits(chosen.pop("split")) if "split" in chosen else None
    options = Options(ids, archive, splits=splits, fail_on_error=on_error == "fail", **chosen)
    annotation_map = load_map_option(map_file)
    if report is not None:
        _check_report(report)
    reads_pixels = annotation_map is not None and annotation_map.reads_pixels
    if reads_pixels or any(format_by_id(format_id).works_on_pixels for format_id in ids):
        keep_freed_memory()
    with closing(open_source(src)) as source, TerminalProgress() as progress:
        result = convert(source, annotation_map, options, out, workers=workers, progress=progress)
    if report is not None:
        _write_report(result, report)
    for error in result.errors[:ERRORS_SHOWN]:
        click.echo(f"labelmill: {printable(f'{error.file}: {error.reason}')}", err=True)
    if len(result.errors) > ERRORS_SHOWN:
        click.echo(
            f"labelmill: ... and {len(result.errors) - ERRORS_SHOWN:,} more; --report FILE has them all", err=True
        )
    if as_json:
        print_json(result)
    else:
        _print_summary(result)
    return 1 if result.failed else 0


def _check_report(path: Path) -> None:
    """Find out before the work whether the report has a place: its folder is made like ``--out``."""
    from labelmill.errors import OutputError

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except FileExistsError as error:
        raise OutputError(f"{path}: can't be written: Not a directory") from error
    except OSError as error:
        raise OutputError(f"{path}: can't be written: {error.strerror}") from error
    if not os.access(path.parent, os.W_OK):
        raise OutputError(f"{path}: can't be written: Permission denied")


def _write_report(result: Report, path: Path) -> None:
    from labelmill.cli.show import json_of
    from labelmill.errors import OutputError

    aside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        try:
            aside.write_bytes(json_of(result) + b"\n")
            aside.replace(path)
        finally:
            aside.unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(f"{path}: can't be written: {error.strerror}") from error


def _print_summary(result: Report) -> None:
    from labelmill.cli.show import print_table, say

    rows: list[tuple[str, object]] = [("images", result.images), ("objects", result.objects)]
    if result.failed:
        rows.append(("images left out of a format", result.failed))
    if result.splits:
        rows.append((f"{'runs' if result.split_by == 'image' else 'groups'} in several splits", result.leaks))
    rows += [(f"objects skipped: {reason}", finding.count) for reason, finding in result.skipped.items()]
    print_table(result.dataset, ("", "count"), rows)
    print_table("Classes", ("class", "objects"), result.classes.items())
    if result.splits:
        splits = [
            (name, f"{100 * split.share:g} %", split.images, split.objects, split.groups)
            for name, split in result.splits.items()
        ]
        print_table(f"Splits by {result.split_by}", ("split", "share", "images", "objects", "groups"), splits)
    for what, effects in (("Ignored", result.ignored), ("Dropped", result.dropped)):
        if effects:
            rows = [(rule, finding.count) for rule, finding in effects.items()]
            print_table(f"{what} by the map", ("expression", "objects"), rows)
    if result.left_out:
        print_table("Left out by the map", ("type", "objects"), result.left_out.items())
    warnings = [
        (f"{what}, e.g. {finding.examples[0]}" if finding.examples else what, finding.count)
        for what, finding in result.warnings.items()
    ]
    warnings += [(f"{title}: {what}", n) for title, counts in result.lost.items() for what, n in counts.items()]
    if warnings:
        print_table("Warnings", ("what", "count"), warnings)
    for warning in result.map_warnings:
        say(warning)
    print_table("Written", ("format", "where"), result.formats.items())
