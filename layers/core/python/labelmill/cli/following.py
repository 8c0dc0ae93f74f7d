"""Annotations while they are made, and their zips afterwards: what ``request``, ``watch`` and ``download`` share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from labelmill.cli.remote import EXIT_INTERRUPTED

if TYPE_CHECKING:
    from labelmill.client.client import Client
    from labelmill.client.models import Annotation


def follow(client: Client, ids: Sequence[str], *, as_json: bool) -> list[Annotation]:
    """Watch annotations until they end: bars on a terminal, else a line on stdout for every change.

    Returns:
        Those that have ended, in the order of ``ids``; none when the user interrupted.
    """
    from labelmill.cli.bars import AnnotationBars
    from labelmill.cli.show import print_json_line

    ended: dict[str, Annotation] = {}
    try:
        with AnnotationBars() as bars:
            for annotation in client.annotations.watch(*ids):
                bars.show(annotation)
                if as_json:
                    print_json_line(annotation)
                elif annotation.is_final or not bars.drawn:
                    _say(annotation)
                if annotation.is_final:
                    ended[annotation.id] = annotation
    except KeyboardInterrupt:
        click.echo("labelmill: interrupted; the annotations go on: 'labelmill annotations cancel' stops them", err=True)
        return []
    return [ended[one] for one in dict.fromkeys(ids)]


def exit_code_of(ended: Sequence[Annotation], asked: int) -> int:
    """The exit code after watching so many: 1 if any did not come out."""
    if len(ended) < asked:
        return EXIT_INTERRUPTED
    return 0 if all(annotation.status == "complete" for annotation in ended) else 1


def download_all(client: Client, annotations: Iterable[Annotation], folder: Path, *, as_json: bool) -> int:
    """Fetch the zips of annotations; tells each file on stdout. Those of one name go into folders of their ids."""
    from labelmill.cli.bars import TransferBar
    from labelmill.cli.show import print_json_line

    wanted = list({annotation.id: annotation for annotation in annotations}.values())
    names = Counter(annotation.download_name for annotation in wanted)
    try:
        for annotation in wanted:
            place = folder if names[annotation.download_name] == 1 else folder / annotation.id
            with TransferBar() as bar:
                path = client.annotations.download(annotation.id, place, progress=bar)
            if as_json:
                print_json_line({"id": annotation.id, "format": annotation.format, "file": str(path)})
            else:
                click.echo(path)
    except KeyboardInterrupt:
        click.echo("labelmill: interrupted; the same command goes on with what has arrived", err=True)
        return EXIT_INTERRUPTED
    return 0


def _say(annotation: Annotation) -> None:
    from labelmill.cli.show import printable

    done = f"{annotation.progress.images:,} of {annotation.progress.of:,} images" if annotation.progress.of else ""
    title = f"{annotation.id}  {annotation.dataset} {annotation.format} {annotation.map}".rstrip()
    reason = f": {annotation.reason}" if annotation.reason else ""
    click.echo(printable(f"{title}  {annotation.status}{reason}  {done}".rstrip()))
    if annotation.status == "failed":
        click.echo(f"labelmill: 'labelmill annotations log {annotation.id}' says why", err=True)
