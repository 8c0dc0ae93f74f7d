"""``labelmill datasets``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from labelmill.cli.remote import (
    EXIT_INTERRUPTED,
    delete_each,
    limit_option,
    print_list,
    print_record,
    service_options,
    size_of,
    yes_option,
)

if TYPE_CHECKING:
    from labelmill.client.client import Client
    from labelmill.client.models import Dataset


@click.group("datasets")
def command() -> None:
    """Datasets of a workspace. DATASET is WORKSPACE/NAME, or an id."""


@command.command("upload")
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@click.argument("to", metavar="WORKSPACE[/NAME]")
@click.option(
    "--threads", type=click.IntRange(1, 64), default=8, show_default=True, help="Parts that are sent at once."
)
@service_options
def upload(client: Client, path: Path, to: str, threads: int, as_json: bool) -> int:
    """Send the dataset PATH.

    PATH is a folder, .zip, .tar or .tar.gz of any size.

    The same command goes on with an upload that broke: parts that have arrived are compared, not sent again. A folder
    is packed first, in TMPDIR.
    """
    from labelmill.cli.bars import TransferBar

    workspace, _, name = to.partition("/")
    try:
        with TransferBar() as bar:
            found = client.datasets.upload(path, workspace, name or None, threads=threads, progress=bar)
    except KeyboardInterrupt:
        click.echo("labelmill: interrupted; the same command goes on with what has arrived", err=True)
        return EXIT_INTERRUPTED
    return _print(found, as_json)


@command.command("list")
@click.argument("workspace")
@limit_option
@service_options
def list_datasets(client: Client, workspace: str, limit: int | None, as_json: bool) -> int:
    """List the datasets of WORKSPACE."""
    return print_list(
        "datasets",
        ("name", "id", "status", "images", "size", "arrived", "formats", "open", "failed"),
        client.datasets.list(workspace, limit=limit),
        lambda d: (
            d.name,
            d.id,
            d.status,
            f"{d.images:,}" if d.images else "",
            size_of(d.size_bytes),
            d.arrived,
            ", ".join(d.formats),
            d.annotations.queued + d.annotations.running,
            d.annotations.failed,
        ),
        as_json=as_json,
    )


@command.command("get")
@click.argument("dataset")
@service_options
def get(client: Client, dataset: str, as_json: bool) -> int:
    """Show DATASET: what it is, what was made of it."""
    return _print(client.datasets.get(dataset), as_json)


@command.command("delete")
@click.argument("datasets", metavar="DATASET...", nargs=-1, required=True)
@yes_option
@service_options
def delete(client: Client, datasets: tuple[str, ...], yes: bool, as_json: bool) -> int:
    """Delete datasets with everything made from them. What is being made is cancelled."""
    return delete_each("dataset", datasets, client.datasets.delete, yes=yes, as_json=as_json)


def _print(found: Dataset, as_json: bool) -> int:
    counts = found.annotations
    made = [f"{getattr(counts, name):,} {name}" for name in counts.__struct_fields__ if getattr(counts, name)]
    rows: list[tuple[str, object]] = [
        ("id", found.id),
        ("status", found.status),
        ("problem", found.problem or None),
        ("kind", found.kind),
        ("images", found.images or None),
        ("size", size_of(found.size_bytes)),
        ("arrived", found.arrived),
        ("formats", ", ".join(found.formats)),
        ("annotations", ", ".join(made)),
    ]
    if found.upload is not None:
        done = f"{len(found.upload.done):,} of {found.upload.parts:,} parts"
        rows.append(("upload", f"{found.upload.id}: {done}, until {found.upload.expires}"))
    return print_record(found, rows, as_json=as_json, title=f"{found.workspace}/{found.name}")
