"""``labelmill inspect``."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from labelmill.cli.options import json_option, source_argument, workers_option

if TYPE_CHECKING:
    from labelmill.convert.inspection import Inspection

SHOWN = 20


@click.command("inspect")
@source_argument
@workers_option
@json_option
def command(src: Path, workers: int, as_json: bool) -> int:
    """Show what is in the dataset SRC: types, counts, sizes, and every problem.

    Exit code 1: some images can't be converted.
    """
    from labelmill.cli.show import TerminalProgress, print_json
    from labelmill.convert.inspection import inspect
    from labelmill.source.open_source import open_source

    with closing(open_source(src)) as source, TerminalProgress() as progress:
        found = inspect(source, workers=workers, progress=progress)
    if as_json:
        print_json(found)
    else:
        _print(found)
    return 1 if found.errors else 0


def _print(found: Inspection) -> None:
    from labelmill.cli.show import print_table

    rows: list[tuple[str, object]] = [
        ("images", found.images),
        ("image files", found.image_files),
        ("masks", found.masks),
        ("images without objects", found.empty_images),
        ("objects", found.objects),
        ("objects with contours", found.objects_with_contours),
        *((f"bytes of {folder}", count) for folder, count in found.bytes.items()),
    ]
    print_table(found.dataset, ("", "count"), rows)
    print_table("Types", ("type", "objects"), found.types.items())
    print_table("Sizes", ("width x height", "images"), found.sizes.items())
    if found.sensors:
        print_table("Sensors", ("sensor", "images"), found.sensors.items())
    problems = [(f"objects skipped: {reason}, e.g. {f.examples[0]}", f.count) for reason, f in found.skipped.items()]
    problems += [(f"{what}, e.g. {f.examples[0]}", f.count) for what, f in found.problems.items()]
    if problems:
        print_table("Odd", ("what", "count"), problems)
    if found.errors:
        errors = [(f"{file}: {reason}",) for file, reason in found.errors[:SHOWN]]
        print_table(f"Images that can't be converted: {len(found.errors):,}", ("file: reason",), errors)
