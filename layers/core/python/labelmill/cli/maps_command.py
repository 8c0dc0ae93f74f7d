"""``labelmill maps``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from labelmill.cli.remote import (
    changed_tags,
    delete_each,
    description_option,
    limit_option,
    print_list,
    print_record,
    read_pairs,
    service_options,
    shown_tags,
    tag_option,
    untag_option,
    yes_option,
)

if TYPE_CHECKING:
    from labelmill.client.client import Client
    from labelmill.client.map_check_models import MapCheck
    from labelmill.client.models import Map

file_argument = click.argument("map_file", metavar="FILE", type=click.Path(exists=True, dir_okay=False, path_type=Path))


@click.group("maps")
def command() -> None:
    """Annotation maps of your organization. 'labelmill map' checks one on this machine."""


@command.command("create")
@click.argument("name")
@file_argument
@description_option
@tag_option
@service_options
def create(
    client: Client, name: str, map_file: Path, description: str | None, tags: tuple[str, ...], as_json: bool
) -> int:
    """Make the map NAME from FILE. A bad one is refused with all its mistakes."""
    made = client.maps.create(name, map_file, description=description, tags=read_pairs(tags, "--tag") or None)
    return _print(made, as_json)


@command.command("list")
@click.option("--name", metavar="PREFIX", help="Only those whose names begin so.")
@limit_option
@service_options
def list_maps(client: Client, name: str | None, limit: int | None, as_json: bool) -> int:
    """List the maps."""
    return print_list(
        "maps",
        ("name", "status", "classes", "rules", "updated", "by", "used in"),
        client.maps.list(name=name, limit=limit),
        lambda m: (m.name, m.status, m.classes, m.rules, m.updated, m.updated_by, ", ".join(m.used_in)),
        as_json=as_json,
    )


@command.command("get")
@click.argument("name")
@service_options
def get(client: Client, name: str, as_json: bool) -> int:
    """Show the map NAME: its classes, who uses it."""
    return _print(client.maps.get(name), as_json)


@command.command("download")
@click.argument("name")
@click.option("--version", metavar="VERSION", help="Of 'maps versions'; by default the one in force.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write it here instead of stdout.")
@service_options
def download(client: Client, name: str, version: str | None, out: Path | None, as_json: bool) -> int:
    """Print the file of the map NAME, byte for byte as it was given."""
    from labelmill.cli.show import print_json
    from labelmill.errors import OutputError

    data = client.maps.download(name, version=version)
    if out is not None:
        try:
            out.write_bytes(data)
        except OSError as error:
            raise OutputError(f"{out}: can't be written: {error.strerror}") from error
    if as_json:
        print_json({"name": name, "size_bytes": len(data), "out": str(out) if out else None, "file": data.decode()})
    elif out is None:
        click.echo(data, nl=False)
    else:
        click.echo(out)
    return 0


@command.command("edit")
@click.argument("name")
@click.option("--file", "map_file", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="A new version.")
@description_option
@tag_option
@untag_option
@service_options
def edit(
    client: Client,
    name: str,
    map_file: Path | None,
    description: str | None,
    tags: tuple[str, ...],
    untags: tuple[str, ...],
    as_json: bool,
) -> int:
    """Change the map NAME: what is given; the rest stays. Labels that were made stay as they are."""
    if map_file is None and description is None and not tags and not untags:
        raise click.UsageError("Nothing to change: give --file, --description, --tag or --untag.")
    new_tags = revision = None
    more = read_pairs(tags, "--tag")
    if more or untags:
        found = client.maps.get(name)
        new_tags, revision = changed_tags(found.tags, more, untags), found.revision
    changed = client.maps.edit(name, file=map_file, description=description, tags=new_tags, revision=revision)
    return _print(changed, as_json)


@command.command("delete")
@click.argument("names", metavar="NAME...", nargs=-1, required=True)
@yes_option
@service_options
def delete(client: Client, names: tuple[str, ...], yes: bool, as_json: bool) -> int:
    """Delete maps that no workspace includes."""
    return delete_each("map", names, client.maps.delete, yes=yes, as_json=as_json)


@command.command("versions")
@click.argument("name")
@service_options
def versions(client: Client, name: str, as_json: bool) -> int:
    """List the versions of the map NAME, newest first."""
    return print_list(
        "versions",
        ("version", "updated", "by", "classes", "rules", "in force"),
        client.maps.versions(name),
        lambda v: (v.version, v.updated, v.updated_by, v.classes, v.rules, "yes" if v.in_force else ""),
        as_json=as_json,
    )


@command.command("check")
@file_argument
@click.option("--dataset", metavar="DATASET", help="WORKSPACE/NAME or id: what would the map do to it?")
@service_options
def check(client: Client, map_file: Path, dataset: str | None, as_json: bool) -> int:
    """Check FILE without keeping it.

    All its mistakes are told; with --dataset, which rule takes which objects.

    Exit code 1: the map has mistakes.
    """
    from labelmill.cli.show import print_json, printable

    found = client.maps.check(map_file, dataset=dataset)
    if as_json:
        print_json(found)
    elif found.ok:
        _print_check(found, map_file)
    else:
        for problem in found.errors:
            place = f"{map_file}:{problem.line}" if problem.line else str(map_file)
            click.echo(f"labelmill: {printable(f'{place}: {problem.message}')}", err=True)
    return 0 if found.ok else 1


def _print_check(found: MapCheck, map_file: Path) -> None:
    from labelmill.cli.show import print_table, say

    names = {known.number: known.name for known in found.classes}
    if found.explain is None:
        rows = [(known.number, known.name, known.supercategory) for known in found.classes]
        print_table(f"{map_file}: {len(found.rules):,} rules", ("number", "class", "supercategory"), rows)
        if found.filters:
            filters = [(one.line, one.filter, one.rule) for one in found.filters]
            print_table("Objects dropped or ignored", ("line", "key", "expression"), filters)
        for doubt in found.warnings:
            say(doubt.message)
        return
    effect = found.explain
    print_table(
        f"{map_file} on {effect.images_read:,} of {effect.images:,} images",
        ("line", "rule", "class", "types", "objects"),
        [
            (
                rule.line,
                rule.rule,
                names.get(rule.class_number, rule.class_number),
                ", ".join(f"{one.type} ({one.objects:,})" for one in rule.types),
                rule.objects,
            )
            for rule in effect.rules
        ],
    )
    if effect.filters:
        print_table(
            "Of these, dropped or ignored",
            ("line", "key", "expression", "objects", "for example"),
            [(one.line, one.filter, one.rule, one.objects, "".join(one.examples[:1])) for one in effect.filters],
        )
    if effect.left_out:
        left_out = [(one.type, one.objects) for one in effect.left_out]
        print_table("Left out: no rule takes them", ("type", "objects"), left_out)
    for warning in effect.warnings:
        say(warning)


def _print(found: Map, as_json: bool) -> int:
    from labelmill.cli.show import print_table

    rows: list[tuple[str, object]] = [
        ("status", found.status),
        ("description", found.description),
        ("tags", shown_tags(found.tags)),
        ("version", found.version),
        ("rules", found.rules),
        ("updated", f"{found.updated} by {found.updated_by}"),
        ("used in", ", ".join(found.used_in)),
        *(("problem", problem) for problem in found.problems),
    ]
    print_record(found, rows, as_json=as_json, title=found.name)
    if not as_json and found.class_names:
        click.echo()
        columns = ("number", "class", "supercategory")
        print_table("", columns, [(one.number, one.name, one.supercategory) for one in found.class_names])
    return 0
