"""``labelmill preview``."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import click

from labelmill.cli.options import load_map_option, map_option, source_argument, workers_option


@click.command("preview")
@source_argument
@click.argument("images", nargs=-1, metavar="[IMAGE]...")
@map_option
@click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path), help="Folder for the pictures.")
@workers_option
def command(src: Path, images: tuple[str, ...], map_file: Path | None, out: Path, workers: int) -> int:
    """Draw boxes, contours, 3-D boxes and class names on images of the dataset SRC (its first three without IMAGE)."""
    from labelmill.preview.preview import write_previews
    from labelmill.source.open_source import open_source

    with closing(open_source(src)) as source:
        for path in write_previews(source, images, load_map_option(map_file), out, workers=workers):
            click.echo(path)
    return 0
