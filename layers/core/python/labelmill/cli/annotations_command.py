"""``labelmill annotations``: asking for labels, looking after them, having them."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from labelmill.cli.following import download_all, exit_code_of, follow
from labelmill.cli.options import format_options, options_for, shown_options
from labelmill.cli.remote import (
    changed_tags,
    delete_each,
    limit_option,
    print_list,
    print_record,
    read_options,
    read_pairs,
    service_options,
    shown_tags,
    size_of,
    tag_option,
    untag_option,
    yes_option,
)

if TYPE_CHECKING:
    from labelmill.client.client import Client
    from labelmill.client.models import Annotation

ids_argument = click.argument("ids", metavar="ID...", nargs=-1, required=True)
out_option = click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(),
    show_default="here",
    help="Folder for the zips.",
)


@click.group("annotations")
def command() -> None:
    """Labels: a dataset in a format under a map. DATASET is WORKSPACE/NAME, or an id."""


@command.command("request")
@click.argument("dataset")
@click.option(
    "--format", "names", multiple=True, required=True, metavar="FORMAT", help="A format, or 'all'; repeatable."
)
@click.option("--map", "map_name", metavar="NAME", help="A map that the workspace includes. Without one: the types.")
@format_options
@click.option(
    "--option", "options", multiple=True, metavar="KEY=VALUE", help="Any other option, for example tolerated_errors=3."
)
@tag_option
@click.option("--force", is_flag=True, help="Make it again even if it is there.")
@click.option("--watch", "watched", is_flag=True, help="Follow it until it ends.")
@click.option(
    "--download",
    "folder",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="Follow it, then put the zips here.",
)
@service_options
def request(
    client: Client,
    dataset: str,
    names: tuple[str, ...],
    map_name: str | None,
    options: tuple[str, ...],
    tags: tuple[str, ...],
    force: bool,
    watched: bool,
    folder: Path | None,
    as_json: bool,
    chosen: dict[str, Any],
) -> int:
    """Ask for DATASET in one or more formats. What is there already, of the same map and
    options, is not made again. Each format is given the options that it knows.

    With --json: a line of JSON each time something is known. Exit code 1: something could not be made.
    """
    from labelmill.cli.show import print_json_line
    from labelmill.formats import FORMAT_IDS, find_format

    wanted = FORMAT_IDS if "all" in [name.lower() for name in names] else [find_format(name).id for name in names]
    given = options_for({**read_options(options), **chosen}, list(dict.fromkeys(wanted)))
    tagged = read_pairs(tags, "--tag") or None
    asked = [
        client.annotations.request(dataset, one, map=map_name, options=more or None, tags=tagged, force=force)
        for one, more in given.items()
    ]
    if not watched and folder is None:
        if as_json:
            for annotation in asked:
                print_json_line(annotation)
            return 0
        return _print_all(asked, as_json=False)
    ended = follow(client, [annotation.id for annotation in asked], as_json=as_json)
    made = [one for one in ended if one.status == "complete"]
    code = 0 if folder is None else download_all(client, made, folder, as_json=as_json)
    return code or exit_code_of(ended, len(asked))


@command.command("list")
@click.argument("place", metavar="[WORKSPACE|DATASET]", required=False)
@click.option(
    "--status",
    type=click.Choice(["queued", "running", "complete", "failed", "cancelled", "open"]),
    help="Only these; open: queued or running.",
)
@click.option("--format", "format_name", metavar="FORMAT", help="Only of this format.")
@click.option("--map", "map_name", metavar="NAME", help="Only under this map; '': without one.")
@click.option("--all-versions", is_flag=True, help="Also those of older versions of the datasets.")
@limit_option
@service_options
def list_annotations(
    client: Client,
    place: str | None,
    status: Any,
    format_name: str | None,
    map_name: str | None,
    all_versions: bool,
    limit: int | None,
    as_json: bool,
) -> int:
    """List annotations, newest first. Without WORKSPACE or DATASET: all that are open."""
    from labelmill.formats import find_format

    is_dataset = place is not None and ("/" in place or place.startswith("ds-"))
    found = client.annotations.list(
        dataset=place if is_dataset else None,
        workspace=None if is_dataset else place,
        status=status,
        format=find_format(format_name).id if format_name else None,
        map=map_name,
        version=None if all_versions or place is None else "current",
        limit=limit,
    )
    return _print_all(found, as_json=as_json, title="annotations" if place else "open annotations")


@command.command("get")
@click.argument("annotation", metavar="ID")
@service_options
def get(client: Client, annotation: str, as_json: bool) -> int:
    """Show an annotation, with what it warns of."""
    from labelmill.cli.annotation_report import print_notices
    from labelmill.errors import ConflictError

    found = client.annotations.get(annotation)
    _print(found, as_json)
    if found.warnings and found.is_final and not as_json:
        with suppress(ConflictError):  # of an old try that left no report
            report = client.annotations.report(annotation)
            click.echo()
            print_notices("Warnings", [*report.warnings, *report.losses])
    return 0


@command.command("watch")
@ids_argument
@service_options
def watch(client: Client, ids: tuple[str, ...], as_json: bool) -> int:
    """Follow annotations until they end.

    Bars on a terminal, else a line for every change (--json: of JSON). Exit code 1: one failed or was cancelled.
    """
    return exit_code_of(follow(client, ids, as_json=as_json), len(set(ids)))


@command.command("log")
@click.argument("annotation", metavar="ID")
@click.option("--newest", is_flag=True, help="Newest first.")
@click.option("--level", metavar="LEVEL", help="Only this level: INFO, WARNING, ERROR.")
@limit_option
@service_options
def log(client: Client, annotation: str, newest: bool, level: str | None, limit: int | None, as_json: bool) -> int:
    """Print what the service said. With --json: a line of JSON each."""
    from labelmill.cli.annotation_report import said
    from labelmill.cli.show import print_json_line, printable

    order: Literal["oldest", "newest"] = "newest" if newest else "oldest"
    for line in client.annotations.log(annotation, order=order, level=level, limit=limit):
        if as_json:
            print_json_line(line)
        else:
            click.echo(f"{line.time}  {line.level:<7}  {printable(said(line))}")
    return 0


@command.command("report")
@click.argument("annotation", metavar="ID")
@service_options
def report(client: Client, annotation: str, as_json: bool) -> int:
    """Show what became of an annotation.

    Counts a class and split, leaks, warnings, what was left out and lost.
    """
    from labelmill.cli.annotation_report import print_report
    from labelmill.cli.show import print_json

    found = client.annotations.report(annotation)
    if as_json:
        print_json(found)
    else:
        print_report(found)
    return 0


@command.command("errors")
@click.argument("annotation", metavar="ID")
@limit_option
@service_options
def errors(client: Client, annotation: str, limit: int | None, as_json: bool) -> int:
    """Print every bad file with its reason. With --json: a line of JSON each."""
    from labelmill.cli.annotation_report import print_bad_files
    from labelmill.cli.show import print_json_line

    found = client.annotations.errors(annotation, limit=limit)
    if not as_json:
        print_bad_files(found)
        return 0
    for bad in found:
        print_json_line(bad)
    return 0


@command.command("download")
@ids_argument
@out_option
@service_options
def download(client: Client, ids: tuple[str, ...], out: Path, as_json: bool) -> int:
    """Fetch the zips of complete annotations. The same command goes on with one that broke."""
    return download_all(client, [client.annotations.get(one) for one in ids], out, as_json=as_json)


@command.command("cancel")
@ids_argument
@service_options
def cancel(client: Client, ids: tuple[str, ...], as_json: bool) -> int:
    """Stop annotations; those that have ended stay as they are."""
    return _print_all([client.annotations.cancel(one) for one in ids], as_json=as_json)


@command.command("tag")
@click.argument("annotation", metavar="ID")
@tag_option
@untag_option
@service_options
def tag(client: Client, annotation: str, tags: tuple[str, ...], untags: tuple[str, ...], as_json: bool) -> int:
    """Change the tags of an annotation."""
    if not tags and not untags:
        raise click.UsageError("Nothing to change: give --tag or --untag.")
    more = read_pairs(tags, "--tag")
    found = client.annotations.get(annotation)
    return _print(client.annotations.tag(annotation, changed_tags(found.tags, more, untags)), as_json)


@command.command("delete")
@ids_argument
@yes_option
@service_options
def delete(client: Client, ids: tuple[str, ...], yes: bool, as_json: bool) -> int:
    """Delete annotations that have ended, and what they made."""
    return delete_each("annotation", ids, client.annotations.delete, yes=yes, as_json=as_json)


def shown_version(annotation: Annotation) -> str:
    """The dataset's version that an annotation is of: its number, and whether there is a newer one."""
    number = f"v{annotation.dataset_number}" if annotation.dataset_number else annotation.dataset_version[:8]
    return number if annotation.is_current else f"{number} (older)"


