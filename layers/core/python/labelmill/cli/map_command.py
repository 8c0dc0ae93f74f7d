"""``labelmill map check`` and ``labelmill map explain``."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from labelmill.cli.options import json_option, source_argument, workers_option

if TYPE_CHECKING:
    from labelmill.maps.explain import ExplainRow

map_argument = click.argument("map_file", metavar="MAP", type=click.Path(exists=True, dir_okay=False, path_type=Path))


@click.group("map")
def command() -> None:
    """Check an annotation map, or explain what it does to a dataset."""


@command.command("check")
@map_argument
@json_option
def check(map_file: Path, as_json: bool) -> int:
    """Check MAP: all its errors at once, with their lines; its classes and rules when there are none.

    Rules that are true for every object, or for none, are warned of.
    """
    from labelmill.cli.show import print_json, print_table, say
    from labelmill.errors import MapError
    from labelmill.maps.annotation_map import load_map
    from labelmill.maps.doubts import doubts
    from labelmill.maps.names import FILTERS

    try:
        annotation_map = load_map(map_file)
    except MapError as error:
        if not as_json:
            raise
        print_json({"ok": False, "errors": [p._asdict() for p in error.problems]})
        return 1
    filters = [(rule.line, FILTERS[rule.category], rule.text) for rule in annotation_map.filters.rules]
    warnings = doubts(annotation_map)
    if as_json:
        print_json(
            {
                "ok": True,
                "classes": annotation_map.categories,
                "rules": [
                    {"line": r.line, "rule": r.text, "class": annotation_map.categories[r.category].number}
                    for r in annotation_map.rules
                ],
                "filters": [{"line": line, "filter": kind, "rule": text} for line, kind, text in filters],
                "stuff": annotation_map.stuff,
                "warnings": [{"line": doubt.line, "message": doubt.text} for doubt in warnings],
            }
        )
        return 0
    rules = [0] * len(annotation_map.categories)
    for rule in annotation_map.rules:
        rules[rule.category] += 1
    rows = [(c.number, c.name, c.supercategory, rules[c.index]) for c in annotation_map.categories]
    print_table(f"{map_file}: {len(annotation_map.rules):,} rules", ("number", "class", "supercategory", "rules"), rows)
    if filters:
        print_table("Objects dropped or ignored", ("line", "key", "expression"), filters)
    if annotation_map.stuff:
        print_table("Stuff: regions, not things", ("number",), [(number,) for number in annotation_map.stuff])
    for doubt in warnings:
        say(doubt.text)
    return 0


@command.command("explain")
@map_argument
@source_argument
@workers_option
@json_option
def explain_map(map_file: Path, src: Path, workers: int, as_json: bool) -> int:
    """Show what MAP does to the dataset SRC: what each rule takes, what is left out, which rules are in conflict."""
    from labelmill.cli.show import TerminalProgress, print_json, print_table, say
    from labelmill.convert.map_effect import classify_dataset
    from labelmill.maps.annotation_map import load_map
    from labelmill.maps.explain import explain
    from labelmill.source.open_source import open_source

    annotation_map = load_map(map_file)
    with closing(open_source(src)) as source, TerminalProgress() as progress:
        report = classify_dataset(source, annotation_map, workers=workers, progress=progress)
    rows = explain(annotation_map, report)
    if as_json:
        print_json({"rules": rows, "left_out": report.left_out, "warnings": report.warnings(annotation_map)})
        return 0
    print_table(
        f"{map_file.name} on {source.name}",
        ("line", "rule", "class", "types", "objects"),
        [
            (row.line, row.rule, row.class_name, _counts(row), row.objects)
            for row in rows
            if row.rule is not None and not row.filter
        ],
    )
    if taken := [row for row in rows if row.filter]:
        print_table(
            "Of these, dropped or ignored",
            ("line", "key", "expression", "types", "objects", "for example"),
            [
                (row.line, row.filter, row.rule, _counts(row), row.objects, row.examples[0] if row.examples else "")
                for row in taken
            ],
        )
    if report.left_out.total:
        print_table("Left out: no rule takes them", ("type", "objects"), report.left_out.ranked())
    for warning in report.warnings(annotation_map):
        say(warning)
    return 0


def _counts(row: ExplainRow) -> str:
    return ", ".join(f"{type_} ({count:,})" for type_, count in row.types)
