"""``labelmill workspaces``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from labelmill.cli.options import format_options, options_for, shown_options
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
    from labelmill.client.models import AutoFormat, Workspace

ALL = "*"
auto_option = click.option(
    "--auto-format",
    "auto",
    multiple=True,
    metavar="FORMAT",
    help="Made of every dataset that arrives, with the options that it knows; repeatable.",
)
no_auto_option = click.option("--no-auto-formats", is_flag=True, help="Make nothing unasked.")


@click.group("workspaces")
def command() -> None:
    """Workspaces hold datasets, and include the maps that can be used for them."""


@command.command("create")
@click.argument("name")
@description_option
@tag_option
@auto_option
@format_options
@no_auto_option
@click.option(
    "--include", multiple=True, metavar="MAP", help="A map to include; repeatable. By default all maps are included."
)
@click.option("--include-none", is_flag=True, help="Include no map yet.")
@service_options
def create(
    client: Client,
    name: str,
    description: str | None,
    tags: tuple[str, ...],
    auto: tuple[str, ...],
    no_auto_formats: bool,
    include: tuple[str, ...],
    include_none: bool,
    as_json: bool,
    chosen: dict[str, Any],
) -> int:
    """Make the workspace NAME."""
    if include and include_none:
        raise click.UsageError("--include and --include-none exclude each other.")
    made = client.workspaces.create(
        name,
        description=description,
        tags=read_pairs(tags, "--tag") or None,
        auto_formats=_auto_formats(auto, no_auto_formats, chosen),
        included_maps=[] if include_none else include or None,
    )
    return _print(made, as_json)


@command.command("list")
@limit_option
@service_options
def list_workspaces(client: Client, limit: int | None, as_json: bool) -> int:
    """List the workspaces."""
    return print_list(
        "workspaces",
        ("name", "made unasked", "maps", "created"),
        client.workspaces.list(limit=limit),
        lambda w: (w.name, _shown_formats(w), _maps(w), w.created),
        as_json=as_json,
    )


@command.command("get")
@click.argument("name")
@service_options
def get(client: Client, name: str, as_json: bool) -> int:
    """Show the workspace NAME."""
    return _print(client.workspaces.get(name), as_json)


@command.command("edit")
@click.argument("name")
@description_option
@tag_option
@untag_option
@auto_option
@format_options
@no_auto_option
@service_options
def edit(
    client: Client,
    name: str,
    description: str | None,
    tags: tuple[str, ...],
    untags: tuple[str, ...],
    auto: tuple[str, ...],
    no_auto_formats: bool,
    as_json: bool,
    chosen: dict[str, Any],
) -> int:
    """Change the workspace NAME: what is given; the rest stays."""
    formats = _auto_formats(auto, no_auto_formats, chosen)
    if description is None and formats is None and not tags and not untags:
        raise click.UsageError(
            "Nothing to change: give --description, --tag, --untag, --auto-format or --no-auto-formats."
        )
    new_tags = revision = None
    more = read_pairs(tags, "--tag")
    if more or untags:
        found = client.workspaces.get(name)
        new_tags, revision = changed_tags(found.tags, more, untags), found.revision
    changed = client.workspaces.edit(
        name, description=description, tags=new_tags, auto_formats=formats, revision=revision
    )
    return _print(changed, as_json)


@command.command("delete")
@click.argument("names", metavar="NAME...", nargs=-1, required=True)
@yes_option
@service_options
def delete(client: Client, names: tuple[str, ...], yes: bool, as_json: bool) -> int:
    """Delete empty workspaces."""
    return delete_each("workspace", names, client.workspaces.delete, yes=yes, as_json=as_json)


@command.command("resources")
@click.argument("name")
@click.option("--include", multiple=True, metavar="MAP", help="Include this map too ('*': all); repeatable.")
@click.option("--exclude", multiple=True, metavar="MAP", help="Include it no more ('*': none); repeatable.")
@service_options
def resources(client: Client, name: str, include: tuple[str, ...], exclude: tuple[str, ...], as_json: bool) -> int:
    """Show which maps the workspace NAME includes, or change that.

    A map that is newly included starts nothing by itself: new uploads and requests use it.
    """
    revision = client.workspaces.get(name).revision if include or exclude else None
    found = client.workspaces.resources(name)
    if revision is not None:
        wanted = chosen_maps(found.available, found.included, include, exclude)
        found = client.workspaces.include(name, wanted, revision=revision)
    in_it = found.available if ALL in found.included else found.included
    if as_json:
        return print_record(found, (), as_json=True)
    rows = [(one, "yes" if one in in_it else "") for one in dict.fromkeys([*found.available, *in_it]) if one != ALL]
    return print_list("maps in the organization", ("map", "included"), rows, lambda row: row, as_json=False)


def chosen_maps(
    available: list[str], included: list[str], include: tuple[str, ...], exclude: tuple[str, ...]
) -> list[str]:
    """The maps that are included after a change: first all that is excluded goes, then comes what is included.

    Example:
        >>> chosen_maps(["a", "b", "c"], ["*"], (), ("b",))
        ['a', 'c']
    """
    if ALL in include:
        return [ALL]
    everything = ALL in included and ALL not in exclude
    if everything and not exclude:
        return [ALL]
    kept = [] if ALL in exclude else list(available if everything else included)
    return [name for name in dict.fromkeys([*kept, *include]) if name not in exclude or name in include]


def _auto_formats(auto: tuple[str, ...], none: bool, chosen: dict[str, Any]) -> list[str | AutoFormat] | None:
    from labelmill.client.models import AutoFormat
    from labelmill.formats import find_format

    if auto and none:
        raise click.UsageError("--auto-format and --no-auto-formats exclude each other.")
    if chosen and not auto:
        raise click.UsageError(f"--{next(iter(chosen)).replace('_', '-')} belongs to --auto-format, which is missing.")
    if none:
        return []
    ids = [find_format(name).id for name in auto]
    given = options_for(chosen, ids)
    return [AutoFormat(format=one, options=given[one]) if given[one] else one for one in ids] or None


def _shown_formats(found: Workspace) -> str:
    shown = [
        one if isinstance(one, str) else f"{one.format} ({shown_options(one.options)})" for one in found.auto_formats
    ]
    return ", ".join(shown) or "nothing"


def _maps(found: Workspace) -> str:
    return "all" if ALL in found.included_maps else ", ".join(found.included_maps) or "none"


def _print(found: Workspace, as_json: bool) -> int:
    rows: list[tuple[str, object]] = [
        ("organization", found.organization),
        ("description", found.description),
        ("tags", shown_tags(found.tags)),
        ("made unasked", _shown_formats(found)),
        ("maps", _maps(found)),
        ("created", found.created),
    ]
    return print_record(found, rows, as_json=as_json, title=found.name)