def _print_all(found: Any, *, as_json: bool, title: str = "annotations") -> int:
    return print_list(
        title,
        ("id", "dataset", "version", "format", "options", "map", "status", "images", "of", "errors", "created", "by"),
        found,
        lambda a: (
            a.id,
            f"{a.workspace}/{a.dataset}",
            shown_version(a),
            a.format,
            shown_options(a.options),
            a.map,
            a.status,
            a.progress.images,
            a.progress.of,
            a.progress.errors,
            a.created,
            a.asked_by,
        ),
        as_json=as_json,
    )


def _print(found: Annotation, as_json: bool) -> int:
    rows: list[tuple[str, object]] = [
        ("dataset", f"{found.workspace}/{found.dataset}"),
        ("version", shown_version(found)),
        ("format", found.format),
        ("map", found.map),
        ("options", shown_options(found.options)),
        ("tags", shown_tags(found.tags)),
        ("status", found.status),
        ("reason", found.reason),
        ("images", f"{found.progress.images:,} of {found.progress.of:,}"),
        ("warnings", found.warnings or None),
        ("errors", found.errors or None),
        ("created", f"{found.created} by {found.asked_by}" if found.asked_by else found.created),
        ("started", found.started),
        ("finished", found.finished),
        ("download", f"{found.download_name}, {size_of(found.size_bytes)}" if found.size_bytes else ""),
    ]
    return print_record(found, rows, as_json=as_json, title=found.id)
